# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing settings of connectors of one cluster: exact values, and values that may only be raised."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import (
    Stores,
    check_folder,
    open_stores,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import go_back_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    SETTINGS_ONLY,
    Plan,
    settings_data,
    show_settings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import demand_not_held
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import (
    SettingsWriter,
    decide_with_server,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import (
    Interruption,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_connector,
    read_offsets,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import Say, side_by_side
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    each_once,
    for_each_connector,
    warnings_about_folder,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import who_runs_this
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import SettingsOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Change the settings of every named connector; one that has them already is neither written to nor restarted.

    Raises RecoveryError, after the last one, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return configure(client, params, context)


def configure(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    options = SettingsOptions.read(params)
    backups, kafka = BackupOptions.read(params), KafkaOptions.read(params)
    check_folder(backups)
    names = each_once(options.connectors)
    cluster_id = cluster.root().kafka_cluster_id
    now, warnings = workers_now(cluster, context.now)
    warnings = (*warnings, *warnings_about_folder(backups, context))
    with open_stores(backups, kafka, cluster_id, check_mode=context.check_mode) as stores:
        outcome = _Configuration(
            cluster, params, options, replace(context, now=now), cluster_id, stores, backups.cluster_label
        ).all(names)
    outcome.warnings.extend([*warnings, *stores.notes])
    return outcome


@dataclass(frozen=True)
class _Decided:
    """What is to be changed of one connector; nothing if it has no settings."""

    plan: Plan
    backup: Backup
    store: BackupStore


class _Configuration:
    """The changes of one task. Each has a backup of its own, so that it can be taken back as a reset is."""

    def __init__(
        self,
        cluster: Cluster,
        params: Mapping[str, Any],
        options: SettingsOptions,
        context: TaskContext,
        cluster_id: str,
        stores: Stores,
        label: str,
    ) -> None:
        self._cluster = cluster
        self._params = params
        self._options = options
        self._context = context
        self._cluster_id = cluster_id
        self._stores = stores
        self._label = label

    def all(self, names: Sequence[str]) -> Outcome:
        """Raises RecoveryError, after the last one, when any failed."""
        decided = side_by_side(names, self._decide, at_once=self._options.at_once)
        written = {} if self._context.check_mode else self._write_all(decided)

        def report(name: str, outcome: Outcome) -> None:
            one, ended = decided[name], written.get(name)
            if isinstance(one, RecoveryError):
                raise one
            if isinstance(ended, RecoveryError):
                raise ended
            _add(outcome, one.plan, backup_file=ended)
            if ended is not None:
                outcome.result["next_steps"] += go_back_lines(one.plan.as_data(), ended, self._params)

        return for_each_connector(names, report, {"changed": False, "connectors": {}, "diff": [], "next_steps": []})

    def _within(self) -> Cluster:
        return self._cluster.within(Deadline(self._params["timeout"], self._context.clock, self._context.sleep))

    def _decide(self, name: str, _say: Say) -> _Decided:
        cluster = self._within()
        connector = read_connector(cluster, name, with_offsets=False)
        demand_not_held(connector, self._context.now)
        options = self._options
        changes, secret_keys = decide_with_server(cluster, connector, options.config, options.at_least)
        if changes and connector.is_source and cluster.supports("GET", "offsets"):
            # A backup without them would be taken for that of a connector that had none.
            connector = replace(connector, offsets=read_offsets(cluster, name, self._context.sleep))
        plan = _plan_of(connector, changes, self._label, self._cluster_id)
        backup = Backup.of(
            connector,
            self._cluster_id,
            plan.id,
            secret_keys,
            self._context.now,
            change=Change.of(plan, connector.state),
            made_by=who_runs_this(),
        )
        store = self._stores.of(name)
        if changes:
            store.refuse_unfit(backup)
        return _Decided(plan, backup, store)

    def _write_all(self, decided: Mapping[str, _Decided | RecoveryError]) -> dict[str, str | RecoveryError]:
        """Write what was decided. Returns the backup of each change, or its error.

        A signal ends the task after the writes that have begun: each is short.
        """
        changes = {name: one for name, one in decided.items() if isinstance(one, _Decided) and one.plan.settings}
        with Interruption(self._context.alert) as interruption:

            def write(name: str, _say: Say) -> str:
                interruption.begin(name)
                return self._write(changes[name])

            def left(name: str) -> RecoveryError | None:
                if not interruption.is_final:
                    return None
                return RecoveryError(
                    f"The change of connector '{name}' was interrupted twice ({interruption.cause}): its settings may have been"
                    " written; run this task again.",
                    changed=True,
                )

            return side_by_side(list(changes), write, at_once=self._options.at_once, left=left)

    def _write(self, one: _Decided) -> str:
        """Make one change. Returns its backup."""
        backup_file = one.store.back_up(one.backup)
        writer = SettingsWriter(self._within(), one.plan.connector, self._context.sleep)
        try:
            writer.write(one.plan.settings)
        except RecoveryError as error:
            error.facts = {**error.facts, "backup_file": backup_file}
            if not writer.has_sent:
                _note(one.store, backup_file, "undone")
            raise
        _note(one.store, backup_file, "done")
        return backup_file


def _note(store: BackupStore, backup_file: str, result: ChangeResult) -> None:
    """Keep what became of the change. Without that it is unknown, and a rollback looks at what is there."""
    with contextlib.suppress(RecoveryError):
        store.note_result(backup_file, result)


def _plan_of(connector: Connector, changes: tuple[SettingChange, ...], label: str, cluster_id: str) -> Plan:
    return Plan(
        cluster=label,
        cluster_id=cluster_id,
        connector=connector.name,
        strategy=SETTINGS_ONLY,
        state=connector.state,
        final_state=connector.state,
        settings=changes,
        offsets=(),
        presumed=connector.stored,
    )


def _add(outcome: Outcome, plan: Plan, backup_file: str | None) -> None:
    """Add one connector to the result."""
    name, changes = plan.connector, plan.settings
    outcome.result["connectors"][name] = {
        "changed": bool(changes),
        "settings": settings_data(changes),
        "backup_file": backup_file,
    }
    if changes:
        outcome.result["changed"] = True
        outcome.result["diff"].append(
            {
                "before_header": f"{name} (config)",
                "after_header": f"{name} (config)",
                "before": show_settings(changes, "before"),
                "after": show_settings(changes, "after"),
            }
        )
