# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The STOPPED window of one connector: stop it, prove that its tasks have ended, return it to its state.

Somebody who resumes or pauses the connector in the window is noticed, and not overruled.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NoStatusYet,
    NotFound,
    TimedOut,
    Unsupported,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status, Task
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import Meddled
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_proof import (
    Proof,
    has_ended_on,
    known_workers,
)

_PAUSE_SECONDS = 0.1
# A state is looked for often at first, and less often the longer it takes.
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.25
_ORDER_PAUSE_SECONDS = 1.0
_WATCH_PAUSE_SECONDS = 0.5
# A stop whose answer was lost is sent again if it has not taken effect in this time: a rebalance usually takes 3 s.
_STOP_AGAIN_SECONDS = 8.0
# Two workers may show different states for a moment.
_FOREIGN_SECONDS = 2.0
# Until a stop has taken effect, somebody else's earlier order may show, for the time that a rebalance takes.
_OVERTAKEN_SECONDS = 15.0
_FOREIGN_LOOKS = 5
_DEMAND_SECONDS = 2.0
_CHOSEN = ("RUNNING", "PAUSED")
# A message about a state that was awaited names this many of the states that were seen.
_SHOWN_SIGHTS = 4


class StopWindow:
    """One connector's STOPPED window. ``settle_seconds`` are waited where a worker cannot be asked.

    ``may_be_incomplete``: see :func:`known_workers`. ``overrules``: somebody else's late order is overruled, as that of a run
    that was killed. ``left_as``: the state in which the connector was left because somebody has chosen it; None as a rule.
    ``awaited_status`` reads the status while a state is waited for; by default it is asked for alone.
    ``before_unmark`` is called before :meth:`leave` lets go of the connector, ``before_return`` after that, before the order that
    returns it to its state: both wait for other connectors.
    """

    def __init__(
        self,
        cluster: Cluster,
        connector: Connector,
        settle_seconds: float,
        sleep: Callable[[float], None],
        *,
        may_be_incomplete: bool = False,
        overrules: bool = False,
        awaited_status: Callable[[], Status] | None = None,
        before_unmark: Callable[[], None] = lambda: None,
        before_return: Callable[[], None] = lambda: None,
    ) -> None:
        self._cluster = cluster
        self._name = connector.name
        self._settle_seconds = settle_seconds
        self._sleep = sleep
        self._may_be_incomplete = may_be_incomplete
        # The workers that had it or its tasks.
        self._owners = connector.status.worker_ids
        self._overrules = overrules
        self._awaited_status = awaited_status or (lambda: cluster.status(self._name))
        self._before_unmark = before_unmark
        self._before_return = before_return
        self._was_asked_to_stop = False
        self._may_be_stopped = connector.state == "STOPPED"
        self._was_seen_stopped = False
        self._state_at_stop = ""
        self._was_overtaken = False
        self._foreign_since: float | None = None
        # Stops that were sent, those of them whose answer was lost, and when the next one is due (as remaining seconds).
        self._stops = self._lost_stops = 0
        self._has_stop_come = False
        self._stop_again_at: float | None = None
        self.left_as: State | None = None

    @property
    def stop_may_come_later(self) -> bool:
        """Whether a stop was sent that may not have taken effect yet: a worker may still carry it out."""
        return self._lost_stops > 0 and (self._stops > 1 or not self._has_stop_come)

    def enter(
        self,
        worker_ids: Iterable[str],
        demand_own: Callable[[], None] = lambda: None,
        when_ordered: Callable[[], None] = lambda: None,
        other_run: Callable[[], str] = lambda: "another run",
    ) -> Proof:
        """Stop the connector and return when its offsets hold still. Raises RecoveryError; it may be STOPPED then.

        ``worker_ids`` are all known workers; each is asked itself. ``demand_own`` is called now and then while this waits; it
        raises RecoveryError when the connector is another run's. ``when_ordered`` is called once, right after the request to
        stop. ``other_run`` names, for a message, a run that may have chosen another state meanwhile: that of a person looks
        the same.
        """
        self._other_run = other_run
        self._demand_own = demand_own
        self._demand_again_at = self._cluster.remaining_seconds() - _DEMAND_SECONDS
        status = self._status()
        self._owners |= status.worker_ids
        self._stop_once(status)
        when_ordered()
        self._await(self._is_stopped, "STOPPED without tasks")
        # Its task may have moved since the workers were listed.
        proof = self._prove(sorted({*worker_ids, *status.worker_ids}))
        self._await(self._is_stopped, "STOPPED without tasks")
        return proof

    def demand_stopped(self) -> None:
        """Raises Meddled when somebody has chosen another state since the connector was STOPPED."""
        chosen = self._chosen()
        if chosen is not None:
            raise self._meddled(chosen.state)

    def leave(
        self, state: State, watch_seconds: float = 0.0, when_left: Callable[[], None] = lambda: None
    ) -> Status | None:
        """Return the connector to RUNNING or PAUSED; an order that fails is repeated until the deadline.

        It is back when it is PAUSED, when it has tasks and all are RUNNING, or when it or a task has FAILED. A RUNNING one is
        watched for ``watch_seconds`` more, or until something has FAILED. Returns the last status; None when nothing had to be
        done: it is to stay STOPPED, was never stopped here, or somebody has chosen its state (``left_as``).
        ``when_left`` is called once, right before the order, or where none is given. Raises RecoveryError. It can be entered
        again afterwards.
        """
        if not self._may_be_stopped:
            when_left()
            return None
        if state != "STOPPED":
            self._before_unmark()
        chosen = self._chosen() if self._was_seen_stopped or self._was_overtaken else None
        if chosen is not None and chosen.state != state:
            self.left_as = chosen.state
        if state == "STOPPED" or self.left_as is not None:
            when_left()
            return None
        when_left()
        if chosen is None:
            self._before_return()
            self._order(self._cluster.resume if state == "RUNNING" else self._cluster.pause)
        if state == "PAUSED":
            status = self._await(lambda status: status.state == "PAUSED", "PAUSED", is_patient=True)
        else:
            status = self._await(
                lambda status: bool(failed_parts(status)) or _is_running(status),
                "RUNNING with all its tasks",
                is_patient=True,
            )
            status = self._watched(status, watch_seconds)
        self._may_be_stopped = self._was_asked_to_stop = self._was_seen_stopped = False
        return status

    def _chosen(self) -> Status | None:
        """The status when it shows, again and again, a state that is not this window's; else None, also for no answer."""
        for look in range(_FOREIGN_LOOKS):
            if look:
                self._sleep(_PAUSE_SECONDS)
            try:
                status = self._status()
            except NotFound:
                raise
            except ConnectError:
                return None
            if status.state not in _CHOSEN:
                return None
        return status

    def _meddled(self, state: State) -> Meddled:
        did = "resumed" if state == "RUNNING" else "paused"
        return Meddled(
            f"Connector '{self._name}' was {did} while it was being changed, by a person or by {self._other_run()}."
        )

    def _watched(self, status: Status, seconds: float) -> Status:
        """The first status in which something has FAILED, or the last one that could be read in this time."""
        until = max(0.0, self._cluster.remaining_seconds() - seconds)
        while not failed_parts(status) and (left := self._cluster.remaining_seconds() - until) > 0:
            self._sleep(min(_WATCH_PAUSE_SECONDS, left))
            with contextlib.suppress(ConnectError):
                status = self._status(awaited=True)
        return status

    def _prove(self, worker_ids: list[str]) -> Proof:
        answered: list[str] = []
        unreachable: list[str] = []

        def ask(workers: Iterable[str]) -> None:
            for worker_id in workers:
                is_sure = has_ended_on(
                    worker_id,
                    self._cluster,
                    self._name,
                    self._sleep,
                    had_it=worker_id in self._owners,
                    stop_again=lambda: self._stop_once(self._status()),
                )
                (answered if is_sure else unreachable).append(worker_id)

        ask(worker_ids)
        is_incomplete = self._may_be_incomplete
        settle = self._settle_seconds if unreachable or not answered or is_incomplete else 0.0
        if settle:
            self._sleep(settle)
            # A worker that was away may have come back with a task.
            now, _others = known_workers(self._cluster.connectors().values(), ())
            ask(sorted(now.difference(worker_ids)))
        return Proof(tuple(answered), tuple(unreachable), settle, is_incomplete)

    def _stop_once(self, status: Status) -> None:
        if status.state == "STOPPED":
            self._may_be_stopped = self._was_seen_stopped = True
            self._has_stop_come = self._stops > 0
            self._foreign_since = None
        elif self._was_seen_stopped and status.state in _CHOSEN and not self._is_overruled():
            self._demand_unchosen(status, _FOREIGN_SECONDS)
        elif not self._was_asked_to_stop or self._is_stop_due():
            self._send_stop(status)
        elif self._is_overtaken(status):
            self._demand_unchosen(status, _OVERTAKEN_SECONDS)

    def _is_overtaken(self, status: Status) -> bool:
        """Whether it shows a state that neither it had before nor this window has ordered."""
        states = (self._state_at_stop, status.state)
        is_foreign = not self._lost_stops and states in (("RUNNING", "PAUSED"), ("PAUSED", "RUNNING"))
        if not is_foreign:
            self._foreign_since = None
        return is_foreign

    def _is_overruled(self) -> bool:
        # A connector found STOPPED may still follow an earlier order of a run that was killed.
        return self._overrules and not self._was_asked_to_stop

    def _is_stop_due(self) -> bool:
        return self._stop_again_at is not None and self._cluster.remaining_seconds() <= self._stop_again_at

    def _send_stop(self, status: Status) -> None:
        self._state_at_stop = status.state
        self._may_be_stopped = self._was_asked_to_stop = True
        self._was_seen_stopped = self._has_stop_come = False
        self._stop_again_at = None
        self._stops += 1
        try:
            self._cluster.stop(self._name)
        except UnknownOutcome:
            # The state that is awaited next decides. Only one stop that is shown to have come into force leaves no doubt.
            self._lost_stops += 1
            self._stop_again_at = self._cluster.remaining_seconds() - _STOP_AGAIN_SECONDS

    def _demand_unchosen(self, status: Status, seconds: float) -> None:
        """Raises Meddled if the state has differed for this long."""
        now = self._cluster.remaining_seconds()
        if self._foreign_since is None:
            self._foreign_since = now
        elif self._foreign_since - now >= seconds:
            self._was_overtaken = True
            raise self._meddled(status.state)

    def _is_stopped(self, status: Status) -> bool:
        self._stop_once(status)
        if self._cluster.remaining_seconds() <= self._demand_again_at:
            self._demand_again_at = self._cluster.remaining_seconds() - _DEMAND_SECONDS
            self._demand_own()
        return status.state == "STOPPED" and not tasks_left(status)

    def _order(self, order: Callable[[str], None]) -> None:
        """Give an order until it is accepted; raises the last error at the deadline. All orders may be given twice."""
        refusal: RecoveryError | None = None
        while True:
            try:
                order(self._name)
                return
            except (NotFound, Unsupported):
                raise
            except TimedOut as error:
                raise refusal or error from None
            except (ConnectError, UnknownOutcome) as error:
                # A connector left STOPPED is worse than a longer wait.
                refusal = error
            self._sleep(min(_ORDER_PAUSE_SECONDS, self._cluster.remaining_seconds()))

    def _status(self, *, awaited: bool = False) -> Status:
        try:
            return self._awaited_status() if awaited else self._cluster.status(self._name)
        except NoStatusYet:
            return Status()

    def _await(self, condition: Callable[[Status], bool], wanted: str, *, is_patient: bool = False) -> Status:
        """The first status that meets the condition. A patient one reads again after an error, until the deadline."""
        sights: list[str] = []
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                status = self._status(awaited=True)
            except NotFound:
                raise
            except TimedOut as error:
                raise self._not_in_time(wanted, sights or [error.sentence]) from None
            except ConnectError as error:
                if not is_patient:
                    raise
                sight = error.sentence.rstrip(".")
            else:
                if condition(status):
                    return status
                sight = _sight(status)
            if sights[-1:] != [sight]:
                sights.append(sight)
            if self._cluster.remaining_seconds() <= 0:
                raise self._not_in_time(wanted, sights)
            self._sleep(pause)
            pause = min(pause * 1.3, _LONGEST_PAUSE_SECONDS)

    def _not_in_time(self, wanted: str, sights: list[str]) -> RecoveryError:
        shown = ", then ".join(sights[-_SHOWN_SIGHTS:])
        return RecoveryError(
            f"Connector '{self._name}' did not become {wanted} in time. Its status showed: {shown.rstrip('.')}. Read the workers'"
            " logs, or raise timeout."
        )


def tasks_left(status: Status) -> list[Task]:
    """The tasks of a STOPPED connector that may still be at work.

    A task that ends notes UNASSIGNED as the last thing. Where Connect has deleted its status just before, that record stays
    until the task starts again, so it says nothing about what is left: the workers' proof does.
    """
    return [task for task in status.tasks if task.state != "UNASSIGNED"]


def failed_parts(status: Status) -> list[str]:
    """What of the connector has FAILED, as ``task 0``; empty when nothing has."""
    tasks = [f"task {task.id}" for task in status.tasks if task.state == "FAILED"]
    return tasks or (["the connector itself"] if status.state == "FAILED" else [])


def _is_running(status: Status) -> bool:
    return status.state == "RUNNING" and bool(status.tasks) and all(task.state == "RUNNING" for task in status.tasks)


def _sight(status: Status) -> str:
    """``RUNNING with task 0 RUNNING on connect-1:8083``"""
    tasks = [f"task {task.id} {task.state} on {task.worker_id or 'no worker'}" for task in status.tasks]
    return f"{status.state} with {', '.join(tasks)}" if tasks else f"{status.state} without tasks"
