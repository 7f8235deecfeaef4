# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a line of a log was written. Which lines are about a connector is tested with what the Stripe connector's log says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core import log_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import (
    entries_of,
    last_problem,
    moment_of,
)

NOON = 1_795_694_400.0  # 2026-11-26 12:00Z


@pytest.fixture(autouse=True)
def two_hours_ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine is in a timezone two hours ahead of UTC."""
    monkeypatch.setenv("TZ", "XYZ-2")
    time.tzset()
    log_lines._epoch.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    log_lines._epoch.cache_clear()


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("[2026-11-26 14:00:00,250] INFO a", NOON + 0.25),
        ("2026-11-26T12:00:00Z a", NOON),
        ("2026-11-26T12:00:00.123456789Z a [2026-11-26 14:00:05,000]", NOON + 0.123456789),
        ("2026-11-26T07:00:00-0500 a", NOON),
        ("2026-11-26T17:30:00.5+05:30 a", NOON + 0.5),
        ("[2026-02-30 14:00:00] no day", None),
        ("\tat a.b.C(C.java:1)", None),
        ("x" * 80 + " 2026-11-26 14:00:00", None),
    ],
)
def test_a_moment_without_a_timezone_is_one_of_this_machines(line: str, moment: float | None) -> None:
    assert moment_of(line) == moment


def entry(level: str, connector: str, text: str) -> str:
    return f"[2026-11-26 14:00:00,250] {level} [{connector}|task-0] {text} (org.example.Task)"


FAILED = (
    "[2026-11-26 14:00:00,250] ERROR [orders|task-0] Task threw an exception (org.example.Task)"
    " java.sql.SQLException: no route to the database"
)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], None),
        ([entry("INFO", "orders", "ERROR is only a word here")], None),
        ([entry("WARN", "orders2", "another connector")], None),
        (["[2026-11-26 14:00:00] ERROR of the worker itself"], None),
        ([entry("WARN", "orders", "a"), entry("ERROR", "orders", "b"), entry("INFO", "orders", "c")], "ERROR b"),
        (
            [
                entry("ERROR", "orders", "Task threw an exception"),
                "java.sql.SQLException: no route to the database",
                "\tat a.b.C(C.java:1)",
                "Caused by: java.io.IOException: refused",
                entry("INFO", "orders", "the next entry"),
                "org.example.OtherException: of that one",
            ],
            FAILED,
        ),
    ],
    ids=["no log", "no problem", "another connector's", "the worker's", "the last one", "with its exception"],
)
def test_the_last_warning_or_error_of_a_connector_is_known_with_its_exception(
    lines: list[str], problem: str | None
) -> None:
    found = last_problem(lines, "orders")
    level, _blank, text = (problem or "").partition(" ")
    assert found == (problem if problem in (None, FAILED) else entry(level, "orders", text))


@pytest.mark.parametrize(
    "entries",
    [
        [["2026-11-12 00:00:00 a", "b", "", "c"], ["[2026-11-12 00:00:01] d"]],
        [["of an entry"], ["of another"], ["2026-11-12 00:00:00 a", "b"]],
        [["a", "\tat b", "Caused by: c"], ["d"]],
        [["Invalid value a", "b", "c for configuration x: no"], ["d"]],
        [["Invalid value a", "b"], ["WARN c"], ["d"]],
        [],
    ],
)
def test_the_lines_of_an_entry_are_together(entries: list[list[str]]) -> None:
    assert entries_of(line for entry in entries for line in entry) == entries


def test_a_value_without_an_end_takes_in_only_so_many_lines() -> None:
    assert len(entries_of(["Invalid value a", *["b"] * 200])) > 1
