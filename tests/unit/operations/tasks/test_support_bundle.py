# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The support bundle as a task, on a cluster in memory: what it holds, what it leaves out, and when it fails."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotFound,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.support import FILES, PAGE
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.support_bundle import make_bundle
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_SUPPORT_BUNDLE,
)
from unit.fake_cluster import FakeCluster, FakeConnector

NOW = 1_795_413_600.0
ORDERS = Partition.of({"table": "orders"})
SECRET, DECLARED, GIVEN = "s3cret-by-its-name", "s3cret-by-its-type", "s3cret-of-the-task"
CONFIG = {
    "connector.class": "Orders",
    "db.password": SECRET,
    "oddly.named": DECLARED,
    "mode": "bulk",
    "provided.password": "${file:/run/s:pw}",
}


@pytest.fixture
def cluster() -> FakeCluster:
    one = FakeCluster(*(FakeConnector(name, dict(CONFIG), {ORDERS: {"id": 5}}) for name in "ab"))
    one.password_keys = frozenset({"oddly.named"})
    return one


def bundle(cluster: FakeCluster, folder: Path, *, check_mode: bool = False, **options: Any) -> Outcome:
    given = {"connect_url": ["http://connect-1:8083"], "cluster_label": "eu-1", "bundle_dir": str(folder / "bundles")}
    checked = ArgumentSpecValidator(CONNECT_SUPPORT_BUNDLE).validate(
        {**given, "backup_dir": str(folder / "backups"), "bearer_token": GIVEN, **options}
    )
    assert not checked.error_messages
    return make_bundle(cluster, checked.validated_parameters, TaskContext(check_mode, NOW, sleep=cluster.sleep))


def files(path: str) -> dict[str, str]:
    """The texts of a bundle by the name of the file."""
    with tarfile.open(path) as archive:
        found = {}
        for member in archive.getmembers():
            content = archive.extractfile(member)
            assert content is not None
            found[Path(member.name).name] = content.read().decode()
    return found


def test_all_that_is_known_is_in_it_and_no_secret(cluster: FakeCluster, tmp_path: Path) -> None:
    options = {"connect_url": ["http://connect-1:8083"], "connectors": ["a"], "cluster_label": "eu-1"}
    change = {"strategy": "offset", "offset": {"id": 1}, "backup_dir": str(tmp_path / "backups")}
    params = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**options, **change}).validated_parameters
    reset(cluster, params, TaskContext(False, NOW, sleep=cluster.sleep, clock=lambda: cluster.seconds))
    log = tmp_path / "connect.log"
    log.write_text(f"one\nInvalid value {GIVEN}x for configuration y\nLogin with {SECRET} failed\n", encoding="utf-8")
    writes = list(cluster.writes)

    done = bundle(cluster, tmp_path, worker_logs=[str(log)], log_lines=2)
    assert cluster.writes == writes
    assert not done.result["changed"]
    found = files(done.result["bundle_file"])
    assert set(found) == {PAGE, *FILES}
    assert [one["problem"] for one in done.result["parts"]] == [None] * len(FILES)
    for secret in (SECRET, DECLARED, GIVEN):
        assert secret not in "".join(found.values())
    assert json.loads(found["settings.json"])["a"] == {
        **CONFIG,
        "db.password": "********",
        "oddly.named": "********",
    }
    assert json.loads(found["plugins.json"]) == [{"class": CONFIG["connector.class"], "type": "source", "version": "1"}]
    assert json.loads(found["status.json"])["a"]["tasks"]["0"]["state"] == "RUNNING"
    assert json.loads(found["versions.json"])["kafka_cluster_id"] == "kafka-1"
    assert json.loads(found["facts.json"])["connectors"]["a"]["offsets"] == [
        {"partition": {"table": "orders"}, "offset": {"id": 1}}
    ]
    backups = json.loads(found["backups.json"])["a"]
    (backup,) = (data for name, data in backups.items() if name.startswith("2") and name.endswith(".json"))
    assert backup["offsets"] == [{"partition": {"table": "orders"}, "offset": {"id": 5}}]
    # Connect's PASSWORD types count in a backup as well.
    assert backup["config"]["oddly.named"] == "********"
    assert found["log.txt"] == "Invalid value ******** for configuration y\nLogin with ******** failed\n"


@pytest.mark.parametrize("log_lines", [1, 2, 3, 9])
def test_the_log_loses_each_line_of_a_secret(cluster: FakeCluster, tmp_path: Path, log_lines: int) -> None:
    secret = "first-line-of-it\nsecond-line-of-it\nthird-line-of-it"
    cluster.by_name["b"].config["db.password"] = secret
    log = tmp_path / "connect.log"
    log.write_text(f"Login with {secret} failed\nlast\n", encoding="utf-8")
    found = files(bundle(cluster, tmp_path, worker_logs=[str(log)], log_lines=log_lines).result["bundle_file"])
    assert "line-of-it" not in found["log.txt"]
    assert found["log.txt"].endswith("last\n")


def test_the_logs_lose_the_secrets_of_connectors_that_were_not_named(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.by_name["b"].config["db.password"] = "s3cret-of-the-other"
    log = tmp_path / "connect.log"
    log.write_text("b: s3cret-of-the-other\n", encoding="utf-8")
    found = files(bundle(cluster, tmp_path, connectors=["a"], worker_logs=[str(log)]).result["bundle_file"])
    assert found["log.txt"] == "b: ********\n"
    assert list(json.loads(found["settings.json"])) == ["a"]


def test_check_mode_reads_the_same_and_writes_nothing(cluster: FakeCluster, tmp_path: Path) -> None:
    shown = bundle(cluster, tmp_path, check_mode=True).result
    assert list(tmp_path.iterdir()) == []
    assert "would be" in shown["preview"][0]
    done = bundle(cluster, tmp_path).result
    assert {**done, "preview": done["preview"][1:]} == {**shown, "preview": shown["preview"][1:]}
    assert Path(done["bundle_file"]).name == "connectops-eu-1-20261123T060000.000000Z.tar.gz"


def test_a_part_that_cannot_be_read_is_named_and_the_others_are_there(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.broken["worker_answer"] = ConnectError("The worker is busy (status 500).")
    done = bundle(cluster, tmp_path, worker_logs=[str(tmp_path / "none.log")])
    found = files(done.result["bundle_file"])
    assert set(found) == {PAGE, *FILES} - {"log.txt", "backups.json"}
    assert "log.txt: missing: The log file" in found[PAGE]
    assert f"backups.json: missing: there are no backups in {tmp_path}" in found[PAGE].replace("\n    ", " ")
    # No backups is no fault.
    (warning,) = done.warnings
    assert warning.startswith("The support bundle has no log.txt: The log file")
    assert {one["outcome"] for one in json.loads(found["workers.json"]).values()} <= {"unreachable"}


def test_a_folder_that_cannot_be_read_hides_no_other(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_cluster = tmp_path / "backups" / "eu-1"
    for name in "ab":
        (of_cluster / name).mkdir(parents=True)
        (of_cluster / name / "journal.json").write_text('{"plan_id": "p"}', encoding="utf-8")
    listed = Path.iterdir

    def iterdir(folder: Path) -> Iterator[Path]:
        if folder == of_cluster / "b":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    kept = json.loads(files(bundle(cluster, tmp_path).result["bundle_file"])["backups.json"])
    assert kept["a"] == {"journal.json": {"plan_id": "p"}}
    assert kept["b"]["problem"].startswith(f"The folder {of_cluster / 'b'} cannot be read (Permission denied)")


def test_the_results_of_old_backups_are_left_out_as_they_are(cluster: FakeCluster, tmp_path: Path) -> None:
    folder = tmp_path / "backups" / "eu-1" / "a"
    folder.mkdir(parents=True)
    names = [f"20261123T0600{number:02}.000000Z-p" for number in range(12)]
    for name in names:
        (folder / f"{name}.json").write_text("{}", encoding="utf-8")
        (folder / f"{name}.result").write_text("{}", encoding="utf-8")
    kept = json.loads(files(bundle(cluster, tmp_path).result["bundle_file"])["backups.json"])["a"]
    assert sorted(kept) == sorted(f"{name}.{end}" for name in names[-10:] for end in ("json", "result"))


def test_without_the_types_of_a_plugin_only_settings_that_explain_a_verdict_are_shown(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "secret_keys", lambda _plugin_class: None)
    profile = {"name": "orders", "connector_class": "Orders", "settings": {"mode": "bulk"}, "max_commit_age": "6h"}
    found = files(bundle(cluster, tmp_path, profiles=[profile]).result["bundle_file"])
    hidden = dict.fromkeys(CONFIG, "********")
    assert json.loads(found["settings.json"])["b"] == {**hidden, "connector.class": "Orders", "mode": "bulk"}


def test_when_connect_is_down_the_rest_is_written_and_the_task_fails(cluster: FakeCluster, tmp_path: Path) -> None:
    (tmp_path / "backups" / "eu-1" / "a").mkdir(parents=True)
    (tmp_path / "backups" / "eu-1" / "a" / "journal.json").write_text('{"plan_id": "p"}', encoding="utf-8")
    cluster.broken["root"] = Unreachable("Kafka Connect cannot be reached at http://connect-1:8083: refused.")
    with pytest.raises(
        RecoveryError, match=r"refused\. The support bundle .* has everything else that could be read"
    ) as caught:
        bundle(cluster, tmp_path)
    found = files(caught.value.facts["bundle_file"])
    assert set(found) == {PAGE, "versions.json", "backups.json"}
    assert json.loads(found["backups.json"]) == {"a": {"journal.json": {"plan_id": "p"}}}
    assert found[PAGE].count("missing: Kafka Connect cannot be reached") == 6


def test_a_connector_that_does_not_exist_is_the_users_mistake(cluster: FakeCluster, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        bundle(cluster, tmp_path, connectors=["c"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options, words",
    [({"bundle_dir": " "}, "bundle_dir is empty"), ({"log_lines": -1}, "log_lines is -1: set it to 0 or more")],
)
def test_options_that_cannot_work_are_refused(
    cluster: FakeCluster, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        bundle(cluster, tmp_path, **options)
    assert cluster.calls == []
