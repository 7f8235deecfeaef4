# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reset of several connectors: plans that were agreed to, and changes side by side."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import ConfigMark
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.meeting import Meeting, Meetings
from lab.waiting import LIMIT_SECONDS
from unit import fake_cluster
from unit.fake_cluster import Fault, Killed
from unit.operations.tasks.reset_task import (
    AFTER,
    BEFORE,
    NEW,
    OLD,
    ORDERS,
    Task,
    connector,
    count_calls,
)

# Several plans that were agreed to


FLOOR: dict[str, Any] = {"config": {}, "at_least": {"max.wait.ms": "60m"}}


def two(folder: Path) -> tuple[Task, dict[str, Any]]:
    """A task on two connectors, and what it returned in check mode."""
    task = Task(folder / "backups", connector("a"), connector("b"))
    return task, task(check_mode=True, **FLOOR).result


def test_the_agreed_plans_are_carried_out_and_one_that_has_moved_is_refused_by_name(tmp_path: Path) -> None:
    task, shown = two(tmp_path)
    plans = {name: one["plan"] for name, one in shown["connectors"].items()}
    assert shown["plan_ids"] == {name: plan["id"] for name, plan in plans.items()}
    task.cluster.by_name["a"].offsets[ORDERS] = {"id": 6}
    # What is asked for is in the plans.
    for agreed in (
        {"plan_ids": shown["plan_ids"], **FLOOR},
        {"agreed_plans": plans, "strategy": "continue", "offset": None},
    ):
        for check_mode in (True, False):
            with pytest.raises(RecoveryError) as caught:
                task(check_mode=check_mode, **{"config": {}, **agreed})
            results = caught.value.facts["connectors"]
            assert results["a"]["failed"]
            assert "failed" not in results["b"]
        assert task.found("a") == ({ORDERS: {"id": 6}}, OLD, "RUNNING")
        assert task.found("b") == (AFTER, NEW, "RUNNING")
    assert "the offset of table=orders moved from id=5 to id=6" in results["a"]["msg"]


def test_a_connector_whose_plan_was_not_agreed_to_is_never_touched(tmp_path: Path) -> None:
    task, shown = two(tmp_path)
    with pytest.raises(RecoveryError) as caught:
        task(plan_ids={"a": shown["plan_ids"]["a"]}, **FLOOR)
    assert "Connector 'b' has no agreed plan, so it was not changed" in caught.value.message
    assert task.found("a") == (AFTER, NEW, "RUNNING")
    assert task.found("b") == (BEFORE, OLD, "RUNNING")


def test_an_agreed_connector_that_needs_nothing_by_now_is_said_to_and_changes_nothing(task: Task) -> None:
    plan_id = task(check_mode=True).result["plan_ids"]["c"]
    task(plan_id=plan_id)
    task.cluster.restarted()
    again = task(plan_id=plan_id).result
    assert (again["changed"], again["plan_ids"], task.cluster.writes) == (False, {}, [])
    assert f"Plan {plan_id} was agreed to, and nothing is left to change" in " ".join(again["preview"])
    # Not for another request, of which nobody can say that it was agreed to.
    with pytest.raises(RecoveryError, match="was made for another connector, strategy, partitions or settings"):
        task(plan_id=plan_id, strategy="continue", offset=None)


def test_an_agreed_change_that_was_killed_is_finished_under_the_same_id(tmp_path: Path) -> None:
    methods = count_calls(tmp_path / "counted", "RUNNING")
    for method in ("worker_answer", "resume"):
        task = Task(tmp_path / method)
        plan_id = task(check_mode=True).result["plan_ids"]["c"]
        counted = len(task.cluster.calls)
        task.cluster.faults = {counted + methods.index(method) + 1: Fault(Killed())}
        with pytest.raises(Killed):
            task(plan_id=plan_id)
        assert task.found()[2] == "STOPPED"
        task.cluster.restarted()
        task(plan_id=plan_id)
        assert task.found() == (AFTER, NEW, "RUNNING"), method


def test_after_one_that_fails_the_others_still_get_their_turn(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"), connector("d"))
    task.cluster.next_faults["alter_offsets"] = [None, Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError) as caught:
        task()
    results = caught.value.facts["connectors"]
    assert {name: one.get("failed", False) for name, one in results.items()} == {"a": False, "b": True, "d": False}
    assert [task.found(name) for name in "abd"] == [
        (AFTER, NEW, "RUNNING"),
        (BEFORE, OLD, "RUNNING"),
        (AFTER, NEW, "RUNNING"),
    ]
    # The backup of the one that failed can be found from the result as well.
    assert Path(results["b"]["backup_file"]).is_file()
    assert caught.value.facts["changed"]


# Side by side


def test_every_connector_has_the_whole_time_for_itself(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", *(connector(name) for name in "abcdefgh"))
    task.cluster.restarted(timeout_seconds=12.0)
    task.cluster.delay_seconds = 4.0
    # Each takes more than 8 seconds, for its stop and its return.
    task(timeout=12.0)
    assert task.cluster.seconds > 8 * 8.0
    assert all(task.found(name) == (AFTER, NEW, "RUNNING") for name in "abcdefgh")


def test_every_plan_has_the_whole_time_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(tmp_path / "backups", *(connector(name) for name in "abcdefgh"))
    task.cluster.restarted(timeout_seconds=12.0)
    monkeypatch.setattr(fake_cluster, "CALL_SECONDS", 1.0)
    planned = task(check_mode=True, timeout=12.0).result
    assert task.cluster.seconds > 2 * 12.0
    assert len(planned["plan_ids"]) == 8


def test_the_cluster_is_read_once_for_all_connectors(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", *(connector(name) for name in "abc"))
    task()
    assert task.cluster.methods("root", "connectors") == ["root", "connectors"]


def test_all_plans_are_made_before_the_first_connector_is_stopped(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    with pytest.raises(RecoveryError, match='connector "nobody" was not found'):
        task(connectors=["a", "nobody", "b"])
    methods = task.cluster.methods()
    last_plan = max(index for index, method in enumerate(methods) if method == "validate")
    assert last_plan < methods.index("stop")


def test_connectors_that_are_changed_together_are_told_of_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(6)]
    task = Task(tmp_path / "backups", *map(connector, names))
    result = task(at_once=6, connectors=names).result
    assert list(result["connectors"]) == names
    assert [diff["before_header"] for diff in result["diff"]] == [f"{name} (now)" for name in names]
    assert all(task.found(name) == (AFTER, NEW, "RUNNING") for name in names)


def test_all_are_looked_at_for_the_last_time_before_the_first_one_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read after that waits for the rebalance that the stop begins."""
    names = ["early", "earlier", "late"]
    task = Task(tmp_path / "backups", *map(connector, names))
    waiting, stops_before, late = threading.Semaphore(0), [], []
    begin, look, wait = FolderStore.begin, ConfigMark.look, Meeting.wait

    def begins(store: FolderStore, journal: Journal) -> None:
        # The first journal of the late one comes when the others wait.
        if "late" in journal.backup_file and not late:
            late.append(journal)
            for _other in range(2):
                assert waiting.acquire(timeout=LIMIT_SECONDS)
        begin(store, journal)

    def waits(meeting: Meeting, name: str, check: Callable[[], None]) -> None:
        waiting.release()
        wait(meeting, name, check)

    def looks(mark: ConfigMark) -> None:
        stops_before.append(task.cluster.methods().count("stop"))
        look(mark)

    monkeypatch.setattr(FolderStore, "begin", begins)
    monkeypatch.setattr(Meeting, "wait", waits)
    monkeypatch.setattr(ConfigMark, "look", looks)
    # A thread that has to wait for a processor must not make another look, as one does whose look is too old.
    monkeypatch.setattr(f"{ConfigMark.__module__}._FRESH_SECONDS", math.inf)
    task(at_once=len(names), connectors=names)
    # Before the journal, and before the stop.
    assert stops_before == [0] * 2 * len(names)


def test_all_remove_their_marks_before_the_first_one_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is removed after that waits for the rebalance that the return begins."""
    names = ["early", "earlier", "late"]
    task = Task(tmp_path / "backups", *map(connector, names))
    waiting, returned_by_then = threading.Semaphore(0), []
    release, wait = ConfigMark.release, Meetings.before_return

    def releases(mark: ConfigMark) -> str | None:
        # The late one removes its mark when the others wait.
        for _other in range(2 if mark._connector == "late" else 0):
            assert waiting.acquire(timeout=LIMIT_SECONDS)
        returned_by_then.append(task.cluster.methods().count("resume"))
        return release(mark)

    def waits(meetings: Meetings, name: str, check: Callable[[], None]) -> None:
        waiting.release()
        wait(meetings, name, check)

    monkeypatch.setattr(ConfigMark, "release", releases)
    monkeypatch.setattr(Meetings, "before_return", waits)
    task(at_once=len(names), connectors=names)
    assert returned_by_then == [0] * len(names)


def test_those_that_wait_for_a_state_ask_together_and_each_asks_alone_before_it_writes(tmp_path: Path) -> None:
    names = ["a", "b"]
    task = Task(tmp_path / "backups", *map(connector, names))
    task(at_once=2, connectors=names)
    # Each alone: before the stop, before each of its two writes, before the return.
    assert len(task.cluster.methods("status")) == 4 * len(names)
    # Together, in pairs as a rule: for the plan, once more after its offsets, in the window.
    assert 3 <= len(task.cluster.methods("some_connectors")) <= 3 * len(names)
    assert task.cluster.methods("statuses")
