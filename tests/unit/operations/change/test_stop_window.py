# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The STOPPED window where workers cannot be asked, are busy, or tell of tasks; the rest is tested on real workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status, Task
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import Proof, StopWindow

ENDED = WorkerAnswer("answered")
HAS_TASK = WorkerAnswer("answered", tasks=(0,))
BUSY = WorkerAnswer("busy", reason="rebalancing")
UNREACHABLE = WorkerAnswer("unreachable", reason="connection refused")


class StubClient:
    """A cluster whose connector follows every order at once; workers answer from their lists, the last answer stays."""

    def __init__(self, answers: Mapping[str, Sequence[WorkerAnswer]] | None = None, state: str = "RUNNING") -> None:
        self.state = state
        self.orders: list[str] = []
        self.lost_answers = 0
        self.task_state = "RUNNING"
        self.seconds = 100.0
        self._answers = {worker: list(given) for worker, given in (answers or {}).items()}

    def remaining_seconds(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds -= seconds

    def status(self, name: str) -> Status:
        return Status(self.state, "w:1", (Task(0, self.task_state, "w:1"),) if self.state == "RUNNING" else ())

    def worker_answer(self, worker_id: str, name: str, timeout_seconds: float) -> WorkerAnswer:
        answers = self._answers[worker_id]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def stop(self, name: str) -> None:
        self._order("stop", "STOPPED")

    def resume(self, name: str) -> None:
        self._order("resume", "RUNNING")

    def pause(self, name: str) -> None:
        self._order("pause", "PAUSED")

    def _order(self, verb: str, state: str) -> None:
        self.orders.append(verb)
        if self.lost_answers:
            self.lost_answers -= 1
            raise UnknownOutcome("no answer")
        self.state = state


def window(client: StubClient, settle_seconds: float = 10.0) -> StopWindow:
    return StopWindow(client, "c", settle_seconds, sleep=client.sleep)  # type: ignore[arg-type]


def test_nothing_is_waited_for_once_every_worker_has_said_that_the_task_has_ended() -> None:
    client = StubClient({"a:1": [ENDED], "b:1": [BUSY, HAS_TASK, ENDED]})
    assert window(client).enter(["b:1", "a:1"]) == Proof(("a:1", "b:1"), (), 0.0)
    assert client.seconds > 99


@pytest.mark.parametrize("workers", [("a:1", "b:1"), ("b:1",), ()], ids=["one of two", "the only one", "none known"])
def test_the_settle_time_is_held_where_a_worker_cannot_be_asked(workers: Sequence[str]) -> None:
    client = StubClient({"a:1": [ENDED], "b:1": [UNREACHABLE]})
    proof = window(client).enter(workers)
    assert proof.settled_seconds == 10
    assert proof.unreachable == tuple(worker for worker in workers if worker == "b:1")
    assert client.seconds == 90


def test_a_worker_that_never_says_so_is_asked_until_the_time_of_the_task_is_up_and_then_the_settle_time_is_held() -> (
    None
):
    client = StubClient({"a:1": [HAS_TASK]})
    assert window(client).enter(["a:1"]) == Proof((), ("a:1",), 10.0)
    assert client.seconds < -9


def test_a_connector_that_does_not_stop_in_time_is_told_with_its_state() -> None:
    client = StubClient()
    client.stop = lambda name: None  # type: ignore[method-assign]
    with pytest.raises(
        RecoveryError, match=r"did not become STOPPED without tasks in time \(it is RUNNING with 1 tasks\)"
    ):
        window(client).enter([])


def test_a_connector_that_is_stopped_already_is_not_stopped_again() -> None:
    client = StubClient({"a:1": [ENDED]}, state="STOPPED")
    window(client).enter(["a:1"])
    assert client.orders == []


@pytest.mark.parametrize(
    "state, orders", [("RUNNING", ["resume"]), ("PAUSED", ["pause"]), ("STOPPED", [])], ids=["run", "pause", "stop"]
)
def test_the_connector_is_returned_to_its_state(state: str, orders: list[str]) -> None:
    client = StubClient(state="STOPPED")
    window(client).leave(state)
    assert client.state == state
    assert client.orders == orders


def test_an_order_whose_answer_was_lost_is_given_once_more() -> None:
    client = StubClient(state="STOPPED")
    client.lost_answers = 1
    window(client).leave("RUNNING")
    assert client.orders == ["resume", "resume"]
    assert client.state == "RUNNING"


def test_a_task_that_fails_after_the_return_is_told() -> None:
    client = StubClient(state="STOPPED")
    client.task_state = "FAILED"
    with pytest.raises(RecoveryError, match="was resumed, but task 0 FAILED"):
        window(client).leave("RUNNING")


def test_a_connector_that_does_not_come_back_in_time_is_told_with_its_state() -> None:
    client = StubClient(state="STOPPED")
    client.task_state = "UNASSIGNED"
    with pytest.raises(RecoveryError, match=r"did not become RUNNING .* in time \(it is RUNNING with 1 tasks\)"):
        window(client).leave("RUNNING")
