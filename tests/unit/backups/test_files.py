# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a folder."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups import files as backup_files
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import (
    FolderStore,
    backup_folder,
    folder_problem,
    new_folder,
    write_texts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Sample, Soak
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from unit.backups.folder import BACKUP, JOURNAL, at, mode, problem_of

# Backups


def test_the_newest_backups_and_all_else_are_read_and_what_is_damaged_has_its_reason(store: FolderStore) -> None:
    store.folder.mkdir(parents=True)
    for number in range(12):
        (store.folder / f"20261126T1000{number:02}.000000Z-abc.json").write_text(f"[{number}]", encoding="utf-8")
    (store.folder / "20261126T100011.000000Z-abc.result").write_text('{"result": "done"}', encoding="utf-8")
    (store.folder / "journal.json").write_text("{cut", encoding="utf-8")
    os.mkfifo(store.folder / "own_writes.json")
    (store.folder / "stray").touch()
    found = store.contents(10)
    assert found.pop("journal.json") == {"problem": "cannot be read (not JSON)"}
    assert found.pop("own_writes.json") == {"problem": "cannot be read (not a regular file)"}
    assert found.pop("20261126T100011.000000Z-abc.result") == {"result": "done"}
    assert list(found.values()) == [[number] for number in range(11, 1, -1)]


def test_a_backup_is_read_by_the_name_it_was_given(store: FolderStore) -> None:
    assert store.read(store.back_up(BACKUP)) == BACKUP


def test_its_file_is_named_by_time_and_plan(store: FolderStore) -> None:
    path = Path(store.back_up(BACKUP))
    assert path == store.folder / "20261123T060000.500000Z-abc123.json"
    assert json.loads(path.read_text(encoding="utf-8")) == BACKUP.as_data()


def test_only_its_owner_may_read_a_backup_and_the_folders_made_for_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = FolderStore(tmp_path / "a" / "b", "eu-1", "kafka-1", "c")
    path = Path(store.back_up(replace(BACKUP, connector="c")))
    assert mode(path) == 0o600
    made = [folder for folder in path.parents if folder.is_relative_to(tmp_path) and folder != tmp_path]
    assert [mode(folder) for folder in made] == [0o700] * 4
    assert mode(tmp_path) == 0o755


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir(mode=0o750)
    FolderStore(tmp_path / "b", "eu-1", "kafka-1", "c/1").back_up(BACKUP)
    assert mode(tmp_path / "b") == 0o750


def test_names_become_one_folder_each_whatever_they_hold(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path, "eu/1", "kafka-1", "../x y%").folder
    assert folder.relative_to(tmp_path).parts == ("eu%2F1", "..%2Fx%20y%25")


@pytest.mark.parametrize("name", [".", ".."])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = FolderStore(tmp_path, name, "kafka-1", name).folder
    assert folder.resolve().parents[1] == tmp_path.resolve()


LONG_NAMES = {
    "three bytes": "接" * 90,
    "two bytes": "ü" * 200,
    "one byte": "x" * 300,
    "quoted": "%" * 120,
    "cut": "a" * 182 + "ü" * 30,
}


@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES)
def test_a_long_name_is_cut_and_ends_in_its_hash(tmp_path: Path, name: str) -> None:
    stores = [FolderStore(tmp_path, "eu-1", "kafka-1", one) for one in (name, f"{name}!")]
    for store in stores:
        store.back_up(BACKUP)
        assert len(store.folder.name) <= 200
        assert not store.folder.name.rpartition("-")[0].endswith("%")
    assert stores[0].folder != stores[1].folder
    assert len(stores[0].list()) == 1


def test_backups_of_one_plan_do_not_overwrite_each_other(store: FolderStore) -> None:
    paths = [store.back_up(at(minute)) for minute in (0, 1, 2)]
    assert paths == sorted(set(paths))


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = FolderStore(backup_folder("~/backups"), "eu-1", "kafka-1", "c/1")
    path = Path(store.back_up(BACKUP))
    assert path.is_relative_to(tmp_path)
    assert store.read(f"~/{path.relative_to(tmp_path)}") == BACKUP


@pytest.mark.parametrize("path", ["", " ", "~nobody-of-this-name/backups"])
def test_a_folder_that_cannot_be_one_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=r"^backup_dir(:| is empty)") as caught:
        backup_folder(path)
    assert problem_of(caught)


def test_a_backup_that_could_not_be_gone_back_to_is_no_backup(store: FolderStore) -> None:
    unreadable = replace(BACKUP, offsets={Partition.of({"table": "orders"}): {"id": 2**63}})
    for attempt in (store.refuse_unfit, store.back_up):
        with pytest.raises(
            RecoveryError, match=r"^The backup of connector 'c/1' cannot be used for a restore"
        ) as caught:
            attempt(unreadable)
        assert "(entry 1 of its offsets is not a partition and an offset with plain values)" in problem_of(caught)


def test_an_offset_of_the_partition_without_fields_is_backed_up(store: FolderStore) -> None:
    backup = replace(BACKUP, offsets={Partition.of({}): {"id": 5}})
    store.refuse_unfit(backup)
    assert store.read(store.back_up(backup)) == backup


def test_a_backup_that_does_not_read_back_is_no_backup(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_files, "_read_text", lambda path: "{}")
    with pytest.raises(RecoveryError, match=r"differs from what was written: nothing was changed"):
        store.back_up(BACKUP)


def test_an_offset_that_json_cannot_hold_is_refused(store: FolderStore) -> None:
    with pytest.raises(RecoveryError, match="nothing was changed"):
        store.back_up(replace(BACKUP, offsets={Partition.of({"a": 1}): {"b": float("nan")}}))
    assert not store.folder.exists()


@pytest.mark.parametrize("folder", ["file", "file/deeper", "nul\0"])
def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = FolderStore(tmp_path / folder, "eu-1", "kafka-1", "c")
    with pytest.raises(RecoveryError) as caught:
        store.back_up(BACKUP)
    assert "cannot be written to" in caught.value.message
    assert problem_of(caught).endswith("set backup_dir to a folder that can be written.")


def test_a_folder_that_cannot_be_one_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = FolderStore(tmp_path / "file" / "backups", "eu-1", "kafka-1", "c")
    with pytest.raises(
        RecoveryError, match=r"A backup cannot be written to .* \(.*/file is not a folder\): nothing was changed"
    ):
        store.refuse_unfit(BACKUP)
    FolderStore(tmp_path / "new", "eu-1", "kafka-1", "c").refuse_unfit(BACKUP)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file_whole_and_no_other(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store.begin(JOURNAL)

    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, crash)
        with pytest.raises(RecoveryError, match="No space left on device"):
            store.begin(Journal("plan2", "PAUSED", "c.json"))
    assert store.current() == JOURNAL
    assert [file.name for file in store.folder.iterdir()] == ["journal.json"]


@pytest.mark.parametrize("name", ["journal.json", "journal.json.partial"])
def test_a_planted_symlink_is_not_written_to(store: FolderStore, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    store.folder.mkdir(parents=True)
    (store.folder / name).symlink_to(victim)
    store.begin(JOURNAL)
    assert victim.read_text(encoding="utf-8") == "precious"
    assert store.current() == JOURNAL
    store.end()
    assert victim.read_text(encoding="utf-8") == "precious"


# The list of backups


def test_backups_are_listed_newest_first(store: FolderStore) -> None:
    assert store.list() == ()
    paths = [store.back_up(at(minute)) for minute in (0, 2, 1)]
    store.begin(JOURNAL)
    newest = store.list()[0]
    assert [entry.name for entry in store.list()] == [paths[1], paths[2], paths[0]]
    assert (newest.taken_at, newest.plan_id, newest.offsets) == ("2026-11-23T06:02:00.500000+00:00", "abc123", 1)


def test_a_backup_that_cannot_be_read_is_listed_as_one(store: FolderStore) -> None:
    path = store.back_up(BACKUP)
    Path(path).write_text("{", encoding="utf-8")
    (entry,) = store.list()
    assert (entry.offsets, str(entry)) == (None, f"{path} (cannot be read)")


# Reading a backup


def test_a_backup_that_is_not_there_names_those_that_are(store: FolderStore, tmp_path: Path) -> None:
    missing = str(tmp_path / "x.json")
    with pytest.raises(InputError) as caught:
        store.read(missing)
    assert problem_of(caught) == (
        f"backup_file: {missing} does not exist on the host the task runs on; there are no backups of connector 'c/1' in"
        f" {store.folder}."
    )
    paths = [store.back_up(at(minute)) for minute in range(7)]
    with pytest.raises(InputError) as caught:
        store.read(missing)
    newest = ", ".join(f"{path} (1 offset)" for path in reversed(paths[-5:]))
    assert problem_of(caught).endswith(f"; the newest 5 backups of connector 'c/1' are: {newest}.")


@pytest.mark.parametrize("text", ["", "{", '{"format": 1, "offs', "[" * 100_000, "\ud800"], ids=repr)
def test_what_is_not_json_is_refused(store: FolderStore, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(InputError, match=r"x\.json cannot be read \((not JSON|nested too deeply)\)\.$"):
        store.read(str(path))


def test_what_is_not_a_file_is_refused(store: FolderStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "pipe" / "x.json"):
        with pytest.raises(InputError, match=r"cannot be read \(.*\)\.$"):
            store.read(str(path))
    with pytest.raises(InputError, match=r"^backup_file: ~nobody-of-this-name/b cannot be used"):
        store.read("~nobody-of-this-name/b")


def test_what_became_of_a_change_is_kept_beside_its_backup(store: FolderStore) -> None:
    first, second, third = (store.back_up(at(minute)) for minute in (1, 2, 3))
    store.note_result(first, "undone")
    store.note_result(second, "replaced")
    store.note_result(second, "done")
    assert [(entry.name, entry.result) for entry in store.list()] == [
        (third, None),
        (second, "done"),
        (first, "undone"),
    ]
    assert [store.result(name) for name in (first, second, third)] == ["undone", "done", None]


def test_when_the_connector_was_returned_is_kept_with_it(store: FolderStore) -> None:
    first, second = (store.back_up(at(minute)) for minute in (1, 2))
    store.note_result(first, "done", 1_795_413_600.25)
    store.note_result(second, "done")
    assert [store.returned_at(name) for name in (first, second, "none.json")] == [1_795_413_600.25, None, None]
    assert store.result(first) == "done"


def test_the_samples_of_the_last_change_are_kept_and_are_no_backup(store: FolderStore) -> None:
    assert store.samples() is None
    for number in (1, 2):
        store.note_samples(Soak(f"b{number}", (Sample(5.0, "recovered", True, {"logs": "passed"}),)))
    assert store.samples() == Soak("b2", (Sample(5.0, "recovered", True, {"logs": "passed"}),))
    assert store.list() == ()
    assert store.current() is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[]",
        '{"format": 1, "backup_file": "b", "samples": [7]}',
        '{"format": 1, "backup_file": "b", "samples": [], "partitions": 5}',
    ],
)
def test_samples_that_cannot_be_read_are_told_in_one_sentence(store: FolderStore, text: str) -> None:
    store.note_samples(Soak("b"))
    (store.folder / "samples.json").write_text(text, encoding="utf-8")
    with pytest.raises(
        RecoveryError,
        match=r"samples\.json cannot be read, so its samples are lost: the soak begins again with the next sample\.",
    ):
        store.samples()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1, "result": "lost"}', '{"format": 2, "result": "done"}'])
def test_what_cannot_be_read_of_a_result_is_unknown(store: FolderStore, text: str) -> None:
    name = store.back_up(BACKUP)
    Path(name).with_suffix(".result").write_text(text, encoding="utf-8")
    assert store.result(name) is None


def test_a_backup_of_another_cluster_is_read_where_that_is_asked_for(store: FolderStore, tmp_path: Path) -> None:
    name = store.back_up(BACKUP)
    other = FolderStore(tmp_path / "backups", "eu-1", "kafka-2", "c/1")
    assert other.read(name, any_cluster=True) == BACKUP
    assert [entry.offsets for entry in other.list()] == [1]
    with pytest.raises(InputError, match="is a backup of cluster 'kafka-1'"):
        other.read(name)


def test_what_is_no_backup_is_refused(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": 3}', encoding="utf-8")
    with pytest.raises(InputError, match=r"^backup_file: .*x\.json is not a backup of this collection"):
        store.read(str(tmp_path / "x.json"))


@pytest.mark.parametrize(
    "connector, cluster, message",
    [
        ("d", "kafka-1", "is a backup of connector 'c/1', not of 'd'."),
        ("c/1", "kafka-2", "is a backup of cluster 'kafka-1', not of 'kafka-2'."),
    ],
)
def test_a_backup_of_another_connector_or_cluster_is_refused(
    store: FolderStore, tmp_path: Path, connector: str, cluster: str, message: str
) -> None:
    other = FolderStore(tmp_path / "backups", "eu-1", cluster, connector)
    with pytest.raises(InputError) as caught:
        other.read(store.back_up(BACKUP))
    assert problem_of(caught).endswith(message)


# The files of a report


def test_every_new_folder_is_another_one_and_its_owner_s_only(tmp_path: Path) -> None:
    parent = tmp_path / "new" / "reports"
    made = [new_folder(parent, "run", "report_dir") for _number in range(3)]
    assert [folder.name for folder in made] == ["run", "run-2", "run-3"]
    assert {mode(folder) for folder in (parent, *made)} == {0o700}
    write_texts(made[0], {"b.md": "ä", "a.html": "<p>"}, "report_dir")
    assert {file.name: (file.read_text(encoding="utf-8"), mode(file)) for file in made[0].iterdir()} == {
        "b.md": ("ä", 0o600),
        "a.html": ("<p>", 0o600),
    }


def test_what_cannot_be_written_is_said_with_the_option(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(RecoveryError) as caught:
        new_folder(file / "below", "run", "report_dir")
    assert "set report_dir to a folder that can be written" in problem_of(caught)
    with pytest.raises(RecoveryError) as caught:
        write_texts(file, {"a": ""}, "report_dir")
    assert "set report_dir to a folder that can be written" in problem_of(caught)


def test_a_folder_is_looked_at_without_being_made(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert folder_problem(tmp_path / "new" / "reports") is None
    assert not (tmp_path / "new").exists()
    assert folder_problem(file) == f"{file} is not a folder: name another one."
    assert folder_problem(file / "below") == f"{file} is not a folder: name another one."
    assert "cannot be used (File name too long)" in str(folder_problem(tmp_path / ("a" * 300)))
