# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan to one connector: stop, be sure, read again, change, read back, return to the state before, look again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import BackupStore, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NotStoppedYet
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, Plan
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import (
    undo_settings,
    write_settings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import Proof, StopWindow
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector

_WRITE_TRIES = 10
# Connect shows new and deleted partitions late, by half a second at the worst seen; a second is waited for each try.
_READ_TRIES = 10
_PAUSE_SECONDS = 0.1
# Kept back from the deadline, so that a task out of time can still return the connector to its state.
RETURN_SECONDS = 60.0


@dataclass(frozen=True)
class Applied:
    """What was done, and what was read afterwards."""

    planned: Planned
    backup_file: str
    proof: Proof
    evidence: Mapping[str, Any]


class Applier:
    """Applies plans to one connector of a cluster; ``replan`` decides anew from what is read in the STOPPED window."""

    def __init__(
        self,
        client: ConnectClient,
        store: BackupStore,
        window: StopWindow,
        replan: Callable[[Connector], Planned],
        *,
        now: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._store = store
        self._window = window
        self._replan = replan
        self._now = now
        self._sleep = sleep

    def apply(
        self, connector: Connector, planned: Planned, worker_ids: frozenset[str], agreed_plan: str | None
    ) -> Applied:
        """Carry the plan out. ``agreed_plan`` is the id that the plan must still have in the STOPPED window, if given.

        Raises RecoveryError; what was changed is undone then, and the connector is back in its state, or the error says
        that it is not.
        """
        plan = planned.plan
        backup = self._store.back_up(connector, plan.id, planned.secret_keys, self._now)
        self._store.begin(Journal(plan.id, plan.final_state, backup))
        try:
            proof = self._window.enter(worker_ids)
            held = read_connector(self._client, connector.name, with_offsets=True)
            if held.stored != connector.stored or held.config != connector.config:
                planned = self._planned_anew(held, planned, agreed_plan)
                backup = self._store.back_up(held, planned.plan.id, planned.secret_keys, self._now)
                self._store.begin(Journal(planned.plan.id, plan.final_state, backup))
            self._change(planned.plan)
        except BaseException as error:
            self._return(plan, error)
            raise
        self._client.extend(RETURN_SECONDS)
        self._leave(plan)
        evidence = self._look_again(planned.plan)
        self._store.end()
        return Applied(planned, backup, proof, evidence)

    def _planned_anew(self, held: Connector, planned: Planned, agreed_plan: str | None) -> Planned:
        """The plan for what is there now that nothing moves any more."""
        anew = self._replan(held)
        if agreed_plan is not None and anew.plan.id != agreed_plan:
            raise RecoveryError(
                f"The plan {agreed_plan} does not fit any more: {_moved(planned.plan, anew.plan)}. Nothing was changed; look at"
                f" the new plan {anew.plan.id} and agree to it.",
                plan=anew.plan.as_data(),
            )
        return anew

    def _change(self, plan: Plan) -> None:
        """Write settings, then offsets; either all of it is there afterwards, or none."""
        undo: list[Callable[[], None]] = []
        try:
            if plan.settings:
                undo.append(lambda: undo_settings(self._client, plan.connector, plan.settings))
                write_settings(self._client, plan.connector, plan.settings)
            if plan.offsets:
                undo.append(lambda: self._undo_offsets(plan.connector, plan.offsets))
                self._write_offsets(plan.connector, plan.offsets)
        except BaseException as error:
            self._client.extend(RETURN_SECONDS)
            failures = []
            for undo_one in reversed(undo):
                try:
                    undo_one()
                except RecoveryError as failure:
                    failures.append(failure.sentence)
            if failures:
                raise RecoveryError(
                    f"{_sentence(error)} Undoing it failed as well: {' '.join(failures)} Restore the backup in"
                    f" {self._store.folder} with the strategy restore."
                ) from error
            raise

    def _undo_offsets(self, name: str, changes: tuple[OffsetChange, ...]) -> None:
        back = tuple(OffsetChange(one.partition, one.after, one.before) for one in changes)
        # A connector that refuses to have its offsets altered refuses this as well, so only what changed is undone.
        changed = self._not_there(name, back)
        if changed:
            self._write_offsets(name, changed)

    def _write_offsets(self, name: str, changes: tuple[OffsetChange, ...]) -> None:
        """Write and read back, again where the answer was lost or an offset stayed; raises RecoveryError in the end."""
        waiting = changes
        refusal: RecoveryError | None = None
        for _try in range(_WRITE_TRIES):
            offsets = [
                {"partition": one.partition.as_dict(), "offset": None if one.after is None else dict(one.after)}
                for one in waiting
            ]
            try:
                self._client.alter_offsets(name, offsets)
                refusal = None
            except UnknownOutcome:
                pass  # what is read next tells
            except NotStoppedYet as error:
                # Status and this check have different sources, so one may run ahead of the other.
                refusal = error
            waiting = self._not_there(name, changes)
            if not waiting:
                return
        places = ", ".join(str(one.partition) for one in waiting)
        raise refusal or RecoveryError(
            f"Connect accepted the offsets of connector '{name}', but {places} did not change: the stored key may have"
            " another field order than REST can address; compare with the offsets topic."
        )

    def _not_there(self, name: str, changes: tuple[OffsetChange, ...]) -> tuple[OffsetChange, ...]:
        """The changes that cannot be read back within a second; what is there must be read twice alike."""
        seen_before = False
        missing: tuple[OffsetChange, ...] = changes
        for _try in range(_READ_TRIES):
            stored = self._stored(name)
            missing = tuple(one for one in changes if not same_offset(stored.get(one.partition), one.after))
            if not missing and seen_before:
                return ()
            seen_before = not missing
            self._sleep(_PAUSE_SECONDS)
        return missing

    def _stored(self, name: str) -> dict[Partition, Offset]:
        return {entry.partition: entry.offset for entry in self._client.offsets(name) if entry.offset is not None}

    def _return(self, plan: Plan, error: BaseException) -> None:
        """Back to the state before, after a failure; raises when that fails, too."""
        self._client.extend(RETURN_SECONDS)
        try:
            self._leave(plan)
            self._store.end()
        except RecoveryError as failure:
            raise RecoveryError(f"{_sentence(error)} {failure.message}") from error

    def _leave(self, plan: Plan) -> None:
        try:
            self._window.leave(plan.final_state)
        except RecoveryError as failure:
            verb = "resume" if plan.final_state == "RUNNING" else "pause"
            raise RecoveryError(
                f"{failure.sentence} It was {plan.final_state} before; should it still be STOPPED, run this task again, or"
                f" PUT /connectors/{plan.connector}/{verb}."
            ) from None

    def _look_again(self, plan: Plan) -> dict[str, Any]:
        """After the return: no offset may have fallen back to what it was. Moving on is a good sign."""
        stored = self._stored(plan.connector)
        lost = [one for one in plan.offsets if same_offset(stored.get(one.partition), one.before)]
        if lost:
            places = ", ".join(str(one.partition) for one in lost)
            raise RecoveryError(
                f"The offsets of {places} of connector '{plan.connector}' were overwritten by a task that had not ended: restart"
                " the worker it ran on, then run again."
            )
        return {
            "offsets_kept": sum(same_offset(stored.get(one.partition), one.after) for one in plan.offsets),
            "offsets_moved_on": sum(not same_offset(stored.get(one.partition), one.after) for one in plan.offsets),
        }


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
