# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan to one connector: back up, mark, stop, prove, read again, decide again, change, read back, return, unmark,
look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Status,
    has_moved,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import what_moved
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange, changed_config
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.kept_change import KeptChange
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.look_again import (
    Failure,
    evidence_of,
    failure_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import (
    HeldByOther,
    MarkGone,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark_and_journal import (
    MarkAndJournal,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import OffsetAccess
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings_and_offsets import (
    SettingsAndOffsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_proof import Proof
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    StopWindow,
    failed_parts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.went_wrong import (
    failed_after_return,
    is_deleted,
    not_returned,
    sentence_of,
    was_deleted,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned

# Reserved beyond the deadline, so that a task out of time can still undo its change and return the connector to its state.
RETURN_SECONDS = 60.0
# It is reserved for undoing, returning, undoing after the return, and returning again; one more for clocks that differ.
_MOST_RETURNS = 5
# A task that cannot work with its new offset starts nevertheless and fails a moment later.
_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class Applied:
    """What was done, and what was read afterwards. ``remarks`` are what Connect said about it besides that it is done.

    ``warnings`` are sentences about what is left behind.
    """

    planned: Planned
    backup_file: str
    proof: Proof
    evidence: Mapping[str, Any]
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Applier:
    """Applies one plan to one connector; ``replan`` decides again from what ``read`` reads in the STOPPED window.

    ``open_offsets`` gives access to the offsets in the way that a plan names. ``clock`` returns epoch seconds by the workers'
    clock. ``progress`` shows a person one line for each step. ``over``: the mark of a run that has ended without removing it.
    ``target_ends``: see :class:`Backup`. ``before_look`` and ``before_stop`` wait for other connectors, so that each is looked at
    for the last time before the first of them is stopped, and all are stopped at once.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: BackupStore,
        window: StopWindow,
        read: Callable[[], Connector],
        replan: Callable[[Connector], Planned],
        open_offsets: Callable[[Plan], OffsetAccess],
        *,
        cluster_id: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Callable[[str], None],
        over: Hold | None = None,
        target_ends: tuple[TopicEnd, ...] = (),
        before_look: Callable[[], None] = lambda: None,
        before_stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._window = window
        self._read = read
        self._replan = replan
        self._open_offsets = open_offsets
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._kept = KeptChange(store, cluster_id, clock, target_ends)
        self._over = over
        self._before_look = before_look
        self._before_stop = before_stop
        self._warnings: list[str] = []
        self._is_half_done = False
        self._write_may_come_later = False
        # Of the connector as it was read in the window.
        self._config: Mapping[str, str] = {}

    def apply(
        self, connector: Connector, planned: Planned, worker_ids: frozenset[str], agreed_plan: str | None
    ) -> Applied:
        """Carry the plan out. ``agreed_plan`` is the id that the plan must still have in the STOPPED window, if given.

        Raises RecoveryError; then the change is undone and the connector is back in its state, or the error says that
        it is not. The error's fact ``backup_file`` names the backup, if there is one already.
        """
        try:
            return self._apply(connector, planned, worker_ids, agreed_plan)
        except RecoveryError as error:
            if self._kept.name is not None:
                error.facts = {**error.facts, "backup_file": self._kept.name}
            if self._warnings:
                error.message = " ".join([error.sentence, *self._warnings])
            raise
        finally:
            self._kept.note_result()

    def _apply(
        self, connector: Connector, planned: Planned, worker_ids: frozenset[str], agreed_plan: str | None
    ) -> Applied:
        plan = planned.plan
        backup = self._back_up(connector, planned)
        try:
            self._begin(plan, backup)
            self._before_look()
            self._mark.look()
            self._before_stop()
            proof = self._window.enter(
                worker_ids, self._mark.demand, lambda: self._held.take(plan, backup), self._kept.other_run
            )
            self._progress(steps.stopped(plan.connector))
            held = self._read()
            self._config = held.config
            if has_moved(connector, held) or self._is_outdated(planned):
                planned = self._planned_again(connector, held, planned, agreed_plan)
                backup = self._back_up(held, planned)
                self._held.plan_changed(planned.plan, backup)
            change = self._change(planned.plan)
        except BaseException as error:
            self._return_after(error, plan)
            raise
        try:
            status = self._leave(plan, watch_seconds=_WATCH_SECONDS if _writes(planned.plan) else 0.0)
            failure = failure_of(connector, planned, status)
            outcome = None if failure is None else self._after_failure(failure, connector, planned, change, worker_ids)
            self._end(plan)
        except RecoveryError as error:
            if is_deleted(error):
                raise self._deleted(plan, changed=_writes(planned.plan)) from error
            if isinstance(error, HeldByOther):
                error.facts = {**error.facts, "changed": _writes(planned.plan)}
                self._held.back_off()
                raise
            self._say_what_stays(error, planned.plan)
            raise
        except BaseException as interruption:
            # It must not leave the connector STOPPED.
            self._return_after(interruption, plan)
            raise
        if outcome is not None:
            raise outcome
        left_as = self._window.left_as
        if left_as is not None:
            self._warnings.append(steps.left_as_chosen(plan.connector, left_as, plan.final_state))
        self._progress(steps.returned(plan.connector, left_as or plan.final_state))
        try:
            config = self._cluster.config(plan.connector)
            stored = change.stored() if planned.plan.offsets else {}
        except NotFound as error:
            raise self._deleted(plan, changed=_writes(planned.plan)) from error
        except RecoveryError as error:
            self._say_what_stays(error, planned.plan)
            raise
        runs = (left_as or plan.final_state) == "RUNNING"
        # If an error is raised from here on, the change did not hold, so its result is unknown.
        self._kept.result = None
        evidence = evidence_of(planned.plan, config, stored, proof=proof, runs=runs)
        self._kept.result = "done"
        return Applied(planned, backup, proof, evidence, change.remarks, tuple(self._warnings))

    def _is_outdated(self, planned: Planned) -> bool:
        return planned.holds_until is not None and self._clock() >= planned.holds_until

    def _back_up(self, connector: Connector, planned: Planned) -> str:
        declared = self._cluster.secret_keys(connector.connector_class) or frozenset()
        backup = self._kept.back_up(connector, replace(planned, secret_keys=planned.secret_keys | declared))
        self._progress(steps.backed_up(connector.name, len(connector.stored), backup))
        return backup

    def _begin(self, plan: Plan, backup: str) -> None:
        seconds = self._cluster.remaining_seconds() + _MOST_RETURNS * RETURN_SECONDS
        self._held = MarkAndJournal(
            self._cluster,
            self._store,
            plan,
            seconds,
            clock=self._clock,
            sleep=self._sleep,
            over=self._over,
            warn=self._warnings.append,
        )
        self._mark = self._held.mark
        self._progress(self._held.begin(plan, backup))

    def _planned_again(
        self, connector: Connector, held: Connector, planned: Planned, agreed_plan: str | None
    ) -> Planned:
        """The plan for the present values, which no longer move, and for the state from before the stop."""
        again = self._replan(replace(connector, config=held.config, offsets=held.offsets, in_topics=held.in_topics))
        if not _writes(planned.plan) and not _writes(again.plan):
            # Nothing is written, so the restart that was agreed to does no harm, whatever has moved.
            return planned
        if agreed_plan is not None and again.plan.id != agreed_plan:
            raise RecoveryError(
                f"The plan {agreed_plan} does not fit any more: {what_moved(planned.plan.as_data(), again.plan.as_data())}."
                f" Nothing was changed: look at the new plan {again.plan.id} and agree to it.",
                plan=again.plan.as_data(),
            )
        return again

    def _change(self, plan: Plan) -> SettingsAndOffsets:
        """Write settings, then offsets; afterwards either everything is written, or nothing."""
        self._kept.result = None

        def demand_untouched(settings: tuple[SettingChange, ...] = ()) -> None:
            self._mark.demand(changed_config(self._config, settings))
            self._window.demand_stopped()

        offsets = self._open_offsets(plan)
        change = SettingsAndOffsets(
            self._cluster, self._store, plan, offsets, self._clock, self._sleep, demand_untouched
        )
        try:
            change.write()
            if plan.settings or plan.offsets:
                self._progress(steps.written(plan.connector, len(plan.settings), len(plan.offsets)))
        except BaseException as error:
            self._keep_to_itself(error, change)
            self._cluster.extend(RETURN_SECONDS)
            try:
                self._mark.demand_own()
                change.undo()
            except RecoveryError as failure:
                self._keep_to_itself(failure, change)
                self._is_half_done = True
                raise RecoveryError(
                    f"{sentence_of(error)} Undoing it failed as well: {failure.sentence} {self._how_to_restore()}"
                ) from error
            self._write_may_come_later = change.may_come_later
            self._kept.result = None if change.may_come_later else "undone"
            raise
        self._kept.result = "done"
        return change

    def _keep_to_itself(self, error: BaseException, change: SettingsAndOffsets) -> None:
        """Raises the error where nothing may be undone: the connector is another run's by now, or was so, or is gone."""
        if isinstance(error, (HeldByOther, MarkGone)):
            if change.has_sent:
                error.message = f"{error.sentence} What was already written stays."
            error.facts = {**error.facts, "changed": change.has_sent}
            raise error
        if is_deleted(error):
            raise error

    def _after_failure(
        self,
        failure: Failure,
        connector: Connector,
        planned: Planned,
        change: SettingsAndOffsets,
        worker_ids: frozenset[str],
    ) -> RecoveryError:
        """What to raise when tasks FAILED right after the return. What the change itself has broken is undone first.

        Raises RecoveryError when the connector could not be returned to its state after that.
        """
        said = f"Connector '{connector.name}' was resumed, but {failure.shown}"
        if not _writes(planned.plan):
            return RecoveryError(f"{said}. Remove the cause, then restart it.", changed=True)
        if failure.is_old:
            return RecoveryError(
                f"{said}, as before the change. The change stays: remove the cause, then restart the connector. The backup is"
                f" {self._kept.name}.",
                changed=True,
            )
        self._cluster.extend(RETURN_SECONDS)
        problem = None
        self._kept.result = None
        try:
            self._window.enter(worker_ids, self._mark.demand, self._held.take_again)
            change.undo()
            self._kept.result = "undone"
        except HeldByOther:
            raise
        except RecoveryError as error:
            problem = error.sentence
            self._is_half_done = True
        try:
            status = self._leave(planned.plan, watch_seconds=_WATCH_SECONDS)
        except RecoveryError as error:
            raise RecoveryError(f"{said}. {error.sentence}", changed=True) from error
        if problem is not None:
            return RecoveryError(f"{said}. Undoing the change failed: {problem} {self._how_to_restore()}", changed=True)
        if status is not None and (again := failed_parts(status)):
            return RecoveryError(
                f"{said}. The change was undone, but {', '.join(again)} FAILED again: read the worker's log, remove the cause,"
                f" then restart it. The backup is {self._kept.name}.",
                changed=True,
            )
        return RecoveryError(
            f"{said}. The change was undone, and the connector was resumed as it was before; its backup is"
            f" {self._kept.name}. Choose another offset or setting."
        )

    def _how_to_restore(self) -> str:
        return f"Restore the backup {self._kept.name} with the strategy restore."

    def _say_what_stays(self, error: RecoveryError, plan: Plan) -> None:
        """Mark an error as raised after the change was made: nobody must think that everything stayed as it was."""
        if _writes(plan) and self._kept.result == "done":
            error.facts = {**error.facts, "changed": True}
            error.message = (
                f"{error.sentence} The change of the plan was written and stays; the backup is {self._kept.name}."
            )

    def _return_after(self, error: BaseException, plan: Plan) -> None:
        """Return to the state before, after a failure; raises with both sentences when that does not go well either."""
        facts = error.facts if isinstance(error, RecoveryError) else {}
        if isinstance(error, HeldByOther):
            # The other run is responsible for the state and for what was written.
            self._held.back_off()
            return
        try:
            if is_deleted(error):
                raise error
            status = self._leave(plan)
            self._end(plan)
        except RecoveryError as failure:
            if is_deleted(failure):
                raise self._deleted(plan, changed=False) from error
            if isinstance(failure, HeldByOther):
                self._held.back_off()
            raise RecoveryError(f"{sentence_of(error)} {failure.message}", **facts) from error
        left_as = self._window.left_as
        if left_as is not None and isinstance(error, RecoveryError):
            said = steps.left_as_chosen(plan.connector, left_as, plan.final_state)
            raise RecoveryError(f"{error.sentence} {said}", **facts) from error
        failed = failed_parts(status) if status is not None else []
        if failed and isinstance(error, RecoveryError):
            raise failed_after_return(error, plan.connector, failed) from error

    def _leave(self, plan: Plan, watch_seconds: float = 0.0) -> Status | None:
        """Leave the window. Returns the status of a connector that was resumed, else None. Raises RecoveryError."""
        self._cluster.extend(RETURN_SECONDS)
        try:
            self._mark.demand_nobody_else()
            status = self._window.leave(plan.final_state, watch_seconds, self._unmark)
        except RecoveryError as failure:
            if isinstance(failure, HeldByOther) or is_deleted(failure):
                raise
            raise not_returned(failure, plan) from None
        return status if plan.final_state == "RUNNING" else None

    def _unmark(self) -> None:
        self._kept.note_return()
        if not self._window.stop_may_come_later:
            self._held.release()

    def _end(self, plan: Plan) -> None:
        """End the journal, unless the connector may be STOPPED later; then journal and mark stay for the next run.

        The journal stays as well when something of the change may be written later, or when a part of it, or of one that it was
        to finish, is there and another part is not.
        """
        if self._window.stop_may_come_later:
            self._warnings.append(steps.stop_may_come_later(plan.connector, plan.final_state))
        elif self._write_may_come_later:
            self._warnings.append(steps.write_may_come_later(plan.connector))
        elif self._kept.leaves_half_made is not None:
            self._warnings.append(steps.still_half_made(plan.connector, self._kept.leaves_half_made))
        elif not self._is_half_done:
            self._store.end()

    def _deleted(self, plan: Plan, *, changed: bool) -> RecoveryError:
        self._store.end()
        return was_deleted(plan.connector, changed=changed)


def _writes(plan: Plan) -> bool:
    return bool(plan.settings or plan.offsets)
