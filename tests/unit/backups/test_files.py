# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a folder."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups import files as backup_files
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import (
    BackupStore,
    Journal,
    read_backup,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError

NOW = 1795413600.5
OFFSETS: dict[Partition, Offset] = {
    Partition.of({"timezone": "PST", "report_type": "balance.summary.1"}): {"round_id": 1, "run": None, "done": False},
    Partition.of({"shard": 0}): {"pos": 1.0},
    Partition.of({"shard": "0"}): {"pos": "1"},
}
CONNECTOR = Connector(
    name="c/1",
    type="source",
    state="RUNNING",
    worker_id="a:1",
    tasks=(),
    config={
        "stripe.api.keys": "PST:sk_live_1",
        "db.password": "${secrets:DB}",
        "odd": "declared-secret",
        "batch.size": "10",
        "connection.url": "https://user:s3cret@host/",
    },
    offsets=(
        *(StoredOffset(partition, offset) for partition, offset in OFFSETS.items()),
        StoredOffset(Partition.of({"shard": 9}), None),
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> BackupStore:
    return BackupStore(str(tmp_path / "backups"), "eu-1", "kafka-1", "c/1")


def backed_up(store: BackupStore, now: float = NOW) -> str:
    return store.back_up(CONNECTOR, "abc123", frozenset({"odd"}), now)


def content_of(path: str | Path) -> dict[str, Any]:
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


# Backups


def test_a_backup_gives_back_every_offset_with_its_types_and_field_order(store: BackupStore) -> None:
    read = read_backup(backed_up(store), "c/1", "kafka-1")
    assert read == OFFSETS
    assert [repr(one) for one in read.items()] == [repr(one) for one in OFFSETS.items()]


def test_a_backup_says_what_it_is_of(store: BackupStore) -> None:
    content = content_of(backed_up(store))
    assert {name: content[name] for name in content if name not in ("offsets", "config")} == {
        "format": 1,
        "cluster_id": "kafka-1",
        "connector": "c/1",
        "taken_at": "2026-11-23T06:00:00.500000+00:00",
        "plan_id": "abc123",
        "state": "RUNNING",
    }


def test_a_backup_holds_no_secret_and_placeholders_stay(store: BackupStore) -> None:
    path = Path(backed_up(store))
    text = path.read_text(encoding="utf-8")
    assert [secret for secret in ("sk_live_1", "declared-secret", "s3cret") if secret in text] == []
    assert content_of(path)["config"]["db.password"] == "${secrets:DB}"
    assert content_of(path)["config"]["batch.size"] == "10"


def test_only_its_owner_may_read_a_backup(store: BackupStore) -> None:
    path = Path(backed_up(store))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_names_become_one_folder_each_whatever_they_hold(tmp_path: Path) -> None:
    folder = BackupStore(str(tmp_path), "eu/1", "kafka-1", "../x y%").folder
    assert folder.relative_to(tmp_path).parts == ("eu%2F1", "..%2Fx%20y%25")


@pytest.mark.parametrize("name", [".", ".."])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = BackupStore(str(tmp_path), name, "kafka-1", name).folder
    assert folder.resolve().parents[1] == tmp_path.resolve()


@pytest.mark.parametrize(
    "offsets", ['[{"offset": {"a": 1}}]', '[{"partition": {"a": 1}}]', "[1]", "3", '[{"partition": 1, "offset": {}}]']
)
def test_a_backup_whose_offsets_are_damaged_is_refused(tmp_path: Path, offsets: str) -> None:
    path = tmp_path / "backup.json"
    path.write_text(f'{{"format": 1, "connector": "c", "cluster_id": "k", "offsets": {offsets}}}', encoding="utf-8")
    with pytest.raises(InputError, match=r"is damaged: its offsets are not pairs of partition and offset\.$"):
        read_backup(str(path), "c", "k")


def test_backups_of_one_plan_do_not_overwrite_each_other_and_sort_by_time(store: BackupStore) -> None:
    paths = [backed_up(store, NOW + seconds) for seconds in (0, 0.001, 1, 3600)]
    assert paths == sorted(set(paths))
    assert sorted(path.name for path in store.folder.iterdir()) == [Path(path).name for path in paths]


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = backed_up(BackupStore("~/backups", "eu-1", "kafka-1", "c/1"))
    assert Path(path).is_relative_to(tmp_path)
    assert read_backup(f"~/{Path(path).relative_to(tmp_path)}", "c/1", "kafka-1") == OFFSETS


def test_a_backup_that_does_not_read_back_is_no_backup(store: BackupStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_files, "_read", lambda path: {"format": 1})
    with pytest.raises(RecoveryError, match=r"does not read back as it was written: nothing was changed"):
        backed_up(store)


def test_a_folder_that_cannot_be_written_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RecoveryError) as caught:
        backed_up(BackupStore(str(tmp_path / "file"), "eu-1", "kafka-1", "c"))
    assert "cannot be written to" in caught.value.message
    assert caught.value.message.endswith("set backup_dir to a folder that can be written.")


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file_whole(
    store: BackupStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    journal = Journal("plan1", "RUNNING", "b.json")
    store.begin(journal)

    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        owner: Any = Path if step == "replace" else os
        patched.setattr(owner, step, crash)
        with pytest.raises(RecoveryError, match="No space left on device"):
            store.begin(Journal("plan2", "PAUSED", "c.json"))
    assert store.journal() == journal


# Reading a backup


def test_a_backup_that_is_not_there_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"backup_file: there is no file .*/x\.json on the host the task runs on"):
        read_backup(str(tmp_path / "x.json"), "c", "k")


@pytest.mark.parametrize(
    "text", ["[]", "{}", "null", '{"format": 2, "offsets": []}', '{"format": 1}', '{"format": "1", "offsets": []}']
)
def test_what_is_no_backup_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.json is no backup of this collection \(format 1\)"):
        read_backup(str(path), "c", "k")


@pytest.mark.parametrize("text", ["", "{", '{"format": 1, "offs'])
def test_half_a_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecoveryError, match=r"x\.json cannot be read"):
        read_backup(str(path), "c", "k")


@pytest.mark.parametrize(
    "connector, cluster, words",
    [
        ("d", "kafka-1", "is a backup of connector 'c/1', not of 'd'"),
        ("c/1", "kafka-2", "is a backup of cluster 'kafka-1', not of 'kafka-2'"),
    ],
)
def test_a_backup_of_another_connector_or_cluster_is_refused(
    store: BackupStore, connector: str, cluster: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_backup(backed_up(store), connector, cluster)
    assert words in caught.value.message


# The journal


def same_folder(store: BackupStore, cluster: str, connector: str) -> BackupStore:
    """The store of a connector in the same folder and on the same Kafka cluster."""
    return BackupStore(str(store.folder.parents[1]), cluster, "kafka-1", connector)


def test_a_journal_lasts_from_the_beginning_to_the_end(store: BackupStore) -> None:
    journal = Journal("plan1", "PAUSED", "b.json")
    assert store.journal() is None
    store.begin(journal)
    assert same_folder(store, "eu-1", "c/1").journal() == journal
    store.end()
    assert store.journal() is None
    store.end()


def test_a_journal_is_that_of_one_connector_of_one_connect_cluster(store: BackupStore) -> None:
    store.begin(Journal("plan1", "PAUSED", "b.json"))
    assert same_folder(store, "eu-1", "other").journal() is None
    assert same_folder(store, "eu-2", "c/1").journal() is None


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"plan_id": "x"}', "", "{"])
def test_a_damaged_journal_is_not_taken_for_none(store: BackupStore, text: str) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / "journal.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecoveryError, match=r"journal\.json (is damaged|cannot be read)"):
        store.journal()
