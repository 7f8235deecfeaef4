# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts show what the figures say, and nothing where there is nothing to show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.charts import (
    data_chart,
    run_chart,
    walk_chart,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    KindReport,
    PartitionReport,
    SettingReport,
    SourceReport,
    SourceRun,
    Wait,
)

DAY = 86_400
MONDAY = 1_795_392_000
HOUR = 3_600_000


def partition(name: str, before: int | None, after: int | None = None, **others: object) -> PartitionReport:
    made = PartitionReport(name, {"timezone": name}, "ok", (), available_to=MONDAY)
    moments = {"delivered_before": before, "delivered_after": after}
    return replace(made, **{**moments, **others})  # type: ignore[arg-type]


def connector(*partitions: PartitionReport, **others: object) -> ConnectorReport:
    return replace(ConnectorReport("orders", "stuck", partitions=partitions), **others)  # type: ignore[arg-type]


def waiting(*runs: SourceRun, wait: int | None, new_wait: int | None = None) -> ConnectorReport:
    """A connector that waits for the runs of its source; waits in milliseconds."""
    settings = () if new_wait is None else (SettingReport("max.wait", str(wait), str(new_wait)),)
    return connector(kind=KindReport(source=SourceReport("export", Wait("max.wait", wait), runs)), settings=settings)


def test_all_partitions_are_on_one_axis_from_the_oldest_moment_to_the_newest() -> None:
    late, done = partition("PST", MONDAY - 10 * DAY), partition("CET", MONDAY - 5 * DAY, MONDAY)
    chart = data_chart(connector(late, done))
    assert chart is not None
    assert [(row.before, row.after, row.available, row.is_behind) for row in chart.rows] == [
        (2.0, None, 98.0, True),
        (50.0, 98.0, 98.0, False),
    ]
    assert [tick.label for tick in chart.ticks] == ["2026-11-18", "2026-11-13", "2026-11-23"]
    assert [tick.anchor for tick in chart.ticks] == ["middle", "start", "end"]


def test_one_moment_alone_still_has_an_axis() -> None:
    chart = data_chart(connector(partition("PST", MONDAY)))
    assert chart is not None
    assert chart.rows[0].before == 98.0
    assert [tick.label for tick in chart.ticks] == ["2026-11-22", "2026-11-23"]


@pytest.mark.parametrize("partitions", [(), (partition("PST", None),)])
def test_without_a_moment_of_delivery_there_is_no_chart_of_data(partitions: tuple[PartitionReport, ...]) -> None:
    assert data_chart(connector(*partitions)) is None


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    chart = data_chart(connector(*(partition(f"zone {number}", MONDAY) for number in range(30))))
    assert chart is not None
    assert (len(chart.rows), chart.omitted) == (24, 6)


def test_the_walk_shows_the_blocker_in_its_place() -> None:
    partitions = (
        partition("CET", MONDAY),
        partition("EST", None, verdict="stuck", is_blocker=True, reasons=("no report in time",)),
        partition("PST", None, verdict="blocked", reasons=("waits behind EST",)),
    )
    chart = walk_chart(connector(*partitions, blocker="EST (proven): no report in time"))
    assert chart is not None
    assert [(step.label, step.said, step.kind) for step in chart.steps] == [
        ("CET", "ok", "good"),
        ("EST", "no report in time", "blocker"),
        ("PST", "waits behind EST", "blocked"),
    ]
    assert walk_chart(connector(*partitions)) is None


def test_runs_stand_before_or_behind_the_wait() -> None:
    runs = (
        SourceRun("EST", MONDAY - 600, "pending", None),
        SourceRun("EST", MONDAY - 900, "succeeded", 4000),
        SourceRun("PST", MONDAY - 900, "succeeded", 0),
        SourceRun("PST", MONDAY - 900, "failed", None),
    )
    chart = run_chart(waiting(*runs, wait=300_000, new_wait=HOUR), MONDAY)
    assert chart is not None
    assert chart.title == "Exports against the wait"
    est, pst = chart.rows
    assert ([mark.kind for mark in est.marks], est.said) == (["pending", "late"], "1 late, 1 pending")
    assert [mark.kind for mark in pst.marks] == ["in_time", "failed"]
    before, after = chart.waits
    pending, late = est.marks
    assert pst.marks[0].at < before.at < pending.at < after.at < late.at
    assert (before.label, after.label) == ("wait 5 min", "new wait 60 min")


@pytest.mark.parametrize("wait", [0, -1, -300_000])
def test_a_wait_of_zero_or_below_has_no_line_and_the_runs_are_shown(wait: int) -> None:
    runs = (SourceRun("EST", 0, "succeeded", 30),)
    chart = run_chart(waiting(*runs, wait=wait, new_wait=HOUR), None)
    assert chart is not None
    assert [(line.kind, line.label) for line in chart.waits] == [("after", "new wait 60 min")]
    assert [mark.kind for row in chart.rows for mark in row.marks] == ["late"]
    alone = run_chart(waiting(*runs, wait=wait, new_wait=wait), None)
    assert alone is not None
    assert (alone.waits, [mark.at for mark in alone.rows[0].marks]) == ((), [50.0])


def test_every_mark_is_within_the_chart() -> None:
    runs = tuple(SourceRun("EST", 0, "succeeded", seconds) for seconds in (0, 1, 10**7))
    chart = run_chart(waiting(*runs, wait=1), None)
    assert chart is not None
    marks = [mark.at for row in chart.rows for mark in row.marks]
    assert all(
        0 <= at <= 100 for at in (*marks, *(line.at for line in chart.waits), *(tick.at for tick in chart.ticks))
    )


def test_without_a_wait_or_a_run_there_is_no_chart_of_runs() -> None:
    assert run_chart(waiting(wait=300_000), MONDAY) is None
    assert run_chart(waiting(SourceRun("EST", 0, "succeeded", 1), wait=None), MONDAY) is None
    assert run_chart(connector(), MONDAY) is None
