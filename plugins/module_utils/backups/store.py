# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of a place for backups and journals: what a change, a verification and a support bundle need from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import iso_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Soak
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState, lasting_state_of


@dataclass(frozen=True)
class Journal:
    """A change that was started and not finished: its plan, the state to return the connector to, and its backup.

    ``begun_at`` is epoch seconds; 0: not known. ``hold_id``: the id of the mark in the connector's config (see
    ``core/hold.py``). The mark is written before the first change and removed after the last one; the id is empty if no
    mark could be written. ``may_be_unmarked``: the mark is not written yet or already removed, so the connector belongs
    to this run even without a mark.
    """

    plan_id: str
    prior_state: LastingState
    backup_file: str
    begun_at: float = 0.0
    hold_id: str = ""
    may_be_unmarked: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "plan_id": self.plan_id,
            "prior_state": self.prior_state,
            "backup_file": self.backup_file,
            "begun_at": datetime.fromtimestamp(self.begun_at, timezone.utc).isoformat(timespec="seconds"),
            "hold_id": self.hold_id,
            "may_be_unmarked": self.may_be_unmarked,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Journal:
        """Read what :meth:`as_data` made. Raises ValueError. A journal of an older version has neither a time nor a mark."""
        plan_id, prior_state, backup = (data.get(name) for name in ("plan_id", "prior_state", "backup_file"))
        begun_at, hold_id = data.get("begun_at", "1970-01-01T00:00:00+00:00"), data.get("hold_id", "")
        texts = (plan_id, prior_state, backup, begun_at, hold_id)
        moment = iso_seconds(begun_at) if isinstance(begun_at, str) else None
        if not all(isinstance(text, str) for text in texts) or moment is None:
            raise ValueError("damaged")
        return cls(
            str(plan_id),
            lasting_state_of(prior_state),
            str(backup),
            moment,
            str(hold_id),
            data.get("may_be_unmarked") is True,
        )


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

    @property
    def place(self) -> str:
        """Where the documents of the connector are, as messages say it after the word ``in``."""

    def back_up(self, backup: Backup) -> str:
        """Store a backup, read it back and compare. Returns the name by which it is read again."""

    def refuse_unfit(self, backup: Backup) -> None:
        """Raise RecoveryError if such a backup could not be stored; write nothing."""

    def list(self) -> tuple[BackupEntry, ...]:
        """All backups of the connector, newest first."""

    def read(self, name: str, *, any_cluster: bool = False) -> Backup:
        """One backup. Raises InputError when no backup has this name, or when it belongs to another connector or
        cluster.

        ``any_cluster``: accept a backup of another Kafka cluster too.
        """

    def note_result(self, name: str, result: ChangeResult, returned_at: float | None = None) -> None:
        """Record what became of the change for which the backup of this name was made.

        ``returned_at``: when the connector was returned to its state, in epoch seconds by the workers' clock.
        """

    def returned_at(self, name: str) -> float | None:
        """When the connector was returned to its state after that change; None if unknown."""

    def result(self, name: str) -> ChangeResult | None:
        """What became of that change; None if unknown."""

    def delete(self, name: str) -> None:
        """Delete the backup of this name. It is not an error if there is none."""

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        """Record what is written to the connector's offsets; for each partition the last write counts."""

    def own_writes(self) -> tuple[OwnWrite, ...]:
        """The last recorded write to each partition. Raises RecoveryError when they cannot be read."""

    def note_samples(self, soak: Soak) -> None:
        """Store the samples of the connector's last change; they replace those of an earlier change."""

    def samples(self) -> Soak | None:
        """What was stored last; None if there is nothing. Raises RecoveryError when it cannot be read."""

    def begin(self, journal: Journal) -> None:
        """Store the journal of a change before its first step; it replaces an older one."""

    def current(self) -> Journal | None:
        """The journal of an unfinished change; None when there is none."""

    def end(self) -> None:
        """Remove the journal, unless another run has written it since. It is not an error if there is none."""

    def contents(self, most_backups: int) -> dict[str, Any]:
        """The data of the newest backups and of all other documents, by name; for an unreadable document, the reason."""
