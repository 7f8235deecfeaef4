# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors to decide on, made in a line each. The clock stands at 06:00 UTC on 2026-11-23, a Monday."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.data import forecast_data
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import (
    NO_EVIDENCE,
    Evidence,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import judge
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import RunStatus
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import StripeState
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Strategy
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits

HOUR = 3600
DAY = 24 * HOUR
TYPE = "balance.summary.1"
CAIRO, NEW_YORK, PST = "Africa/Cairo", "America/New_York", "PST"
API_KEYS = f"{CAIRO}:sk_live_cairo;{NEW_YORK}:sk_live_york;{PST}:sk_live_pst"
INITIAL_LOAD = "2026-10-01"


def at(text: str) -> int:
    """``2026-11-12`` or ``2026-11-12T06:00``, in UTC, as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


NOW = at("2026-11-23T06:00")
TODAY = at("2026-11-23")


def report_partition(zone: str, report_type: str = TYPE) -> ReportPartition:
    return ReportPartition(zone, report_type)


def partition(zone: str, report_type: str = TYPE) -> Partition:
    return Partition.of({"report_type": report_type, "timezone": zone})


def offset(
    end: str | int | None,
    round_id: str | int | None,
    *,
    done: bool = False,
    start: str | int | None = None,
    run: str | None = None,
    row: int | None = None,
) -> dict[str, Any]:
    """An offset as the connector stores it; ``start`` is ``end`` unless it is given."""

    def moment(value: str | int | None) -> int | None:
        return at(value) if isinstance(value, str) else value

    return {
        "interval_start": moment(end if start is None else start),
        "interval_end": moment(end),
        "in_progress_report_run_id": run,
        "last_committed_row": row,
        "round_id": moment(round_id),
        "processed_in_round": done,
    }


def connector(
    offsets: Mapping[str, Offset] | Mapping[tuple[str, str], Offset],
    *,
    zones: Sequence[str] | None = None,
    initial_load: str | None = INITIAL_LOAD,
    state: str = "RUNNING",
    **settings: str,
) -> Connector:
    """The Stripe connector with offsets by timezone, or by timezone and report type; ``zones``: those it has a key for.

    A keyword such as ``max_report_interval_days`` is the setting ``max.report.interval.days``.
    """
    stored = {partition(*([key] if isinstance(key, str) else key)): value for key, value in offsets.items()}
    types = sorted({str(one.get("report_type")) for one in stored} or {TYPE})
    keys = sorted({str(one.get("timezone")) for one in stored}) if zones is None else zones
    config = {
        "connector.class": "com.mykaarma.connect.stripe.StripeSourceConnector",
        "stripe.api.keys": ";".join(f"{zone}:sk_live_{number}" for number, zone in enumerate(keys)),
        "stripe.report.types": ",".join(types),
        "max.report.interval.days": "30",
        **{name.replace("_", "."): value for name, value in settings.items()},
    }
    if initial_load is not None:
        config["stripe.report.initial.load.dates"] = ";".join(f"{one}:{initial_load}" for one in types)
    return Connector(
        name="stripe-reporting-source-connector",
        type="source",
        state=state,
        worker_id="connect-1:8083",
        tasks=(Task(0, "RUNNING", "connect-2:8083"),) if state == "RUNNING" else (),
        config=config,
        offsets=tuple(StoredOffset(one, value) for one, value in stored.items()),
    )


def accounts(
    of: Connector,
    available_end: str | int = TODAY,
    *,
    asked: bool = True,
    runs: Mapping[str, RunStatus] | None = None,
    timezones: Sequence[str] = (),
) -> dict[ReportPartition, StripeState]:
    """What Stripe says of every partition: the same end for all; ``runs``: the open run's status by timezone."""
    end = at(available_end) if isinstance(available_end, str) else available_end
    return {
        one: StripeState(end, asked, (runs or {}).get(one.timezone, "unknown"))
        for one in Situation.of(of, NOW, timezones).partitions
    }


def situation(
    of: Connector,
    stripe: Mapping[ReportPartition, StripeState] | None = None,
    now: float = NOW,
    *,
    evidence: Evidence = NO_EVIDENCE,
) -> Situation:
    """The connector with what Stripe says of it; without ``stripe`` its data ends with the start of the day."""
    known = accounts(of) if stripe is None else stripe
    return replace(Situation.of(of, now), stripe=known, evidence=evidence)


def decided(
    of: Connector, strategy: Strategy, stripe: Mapping[ReportPartition, StripeState] | None = None, **request: Any
) -> StripeDecision:
    """The decision for a strategy; ``request`` are further fields of the ResetRequest."""
    return decide(situation(of, stripe), ResetRequest(strategy, **request))


def forecast_of(decision: StripeDecision) -> dict[str, Any]:
    """The forecast as data, with what happens if nothing is done."""
    return forecast_data(decision, judge(decision.situation, Limits()).left_alone)


def after(of: Connector, decision: StripeDecision) -> Connector:
    """The connector once the targets are written."""
    stored = {**of.stored, **decision.targets}
    return Connector(
        of.name,
        of.type,
        of.state,
        of.worker_id,
        of.tasks,
        of.config,
        tuple(StoredOffset(one, value) for one, value in stored.items() if value is not None),
    )


def targets_by_zone(decision: StripeDecision) -> dict[str, Any]:
    return {str(one.get("timezone")): target for one, target in decision.targets.items()}
