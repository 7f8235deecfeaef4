# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured for the monitoring: what was not looked at is unknown, never 0."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.measures import (
    measures_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
    RunStatus,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import StripeState
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import (
    LogFacts,
    LogFailure,
)
from unit.connectors.stripe_reporting.cases import (
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    accounts,
    connector,
    offset,
    report_partition,
    situation,
)

ROUND = offset("2026-11-22", "2026-11-23")
OF = connector({NEW_YORK: ROUND, PST: ROUND})


def run(age_seconds: int, status: RunStatus) -> ReportRun:
    return ReportRun(f"frr_{age_seconds}", TYPE, TODAY - DAY, TODAY, int(NOW) - age_seconds, status)


def by_zone(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {one["partition"]["timezone"]: one[key] for one in data["partitions"]}


def test_what_was_not_looked_at_is_not_known() -> None:
    data = measures_of(situation(OF, accounts(OF, asked=False))).as_data()
    assert (data["failed_runs"], data["timeouts"]) == (None, None)
    assert by_zone(data, "available_to") == {NEW_YORK: None, PST: None}
    assert by_zone(data, "run_created") == {NEW_YORK: None, PST: None}


def test_failed_runs_count_for_a_day_and_the_oldest_pending_one_is_told() -> None:
    runs = (
        run(60, "pending"),
        run(HOUR, "failed"),
        run(2 * HOUR, "pending"),
        run(DAY, "failed"),
        run(DAY + 1, "failed"),
    )
    data = measures_of(situation(OF, evidence=Evidence({NEW_YORK: RunHistory(runs, 0)}))).as_data()
    assert data["failed_runs"] == 2
    assert by_zone(data, "available_to") == {NEW_YORK: TODAY, PST: TODAY}
    assert by_zone(data, "run_created") == {NEW_YORK: NOW - 2 * HOUR, PST: None}


def test_an_open_run_that_is_older_than_what_stripe_lists_is_told() -> None:
    stripe = {
        **accounts(OF),
        report_partition(PST): StripeState(TODAY, True, "pending", run_created=5),
        report_partition(NEW_YORK): StripeState(TODAY, True, "succeeded", run_created=6),
    }
    data = measures_of(situation(OF, stripe, evidence=Evidence({PST: RunHistory((run(60, "pending"),), 0)}))).as_data()
    assert by_zone(data, "run_created") == {NEW_YORK: None, PST: 5}


def test_only_timeouts_among_the_failures_of_the_log_count() -> None:
    failures = tuple(
        LogFailure("frr_1", message, None)
        for message in ("Report run frr_1 did not complete within 300000 ms", "Report run frr_1 failed: too large")
    )
    counted = measures_of(situation(OF, evidence=Evidence({}, log=LogFacts(failures=failures)))).as_data()
    quiet = measures_of(situation(OF, evidence=Evidence({}, log=LogFacts()))).as_data()
    assert (counted["timeouts"], quiet["timeouts"]) == (1, 0)
