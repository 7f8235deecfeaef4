# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a connector's backups: one line to read and one to copy for each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.backups_text import backup_lines

BACKUP = {
    "name": "/b/1.json",
    "taken_at": "2026-11-25T10:11:12.123456+00:00",
    "plan_id": "0123456789ab",
    "problem": None,
    "state": "RUNNING",
    "offsets": 1,
    "settings": [],
    "named_by_journal": False,
    "result": None,
}
SEEN = "  2026-11-25 10:11:12Z  plan 0123456789ab  "


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({}, [f"{SEEN}RUNNING  1 offset", "    /b/1.json"]),
        (
            {"result": "changed", "offsets": 3, "settings": ["a.ms", "b"]},
            [f"{SEEN}RUNNING  3 offsets  changed", "    /b/1.json", "    changed a.ms, b"],
        ),
        (
            {"named_by_journal": True, "result": "changed"},
            [f"{SEEN}RUNNING  1 offset  of the unfinished change", "    /b/1.json"],
        ),
        (
            {"problem": "It is damaged.", "settings": ["a"], "offsets": None},
            [f"{SEEN}cannot be read", "    /b/1.json", "    It is damaged."],
        ),
    ],
)
def test_a_backup_is_told_with_what_is_known_of_it(change: dict[str, Any], lines: list[str]) -> None:
    about = {"unfinished_plan": None, "backups": [{**BACKUP, **change}]}
    assert backup_lines("eu", "orders", about) == ["eu  orders", *lines, ""]


def test_an_unfinished_change_comes_first_and_nothing_is_no_silence() -> None:
    found = " ".join(" ".join(backup_lines("eu", "orders", {"unfinished_plan": "0123", "backups": []})).split())
    assert found == (
        "eu orders A change (plan 0123) was begun but not finished: run recover for this connector to finish it."
        " No backups."
    )
