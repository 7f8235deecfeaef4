# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the backups of a connector to the plan that takes a change back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import Kinds
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import iso_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import ROLLBACK, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.rollback import (
    Consent,
    Inverse,
    check_backup,
    inverse_of,
    lost_secrets,
    problem_since,
    remarks_on,
    rolled_back_by,
    show_backup,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)

# The change of such a backup is not in force, or another backup holds it.
_NOT_MADE = {
    "undone": "was not carried out, or was undone at once, so there is nothing to take back: name another backup, or none",
    "replaced": "was replaced by a later backup of the same change: name that one, or none",
}


@dataclass(frozen=True)
class FoundChange:
    """The backup of the change to take back. ``taken_back_by``: name and backup of the rollback that did so already.

    ``is_absent``: it was killed before it wrote anything, so at most its state is to be taken back.
    """

    backup: Backup
    taken_back_by: tuple[str, Backup] | None = None
    is_absent: bool = False


def find_change(
    store: BackupStore, connector: Connector, name: str | None, cluster_id: str, begun_in: LastingState | None
) -> FoundChange:
    """The change of the backup with this name; None for the last change of settings or offsets. Raises RecoveryError.

    ``cluster_id`` is that of Kafka; ``begun_in``: the state to return the connector to from an unfinished change.
    """
    if name is not None:
        return _named_change(store, name)
    return _last_change(store, connector, cluster_id, begun_in)


def _named_change(store: BackupStore, name: str) -> FoundChange:
    backup = store.read(name, any_cluster=True)
    result = store.result(name)
    if result in _NOT_MADE:
        raise InputError(f"backup_file: the change of {name} {_NOT_MADE[result]}.")
    later: dict[str, Backup] = {}
    for entry in store.list():
        if entry.taken_at > backup.taken_at and entry.result == "done":
            # One that cannot be read may be a rollback of this one: what is there now shows that as well.
            with contextlib.suppress(InputError):
                later[entry.name] = store.read(entry.name, any_cluster=True)
    rollback = rolled_back_by(tuple(later.values()), backup)
    names = [one for one, known in later.items() if known is rollback]
    return FoundChange(backup, (names[0], later[names[0]]) if names else None)


def _last_change(
    store: BackupStore, connector: Connector, cluster_id: str, begun_in: LastingState | None
) -> FoundChange:
    entries = store.list()
    absent: FoundChange | None = None
    for entry, backup in made_changes(store, entries):
        change = backup.change
        if change is not None and change.touches_nothing:
            continue
        if change is None or change.rolls_back is None:
            if not is_absent(store, entry, backup, connector, cluster_id):
                return FoundChange(backup)
            if begun_in is not None:
                # It has left the connector STOPPED: that alone is taken back, and nothing older.
                return FoundChange(backup, is_absent=True)
            absent = absent or FoundChange(backup, is_absent=True)
            continue
        if entry.result == "done":
            return FoundChange(backup, (entry.name, backup))
        # This rollback did not come to its end: it is finished by beginning it again.
        for older in entries:
            if older.taken_at == change.rolls_back:
                return FoundChange(store.read(older.name, any_cluster=True))
        raise InputError(
            f"The last change of connector '{connector.name}' is a rollback that was not finished ({entry.name}), and the "
            "backup that it restored no longer exists: name a backup in backup_file."
        )
    if absent is not None:
        return absent
    found = "no backup" if not entries else "no backup of a change that was carried out"
    raise InputError(
        f"There is {found} of connector '{connector.name}', so there is nothing to take back: check backup_dir and cluster_label."
    )


def made_changes(store: BackupStore, entries: tuple[BackupEntry, ...]) -> Iterator[tuple[BackupEntry, Backup]]:
    """The changes that were carried out as far as is known, newest first."""
    for entry in entries:
        if entry.result not in _NOT_MADE:
            yield entry, store.read(entry.name, any_cluster=True)


def is_absent(store: BackupStore, entry: BackupEntry, backup: Backup, connector: Connector, cluster_id: str) -> bool:
    """Whether a change with an unknown result has left nothing, as when its run was killed before it wrote anything."""
    if entry.result is not None or backup.change is None or backup.cluster_id != cluster_id:
        return False
    begun = iso_seconds(backup.taken_at) or 0.0
    try:
        # Each is noted before it is made.
        written = {one.partition for one in store.own_writes() if one.begun >= begun}
    except RecoveryError:
        written = {one.partition for one in backup.change.offsets}
    return backup.change.is_absent(connector, written)


def plan_rollback(
    cluster: Cluster,
    connector: Connector,
    found: FoundChange,
    consent: Consent,
    kinds: Kinds,
    cluster_id: str,
    label: str,
    begun_in: LastingState | None,
    now: float,
    write_to: WriteTo = "auto",
    asked: Mapping[str, Any] | None = None,
) -> Planned:
    """The plan that takes the change back, from reads only. Raises RecoveryError where the user must agree to more first.

    ``label`` is that of the cluster; ``begun_in`` and ``now`` as for :func:`make_plan`; ``asked``: what the user asks
    for, as data.
    """
    backup = found.backup
    if found.taken_back_by is None:
        change = check_backup(backup, connector, cluster_id, consent)
        inverse = Inverse() if found.is_absent else inverse_of(change, connector)
        remarks = tuple(remarks_on(inverse, backup))
    else:
        inverse = Inverse()
        remarks = (_taken_back(*found.taken_back_by),)
    request = ChangeRequest(
        reset=ResetRequest(ROLLBACK, backup=inverse.offsets),
        config=inverse.settings,
        at_least={},
        cluster=label,
        asked=asked or {},
        remarks=remarks,
        write_to=write_to,
        backed_up=backup.topic_records,
    )
    planned = make_plan(cluster, connector, request, kinds, cluster_id, begun_in, now)
    problem = problem_since(inverse, backup, connector.name, consent)
    if problem is not None:
        raise RecoveryError(problem, plan=planned.plan.as_data(), preview=list(planned.preview))
    warnings = (*planned.warnings, *lost_secrets(inverse))
    rolls_back = backup.taken_at if found.taken_back_by is None else None
    return replace(planned, rolls_back=rolls_back, warnings=warnings)


def _taken_back(name: str, rollback: Backup) -> str:
    return (
        f"The change was taken back already, by {show_backup(rollback)}. To bring the change back, run the rollback again with"
        f" this backup_file: {name}"
    )
