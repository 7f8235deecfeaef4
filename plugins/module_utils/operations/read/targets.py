# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the recovery of each connector must lead to: from the result of a change, or from its last change in the backups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import look_if_possible, open_stores
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Soak
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import KnownChange, Target
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.rollback import is_absent, made_changes
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions


class _NoChange(InputError):
    """No change is known, although all backups could be read."""


@dataclass(frozen=True)
class Targets:
    """The targets by name of the connector, what earlier verifications of the same changes saw, and warnings."""

    by_name: Mapping[str, Target]
    soaks: Mapping[str, Soak]
    warnings: tuple[str, ...]


def find_targets(
    connectors: Iterable[Connector],
    planned: Mapping[str, Target],
    backups: BackupOptions,
    kafka: KafkaOptions | None,
    cluster_id: str,
) -> Targets:
    """The target of each connector. ``planned``: those that a reset has returned; of the others it is their last change.

    Without a backup, progress counts from what is stored now.
    """
    found: dict[str, Target] = {}
    soaks: dict[str, Soak] = {}
    with look_if_possible(backups, kafka, cluster_id) as stores:
        warnings = list(stores.notes)
        for connector in connectors:
            name = connector.name
            try:
                target = _with_change(stores.of(name), connector, planned.get(name), cluster_id)
            except RecoveryError as error:
                warnings.append(f"{error.sentence} Progress of '{name}' counts from now on.")
                # The notes of the stores say here why they could not be read.
                is_unknown = bool(stores.notes) or not isinstance(error, _NoChange)
                target = planned.get(name, Target(is_unknown=is_unknown))
            if not target.baseline:
                target = replace(target, baseline=target.baseline_from(connector.stored))
            found[name] = target
            if target.change is not None:
                soaks[name] = _soak_of(stores.of(name), target.change, warnings)
    return Targets(found, soaks, tuple(warnings))


def _soak_of(store: BackupStore, change: KnownChange, warnings: list[str]) -> Soak:
    """The samples of this change; none where those that are kept are of another one."""
    try:
        kept = store.samples()
    except RecoveryError as error:
        warnings.append(error.sentence)
        kept = None
    return kept if kept is not None and kept.backup_file == change.backup_file else Soak(change.backup_file)


def keep_samples(
    soaks: Mapping[str, Soak], backups: BackupOptions, kafka: KafkaOptions | None, cluster_id: str
) -> list[str]:
    """Write the samples of each connector beside its backups. Returns warnings: nothing else depends on them."""
    warnings = []
    try:
        with open_stores(backups, kafka, cluster_id, check_mode=False) as stores:
            for name, soak in soaks.items():
                try:
                    stores.of(name).note_samples(soak)
                except RecoveryError as error:
                    warnings.append(f"The sample of connector '{name}' is not kept: {error.sentence}")
    except RecoveryError as error:
        warnings.append(f"No sample is kept: {error.sentence}")
    return warnings


def changed_connectors(
    cluster: Cluster, backups: BackupOptions, kafka: KafkaOptions | None
) -> tuple[list[str], list[str]]:
    """The connectors with a change in the store, and warnings about connectors that no longer exist.

    Raises InputError if there is none.
    """
    with look_if_possible(backups, kafka, None) as stores:
        kept = [name for name in stores.connectors() if stores.of(name).list()]
        notes = list(stores.notes)
    there = set(cluster.names())
    names = [name for name in kept if name in there]
    gone = sorted(set(kept) - there)
    if not names:
        raise InputError(
            f"No connector of cluster {backups.cluster_label} has a backup, so there is no known change to verify: name"
            " connectors in connectops_connectors, or check cluster_label and where backups are kept.",
            without_change=True,
        )
    if gone:
        notes.append(f"Not verified, because they do not exist any more: {', '.join(gone)}.")
    return names, notes


def _with_change(store: BackupStore, connector: Connector, planned: Target | None, cluster_id: str) -> Target:
    """The target with its change from the backup. Raises RecoveryError."""
    target = _last_target(store, connector, cluster_id) if planned is None else planned
    if target.backup_file is None:
        return target
    backup = store.read(target.backup_file)
    change = KnownChange.of(target.backup_file, backup, store.returned_at(target.backup_file))
    return replace(target, baseline=target.baseline_from(backup.offsets), change=change)


def _last_target(store: BackupStore, connector: Connector, cluster_id: str) -> Target:
    journal = store.current()
    if journal is not None:
        return Target(unfinished=journal.plan_id)
    for entry, backup in made_changes(store, store.list()):
        if is_absent(store, entry, backup, connector, cluster_id):
            continue
        if backup.change is None:
            return Target(backup_file=entry.name)
        return Target.of_change(backup.change, entry.name)
    raise _NoChange(f"No backup in {store.place} describes a change.")
