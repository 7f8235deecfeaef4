# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Stripe reporting connector as a kind: its walk is known, so it can be judged, forecast and recovered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import (
    ConnectorKind,
    Data,
    Decision,
    Judgement,
    Read,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import (
    judge,
    plan_text,
    report,
    state_text,
    strategies,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import API_KEYS
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.data import (
    forecast_data,
    remedies_data,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import decide
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.measures import (
    measures_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    EPOCH_FIELDS,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outlook import (
    make_outlook,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outside import (
    read_situation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.policy import (
    NAME,
    PREFIX,
    is_stripe_reporting,
    topics_by_type,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    compare_remedies,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.seen import seen_data
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import (
    DEFAULT_WAIT,
    suggest_wait,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    MAX_WAIT,
    TYPES,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import hides_something
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Results
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import KindReport
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    refuse_without_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions


@dataclass(frozen=True)
class StripeReporting(ConnectorKind[Situation]):
    options: StripeOptions
    shared: Sharing

    name = NAME
    recovers = True
    # The connector gives a report run five minutes by default, and large reports take longer.
    default_floors: ClassVar[Mapping[str, str]] = {MAX_WAIT: DEFAULT_WAIT}
    settings = frozenset(
        {
            API_KEYS,
            "max.report.interval.days",
            "poll.cron",
            "stripe.report.initial.load.dates",
            MAX_WAIT,
            TYPES,
        }
    )

    @classmethod
    def read(cls, params: Mapping[str, Any], shared: Sharing) -> StripeReporting:
        return cls(StripeOptions.read(params), shared)

    @staticmethod
    def libraries(params: Mapping[str, Any]) -> Sequence[str]:
        # Only the modules that judge, plan or verify have the option.
        if "ask_stripe" not in params:
            return ()
        return ("croniter", "stripe") if params["ask_stripe"] else ("croniter",)

    @staticmethod
    def report(results: Results) -> KindReport:
        return report.report(results)

    def fits(self, connector: Connector) -> bool:
        return is_stripe_reporting(connector)

    def secrets(self) -> frozenset[str]:
        return frozenset(self.options.keys.values())

    def read_outside(self, read: Read) -> Situation:
        return read_situation(read.connector, self.options, self.shared, read.log, read.now)

    def delivery(self, connector: Connector) -> Delivery:
        # A transformation may send records to another topic, or leave some out.
        is_transformed = bool(connector.config.get("transforms", "").strip())
        are_shown = not any(hides_something(connector.config.get(key, "")) for key in (PREFIX, TYPES))
        return Delivery(
            topics=topics_by_type(connector.config) if are_shown and not is_transformed else {},
            topic_field="report_type",
            record_field="timezone_aka_platform",
            group_field="timezone",
            progress=r"Generated \d+ SourceRecords|Marked combination .* as completed",
            failure=r"Error while polling",
            timeout=r"did not complete within \d+ ms",
            needs_keyless=True,
        )

    def delivered_to(self, connector: Connector, offset: Offset) -> int | None:
        return ReportOffset.read(offset).delivered_to

    def floors(self, situation: Situation) -> Mapping[str, str]:
        return {MAX_WAIT: suggest_wait(situation.evidence.histories).as_floor}

    def judge(self, situation: Situation, limits: Limits, requests: Sequence[ResetRequest]) -> Judgement:
        restarted = make_forecast(situation)
        found = judge.judge(situation, limits, restarted)
        remedies = None
        if found.verdict != "ok":
            remedies = remedies_data(compare_remedies(situation, restarted, found.left_alone, requests))
        wait = suggest_wait(situation.evidence.histories, situation.settings.max_wait_milliseconds)
        facts = {
            **found.as_data(),
            "suggested_wait": wait.as_data(),
            "remedies": remedies,
            "measures": measures_of(situation).as_data(),
            **seen_data(situation),
        }
        warnings = (*situation.problems, *_abandoned(situation))
        return Judgement(found.verdicts, facts, warnings, make_outlook(situation, restarted, found.dropped, wait))

    def state_lines(self, facts: Data) -> list[str]:
        return state_text.state_lines(facts)

    def remark(self, facts: Data) -> str:
        return plan_text.round_remark(facts)

    def decide(self, situation: Situation, request: ResetRequest) -> Decision:
        refuse_without_offsets(situation.connector, request.strategy)
        restarted = make_forecast(situation)
        decision = decide(situation, request, restarted)
        left_alone = judge.judge(situation, Limits(), restarted).left_alone
        # What the task only remembers as delivered comes with a restart, also when no offset changes.
        forgets = request.strategy == "continue" and left_alone.forecast.requests != restarted.requests
        forecast = forecast_data(decision, left_alone)
        return Decision(
            decision.targets,
            forecast,
            situation.problems,
            needs_restart=forgets and situation.is_working,
            remark=plan_text.round_remark(forecast["left_alone"]),
            epoch_fields=EPOCH_FIELDS,
            holds_until=strategies.holds_until(situation),
        )

    def plan_lines(self, plan: Data, forecast: Data | None, config: Mapping[str, str]) -> list[str]:
        return plan_text.plan_lines(plan, forecast or {}, config)


def _abandoned(situation: Situation) -> Iterator[str]:
    log = situation.evidence.log
    for task in () if log is None else log.abandoned_tasks:
        yield (
            f"Task {task} of connector '{situation.connector.name}' did not end within Connect's graceful shutdown timeout; it "
            "may keep asking Stripe until its poll ends."
        )
