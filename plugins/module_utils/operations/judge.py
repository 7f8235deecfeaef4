# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on one connector, by what is known of its class: Stripe's, a profile's, a sink's, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Profile,
    choose_profile,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.text import profile_lines
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.judge import SinkPosition, judge_sink
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    expected_places,
    is_stripe_reporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import judge
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outside import (
    read_accounts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    compare,
    remedies_data,
    remedies_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.state_text import (
    state_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import (
    suggest_wait,
    wait_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import WalkSettings
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import read_log
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import scrubbed, secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits, Verdict, worst
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions


@dataclass(frozen=True)
class Judgement:
    """The part of a connector's facts that says how it is, the same in lines for a person, and warnings."""

    facts: Mapping[str, Any]
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judge:
    """All that a verdict depends on beside the connector.

    ``log``: the lines of the workers' logs, if any were given. ``given``: what is compared with the other remedies.
    """

    cluster: str
    limits: Limits
    profiles: Sequence[Profile]
    stripe: StripeOptions
    log: Sequence[str]
    given: Sequence[ResetRequest]
    now: float

    def __call__(self, connector: Connector, sink: tuple[SinkPosition, ...] | None) -> Judgement:
        """Judge one connector; ``sink`` is how far its group has come, None where Kafka was not asked."""
        if connector.problem is not None:
            return self._not_judged(connector, connector.problem)
        try:
            if is_stripe_reporting(connector.config):
                return self._stripe_reporting(connector)
            if connector.type == "sink":
                verdicts = judge_sink(connector, sink, self.limits, self.now)
                return self._judgement(connector, "sink", verdicts)
            profile = choose_profile(self.profiles, connector)
            verdicts = judge_by_profile(connector, profile, self.limits, self.now)
            return self._judgement(connector, "generic" if profile is None else profile.name, verdicts)
        except RecoveryError as error:
            # One connector with a config that cannot be read must not hide the others.
            return self._not_judged(connector, error.sentence)

    def _not_judged(self, connector: Connector, why: str) -> Judgement:
        return Judgement(
            {"profile": "generic", "verdict": "unknown", "verdicts": []},
            (headline(connector, self.cluster), *wrapped(why)),
            (f"Connector '{connector.name}' cannot be judged: {why}",),
        )

    def _safe_log(self, connector: Connector) -> Iterator[str]:
        """A log may quote what it should not."""
        secrets = secret_values(connector.config) | frozenset(self.stripe.keys.values())
        return (scrubbed(line, secrets) for line in self.log)

    def _judgement(self, connector: Connector, profile: str, verdicts: Sequence[Verdict]) -> Judgement:
        facts = {
            "profile": profile,
            "verdict": worst(verdict.verdict for verdict in verdicts),
            "verdicts": [verdict.as_data() for verdict in verdicts],
        }
        return Judgement(facts, tuple(profile_lines(connector, profile, verdicts, self.cluster)))

    def _stripe_reporting(self, connector: Connector) -> Judgement:
        accounts = read_accounts(connector, self.stripe, self.now)
        places = expected_places(connector, self.stripe.timezones)
        settings = WalkSettings.read(connector.config)
        log = read_log(self._safe_log(connector), connector.name) if self.log else None
        evidence = Evidence(accounts.histories, accounts.refused, log)
        judgement = judge(connector, places, accounts.by_place, self.limits, self.now, evidence)
        wait = suggest_wait(accounts.histories, settings.max_wait_milliseconds)
        facts: dict[str, Any] = {
            "profile": "stripe_reporting",
            "verdict": judgement.verdict,
            "verdicts": [verdict.as_data() for verdict in judgement.verdicts],
            **judgement.as_data(),
            "suggested_wait": wait.as_data(),
            "remedies": None,
        }
        lines = state_lines(connector, judgement, self.cluster)
        if judgement.verdict != "ok":
            blocked_by = None if judgement.blocker is None else str(judgement.blocker)
            remedies = compare(connector, accounts.by_place, self.stripe.timezones, self.now, blocked_by, self.given)
            facts["remedies"] = remedies_data(remedies)
            lines += ["", *remedies_lines(remedies), "", *wait_lines(wait)]
        return Judgement(facts, tuple(lines), accounts.problems)
