# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset that a signal ends, and the run after one that was killed."""

from __future__ import annotations

import itertools
import json
import signal
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.fake_cluster import Fault, Killed
from unit.operations.tasks.reset_task import (
    AFTER,
    BEFORE,
    NEW,
    OLD,
    ORDERS,
    SECRET,
    Task,
    connector,
    count_calls,
)

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

# Signals


def interrupt() -> None:
    """What the arrival of SIGTERM does, in whichever thread; nothing while no connector is being changed."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(signal.SIGTERM, None)


def interrupted_at(task: Task, *numbers: int) -> None:
    """Let SIGTERM arrive right before the calls of these numbers, when connectors are being changed by then."""

    task.cluster.meddling = dict.fromkeys(numbers, interrupt)


def test_a_signal_at_any_call_leaves_all_or_nothing_of_the_change(tmp_path: Path) -> None:
    undone = []
    for number in itertools.count(1):
        task = Task(tmp_path / str(number), connector())
        interrupted_at(task, number)
        said = ""
        try:
            task()
        except RecoveryError as error:
            said = error.sentence
        if said:
            undone.append(number)
            assert "was interrupted (SIGTERM). It was undone" in said
        assert task.found() == ((BEFORE, OLD, "RUNNING") if said else (AFTER, NEW, "RUNNING"))
        assert not task.files("journal.json")
        if number > len(task.cluster.calls):
            break
    writing = [call.method for call in task.cluster.calls].index("alter_offsets") + 1
    # From the stop to the last reading of what was written; not on the way back.
    assert {writing - 1, writing, writing + 1} <= set(undone)
    assert max(undone) < [call.method for call in task.cluster.calls].index("resume") + 1


def test_a_second_signal_says_what_is_left_and_keeps_the_journal(task: Task) -> None:
    task()
    writing = task.cluster.methods().index("alter_offsets") + 1
    task = Task(task.folder.parent / "again", connector())
    interrupted_at(task, writing, writing + 2)
    with pytest.raises(RecoveryError) as caught:
        task()
    assert "was interrupted (SIGTERM). " in caught.value.sentence
    assert "The return of connector 'c' was interrupted as well (SIGTERM)" in caught.value.sentence
    assert "It was RUNNING before" in caught.value.sentence
    assert "PUT /connectors/c/resume" in caught.value.sentence
    assert task.found()[2] == "STOPPED"
    assert task.files("journal.json")
    task.cluster.restarted()
    task()
    assert task.found() == (AFTER, NEW, "RUNNING")


def test_a_second_signal_after_the_write_never_says_that_the_change_was_undone(tmp_path: Path) -> None:
    def twice() -> None:
        interrupt()
        interrupt()

    calls = count_calls(tmp_path / "counted", "RUNNING")
    for number in range(calls.index("resume") + 1, len(calls) + 1):
        task = Task(tmp_path / str(number), connector())
        task.cluster.meddling = {number: twice}
        errors = []
        try:
            task()
        except RecoveryError as error:
            errors.append(error)
        assert task.found()[:2] == (AFTER, NEW), number
        for error in errors:
            assert "It was undone" not in error.sentence, number
            assert "The change of the plan was written and stays" in error.sentence, number
            assert error.facts["changed"], number


def test_after_a_signal_no_other_connector_begins(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    task.cluster.next_faults["stop"] = [Fault(ConnectError("refused."), instead=interrupt)]
    with pytest.raises(RecoveryError) as caught:
        task()
    assert "'b' was interrupted (SIGTERM) before it began: nothing was changed." in caught.value.sentence
    assert task.cluster.methods("stop") == ["stop"]
    assert task.found("a") == task.found("b") == (BEFORE, OLD, "RUNNING")


# A journal that was left


def test_a_journal_that_cannot_be_read_is_one_connectors_problem(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"))
    file = task.journal("{", "a")
    with pytest.raises(RecoveryError) as caught:
        task()
    results = caught.value.facts["connectors"]
    assert results["a"]["msg"].startswith(f"The journal {file} cannot be read (not JSON)")
    assert task.found("a") == (BEFORE, OLD, "RUNNING")
    assert task.found("b") == (AFTER, NEW, "RUNNING")
    assert file.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED"])
def test_a_run_killed_at_any_call_is_finished_by_the_next(tmp_path: Path, state: str, acts: bool) -> None:
    methods = count_calls(tmp_path / "counted", state)
    assert "alter_offsets" in methods
    left_stopped = 0
    for number, method in enumerate(methods, start=1):
        task = Task(tmp_path / f"{number}", connector(state=state))
        task.cluster.faults = {number: Fault(Killed(), acts)}
        with pytest.raises(Killed):
            task()
        left_stopped += task.found()[2] == "STOPPED"
        task.cluster.restarted()
        task()
        assert task.found() == (AFTER, NEW, state), (number, method)
        assert task.files("journal*") == [], (number, method)
        texts = [file.read_text(encoding="utf-8") for file in task.files()]
        assert [text for text in texts if SECRET in text] == []
    assert left_stopped > 5


def test_a_connector_that_a_killed_run_left_stopped_is_returned_although_nothing_else_has_to_change(task: Task) -> None:
    number = count_calls(task.folder / "counted", "RUNNING").index("resume") + 1
    task.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        task()
    offsets, config, state = task.found()
    assert (offsets, without_hold(config), state) == (AFTER, NEW, "STOPPED")
    task.cluster.restarted()
    outcome = task()
    assert task.found() == (AFTER, NEW, "RUNNING")
    (warning,) = outcome.warnings
    assert warning.startswith("Connector 'c' has an unfinished change (plan ")
    assert warning.endswith("it will be returned to RUNNING.")


def test_the_plan_and_what_is_to_be_known_of_an_earlier_change_are_shown_before_anything_is_changed(task: Task) -> None:
    killed_before_the_resume(task)
    before = len(task.cluster.writes)
    task.cluster.by_name["c"].offsets = {ORDERS: {"id": 5}}
    task()
    assert {writes for writes, _line in task.shown[-8:]} == {before}
    text = " ".join(" ".join(line for _writes, line in task.shown).split())
    assert "strategy offset" in text
    assert "Connector 'c' has an unfinished change" in text
    assert len(task.cluster.writes) > before


def killed_before_the_resume(task: Task) -> None:
    """A run that was killed when all was written, and left the connector STOPPED."""
    number = count_calls(task.folder / "counted", task.cluster.by_name["c"].state).index("resume") + 1
    task.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        task()
    assert task.found()[2] == "STOPPED"
    task.cluster.restarted()


@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
@pytest.mark.parametrize("has_to_change", [True, False], ids=["something to change", "nothing to change"])
def test_a_state_that_a_person_has_chosen_since_is_kept_and_the_journal_ends(
    task: Task, state: str, has_to_change: bool
) -> None:
    killed_before_the_resume(task)
    task.cluster.by_name["c"].show(state)
    if has_to_change:
        task.cluster.by_name["c"].offsets = {ORDERS: {"id": 5}}
    outcome = task()
    assert task.found() == (AFTER, NEW, state)
    assert task.files("journal*") == []
    (warning,) = outcome.warnings
    assert warning.startswith("Connector 'c' has an unfinished change (plan ")
    assert warning.endswith(f"it is {state} now, and stays so.")


def test_check_mode_keeps_the_journal_of_a_connector_that_a_person_has_paused(task: Task) -> None:
    killed_before_the_resume(task)
    task.cluster.by_name["c"].show("PAUSED")
    task(check_mode=True)
    assert len(task.files("journal*")) == 1
    assert task.cluster.writes == []


def test_a_connector_that_is_not_assigned_to_a_worker_is_still_returned_to_its_state(task: Task) -> None:
    """The state of a killed run's connector is UNASSIGNED while its worker is lost: nobody has chosen that."""
    task.cluster.by_name["c"].show("PAUSED")
    task.journal(
        json.dumps(
            {
                "format": 1,
                "cluster_id": "kafka-1",
                "connector": "c",
                "plan_id": "p",
                "prior_state": "PAUSED",
                "backup_file": "b",
            }
        )
    )
    task.cluster.by_name["c"].show("UNASSIGNED")
    assert task(check_mode=True).result["connectors"]["c"]["plan"]["final_state"] == "PAUSED"
