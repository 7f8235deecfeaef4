# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect's status topic says of a connector's tasks since a change: their starts and failures, and rebalances."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import (
    CLOCK_SECONDS,
    START_SECONDS,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State, state_of

_TASK = "status-task-"


@dataclass(frozen=True)
class StatusRecord:
    """One record: what a worker wrote of a task. ``written_at`` is epoch seconds, ``generation`` that of the workers' group."""

    topic: str
    connector: str
    task: int
    state: State
    worker_id: str
    generation: int
    written_at: float


@dataclass(frozen=True)
class TaskHistory:
    """``starts``: of tasks after those that belong to the change, ``failures`` of them; ``last_start_at``: epoch seconds.

    ``moves``: the tasks that another worker runs by now. ``generations``: the growth of the group's generation
    from the task start that belongs to the change to the last record, which is the smallest possible number of rebalances.
    """

    topic: str
    starts: int
    failures: int
    last_start_at: float | None
    moves: tuple[int, ...]
    generations: int

    def as_data(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "task_starts": self.starts,
            "task_failures": self.failures,
            "last_start_at": self.last_start_at,
            "moved_tasks": list(self.moves),
            "rebalances_at_least": self.generations,
        }


def decode_status(topic: str, key: bytes | None, value: bytes | None, written_at: float) -> StatusRecord | None:
    """The record of a task; None for any other record, for a task that is gone, and for a state that is not known."""
    name = (key or b"").decode(errors="replace")
    connector, dash, number = name.removeprefix(_TASK).rpartition("-")
    if not name.startswith(_TASK) or not dash or not number.isdecimal() or value is None:
        return None
    try:
        data = json.loads(value)
        generation = int(data["generation"])
        return StatusRecord(
            topic, connector, int(number), state_of(data["state"]), str(data["worker_id"]), generation, written_at
        )
    except (KeyError, TypeError, ValueError):
        return None


def task_history(records: Collection[StatusRecord], worker_ids: Collection[str], since: float) -> TaskHistory | None:
    """What the records of one connector show since a moment (epoch seconds); None if they belong to another cluster.

    ``worker_ids``: the workers of its cluster that are known. The topic may have dropped older records, so the figures
    are minimums.
    """
    topic = _own_topic(records, worker_ids)
    if topic is None:
        return None
    first: dict[int, StatusRecord] = {}
    # The tasks whose start that belongs to the change was seen.
    started: set[int] = set()
    last: dict[int, StatusRecord] = {}
    later = []
    for one in sorted((one for one in records if one.topic == topic), key=lambda one: one.written_at):
        after = one.written_at - since
        is_start = one.state == "RUNNING" and one.task not in started
        if after <= CLOCK_SECONDS:
            # The last one before is the start that belongs to the change.
            first[one.task] = last[one.task] = one
            if is_start and after >= -CLOCK_SECONDS:
                started.add(one.task)
        elif is_start and after <= START_SECONDS:
            # The resume, a rebalance and the start took that long.
            first[one.task] = last[one.task] = one
            started.add(one.task)
        else:
            later.append(one)
            last[one.task] = one
            first.setdefault(one.task, one)
    starts = [one for one in later if one.state == "RUNNING"]
    generations = [one.generation for one in first.values()]
    return TaskHistory(
        topic,
        len(starts),
        sum(one.state == "FAILED" for one in later),
        starts[-1].written_at if starts else None,
        tuple(sorted(task for task, one in last.items() if one.worker_id != first[task].worker_id)),
        max((one.generation - min(generations) for one in last.values()), default=0),
    )


def _own_topic(records: Iterable[StatusRecord], worker_ids: Collection[str]) -> str | None:
    """The status topic of the cluster: the only one whose newest record names one of its workers."""
    newest: dict[str, StatusRecord] = {}
    for record in records:
        if record.topic not in newest or record.written_at >= newest[record.topic].written_at:
            newest[record.topic] = record
    own = [topic for topic, record in newest.items() if record.worker_id in worker_ids]
    return own[0] if len(own) == 1 else None
