# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan: the order of its steps, what moved before the window, and what is written meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import with_own_writes
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.fake_cluster import Fault, Killed
from unit.operations.change.applied_run import (
    AFTER,
    BEFORE,
    BILLS,
    EVIDENCE,
    NEW,
    NOW,
    OLD,
    ORDERS,
    SECRET,
    STATES,
    STORE,
    WRITES,
    Run,
    calls_of_a_run,
)

# A run without faults


@pytest.mark.parametrize("state", STATES)
def test_a_person_sees_a_line_for_each_step(state: str) -> None:
    run = Run.of(state)
    applied = run.apply()
    changed = len(applied.planned.plan.offsets)
    assert run.shown == [
        (state, f"c: backed up {len(BEFORE)} offsets to {applied.backup_file}"),
        (
            state,
            (
                f"c: stopping; if this run is killed, run it again without a plan id: that returns the connector to {state} "
                "(from another machine only after 06:07Z)"
            ),
        ),
        ("STOPPED", "c: STOPPED, its tasks have ended"),
        ("STOPPED", f"c: 1 setting and {changed} offsets written and read back"),
        (state, "c: left STOPPED" if state == "STOPPED" else f"c: {state} again"),
    ]


@pytest.mark.parametrize("state", STATES)
def test_the_plan_is_carried_out_and_the_connector_is_back_in_its_state(state: str) -> None:
    run = Run.of(state)
    applied = run.apply()
    run.assert_nothing_is_mixed()
    assert run.connector.offsets == AFTER
    assert run.connector.config == NEW
    assert applied.evidence == EVIDENCE | {"offsets_kept": 2}
    assert run.store.backups[applied.backup_file].offsets == BEFORE


def test_the_steps_come_in_this_order() -> None:
    run = Run.of()
    run.apply()
    steps = run.cluster.methods(*WRITES, *STORE, "worker_answer")
    writes = ["patch_config", "note_writes", "alter_offsets", "note_writes"]
    # The mark comes right after the stop and goes right before the return, which the journal notes.
    mark = "patch_config"
    assert steps == [
        "back_up",
        "begin",
        "stop",
        mark,
        "begin",
        "worker_answer",
        *writes,
        "begin",
        mark,
        "resume",
        "end",
    ]
    marks = [call.arguments[1][HOLD_KEY] for call in run.cluster.calls if HOLD_KEY in str(call.arguments)]
    assert [mark is None for mark in marks] == [False, True]
    # Read again between the proof and the first write, and once more after the end.
    methods = run.cluster.methods()
    assert "offsets" in methods[methods.index("worker_answer") : methods.index("note_writes")]
    assert methods[-2:] == ["offsets", "note_result"]


def test_the_backup_says_what_is_changed_and_what_became_of_it() -> None:
    run = Run.of("PAUSED")
    run.apply()
    (name,) = list(run.store.backups)
    backup = run.store.backups[name]
    assert backup.change is not None
    assert (backup.change.state, backup.change.final_state) == ("PAUSED", "PAUSED")
    assert {one.key: (one.before, one.after) for one in backup.change.settings} == {"max.wait.ms": ("1000", "3600000")}
    assert {one.partition: one.after for one in backup.change.offsets if one.after is not None} == AFTER
    assert run.store.results == {name: "done"}


def backup_of_another_run() -> Backup:
    run = Run.of()
    run.apply()
    (backup,) = run.store.backups.values()
    return replace(backup, plan_id="0123456789ab", made_by="ann@control-2")


@pytest.mark.parametrize("returned_after_seconds, is_named", [(1.0, True), (-60.0, False)])
def test_another_run_that_has_returned_the_connector_meanwhile_is_named(
    returned_after_seconds: float, is_named: bool
) -> None:
    run = Run.of()
    run.store.backups["/backups/theirs.json"] = backup_of_another_run()
    run.store.returned["/backups/theirs.json"] = NOW + returned_after_seconds
    proof = calls_of_a_run("RUNNING").index("worker_answer") + 1
    run.cluster.meddling = {proof: lambda: run.connector.show("RUNNING")}
    with pytest.raises(
        RecoveryError, match="was resumed while it was being changed, by a person or by another run"
    ) as caught:
        run.apply()
    name = "another run (plan 0123456789ab of 2026-11-23 06:00Z by ann@control-2, which has returned it)"
    assert (name in caught.value.message) == is_named


def test_of_two_backups_of_one_change_the_second_one_counts() -> None:
    run = Run.of()
    moved_in_the_window(run, {"id": 6})
    run.apply()
    first, second = list(run.store.backups)
    assert run.store.results == {first: "replaced", second: "done"}


def test_a_change_that_is_undone_after_the_return_is_kept_as_undone() -> None:
    run = Run.of(trace=lambda offsets: "cannot read it" if offsets == AFTER else None)
    with pytest.raises(RecoveryError, match="The change was undone"):
        run.apply()
    assert set(run.store.results.values()) == {"undone"}


def test_no_secret_is_in_the_backup() -> None:
    run = Run.of()
    run.apply()
    assert [name for name, backup in run.store.backups.items() if SECRET in str(backup.as_data())] == []


# What moved before the window


def moved_in_the_window(run: Run, offset: Offset) -> None:
    run.connector.on_stopped = lambda: run.cluster.store("c", {ORDERS: offset})


def test_what_the_task_committed_at_its_end_is_planned_again_and_backed_up_again() -> None:
    run = Run.of()
    moved_in_the_window(run, {"id": 6})
    applied = run.apply()
    run.assert_nothing_is_mixed()
    assert run.connector.offsets == AFTER
    assert {change.partition: change.before for change in applied.planned.plan.offsets} == {**BEFORE, ORDERS: {"id": 6}}
    assert len(run.store.backups) == 2
    assert run.store.backups[applied.backup_file].offsets == {**BEFORE, ORDERS: {"id": 6}}
    steps = run.cluster.methods(*WRITES, "back_up", "begin", "end")
    assert steps == [
        *("back_up", "begin", "stop", "patch_config", "begin", "back_up", "begin"),
        *("patch_config", "alter_offsets", "begin", "patch_config", "resume", "end"),
    ]


@pytest.mark.parametrize("offset", [{"id": 6}, {"id": 5.0}], ids=["another value", "another type"])
def test_an_agreed_plan_that_does_not_fit_any_more_is_refused_and_what_moved_is_named(offset: Offset) -> None:
    run = Run.of()
    run.agreed = "shown"
    moved_in_the_window(run, offset)
    with pytest.raises(RecoveryError) as caught:
        run.apply()
    moved = f"the offset of table=orders moved from id=5 to id={offset['id']}. Nothing was changed"
    assert f"does not fit any more: {moved}" in caught.value.message
    assert caught.value.facts["plan"]["id"] in caught.value.message
    run.cluster.settle()
    assert run.connector.offsets == {**BEFORE, ORDERS: offset}
    assert run.connector.config == OLD
    assert (run.connector.state, run.store.journal) == ("RUNNING", None)
    assert run.cluster.writes == ["stop", "patch_config", "patch_config", "resume"]


def test_an_agreed_plan_that_fits_is_carried_out() -> None:
    run = Run.of()
    run.agreed = "shown"
    run.apply()
    assert run.connector.offsets == AFTER


def test_somebody_who_changes_a_setting_in_the_window_keeps_the_change() -> None:
    run = Run.of()
    # After the plan was decided again, before the writer reads the config.
    just_before = calls_of_a_run("RUNNING").index("note_writes") - 8
    run.cluster.meddling = {just_before: lambda: run.connector.config.update(NEW)}
    with pytest.raises(RecoveryError, match=r"Somebody else has changed max\.wait\.ms"):
        run.apply()
    run.cluster.settle()
    assert (run.connector.offsets, run.connector.config, run.connector.state) == (BEFORE, NEW, "RUNNING")


# What was written, and what Connect says about it


def test_what_was_written_is_known_later_by_its_value_and_the_time_of_the_window() -> None:
    run = Run.of()
    run.apply()
    (at_once,) = with_own_writes([StoredOffset(ORDERS, {"id": 1}, NOW + 2)], run.store.own_writes())
    (later,) = with_own_writes([StoredOffset(ORDERS, {"id": 1}, NOW + 3600)], run.store.own_writes())
    (other,) = with_own_writes([StoredOffset(ORDERS, {"id": 2}, NOW + 2)], run.store.own_writes())
    assert at_once.reset_at is not None
    assert NOW < at_once.reset_at < NOW + 10
    assert (later.reset_at, other.reset_at) == (None, None)


def test_the_write_is_noted_before_it_is_made() -> None:
    run = Run.of()
    run.cluster.next_faults["alter_offsets"] = [Fault(Killed(), acts=True)]
    with pytest.raises(Killed):
        run.apply()
    assert {write.partition: (write.offset, write.ended) for write in run.store.own_writes()} == {
        ORDERS: ({"id": 1}, None),
        BILLS: (None, None),
    }


def test_what_connect_says_about_offsets_kept_elsewhere_is_passed_on() -> None:
    run = Run.of()
    run.cluster.says = "Altered. However, if this connector manages offsets externally, they must be altered there."
    assert run.apply().remarks == (run.cluster.says,)


def test_that_all_is_well_is_no_remark() -> None:
    assert Run.of().apply().remarks == ()
