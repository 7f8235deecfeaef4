# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan: the order of its steps, and what is left when any one of them fails or is interrupted.

The calls at which something fails are not chosen by hand: each run without a fault says which calls there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite, with_own_writes
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    Plan,
    final_state_of,
    offset_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import RestOffsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector
from unit.fake_cluster import WORKER, FakeCluster, FakeConnector, Fault, Killed

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdef"
ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
TARGETS: dict[Partition, Offset | None] = {ORDERS: {"id": 1}, BILLS: None}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
NEW = {**OLD, "max.wait.ms": "3600000"}
WRITES = ("put_config", "patch_config", "stop", "pause", "resume", "alter_offsets")
STORE = ("back_up", "begin", "note_writes", "end")
STATES = ("RUNNING", "PAUSED", "STOPPED")
EVIDENCE = {"settings_kept": 1, "offsets_kept": 0, "offsets_moved_on": 0, "offsets_caught_up": 0}


class Store:
    """A :class:`BackupStore` in memory, whose calls are numbered together with those of the cluster."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self.backups: dict[str, Backup] = {}
        self.journal: Journal | None = None
        self.written: dict[Partition, OwnWrite] = {}
        self.results: dict[str, ChangeResult] = {}
        # When the changes of other runs have returned the connector, by their backups.
        self.returned: dict[str, float] = {}

    def back_up(self, backup: Backup) -> str:
        name = f"/backups/{backup.plan_id}.json"

        def act() -> str:
            self.backups[name] = backup
            return name

        return self._cluster.call("back_up", act, is_remote=False)

    def list(self) -> tuple[BackupEntry, ...]:
        return tuple(BackupEntry(name, one.taken_at, one.plan_id, 0) for name, one in self.backups.items())

    def read(self, name: str, *, any_cluster: bool = False) -> Backup:
        return self.backups[name]

    def note_result(self, name: str, result: ChangeResult, returned_at: float | None = None) -> None:
        self._cluster.call("note_result", lambda: self.results.update({name: result}), is_remote=False)

    def result(self, name: str) -> ChangeResult | None:
        return self.results.get(name)

    def returned_at(self, name: str) -> float | None:
        return self.returned.get(name)

    def begin(self, journal: Journal) -> None:
        self._cluster.call("begin", lambda: setattr(self, "journal", journal), is_remote=False)

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        self._cluster.call(
            "note_writes", lambda: self.written.update({one.partition: one for one in writes}), is_remote=False
        )

    def own_writes(self) -> tuple[OwnWrite, ...]:
        return tuple(self.written.values())

    def current(self) -> Journal | None:
        return self.journal

    def end(self) -> None:
        self._cluster.call("end", lambda: setattr(self, "journal", None), is_remote=False)


@dataclass
class Run:
    """One connector that is to be changed, and what became of it."""

    cluster: FakeCluster
    store: Store
    prior: str
    agreed: str | None = None
    # Each line that was shown, with the state in which the connector was by then.
    shown: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, state: str = "RUNNING", **fields: Any) -> Run:
        connector = FakeConnector(config=dict(OLD), offsets=dict(BEFORE), state=state, **fields)
        cluster = FakeCluster(connector)
        return cls(cluster, Store(cluster), state)

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def assert_the_result_is_true(self) -> None:
        """What is kept of the change is what has become of it; nothing is kept where that is not known."""
        made = {"done": (AFTER, NEW), "undone": (BEFORE, OLD)}
        for name, result in self.store.results.items():
            assert result == "replaced" or made[result] == (self.connector.offsets, self.connector.config), name

    def apply(self) -> Applied:
        connector = read_connector(self.cluster, "c", with_offsets=True)
        planned = self._plan(connector)
        self.cluster.calls.clear()
        window = StopWindow(self.cluster, connector, 10.0, self.cluster.sleep)
        applier = Applier(
            self.cluster,
            self.store,
            window,
            lambda: read_connector(self.cluster, "c", with_offsets=True),
            self._plan,
            lambda plan: RestOffsets(self.cluster, plan.connector, self.cluster.sleep),
            cluster_id="kafka-1",
            clock=lambda: NOW + self.cluster.seconds,
            sleep=self.cluster.sleep,
            progress=lambda line: self.shown.append((self.connector.state, line)),
        )
        agreed = planned.plan.id if self.agreed == "shown" else self.agreed
        return applier.apply(connector, planned, frozenset({WORKER}), agreed)

    def _plan(self, read: Connector) -> Planned:
        wait = SettingChange("max.wait.ms", read.config["max.wait.ms"], "3600000", secret=False)
        plan = Plan(
            cluster="eu-1",
            cluster_id="kafka-1",
            connector="c",
            strategy="offset",
            state=read.state,
            final_state=final_state_of(read, self.prior),
            settings=(wait,) if wait.before != wait.after else (),
            offsets=offset_changes(read.stored, TARGETS),
            presumed=read.stored,
        )
        return Planned(plan, (), None, frozenset())

    def assert_nothing_is_mixed(self) -> None:
        """All is as before, or all is as planned; the connector is in its state, and nobody is told of an unfinished change."""
        self.cluster.settle()
        found = self.connector.offsets, self.connector.config
        assert found in ((BEFORE, OLD), (AFTER, NEW))
        assert self.connector.state == self.prior
        assert self.store.journal is None


def calls_of_a_run(state: str) -> list[str]:
    run = Run.of(state)
    run.apply()
    return run.cluster.methods()


def every_call(*faults: str) -> list[Any]:
    """Every call of a run from every state, with every kind of fault that can befall it."""
    found = []
    for state in STATES:
        for number, method in enumerate(calls_of_a_run(state), start=1):
            for fault in faults:
                if fault == "lost" and method not in WRITES:
                    continue
                for acts in (False, True):
                    name = f"{state}-{number}-{method}-{fault}-{'after' if acts else 'before'}"
                    found.append(pytest.param(state, number, method, fault, acts, id=name))
    return found


def an_error(fault: str) -> BaseException:
    errors: dict[str, BaseException] = {
        "refused": ConnectError("Kafka Connect failed at it (status 500): no."),
        "lost": UnknownOutcome("It was sent, and whether it was done is not known."),
        "ctrl-c": KeyboardInterrupt(),
        "exit": SystemExit(1),
        "killed": Killed(),
    }
    return errors[fault]


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
                f"c: stopping; if this run is killed, run it again without a plan id: that ends in {state} (on another machine"
                " after 06:07Z)"
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
    if error is not None and "a worker may still carry it out" in error.message:
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
    assert "so a worker may still carry it out" in caught.value.message
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
        "Kafka Connect failed at it (status 500): no. It was PAUSED before; if it is still STOPPED, run this task again, or PUT"
        " /connectors/c/pause."
    )
    assert run.store.journal is not None
    assert run.connector.state == "STOPPED"


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
    # What was written back is no progress of the connector either.
    assert {write.partition: write.offset for write in run.store.own_writes()} == BEFORE


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


def test_a_quiet_source_that_reads_to_its_end_again_has_caught_up() -> None:
    """Every worker has confirmed that its task had ended, so nothing but the connector can have stored it."""
    run = Run.of()
    comes_back_to(run, {BILLS: {"id": 7}})
    assert run.apply().evidence == EVIDENCE | {"offsets_kept": 1, "offsets_caught_up": 1}


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
    with pytest.raises(RecoveryError, match=r"max\.wait\.ms of connector 'c' has another value again") as caught:
        run.apply()
    assert caught.value.facts["changed"] is True


def test_an_offset_that_has_moved_on_is_a_good_sign() -> None:
    run = Run.of()
    comes_back_to(run, {ORDERS: {"id": 2}})
    assert run.apply().evidence == EVIDENCE | {"offsets_kept": 1, "offsets_moved_on": 1}


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
