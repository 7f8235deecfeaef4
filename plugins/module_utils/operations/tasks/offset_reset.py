# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resetting the offsets of connectors of one cluster, together with the settings that must change in the same window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore, backup_folder
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import kinds_from, secrets_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import (
    carry_out_lines,
    go_back_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import (
    end_unfinished,
    find_unfinished,
    is_in_container,
    read_to_change,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    StopWindow,
    known_workers,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import workers_now
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    for_each_connector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Reset every named connector, one after the other. After one that fails, the others still get their turn.

    Raises RecoveryError, after the last one, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return reset(client, params, context)


def reset(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    options, backups = ResetOptions.read(params), BackupOptions.read(params)
    folder = backup_folder(backups.backup_dir)
    root = cluster.root()
    if not cluster.supports("PATCH", "offsets"):
        raise RecoveryError(
            f"Kafka Connect {root.version} at {params['connect_url'][0]} cannot change offsets over REST: it needs Kafka 3.6."
        )
    now, warnings = workers_now(cluster, context.now)
    if backups.is_default_dir and is_in_container():
        warnings = (*warnings, steps.in_container(backups.backup_dir))
        if not context.check_mode:
            # The warnings of a task are shown when it has ended.
            context.progress(warnings[-1])
    reset_one = _Reset(
        cluster, params, options, replace(context, now=now), root.kafka_cluster_id, folder, backups.cluster_label
    )
    result = {"changed": False, "connectors": {}, "preview": [], "next_steps": [], "diff": []}
    outcome = for_each_connector(options.connectors, reset_one, result)
    outcome.warnings.extend(warnings)
    return outcome


class _Reset:
    """The reset of one connector after the other, all with the same options."""

    def __init__(
        self,
        cluster: Cluster,
        params: Mapping[str, Any],
        options: ResetOptions,
        context: TaskContext,
        cluster_id: str,
        folder: Path,
        label: str,
    ) -> None:
        self._cluster = cluster
        self._urls = params["connect_url"]
        self._options = options
        self._params = params
        self._context = context
        self._cluster_id = cluster_id
        self._folder = folder
        self._kinds = kinds_from(params)
        cluster.hide(secrets_of(self._kinds))
        self._label = label
        self._clock_at_start = context.clock()

    def _clock(self) -> float:
        """Epoch seconds by the workers' clock."""
        return self._context.now + self._context.clock() - self._clock_at_start

    def __call__(self, name: str, outcome: Outcome) -> None:
        try:
            self._reset(name, outcome)
        except RecoveryError as error:
            # A person who reads the plans must see which one is missing.
            outcome.result["preview"] += [f"{self._label}  {name}", *wrapped(error.sentence), ""]
            raise

    def _reset(self, name: str, outcome: Outcome) -> None:
        options, context = self._options, self._context
        store = FolderStore(self._folder, self._label, self._cluster_id, name)
        request = self._request(store)
        connector = read_to_change(self._cluster, name, context.sleep)
        unfinished = find_unfinished(connector, store, self._clock())
        if unfinished.problem is not None:
            raise RecoveryError(unfinished.problem)
        begun_in = unfinished.begun_in

        def replan(read: Connector) -> Planned:
            return make_plan(
                self._cluster, read, request, self._kinds, self._cluster_id, begun_in or connector.state, context.now
            )

        planned = make_plan(self._cluster, connector, request, self._kinds, self._cluster_id, begun_in, context.now)
        if unfinished.remark is not None:
            outcome.warnings.append(unfinished.remark)
        plan_id = options.plan_id
        if plan_id is not None and planned.plan.id != plan_id:
            raise RecoveryError(
                f"The plan {plan_id} does not fit what is there now; nothing was changed: look at the new plan"
                f" {planned.plan.id} and agree to it.",
                plan=planned.plan.as_data(),
                preview=list(planned.preview),
            )
        applied = None
        if not planned.plan.is_empty and not context.check_mode:
            workers, may_be_incomplete = self._workers(connector)
            window = StopWindow(
                self._cluster,
                connector,
                options.settle_seconds,
                context.sleep,
                may_be_incomplete=may_be_incomplete,
                overrules=not unfinished.is_nothing,
            )
            applier = Applier(
                self._cluster,
                store,
                window,
                replan,
                cluster_id=self._cluster_id,
                clock=self._clock,
                sleep=context.sleep,
                progress=context.progress,
                over=unfinished.over,
            )
            applied = applier.apply(connector, planned, workers, plan_id)
            planned = applied.planned
            outcome.warnings += applied.warnings
            if planned.keeps_offsets_elsewhere:
                outcome.warnings += [
                    f"Kafka Connect says of connector '{name}': {remark}" for remark in applied.remarks
                ]
        elif not unfinished.is_nothing and not context.check_mode:
            outcome.warnings += end_unfinished(self._cluster, name, store, unfinished.over, context.sleep)
        _report(outcome, planned, applied)
        if applied is not None:
            # The command must find it from any folder.
            backup_file = str(Path(applied.backup_file).absolute())
            outcome.result["next_steps"] += go_back_lines(planned.plan.as_data(), backup_file, self._params)
        elif context.check_mode:
            outcome.result["next_steps"] += carry_out_lines(planned.plan.as_data(), self._params)

    def _request(self, store: BackupStore) -> ChangeRequest:
        options = self._options
        backup = None
        if options.backup_file is not None:
            backup = store.read(options.backup_file).offsets
        return ChangeRequest(
            reset=ResetRequest.read(
                options.strategy,
                options.partitions,
                options.timestamp,
                options.offset,
                backup,
                options.allow_gap,
            ),
            config=options.config,
            at_least=options.at_least,
            default_floors=options.default_floors,
            cluster=self._label,
        )

    def _workers(self, connector: Connector) -> tuple[frozenset[str], bool]:
        """Every worker that may still have a task, and whether there may be others, see ``known_workers``."""
        return known_workers((connector, *self._cluster.connectors().values()), self._urls)


def _report(outcome: Outcome, planned: Planned, applied: Applied | None) -> None:
    plan = planned.plan
    result = outcome.result
    result["changed"] = result["changed"] or not plan.is_empty
    result["preview"] += [*planned.preview, ""]
    if not plan.is_empty:
        result["diff"].append(planned.diff)
    result["connectors"][plan.connector] = {
        "changed": not plan.is_empty,
        "plan": plan.as_data(),
        "forecast": planned.forecast,
        "backup_file": None if applied is None else applied.backup_file,
        "evidence": None
        if applied is None
        else {
            **applied.evidence,
            "workers_asked": list(applied.proof.workers),
            "workers_not_reached": list(applied.proof.unreachable),
            "workers_may_be_missing": applied.proof.may_be_incomplete,
            "settled_seconds": applied.proof.settled_seconds,
        },
    }
    outcome.warnings.extend(planned.warnings)
