# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status topic tells of tasks: restarts, failures, moves and rebalances since a change."""

from __future__ import annotations

import json

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import (
    StatusRecord,
    TaskHistory,
    decode_status,
    task_history,
)

SINCE = 1000.0
VALUE = {"state": "RUNNING", "trace": None, "worker_id": "w-1:8083", "generation": 4}


WORKERS = ("w-1:8083", "w-2:8083")


def record(
    at: float,
    state: str = "RUNNING",
    worker: str = "w-1:8083",
    generation: int = 4,
    task: int = 0,
    topic: str = "status",
) -> StatusRecord:
    return StatusRecord(topic, "orders", task, state, worker, generation, at)


def seen(*records: StatusRecord) -> TaskHistory:
    found = task_history(records, WORKERS, SINCE)
    assert found is not None
    return found


def test_a_record_of_a_task_is_read() -> None:
    value = json.dumps(VALUE).encode()
    assert decode_status("status", b"status-task-orders-0", value, 5.0) == record(5.0)
    other = decode_status("status", b"status-task-orders-1-0", value, 5.0)
    assert other is not None
    assert other.connector == "orders-1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"status-task-orders-0", None),
        (b"status-task-orders-0", b"no JSON"),
        (b"status-task-orders-0", b"{}"),
        (b"status-task-orders-0", json.dumps({**VALUE, "state": "HALTED"}).encode()),
        (b"status-task-orders", json.dumps(VALUE).encode()),
        (b"status-task-0", json.dumps(VALUE).encode()),
        (b"status-connector-orders", json.dumps(VALUE).encode()),
        (None, json.dumps(VALUE).encode()),
    ],
)
def test_anything_else_is_no_record_of_a_task(key: bytes | None, value: bytes | None) -> None:
    assert decode_status("status", key, value, 5.0) is None


def test_the_start_of_the_change_is_no_restart() -> None:
    history = seen(record(SINCE - 50, generation=2), record(SINCE + 1, generation=4))
    assert (history.starts, history.failures, history.generations, history.last_start_at) == (0, 0, 0, None)


def test_a_start_of_the_change_that_takes_longer_is_no_restart_and_the_next_one_is() -> None:
    """The return is noted before the resume, and a rebalance may come in between."""
    older, late = record(SINCE - 50, generation=2), record(SINCE + 25, generation=4, worker="w-2:8083")
    history = seen(older, late)
    assert (history.starts, history.generations, history.moves) == (0, 0, ())
    again = seen(older, late, record(SINCE + 40, generation=4), record(SINCE + 25, task=1))
    assert (again.starts, again.moves) == (1, (0,))


def test_what_comes_later_counts_from_the_start_of_the_change() -> None:
    later = [
        record(SINCE + 300, "FAILED"),
        record(SINCE + 200, generation=6, worker="w-2:8083"),
        record(SINCE + 400, generation=7, worker="w-2:8083"),
    ]
    history = seen(*later, record(SINCE))
    assert (history.starts, history.failures, history.generations, history.moves) == (2, 1, 3, (0,))
    assert history.last_start_at == SINCE + 400


def test_where_older_records_are_gone_what_is_left_is_the_least() -> None:
    history = seen(record(SINCE + 700, generation=9), record(SINCE + 700, generation=9, task=1))
    assert (history.starts, history.generations, history.moves) == (2, 0, ())


def test_the_status_topic_is_the_one_whose_newest_record_names_a_worker_of_the_cluster() -> None:
    eu, us = record(5, topic="eu"), [record(6, worker="us-1:8083", topic="us"), record(4, topic="us")]
    assert seen(eu, *us).topic == "eu"
    assert task_history([eu, *us], ["w-9:8083"], SINCE) is None
    assert task_history([eu, *us, record(7, topic="ap")], WORKERS, SINCE) is None
    assert task_history([], WORKERS, SINCE) is None
