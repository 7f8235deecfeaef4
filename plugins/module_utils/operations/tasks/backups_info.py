# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of backups of one cluster. Kafka Connect is not asked, so it works while no worker answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import Stores, open_to_look
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.backups_text import backup_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """List the backups of the named connectors, of all without a name. Changes nothing. Raises RecoveryError."""
    options = BackupOptions.read(params)
    kafka = KafkaOptions.read(params)
    warnings: list[str] = []
    with open_to_look(options, kafka, None) as stores:
        connectors = {
            name: _about(stores.of(name), warnings) for name in _wanted(params["connectors"], stores, options)
        }
    preview = [line for name, about in connectors.items() for line in backup_lines(options.cluster_label, name, about)]
    return Outcome({"changed": False, "connectors": connectors, "preview": preview}, warnings)


def _wanted(names: list[str], stores: Stores, options: BackupOptions) -> list[str]:
    """The connectors to list. Raises InputError for a name without backups."""
    known = stores.connectors()
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, "check the name, cluster_label, and where backups are kept.", limit=1)
            raise InputError(f"There are no backups of connector '{name}' of cluster {options.cluster_label}: {hint}")
    return sorted(set(names)) or known


def _about(store: BackupStore, warnings: list[str]) -> dict[str, Any]:
    try:
        journal = store.current()
    except RecoveryError as error:
        # The backups are there nevertheless.
        journal = None
        warnings.append(error.sentence)
    in_use = None if journal is None else journal.backup_file
    return {
        "unfinished_plan": None if journal is None else journal.plan_id,
        "backups": [_backup(store, entry, in_use) for entry in store.list()],
    }


def _backup(store: BackupStore, entry: BackupEntry, in_use: str | None) -> dict[str, Any]:
    about: dict[str, Any] = {
        "name": entry.name,
        "taken_at": entry.taken_at,
        "plan_id": entry.plan_id,
        "named_by_journal": entry.name == in_use,
        "problem": None,
        "result": entry.result,
        "cluster_id": None,
        "state": None,
        "offsets": None,
        "settings": None,
        "made_by": None,
    }
    try:
        backup = store.read(entry.name, any_cluster=True)
    except InputError as error:
        return {**about, "problem": error.sentence}
    return {
        **about,
        "cluster_id": backup.cluster_id,
        "state": backup.state,
        "offsets": len(backup.offsets),
        "settings": None if backup.change is None else [one.key for one in backup.change.settings],
        "made_by": backup.made_by or None,
    }
