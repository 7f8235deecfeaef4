# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting old backups after a change that succeeded."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.core.retention import no_longer_kept
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import KeepOptions


def delete_old_backups(store: BackupStore, connector: str, keep: KeepOptions, now: float) -> list[str]:
    """Delete the backups that are no longer kept. Returns warnings: the change itself has succeeded, so nothing is raised."""
    if keep == KeepOptions():
        return []
    try:
        journal = store.current()
        named = () if journal is None else (journal.backup_file,)
        backups = [(entry.name, entry.taken_at) for entry in store.list()]
        for name in no_longer_kept(backups, keep.count, keep.days, now, named):
            store.delete(name)
    except RecoveryError as error:
        return [f"Old backups of connector '{connector}' are not deleted: {error.sentence}"]
    return []
