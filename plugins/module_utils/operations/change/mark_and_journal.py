# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that a run changes a connector: the mark in its config for every run, the journal for those with the same store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import lasting_state_of
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import new_hold
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import ConfigMark

# Where it fails, the connector is returned all the same: one that is left STOPPED is worse.
_JOURNAL_TRIES = 2


class MarkAndJournal:
    """Both for one change. ``warn`` takes a sentence about a mark that could not be written, or not be removed.

    ``seconds``: how long the run may take at most. ``over``: the mark of a run that has ended without removing it. ``clock``
    returns epoch seconds by the workers' clock.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: BackupStore,
        plan: Plan,
        seconds: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        over: Hold | None,
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._hold = new_hold(plan.id, lasting_state_of(plan.final_state), clock(), seconds)
        self.mark = ConfigMark(cluster, plan.connector, self._hold, sleep, over)
        self._warn = warn
        self._has_begun = False

    def begin(self, plan: Plan, backup: str) -> str:
        """Write the journal, before the stop. Returns what to do if the run is killed. Raises HeldByOther."""
        # Otherwise it would replace the journal of a run that has marked the connector since the last read.
        self.mark.look()
        self._write(plan, backup, is_marked=True, may_be_unmarked=True)
        return steps.if_killed(plan.connector, plan.final_state, self._hold.until)

    def take(self, plan: Plan, backup: str) -> None:
        """Write the mark, right after the request to stop: earlier the tasks would start once more for it, and move on."""
        warning = self.mark.take()
        if warning is not None:
            self._warn(warning)
        # A mark that was never there must not count as removed.
        self._write(plan, backup, is_marked=warning is None)

    def take_again(self) -> None:
        """For a second stop of the same change."""
        self.mark.take()

    def plan_changed(self, plan: Plan, backup: str) -> None:
        """Write the journal for the plan that takes the place of the first one."""
        self._write(plan, backup, is_marked=self.mark.is_set)

    def back_off(self) -> None:
        """Leave the connector to another run: remove the own journal, and no other one."""
        if self._has_begun:
            self._store.end()

    def release(self) -> None:
        """Remove the mark, right before the connector runs again: later its tasks would start once more for it."""
        # Without the mark the journal alone says that it is this run which has left the connector STOPPED.
        for _try in range(_JOURNAL_TRIES if self._has_begun else 0):
            with contextlib.suppress(RecoveryError):
                self._store.begin(replace(self._journal, may_be_unmarked=True))
                break
        warning = self.mark.release()
        if warning is not None:
            self._warn(warning)

    def _write(self, plan: Plan, backup: str, *, is_marked: bool, may_be_unmarked: bool = False) -> None:
        hold_id = self._hold.id if is_marked else ""
        self._has_begun = True
        self._journal = Journal(plan.id, self._hold.prior_state, backup, self._clock(), hold_id=hold_id)
        self._store.begin(replace(self._journal, may_be_unmarked=may_be_unmarked))
