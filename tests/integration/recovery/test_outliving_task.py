# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is blocked in its poll outlives its stop: Connect gives it up, and it commits when the poll returns.

Connect's REST API gives no sign of it: the connector is STOPPED without tasks, and its worker confirms that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from integration.recovery.tasks import PST, Tasks, failed, initial_load, unfinished
from lab import Lab, await_condition
from lab.days import ago
from lab.scenarios import finished
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_that_gives_tasks_up_soon() -> Iterator[Lab]:
    # What the task has delivered stays uncommitted for a minute, or until it ends.
    config = {"task.shutdown.graceful.timeout.ms": 500, "offset.flush.interval.ms": 60_000}
    with Lab(workers=1, worker_config=config) as lab:
        yield lab


def test_a_blocked_task_that_commits_over_the_reset_is_no_success(
    trial: Trial, tasks: Tasks, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.account(PST).pending_seconds = 1.0
    settings = {"lab.poll.gate": gate, "in.progress.poll.interval.ms": 50, "stripe.report.max.wait.ms": 60_000}
    trial.create({PST: unfinished(3, 0)}, {**settings, **initial_load(10)})
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    gate.unlink()
    trial.await_runs(PST, 1)
    # The poll that goes on now delivers everything; the next one is blocked.
    gate.touch()
    trial.await_delivered(12)
    trial.cluster.request("PUT", f"/connectors/{trial.name}/pause")
    trial.cluster.await_state(trial.name, "PAUSED")
    leave = StopWindow.leave

    def after_the_blocked_poll(window: StopWindow, *arguments: Any) -> Status | None:
        gate.unlink()
        await_condition(lambda: trial.offset(PST) == finished(0, 0), "the commit of the task that was given up")
        return leave(window, *arguments)

    monkeypatch.setattr(StopWindow, "leave", after_the_blocked_poll)
    result = failed(tasks.reset(strategy="timestamp", timestamp=str(ago(2)), allow_gap=True))
    assert trial.count_log("Graceful stop of task") == 1
    assert f"timezone={PST} of connector '{trial.name}' were overwritten by a task that had not ended" in result["msg"]
    assert tasks.state() == "PAUSED"
