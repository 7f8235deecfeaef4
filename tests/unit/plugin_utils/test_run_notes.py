# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one part of a run leaves to the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible import constants
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import (
    RunNotes,
    keep_document,
    kept_document,
    result_in_short,
    whole_result,
)


@pytest.fixture(autouse=True)
def folder_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_notes_are_kept_for_the_rest_of_the_run() -> None:
    assert RunNotes.read() == RunNotes()
    notes = RunNotes(("eu", "us"), "ap: not reached.")
    notes.write()
    assert RunNotes.read() == notes


def test_who_reads_the_notes_while_they_are_written_gets_them_whole(tmp_path: Path) -> None:
    RunNotes(("eu",)).write()
    (path,) = tmp_path.iterdir()
    with path.open(encoding="utf-8") as reader:
        RunNotes(("us",)).write()
        assert json.loads(reader.read())["selected"] == ["eu"]
    assert RunNotes.read() == RunNotes(("us",))
    assert list(tmp_path.iterdir()) == [path]


def test_a_batch_that_begins_counts_and_one_that_does_not_is_not_done() -> None:
    first = RunNotes(("eu", "us", "ap")).with_batch(("eu",), "")
    assert (first.batch, first.done, first.stopped) == (("eu",), 1, "")
    second = first.with_batch(("us", "ap"), "It got worse.")
    assert (second.batch, second.done, second.stopped) == (("us", "ap"), 1, "It got worse.")
    second.write()
    assert RunNotes.read() == second


@pytest.mark.parametrize("troubled", [None, (), ("eu",)])
def test_no_cluster_in_trouble_is_not_the_same_as_nobody_has_looked(troubled: tuple[str, ...] | None) -> None:
    RunNotes(troubled=troubled).write()
    assert RunNotes.read().troubled == troubled


def test_a_document_is_kept_for_the_rest_of_the_run_and_for_its_user_alone(tmp_path: Path) -> None:
    first, second = keep_document({"stuck": ["ürders"]}), keep_document({"stuck": []})
    assert (kept_document(first), kept_document(second)) == ({"stuck": ["ürders"]}, {"stuck": []})
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/no/such/folder")
    with pytest.raises(RecoveryError, match=r"/no/such/folder cannot be written .*ANSIBLE_LOCAL_TEMP"):
        keep_document({})


CHANGED = {
    "changed": True,
    "preview": ["orders"],
    "connectors": {
        "orders": {
            "backup_file": "b.json",
            "plan": {"id": "1", "final_state": "RUNNING", "offsets": [{"after": {"id": 1}}], "presumed": [{}]},
            "forecast": {"partitions": [{}]},
        },
        "bills": {"failed": True, "msg": "No login."},
    },
}


def test_a_result_in_short_has_no_entry_for_each_partition_and_is_whole_again_for_the_report() -> None:
    short = result_in_short(CHANGED)
    assert short["connectors"] == {
        "orders": {"backup_file": "b.json", "plan": {"id": "1", "final_state": "RUNNING"}},
        "bills": {"failed": True, "msg": "No login."},
    }
    assert short["preview"] == ["orders"]
    # What a condition of the task has said of it since stays.
    assert whole_result({**short, "failed": False}) == {**CHANGED, "failed": False, "result_file": short["result_file"]}


def test_of_many_lines_the_first_stay_and_the_report_has_all() -> None:
    whole = {**CHANGED, "preview": [f"line {number}" for number in range(700)]}
    short = result_in_short(whole)
    assert short["preview"] == [*whole["preview"][:500], "... and 200 more lines."]
    assert whole_result(short)["preview"] == whole["preview"]


def test_a_result_is_not_lost_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/no/such/folder")
    assert result_in_short(CHANGED) == CHANGED
    assert whole_result(CHANGED) == CHANGED


def test_a_task_that_failed_as_a_whole_has_nothing_to_shorten() -> None:
    failed = {"failed": True, "msg": "No login."}
    assert result_in_short(failed) == failed
