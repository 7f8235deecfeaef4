# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollback brings settings, offsets and state back as they were, and can be taken back itself."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from integration.recovery.tasks import (
    MAX_WAIT,
    NEW_YORK,
    PST,
    ZONES,
    Result,
    Tasks,
    Written,
    await_as_announced,
    failed,
    stuck,
    succeeded,
    unfinished,
)
from lab import Lab, await_condition
from lab.ansible_runs import run_playbook, write_inventory
from lab.trial import Trial

SETTINGS = {MAX_WAIT: "3600000", "in.progress.poll.interval.ms": None, "batch.size": 7}


def all_of_it(trial: Trial, tasks: Tasks) -> tuple[Any, ...]:
    """Settings, offsets (also as raw records) and state."""
    return trial.cluster.config(trial.name), tasks.offsets(), tasks.stored_bytes(), tasks.state()


@pytest.mark.parametrize("state", ["PAUSED", pytest.param("STOPPED", marks=pytest.mark.lengthy)])
def test_what_was_changed_added_and_removed_comes_back_and_goes_again(trial: Trial, tasks: Tasks, state: str) -> None:
    # Cairo has no offset yet.
    stuck(trial, state=state, offsets={zone: unfinished(5, 4) for zone in (NEW_YORK, PST)})
    trial.cluster.await_state(trial.name, state)
    before = all_of_it(trial, tasks)
    deletion = {"strategy": "delete", "partitions": [{"timezone": PST}], "allow_gap": True}
    tasks.previewed_reset(config=SETTINGS, **deletion)
    changed = all_of_it(trial, tasks)
    assert set(changed[1]) == {NEW_YORK}
    assert changed[0]["batch.size"] == "7"
    assert "in.progress.poll.interval.ms" not in changed[0]

    back = tasks.previewed_rollback()
    assert back["plan"]["strategy"] == "rollback"
    assert all_of_it(trial, tasks) == before
    assert not succeeded(tasks.roll_back())["changed"]

    again = tasks.previewed_rollback(backup_file=back["backup_file"])
    assert all_of_it(trial, tasks) == changed
    tasks.previewed_rollback(backup_file=again["backup_file"])
    assert all_of_it(trial, tasks) == before


def test_a_recovered_connector_is_set_back_where_that_is_agreed_to_and_does_what_was_announced(
    trial: Trial, tasks: Tasks
) -> None:
    stuck(trial)
    before = tasks.offsets()
    tasks.previewed_reset(at_least={MAX_WAIT: "60m"})
    for zone in ZONES:
        trial.await_offset(zone, processed_in_round=True)
    recovered = all_of_it(trial, tasks)

    written = Written.now(tasks.lab)
    for check_mode in (True, False):
        result = failed(tasks.roll_back(check_mode=check_mode))
        assert f"all {len(ZONES)} offsets that it changed have moved on" in result["msg"]
        assert "set allow_moved_offsets to true to agree to it." in result["msg"]
        shown = "\n".join(result["preview"])
        assert "Read twice:" in shown
        assert "Report runs to catch up: " in shown
    assert Written.now(tasks.lab) == written
    assert all_of_it(trial, tasks) == recovered

    # With the old wait again, it would hang as it did before.
    trial.accounts[NEW_YORK].ready_after_looks, trial.accounts[NEW_YORK].pending_seconds = None, 0.0
    done = tasks.previewed_rollback(allow_moved_offsets=True)
    assert {one["partition"]["timezone"]: one["after"] for one in done["plan"]["offsets"]} == before
    assert trial.cluster.config(trial.name)[MAX_WAIT] == "200"
    assert done["forecast"]["report_runs"] > 0
    await_as_announced(trial, done["forecast"])
    # Setting it back once more needs the same word again.
    assert not succeeded(tasks.roll_back())["changed"]


def backup_of(result: Result) -> Path:
    return Path(result["backup_file"])


@pytest.mark.lengthy
def test_another_cluster_and_another_connector_of_the_same_name_are_refused_unless_told(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    stuck(trial, state="STOPPED")
    # Connect may show them a moment after it has taken them.
    await_condition(tasks.offsets, "the connector's offsets")
    before = tasks.offsets()
    done = tasks.previewed_reset(strategy="current", at_least={MAX_WAIT: "60m"})
    kept = Backup.from_data(json.loads(backup_of(done).read_text(encoding="utf-8")), "backup")
    assert kept.is_original

    foreign = replace(kept, cluster_id="of-another-cluster").as_data()
    backup_of(done).write_text(json.dumps(foreign), encoding="utf-8")
    assert "set allow_other_cluster to true" in failed(tasks.roll_back())["msg"]
    backup_of(done).write_text(json.dumps(kept.as_data()), encoding="utf-8")

    # Created again: its offsets are still there, and another setting shows that it is not the same connector.
    config = {**lab.connect.config(trial.name), "batch.size": "9"}
    lab.connect.delete(trial.name)
    lab.connect.create(trial.name, config, state="STOPPED")
    assert "other settings have changed as well (batch.size)" in failed(tasks.roll_back())["msg"]
    assert "somebody has changed" not in failed(tasks.roll_back())["msg"]
    tasks.previewed_rollback(allow_other_connector=True)
    assert tasks.offsets() == before
    assert lab.connect.config(trial.name)["batch.size"] == "9"


def test_what_somebody_has_changed_is_not_written_over_and_a_secret_stays(
    lab: Lab, trial: Trial, tasks: Tasks, tmp_path: Path
) -> None:
    stuck(trial, state="STOPPED", settings={"proxy.password": "canary-of-old"})
    tasks.reset(strategy="current", config={MAX_WAIT: 3_600_000, "proxy.password": "canary-of-new"})
    lab.connect.request("PATCH", f"/connectors/{trial.name}/config", {MAX_WAIT: "5000"})
    message = failed(tasks.roll_back())["msg"]
    assert f"somebody has changed {MAX_WAIT}: set allow_changed_settings to true" in message
    preview = succeeded(tasks.roll_back(check_mode=True, allow_changed_settings=True))
    (warning,) = preview["warnings"]
    assert warning.startswith("proxy.password cannot be brought back")
    succeeded(tasks.roll_back(allow_changed_settings=True))
    config = lab.connect.config(trial.name)
    assert (config[MAX_WAIT], config["proxy.password"]) == ("200", "canary-of-new")
    kept = "".join(file.read_text(encoding="utf-8") for file in tmp_path.rglob("*") if file.is_file())
    assert "canary-of" not in kept + json.dumps(preview)


def test_settings_of_a_sink_come_back_and_its_offsets_are_left_alone(
    lab: Lab, trial: Trial, tasks: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its group reads on all the time, so the plan that was agreed to must not depend on that."""
    before = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        # Every change of a state is a record of it.
        "topics": lab.connect.status_topic,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "consumer.override.auto.offset.reset": "earliest",
        "file": str(tmp_path / "sink.txt"),
    }
    lab.connect.create(trial.name, before)
    await_condition(lambda: committed(lab, trial.name), "a commit of the sink's group")
    refuse_writes_of_offsets(monkeypatch)

    # As the playbook does it on that host.
    label = {"cluster_label": lab.connect.name}
    done = succeeded(tasks.configure(config={"file": str(tmp_path / "other.txt"), "batch.of.mine": 7}, **label))
    assert "rollback_backup_file" in "\n".join(done["next_steps"])
    changed = lab.connect.config(trial.name)
    assert changed["file"].endswith("other.txt")
    lab.connect.await_state(trial.name, "RUNNING", tasks=1)
    start = committed(lab, trial.name)

    back = tasks.previewed_rollback(**label)
    assert back["plan"]["offsets"] == []
    assert back["evidence"]["settings_kept"] == 2
    assert lab.connect.config(trial.name) == {**before, "name": trial.name}
    assert tasks.state() == "RUNNING"
    assert not succeeded(tasks.roll_back(**label))["changed"]

    lab.connect.request("PUT", f"/connectors/{trial.name}/pause")
    lab.connect.await_state(trial.name, "PAUSED")
    named = {"connectops_connectors": trial.name, "rollback_backup_file": back["backup_file"]}
    again = run_playbook("rollback", write_inventory(lab, tmp_path), ["-e", json.dumps(named)])
    assert again.returncode == 0, again.stdout
    assert changed_tasks(again.stdout) == 1
    assert (lab.connect.config(trial.name), tasks.state()) == (changed, "PAUSED")
    now = committed(lab, trial.name)
    assert all(now[one] >= position for one, position in start.items())
    assert sum(now.values()) > sum(start.values())


def committed(lab: Lab, sink: str) -> dict[int, int]:
    """The positions that the sink's group has committed, by topic partition."""
    return {
        entry["partition"]["kafka_partition"]: entry["offset"]["kafka_offset"] for entry in lab.connect.offsets(sink)
    }


def refuse_writes_of_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(client: ConnectClient, name: str, offsets: Any) -> str:
        raise AssertionError("offsets of a sink are written")

    monkeypatch.setattr(ConnectClient, "alter_offsets", refuse)


def changed_tasks(output: str) -> int:
    found = re.search(r"changed=(\d+)", output.partition("PLAY RECAP")[2])
    assert found is not None, output
    return int(found[1])


@pytest.mark.lengthy
@pytest.mark.core_matrix
def test_the_playbook_previews_rolls_back_once_and_says_how_to_bring_the_change_back(
    lab: Lab, trial: Trial, tasks: Tasks, tmp_path: Path
) -> None:
    stuck(trial, state="STOPPED")
    before = all_of_it(trial, tasks)
    inventory = write_inventory(lab, tmp_path)
    named = ["-e", f"connectops_connectors={trial.name}"]
    # As the role does it on that host.
    tasks.previewed_reset(at_least={MAX_WAIT: "60m"}, cluster_label=lab.connect.name)
    recovered = all_of_it(trial, tasks)
    assert recovered != before

    def typed(output: str) -> list[str]:
        """The arguments of the command that the output ends with."""
        (command,) = re.findall(r"connectops\.recovery\.rollback( \\\n(?: +-e .* \\\n)* +-e .*)", output)
        return shlex.split(command.replace("\\\n", " "))

    written = Written.now(lab)
    preview = run_playbook("rollback", inventory, [*named, "--check", "--diff"])
    assert preview.returncode == 0, preview.stdout
    assert Written.now(lab) == written
    assert "Takes back plan" in preview.stdout
    assert f"-config {MAX_WAIT} = 3600000" in preview.stdout
    assert f"+config {MAX_WAIT} = 200" in preview.stdout

    # As the preview says, with the same plan.
    back = run_playbook("rollback", inventory, typed(preview.stdout))
    assert back.returncode == 0, back.stdout
    assert changed_tasks(back.stdout) == 1
    assert all_of_it(trial, tasks) == before

    second = run_playbook("rollback", inventory, named)
    assert second.returncode == 0, second.stdout
    assert changed_tasks(second.stdout) == 0
    assert "The change was taken back already" in second.stdout

    again = run_playbook("rollback", inventory, typed(back.stdout))
    assert again.returncode == 0, again.stdout
    assert all_of_it(trial, tasks) == recovered

    lab.connect.request("PATCH", f"/connectors/{trial.name}/config", {MAX_WAIT: "5000"})
    refused = run_playbook("rollback", inventory, typed(again.stdout))
    assert refused.returncode == 2
    assert f"somebody has changed {MAX_WAIT}" in " ".join(refused.stdout.split())
    assert trial.cluster.config(trial.name)[MAX_WAIT] == "5000"
