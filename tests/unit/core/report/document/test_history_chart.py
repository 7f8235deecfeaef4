# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of data over time shows each look in its place, and nothing where nobody has looked again."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.history_chart import (
    history_chart,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    Look,
    PartitionReport,
)

DAY = 86_400
MONDAY = 1_795_392_000
LOOKS = (
    Look(MONDAY, MONDAY - 10 * DAY, None),
    Look(MONDAY + DAY, MONDAY, MONDAY),
    Look(MONDAY + 2 * DAY, None, MONDAY),
    Look(MONDAY + 4 * DAY, MONDAY, MONDAY),
)


def connector(*histories: tuple[Look, ...]) -> ConnectorReport:
    partitions = [
        replace(PartitionReport(f"zone {number}", {}, "ok"), history=one) for number, one in enumerate(histories)
    ]
    return ConnectorReport("orders", "recovered", partitions=tuple(partitions))


def test_each_look_is_in_its_place_and_what_is_not_known_is_left_out() -> None:
    chart = history_chart(connector(LOOKS))
    assert chart is not None
    (row,) = chart.rows
    assert [(mark.x, mark.y) for mark in row.marks] == [(2.0, 37.0), (26.0, 3.0), (98.0, 3.0)]
    assert row.delivered == "M2.0 37.0 L26.0 3.0 L98.0 3.0"
    assert row.available == "M26.0 3.0 L50.0 3.0 L98.0 3.0"
    assert row.marks[0].said == "2026-11-23 00:00Z: delivered up to 2026-11-13"
    assert (chart.low, chart.high) == ("2026-11-13", "2026-11-23")
    assert [(tick.at, tick.label) for tick in chart.ticks] == [(2.0, "2026-11-23 00:00Z"), (98.0, "2026-11-27 00:00Z")]


def test_its_progress_leaves_out_the_looks_at_which_nothing_had_moved() -> None:
    (part,) = connector((*LOOKS[:2], replace(LOOKS[1], at=MONDAY + 3 * DAY))).partitions
    assert part.progress == LOOKS[:2]


def test_all_partitions_have_the_same_axes() -> None:
    older = (Look(MONDAY - DAY, MONDAY - 20 * DAY, None), *LOOKS[1:3])
    chart = history_chart(connector(LOOKS, older))
    assert chart is not None
    assert [row.marks[0].x for row in chart.rows] == [21.2, 2.0]
    assert [row.marks[0].y for row in chart.rows] == [20.0, 37.0]


def test_the_change_and_one_look_are_no_history() -> None:
    assert history_chart(connector(LOOKS[:2])) is None
    assert history_chart(connector()) is None


def test_where_nothing_was_known_at_any_look_there_is_no_chart() -> None:
    assert history_chart(connector((Look(MONDAY, None, None),) * 3)) is None


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    chart = history_chart(connector(*(LOOKS,) * 30))
    assert chart is not None
    assert (len(chart.rows), chart.omitted) == (24, 6)
