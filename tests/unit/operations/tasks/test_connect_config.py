# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing settings as a task: several connectors, check mode, secrets."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.connect_config import (
    configure,
    run,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.rollback import roll_back
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_CONFIG,
    CONNECT_ROLLBACK,
)
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

OLD = {"connector.class": "Orders", "max.wait.ms": "1000"}
RAISED = {**OLD, "max.wait.ms": "3600000"}
SECRET = "sk_live_51abcdef"


def checked(cluster: FakeCluster, **options: Any) -> dict[str, Any]:
    # One after the other, so that the calls have a certain order.
    given = {"connect_url": ["http://connect-1:8083"], "connectors": sorted(cluster.by_name), "at_once": 1, **options}
    result = ArgumentSpecValidator(CONNECT_CONFIG).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


def change(cluster: FakeCluster, *, check_mode: bool = False, **options: Any) -> Outcome:
    return configure(
        cluster,
        checked(cluster, **options),
        TaskContext(check_mode, 0.0, sleep=cluster.sleep, clock=lambda: cluster.seconds),
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where backups go by default."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(*(FakeConnector(name, dict(OLD)) for name in "ab"))


def test_a_setting_is_raised_without_a_stop_and_a_second_run_writes_nothing(cluster: FakeCluster) -> None:
    assert change(cluster, at_least={"max.wait.ms": "60m"}).result["changed"]
    assert [one.config for one in cluster.by_name.values()] == [RAISED, RAISED]
    assert cluster.writes == ["patch_config", "patch_config"]
    assert not change(cluster, at_least={"max.wait.ms": "60m"}).result["changed"]
    assert len(cluster.writes) == 2


def test_check_mode_says_the_same_and_writes_nothing(cluster: FakeCluster) -> None:
    shown = change(cluster, check_mode=True, config={"max.wait.ms": 2000}).result
    assert cluster.writes == []
    done = change(cluster, config={"max.wait.ms": 2000}).result
    backups = {name: one.pop("backup_file") for name, one in done["connectors"].items()}
    assert all(map(Path.is_file, map(Path, backups.values())))
    assert done.pop("next_steps")
    assert shown["connectors"]["a"] == {
        "changed": True,
        "settings": [{"key": "max.wait.ms", "before": "1000", "after": "2000"}],
        "backup_file": None,
    }
    assert not shown.pop("next_steps")
    for one in shown["connectors"].values():
        del one["backup_file"]
    assert done == shown


def test_after_one_that_fails_the_others_still_get_their_turn(cluster: FakeCluster) -> None:
    cluster.next_faults["patch_config"] = [Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError, match=r"^Kafka Connect refused it \(status 500\)\.$") as caught:
        change(cluster, config={"max.wait.ms": 2000})
    assert caught.value.facts["connectors"]["a"]["failed"]
    assert caught.value.facts["connectors"]["b"]["changed"]
    assert [one.config["max.wait.ms"] for one in cluster.by_name.values()] == ["1000", "2000"]


def test_after_a_signal_the_write_that_has_begun_ends_and_no_other_begins(cluster: FakeCluster) -> None:
    def interrupt() -> None:
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)
        handler(signal.SIGTERM, None)

    change(cluster, config={"max.wait.ms": 2000})
    writing = cluster.methods().index("patch_config") + 1
    cluster.restarted()
    cluster.meddling[writing] = interrupt
    with pytest.raises(
        RecoveryError, match=r"'b' was interrupted \(SIGTERM\) before it began: nothing was changed\.$"
    ) as caught:
        change(cluster, config={"max.wait.ms": 3000})
    assert caught.value.facts["connectors"]["a"]["changed"]
    assert [one.config["max.wait.ms"] for one in cluster.by_name.values()] == ["3000", "2000"]


def test_a_secret_is_written_and_never_shown(cluster: FakeCluster) -> None:
    result = change(cluster, connectors=["a"], config={"db.password": SECRET}).result
    assert cluster.by_name["a"].config["db.password"] == SECRET
    assert SECRET not in json.dumps(result)
    assert SECRET in cluster.hidden


def test_a_task_that_names_no_setting_is_refused_before_anything_is_read(cluster: FakeCluster) -> None:
    with pytest.raises(InputError, match="Neither config nor at_least names a setting"):
        run(checked(cluster), TaskContext(False, 0.0))


def test_a_connector_that_another_run_is_changing_is_left_to_it(cluster: FakeCluster) -> None:
    hold = Hold("1", "p", "RUNNING", Holder("node-1", 7), 0, 60)
    cluster.by_name["a"].config[HOLD_KEY] = hold.as_text()
    for check_mode in (True, False):
        with pytest.raises(RecoveryError, match="being changed by another run, plan p of somebody on node-1"):
            change(cluster, check_mode=check_mode, at_least={"max.wait.ms": "60m"})
    # The others get their turn, and nothing of the mark is lost or changed.
    assert cluster.by_name["a"].config == {**OLD, HOLD_KEY: hold.as_text()}
    assert cluster.by_name["b"].config == RAISED


def test_a_whole_config_is_written_with_the_mark_that_is_in_it(cluster: FakeCluster) -> None:
    """Another run has died; before Kafka 3.8 only a whole config can be written."""
    hold = Hold("1", "p", "RUNNING", Holder("node-1", 7), -600, -1)
    cluster.by_name["a"].config[HOLD_KEY] = hold.as_text()
    cluster.verbs["config"] = {"GET", "PUT"}
    change(cluster, connectors=["a"], at_least={"max.wait.ms": "60m"})
    assert cluster.by_name["a"].config == {**RAISED, HOLD_KEY: hold.as_text()}


# Taking it back


def backed_up(cluster: FakeCluster, tmp_path: Path) -> dict[str, Any]:
    """The options of both modules about backups."""
    return {"backup_dir": str(tmp_path / "backups"), "cluster_label": "eu-1", "connectors": ["a"]}


def take_back(cluster: FakeCluster, tmp_path: Path, **options: Any) -> Outcome:
    given = {"connect_url": ["http://connect-1:8083"], **backed_up(cluster, tmp_path), **options}
    params = ArgumentSpecValidator(CONNECT_ROLLBACK).validate(given).validated_parameters
    clock = TaskContext(False, 60.0, sleep=cluster.sleep, clock=lambda: cluster.seconds)
    return roll_back(cluster, params, clock)


def test_a_change_of_settings_alone_can_be_taken_back_and_brought_again(cluster: FakeCluster, tmp_path: Path) -> None:
    stored = {Partition.of({"table": "orders"}): {"id": 5}}
    cluster.by_name["a"].offsets = dict(stored)
    changes = {"max.wait.ms": 2000, "batch.size": 7}
    change(cluster, config=changes, **backed_up(cluster, tmp_path))
    back = take_back(cluster, tmp_path)
    assert back.result["changed"]
    assert (cluster.by_name["a"].config, cluster.by_name["a"].offsets) == (OLD, stored)
    assert not take_back(cluster, tmp_path).result["changed"]
    take_back(cluster, tmp_path, backup_file=back.result["connectors"]["a"]["backup_file"])
    assert cluster.by_name["a"].config == {**OLD, "max.wait.ms": "2000", "batch.size": "7"}


def test_a_backup_of_settings_holds_the_offsets_too_so_going_back_to_it_deletes_none(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    stored = {Partition.of({"table": "orders"}): {"id": 5}}
    cluster.by_name["a"].offsets = dict(stored)
    done = change(cluster, config={"max.wait.ms": 2000}, **backed_up(cluster, tmp_path))
    kept = json.loads(Path(done.result["connectors"]["a"]["backup_file"]).read_text(encoding="utf-8"))
    assert Backup.from_data(kept, "backup").offsets == stored


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_write_that_failed_is_taken_back_only_if_it_may_have_been_made(
    cluster: FakeCluster, tmp_path: Path, is_sent: bool
) -> None:
    error = (
        UnknownOutcome("no answer") if is_sent else ConnectError("Kafka Connect refuses it (status 400).", status=400)
    )
    cluster.next_faults["patch_config"] = [Fault(error, acts=is_sent)]
    if is_sent:
        assert change(cluster, config={"max.wait.ms": 2000}, **backed_up(cluster, tmp_path)).result["changed"]
        take_back(cluster, tmp_path)
    else:
        with pytest.raises(RecoveryError, match="refuses it"):
            change(cluster, config={"max.wait.ms": 2000}, **backed_up(cluster, tmp_path))
        with pytest.raises(RecoveryError, match="no backup of a change that was carried out"):
            take_back(cluster, tmp_path)
    assert cluster.by_name["a"].config == OLD


def test_nothing_is_written_where_no_backup_can_be(cluster: FakeCluster, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file", encoding="utf-8")
    with pytest.raises(RecoveryError, match="nothing was changed"):
        change(cluster, config={"max.wait.ms": 2000}, **backed_up(cluster, tmp_path))
    assert cluster.writes == []


def test_a_sink_is_changed_without_its_offsets_and_taken_back(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.by_name["a"].type = "sink"
    result = change(cluster, config={"max.wait.ms": 2000}, **backed_up(cluster, tmp_path)).result
    assert result["changed"]
    assert result["connectors"]["a"]["backup_file"]
    assert result["next_steps"]
    take_back(cluster, tmp_path)
    assert cluster.by_name["a"].config == OLD
    assert "offsets" not in cluster.methods()
