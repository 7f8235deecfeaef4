# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reset says in the end is true: of offsets that the connector cannot use, of quiet sources, of what a person has done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset, offsets_facts
from integration.recovery.tasks import (
    MAX_WAIT,
    NEW_YORK,
    ZONES,
    Result,
    Tasks,
    failed,
    run_task,
    stuck,
    succeeded,
    unfinished,
)
from integration.recovery.test_killed import LONGER_WAIT, killed_while_stopped
from lab import Lab, await_condition
from lab.trial import Trial, ago

BEYOND_THE_END = 10_000
LINES = "one\ntwo\nthree\n"


@dataclass
class FileSource:
    """A connector that has read a file to its end, and its tasks."""

    lab: Lab
    name: str
    file: Path
    backup_dir: Path

    @property
    def options(self) -> dict[str, Any]:
        return {
            "connect_url": self.lab.connect.urls,
            "connectors": [self.name],
            "backup_dir": str(self.backup_dir),
            "cluster_label": "lab",
        }

    def reset(self, **options: Any) -> Result:
        return run_task(offset_reset, **{**self.options, "strategy": "offset", **options})

    def look(self) -> Result:
        kafka = {"kafka_bootstrap_servers": [self.lab.bootstrap_servers]}
        facts = succeeded(run_task(offsets_facts, **self.options, **kafka))["ansible_facts"]["connectops_offsets"]
        one: Result = facts["connectors"][self.name]
        return one

    @property
    def position(self) -> int | None:
        return next(
            (entry["offset"]["position"] for entry in self.lab.connect.offsets(self.name) if entry["offset"]), None
        )

    def await_position(self, position: int) -> None:
        await_condition(lambda: self.position == position, lambda: f"position {position}; it is {self.position}")


@pytest.fixture
def source(lab: Lab, connector_name: str, tmp_path: Path) -> Iterator[FileSource]:
    file = tmp_path / "lines.txt"
    file.write_text(LINES, encoding="utf-8")
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file": str(file),
        "topic": connector_name,
        "topic.creation.default.partitions": 1,
        "topic.creation.default.replication.factor": 1,
    }
    lab.connect.create(connector_name, config)
    one = FileSource(lab, connector_name, file, tmp_path / "backups")
    one.await_position(len(LINES))
    yield one
    # A task whose position is beyond the end looks for it without a pause, for ever, also once its connector is gone.
    os.truncate(file, BEYOND_THE_END)


# A change that kills the task


def test_a_change_that_kills_the_task_is_undone_and_told_with_its_cause(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    before = tasks.offsets()
    result = failed(tasks.reset(strategy="current", config={"lab.start": "fail_task"}, at_least=LONGER_WAIT))
    one = tasks.of(result)
    assert one["msg"] == (
        f"Connector '{trial.name}' was resumed, but task 0 FAILED (org.apache.kafka.connect.errors.ConnectException: The task"
        " fails at its start, as lab.start asks). The change was undone, and the connector was resumed as it was before; its"
        f" backup is {one['backup_file']}. Choose another offset or setting."
    )
    assert Path(one["backup_file"]).is_file()
    assert not result["changed"]
    assert not tasks.journals
    tasks.lab.connect.await_state(trial.name, "RUNNING", tasks=1)
    assert tasks.offsets() == before
    assert {"lab.start", MAX_WAIT} & set(tasks.lab.connect.config(trial.name)) == {MAX_WAIT}
    assert tasks.lab.connect.config(trial.name)[MAX_WAIT] == "200"


def test_a_task_that_fails_as_before_keeps_the_change(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, settings={"lab.start": "fail_task"}, state="PAUSED")
    tasks.lab.connect.request("PUT", f"/connectors/{trial.name}/resume")
    await_condition(
        lambda: [one["state"] for one in tasks.lab.connect.status(trial.name)["tasks"]] == ["FAILED"],
        "the task to fail",
    )
    result = failed(tasks.reset(strategy="current"))
    one = tasks.of(result)
    assert "as lab.start asks), as before the change. The change stays" in one["msg"]
    assert one["backup_file"] in one["msg"]
    assert result["changed"]
    assert all(offset["interval_end"] > ago(1) for offset in tasks.offsets().values())


# A quiet source


def test_a_quiet_source_that_reads_to_its_end_again_was_not_overwritten(lab: Lab, source: FileSource) -> None:
    done = succeeded(source.reset(offset={"position": 4}))["connectors"][source.name]
    source.await_position(len(LINES))
    evidence = done["evidence"]
    assert evidence["offsets_kept"] + evidence["offsets_moved_on"] + evidence["offsets_read_to_end"] == 1
    assert evidence["workers_asked"]
    assert list(source.backup_dir.rglob("journal.json")) == []
    # After two seconds of watching, with a flush each second, it has.
    assert evidence["offsets_read_to_end"] == 1


# What a reset wrote


def test_a_position_beyond_the_end_of_the_file_is_not_ok_while_nothing_is_delivered(source: FileSource) -> None:
    assert source.look()["verdict"] == "ok"
    succeeded(source.reset(offset={"position": BEYOND_THE_END}))
    one = source.look()
    assert one["verdict"] == "unknown"
    assert [reason["code"] for reason in one["verdicts"][0]["reasons"]] == ["nothing_stored_since_reset"]


def test_what_the_connector_stores_after_a_reset_is_its_commit(source: FileSource) -> None:
    succeeded(source.reset(offset={"position": 4}))
    with source.file.open("a", encoding="utf-8") as file:
        file.write("four\n")
    source.await_position(len(LINES) + 5)
    assert source.look()["verdict"] == "ok"


def test_connects_own_words_about_offsets_kept_elsewhere_are_no_warning_for_a_class_that_keeps_none_there(
    trial: Trial, tasks: Tasks
) -> None:
    """Connect says so of every class that does not override alterOffsets, so of Stripe's as well."""
    stuck(trial)
    assert not [one for one in succeeded(tasks.reset(strategy="current"))["warnings"] if "externally" in one]


def test_connects_own_words_about_offsets_kept_elsewhere_reach_the_user_for_any_other_class(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab has no other class that leaves alterOffsets as it is, so its own one is taken for an unknown one."""
    stuck(trial, zones=(NEW_YORK,))
    monkeypatch.setattr(StripeReporting, "fits", lambda kind, connector: False)
    result = succeeded(tasks.reset(strategy="offset", offset=unfinished(2, 0)))
    (said,) = [one for one in result["warnings"] if one.startswith(f"Kafka Connect says of connector '{trial.name}'")]
    assert "if this connector manages offsets externally, they will need to be manually altered" in said


# What Connect shows late


def test_offsets_that_connect_shows_late_are_waited_for(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connect may answer with the old offsets for half a second after a change, and once more after the new ones."""
    stuck(trial, state="STOPPED")
    read, alter = ConnectClient.offsets, ConnectClient.alter_offsets
    old: list[Any] = []
    shown: list[bool] = []
    late = iter([True, True, False, True])

    def alter_and_keep(client: ConnectClient, name: str, offsets: Any) -> str:
        old.append(read(client, name))
        return alter(client, name, offsets)

    def read_late(client: ConnectClient, name: str) -> Any:
        is_late = bool(old) and next(late, False)
        shown.append(is_late)
        return old[0] if is_late else read(client, name)

    monkeypatch.setattr(ConnectClient, "alter_offsets", alter_and_keep)
    monkeypatch.setattr(ConnectClient, "offsets", read_late)
    succeeded(tasks.reset(strategy="timestamp", timestamp=str(ago(2)), allow_gap=True))
    assert shown[-7:] == [True, True, False, True, False, False, False], "twice alike, and once after the return"
    assert len(old) == 1, "sent once"
    assert tasks.offsets() == dict.fromkeys(ZONES, unfinished(2, 0))


# What a person has done since


@pytest.mark.parametrize("verb, state", [("pause", "PAUSED"), ("resume", "RUNNING")])
def test_a_state_that_a_person_has_chosen_after_a_killed_reset_is_kept(
    trial: Trial, tasks: Tasks, verb: str, state: str
) -> None:
    prior = "RUNNING" if state == "PAUSED" else "PAUSED"
    stuck(trial, state=prior)
    killed_while_stopped(tasks, at_least=LONGER_WAIT)
    tasks.lab.connect.request("PUT", f"/connectors/{trial.name}/{verb}")
    tasks.lab.connect.await_state(trial.name, state)
    looked = succeeded(tasks.look(backup_dir=str(tasks.backup_dir)))["ansible_facts"]["connectops_offsets"]
    assert looked["unfinished"] == []
    assert looked["connectors"][trial.name]["unfinished_plan"] is not None
    done = succeeded(tasks.reset(at_least=LONGER_WAIT))
    assert any(f"it is {state} now, and stays so" in warning for warning in done["warnings"])
    tasks.lab.connect.await_state(trial.name, state)
    assert not tasks.journals
