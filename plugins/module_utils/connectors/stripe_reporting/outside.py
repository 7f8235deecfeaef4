# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what is outside Connect for a Stripe reporting connector: its Stripe accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    API_KEYS,
    configured_keys,
    usable_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import StripeState
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import (
    LogFacts,
    read_log,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.stripe.client import (
    StripeAnswer,
    StripeFacts,
    ask_stripe,
)


def read_situation(
    connector: Connector, options: StripeOptions, shared: Sharing, log: Sequence[str], now: float
) -> Situation:
    """The connector with what Stripe and the workers' logs say of it; ``now`` is epoch seconds, ``log`` lines, oldest first.

    Where Stripe cannot be asked, its data is assumed to end with yesterday (UTC), and the problem is in the situation.
    Raises InputError for a config that the connector itself could not work with.
    """
    situation = Situation.of(connector, now, options.timezones)
    keys = usable_keys(connector.config, options.keys)
    answer = StripeAnswer({})
    problems = []
    if situation.settings.hides_types:
        problems.append(
            f"Connector '{connector.name}': stripe.report.types does not show the report types, so the types with an offset or "
            "an initial load date are taken as the whole list"
        )
    if options.ask and keys:
        offsets = situation.offsets
        open_runs = {
            partition: offsets[partition].run_id if partition in offsets else None for partition in situation.partitions
        }
        with shared.look(connector.name) as look:
            answer = ask_stripe(keys, open_runs, now, look, options.api_url)
        problems += [*answer.problems, *(facts.problem for facts in answer.by_partition.values() if facts.problem)]
    elif options.ask:
        problems.append(
            f"Stripe is not asked about connector '{connector.name}': {API_KEYS} shows no key, and stripe_api_keys is empty"
        )
    shown = configured_keys(connector.config)
    refused = frozenset(
        partition.timezone
        for partition, facts in answer.by_partition.items()
        # A key other than the connector's own says nothing about the connector.
        if facts.refused and keys[partition.timezone] == shown.get(partition.timezone)
    )
    # Nothing needs to be asked about an account without a key: the task drops it at its start.
    refused |= {timezone for timezone, key in shown.items() if not key}
    return replace(
        situation,
        stripe={
            partition: _state(answer.by_partition.get(partition), assumed)
            for partition, assumed in situation.stripe.items()
        },
        evidence=Evidence(answer.histories, refused, _log_facts(connector, options, log)),
        problems=tuple(f"{problem}." for problem in dict.fromkeys(problems)),
    )


def _log_facts(connector: Connector, options: StripeOptions, log: Sequence[str]) -> LogFacts | None:
    if not log:
        return None
    # A log may contain secrets.
    secrets = secret_values(connector.config) | frozenset(options.keys.values())
    return read_log((scrubbed(line, secrets) for line in log), connector.name)


def _state(facts: StripeFacts | None, assumed: StripeState) -> StripeState:
    if facts is None:
        return assumed
    return StripeState(
        available_to=assumed.available_to if facts.available_to is None else facts.available_to,
        asked=facts.available_to is not None,
        run_status=facts.run_status,
        available_start=facts.available_start,
        run_created=facts.run_created,
        run_error=facts.run_error,
    )
