# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until connectors are seen to have recovered: each stores progress of its own after the reset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import look_if_possible
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import kinds_from, secrets_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    Recovery,
    Seen,
    judge_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import Target
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.text import (
    final_sentence,
    progress_line,
    recovery_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.wait import seconds_to_wait
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.looks import Looks
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import read_limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.recovery import RecoveryOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Wait for the recovery, and say what was seen. Changes nothing. Raises RecoveryError when nothing can be read."""
    with ConnectClient(ConnectOptions.read(params)) as client:
        return wait_for_recovery(client, params, context)


def wait_for_recovery(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    return _Wait(cluster, params, context)()


class _Wait:
    """One wait for all connectors of a task. Moments are seconds since its begin."""

    def __init__(self, cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> None:
        self._options = options = RecoveryOptions.read(params)
        names = list(dict.fromkeys(options.connectors))
        if not names:
            raise InputError("connectors is empty: name at least one connector.")
        kinds = kinds_from(params)
        cluster.hide(secrets_of(kinds))
        self._cluster = cluster
        self._request_seconds = ConnectOptions.read(params).timeout_seconds
        self._context = context
        self._begun = context.clock()
        self._backups = BackupOptions.read(params)
        self._kafka = KafkaOptions.read(params)
        self._looks = Looks(
            cluster,
            self._kafka,
            Judge(self._backups.cluster_label, read_limits(params), kinds),
            names,
            WorkerLogOptions.read(params),
            lambda: context.now + self._elapsed(),
        )
        self._targets = {
            name: Target.read(options.planned[name], name) if name in options.planned else Target() for name in names
        }
        self._said: dict[str, str] = {}
        self._warnings: list[str] = []

    def __call__(self) -> Outcome:
        seen = self._looks()
        self._targets = {name: self._with_baseline(name, seen[name]) for name in self._targets}
        limit = self._options.timeout_seconds
        if limit is None:
            limit = seconds_to_wait(one.outlook for one in seen.values() if one.outlook is not None)
        problem = None
        was_final: set[str] = set()
        while True:
            elapsed = self._elapsed()
            is_over = self._context.check_mode or elapsed >= limit
            recoveries = [judge_recovery(target, seen[name], is_over=is_over) for name, target in self._targets.items()]
            final = {one.name for one in recoveries if one.is_final}
            # What looks final must look so twice: a status may be older than the resume.
            is_done = all(one.is_good or one.name in final & was_final for one in recoveries)
            if is_done or is_over:
                break
            self._say(recoveries)
            was_final = final
            self._context.sleep(max(0.0, min(float(self._options.interval_seconds), limit - elapsed)))
            try:
                self._cluster.extend(self._request_seconds)
                seen = self._looks(afresh=self._elapsed() >= limit)
                problem = None
            except NotFound:
                raise
            except RecoveryError as error:
                problem = error.sentence
                self._say_once("", problem)
        return self._outcome(recoveries, limit, problem)

    def _elapsed(self) -> float:
        return self._context.clock() - self._begun

    def _with_baseline(self, name: str, seen: Seen) -> Target:
        target = self._targets[name]
        stored: Mapping[Partition, Offset] = seen.connector.stored
        if target.backup_file is not None:
            try:
                with look_if_possible(self._backups, self._kafka, self._looks.cluster_id) as stores:
                    stored = stores.of(name).read(target.backup_file).offsets
            except RecoveryError as error:
                self._warnings.append(f"{error.sentence} Progress of '{name}' counts from now on.")
        return replace(target, baseline=target.baseline_from(stored))

    def _say(self, recoveries: Sequence[Recovery]) -> None:
        for one in recoveries:
            line, to_go = progress_line(self._backups.cluster_label, one)
            self._say_once(one.name, line, to_go)

    def _say_once(self, about: str, line: str, rest: str = "") -> None:
        if self._said.get(about) != line:
            self._said[about] = line
            self._context.progress(line + rest)

    def _outcome(self, recoveries: Sequence[Recovery], limit: int, problem: str | None) -> Outcome:
        label = self._backups.cluster_label
        waited = 0 if self._context.check_mode else int(self._elapsed())
        return Outcome(
            {
                "changed": False,
                "recovered": all(one.is_good for one in recoveries),
                "message": final_sentence(label, recoveries, waited, problem),
                "connectors": {one.name: one.as_data() for one in recoveries},
                "timeout_seconds": limit,
                "waited_seconds": waited,
                "preview": [line for one in recoveries for line in recovery_lines(label, one)],
            },
            [*self._warnings, *self._looks.warnings],
        )
