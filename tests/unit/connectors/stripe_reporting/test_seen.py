# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report shows of Stripe: of each partition the end of its data and its newest report runs."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import seen
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.seen import seen_data
from unit.connectors.stripe_reporting.cases import CAIRO, DAY, PST, TODAY, TYPE, connector, offset, situation


def run(number: int, succeeded_at: int | None) -> ReportRun:
    status = "pending" if succeeded_at is None else "succeeded"
    return ReportRun(f"frr_{number}", TYPE, TODAY - DAY, TODAY, TODAY + number, status, succeeded_at)


def test_the_newest_runs_are_shown_and_a_partition_without_any_has_its_end_all_the_same() -> None:
    of = connector({zone: offset(TODAY, TODAY, done=True) for zone in (CAIRO, PST)})
    runs = tuple(run(number, None if number == 99 else TODAY + number + 60) for number in range(99, 0, -1))
    data = seen_data(situation(of, evidence=Evidence({PST: RunHistory(runs, 0)})))
    named = {zone: {"timezone": zone, "report_type": TYPE} for zone in (CAIRO, PST)}
    assert data["available"] == [
        {"partition": named[zone], "available_to": TODAY, "stripe_asked": True} for zone in (CAIRO, PST)
    ]
    assert len(data["report_runs"]) == seen._MOST_RUNS
    assert data["report_runs"][:2] == [
        {"partition": named[PST], "created": TODAY + 99, "status": "pending", "seconds": None},
        {"partition": named[PST], "created": TODAY + 98, "status": "succeeded", "seconds": 60},
    ]
