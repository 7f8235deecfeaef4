# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a connector in a folder, and what its runs have written."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import (
    FolderStore,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.backups.folder import JOURNAL, mode, problem_of


def same_folder(store: FolderStore, label: str, connector: str, cluster_id: str = "kafka-1") -> FolderStore:
    return FolderStore(store.folder.parents[1], label, cluster_id, connector)


def test_a_journal_lasts_from_the_beginning_to_the_end(store: FolderStore) -> None:
    assert store.current() is None
    store.begin(JOURNAL)
    assert same_folder(store, "eu-1", "c/1").current() == JOURNAL
    store.end()
    assert store.current() is None
    store.end()


def test_a_journal_is_that_of_one_connector_of_one_connect_cluster(store: FolderStore) -> None:
    store.begin(JOURNAL)
    assert same_folder(store, "eu-1", "other").current() is None
    assert same_folder(store, "eu-2", "c/1").current() is None


def test_what_a_run_that_was_killed_left_behind_goes_with_the_next_journal(store: FolderStore) -> None:
    store.begin(JOURNAL)
    left = store.folder / "journal.json.x1.partial"
    left.write_text("{", encoding="utf-8")
    written_at = (store.folder / "journal.json").stat().st_mtime - 7200
    os.utime(left, (written_at, written_at))
    store.end()
    assert list(store.folder.iterdir()) == []


def test_what_another_run_may_be_writing_stays(store: FolderStore) -> None:
    store.begin(JOURNAL)
    written = store.folder / "own_writes.json.x1.partial"
    written.write_text("{", encoding="utf-8")
    store.end()
    assert list(store.folder.iterdir()) == [written]


def test_a_run_ends_no_journal_that_another_one_has_begun_since(store: FolderStore) -> None:
    """Both have looked, both begin, and the one that goes on writes its journal once more."""
    other = same_folder(store, "eu-1", "c/1")
    assert (store.current(), other.current()) == (None, None)
    other.begin(replace(JOURNAL, hold_id="hold2"))
    store.begin(JOURNAL)
    other.begin(replace(JOURNAL, hold_id="hold2", may_be_unmarked=True))
    store.end()
    assert other.current() == replace(JOURNAL, hold_id="hold2", may_be_unmarked=True)
    other.end()
    assert store.current() is None


def test_a_run_that_began_nothing_ends_the_journal_that_it_saw_and_no_later_one(store: FolderStore) -> None:
    other = same_folder(store, "eu-1", "c/1")
    store.begin(JOURNAL)
    assert other.current() == JOURNAL
    store.begin(replace(JOURNAL, hold_id="hold2"))
    other.end()
    assert other.current() == replace(JOURNAL, hold_id="hold2")
    other.end()
    assert store.current() is None


DAMAGED = ["{}", "[]", "null", '{"plan_id": "x"}', "", "{", "[" * 100_000, "\x00"]


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: repr(text[:10]))
def test_a_damaged_journal_is_not_taken_for_none(store: FolderStore, text: str) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / "journal.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecoveryError, match=r"journal\.json (is damaged|cannot be read)") as caught:
        store.current()
    assert problem_of(caught).endswith(": check the connector's state, then delete the file.")


@pytest.mark.parametrize(
    "field, value",
    [
        ("plan_id", 3),
        ("prior_state", "FAILED"),
        ("prior_state", ["RUNNING"]),
        ("backup_file", None),
        ("begun_at", "soon"),
        ("begun_at", 5),
        ("hold_id", None),
        ("format", 2),
    ],
)
def test_a_journal_with_a_field_that_was_altered_is_damaged(store: FolderStore, field: str, value: Any) -> None:
    store.begin(JOURNAL)
    file = store.folder / "journal.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), field: value}), encoding="utf-8")
    with pytest.raises(RecoveryError, match=r"journal\.json is damaged"):
        store.current()


def test_a_journal_that_was_cut_anywhere_is_not_taken_for_none_nor_for_another(store: FolderStore) -> None:
    store.begin(JOURNAL)
    file = store.folder / "journal.json"
    whole = file.read_text(encoding="utf-8")
    for length in range(len(whole)):
        file.write_text(whole[:length], encoding="utf-8")
        with pytest.raises(RecoveryError, match=r"journal\.json"):
            store.current()


def test_a_journal_of_another_cluster_or_connector_is_refused(store: FolderStore) -> None:
    store.begin(JOURNAL)
    with pytest.raises(RecoveryError, match=r"belongs to connector 'c/1' of cluster 'kafka-1'"):
        same_folder(store, "eu-1", "c/1", cluster_id="kafka-2").current()


def test_a_journal_that_is_a_folder_or_cannot_be_deleted_is_one_sentence(store: FolderStore) -> None:
    (store.folder / "journal.json").mkdir(parents=True)
    with pytest.raises(RecoveryError, match=r"cannot be read \(Is a directory\)") as caught:
        store.current()
    assert problem_of(caught)
    with pytest.raises(RecoveryError, match=r"cannot be deleted \(.*\), although the change .* has ended") as caught:
        store.end()
    assert problem_of(caught)


# What was written

ORDERS = Partition.of({"table": "orders"})
BILLS = Partition.of({"table": "bills"})


def test_of_each_partition_the_last_write_is_known(store: FolderStore) -> None:
    assert store.own_writes() == ()
    store.note_writes([OwnWrite(ORDERS, {"id": 1}, 100.0), OwnWrite(BILLS, None, 100.0)])
    store.note_writes([OwnWrite(ORDERS, {"id": 2.0}, 200.0, 201.5)])
    assert store.own_writes() == (OwnWrite(ORDERS, {"id": 2.0}, 200.0, 201.5), OwnWrite(BILLS, None, 100.0))
    assert mode(store.folder / "own_writes.json") == 0o600


def test_the_writes_to_another_clusters_connector_are_not_known(store: FolderStore) -> None:
    store.note_writes([OwnWrite(ORDERS, {"id": 1}, 100.0)])
    assert same_folder(store, "eu-1", "c/1", "kafka-2").own_writes() == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"format": 3}',
        '{"format": 1, "cluster_id": "kafka-1", "connector": "c/1", "writes": [{"begun": 1}]}',
    ],
)
def test_writes_that_cannot_be_read_are_told_and_replaced_by_the_next(store: FolderStore, text: str) -> None:
    store.note_writes([])
    file = store.folder / "own_writes.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecoveryError) as caught:
        store.own_writes()
    assert problem_of(caught).startswith(f"{file} cannot be read, so an offset that a reset wrote may be taken for")
    store.note_writes([OwnWrite(ORDERS, {"id": 1}, 100.0)])
    assert store.own_writes() == (OwnWrite(ORDERS, {"id": 1}, 100.0),)
