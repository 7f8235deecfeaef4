# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the same connectors again and again: judged again only when something has changed, or a minute has passed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError, NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Snapshot
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import Seen
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import read_views
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_snapshot,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import WorkerLogs, read_worker_logs

# The services outside Connect and the logs may say something new while the offsets stay as they are.
_LONGEST_WITHOUT_JUDGING_SECONDS = 60.0


class Looks:
    """The looks of one task. ``clock`` returns epoch seconds of this machine."""

    def __init__(
        self,
        cluster: Cluster,
        kafka: KafkaOptions | None,
        judge: Judge,
        names: Sequence[str],
        worker_logs: WorkerLogOptions,
        clock: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._kafka = kafka
        self._judge = judge
        self._names = names
        self._worker_logs = worker_logs
        self._clock = clock
        self._last: tuple[Any, Mapping[str, Seen], float] | None = None
        self.cluster_id = ""
        self.logs = WorkerLogs()
        self.warnings: tuple[str, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """The connectors that are looked at; empty for all of the cluster."""
        return self._names

    def leave_out(self, names: Collection[str]) -> None:
        """Do not look at these any more. At least one of ``names`` must stay, because no name means all."""
        self._names = [name for name in self._names if name not in names]

    def __call__(self, *, again: bool = False) -> Mapping[str, Seen]:
        """The connectors by name, read now. They are judged again if anything changed, or ``again``. Raises RecoveryError."""
        snapshot = self._over_rest()
        if self._last is not None and snapshot is not None and not again:
            state, seen, judged_at = self._last
            if state == _state(snapshot) and self._clock() - judged_at < _LONGEST_WITHOUT_JUDGING_SECONDS:
                return seen
        if snapshot is None or self._kafka is not None:
            views = read_views(self._cluster, self._kafka, self._names, self._clock(), progress=lambda _message: None)
            judged, warnings = views.snapshot, views.warnings
        else:
            now, warnings = workers_now(self._cluster, self._clock())
            judged = replace(snapshot, read_at=now)
        seen, judge_warnings = self._judged(judged)
        self.cluster_id = judged.cluster_id
        self.warnings = (*warnings, *judge_warnings)
        self._last = (_state(snapshot or judged), seen, self._clock())
        return seen

    def _over_rest(self) -> Snapshot | None:
        """The connectors over REST alone; None where only the topics have the offsets: it is down, or older than 3.5."""
        try:
            if self._kafka is None or self._cluster.supports("GET", "offsets"):
                return read_snapshot(self._cluster, self._names, self._clock())
        except NotFound:
            raise
        except ConnectError:
            if self._kafka is None:
                raise
        return None

    def _judged(self, snapshot: Snapshot) -> tuple[Mapping[str, Seen], tuple[str, ...]]:
        self.logs = logs = read_worker_logs(self._worker_logs)
        reads = [Read(connector, snapshot.read_at, logs.lines) for connector in snapshot.connectors]
        found = self._judge.all(reads)
        seen = {
            read.connector.name: Seen(read.connector, one.verdicts, one.outlook)
            for read, one in zip(reads, found, strict=True)
        }
        return seen, (*logs.problems, *(warning for one in found for warning in one.warnings))


def _state(snapshot: Snapshot) -> Any:
    """What is compared between two looks."""
    return [
        (
            one.name,
            one.state,
            [(task.id, task.state) for task in one.tasks],
            one.config,
            one.hold_text,
            one.problem,
            sorted((str(entry.partition), repr(entry.offset)) for entry in one.offsets),
        )
        for one in snapshot.connectors
    ]
