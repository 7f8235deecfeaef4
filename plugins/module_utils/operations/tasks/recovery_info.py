# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until connectors are seen to have recovered: each stores progress of its own after the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import (
    kind_of,
    kinds_from,
    secrets_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import (
    Checkpoint,
    checkpoints_of,
    judged_with,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.estimate import delivered, seconds_to_go
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.history import history_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    Recovery,
    Seen,
    deleted_since,
    judge_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Sample, Soak, SoakState
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import Target
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.text import (
    checkpoint_lines,
    final_sentence,
    progress_line,
    recovery_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.wait import seconds_to_wait
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.aftermath import (
    Changed,
    read_aftermath,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.looks import Looks
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.targets import (
    changed_connectors,
    find_targets,
    keep_samples,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import read_limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.recovery import RecoveryOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Wait for the recovery, and say what was seen; changes nothing in the cluster. Raises RecoveryError if it cannot be read."""
    with ConnectClient(ConnectOptions.read(params)) as client:
        return wait_for_recovery(client, params, context)


def wait_for_recovery(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    return _Wait(cluster, params, context)()


class _Wait:
    """One wait for all connectors of a task. Moments are seconds since its begin."""

    def __init__(self, cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> None:
        self._options = options = RecoveryOptions.read(params)
        self._kinds = kinds_from(params, context.shared)
        cluster.hide(secrets_of(self._kinds))
        self._cluster = cluster
        self._request_seconds = ConnectOptions.read(params).timeout_seconds
        self._context = context
        self._begun = context.clock()
        self._backups = BackupOptions.read(params)
        self._kafka = KafkaOptions.read(params)
        self._logs = WorkerLogOptions.read(params)
        self._judge = Judge(self._backups.cluster_label, read_limits(params), self._kinds)
        self._planned = {
            name: Target.read(options.planned[name], name) for name in options.connectors if name in options.planned
        }
        self._targets: Mapping[str, Target] = {}
        self._gone: set[str] = set()
        self._soaks: dict[str, Soak] = {}
        self._first: dict[str, dict[Partition, int]] = {}
        self._said: dict[str, str] = {}
        self._warnings: list[str] = []

    def __call__(self) -> Outcome:
        self._looks = self._opened()
        seen = self._look()
        found = find_targets(
            (one.connector for one in seen.values()), self._planned, self._backups, self._kafka, self._looks.cluster_id
        )
        self._targets = {**{name: self._planned[name] for name in self._gone}, **found.by_name}
        self._soaks = dict(found.soaks)
        self._warnings += found.warnings
        limit = self._options.timeout_seconds
        if limit is None:
            limit = seconds_to_wait(one.outlook for one in seen.values() if one.outlook is not None)
        recoveries, problem = self._wait(seen, limit)
        return self._outcome(recoveries, limit, problem)

    def _opened(self) -> Looks:
        names = list(dict.fromkeys(self._options.connectors))
        if self._options.from_backups:
            names, self._warnings = changed_connectors(self._cluster, self._backups, self._kafka)
        return Looks(self._cluster, self._kafka, self._judge, names, self._logs, self._now)

    def _now(self) -> float:
        """Epoch seconds of this machine."""
        return self._context.now + self._elapsed()

    def _wait(self, seen: Mapping[str, Seen], limit: int) -> tuple[list[Recovery], str | None]:
        """What became of all connectors in the end, and why the last look failed, if it did."""
        problem = None
        was_final: set[str] = set()
        while True:
            elapsed = self._elapsed()
            is_over = self._context.check_mode or elapsed >= limit
            recoveries = [
                judge_recovery(target, seen[name], now=self._now(), is_over=is_over)
                if name in seen
                else deleted_since(name)
                for name, target in self._targets.items()
            ]
            self._first = self._first or {one.name: delivered(one) for one in recoveries}
            final = {one.name for one in recoveries if one.is_final}
            # What looks final must look so twice: a status may be older than the resume.
            is_done = all(one.is_good or one.name in final & was_final for one in recoveries)
            if is_done or is_over:
                return recoveries, problem
            self._say(recoveries)
            was_final = final
            self._context.sleep(max(0.0, min(float(self._options.interval_seconds), limit - elapsed)))
            try:
                self._cluster.extend(self._request_seconds)
                seen = self._look(again=self._elapsed() >= limit)
                problem = None
            except NotFound:
                raise
            except RecoveryError as error:
                problem = error.sentence
                self._say_once("", problem)

    def _look(self, *, again: bool = False) -> Mapping[str, Seen]:
        """The connectors, without those that somebody has deleted since their change: the others do not wait for them."""
        try:
            return self._looks(again=again)
        except NotFound:
            names, there = self._looks.names, set(self._cluster.names())
            gone = {name for name in names if name not in there}
            if not gone or gone == set(names) or not gone <= {*self._planned, *self._targets}:
                raise
            self._gone |= gone
            self._looks.leave_out(gone)
            return self._looks(again=again)

    def _elapsed(self) -> float:
        return self._context.clock() - self._begun

    def _say(self, recoveries: Sequence[Recovery]) -> None:
        for one in recoveries:
            line, to_go = progress_line(self._backups.cluster_label, one, self._to_go(one))
            self._say_once(one.name, line, to_go)

    def _say_once(self, about: str, line: str, rest: str = "") -> None:
        if self._said.get(about) != line:
            self._said[about] = line
            self._context.progress(line + rest)

    def _to_go(self, recovery: Recovery) -> int | None:
        return seconds_to_go(recovery, self._first.get(recovery.name, {}), self._elapsed())

    def _checkpoints(self, recoveries: Sequence[Recovery]) -> dict[str, tuple[Checkpoint, ...]]:
        connectors = {one.name: one.connector for one in recoveries}
        deliveries = {name: kind_of(self._kinds, one).delivery(one) for name, one in connectors.items()}
        changed = [Changed(one, deliveries[name], self._targets[name].change) for name, one in connectors.items()]
        logs = self._looks.logs if self._logs.is_given else None
        aftermaths = read_aftermath(changed, logs, self._kafka, self._looks.cluster_id)
        return {
            one.name: checkpoints_of(
                self._targets[one.name], one, aftermaths[one.name], deliveries[one.name], self._to_go(one)
            )
            for one in recoveries
        }

    def _outcome(self, seen: Sequence[Recovery], limit: int, problem: str | None) -> Outcome:
        label = self._backups.cluster_label
        waited = 0 if self._context.check_mode else int(self._elapsed())
        checkpoints = self._checkpoints(seen)
        recoveries = [judged_with(one, checkpoints[one.name]) for one in seen]
        self._sample(recoveries, checkpoints)
        return Outcome(
            {
                "changed": False,
                "ended_at": int(self._context.now) + waited,
                "recovered": all(one.is_good for one in recoveries),
                "message": final_sentence(label, recoveries, waited, problem),
                "connectors": {one.name: self._data(one, checkpoints[one.name]) for one in recoveries},
                "timeout_seconds": limit,
                "waited_seconds": waited,
                "preview": [
                    line
                    for one in recoveries
                    for line in (
                        *recovery_lines(label, one),
                        *checkpoint_lines(checkpoints[one.name], self._soak_state(one.name)),
                    )
                ],
            },
            [*self._warnings, *self._looks.warnings],
        )

    def _sample(self, recoveries: Sequence[Recovery], checkpoints: Mapping[str, Sequence[Checkpoint]]) -> None:
        """Add this look to the samples of each change, and keep them where that is asked for."""
        now = self._now()
        for one in recoveries:
            if one.name in self._soaks:
                sample = Sample.of(one, checkpoints[one.name], now)
                self._soaks[one.name] = self._soaks[one.name].with_sample(sample)
        if self._options.keep_samples and not self._context.check_mode:
            self._warnings += keep_samples(self._soaks, self._backups, self._kafka, self._looks.cluster_id)

    def _soak_state(self, name: str) -> SoakState | None:
        soak = self._soaks.get(name)
        return None if soak is None else SoakState.of(soak, self._options.soak_hours)

    def _history(self, recovery: Recovery) -> list[dict[str, Any]]:
        """How far its partitions were at the change and at each look since; empty if no backup holds the change."""
        change, kind = self._targets[recovery.name].change, kind_of(self._kinds, recovery.connector)
        if change is None:
            return []
        before = {one: kind.delivered_to(recovery.connector, offset) for one, offset in change.offsets.items()}
        known = {one: moment for one, moment in before.items() if moment is not None}
        return history_of(self._soaks[recovery.name], change.taken_at, known)

    def _data(self, recovery: Recovery, checkpoints: Sequence[Checkpoint]) -> dict[str, Any]:
        change, soak = self._targets[recovery.name].change, self._soak_state(recovery.name)
        kind = kind_of(self._kinds, recovery.connector)
        return {
            **recovery.as_data(),
            "profile": kind.profile_of(recovery.connector),
            "change": None if change is None else change.as_data(),
            "estimate_seconds": self._to_go(recovery),
            "checkpoints": [one.as_data() for one in checkpoints],
            "soak": None if soak is None else soak.as_data(),
            "history": self._history(recovery),
        }
