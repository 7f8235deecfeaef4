# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What supports the report's words: each status is that of what was read, never better."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.evidence import evidence_of

READ = {
    "workers_asked": (),
    "workers_not_reached": (),
    "settings_kept": 1,
    "offsets_kept": 1,
    "offsets_moved_on": 1,
    "offsets_read_to_end": 1,
}
PLAN = {"settings": [{}], "offsets": [{}, {}, {}]}


def told(change: dict[str, Any], recovery: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    return [(one.checkpoint, one.status, one.message) for one in evidence_of(change, recovery or {})]


def test_without_a_change_and_a_verification_there_is_none() -> None:
    assert told({}) == []
    assert told({"plan": PLAN}) == []


def test_what_was_written_and_read_back_has_passed() -> None:
    assert told({"evidence": READ, "plan": PLAN}) == [
        ("read back", "passed", "1 of 1 setting as written, after the return"),
        ("read back", "passed", "3 offsets: 1 as written, 1 moved on since, 1 read to the end again"),
    ]


@pytest.mark.parametrize(
    ("read", "status", "words"),
    [
        ({"settings_kept": 0}, "failed", "0 of 1 setting as written"),
        ({"offsets_kept": 0}, "failed", "3 offsets: 1 moved on since, 1 read to the end again"),
        (
            {"offsets_kept": 0, "offsets_moved_on": 0, "offsets_read_to_end": 0},
            "failed",
            "3 offsets: none as written",
        ),
    ],
)
def test_what_is_not_there_as_written_has_failed(read: dict[str, int], status: str, words: str) -> None:
    (found,) = [one for one in told({"evidence": {**READ, **read}, "plan": PLAN}) if one[1] != "passed"]
    assert (found[1], found[2].startswith(words)) == (status, True)


def test_workers_that_could_not_be_asked_leave_the_stop_open() -> None:
    read = {**READ, "workers_asked": ["w1"], "workers_not_reached": ["w2"], "settled_seconds": 12.4}
    assert told({"evidence": read}) == [
        ("stop", "passed", "1 worker confirmed that no task was left: w1"),
        ("stop", "open", "could not be asked: w2; the reset waited 12 s instead"),
    ]


def test_the_checkpoints_of_a_verification_are_told_as_they_are_and_replace_all_else() -> None:
    checkpoints = [{"checkpoint": "commits", "status": "not_looked_at", "message": "no topic"}]
    recovery = {"checkpoints": checkpoints, "settings": [{"key": "a", "found": "as_written"}]}
    assert told({}, recovery) == [("commits", "not_looked_at", "no topic")]


@pytest.mark.parametrize(
    ("found", "status"),
    [("as_written", "passed"), ("hidden", "not_looked_at"), ("old_value", "failed"), ("other_value", "failed")],
)
def test_without_checkpoints_settings_count_by_what_was_found(found: str, status: str) -> None:
    ((_checkpoint, seen, message),) = told({}, {"settings": [{"key": "a.ms", "found": found}]})
    assert (seen, message.startswith("a.ms ")) == (status, True)


@pytest.mark.parametrize(("outcome", "status"), [("recovered", "passed"), ("not_proven", "open")])
def test_without_checkpoints_offsets_have_passed_when_all_have_recovered(outcome: str, status: str) -> None:
    partitions = [{"moved": True, "outcome": "recovered"}, {"moved": False, "outcome": outcome}]
    ((_checkpoint, seen, message),) = told({}, {"partitions": partitions})
    good = 2 if outcome == "recovered" else 1
    assert (seen, message) == (status, f"of 2 partitions 1 stored progress since the change, {good} recovered")
