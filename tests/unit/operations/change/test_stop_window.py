# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The STOPPED window: the proof that tasks have ended, orders that fail, and what is said when time runs out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
    ConnectError,
    NotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import (
    WorkerAnswer,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status, Task
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import Meddled
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_proof import (
    Proof,
    known_workers,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

ENDED = WorkerAnswer("answered")
HAS_TASK = WorkerAnswer("answered", tasks=(0,))
BUSY = WorkerAnswer("busy", reason="rebalancing")
UNREACHABLE = WorkerAnswer("unreachable", reason="connection refused")
SILENT = WorkerAnswer("silent", reason="no answer within 15 s")
ORDERS = ("stop", "pause", "resume")


def cluster_in(state: str, **fields: str) -> FakeCluster:
    return FakeCluster(FakeConnector(state=state, **fields))  # type: ignore[arg-type]


def window(cluster: FakeCluster, settle_seconds: float = 10.0, **options: bool) -> StopWindow:
    one = cluster.by_name["c"]
    return StopWindow(cluster, Connector.of("c", "source", {}, one.status), settle_seconds, cluster.sleep, **options)


def state(cluster: FakeCluster) -> str:
    cluster.settle()
    return cluster.by_name["c"].state


# Entering


def test_nothing_is_waited_for_once_every_worker_has_said_that_the_task_has_ended() -> None:
    cluster = cluster_in("RUNNING", worker="a:1")
    cluster.worker_answers = {"a:1": [ENDED], "b:1": [BUSY, HAS_TASK, ENDED]}
    assert window(cluster).enter(["b:1", "a:1"]) == Proof(("a:1", "b:1"), (), 0.0)
    assert cluster.seconds < 1


def test_the_worker_that_has_the_task_by_now_is_asked_as_well() -> None:
    cluster = cluster_in("RUNNING", worker="moved:1")
    cluster.worker_answers = {"a:1": [ENDED], "moved:1": [HAS_TASK, ENDED]}
    assert window(cluster).enter(["a:1"]).workers == ("a:1", "moved:1")


def test_the_record_that_an_ended_task_has_left_behind_is_not_waited_for() -> None:
    cluster = cluster_in("RUNNING", worker="a:1")
    one = cluster.by_name["c"]
    one.on_stopped = lambda: setattr(one, "tasks", (Task(0, "UNASSIGNED", "a:1"),))
    cluster.worker_answers = {"a:1": [HAS_TASK, ENDED]}
    assert window(cluster).enter(["a:1"]) == Proof(("a:1",), (), 0.0)
    assert cluster.seconds < 1


@pytest.mark.parametrize("left", ["RUNNING", "PAUSED", "FAILED", "RESTARTING"])
def test_a_task_in_any_other_state_is_waited_for(left: str) -> None:
    cluster = cluster_in("RUNNING", worker="a:1")
    one = cluster.by_name["c"]
    one.on_stopped = lambda: setattr(one, "tasks", (Task(0, left, "a:1"),))
    cluster.worker_answers = {"a:1": [ENDED]}
    with pytest.raises(RecoveryError, match=f"STOPPED with task 0 {left} on a:1"):
        window(cluster).enter(["a:1"])


def test_before_the_return_the_others_are_waited_for() -> None:
    cluster = cluster_in("STOPPED")
    one = cluster.by_name["c"]
    seen: list[str] = []
    StopWindow(
        cluster,
        Connector.of("c", "source", {}, one.status),
        10.0,
        cluster.sleep,
        before_unmark=lambda: seen.append("before unmark"),
        before_return=lambda: seen.append(f"before return {cluster.writes}"),
    ).leave("RUNNING", when_left=lambda: seen.append("unmark"))
    assert (seen, cluster.writes) == (["before unmark", "unmark", "before return []"], ["resume"])


@pytest.mark.parametrize("workers", [("a:1", "b:1"), ("b:1",), ()], ids=["one of two", "the only one", "none known"])
def test_the_settle_time_is_waited_where_a_worker_cannot_be_asked(workers: Sequence[str]) -> None:
    # A connector that is STOPPED already names no worker itself.
    cluster = cluster_in("STOPPED", worker="")
    cluster.worker_answers = {"a:1": [ENDED], "b:1": [UNREACHABLE]}
    proof = window(cluster).enter(workers)
    assert proof.settled_seconds == 10
    assert proof.unreachable == tuple(worker for worker in workers if worker == "b:1")
    assert 10 < cluster.seconds < 11


def test_an_address_that_answers_nothing_is_not_waited_for_unless_the_task_ran_there() -> None:
    cluster = cluster_in("RUNNING", worker="a:1")
    cluster.worker_answers = {"a:1": [SILENT, SILENT, ENDED], "b:1": [SILENT]}
    proof = window(cluster).enter(["a:1", "b:1"])
    assert (proof.workers, proof.unreachable, proof.settled_seconds) == (("a:1",), ("b:1",), 10)


def test_a_worker_of_another_cluster_at_the_address_is_no_proof_and_not_the_end_of_the_connector() -> None:
    cluster = cluster_in("RUNNING", worker="a:1")
    cluster.broken["worker_answer"] = NotFound("Connector c not found")
    proof = window(cluster).enter(["a:1"])
    assert (proof.workers, proof.unreachable, proof.settled_seconds) == ((), ("a:1",), 10)
    cluster.broken["config"] = NotFound('there is no connector "c"')
    with pytest.raises(NotFound, match=r"there is no connector"):
        window(cluster).enter(["a:1"])


@pytest.mark.parametrize(
    "answer, said",
    [
        (HAS_TASK, "it still has task 0"),
        (WorkerAnswer("answered", tasks=(0, 2)), "it still has tasks 0, 2"),
        (BUSY, "rebalancing"),
    ],
    ids=["task", "tasks", "busy"],
)
def test_a_worker_that_does_not_confirm_in_time_is_named_with_what_it_said(answer: WorkerAnswer, said: str) -> None:
    cluster = cluster_in("RUNNING")
    cluster.worker_answers = {"a:1": [answer]}
    with pytest.raises(RecoveryError) as caught:
        window(cluster).enter(["a:1"])
    assert caught.value.message == (
        f"Worker a:1 did not confirm in time that the tasks of connector 'c' have ended ({said}): read its log, or raise timeout."
    )


def test_a_connector_that_does_not_stop_in_time_is_named_with_what_its_status_showed() -> None:
    cluster = cluster_in("RUNNING")
    cluster.delay_seconds = 1000
    with pytest.raises(RecoveryError) as caught:
        window(cluster).enter([])
    assert caught.value.message == (
        "Connector 'c' did not become STOPPED without tasks in time. Its status showed: RUNNING with task 0 RUNNING on"
        " connect-1:8083. Read the workers' logs, or raise timeout."
    )


def test_somebody_who_resumes_it_again_and_again_is_seen_in_the_message() -> None:
    cluster = cluster_in("RUNNING")
    connector = cluster.by_name["c"]
    # Its only worker never answers, and at the second look the connector is RUNNING again.
    connector.on_stopped = lambda: connector.show("RUNNING")
    cluster.meddling = {5: lambda: connector.show("PAUSED")}
    with pytest.raises(RecoveryError, match=r"showed: RUNNING with task 0 .*, then PAUSED with task 0 PAUSED on"):
        window(cluster).enter([])


def test_a_status_that_never_came_is_said_to_be_missing() -> None:
    cluster = cluster_in("RUNNING")
    cluster.meddling = {3: lambda: cluster.sleep(500)}
    with pytest.raises(
        RecoveryError, match=r"Its status showed: .*did not answer status in time.*\. Read the workers' logs"
    ):
        window(cluster).enter([])


def test_a_connector_that_is_stopped_already_is_not_stopped_again() -> None:
    cluster = cluster_in("STOPPED")
    window(cluster).enter(["connect-1:8083"])
    assert cluster.writes == []


def test_a_late_order_of_a_run_that_was_killed_is_overruled() -> None:
    cluster = cluster_in("STOPPED")
    cluster.meddling = {2: lambda: cluster.by_name["c"].show("RUNNING")}
    window(cluster, overrules=True).enter(["connect-1:8083"])
    assert cluster.writes == ["stop"]
    assert state(cluster) == "STOPPED"


@pytest.mark.parametrize("chosen, did", [("RUNNING", "resumed"), ("PAUSED", "paused")])
@pytest.mark.parametrize("before", ["RUNNING", "STOPPED"])
def test_somebody_who_chooses_another_state_in_the_window_is_not_overruled(before: str, chosen: str, did: str) -> None:
    cluster = cluster_in(before)
    cluster.worker_answers = {"connect-1:8083": [BUSY, HAS_TASK, ENDED]}
    asked = calls_of_entering(before).index("worker_answer") + 2
    cluster.meddling = {asked: lambda: cluster.by_name["c"].show(chosen)}
    one = window(cluster)
    said = f"Connector 'c' was {did} while it was being changed, by a person or by another run"
    with pytest.raises(Meddled, match=said):
        one.enter(["connect-1:8083"])
    assert one.leave("PAUSED" if chosen == "RUNNING" else "RUNNING") is None
    assert one.left_as == chosen
    assert cluster.writes == (["stop"] if before == "RUNNING" else [])


@pytest.mark.parametrize("before, chosen, did", [("RUNNING", "PAUSED", "paused"), ("PAUSED", "RUNNING", "resumed")])
def test_an_order_that_overtakes_the_stop_is_noticed_long_before_the_time_is_up(
    before: str, chosen: str, did: str
) -> None:
    cluster = cluster_in(before)
    ordered = calls_of_entering(before).index("stop") + 2
    cluster.meddling = {ordered: lambda: overtake(cluster, chosen)}
    one = window(cluster)
    with pytest.raises(Meddled, match=f"Connector 'c' was {did} while it was being changed"):
        one.enter(["connect-1:8083"])
    assert 15 < cluster.seconds < 16
    assert one.leave(before) is None
    assert one.left_as == chosen
    assert cluster.writes == ["stop"]


def test_an_order_that_the_stop_overtakes_is_none() -> None:
    cluster = cluster_in("RUNNING")
    cluster.delay_seconds = 12.0
    ordered = calls_of_entering("RUNNING").index("stop") + 2
    cluster.meddling = {ordered: lambda: cluster.by_name["c"].show("PAUSED")}
    window(cluster).enter(["connect-1:8083"])
    assert state(cluster) == "STOPPED"


def overtake(cluster: FakeCluster, state: str) -> None:
    """Of two orders that have not come into force yet the later one counts."""
    cluster.forget_orders()
    cluster.by_name["c"].show(state)


def calls_of_entering(state: str) -> list[str]:
    cluster = cluster_in(state)
    window(cluster).enter(["connect-1:8083"])
    return cluster.methods()


@pytest.mark.parametrize("chosen", ["RUNNING", "PAUSED"])
def test_a_state_that_somebody_has_chosen_before_the_return_is_left(chosen: str) -> None:
    cluster = cluster_in("RUNNING")
    one = window(cluster)
    one.enter([])
    one.demand_stopped()
    cluster.by_name["c"].show(chosen)
    with pytest.raises(Meddled):
        one.demand_stopped()
    status = one.leave("RUNNING")
    assert cluster.writes == ["stop"]
    assert (one.left_as, status is None) == ((None, False) if chosen == "RUNNING" else ("PAUSED", True))


def test_a_state_that_is_shown_for_a_moment_only_is_nobodys_choice() -> None:
    cluster = cluster_in("RUNNING")
    one = window(cluster)
    one.enter([])
    connector = cluster.by_name["c"]
    connector.show("RUNNING")
    cluster.meddling = {len(cluster.calls) + 3: lambda: connector.show("STOPPED")}
    one.demand_stopped()


def test_a_stop_whose_answer_was_lost_is_not_sent_again_when_it_comes_into_force() -> None:
    cluster = cluster_in("RUNNING")
    cluster.next_faults["stop"] = [Fault(UnknownOutcome("no answer"), acts=True)]
    one = window(cluster)
    one.enter([])
    assert cluster.writes == ["stop"]
    assert not one.stop_may_come_later


def test_a_stop_whose_answer_was_lost_is_sent_once_more_and_may_come_later_still() -> None:
    cluster = cluster_in("RUNNING")
    cluster.next_faults["stop"] = [Fault(UnknownOutcome("no answer"))]
    one = window(cluster)
    one.enter([])
    assert cluster.writes == ["stop", "stop"]
    one.leave("RUNNING")
    assert one.stop_may_come_later


def test_workers_beside_the_known_ones_are_settled_for_and_looked_for_again() -> None:
    cluster = FakeCluster(FakeConnector(), FakeConnector("d", worker="back:8083"))
    proof = window(cluster, may_be_incomplete=True).enter(["connect-1:8083"])
    assert proof == Proof(("connect-1:8083", "back:8083"), (), 10.0, may_be_incomplete=True)
    assert not proof.is_complete


@pytest.mark.parametrize(
    "urls, known, may_be_missing",
    [
        (["http://a:1"], {"a:1", "b:1"}, False),
        (["http://a:1", "http://b:1", "http://idle:1"], {"a:1", "b:1", "idle:1"}, False),
        (["https://connect.example.com"], {"a:1", "b:1"}, True),
        (["http://balancer:80"], {"a:1", "b:1", "balancer:80"}, True),
    ],
    ids=["one of two", "one without tasks", "a balancer without a port", "a balancer"],
)
def test_a_url_that_no_status_names_may_be_a_load_balancer(
    urls: list[str], known: set[str], may_be_missing: bool
) -> None:
    statuses = [Status("RUNNING", "a:1"), Status("RUNNING", "b:1", (Task(0, "RUNNING", "a:1"),))]
    connectors = [Connector.of("c", "source", {}, status) for status in statuses]
    assert known_workers(connectors, urls) == (frozenset(known), may_be_missing)


# Leaving


@pytest.mark.parametrize(
    "wanted, orders", [("RUNNING", ["resume"]), ("PAUSED", ["pause"]), ("STOPPED", [])], ids=["run", "pause", "stop"]
)
def test_the_connector_is_returned_to_its_state(wanted: str, orders: list[str]) -> None:
    cluster = cluster_in("STOPPED")
    status = window(cluster).leave(wanted)
    assert cluster.writes == orders
    assert (status.state if status else "STOPPED") == state(cluster) == wanted


@pytest.mark.parametrize("now", ["RUNNING", "PAUSED"])
def test_a_connector_that_was_never_stopped_here_is_left_alone(now: str) -> None:
    cluster = cluster_in(now)
    assert window(cluster).leave("RUNNING") is None
    assert cluster.calls == []


def test_a_stop_in_doubt_is_followed_by_the_return() -> None:
    cluster = cluster_in("RUNNING")
    cluster.next_faults["stop"] = [Fault(UnknownOutcome("no answer")), Fault(ConnectError("refused"))]
    one = window(cluster)
    with pytest.raises(ConnectError):
        one.enter([])
    assert one.stop_may_come_later
    one.leave("RUNNING")
    assert state(cluster) == "RUNNING"


REFUSED = [
    [ConnectError("status 500")],
    [ConnectError("status 429")],
    [ConnectError("status 503"), ConnectError("status 503")],
    [UnknownOutcome("the connection was closed"), UnknownOutcome("the connection was closed")],
    [AccessDenied("status 401")],
    [ConnectError("refused")] * 20,
]


@pytest.mark.parametrize("errors", REFUSED, ids=["500", "429", "503 twice", "dropped twice", "401", "for 20 s"])
@pytest.mark.parametrize("order", ["resume", "pause"])
def test_an_order_that_fails_is_repeated_with_pauses_while_time_remains(errors: list[Exception], order: str) -> None:
    cluster = cluster_in("STOPPED")
    cluster.next_faults[order] = [Fault(error) for error in errors]
    wanted = "RUNNING" if order == "resume" else "PAUSED"
    window(cluster).leave(wanted)
    assert cluster.writes == [order] * (len(errors) + 1)
    assert cluster.seconds >= len(errors)
    assert state(cluster) == wanted


def test_the_last_refusal_is_raised_at_the_deadline() -> None:
    cluster = cluster_in("STOPPED")
    cluster.broken["resume"] = ConnectError("status 500: no")
    with pytest.raises(ConnectError, match=r"^status 500: no$"):
        window(cluster).leave("RUNNING")
    assert 50 < len(cluster.writes) < 200
    assert cluster.remaining_seconds() == 0


def test_a_deleted_connector_is_not_ordered_again() -> None:
    cluster = cluster_in("STOPPED")
    one = window(cluster)
    del cluster.by_name["c"]
    with pytest.raises(NotFound):
        one.leave("RUNNING")
    assert cluster.writes == ["resume"]


@pytest.mark.parametrize("task_state", ["FAILED", "RUNNING"])
def test_the_status_after_the_return_shows_what_has_failed(task_state: str) -> None:
    cluster = cluster_in("STOPPED", task_state=task_state)
    status = window(cluster).leave("RUNNING")
    assert status is not None
    assert [task.state for task in status.tasks] == [task_state]


def test_a_connector_that_does_not_come_back_in_time_is_named_with_what_its_status_showed() -> None:
    cluster = cluster_in("STOPPED", task_state="UNASSIGNED")
    with pytest.raises(RecoveryError) as caught:
        window(cluster).leave("RUNNING")
    shown = "STOPPED without tasks, then RUNNING with task 0 UNASSIGNED on connect-1:8083"
    assert re.search(
        rf"did not become RUNNING with all its tasks in time\. Its status showed: {shown}\. Read", str(caught.value)
    )


def test_with_the_members_of_the_group_no_worker_is_missing_and_a_balancer_is_not_asked() -> None:
    connectors = [FakeConnector(worker="connect-1:8083")]
    read = FakeCluster(*connectors).connectors().values()
    assert known_workers(read, ["http://balancer:80"]) == ({"connect-1:8083", "balancer:80"}, True)
    members = frozenset({"connect-1:8083", "connect-2:8083"})
    assert known_workers(read, ["http://balancer:80"], members) == (members, False)
    # One that has left the group may still have a task.
    assert known_workers(read, [], frozenset({"connect-2:8083"})) == (members, False)
