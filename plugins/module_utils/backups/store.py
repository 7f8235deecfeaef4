# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where backups and journals are kept: what a change needs of such a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite

_STATES = ("RUNNING", "PAUSED", "STOPPED")


@dataclass(frozen=True)
class Journal:
    """A change that was begun and not ended: its plan, the state to return the connector to, and its backup."""

    plan_id: str
    prior_state: str
    backup_file: str

    def as_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"plan_id": self.plan_id, "prior_state": self.prior_state, "backup_file": self.backup_file}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Journal:
        """Read what :meth:`as_data` made. Raises ValueError."""
        plan_id, prior_state, backup = (data.get(name) for name in ("plan_id", "prior_state", "backup_file"))
        if not isinstance(plan_id, str) or not isinstance(backup, str) or prior_state not in _STATES:
            raise ValueError("not a journal")
        return cls(plan_id, prior_state, backup)

    def state_to_return_to(self, state: str) -> str | None:
        """The state that a connector which is now in ``state`` has to be returned to; None: leave its state alone.

        The run that was killed left it STOPPED, or ended. If it is RUNNING or PAUSED, the change had not begun, or had ended, or
        a person has chosen that state since.
        """
        return None if state in ("RUNNING", "PAUSED") else self.prior_state


@dataclass(frozen=True)
class BackupEntry:
    """One backup of a list. ``offsets`` counts them, None where the backup cannot be read. ``taken_at`` is an ISO time.

    ``result``: what became of the change; None: unknown.
    """

    name: str
    taken_at: str
    plan_id: str
    offsets: int | None
    result: ChangeResult | None = None

    def __str__(self) -> str:
        if self.offsets is None:
            return f"{self.name} (cannot be read)"
        return f"{self.name} ({self.offsets} offset{'' if self.offsets == 1 else 's'})"


class BackupStore(Protocol):
    """The backups and the journal of one connector of one cluster. Every method may raise RecoveryError."""

    def back_up(self, backup: Backup) -> str:
        """Store a backup, read it back and compare. Returns the name by which it is read again."""

    def refuse_unfit(self, backup: Backup) -> None:
        """Raise RecoveryError where such a backup could not be stored; nothing is written."""

    def list(self) -> tuple[BackupEntry, ...]:
        """All backups of the connector, newest first."""

    def read(self, name: str, *, any_cluster: bool = False) -> Backup:
        """One backup. Raises InputError when there is none of this name, or it is of another connector or cluster.

        ``any_cluster``: that of another Kafka cluster is taken as well.
        """

    def note_result(self, name: str, result: ChangeResult) -> None:
        """Keep what became of the change that the backup of this name was made for."""

    def result(self, name: str) -> ChangeResult | None:
        """What became of that change; None where it is unknown."""

    def delete(self, name: str) -> None:
        """Delete the backup of this name. It is no error when there is none."""

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        """Keep what is written to the connector's offsets; of each partition the last write counts."""

    def own_writes(self) -> tuple[OwnWrite, ...]:
        """The last write to each partition that was ever noted. Raises RecoveryError when they cannot be read."""

    def begin(self, journal: Journal) -> None:
        """Store the journal of a change before its first step; it replaces an older one."""

    def current(self) -> Journal | None:
        """The journal of an unfinished change; None when there is none."""

    def end(self) -> None:
        """Remove the journal. It is no error when there is none."""
