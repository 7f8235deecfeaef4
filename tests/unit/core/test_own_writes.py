# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored offsets are those that a reset wrote, and which are the connector's."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition, StoredOffset
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import (
    OwnWrite,
    newest_writes,
    with_own_writes,
)
from unit.spoilt import read_or_refused

ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
RESET = 1_000_000.0
WRITE = OwnWrite(ORDERS, {"lsn": 7}, RESET, RESET + 3)
KILLED = OwnWrite(ORDERS, {"lsn": 7}, RESET)

CASES = {
    "the value, in the window": (WRITE, {"lsn": 7}, RESET + 1, True),
    "at the edges, as two clocks may differ": (WRITE, {"lsn": 7}, RESET - 50, True),
    "the value, but stored long before": (WRITE, {"lsn": 7}, RESET - 61, False),
    "the connector has stored the same value later": (WRITE, {"lsn": 7}, RESET + 64, False),
    "another value": (WRITE, {"lsn": 8}, RESET + 1, False),
    "another type": (WRITE, {"lsn": 7.0}, RESET + 1, False),
    "the offsets topic was not read": (WRITE, {"lsn": 7}, None, True),
    "another value, the offsets topic was not read": (WRITE, {"lsn": 8}, None, False),
    "a run that was killed, so the end is not known": (KILLED, {"lsn": 7}, RESET + 9999, True),
    "a deletion": (OwnWrite(ORDERS, None, RESET, RESET + 3), {"lsn": 7}, RESET + 1, False),
    "of another partition": (OwnWrite(BILLS, {"lsn": 7}, RESET, RESET + 3), {"lsn": 7}, RESET + 1, False),
}


@pytest.mark.parametrize("write, offset, committed_at, is_own", CASES.values(), ids=CASES)
def test_a_write_is_known_by_its_value_and_its_time(
    write: OwnWrite, offset: Offset, committed_at: float | None, is_own: bool
) -> None:
    (entry,) = with_own_writes([StoredOffset(ORDERS, offset, committed_at)], [write])
    assert entry == StoredOffset(ORDERS, offset, committed_at, RESET if is_own else None)


def test_a_null_offset_is_never_a_write() -> None:
    entry = StoredOffset(ORDERS, None, RESET)
    assert with_own_writes([entry], [WRITE]) == (entry,)


def test_the_newest_write_to_a_partition_replaces_the_older_one() -> None:
    newer = OwnWrite(ORDERS, {"lsn": 9}, RESET + 100)
    other = OwnWrite(BILLS, {"lsn": 1}, RESET)
    assert newest_writes([WRITE, other], [newer]) == (newer, other)


@pytest.mark.parametrize("write", [WRITE, KILLED, OwnWrite(ORDERS, None, RESET)])
def test_a_write_survives_being_data(write: OwnWrite) -> None:
    assert OwnWrite.from_data(write.as_data()) == write


BROKEN = [None, {}, {"partition": 1}, {"partition": {}, "offset": 1}, {"partition": {}, "offset": None, "begun": "x"}]


@pytest.mark.parametrize("data", BROKEN)
def test_data_that_is_no_write_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"^no "):
        OwnWrite.from_data(data)


def test_a_write_of_which_any_part_is_damaged_is_read_or_refused() -> None:
    read, refused = read_or_refused(WRITE.as_data(), OwnWrite.from_data, ValueError)
    assert refused > 20
    assert read
    assert {type(one.is_still_there(StoredOffset(ORDERS, {"lsn": 7}, RESET))) for one in read} == {bool}


@pytest.mark.parametrize("moment", [float("inf"), float("nan"), 10**400, -1])
@pytest.mark.parametrize("name", ["begun", "ended"])
def test_a_write_at_no_moment_of_a_calendar_is_refused(name: str, moment: float) -> None:
    with pytest.raises(ValueError, match="no time"):
        OwnWrite.from_data({**WRITE.as_data(), name: moment})
