# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan where any one call fails or is interrupted: nothing mixed is left, and the connector returns to its state."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.fake_cluster import Fault, Killed
from unit.operations.change.applied_run import (
    AFTER,
    BEFORE,
    NEW,
    OLD,
    ORDERS,
    SECRET,
    WRITES,
    Run,
    an_error,
    every_call,
)

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

# One call fails


@pytest.mark.parametrize("state, number, method, fault, acts", every_call("refused", "lost"))
def test_a_call_that_fails_leaves_nothing_mixed(state: str, number: int, method: str, fault: str, acts: bool) -> None:
    run = Run.of(state)
    run.cluster.faults = {number: Fault(an_error(fault), acts)}
    error = None
    try:
        run.apply()
    except RecoveryError as caught:
        error = caught
    if error is None:
        assert method in (*WRITES, "status", "config", "begin", "note_writes", "note_result"), (
            "what a later call makes good"
        )
    else:
        assert SECRET not in error.message + str(error.facts)
        made = [name for name in run.store.backups if method != "back_up"]
        assert error.facts.get("backup_file") in (made[-1:] or [None])
        told = ("status 500", "max.wait.ms of connector 'c' does not have the new value")
        assert any(words in error.message for words in told)
    if method == "end" or (method == "stop" and fault == "lost" and not acts):
        # The next run ends both; see the test of a stop in doubt.
        run.store.journal = None
        run.connector.config.pop(HOLD_KEY, None)
    if error is not None and "a worker may still " in error.message:
        assert (method, fault, acts) == ("patch_config", "lost", False)
        assert run.store.journal is not None
        run.store.journal = None
    run.assert_nothing_is_mixed()
    run.assert_the_result_is_true()


@pytest.mark.parametrize("state, number, method, fault, acts", every_call("ctrl-c", "exit"))
def test_an_interruption_at_any_call_returns_the_connector_to_its_state(
    state: str, number: int, method: str, fault: str, acts: bool
) -> None:
    run = Run.of(state)
    run.cluster.faults = {number: Fault(an_error(fault), acts)}
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run.apply()
    if method == "end":
        run.store.journal = None
    run.assert_nothing_is_mixed()
    run.assert_the_result_is_true()


@pytest.mark.parametrize("state, number, method, fault, acts", every_call("killed"))
def test_a_killed_run_leaves_its_journal_as_long_as_the_connector_is_not_back(
    state: str, number: int, method: str, fault: str, acts: bool
) -> None:
    run = Run.of(state)
    run.cluster.faults = {number: Fault(an_error(fault), acts)}
    with pytest.raises(Killed):
        run.apply()
    run.cluster.settle()
    run.assert_the_result_is_true()
    is_touched = (run.connector.state, run.connector.offsets, run.connector.config) != (state, BEFORE, OLD)
    is_done = (run.connector.state, run.connector.offsets, run.connector.config) == (state, AFTER, NEW)
    if is_touched and not is_done:
        assert run.store.journal is not None
        assert run.store.journal.prior_state == state
        assert run.store.backups[run.store.journal.backup_file].offsets == BEFORE


# Undoing


def half_done(run: Run) -> Fault:
    return Fault(an_error("refused"), instead=lambda: run.cluster.store("c", {ORDERS: {"id": 1}}))


def test_a_write_that_was_half_done_is_undone() -> None:
    run = Run.of("PAUSED")
    run.cluster.next_faults["alter_offsets"] = [half_done(run)]
    with pytest.raises(ConnectError):
        run.apply()
    run.assert_nothing_is_mixed()
    assert run.connector.offsets == BEFORE


def test_where_undoing_the_offsets_fails_the_backup_is_named_and_the_settings_are_undone() -> None:
    run = Run.of()
    run.cluster.next_faults["alter_offsets"] = [half_done(run), *[Fault(an_error("refused"))] * 5]
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    assert len(run.store.backups) == 1
    backup = next(iter(run.store.backups))
    assert "Undoing it failed as well: Kafka Connect failed at it (status 500): no." in caught.value.message
    assert caught.value.message.endswith(f"Restore the backup {backup} with the strategy restore.")
    assert caught.value.facts["backup_file"] == backup
    run.cluster.settle()
    assert (run.connector.config, run.connector.state) == (OLD, "RUNNING")


def test_where_both_undoings_fail_both_are_told_and_the_connector_is_back() -> None:
    run = Run.of()
    run.cluster.next_faults["alter_offsets"] = [half_done(run), *[Fault(an_error("refused"))] * 5]
    # After the mark and the settings.
    run.cluster.next_faults["patch_config"] = [
        None,
        None,
        *[Fault(ConnectError("Kafka Connect forbids it (status 403)."))] * 4,
    ]
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    both = "Kafka Connect failed at it (status 500): no. Kafka Connect forbids it (status 403)."
    assert f"as well: {both} Restore the backup" in caught.value.message
    run.cluster.settle()
    # Half of the change is there, which the next run must know.
    assert (run.connector.state, run.store.journal is None) == ("RUNNING", False)


@pytest.mark.parametrize("refused", [1, 3])
def test_an_undo_that_connect_refuses_is_made_again(refused: int) -> None:
    run = Run.of()
    run.cluster.next_faults["alter_offsets"] = [half_done(run), *[Fault(an_error("refused"))] * refused]
    run.cluster.next_faults["patch_config"] = [None, None, *[Fault(an_error("refused"))] * refused]
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    assert "Undoing it failed" not in caught.value.message
    run.assert_nothing_is_mixed()


def test_a_run_that_is_out_of_time_still_undoes_and_returns() -> None:
    run = Run.of()
    late = Fault(an_error("lost"), instead=lambda: run.cluster.sleep(1000))
    run.cluster.next_faults["alter_offsets"] = [late]
    with pytest.raises(RecoveryError, match="in time") as caught:
        run.apply()
    assert "so a worker may still " in caught.value.message
    assert run.store.journal is not None
    run.store.journal = None
    run.assert_nothing_is_mixed()


# The return


def test_where_the_return_fails_the_message_says_what_to_do_and_the_journal_stays() -> None:
    run = Run.of("PAUSED")
    run.cluster.broken["pause"] = an_error("refused")
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    assert caught.value.message == (
        "Kafka Connect failed at it (status 500): no. It was PAUSED before; if it is still STOPPED, run this task again, or "
        "send PUT /connectors/c/pause. The change of the plan was written and stays; the backup is"
        f" {next(iter(run.store.backups))}."
    )
    assert run.store.journal is not None
    assert run.connector.state == "STOPPED"
