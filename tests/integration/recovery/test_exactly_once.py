# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers with exactly-once support: a reset over REST and one through the topic hold, with a task that outlives its stop.

A record that is written without a transaction is committed at once for readers of committed records, as these workers are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.recovery.tasks import PST, Tasks, initial_load, succeeded
from lab import Lab, await_condition
from lab.days import MIDNIGHT, ago
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_of_exactly_once_workers() -> Iterator[Lab]:
    # A task that is held in its poll is given up after half a second.
    config = {"exactly.once.source.support": "enabled", "task.shutdown.graceful.timeout.ms": 500}
    with Lab(workers=1, worker_config=config) as lab:
        yield lab


@pytest.mark.parametrize("partition_map, write_to", [("hash", "rest"), ("linked", "topic")])
def test_a_reset_holds_and_a_task_that_was_given_up_commits_nothing_over_it(
    lab: Lab, trial: Trial, tasks: Tasks, gate: Path, partition_map: str, write_to: str
) -> None:
    gate.unlink()
    trial.account(PST)
    settings = {"lab.partition.map": partition_map, "batch.size": 3, "in.progress.poll.interval.ms": 50}
    trial.create(settings={**settings, "lab.poll.gate": gate, **initial_load(4)})
    trial.await_delivered(3)
    gate.touch()
    trial.await_log("Current round ID")
    kafka = {"kafka_bootstrap_servers": [lab.bootstrap_servers]}
    done = tasks.of(succeeded(tasks.reset(strategy="timestamp", timestamp=str(ago(1)), allow_gap=True, **kafka)))
    assert done["plan"]["write_to"] == write_to
    assert trial.count_log("Graceful stop of task") == 1
    rows = trial.delivered()
    gate.unlink()
    expected = trial.expected(PST, ago(1), MIDNIGHT)
    await_condition(lambda: len(trial.delivered()) >= len(rows) + len(expected), "the rows after the reset")
    trial.await_polls(3)
    assert trial.delivered() == [*rows, *expected]
    assert [json.loads(value)["interval_end"] for value in tasks.stored_bytes().values()] == [MIDNIGHT]
