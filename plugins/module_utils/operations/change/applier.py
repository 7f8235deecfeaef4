# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan to one connector: back up, stop, prove, read again, decide again, change, read back, return, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Status,
    moved_partitions,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import scrubbed, secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import what_moved
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import changed_config
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.kept_change import KeptChange
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import OffsetAccess
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings_and_offsets import (
    SettingsAndOffsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    Proof,
    StopWindow,
    failed_parts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned

# Reserved beyond the deadline, so that a task out of time can still undo its change and return the connector to its state.
RETURN_SECONDS = 60.0
# A task that cannot work with its new offset starts all the same, and fails a moment later.
_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class Applied:
    """What was done, and what was read afterwards. ``remarks`` are what Connect said about it besides that it is done."""

    planned: Planned
    backup_file: str
    proof: Proof
    evidence: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


class Applier:
    """Applies one plan to one connector; ``replan`` decides again from what ``read`` reads in the STOPPED window.

    ``open_offsets`` gives access to the offsets in the way that a plan names. ``clock`` returns epoch seconds by the workers'
    clock. ``progress`` shows a person one line for each step.
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
        self._kept = KeptChange(store, cluster_id, clock)

    def apply(
        self, connector: Connector, planned: Planned, worker_ids: frozenset[str], agreed_plan: str | None
    ) -> Applied:
        """Carry the plan out. ``agreed_plan`` is the id that the plan must still have in the STOPPED window, if given.

        Raises RecoveryError; what was changed is undone then, and the connector is back in its state, or the error says
        that it is not. Its fact ``backup_file`` names the backup, if there is one by then.
        """
        try:
            return self._apply(connector, planned, worker_ids, agreed_plan)
        except RecoveryError as error:
            if self._kept.name is not None:
                error.facts = {**error.facts, "backup_file": self._kept.name}
            raise
        finally:
            self._kept.note_result()

    def _apply(
        self, connector: Connector, planned: Planned, worker_ids: frozenset[str], agreed_plan: str | None
    ) -> Applied:
        plan = planned.plan
        backup = self._back_up(connector, planned)
        try:
            self._store.begin(Journal(plan.id, plan.final_state, backup))
            self._progress(steps.if_killed(plan.connector, plan.final_state))
            proof = self._window.enter(worker_ids)
            self._progress(steps.stopped(plan.connector))
            held = self._read()
            if _has_moved(connector, held):
                planned = self._planned_again(connector, held, planned, agreed_plan)
                backup = self._back_up(held, planned)
                self._store.begin(Journal(planned.plan.id, plan.final_state, backup))
            change = self._change(planned.plan)
        except BaseException as error:
            self._return_after(error, plan)
            raise
        try:
            status = self._leave(plan, watch_seconds=_WATCH_SECONDS if _writes(planned.plan) else 0.0)
            failure = _failure(connector, planned, status)
            outcome = None if failure is None else self._after_failure(failure, connector, planned, change, worker_ids)
            self._store.end()
        except RecoveryError:
            raise
        except BaseException as interruption:
            # It must not leave the connector STOPPED.
            self._return_after(interruption, plan)
            raise
        if outcome is not None:
            raise outcome
        self._progress(steps.returned(plan.connector, plan.final_state))
        evidence = self._look_again(planned.plan, change, proof)
        return Applied(planned, backup, proof, evidence, change.remarks)

    def _back_up(self, connector: Connector, planned: Planned) -> str:
        declared = self._cluster.secret_keys(connector.connector_class) or frozenset()
        backup = self._kept.back_up(connector, replace(planned, secret_keys=planned.secret_keys | declared))
        self._progress(steps.backed_up(connector.name, len(connector.stored), backup))
        return backup

    def _planned_again(
        self, connector: Connector, held: Connector, planned: Planned, agreed_plan: str | None
    ) -> Planned:
        """The plan for what is there now that nothing moves any more, for the connector in its state before the stop."""
        again = self._replan(replace(connector, config=held.config, offsets=held.offsets))
        if agreed_plan is not None and again.plan.id != agreed_plan:
            raise RecoveryError(
                f"The plan {agreed_plan} does not fit any more: {what_moved(planned.plan.as_data(), again.plan.as_data())}."
                f" Nothing was changed: look at the new plan {again.plan.id} and agree to it.",
                plan=again.plan.as_data(),
            )
        return again

    def _change(self, plan: Plan) -> SettingsAndOffsets:
        """Write settings, then offsets; either all of it is there afterwards, or none."""
        change = SettingsAndOffsets(
            self._cluster, self._store, plan, self._open_offsets(plan), self._clock, self._sleep
        )
        self._kept.result = None
        try:
            change.write()
            if plan.settings or plan.offsets:
                self._progress(steps.written(plan.connector, len(plan.settings), len(plan.offsets)))
        except BaseException as error:
            self._cluster.extend(RETURN_SECONDS)
            try:
                change.undo()
            except RecoveryError as failure:
                raise RecoveryError(
                    f"{_sentence(error)} Undoing it failed as well: {failure.sentence} {self._how_to_restore()}"
                ) from error
            self._kept.result = "undone"
            raise
        self._kept.result = "done"
        return change

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
            self._window.enter(worker_ids)
            change.undo()
            self._kept.result = "undone"
        except RecoveryError as error:
            problem = error.sentence
        try:
            self._leave(planned.plan)
        except RecoveryError as error:
            raise RecoveryError(f"{said}. {error.sentence}", changed=True) from error
        if problem is not None:
            return RecoveryError(f"{said}. Undoing the change failed: {problem} {self._how_to_restore()}", changed=True)
        return RecoveryError(
            f"{said}. The change was undone, and the connector was resumed as it was before; its backup is"
            f" {self._kept.name}. Choose another offset or setting."
        )

    def _how_to_restore(self) -> str:
        return f"Restore the backup {self._kept.name} with the strategy restore."

    def _return_after(self, error: BaseException, plan: Plan) -> None:
        """Return to the state before, after a failure; raises with both sentences when that does not go well either."""
        facts = error.facts if isinstance(error, RecoveryError) else {}
        try:
            status = self._leave(plan)
            self._store.end()
        except RecoveryError as failure:
            raise RecoveryError(f"{_sentence(error)} {failure.message}", **facts) from error
        failed = failed_parts(status) if status is not None else []
        if failed and isinstance(error, RecoveryError):
            raise RecoveryError(
                f"{_sentence(error)} Connector '{plan.connector}' was resumed, but {', '.join(failed)} FAILED: read the worker's"
                " log, remove the cause, then restart it.",
                **facts,
            ) from error

    def _leave(self, plan: Plan, watch_seconds: float = 0.0) -> Status | None:
        """Leave the window. Returns the status of a connector that was resumed, else None. Raises RecoveryError."""
        self._cluster.extend(RETURN_SECONDS)
        try:
            status = self._window.leave(plan.final_state, watch_seconds)
        except RecoveryError as failure:
            verb = "resume" if plan.final_state == "RUNNING" else "pause"
            raise RecoveryError(
                f"{failure.sentence} It was {plan.final_state} before; if it is still STOPPED, run this task again, or"
                f" PUT /connectors/{plan.connector}/{verb}."
            ) from None
        return status if plan.final_state == "RUNNING" else None

    def _look_again(self, plan: Plan, change: SettingsAndOffsets, proof: Proof) -> dict[str, Any]:
        """After the return: moving on is a good sign, and an offset may be what it was only because the data ends there."""
        stored = change.stored()
        back = [one for one in plan.offsets if same_offset(stored.get(one.partition), one.before)]
        # No task was left that could have overwritten it, and the connector works: it has read all that there is once more.
        has_caught_up = proof.is_complete and plan.final_state == "RUNNING"
        lost = [one for one in back if one.before is None or not has_caught_up]
        if plan.final_state != "RUNNING":
            # A connector that does not run moves no offset, so whatever is not as it was written was overwritten.
            lost = [one for one in plan.offsets if not same_offset(stored.get(one.partition), one.after)]
        if lost:
            self._kept.result = None
            partitions = ", ".join(str(one.partition) for one in lost)
            raise RecoveryError(
                f"The offsets of {partitions} of connector '{plan.connector}' were overwritten by a task that had not ended:"
                " restart the worker it ran on, then run again.",
                changed=True,
            )
        kept = sum(same_offset(stored.get(one.partition), one.after) for one in plan.offsets)
        return {
            "offsets_kept": kept,
            "offsets_moved_on": len(plan.offsets) - kept - len(back),
            "offsets_caught_up": len(back),
        }


@dataclass(frozen=True)
class Failure:
    """What FAILED after the return. ``shown``: ``task 0 FAILED (the first line of its trace)``; ``is_old``: as before."""

    shown: str
    is_old: bool


def _failure(before: Connector, planned: Planned, after: Status | None) -> Failure | None:
    failed = [] if after is None else failed_parts(after)
    if after is None or not failed:
        return None
    trace = after.first_trace
    configs = (before.config, changed_config(before.config, planned.plan.settings))
    secrets = frozenset[str]().union(*(secret_values(config, planned.secret_keys) for config in configs))
    reason = "" if trace is None else f" ({scrubbed(trace, secrets)})"
    is_old = bool(failed_parts(before.status)) and before.status.first_trace == trace
    return Failure(f"{', '.join(failed)} FAILED{reason}", is_old)


def _writes(plan: Plan) -> bool:
    return bool(plan.settings or plan.offsets)


def _has_moved(connector: Connector, held: Connector) -> bool:
    """Whether offsets or settings are others than before the stop; JSON types count, so ``1`` and ``1.0`` are two offsets."""
    views = [None if one.in_topics is None else one.in_topics.content for one in (connector, held)]
    return (
        bool(moved_partitions(connector.stored, held.stored)) or connector.config != held.config or views[0] != views[1]
    )


def _sentence(error: BaseException) -> str:
    return error.sentence if isinstance(error, RecoveryError) else f"The task was interrupted ({type(error).__name__})."
