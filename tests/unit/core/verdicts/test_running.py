# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a connector runs, in words and figures."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Task
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    not_running_reason,
)


def connector(state: str, *tasks: str) -> Connector:
    return Connector("c", "source", state, "", tuple(Task(*one, "") for one in enumerate(tasks)), {})


NOT_RUNNING = {
    # name: (connector, words, tasks that are RUNNING, tasks there should be)
    "failed": (connector("FAILED"), "the connector is FAILED", 0, 1),
    "paused": (connector("PAUSED", "PAUSED", "PAUSED"), "the connector is PAUSED", 0, 2),
    "paused, a task failed": (
        connector("PAUSED", "PAUSED", "FAILED"),
        "the connector is PAUSED, task 1 is FAILED",
        0,
        2,
    ),
    "stopped": (connector("STOPPED"), "the connector is STOPPED", 0, 1),
    "unassigned": (connector("UNASSIGNED"), "the connector is UNASSIGNED", 0, 1),
    "without tasks": (connector("RUNNING"), "the connector has no tasks", 0, 1),
    "one task failed": (connector("RUNNING", "RUNNING", "FAILED"), "task 1 is FAILED", 1, 2),
    "some tasks failed, one lost": (
        connector("RUNNING", "FAILED", "RUNNING", "UNASSIGNED", "FAILED"),
        "tasks 0, 3 are FAILED, task 2 is UNASSIGNED",
        1,
        4,
    ),
    "the connector failed, its task goes on": (connector("FAILED", "RUNNING"), "the connector is FAILED", 1, 1),
}


@pytest.mark.parametrize("of, words, running, tasks", NOT_RUNNING.values(), ids=NOT_RUNNING)
def test_what_does_not_run_is_named(of: Connector, words: str, running: int, tasks: int) -> None:
    reason = not_running_reason(of)
    assert reason is not None
    assert (reason.code, reason.message, reason.value, reason.limit) == ("not_running", words, running, tasks)


@pytest.mark.parametrize("of", [connector("RUNNING", "RUNNING", "RUNNING"), connector("UNKNOWN")])
def test_nothing_is_said_of_what_runs_or_could_not_be_asked(of: Connector) -> None:
    assert not_running_reason(of) is None


@pytest.mark.parametrize(
    "of, failed",
    [
        (connector("FAILED", "RUNNING"), True),
        (connector("RUNNING", "RUNNING", "FAILED"), True),
        (connector("RUNNING", "UNASSIGNED"), False),
        (connector("STOPPED"), False),
    ],
)
def test_failed_is_a_connector_or_any_of_its_tasks(of: Connector, failed: bool) -> None:
    assert has_failed(of) is failed
