# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset that goes back to a backup; where backups are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from unit.operations.tasks.reset_task import (
    BACKUPS,
    BEFORE,
    NEW,
    ORDERS,
    Task,
    connector,
)


def test_the_backup_of_a_run_brings_the_offsets_back(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    task(strategy="restore", backup_file=backup, offset=None, config={})
    assert task.found() == (BEFORE, NEW, "RUNNING")


def test_a_backup_that_is_not_there_names_those_that_are(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    with pytest.raises(RecoveryError) as caught:
        task(strategy="restore", backup_file="/nowhere/b.json", offset=None, config={})
    assert caught.value.message == (
        "backup_file: /nowhere/b.json does not exist on the host the task runs on; the backups of connector 'c' are:"
        f" {backup} (1 offset)."
    )
    assert task.cluster.writes == []


EXACT: Offset = {
    "zero": -0.0,
    "next": 2**53 + 1,
    "last": 2**63 - 1,
    "first": -(2**63),
    "large": 1e22,
    "none": None,
    "on": True,
}


@pytest.mark.parametrize("moved", [{"zero": 0.0}, {"next": 2**53}, {"last": 0}, {"first": 0}, {"large": 1e21}], ids=str)
def test_every_number_comes_back_from_a_backup_as_it_was(task: Task, moved: Offset) -> None:
    """Each of them alone, so that a value that counts as the same as another one is noticed."""
    task.cluster.by_name["c"].offsets[ORDERS] = dict(EXACT)
    wanted = {**EXACT, **moved}
    backup = task(offset=wanted, config={}).result["connectors"]["c"]["backup_file"]
    assert json.dumps(task.found()[0][ORDERS]) == json.dumps(wanted)
    task.cluster.restarted()
    task(strategy="restore", backup_file=backup, offset=None, config={})
    assert json.dumps(task.found()[0][ORDERS]) == json.dumps(EXACT)


@pytest.mark.parametrize(
    "offset, words",
    [
        (
            {"id": "1"},
            'offset.id: the connector stores an integer there (5), and "1" is a string: write 1 without quotes.',
        ),
        (
            {"idd": 1},
            "offset: the stored offset of table=orders also has id (integer, 5), which the connector may need",
        ),
        ({"id": 2**63}, "offset.id: 9223372036854775808 does not fit into 64 bits"),
        ({"id": float("nan")}, "offset.id: nan is not a number in JSON"),
    ],
)
def test_an_offset_that_the_connector_could_not_read_is_refused_before_it_is_stopped(
    task: Task, offset: dict[str, Any], words: str
) -> None:
    for check_mode in (True, False):
        with pytest.raises(RecoveryError) as caught:
            task(offset=offset, check_mode=check_mode)
        assert caught.value.message.startswith(words)
    assert task.cluster.writes == []
    assert task.files() == []


def test_a_restore_names_the_fields_whose_type_it_changes(task: Task) -> None:
    backup = task().result["connectors"]["c"]["backup_file"]
    task.cluster.restarted()
    task.cluster.by_name["c"].offsets[ORDERS] = {"id": "5", "row": 2}
    outcome = task(strategy="restore", backup_file=backup, offset=None, config={}, check_mode=True)
    assert outcome.warnings == [
        (
            'table=orders: id changes from a string ("5") to an integer (5), row (integer, 2) goes: check that the connector'
            " still reads such an offset."
        )
    ]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "9223372036854775808", "{}"])
def test_a_backup_with_a_value_that_connect_cannot_keep_is_refused_before_the_stop(task: Task, value: str) -> None:
    backup = Path(task().result["connectors"]["c"]["backup_file"])
    backup.write_text(backup.read_text(encoding="utf-8").replace('"id": 5', f'"id": {value}'), encoding="utf-8")
    task.cluster.restarted()
    with pytest.raises(RecoveryError, match="is damaged: entry 1 of its offsets"):
        task(strategy="restore", backup_file=str(backup), offset=None, config={})
    assert task.cluster.writes == []


def test_a_plan_is_of_one_connect_cluster_even_where_several_share_a_kafka_cluster(task: Task) -> None:
    one, other = (task(check_mode=True, cluster_label=label).result["connectors"]["c"]["plan"] for label in ("a", "b"))
    assert (one["cluster"], other["cluster"], one["cluster_id"]) == ("a", "b", other["cluster_id"])
    assert one["id"] != other["id"]
    with pytest.raises(RecoveryError, match="does not fit"):
        task(cluster_label="b", plan_id=one["id"])
    assert task.cluster.writes == []


# Folders and names


@pytest.mark.parametrize(
    "folder, message",
    [
        ("", "backup_dir is empty: name a folder, or leave the option out."),
        ("  ", "backup_dir is empty: name a folder, or leave the option out."),
        (
            "~nobody-of-this-name/b",
            "backup_dir: ~nobody-of-this-name/b cannot be used, because ~nobody-of-this-name has no",
        ),
    ],
)
def test_a_backup_folder_that_cannot_be_one_is_refused_before_anything_is_read(
    task: Task, folder: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        task(backup_dir=folder)
    assert caught.value.message.startswith(message)
    assert task.cluster.calls == []


NAMES = ["Überweisungen-" + "ü" * 90, "接" * 90, ".", "..", "a/b", "%2E", "x" * 300]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_connector_of_any_name_is_backed_up_in_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    task = Task(tmp_path / "backups", connector(name))
    task()
    (backup,) = task.files(BACKUPS)
    assert backup.parents[2] == tmp_path / "backups"
