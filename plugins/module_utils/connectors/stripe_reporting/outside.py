# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read outside Connect for a Stripe reporting connector: its Stripe accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    configured_keys,
    expected_places,
    usable_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    read_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import RunHistory
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import Account
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.stripe.client import (
    PlaceFacts,
    StripeAnswer,
    ask_stripe,
)


@dataclass(frozen=True)
class Accounts:
    """What is known of every expected place, and one sentence for each thing that Stripe could not be asked.

    ``histories``: the report runs by timezone, where they could be listed. ``refused``: the timezones whose key, the one
    that the connector's config shows, Stripe refuses.
    """

    by_place: Mapping[Place, Account]
    histories: Mapping[str, RunHistory] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def read_accounts(connector: Connector, options: StripeOptions, now: float) -> Accounts:
    """Ask Stripe about every place of the connector. Where it cannot be asked, its data is taken to end with yesterday (UTC)."""
    places = expected_places(connector, options.timezones)
    offsets = read_offsets(connector)
    keys = usable_keys(connector.config, options.keys)
    answer = StripeAnswer({})
    if options.ask and keys:
        open_runs = {place: offsets[place].run_id if place in offsets else None for place in places}
        answer = ask_stripe(keys, open_runs, now, options.api_url)
    problems = [*answer.problems, *(facts.problem for facts in answer.by_place.values() if facts.problem)]
    if options.ask and not keys:
        problems.append(
            f"Stripe is not asked about connector '{connector.name}': its config shows no API key, and stripe_api_keys is empty"
        )
    yesterdays_end = int(now) // DAY_SECONDS * DAY_SECONDS
    by_place = {place: _account(answer.by_place.get(place, PlaceFacts()), yesterdays_end) for place in places}
    shown = configured_keys(connector.config)
    refused = {
        place.timezone
        for place, facts in answer.by_place.items()
        # Another key than the connector's own says nothing about the connector.
        if facts.refused and keys[place.timezone] == shown.get(place.timezone)
    }
    sentences = tuple(f"{problem}." for problem in dict.fromkeys(problems))
    return Accounts(by_place, answer.histories, frozenset(refused), sentences)


def _account(facts: PlaceFacts, yesterdays_end: int) -> Account:
    return Account(
        available_end=yesterdays_end if facts.available_end is None else facts.available_end,
        asked=facts.available_end is not None,
        run_status=facts.run_status,
        available_start=facts.available_start,
        run_created=facts.run_created,
        run_error=facts.run_error,
    )
