# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing what a plan changes in the STOPPED window, settings and offsets, and undoing both."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotFound,
    NotStoppedYet,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import OffsetAccess
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import SettingsWriter

_UNDO_TRIES = 4
_UNDO_PAUSE_SECONDS = 1.0


class SettingsAndOffsets:
    """The writes of one plan, those of offsets through ``offsets``.

    ``clock`` returns epoch seconds by the workers' clock, ``sleep`` waits for seconds. The store notes every offset that is
    written, and when: it must not be taken for progress of the connector later. ``before_write`` is given the settings that were
    written so far, before each further write; it raises RecoveryError when the connector is not as it was left.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: BackupStore,
        plan: Plan,
        offsets: OffsetAccess,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        before_write: Callable[[tuple[SettingChange, ...]], None] = lambda settings: None,
    ) -> None:
        self._before_write = before_write
        self._has_begun_offsets = False
        self._store = store
        self._plan = plan
        self._clock = clock
        self._sleep = sleep
        self._settings = SettingsWriter(cluster, plan.connector, sleep)
        self._offsets = offsets

    @property
    def remarks(self) -> tuple[str, ...]:
        """What Connect said about the writes besides that they are done."""
        return self._offsets.remarks

    @property
    def has_sent(self) -> bool:
        """Whether anything of the plan may have been written."""
        return self._settings.has_sent or self._has_begun_offsets

    @property
    def may_come_later(self) -> bool:
        """Whether a write whose answer was lost may still be carried out, after everything was undone."""
        return self._settings.may_come_later or self._offsets.may_come_later

    def stored(self) -> Mapping[Partition, Offset]:
        """The partitions that have an offset now. Raises RecoveryError."""
        return self._offsets.stored()

    def write(self) -> None:
        """Write settings, then offsets, and read them back. Raises RecoveryError; call :meth:`undo` then."""
        if self._plan.settings:
            self._before_write(())
            self._settings.write(self._plan.settings)
        if self._plan.offsets:
            self._before_write(self._plan.settings)
            self._has_begun_offsets = True
            writes = [OwnWrite(one.partition, one.after, self._clock()) for one in self._plan.offsets]
            self._store.note_writes(writes)
            try:
                self._offsets.write(self._plan.offsets)
            except NotStoppedYet:
                # If somebody has resumed the connector, report that instead.
                self._before_write(self._plan.settings)
                raise
            self._note_end(writes)

    def undo(self) -> None:
        """Undo what was sent of both. Raises RecoveryError with a sentence for each of the two that failed."""
        writes = [OwnWrite(one.partition, one.before, self._clock()) for one in self._plan.offsets]
        failures = []
        for undo in (self._offsets.undo, self._settings.undo):
            try:
                self._repeated(undo)
            except RecoveryError as failure:
                failures.append(failure.sentence)
        self._note_end(writes)
        if failures:
            raise RecoveryError(" ".join(failures))

    def _repeated(self, undo: Callable[[], None]) -> None:
        """Undo, and repeat it if Connect refuses a call: half of a change is worse than a longer wait."""
        for tries_left in reversed(range(_UNDO_TRIES)):
            try:
                undo()
                return
            except NotFound:
                raise
            except (ConnectError, UnknownOutcome):
                if not tries_left:
                    raise
            self._sleep(_UNDO_PAUSE_SECONDS)

    def _note_end(self, writes: Sequence[OwnWrite]) -> None:
        # Without the end, a value like this counts as written by the reset for longer than it should: no harm.
        with contextlib.suppress(RecoveryError):
            self._store.note_writes([OwnWrite(one.partition, one.offset, one.begun, self._clock()) for one in writes])
