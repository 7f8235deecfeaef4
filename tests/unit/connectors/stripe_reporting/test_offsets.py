# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the connector reads the fields of a stored offset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Partition,
    StoredOffset,
)
from unit.connectors.stripe_reporting.cases import (
    NOW,
    PST,
    TODAY,
    TYPE,
    at,
    connector,
    offset,
    partition,
    report_partition,
)


@pytest.mark.parametrize(
    "stored, number",
    [
        (1795046400, 1795046400),
        (1795046400.0, 1795046400),
        ("1795046400", 1795046400),
        (1795046400.9, 1795046400),
        (-1.9, -1),
        ("+1795046400", 1795046400),
        ("-5", -5),
        ("0001795046400", 1795046400),
        ("١٧٩٥٠٤٦٤٠٠", 1795046400),
        ("\uff11\uff17\uff19\uff15\uff10\uff14\uff16\uff14\uff10\uff10", 1795046400),
        (0, 0),
        (-0.0, 0),
        (float("nan"), 0),
        (None, None),
        (" 1795046400 ", None),
        ("1795046400.0", None),
        ("1795046400\n", None),
        ("1.7950464e9", None),
        ("1e9", None),
        ("1_795_046_400", None),
        ("0x10", None),
        ("\U0001d7cf\U0001d7d0", None),
        ("last night", None),
        ("", None),
        ("+", None),
        ("-", None),
        ("+-1", None),
        (True, None),
        ("1e999", None),
        ("NaN", None),
        ("9" * 5000, None),
        ("0" * 5000 + "7", 7),
        ("\u0660" * 30 + "\u0667", 7),
    ],
)
def test_a_number_is_what_java_takes_for_one_and_anything_else_is_null(stored: Any, number: int | None) -> None:
    read = ReportOffset.read({"interval_end": stored, "round_id": stored, "last_committed_row": stored})
    assert (read.interval_end, read.round_id, read.row) == (number, number, number)


@pytest.mark.parametrize(
    "stored, as_long, as_int",
    [
        (2**31 - 1, 2**31 - 1, 2**31 - 1),
        (2**31, 2**31, -(2**31)),
        (2**32 + 7, 2**32 + 7, 7),
        (2**63 - 1, 2**63 - 1, -1),
        (2**63, -(2**63), 0),
        (2**64 + 5, 5, 5),
        (-(2**63) - 1, 2**63 - 1, -1),
        (1e12, 10**12, 2**31 - 1),
        (1e300, 2**63 - 1, 2**31 - 1),
        (float("inf"), 2**63 - 1, 2**31 - 1),
        (float("-inf"), -(2**63), -(2**31)),
        (str(2**31 - 1), 2**31 - 1, 2**31 - 1),
        (str(2**31), 2**31, None),
        (str(-(2**31)), -(2**31), -(2**31)),
        (str(2**63 - 1), 2**63 - 1, None),
        (str(2**63), None, None),
        (str(-(2**63)), -(2**63), None),
        (str(-(2**63) - 1), None, None),
    ],
)
def test_a_row_is_an_int_and_the_others_are_longs(stored: Any, as_long: int | None, as_int: int | None) -> None:
    read = ReportOffset.read({"interval_end": stored, "round_id": stored, "last_committed_row": stored})
    assert (read.interval_end, read.round_id, read.row) == (as_long, as_long, as_int)


@pytest.mark.parametrize(
    "stored, meant",
    [
        ("1794528000.0", 1794528000),
        (" 1794528000 ", 1794528000),
        ("1.794528e9", 1794528000),
        ("1794528000.5", None),
        ("last night", None),
        ("1_794_528_000", None),
        ("Infinity", None),
        ("1e99", None),
        ("", None),
        (True, None),
    ],
)
def test_what_a_person_reads_counts_where_it_is_certain(stored: Any, meant: int | None) -> None:
    read = ReportOffset.read({"interval_end": stored})
    assert (read.interval_end, read.delivered_to, read.as_meant().interval_end) == (None, meant, meant)
    assert [(one.key, one.stored, one.meant) for one in read.misread] == [("interval_end", stored, meant)]


@pytest.mark.parametrize("stored", [True, 1, 1.0, 2, "true", "True", "1", "yes", " YES "])
def test_what_counts_as_processed(stored: Any) -> None:
    assert ReportOffset.read({"processed_in_round": stored}).processed


@pytest.mark.parametrize("stored", [False, 0, 0.0, None, "false", "no", "", "2"])
def test_what_does_not_count_as_processed(stored: Any) -> None:
    assert not ReportOffset.read({"processed_in_round": stored}).processed


def test_all_six_keys_are_written_nulls_included() -> None:
    raw = offset("2026-11-20", "2026-11-21", run="frr_1", start="2026-11-18", row=7)
    assert ReportOffset.read(raw).written() == raw
    assert ReportOffset().written() == {**dict.fromkeys(raw), "processed_in_round": False}


def test_an_open_run_has_delivered_up_to_its_start_only() -> None:
    done = ReportOffset.read(offset("2026-11-20", None, start="2026-11-18"))
    opened = ReportOffset.read(offset("2026-11-20", None, start="2026-11-18", run="frr_1", row=7))
    assert (done.delivered_to, opened.delivered_to) == (at("2026-11-20"), at("2026-11-18"))
    assert ReportOffset.read(offset("2026-11-20", None, start="2026-11-18", run="")).delivered_to == at("2026-11-18")
    unclear = {**offset("2026-11-20", None, run=""), "interval_start": None}
    assert ReportOffset.read(unclear).delivered_to == at("2026-11-20")


@pytest.mark.parametrize("fields", [{}, {"timezone": PST}, {"timezone": 1, "report_type": TYPE}, {"server": "a"}])
def test_a_partition_that_the_connector_cannot_have_written_is_none(fields: dict[str, Any]) -> None:
    assert ReportPartition.of(Partition.of(fields)) is None
    one = connector({PST: offset(TODAY, TODAY)})
    odd = replace(one, offsets=(*one.offsets, StoredOffset(Partition.of(fields), {"x": 1})))
    assert Situation.of(odd, NOW).sources == {report_partition(PST): partition(PST)}
