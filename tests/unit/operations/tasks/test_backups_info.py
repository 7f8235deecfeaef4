# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of backups, from a folder; tests/integration has the same from a topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, KeptSetting
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.retention import delete_old_backups
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.backups_info import run
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import KeepOptions

LONG = "x" * 300
NOW = 1_795_500_000.0


def backup(connector: str, minute: int) -> Backup:
    return Backup(
        cluster_id="kafka-1",
        connector=connector,
        taken_at=f"2026-11-23T06:{minute:02}:00.500000+00:00",
        plan_id=f"plan{minute}",
        state="PAUSED",
        config={"password": "********"},
        offsets={Partition.of({"table": "orders"}): {"id": 5}},
        change=Change("current", "PAUSED", "PAUSED", (KeptSetting("password", None, None, is_secret=True),), ()),
        made_by="ops on host-1",
    )


@pytest.fixture
def stores(tmp_path: Path) -> Callable[[str], FolderStore]:
    return lambda connector: FolderStore(tmp_path, "eu 1", "kafka-1", connector)


def listed(folder: Path, *connectors: str) -> Outcome:
    params: dict[str, Any] = {"backup_dir": str(folder), "cluster_label": "eu 1", "connectors": list(connectors)}
    return run(params, TaskContext(False, NOW))


def test_backups_are_listed_with_what_is_in_them(tmp_path: Path, stores: Callable[[str], FolderStore]) -> None:
    store = stores("orders/1")
    older, newer = (store.back_up(backup("orders/1", minute)) for minute in (1, 2))
    store.begin(Journal("plan2", "PAUSED", newer))
    store.note_result(older, "done")
    outcome = listed(tmp_path)
    assert outcome.warnings == []
    assert not outcome.result["changed"]
    about = outcome.result["connectors"]["orders/1"]
    assert about["unfinished_plan"] == "plan2"
    first, second = about["backups"]
    assert first == {
        "name": newer,
        "taken_at": "2026-11-23T06:02:00.500000+00:00",
        "plan_id": "plan2",
        "named_by_journal": True,
        "problem": None,
        "cluster_id": "kafka-1",
        "state": "PAUSED",
        "offsets": 1,
        "settings": ["password"],
        "result": None,
        "made_by": "ops on host-1",
    }
    assert (second["name"], second["named_by_journal"], second["result"]) == (older, False, "done")
    assert outcome.result["preview"] == [
        "eu 1  orders/1",
        "  A change (plan plan2) was begun but not finished: run recover for this",
        "    connector to finish it.",
        "  2026-11-23 06:02:00Z  plan plan2  PAUSED  1 offset  of the unfinished change",
        f"    {newer}",
        "    changed password",
        "  2026-11-23 06:01:00Z  plan plan1  PAUSED  1 offset  done",
        f"    {older}",
        "    changed password",
        "",
    ]


def test_what_is_damaged_is_listed_and_hides_nothing(tmp_path: Path, stores: Callable[[str], FolderStore]) -> None:
    store = stores(LONG)
    broken, whole = (store.back_up(backup(LONG, minute)) for minute in (1, 2))
    Path(broken).write_text("{", encoding="utf-8")
    (store.folder / "journal.json").write_text("{", encoding="utf-8")
    outcome = listed(tmp_path)
    (about,) = outcome.result["connectors"].values()
    assert list(outcome.result["connectors"]) == [LONG], "its name is in its backups, the name of the folder is cut"
    assert [one["name"] for one in about["backups"]] == [whole, broken]
    assert about["backups"][1]["problem"] == f"backup_file: {broken} cannot be read (not JSON)."
    (warning,) = outcome.warnings
    assert "journal.json cannot be read" in warning
    assert "  2026-11-23 06:01:00Z  plan plan1  cannot be read" in outcome.result["preview"]


def test_a_name_of_which_nothing_is_kept_is_refused_with_the_nearest(
    tmp_path: Path, stores: Callable[[str], FolderStore]
) -> None:
    assert listed(tmp_path).result["connectors"] == {}
    stores("orders").back_up(backup("orders", 1))
    stores("bills").back_up(backup("bills", 1))
    assert list(listed(tmp_path, "orders").result["connectors"]) == ["orders"]
    with pytest.raises(InputError) as caught:
        listed(tmp_path, "bills", "order")
    assert caught.value.message == (
        "There are no backups of connector 'order' of cluster eu 1: did you mean \"orders\"?"
    )


def test_old_backups_go_after_a_change_and_a_failure_is_a_warning(
    tmp_path: Path, stores: Callable[[str], FolderStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores("orders")
    names = [store.back_up(backup("orders", minute)) for minute in range(5)]
    store.begin(Journal("plan1", "PAUSED", names[1]))
    for name in (names[2], names[4]):
        store.note_result(name, "done")
    assert delete_old_backups(store, "orders", KeepOptions(), NOW) == []
    assert len(store.list()) == 5
    assert delete_old_backups(store, "orders", KeepOptions(count=2), NOW) == []
    assert [entry.name for entry in store.list()] == [names[4], names[3], names[1]]
    assert sorted(path.name for path in store.folder.glob("*.result")) == [
        Path(names[4]).name.replace("json", "result")
    ]

    def refuse(path: Path, *, missing_ok: bool) -> None:
        raise PermissionError(13, "Permission denied")

    store.end()
    monkeypatch.setattr(Path, "unlink", refuse)
    (warning,) = delete_old_backups(store, "orders", KeepOptions(count=1, days=0.5), NOW)
    assert warning.startswith(
        f"Old backups of connector 'orders' are not deleted: {names[1]} cannot be deleted (Permission"
    )


def test_another_cluster_that_had_the_label_is_listed_too(tmp_path: Path) -> None:
    for cluster_id in ("kafka-1", "kafka-2"):
        store = FolderStore(tmp_path, "eu 1", cluster_id, "orders")
        store.back_up(replace(backup("orders", int(cluster_id[-1])), cluster_id=cluster_id))
    backups = listed(tmp_path).result["connectors"]["orders"]["backups"]
    assert [one["cluster_id"] for one in backups] == ["kafka-2", "kafka-1"]
