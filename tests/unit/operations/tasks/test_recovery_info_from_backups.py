# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for a recovery without the result of the reset: what was changed is read from its backup."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import Stores
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read import targets
from unit.fake_cluster import FakeConnector, Fault, Killed
from unit.operations.tasks.verification import BEFORE, ITEMS, NOW, OLD, ORDERS, Verification, outcomes


def test_the_last_change_in_the_store_is_verified(verification: Verification) -> None:
    verification.reset()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    outcome = verification.outcome()
    one = outcome.result["connectors"]["c"]
    assert (outcome.result["message"], outcome.warnings) == ("Recovered: c.", [])
    assert [part["moved_by"] for part in one["partitions"]] == [{"id": 2}, {"id": 2}]
    assert [setting["found"] for setting in one["settings"]] == ["as_written"]
    assert one["change"]["strategy"] == "offset"
    assert one["change"]["taken_at"] < one["change"]["returned_at"] < NOW + 60


def test_a_change_that_was_undone_is_not_the_one_to_verify(verification: Verification) -> None:
    first = verification.reset()["c"]
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    verification.cluster.sleep(5)
    second = verification.reset()["c"]
    verification.store.note_result(second["backup_file"], "undone")
    assert verification.wait(check_mode=True)["connectors"]["c"]["change"]["backup_file"] == first["backup_file"]


def test_the_offset_from_before_the_reset_is_not_taken_for_progress(verification: Verification) -> None:
    verification.connector.offsets[ORDERS] = {"id": 0}
    planned = verification.reset()
    verification.after(3, {ORDERS: {"id": 0}, ITEMS: {"id": 3}})
    result = verification.wait(planned=planned, timeout_seconds=20)
    assert not result["recovered"]
    assert outcomes(result) == {"orders": "not_proven", "items": "recovered"}
    assert "it has the offset from before the change again: find out who wrote it" in result["message"]


def test_a_run_that_was_killed_before_it_wrote_anything_is_not_the_one_to_verify(verification: Verification) -> None:
    first = verification.reset()["c"]["backup_file"]
    verification.connector.config["max.wait.ms"] = "7000"
    verification.cluster.restarted().next_faults["stop"] = [Fault(Killed(), acts=True)]
    with pytest.raises(Killed):
        verification.reset()
    verification.cluster.restarted().settle()
    # The folder does not know that the process is gone; a person resumes the connector.
    newest = max(verification.folder.rglob("2*.json"), key=lambda path: path.name)
    newest.with_suffix(".result").unlink(missing_ok=True)
    store = verification.store
    assert store.current()
    store.end()
    verification.cluster.resume("c")
    verification.cluster.settle()
    verification.cluster.store("c", {ORDERS: {"id": 3}, ITEMS: {"id": 4}})
    result = verification.wait()
    assert (result["message"], result["connectors"]["c"]["change"]["backup_file"]) == ("Recovered: c.", first)


def test_a_change_that_was_not_finished_is_said_and_not_waited_for(verification: Verification) -> None:
    verification.reset()
    verification.store.begin(Journal("abc123", "RUNNING", "/b.json"))
    result = verification.wait()
    assert result["message"] == (
        "Recovery not proven after 5 s: c of eu-1: a change of it (plan abc123) was begun but not finished: run recover for this"
        " connector to finish it."
    )
    assert result["connectors"]["c"]["soak"] is None


@pytest.mark.parametrize("state", ["STOPPED", "RUNNING"])
def test_a_run_that_was_killed_elsewhere_is_said_by_its_mark(verification: Verification, state: str) -> None:
    verification.connector.state = state
    mark = Hold("id", "abc123", "RUNNING", Holder("host-2", 7, "ann"), int(NOW) - 900, int(NOW) - 1)
    verification.connector.config[HOLD_KEY] = mark.as_text()
    verification.after(2, {ORDERS: {"id": 9}, ITEMS: {"id": 9}})
    result = verification.wait()
    assert (result["recovered"], result["waited_seconds"]) == (False, 5)
    assert "c of eu-1: a change of it (plan abc123 of ann on host-2 (process 7), begun" in result["message"]


def test_the_end_of_a_run_is_seen_at_the_next_look(verification: Verification) -> None:
    planned = verification.reset()
    verification.cluster.store("c", {ORDERS: {"id": 9}, ITEMS: {"id": 9}})
    mark = Hold("id", "abc123", "RUNNING", Holder("host-2", 7), int(NOW), int(NOW) + 900)
    verification.connector.config[HOLD_KEY] = mark.as_text()
    verification.later.append((2, lambda: verification.connector.config.pop(HOLD_KEY) and None))
    assert verification.wait(planned=planned)["message"] == "Recovered: c."


def test_a_stopped_connector_with_a_damaged_backup_does_not_count_as_recovered(verification: Verification) -> None:
    backup = verification.reset()["c"]["backup_file"]
    Path(backup).write_text("{", encoding="utf-8")
    verification.connector.state = "STOPPED"
    result = verification.wait()
    assert (result["recovered"], result["connectors"]["c"]["outcome"]) == (False, "not_proven")
    assert "its last change cannot be read, so a run that was killed may have left it STOPPED" in result["message"]


def test_a_stopped_connector_whose_backups_cannot_be_read_does_not_count_as_recovered(
    verification: Verification, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = Stores(verification.folder, "eu-1", None, None, ["The topic cannot be read."])
    monkeypatch.setattr(targets, "look_if_possible", lambda *_options: unread)
    verification.connector.state = "STOPPED"
    assert verification.wait()["connectors"]["c"]["outcome"] == "not_proven"


def test_a_stopped_connector_without_any_backup_is_taken_to_be_so_by_choice(verification: Verification) -> None:
    verification.connector.state = "STOPPED"
    assert verification.wait()["connectors"]["c"]["outcome"] == "not_verified"


def test_without_a_backup_it_says_that_progress_counts_from_now_on(verification: Verification) -> None:
    verification.after(20, {ORDERS: {"id": 6}, ITEMS: {"id": 4}})
    outcome = verification.outcome()
    assert outcome.result["recovered"]
    folder = verification.folder / "eu-1" / "c"
    assert outcome.warnings == [f"No backup in {folder} describes a change. Progress of 'c' counts from now on."]
    assert outcome.result["connectors"]["c"]["change"] is None


def test_every_connector_with_a_backup_is_found(verification: Verification) -> None:
    verification.reset()
    gone = FolderStore(verification.folder, "eu-1", "any", "gone")
    gone.folder.mkdir()
    (gone.folder / "20261123T060000.500000Z-abc.json").write_text("{}", encoding="utf-8")
    (verification.folder / "eu-1" / "never changed").mkdir()
    verification.cluster.by_name["other"] = FakeConnector("other", dict(OLD), dict(BEFORE))
    outcome = verification.outcome(check_mode=True, connectors=[], from_backups=True)
    assert list(outcome.result["connectors"]) == ["c"]
    assert outcome.warnings == ["Not verified, because they do not exist any more: gone."]


def test_where_no_connector_has_a_backup_it_fails(verification: Verification) -> None:
    with pytest.raises(
        InputError, match="No connector of cluster eu-1 has a backup, so there is no known change to verify"
    ):
        verification.wait(connectors=[], from_backups=True)
