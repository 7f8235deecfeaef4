# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store keeps of one change: its backup, a second one where the plan moved, and what became of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.rollback import show_backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import state_to_return_to
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import who_runs_this

# The number of backups in which to look for a run that was active at the same time.
_NEWEST = 5


class KeptChange:
    """One change in the store. ``clock`` returns epoch seconds by the workers' clock; ``target_ends``: see :class:`Backup`.

    ``name`` is that of the newest backup, None before the first. ``result``: what has become of the change so far; set
    it to None before you send anything whose outcome is not known yet.
    """

    def __init__(
        self, store: BackupStore, cluster_id: str, clock: Callable[[], float], target_ends: tuple[TopicEnd, ...] = ()
    ) -> None:
        self._store = store
        self._target_ends = target_ends
        self._cluster_id = cluster_id
        self._clock = clock
        self._state_before: State | None = None
        self._unfinished: tuple[str, Change] | None = None
        self._finishes: str | None = None
        self._half_made: str | None = None
        self._earlier: str | None = None
        self._begun_at = clock()
        self.name: str | None = None
        self.result: ChangeResult | None = "undone"
        self._returned_at: float | None = None

    def back_up(self, connector: Connector, planned: Planned) -> str:
        """Write a backup of the connector and of what is planned, and read it back. Returns its name. Raises RecoveryError.

        An unfinished change that this one finishes becomes a part of it.
        """
        if self._state_before is None:
            self._look_back(connector)
        change = Change.of(planned.plan, self._state_before or connector.state, planned.rolls_back)
        if self._unfinished is not None and _is_part_of(self._unfinished[1], change):
            change = change.continuing(self._unfinished[1], connector)
            self._finishes = self._unfinished[0]
        backup = Backup.of(
            connector,
            self._cluster_id,
            planned.plan.id,
            planned.secret_keys,
            self._clock(),
            change=change,
            made_by=who_runs_this(),
            target_ends=self._target_ends,
        )
        name = self._store.back_up(backup)
        self._earlier, self.name = self.name, name
        return name

    @property
    def leaves_half_made(self) -> str | None:
        """The backup of a killed run's half-made change that this one has not finished; usually None."""
        return None if self.result == "done" else self._half_made

    def other_run(self) -> str:
        """The run that has changed the connector at the same time, in words for a message, if the store knows one."""
        with contextlib.suppress(RecoveryError):
            for entry in self._store.list()[:_NEWEST]:
                if entry.name in (self.name, self._earlier):
                    continue
                returned_at = self._store.returned_at(entry.name)
                if returned_at is not None and returned_at >= self._begun_at:
                    backup = self._store.read(entry.name)
                    return f"another run ({show_backup(backup)} by {backup.made_by}, which has returned it)"
        return "another run"

    def note_return(self) -> None:
        """The connector is about to be returned to its state."""
        self._returned_at = self._clock()

    def note_result(self) -> None:
        """Keep what became of the change. Without that it is unknown, and a rollback looks at what is there."""
        if self.name is None or self.result is None:
            return
        with contextlib.suppress(RecoveryError):
            self._store.note_result(self.name, self.result, self._returned_at)
            # An unfinished change that this run did not finish stays unfinished.
            for replaced in (self._earlier, self._finishes if self.result == "done" else None):
                if replaced is not None:
                    self._store.note_result(replaced, "replaced")

    def _look_back(self, connector: Connector) -> None:
        """Find the change that a killed run has left, before its journal is replaced."""
        self._state_before = connector.state
        journal = self._store.current()
        if journal is None:
            return
        begun_in = state_to_return_to(connector.state, journal.prior_state)
        if begun_in is not None:
            self._state_before = begun_in
        # Without its backup, or with one of an older format, only the part that is still to do can be rolled back.
        with contextlib.suppress(RecoveryError):
            change = self._store.read(journal.backup_file).change
            if change is not None and change.is_half_made(connector):
                self._half_made = journal.backup_file
            # If that run or somebody else has returned the connector, its change is a separate one.
            if change is not None and begun_in is not None:
                self._unfinished = journal.backup_file, change


def _is_part_of(unfinished: Change, change: Change) -> bool:
    """Whether a change that continues an unfinished one forms one change with it.

    A rollback of an unfinished reset does not: it takes back the part that was made. A reset after an unfinished
    rollback does; otherwise a rollback of that reset would bring back half a rollback.
    """
    return unfinished.rolls_back is not None or change.rolls_back is None
