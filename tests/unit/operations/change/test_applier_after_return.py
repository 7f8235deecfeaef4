# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan: what is found once the connector has returned, and the undoing of what its task cannot work with."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.fake_cluster import WORKER, Fault, Killed
from unit.operations.change.applied_run import (
    AFTER,
    BEFORE,
    BILLS,
    EVIDENCE,
    NEW,
    OLD,
    ORDERS,
    SECRET,
    Run,
    an_error,
    calls_of_a_run,
)

# What cannot be read or returned once the change was made


@pytest.mark.parametrize("method", ["config", "offsets"])
def test_a_change_that_cannot_be_read_at_the_end_is_not_taken_for_undone(method: str) -> None:
    done = Run.of()
    done.apply()
    last = max(number for number, call in enumerate(done.cluster.calls, 1) if call.method == method)
    run = Run.of()
    run.cluster.faults[last] = Fault(ConnectError("GET failed (status 500)."))
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    (backup,) = list(run.store.backups)
    assert caught.value.message == (
        f"GET failed (status 500). The change of the plan was written and stays; the backup is {backup}."
    )
    assert caught.value.facts["changed"] is True
    assert (run.connector.offsets, run.connector.config, run.connector.state) == (AFTER, NEW, "RUNNING")
    assert run.store.results == {backup: "done"}


def test_a_change_after_which_the_connector_cannot_be_returned_says_that_it_stays() -> None:
    run = Run.of()
    run.cluster.broken["resume"] = ConnectError("PUT refused (status 500).")
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    assert "if it is still STOPPED, run this task again" in caught.value.message
    assert "The change of the plan was written and stays" in caught.value.message
    assert caught.value.facts["changed"] is True
    assert (run.connector.offsets, run.connector.state) == (AFTER, "STOPPED")


# A task that fails after the return

TRACE = "org.apache.kafka.connect.errors.ConnectException: no position 1"


def bad_offset(offsets: Mapping[Partition, Offset | None]) -> str | None:
    return TRACE if offsets.get(ORDERS) == {"id": 1} else None


def test_an_offset_that_kills_the_task_is_undone_and_the_cause_and_the_backup_are_named() -> None:
    run = Run.of(trace=bad_offset)
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    (backup,) = list(run.store.backups)
    assert caught.value.message == (
        f"Connector 'c' was resumed, but task 0 FAILED ({TRACE}). The change was undone, and the connector was resumed as it was"
        f" before; its backup is {backup}. Choose another offset or setting."
    )
    assert caught.value.facts == {"backup_file": backup}
    run.assert_nothing_is_mixed()
    assert (run.connector.offsets, run.connector.config) == (BEFORE, OLD)
    assert [task.state for task in run.connector.tasks] == ["RUNNING"]
    assert run.cluster.methods("stop", "worker_answer", "resume") == ["stop", "worker_answer", "resume"] * 2
    # What was written back is not progress of the connector either.
    assert {write.partition: write.offset for write in run.store.own_writes()} == BEFORE


def test_a_task_that_fails_again_after_the_undoing_is_not_as_it_was_before() -> None:
    run = Run.of(trace=lambda offsets: TRACE)
    with pytest.raises(
        RecoveryError, match=r"The change was undone, but task 0 FAILED again: read the worker's log"
    ) as caught:
        run.apply()
    assert caught.value.facts["changed"]
    assert (run.connector.offsets, run.connector.config) == (BEFORE, OLD)


def test_no_secret_of_a_trace_is_shown() -> None:
    run = Run.of(trace=lambda offsets: bad_offset(offsets) and f"cannot log in with {SECRET}")
    with pytest.raises(RecoveryError, match=r"FAILED \(cannot log in with ") as caught:
        run.apply()
    assert SECRET not in caught.value.message


def test_a_task_that_fails_as_before_keeps_the_change_and_is_not_stopped_again() -> None:
    run = Run.of(trace=lambda offsets: TRACE)
    run.connector.tasks = (Task(0, "FAILED", WORKER, TRACE),)
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    (backup,) = list(run.store.backups)
    assert caught.value.message == (
        f"Connector 'c' was resumed, but task 0 FAILED ({TRACE}), as before the change. The change stays: remove the cause, then"
        f" restart the connector. The backup is {backup}."
    )
    assert caught.value.facts == {"changed": True, "backup_file": backup}
    assert (run.connector.offsets, run.store.journal) == (AFTER, None)
    assert run.cluster.writes.count("stop") == 1


def test_a_task_that_failed_before_for_another_reason_gets_its_offsets_back() -> None:
    run = Run.of(trace=bad_offset)
    run.connector.tasks = (Task(0, "FAILED", WORKER, "another reason"),)
    with pytest.raises(RecoveryError, match="The change was undone"):
        run.apply()
    assert run.connector.offsets == BEFORE


def test_where_the_undoing_fails_the_backup_is_named_and_the_connector_runs() -> None:
    run = Run.of(trace=bad_offset)
    run.cluster.next_faults["alter_offsets"] = [None, *[Fault(an_error("refused"))] * 5]
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    (backup,) = list(run.store.backups)
    assert "Undoing the change failed: Kafka Connect failed at it (status 500): no." in caught.value.message
    assert caught.value.message.endswith(f"Restore the backup {backup} with the strategy restore.")
    assert caught.value.facts["changed"] is True
    run.cluster.settle()
    assert (run.connector.state, run.store.journal is None) == ("RUNNING", False)


def test_a_run_killed_while_it_undoes_leaves_its_journal() -> None:
    run = Run.of(trace=bad_offset)
    run.cluster.next_faults["stop"] = [None, Fault(Killed(), acts=True)]
    with pytest.raises(Killed):
        run.apply()
    run.cluster.settle()
    assert run.connector.state == "STOPPED"
    assert run.store.journal is not None
    assert run.store.journal.prior_state == "RUNNING"


def test_an_interruption_while_it_undoes_does_not_leave_the_connector_stopped() -> None:
    run = Run.of(trace=bad_offset)
    run.cluster.next_faults["stop"] = [None, Fault(KeyboardInterrupt(), acts=True)]
    with pytest.raises(KeyboardInterrupt):
        run.apply()
    run.cluster.settle()
    assert (run.connector.state, run.store.journal) == ("RUNNING", None)


@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_a_connector_that_does_not_run_is_not_watched(state: str) -> None:
    run = Run.of(state, trace=bad_offset)
    run.apply()
    assert run.connector.offsets == AFTER


# The look after the return


def comes_back_to(run: Run, offsets: Mapping[Partition, Offset]) -> None:
    run.connector.on_resumed = lambda: run.cluster.store("c", offsets)


def test_a_quiet_source_that_reads_to_its_end_again_was_not_overwritten() -> None:
    """Every worker has confirmed that its task had ended, so nothing but the connector can have stored it."""
    run = Run.of()
    comes_back_to(run, {BILLS: {"id": 7}})
    assert run.apply().evidence == EVIDENCE | {"offsets_kept": 1, "offsets_read_to_end": 1}


def test_without_the_proof_of_every_worker_an_offset_that_is_back_was_overwritten() -> None:
    run = Run.of()
    run.cluster.worker_answers = {WORKER: [WorkerAnswer("unreachable")]}
    comes_back_to(run, {BILLS: {"id": 7}})
    with pytest.raises(RecoveryError, match=r"offsets of table=bills of connector 'c' were overwritten by a task"):
        run.apply()


@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_an_offset_that_is_back_although_the_connector_does_not_run_was_overwritten(state: str) -> None:
    run = Run.of(state)
    last_look = len(calls_of_a_run(state)) - 1
    run.cluster.meddling = {last_look: lambda: run.cluster.store("c", {BILLS: {"id": 7}})}
    with pytest.raises(RecoveryError, match=r"were overwritten by a task"):
        run.apply()


def test_a_setting_that_was_put_back_after_the_return_is_no_success() -> None:
    run = Run.of()
    calls = calls_of_a_run("RUNNING")
    last_look = len(calls) - calls[::-1].index("config")
    run.cluster.meddling = {last_look: lambda: run.connector.config.update(OLD)}
    with pytest.raises(
        RecoveryError, match=r"max\.wait\.ms of connector 'c' no longer has the value that was written"
    ) as caught:
        run.apply()
    assert caught.value.facts["changed"] is True


def test_an_offset_that_has_moved_on_is_a_good_sign() -> None:
    run = Run.of()
    comes_back_to(run, {ORDERS: {"id": 2}})
    assert run.apply().evidence == EVIDENCE | {"offsets_kept": 1, "offsets_moved_on": 1}
