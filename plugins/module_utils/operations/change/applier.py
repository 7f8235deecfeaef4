# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan to one connector: back up, stop, prove, read again, decide again, change, read back, return, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import open_offsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import SettingsWriter
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    Proof,
    StopWindow,
    failed_parts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector

# Reserved beyond the deadline, so that a task out of time can still undo its change and return the connector to its state.
RETURN_SECONDS = 60.0


@dataclass(frozen=True)
class Applied:
    """What was done, and what was read afterwards."""

    planned: Planned
    backup_file: str
    proof: Proof
    evidence: Mapping[str, Any]


class Applier:
    """Applies one plan to one connector; ``replan`` decides again from what is read in the STOPPED window.

    ``now`` is epoch seconds. ``progress`` shows a person one line for each step.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: BackupStore,
        window: StopWindow,
        replan: Callable[[Connector], Planned],
        *,
        cluster_id: str,
        now: float,
        sleep: Callable[[float], None],
        progress: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._window = window
        self._replan = replan
        self._cluster_id = cluster_id
        self._now = now
        self._sleep = sleep
        self._progress = progress
        self._backup_file: str | None = None

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
            if self._backup_file is not None:
                error.facts = {**error.facts, "backup_file": self._backup_file}
            raise

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
            held = read_connector(self._cluster, connector.name, with_offsets=True, sleep=self._sleep)
            if _has_moved(connector, held):
                planned = self._planned_again(held, planned, agreed_plan)
                backup = self._back_up(held, planned)
                self._store.begin(Journal(planned.plan.id, plan.final_state, backup))
            self._change(planned.plan)
        except BaseException as error:
            self._return_after(error, plan)
            raise
        try:
            failed = self._return(plan)
        except RecoveryError:
            raise
        except BaseException as interruption:
            # It must not leave the connector STOPPED.
            self._return_after(interruption, plan)
            raise
        evidence = self._look_again(planned.plan)
        if failed:
            raise RecoveryError(_failed_again(plan, failed))
        return Applied(planned, backup, proof, evidence)

    def _back_up(self, connector: Connector, planned: Planned) -> str:
        backup = Backup.of(connector, self._cluster_id, planned.plan.id, planned.secret_keys, self._now)
        self._backup_file = self._store.back_up(backup)
        self._progress(steps.backed_up(connector.name, len(connector.stored), self._backup_file))
        return self._backup_file

    def _planned_again(self, held: Connector, planned: Planned, agreed_plan: str | None) -> Planned:
        """The plan for what is there now that nothing moves any more."""
        again = self._replan(held)
        if agreed_plan is not None and again.plan.id != agreed_plan:
            raise RecoveryError(
                f"The plan {agreed_plan} does not fit any more: {_moved(planned.plan, again.plan)}. Nothing was changed; look at"
                f" the new plan {again.plan.id} and agree to it.",
                plan=again.plan.as_data(),
            )
        return again

    def _change(self, plan: Plan) -> None:
        """Write settings, then offsets; either all of it is there afterwards, or none."""
        settings = SettingsWriter(self._cluster, plan.connector, self._sleep)
        offsets = open_offsets(plan.write_to, self._cluster, plan.connector, self._sleep)
        try:
            if plan.settings:
                settings.write(plan.settings)
            if plan.offsets:
                offsets.write(plan.offsets)
            if plan.settings or plan.offsets:
                self._progress(steps.written(plan.connector, len(plan.settings), len(plan.offsets)))
        except BaseException as error:
            self._cluster.extend(RETURN_SECONDS)
            failures = []
            for undo in (offsets.undo, settings.undo):
                try:
                    undo()
                except RecoveryError as failure:
                    failures.append(failure.sentence)
            if failures:
                raise RecoveryError(
                    f"{_sentence(error)} Undoing it failed as well: {' '.join(failures)} Restore the backup"
                    f" {self._backup_file} with the strategy restore."
                ) from error
            raise

    def _return_after(self, error: BaseException, plan: Plan) -> None:
        """Return to the state before, after a failure; raises with both sentences when that does not go well either."""
        facts = error.facts if isinstance(error, RecoveryError) else {}
        try:
            failed = self._return(plan)
        except RecoveryError as failure:
            raise RecoveryError(f"{_sentence(error)} {failure.message}", **facts) from error
        if failed and isinstance(error, RecoveryError):
            raise RecoveryError(f"{_sentence(error)} {_failed_again(plan, failed)}", **facts) from error

    def _return(self, plan: Plan) -> list[str]:
        """Leave the window and end the journal. Returns what FAILED after a resume, as ``task 0``."""
        self._cluster.extend(RETURN_SECONDS)
        try:
            status = self._window.leave(plan.final_state)
        except RecoveryError as failure:
            verb = "resume" if plan.final_state == "RUNNING" else "pause"
            raise RecoveryError(
                f"{failure.sentence} It was {plan.final_state} before; if it is still STOPPED, run this task again, or"
                f" PUT /connectors/{plan.connector}/{verb}."
            ) from None
        self._store.end()
        failed = failed_parts(status) if status is not None and plan.final_state == "RUNNING" else []
        if not failed:
            self._progress(steps.returned(plan.connector, plan.final_state))
        return failed

    def _look_again(self, plan: Plan) -> dict[str, Any]:
        """After the return: no offset may have fallen back to what it was. Moving on is a good sign."""
        stored = open_offsets(plan.write_to, self._cluster, plan.connector, self._sleep).stored()
        lost = [one for one in plan.offsets if same_offset(stored.get(one.partition), one.before)]
        if lost:
            partitions = ", ".join(str(one.partition) for one in lost)
            raise RecoveryError(
                f"The offsets of {partitions} of connector '{plan.connector}' were overwritten by a task that had not ended:"
                " restart the worker it ran on, then run again."
            )
        kept = sum(same_offset(stored.get(one.partition), one.after) for one in plan.offsets)
        return {"offsets_kept": kept, "offsets_moved_on": len(plan.offsets) - kept}


def _has_moved(connector: Connector, held: Connector) -> bool:
    """Whether offsets or settings are others than before the stop; JSON types count, so ``1`` and ``1.0`` are two offsets."""
    return _typed(connector.stored) != _typed(held.stored) or connector.config != held.config


def _typed(stored: Mapping[Partition, Offset]) -> dict[Partition, Partition]:
    return {partition: Partition.of(offset) for partition, offset in stored.items()}


def _moved(old: Plan, new: Plan) -> str:
    moved = [
        str(partition)
        for partition in {**old.presumed, **new.presumed}
        if not same_offset(old.presumed.get(partition), new.presumed.get(partition))
    ]
    if moved:
        return f"the offset of {', '.join(sorted(moved))} moved"
    if old.settings != new.settings:
        return "the config was changed"
    return "Stripe's data or the connector's round moved on"


def _sentence(error: BaseException) -> str:
    return error.sentence if isinstance(error, RecoveryError) else f"The task was interrupted ({type(error).__name__})."


def _failed_again(plan: Plan, failed: list[str]) -> str:
    return (
        f"Connector '{plan.connector}' was resumed, but {', '.join(failed)} FAILED: read the worker's log, remove the cause,"
        " then restart it."
    )
