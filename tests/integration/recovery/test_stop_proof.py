# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset holds although the task, on a worker that is not the leader, commits while it is being ended.

Connect shows STOPPED without tasks as soon as the connector's own worker has stopped the connector. The task is then still
in its poll on the other worker, and what it returns is sent and committed over whatever was written meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import ConfigMark
from integration.recovery.tasks import MAX_WAIT, PST, Tasks, initial_load, partition, succeeded, unfinished
from lab import Lab, Worker, await_condition
from lab.days import MIDNIGHT, ago
from lab.scenarios import finished, stripe_offset
from lab.trial import Trial

RESETS = 4
# How long the task stays in its poll after STOPPED without tasks was shown: time enough for a reset that does not wait.
HELD_SECONDS = 1.0


@pytest.fixture(scope="module", name="lab")
def lab_of_two_workers() -> Iterator[Lab]:
    # A rebalance waits for a heartbeat; the default of 3 s would only make the test longer. A task gets more than the
    # default of 5 s to end, which a busy machine could exceed.
    config = {"heartbeat.interval.ms": 300, "task.shutdown.graceful.timeout.ms": 60_000}
    with Lab(workers=2, worker_config=config) as lab:
        yield lab


@pytest.fixture(autouse=True)
def held_task(lab: Lab, trial: Trial, gate: Path) -> Iterator[None]:
    """The trial's connector on the leader, its task on the other worker and held in its poll."""
    workers = leader_first(lab)
    leader, follower = (worker.worker_id for worker in workers)
    trial.account(PST).pending_seconds = HELD_SECONDS
    fillers = [Trial(lab, f"{trial.name}-filler-{number}") for number in range(6)]
    created: list[Trial] = []
    try:
        for filler in fillers:
            # One without a task first: connectors and tasks are spread each for itself, so that parts them.
            state, running = ("RUNNING", 1) if created else ("STOPPED", 0)
            filler.account(PST)
            filler.create({PST: finished(0, 0)}, state=state)
            created.append(filler)
            lab.connect.await_state(filler.name, state, tasks=running)
            trial.create(
                {PST: unfinished(3, 0)},
                {"lab.poll.gate": gate, "in.progress.poll.interval.ms": 50, MAX_WAIT: 60_000, **initial_load(10)},
            )
            lab.connect.await_state(trial.name, "RUNNING", tasks=1)
            status = lab.connect.status(trial.name)
            if (status["connector"]["worker_id"], status["tasks"][0]["worker_id"]) == (leader, follower):
                break
            gate.unlink()
            lab.connect.delete(trial.name)
            gate.touch()
        else:
            pytest.fail("No way was found to get the connector to the leader and its task to the other worker.")
        await_held(trial, workers[1])
        yield
    finally:
        for filler in created:
            lab.connect.delete(filler.name)


def leader_first(lab: Lab) -> list[Worker]:
    (leader,) = {re.findall(r"leaderUrl='([^']+?)/?'", worker.log_text())[-1] for worker in lab.connect.workers}
    return sorted(lab.connect.workers, key=lambda worker: worker.url != leader)


def await_held(trial: Trial, worker: Worker) -> None:
    """Wait until the task is in its poll on this worker, and nothing is on the way that would start it again."""

    def is_held() -> bool:
        # The herder answers between its turns, so after two answers it has seen all that it had been told.
        for _turn in range(2):
            trial.cluster.request("GET", f"/connectors/{trial.name}", worker=worker)
        said = [line for line in worker.log_text().splitlines() if f"[{trial.name}|task-0]" in line]
        turns = [line for line in said if "Waits at the gate" in line or "Stopping task" in line]
        return bool(turns) and "Waits at the gate" in turns[-1]

    await_condition(is_held, "the task in its poll")


def let_one_poll_through(trial: Trial, gate: Path, frozen: Worker | None = None) -> None:
    """Once the connector is shown STOPPED without tasks, let the task go on with the poll it is in, but not with another.

    A ``frozen`` worker goes on then as well.
    """
    asked = next(worker for worker in trial.cluster.workers if worker is not frozen)

    def is_shown_stopped() -> bool:
        status = trial.cluster.request("GET", f"/connectors/{trial.name}/status", worker=asked).json()
        return status["connector"]["state"] == "STOPPED" and not status["tasks"]

    runs = len(trial.accounts[PST].runs)
    await_condition(is_shown_stopped, "STOPPED without tasks")
    if frozen is not None:
        frozen.resume()
    gate.unlink()
    trial.await_runs(PST, runs + 1)
    gate.touch()


def test_stopped_without_tasks_is_no_proof(lab: Lab, trial: Trial, gate: Path) -> None:
    """The control: with nothing but what the status shows, the reset is overwritten by the task's last commit.

    Asked is the leader. The other worker would pass the change on only when it is done with ending the task.
    """
    name = trial.name
    trial.cluster.request("PUT", f"/connectors/{name}/stop")
    trial.cluster.await_state(name, "STOPPED", tasks=0)
    change = {"offsets": [{"partition": partition(PST), "offset": unfinished(2, 0)}]}
    answer = trial.cluster.request("PATCH", f"/connectors/{name}/offsets", change, worker=leader_first(lab)[0])
    assert "altered successfully" in answer.json()["message"]
    let_one_poll_through(trial, gate)
    trial.await_offset(PST, interval_end=MIDNIGHT, processed_in_round=True)


def test_a_reset_waits_for_the_task_to_end_and_holds(
    lab: Lab, trial: Trial, tasks: Tasks, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mark restarts the task, for which Connect would wait here; before Kafka 3.8 there is none.
    monkeypatch.setattr(ConfigMark, "take", lambda mark: None)
    options: dict[str, Any] = {
        "connect_url": [worker.url for worker in leader_first(lab)],
        "strategy": "timestamp",
        "allow_gap": True,
    }
    for number in range(RESETS):
        await_held(trial, leader_first(lab)[1])
        moment = ago(2) + number * 3600
        with ThreadPoolExecutor(max_workers=1) as pool:
            opened = pool.submit(let_one_poll_through, trial, gate)
            done = tasks.of(succeeded(tasks.reset(timestamp=str(moment), **options)))
            opened.result()
        # The task's last commit came first, and the plan was made again from it.
        (change,) = done["plan"]["offsets"]
        assert change["before"] == finished(0, 0)
        assert trial.offset(PST) == stripe_offset(end=moment, round_id=MIDNIGHT, processed=False), number
        assert done["evidence"]["workers_not_reached"] == []
        assert done["evidence"]["settled_seconds"] == 0
        assert tasks.state() == "RUNNING"


def test_a_frozen_worker_is_waited_for_and_the_reset_holds_when_it_goes_on(
    lab: Lab, trial: Trial, tasks: Tasks, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connect shows STOPPED without tasks while the task is in a process that does not even run."""
    # As above: with the mark it would be Connect that waits.
    monkeypatch.setattr(ConfigMark, "take", lambda mark: None)
    leader, follower = leader_first(lab)
    follower.suspend()
    with ThreadPoolExecutor(max_workers=1) as pool:
        opened = pool.submit(let_one_poll_through, trial, gate, follower)
        try:
            result = tasks.reset(
                connect_url=[leader.url], strategy="timestamp", timestamp=str(ago(2)), allow_gap=True, timeout=60.0
            )
        finally:
            follower.resume()
        opened.result()
    done = tasks.of(succeeded(result))
    assert done["plan"]["offsets"][0]["before"] == finished(0, 0), "what the task committed when it went on"
    assert trial.offset(PST) == unfinished(2, 0)
