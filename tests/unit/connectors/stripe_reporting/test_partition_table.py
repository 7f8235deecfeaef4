# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of partitions: what all have in common stands above it once."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_table import (
    PartitionRow,
    partition_table,
)


def test_without_rows_there_are_no_lines() -> None:
    assert partition_table(["verdict"], []) == []


def test_with_one_report_type_the_rows_are_timezones() -> None:
    rows = [PartitionRow("Cairo", "a.1", ("ok",)), PartitionRow("PST", "a.1", ("stuck",), remark="since Monday")]
    assert partition_table(["verdict"], rows) == [
        "  Report type a.1",
        "  timezone  verdict",
        "  Cairo     ok",
        "  PST       stuck",
        "      since Monday",
    ]


def test_with_several_report_types_they_stand_below_their_timezone() -> None:
    rows = [PartitionRow(zone, kind, ("ok",)) for zone in ("Cairo", "PST") for kind in ("a.1", "b.1")]
    assert partition_table(["verdict"], rows) == [
        "    report type  verdict",
        "  Cairo",
        "    a.1          ok",
        "    b.1          ok",
        "  PST",
        "    a.1          ok",
        "    b.1          ok",
    ]


def test_marks_have_a_column_of_their_own_and_move_the_others() -> None:
    marked = PartitionRow("Cairo", "a.1", ("ok",), mark=">")
    assert partition_table(["verdict"], [marked, PartitionRow("PST", "a.1", ("ok",))]) == [
        "     Report type a.1",
        "     timezone  verdict",
        "  >  Cairo     ok",
        "     PST       ok",
    ]
    assert partition_table(["verdict"], [marked, PartitionRow("PST", "b.1", ("ok",))]) == [
        "     report type  verdict",
        "  Cairo",
        "  >  a.1          ok",
        "  PST",
        "     b.1          ok",
    ]
