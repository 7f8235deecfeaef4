# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a recovery is seen on a real worker, and nothing else is taken for one."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import (
    offset_reset,
    policy_info,
    recovery_info,
)
from confluent_kafka import Consumer, TopicPartition
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    PST,
    ZONES,
    Result,
    Tasks,
    partition,
    run_task,
    stuck,
    succeeded,
)
from lab import Lab, await_condition
from lab.ansible_runs import run_playbook, write_inventory
from lab.days import ago
from lab.trial import Trial

LONGER_WAIT = {MAX_WAIT: "60m"}
ONE_PARTITION = {"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1}


def outcomes(tasks: Tasks, result: dict[str, Any]) -> dict[str, str]:
    return {one["partition"]["timezone"]: one["outcome"] for one in tasks.of(result)["partitions"]}


def test_a_recovery_is_seen_when_every_partition_has_a_commit_of_the_connectors_own(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    reset = succeeded(tasks.reset(at_least=LONGER_WAIT))
    result = tasks.verify(reset)
    assert result["recovered"], result["message"]
    assert outcomes(tasks, result) == dict.fromkeys(ZONES, "recovered")
    written = {one["partition"]["timezone"]: one["delivered_to"] for one in tasks.of(reset)["forecast"]["partitions"]}
    for one in tasks.of(result)["partitions"]:
        assert one["moved"]
        assert one["delivered_to"] > written[one["partition"]["timezone"]]
    assert result["timeout_seconds"] >= 600
    assert [one["found"] for one in tasks.of(result)["settings"]] == ["as_written"]


def test_a_key_that_stripe_refuses_is_named_and_not_waited_for(trial: Trial, tasks: Tasks) -> None:
    trial.account(CAIRO).respond(status=401, times=None)
    stuck(trial)
    result = tasks.verify(succeeded(tasks.reset(at_least=LONGER_WAIT)), timeout_seconds=90)
    assert not result["recovered"]
    assert outcomes(tasks, result) == {CAIRO: "not_recovered", NEW_YORK: "recovered", PST: "recovered"}
    assert f"2 of 3 partitions recovered; {CAIRO}: Stripe refuses its API key" in result["message"]
    assert result["waited_seconds"] < 60


@pytest.mark.lengthy
def test_the_old_wait_that_was_put_back_is_named(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    reset = succeeded(tasks.reset(at_least=LONGER_WAIT))
    config = lab.connect.config(trial.name)
    lab.connect.request("PUT", f"/connectors/{trial.name}/config", {**config, MAX_WAIT: "200"})
    result = tasks.verify(reset, timeout_seconds=90)
    assert not result["recovered"]
    assert f"its setting {MAX_WAIT} has its old value 200 (200 ms) again" in result["message"]
    assert result["waited_seconds"] < 60


# Afterwards, from what is in the store of the backups


def kafka_of(lab: Lab) -> dict[str, Any]:
    return {"kafka_bootstrap_servers": [lab.bootstrap_servers], "cluster_label": "connect-1"}


def verified(tasks: Tasks, **options: Any) -> Result:
    """Verify every connector that has a backup, with a look every second."""
    given = {name: value for name, value in tasks.reset_options.items() if name != "connectors"}
    return succeeded(run_task(recovery_info, **{**given, "from_backups": True, "interval_seconds": 1, **options}))


def checkpoints(tasks: Tasks, result: Result) -> dict[str, Result]:
    return {one["checkpoint"]: one for one in tasks.of(result)["checkpoints"]}


def result_of_the_change(tasks: Tasks) -> Path:
    """The document that says what became of the only change, and when."""
    (found,) = tasks.backup_dir.rglob("*.result")
    return found


def test_every_checkpoint_has_evidence_from_what_really_happened(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    # A day without rows makes a marker, which belongs to no timezone.
    trial.account(CAIRO, rows_per_day=0)
    stuck(trial)
    reset = succeeded(tasks.reset(at_least=LONGER_WAIT, **kafka_of(lab)))
    assert tasks.of(reset)["preflight"]["topics"][0]["topic"] == trial.topic
    (log,) = lab.logs.glob("*worker*.log")
    options = {**kafka_of(lab), "worker_log_command": ["cat", str(log)]}

    result = verified(tasks, **options)
    assert result["recovered"], result["message"]
    found = checkpoints(tasks, result)
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(
        ("logs", "offsets", "data", "partitions", "tasks", "settings"), "passed"
    )
    assert found["logs"]["evidence"]["commits"] >= 1
    values = [value for _key, value in trial.records()]
    groups = Counter(value["timezone_aka_platform"] for value in values if value is not None)
    (arrived,) = found["data"]["evidence"]["topics"]
    assert (arrived["groups"], arrived["markers"]) == (dict(groups), values.count(None))
    assert set(groups) == {NEW_YORK, PST}
    assert arrived["markers"] >= 1
    assert all(one["behind_seconds"] == 0 for one in found["offsets"]["evidence"]["partitions"])
    assert tasks.of(result)["change"]["plan_id"] == tasks.of(reset)["plan"]["id"]

    # A preview that reads again names who would see that twice, and what agrees to it stays the same plan.
    consumer = Consumer({"bootstrap.servers": lab.bootstrap_servers, "group.id": "billing"})
    consumer.commit(offsets=[TopicPartition(trial.topic, 0, 1)], asynchronous=False)
    consumer.close()
    again = {"strategy": "timestamp", "timestamp": str(ago(3)), "check_mode": True}
    shown, without = tasks.reset(**again, **kafka_of(lab)), tasks.reset(**again, cluster_label="connect-1")
    assert tasks.of(shown)["plan"]["id"] == tasks.of(without)["plan"]["id"]
    preflight = tasks.of(succeeded(shown))["preflight"]
    assert (preflight["topics"][0]["groups"], preflight["topics"][0]["retention_seconds"]) == (["billing"], 7 * 86_400)
    assert preflight["redelivered_seconds"] == 3 * 86_400
    (topic,) = preflight["topics"]
    assert (topic["records"], topic["replicas"]) == (len(values), 1)
    sizes = [len(json.dumps(value)) for value in values if value is not None]
    assert 0.5 * min(sizes) < topic["record_bytes"] < 2 * max(sizes)
    size, readers = preflight["warnings"]
    assert re.match(r"About \d\.\d KiB of reports are read twice, estimated from those of the last 14 days\.", size)
    # Two of the three timezones have four rows a day, one has none; a row is some dozens of bytes.
    assert 3 * 4 * 2 * 10 < preflight["redelivered_bytes"] < 3 * 4 * 3 * 200
    assert readers == "billing will see 3 d of data twice: check that repeated records do no harm there."

    # For a change long before the connector was created, no start of its task belongs to the change.
    document = result_of_the_change(tasks)
    content = json.loads(document.read_text())
    document.write_text(json.dumps({**content, "returned_at": content["returned_at"] - 900}))
    trial.restart_task()
    started = "Source task finished initialization and start"
    trial.await_log(started, 3)
    one = checkpoints(tasks, verified(tasks, **options))["tasks"]
    assert one["status"] == "open"
    by_source = [one["evidence"][source]["task_starts"] for source in ("status_topic", "log")]
    assert by_source == [trial.count_log(started)] * 2


def test_a_connector_of_any_class_is_verified_by_the_topics_that_the_workers_have_seen(
    lab: Lab, connector_name: str, tmp_path: Path
) -> None:
    lines = [f"line {number}\n" for number in range(3)]
    file = tmp_path / "lines.txt"
    file.write_text("".join(lines), encoding="utf-8")
    config = {"connector.class": "FileStreamSource", "file": str(file), "topic": connector_name}
    lab.connect.create(connector_name, {**config, **ONE_PARTITION})
    end = {"position": len("".join(lines))}
    await_condition(lambda: end in [one["offset"] for one in lab.connect.offsets(connector_name)], "three lines")
    given = {
        "connect_url": lab.connect.urls,
        "connectors": [connector_name],
        "backup_dir": str(tmp_path / "backups"),
        **kafka_of(lab),
    }
    begin = [{"partition": {"filename": str(file)}, "offset": {"position": 0}}]
    reset = succeeded(run_task(offset_reset, **given, strategy="offset", offsets=begin))
    preflight = reset["connectors"][connector_name]["preflight"]
    assert [(one["topic"], one["records"]) for one in preflight["topics"]] == [(connector_name, 3)]

    result = succeeded(run_task(recovery_info, **given, interval_seconds=1))
    one = result["connectors"][connector_name]
    data = next(found for found in one["checkpoints"] if found["checkpoint"] == "data")
    assert (data["status"], data["evidence"]["topics"][0]["records"]) == ("passed", 3)
    assert data["message"] == "3 new records in 1 topic."
    # So is a rule for its topics.
    policy = {"files": {"connector_class": "FileStreamSource", "topics": {"minimum_retention": "30d"}}}
    looked = succeeded(run_task(policy_info, connect_url=lab.connect.urls, policy=policy, **kafka_of(lab)))
    (deviation,) = looked["connectors"][connector_name]["deviations"]
    assert (deviation["rule"], deviation["topic"]) == ("topic_retention", connector_name)
    assert one["outcome"] == "recovered"


def test_an_offset_that_moved_without_a_record_is_no_recovery(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    stuck(trial, zones=(NEW_YORK, PST))
    succeeded(tasks.reset(at_least=LONGER_WAIT, **kafka_of(lab)))
    # What was delivered is gone before anybody looks, and an offset was moved by hand.
    there = trial.await_offset(PST, processed_in_round=True)
    trial.stop()
    beyond = [{"partition": partition(PST), "offset": {**there, "last_committed_row": 1}}]
    lab.connect.request("PATCH", f"/connectors/{trial.name}/offsets", {"offsets": beyond})
    lab.connect.request("PUT", f"/connectors/{trial.name}/resume")
    lab.connect.await_state(trial.name, "RUNNING", tasks=1)
    (backup,) = tasks.backup_dir.rglob("2*Z-*.json")
    content = json.loads(backup.read_text())
    content["target_ends"] = [{"topic": trial.topic, "topic_partition": 0, "end": len(trial.records())}]
    backup.write_text(json.dumps(content))
    result = verified(tasks, **kafka_of(lab), worker_log_command=["/no/such/kubectl", "logs"])
    assert not result["recovered"]
    found = checkpoints(tasks, result)
    assert found["data"]["status"] == "failed"
    assert "no record has come into its topics since the change" in found["data"]["message"]
    assert tasks.of(result)["outcome"] == "not_proven"
    # The command that cannot be started is one sentence, and fails nothing.
    assert found["logs"]["status"] == "not_looked_at"
    assert "/no/such/kubectl cannot be started" in found["logs"]["message"]


def test_a_schedule_closes_the_monitoring_by_its_samples(lab: Lab, trial: Trial, tasks: Tasks, tmp_path: Path) -> None:
    stuck(trial)
    succeeded(tasks.reset(at_least=LONGER_WAIT, cluster_label="connect-1"))
    samples = {"keep_samples": True, "cluster_label": "connect-1"}
    verified(tasks, check_mode=True, **samples)
    assert not list(tasks.backup_dir.rglob("samples.json"))
    soak = tasks.of(verified(tasks, **samples))["soak"]
    assert (soak["samples"], soak["complete"]) == (1, False)
    (document,) = tasks.backup_dir.rglob("samples.json")
    content = json.loads(document.read_text())
    (sample,) = content["samples"]
    content["samples"] = [{**sample, "at": time.time() - hours * 3600} for hours in (25, 14, 3)]
    document.write_text(json.dumps(content))

    # The playbook finds the connector by its backup.
    inventory = write_inventory(lab, tmp_path)
    done = run_playbook("verify", inventory)
    assert done.returncode == 0, done.stdout
    assert f"Recovered: {trial.name}." in done.stdout
    assert "seen in 4 samples: the 24 h of monitoring are complete." in " ".join(done.stdout.split())

    lab.connect.request("PUT", f"/connectors/{trial.name}/pause")
    lab.connect.await_state(trial.name, "PAUSED")
    failed = run_playbook("verify", inventory)
    assert failed.returncode == 2
    report = " ".join(failed.stdout.partition("PLAY [Report]")[2].split())
    assert "it is PAUSED, although the change resumed it" in report
    assert "The last sample is not good (not recovered)" in " ".join(failed.stdout.split())
