# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollback as a task: which change it takes back, what it refuses, and that it can be taken back itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.rollback import roll_back
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_ROLLBACK,
)
from unit.fake_cluster import Fault, Killed
from unit.operations.tasks.rollback_task import (
    AFTER,
    BEFORE,
    BILLS,
    BOTH,
    NEW,
    OLD,
    ORDERS,
    RESET,
    Task,
)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path / "backups")


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED"])
def test_a_rollback_is_a_true_inverse_and_can_be_taken_back(tmp_path: Path, state: str) -> None:
    task = Task(tmp_path / "backups", state=state)
    task.reset()
    assert task.found() == (AFTER, NEW, state)
    done = task.roll_back().result
    assert done["changed"]
    assert task.found() == (BEFORE, OLD, state)
    back = done["connectors"]["c"]["backup_file"]
    again = task.roll_back(backup_file=back).result
    assert task.found() == (AFTER, NEW, state)
    task.roll_back(backup_file=again["connectors"]["c"]["backup_file"])
    assert task.found() == (BEFORE, OLD, state)


def test_an_offset_that_was_deleted_comes_back_and_one_that_was_added_goes(task: Task) -> None:
    task.reset(strategy="delete", offset=None, config={}, partitions=[{"table": "orders"}])
    assert task.found()[0] == {BILLS: {"id": 7}}
    back = task.roll_back().result["connectors"]["c"]["backup_file"]
    assert task.found()[0] == BEFORE
    task.roll_back(backup_file=back)
    assert task.found()[0] == {BILLS: {"id": 7}}


def test_what_the_change_did_not_touch_stays(task: Task) -> None:
    task.reset(partitions=[{"table": "orders"}])
    task.cluster.store("c", {BILLS: {"id": 99}, Partition.of({"table": "new"}): {"id": 3}})
    task.roll_back()
    assert task.found()[0] == {**BEFORE, BILLS: {"id": 99}, Partition.of({"table": "new"}): {"id": 3}}


def test_check_mode_says_the_same_and_writes_nothing(task: Task) -> None:
    task.reset()
    files = sorted(task.folder.rglob("*"))
    shown = task.roll_back(check_mode=True).result
    assert task.cluster.writes == []
    assert sorted(task.folder.rglob("*")) == files
    plan_id = shown["connectors"]["c"]["plan"]["id"]
    assert f"rollback_plan_id={plan_id}" in "\n".join(shown["next_steps"])
    done = task.roll_back(plan_id=plan_id).result
    assert [done[part] for part in ("changed", "preview", "diff")] == [
        shown[part] for part in ("changed", "preview", "diff")
    ]
    text = " ".join(" ".join(done["preview"]).split())
    assert "Takes back plan" in text
    assert "strategy offset." in text
    backup = task.backup()
    assert f"-e rollback_backup_file={backup}" in "\n".join(done["next_steps"])


@pytest.mark.parametrize("moves_on", [False, True])
def test_a_second_run_changes_nothing_and_says_why(task: Task, moves_on: bool) -> None:
    first = Path(task.reset()["backup_file"])
    task.roll_back()
    if moves_on:
        task.cluster.store("c", {ORDERS: {"id": 6}})
    for options in ({}, {"backup_file": str(first)}):
        outcome = task.roll_back(**options)
        assert not outcome.result["changed"]
        assert task.cluster.writes == []
        text = " ".join(" ".join(outcome.result["preview"]).split())
        assert "The change was taken back already" in text
        assert str(task.backup()) in text
        assert "Nothing to change." in text


def test_the_last_change_is_the_last_that_was_carried_out_and_wrote_something(task: Task) -> None:
    task.reset()
    # The next one is refused and undone.
    task.cluster.restarted()
    task.cluster.broken["alter_offsets"] = ConnectError("Kafka Connect refused it (status 500).")
    with pytest.raises(RecoveryError, match="status 500"):
        task.run(reset, CONNECT_OFFSET_RESET, {"strategy": "offset", "offset": {"id": 2}, "partitions": BOTH})
    undone = task.backup()
    assert "was not carried out, or was undone at once" in task.refused(backup_file=str(undone)).message
    task.roll_back()
    assert task.found() == (BEFORE, OLD, "RUNNING")


def test_an_older_change_can_be_named(task: Task) -> None:
    first = task.reset(config={})["backup_file"]
    task.reset(offset={"id": 2}, config={})
    message = task.refused(backup_file=first).message
    assert "all 2 offsets that it changed have moved on" in message
    task.roll_back(backup_file=first, allow_moved_offsets=True)
    assert task.found()[0] == BEFORE


def test_of_several_connectors_each_gets_back_its_own(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", "a", "c")
    task.reset()
    task.cluster.store("a", {ORDERS: {"id": 8}})
    with pytest.raises(RecoveryError, match=r"of connector 'a', the offset of table=orders has moved on") as caught:
        task.roll_back()
    assert set(caught.value.facts["connectors"]) == {"a", "c"}
    assert task.found("a") == ({**AFTER, ORDERS: {"id": 8}}, NEW, "RUNNING")
    assert task.found("c") == (BEFORE, OLD, "RUNNING")


# What is refused


def test_a_connector_that_has_moved_on_is_set_back_only_where_that_was_agreed_to(task: Task) -> None:
    task.reset()
    task.cluster.store("c", {ORDERS: {"id": 6}})
    error = task.refused()
    assert error.message.endswith(
        "of connector 'c', the offset of table=orders has moved on: read in the preview what a rollback skips and reads twice,"
        " and set allow_moved_offsets to true to agree to it."
    )
    # What it would cost is shown with the refusal.
    text = "\n".join(error.facts["preview"])
    assert '{"id": 6} -> {"id": 5}' in text
    assert "Skipped, read twice" in text
    outcome = task.roll_back(allow_moved_offsets=True)
    shown = " ".join(" ".join(outcome.result["preview"]).split())
    assert "Since then the offset of table=orders has moved on; the rollback sets it back too." in shown
    assert task.found() == (BEFORE, OLD, "RUNNING")


def test_a_connector_that_moves_on_while_it_is_stopped_is_left_as_it_is(task: Task) -> None:
    task.reset()
    task.connector.on_stopped = lambda: task.cluster.store("c", {ORDERS: {"id": 6}})
    with pytest.raises(RecoveryError, match="has moved on"):
        task.roll_back()
    assert task.found() == ({**AFTER, ORDERS: {"id": 6}}, NEW, "RUNNING")
    # The mark, and nothing else.
    assert task.cluster.writes == ["stop", "patch_config", "patch_config", "resume"]


def test_a_setting_that_somebody_has_changed_since_is_named(task: Task) -> None:
    task.reset()
    task.connector.config.update({"max.wait.ms": "5000"})
    message = task.refused().message
    assert message.endswith(
        "somebody has changed max.wait.ms: set allow_changed_settings to true to overwrite it with the old value."
    )
    task.roll_back(allow_changed_settings=True)
    assert task.found() == (BEFORE, OLD, "RUNNING")


@pytest.mark.parametrize("others", [{"connector.class": "Bills"}, {"topic": "t"}])
def test_a_connector_that_may_be_another_one_is_refused(task: Task, others: dict[str, str]) -> None:
    task.reset()
    task.connector.config.update(others)
    message = task.refused().message
    (key,) = others
    assert (
        f"other settings have changed as well ({key}), so this may be another connector with the same name" in message
    )
    task.roll_back(allow_other_connector=True)
    assert task.found() == (BEFORE, {**OLD, **others}, "RUNNING")


def test_another_cluster_is_refused(task: Task) -> None:
    task.reset()
    kept = Backup.from_data(json.loads(task.backup().read_text(encoding="utf-8")), "b.json")
    task.backup().write_text(json.dumps(replace(kept, cluster_id="kafka-0").as_data()), encoding="utf-8")
    message = task.refused().message
    assert "is of the Kafka cluster 'kafka-0', and this is 'kafka-1': set allow_other_cluster to true" in message
    task.roll_back(allow_other_cluster=True)
    assert task.found() == (BEFORE, OLD, "RUNNING")


def test_a_secret_stays_and_that_is_said_before(task: Task) -> None:
    task.reset(config={"db.password": "another-secret", "max.wait.ms": 1})
    shown = task.roll_back(check_mode=True)
    (warning,) = shown.warnings
    assert warning == ("db.password cannot be brought back: a backup holds no secret. Set the old value by hand.")
    assert warning in " ".join(" ".join(shown.result["preview"]).split())
    task.roll_back()
    assert task.found() == (BEFORE, {**OLD, "db.password": "another-secret"}, "RUNNING")
    assert "another-secret" not in "".join(file.read_text(encoding="utf-8") for file in task.folder.rglob("2*"))


def test_a_change_of_nothing_but_a_secret_is_refused(task: Task) -> None:
    task.reset(strategy="continue", offset=None, config={"db.password": "another-secret"})
    assert task.refused().message.endswith("it changed no setting and no offset except secrets, which no backup holds.")


def test_without_a_backup_there_is_nothing_to_take_back(task: Task) -> None:
    assert task.refused().message == (
        "There is no backup of connector 'c', so there is nothing to take back: check backup_dir and cluster_label."
    )


def test_a_backup_of_the_first_format_says_how_to_go_back(task: Task) -> None:
    task.reset()
    data = json.loads(task.backup().read_text(encoding="utf-8"))
    task.backup().write_text(json.dumps({**data, "format": 1}), encoding="utf-8")
    assert "is of an older format, which does not say what was changed" in task.refused().message


def test_a_damaged_backup_may_be_the_last_change_so_none_is_guessed(task: Task) -> None:
    task.reset()
    task.backup().write_text("{", encoding="utf-8")
    assert "cannot be read" in task.refused().message


def test_a_backup_that_was_edited_by_hand_says_nothing_of_what_was_there(task: Task) -> None:
    task.reset()
    text = task.backup().read_text(encoding="utf-8")
    task.backup().write_text(text.replace('"id": 5', '"id": 4'), encoding="utf-8")
    assert "was edited by hand, so it is not known what was there before: restore its offsets with the strategy" in (
        task.refused().message
    )


def test_a_backup_belongs_to_one_connector(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", "a", "c")
    with pytest.raises(InputError, match="backup_file belongs to one connector"):
        task.roll_back(backup_file="b.json")
    with pytest.raises(InputError, match="connectors is empty"):
        task.roll_back(connectors=[])


# A run that was killed


@pytest.mark.parametrize("method", ["stop", "patch_config", "alter_offsets", "resume"])
def test_what_a_killed_run_has_changed_is_taken_back_and_its_state_returned_to(task: Task, method: str) -> None:
    task.killed(method, reset, CONNECT_OFFSET_RESET, RESET)
    task.roll_back()
    assert task.found() == (BEFORE, OLD, "RUNNING")
    assert not task.roll_back().result["changed"]


SECOND = {"strategy": "offset", "offset": {"id": 2}, "partitions": BOTH, "config": {"max.wait.ms": 7_200_000}}


def said_by(outcome: Outcome) -> str:
    return " ".join(" ".join(outcome.result["preview"]).split())


@pytest.mark.parametrize("moves_on", [False, True])
def test_a_run_that_was_killed_before_it_wrote_anything_is_not_the_last_change(task: Task, moves_on: bool) -> None:
    first = task.reset()["plan"]["id"]
    task.killed("stop", reset, CONNECT_OFFSET_RESET, SECOND)
    # A person resumes it.
    task.connector.state = "RUNNING"
    if moves_on:
        task.cluster.store("c", {ORDERS: {"id": 6}})
    assert f"Takes back plan {first}" in said_by(task.roll_back(allow_moved_offsets=moves_on))
    assert task.found() == (BEFORE, OLD, "RUNNING")
    assert "The change was taken back already" in said_by(task.roll_back())


def test_of_a_killed_run_that_wrote_nothing_the_state_alone_is_taken_back(task: Task) -> None:
    task.reset()
    task.killed("stop", reset, CONNECT_OFFSET_RESET, SECOND)
    text = said_by(task.roll_back())
    assert "There is nothing to take back from plan" in text
    assert "Takes back" not in text
    assert task.found() == (AFTER, NEW, "RUNNING")


@pytest.mark.parametrize("loses_notes", [False, True])
def test_a_killed_run_that_wrote_offsets_is_taken_back_although_they_moved_on(task: Task, loses_notes: bool) -> None:
    task.reset(config={})
    task.killed("alter_offsets", reset, CONNECT_OFFSET_RESET, {**SECOND, "config": {}})
    task.connector.state = "RUNNING"
    task.cluster.store("c", {ORDERS: {"id": 9}, BILLS: {"id": 9}})
    if loses_notes:
        next(task.folder.rglob("own_writes.json")).write_text("{", encoding="utf-8")
    task.roll_back(allow_moved_offsets=True)
    assert task.found()[0] == AFTER


@pytest.mark.parametrize("method", ["stop", "patch_config", "alter_offsets"])
def test_a_change_that_a_later_run_has_finished_is_taken_back_as_one(task: Task, method: str) -> None:
    task.killed(method, reset, CONNECT_OFFSET_RESET, RESET)
    task.reset()
    assert task.found() == (AFTER, NEW, "RUNNING")
    back = task.roll_back().result["connectors"]["c"]["backup_file"]
    assert task.found() == (BEFORE, OLD, "RUNNING")
    task.roll_back(backup_file=back)
    assert task.found() == (AFTER, NEW, "RUNNING")


@pytest.mark.parametrize("method", ["stop", "patch_config", "alter_offsets", "resume"])
def test_a_killed_rollback_is_finished_by_the_next_one(task: Task, method: str) -> None:
    task.reset()
    task.killed(method, roll_back, CONNECT_ROLLBACK, {})
    task.roll_back()
    assert task.found() == (BEFORE, OLD, "RUNNING")
    assert not task.roll_back().result["changed"]
    task.roll_back(backup_file=str(task.backup()))
    assert task.found() == (AFTER, NEW, "RUNNING")


def test_a_reset_after_a_half_made_rollback_leaves_no_half_of_it_to_a_later_rollback(task: Task) -> None:
    """The rollback is killed when only the settings are back; the reset makes them new again."""
    task.reset()
    task.cluster.restarted()
    # The first one is the mark.
    task.cluster.next_faults["patch_config"] = [None, Fault(Killed(), acts=True)]
    with pytest.raises(Killed):
        task.run(roll_back, CONNECT_ROLLBACK, {})
    task.backup().with_suffix(".result").unlink(missing_ok=True)
    task.cluster.restarted().settle()
    assert (task.connector.offsets, task.connector.config["max.wait.ms"]) == (AFTER, "1000")
    task.reset()
    assert task.found() == (AFTER, NEW, "RUNNING")
    task.roll_back()
    assert task.found() == (BEFORE, OLD, "RUNNING")


# Agreed plans


def plans_of(outcome: Outcome) -> dict[str, Any]:
    return {name: one["plan"] for name, one in outcome.result["connectors"].items()}


@pytest.mark.parametrize("given", ["plan_ids", "agreed_plans"])
def test_rollbacks_of_several_connectors_are_agreed_to_and_one_that_moved_is_left_and_named(
    tmp_path: Path, given: str
) -> None:
    task = Task(tmp_path, "c", "d", state="PAUSED")
    task.reset()
    planned = plans_of(task.roll_back(check_mode=True))
    agreed = planned if given == "agreed_plans" else {name: plan["id"] for name, plan in planned.items()}
    task.cluster.by_name["d"].config["max.wait.ms"] = "3600000"
    task.cluster.by_name["d"].offsets[ORDERS] = {"id": 2}
    with pytest.raises(RecoveryError) as caught:
        task.roll_back(**{given: agreed})
    failures = [name for name, one in caught.value.facts["connectors"].items() if one.get("failed")]
    assert failures == ["d"]
    assert task.found("c") == (BEFORE, OLD, "PAUSED")
    assert task.found("d")[0] == {**AFTER, ORDERS: {"id": 2}}


def test_what_a_rollback_was_agreed_to_with_is_in_its_plan_and_in_its_id(task: Task) -> None:
    task.reset()
    task.connector.offsets[ORDERS] = {"id": 2}
    plan = plans_of(task.roll_back(check_mode=True, allow_moved_offsets=True))["c"]
    assert plan["request"]["allow_moved_offsets"] is True
    with pytest.raises(RecoveryError, match="allow_moved_offsets"):
        task.roll_back(plan_ids={"c": plan["id"]})
    task.roll_back(agreed_plans={"c": plan})
    assert task.found()[:2] == (BEFORE, OLD)


def test_a_plan_of_a_reset_is_no_plan_of_a_rollback_and_the_reverse(task: Task) -> None:
    planned = task.run(reset, CONNECT_OFFSET_RESET, RESET, check_mode=True)
    with pytest.raises(InputError, match=r"agreed_plans\.c is a plan of a reset: give it to connect_offset_reset\.$"):
        task.roll_back(agreed_plans=plans_of(planned))
    task.reset()
    back = plans_of(task.roll_back(check_mode=True))
    with pytest.raises(InputError, match=r"agreed_plans\.c is a plan of a rollback: give it to connect_rollback\.$"):
        task.run(reset, CONNECT_OFFSET_RESET, {"agreed_plans": back})
    assert task.found()[0] == AFTER
