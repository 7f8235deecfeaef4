# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking Stripe for what the decision on a Stripe reporting connector needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.accounts import (
    expected_places,
    usable_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.decision import read_offsets
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.walk import Account
from ansible_collections.connectops.recovery.plugins.module_utils.stripe_client import (
    STRIPE_URL,
    PlaceFacts,
    ask_stripe,
)

STRIPE_SPEC: dict[str, dict[str, Any]] = {
    "ask_stripe": {"type": "bool", "default": True},
    "stripe_api_keys": {"type": "dict", "no_log": True},
    "stripe_api_url": {"type": "str", "default": STRIPE_URL},
    "stripe_timezones": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class StripeOptions:
    """Whether and how Stripe is asked; ``keys`` is timezone to API key."""

    ask: bool
    api_url: str
    keys: Mapping[str, str] = field(repr=False)
    timezones: Sequence[str] = ()

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> StripeOptions:
        keys = {str(timezone): str(key) for timezone, key in (params["stripe_api_keys"] or {}).items()}
        return cls(params["ask_stripe"], params["stripe_api_url"].rstrip("/"), keys, tuple(params["stripe_timezones"]))


@dataclass(frozen=True)
class Accounts:
    """What is known of every expected place, and one sentence for each thing that Stripe could not be asked."""

    by_place: Mapping[Place, Account]
    problems: tuple[str, ...] = ()


def read_accounts(connector: Connector, options: StripeOptions, now: float) -> Accounts:
    """Ask Stripe about every place of the connector. Where it cannot be asked, its data is taken to end with yesterday (UTC)."""
    places = expected_places(connector, options.timezones)
    offsets = read_offsets(connector)
    facts: Mapping[Place, PlaceFacts] = {}
    problems: list[str] = []
    keys = usable_keys(connector.config, options.keys)
    if options.ask and not keys:
        problems.append(
            f"Stripe is not asked about connector '{connector.name}': its config shows no API key, and stripe_api_keys is empty"
        )
    if options.ask and keys:
        open_runs = {place: offsets[place].run_id if place in offsets else None for place in places}
        facts = ask_stripe(keys, open_runs, options.api_url)
    yesterdays_end = int(now) // DAY_SECONDS * DAY_SECONDS
    accounts = {}
    for place in places:
        fact = facts.get(place, PlaceFacts())
        end = fact.available_end
        accounts[place] = Account(yesterdays_end if end is None else end, end is not None, fact.run_status)
    problems += [fact.problem for fact in facts.values() if fact.problem]
    return Accounts(accounts, tuple(f"{problem}." for problem in dict.fromkeys(problems)))
