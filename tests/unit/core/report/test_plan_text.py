# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan says it will do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import order_lines

QUIET = "(not verified: it delivers nothing until you resume it)"
OFFSET = {"partition": {}, "before": {}, "after": None}
SETTING = {"key": "k", "before": "1", "after": "2"}


def plan(**changed: Any) -> dict[str, Any]:
    return {
        "strategy": "continue",
        "state": "RUNNING",
        "final_state": "RUNNING",
        "restart": False,
        "settings": [SETTING],
        "offsets": [OFFSET],
        "offsets_stored": 3,
        "is_empty": False,
        **changed,
    }


@pytest.mark.parametrize(
    "changed, order",
    [
        ({}, "back up 3 offsets, stop, change 1 setting and 1 offset, resume RUNNING, verify."),
        ({"settings": []}, "back up 3 offsets, stop, change 1 offset, resume RUNNING, verify."),
        (
            {"settings": [], "offsets": [], "restart": True},
            "back up 3 offsets, stop and start its tasks again, verify.",
        ),
        (
            {"restart": True},
            "back up 3 offsets, stop, change 1 setting and 1 offset, resume RUNNING, verify.",
        ),
        ({"settings": [], "offsets": [], "state": "FAILED"}, "back up 3 offsets, stop, resume RUNNING, verify."),
        (
            {"state": "PAUSED", "final_state": "PAUSED", "settings": []},
            f"back up 3 offsets, stop, change 1 offset, return it to PAUSED {QUIET}.",
        ),
        (
            {"state": "STOPPED", "final_state": "STOPPED", "settings": []},
            f"back up 3 offsets, keep it STOPPED, change 1 offset, leave it STOPPED {QUIET}.",
        ),
        (
            {"state": "STOPPED", "final_state": "RUNNING", "settings": [], "offsets": []},
            "back up 3 offsets, keep it STOPPED, resume RUNNING, verify.",
        ),
        (
            {"strategy": "rollback"},
            "back up 3 offsets, stop, change 1 setting and 1 offset, return it to RUNNING, read back.",
        ),
        (
            {"strategy": "rollback", "state": "STOPPED", "final_state": "STOPPED", "settings": []},
            "back up 3 offsets, keep it STOPPED, change 1 offset, leave it STOPPED, read back.",
        ),
    ],
)
def test_the_order_says_what_will_happen(changed: dict[str, Any], order: str) -> None:
    assert " ".join(" ".join(order_lines(plan(**changed))).split()) == f"Order: {order}"


def test_the_remark_on_the_stop_stands_at_the_stop() -> None:
    restarted = plan(settings=[], offsets=[], restart=True)
    assert "stop (waits), change" in " ".join(order_lines(plan(), " (waits)"))
    assert "start its tasks again (waits), verify." in " ".join(order_lines(restarted, " (waits)"))


@pytest.mark.parametrize(
    "keys, words",
    [
        ([["a"], ["b", "b"]], "change 2 offsets (written to the topic, 2 keys), resume"),
        ([["a"]], "change 1 offset (written to the topic, 1 key), resume"),
        ([["a"], []], "change 2 offsets (1 of them written to the topic, 1 key), resume"),
        ([[], []], "change 2 offsets, resume"),
    ],
)
def test_what_is_written_to_the_topic_is_told(keys: list[list[str]], words: str) -> None:
    """A key counts once, in how many topics it may be."""
    offsets = [{**OFFSET, "topic_keys": [{"key": key} for key in of]} for of in keys]
    assert words in " ".join(" ".join(order_lines(plan(settings=[], offsets=offsets))).split())


def test_an_empty_plan_changes_nothing() -> None:
    assert order_lines(plan(is_empty=True)) == ["  Nothing to change."]
