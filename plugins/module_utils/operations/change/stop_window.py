# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time in which a connector is STOPPED and its offsets hold still: entering it for certain, and leaving it again.

STOPPED without tasks is no proof that a task has ended: one on another worker commits over a reset for as long as Connect
lets it end in peace. The proof is a call that a worker serves only after it is done with ending its tasks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NoStatusYet
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome

# One proving call lasts at least as long as Connect's graceful time-outs (5 s for tasks and 5 s for the connector).
_PROOF_SECONDS = 15.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Proof:
    """How it is known that no task is left: ``workers`` that said so, and ``settled_seconds`` waited for the others."""

    workers: tuple[str, ...]
    unreachable: tuple[str, ...]
    settled_seconds: float


class StopWindow:
    """One connector's STOPPED window. ``settle_seconds`` is held where a worker cannot be asked."""

    def __init__(
        self,
        client: ConnectClient,
        name: str,
        settle_seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._settle_seconds = settle_seconds
        self._sleep = sleep
        self._was_asked_to_stop = False

    def enter(self, worker_ids: Iterable[str]) -> Proof:
        """Stop the connector and return when its offsets hold still. Raises RecoveryError; it may be STOPPED then.

        ``worker_ids`` are all workers known of; each is asked itself.
        """
        self._stop_once(self._status())
        self._await(self._is_stopped, "STOPPED without tasks")
        proof = self._prove(sorted(worker_ids))
        self._await(self._is_stopped, "STOPPED without tasks")
        return proof

    def leave(self, state: str) -> None:
        """Return the connector to RUNNING or PAUSED, or leave it STOPPED; returns when it is seen there.

        RUNNING counts when there is a task and all tasks run. Raises RecoveryError, which says where it stands.
        """
        if state == "STOPPED":
            return
        self._write(self._client.resume if state == "RUNNING" else self._client.pause)
        if state == "PAUSED":
            self._await(lambda status: status.state == "PAUSED", "PAUSED")
            return
        status = self._await(lambda status: _has_failed(status) or _is_running(status), "RUNNING with all its tasks")
        if _has_failed(status):
            failed = [f"task {task.id}" for task in status.tasks if task.state == "FAILED"] or ["the connector itself"]
            raise RecoveryError(
                f"Connector '{self._name}' was resumed, but {', '.join(failed)} FAILED: read the worker's log, mend the"
                " cause, then restart it."
            )

    def _prove(self, worker_ids: list[str]) -> Proof:
        answered: list[str] = []
        unreachable: list[str] = []
        for worker_id in worker_ids:
            (answered if self._has_ended_on(worker_id) else unreachable).append(worker_id)
        settle = self._settle_seconds if unreachable or not answered else 0.0
        if settle:
            self._sleep(settle)
        return Proof(tuple(answered), tuple(unreachable), settle)

    def _has_ended_on(self, worker_id: str) -> bool:
        """Whether the worker itself says that the connector has no tasks; False where it cannot be asked."""
        while self._client.remaining_seconds() > 0:
            answer = self._client.worker_answer(worker_id, self._name, _PROOF_SECONDS)
            if answer.outcome == "unreachable":
                return False
            if answer.outcome == "answered":
                if not answer.tasks:
                    return True
                self._stop_once(self._status())
            self._sleep(_PAUSE_SECONDS)
        return False

    def _stop_once(self, status: Status) -> None:
        # One that was found STOPPED may yet follow an order given before, such as that of a run that was killed.
        if status.state != "STOPPED" and not self._was_asked_to_stop:
            self._write(self._client.stop)
            self._was_asked_to_stop = True

    def _is_stopped(self, status: Status) -> bool:
        self._stop_once(status)
        return status.state == "STOPPED" and not status.tasks

    def _status(self) -> Status:
        try:
            return self._client.status(self._name)
        except NoStatusYet:
            return Status()

    def _await(self, condition: Callable[[Status], bool], wanted: str) -> Status:
        while True:
            status = self._status()
            if condition(status):
                return status
            if self._client.remaining_seconds() <= 0:
                raise RecoveryError(
                    f"Connector '{self._name}' did not become {wanted} in time (it is {status.state} with {len(status.tasks)}"
                    " tasks): look at the workers' logs, or raise timeout."
                )
            self._sleep(_PAUSE_SECONDS)

    def _write(self, call: Callable[[str], None]) -> None:
        try:
            call(self._name)
        except UnknownOutcome:
            # The state that is awaited next tells; all three calls may be given twice, so give it once more to be sure.
            call(self._name)


def _is_running(status: Status) -> bool:
    return status.state == "RUNNING" and bool(status.tasks) and all(task.state == "RUNNING" for task in status.tasks)


def _has_failed(status: Status) -> bool:
    return status.state == "FAILED" or any(task.state == "FAILED" for task in status.tasks)
