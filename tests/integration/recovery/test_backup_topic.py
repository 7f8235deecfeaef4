# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups and journals in a Kafka topic: what is written there, who may write, and what goes wrong, on real brokers."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Sample, Soak
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import Fenced, KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord, Writer, write_records
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import (
    backups_info,
    offset_reset,
    support_bundle,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import rollback as rollback_task
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)
from integration.recovery.backup_topics import allow, opened, why_refused
from integration.recovery.kafka_logins import login
from integration.recovery.killing import reset_killed_at
from integration.recovery.tasks import (
    MAX_WAIT,
    PST,
    Tasks,
    Written,
    failed,
    params_of,
    run_task,
    stuck,
    succeeded,
    today_in_the_current_round,
)
from lab import Lab, await_condition
from lab.broker import Broker, secured_broker
from lab.kafka_security import KafkaSecurity
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

LONGER_WAIT = {MAX_WAIT: "60m"}
BACKUP = Backup(
    cluster_id="kafka-1",
    connector="orders",
    taken_at="2026-11-23T06:00:00.500000+00:00",
    plan_id="abc123",
    state="RUNNING",
    config={},
    offsets={Partition.of({"table": "orders"}): {"id": 5}},
)


def in_topic(lab: Lab, **options: Any) -> dict[str, Any]:
    """The options with which the backups go to a topic of the lab's broker."""
    return {
        "kafka_bootstrap_servers": [lab.bootstrap_servers],
        "backup_topic": "connectops-backups",
        "backup_topic_create": True,
        "cluster_label": "eu 1",
        **options,
    }


def kept(broker: Broker, topic: str = "connectops-backups") -> dict[str, Any]:
    """The last value of each key, read without the collection; None is a tombstone."""
    return {
        str((message.key() or b"").decode()): json.loads(message.value() or b"null")
        for message in broker.messages(topic)
    }


# A reset that keeps its backup in a topic


def test_a_backup_in_a_topic_is_made_beforehand_read_back_and_restored_by_its_name(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    stuck(trial)
    before = tasks.offsets()
    topic = f"backups-{uuid.uuid4().hex[:6]}"
    options = in_topic(lab, backup_topic=topic)
    preview = succeeded(tasks.reset(check_mode=True, strategy="current", **options))
    assert preview["warnings"] == [
        f"The backup topic {topic} does not exist yet: it will be created before the change."
    ]
    assert not lab.broker.has_topic(topic)
    plan_id = tasks.of(preview)["plan"]["id"]
    done = succeeded(tasks.reset(strategy="current", plan_id=plan_id, **options))
    name = tasks.of(done)["backup_file"]
    folder = f"eu%201/{trial.name}"
    assert name.startswith(f"topic:{topic}/{folder}/20")
    records = kept(lab.broker, topic)
    backup = records[name.removeprefix(f"topic:{topic}/")]
    assert {one["partition"]["timezone"]: one["offset"] for one in backup["offsets"]} == before
    assert records[f"{folder}/journal"] is None
    assert len(records[f"{folder}/own_writes"]["writes"]) == 3
    assert not list(tasks.backup_dir.rglob("*")), "nothing is on the disk"
    assert any(name in line for line in done["next_steps"])

    today = {zone: today_in_the_current_round() for zone in before}
    assert tasks.offsets() == today
    succeeded(tasks.reset(strategy="restore", backup_file=name, **options))
    assert tasks.offsets() == before
    # The restore is the last change; taking it back brings today's offsets back.
    rollback = {"allow_moved_offsets": True, **options}
    taken_back = succeeded(run_task(rollback_task, **tasks.reset_options, **rollback))
    assert tasks.offsets() == today
    assert tasks.of(taken_back)["backup_file"].startswith(f"topic:{topic}/{folder}/20")
    assert kept(lab.broker, topic)[f"{name.removeprefix(f'topic:{topic}/')}.result"]["result"] == "done"

    admin, resource = (
        AdminClient({"bootstrap.servers": lab.bootstrap_servers}),
        ConfigResource(ResourceType.TOPIC, topic),
    )
    assert admin.describe_configs([resource])[resource].result()["cleanup.policy"].value == "compact"
    facts = succeeded(tasks.look(**options))["ansible_facts"]["connectops_offsets"]
    assert facts["connectors"][trial.name]["unfinished_plan"] is None


def test_a_killed_reset_is_finished_from_an_empty_disk(
    lab: Lab, trial: Trial, tasks: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At some step the killed process leaves the connector STOPPED; its home folder is gone with it."""
    stuck(trial)
    options = in_topic(lab)
    for step in itertools.count(12):
        monkeypatch.setenv("HOME", str(tmp_path / f"home-{step}"))
        killed = {**tasks.reset_options, **options, "at_least": LONGER_WAIT, "backup_dir": "~/backups"}
        assert reset_killed_at(step, killed) is None
        if tasks.state() == "STOPPED":
            break
    monkeypatch.setenv("HOME", str(tmp_path / "another-home"))
    journal = kept(lab.broker)[f"eu%201/{trial.name}/journal"]
    facts = succeeded(tasks.look(**options))["ansible_facts"]["connectops_offsets"]
    assert facts["unfinished"] == [trial.name]
    assert facts["connectors"][trial.name]["unfinished_plan"] == journal["plan_id"]
    done = succeeded(tasks.reset(at_least=LONGER_WAIT, backup_dir="~/backups", **options))
    assert f"has an unfinished change (plan {journal['plan_id']}" in done["warnings"][0]
    assert f"{journal['backup_file']})" in done["warnings"][0]
    lab.connect.await_state(trial.name, "RUNNING", tasks=1)
    assert kept(lab.broker)[f"eu%201/{trial.name}/journal"] is None
    assert lab.connect.config(trial.name)[MAX_WAIT] == "3600000"


def test_old_backups_are_deleted_after_a_change_and_one_that_a_journal_names_is_not(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    trial.account(PST)
    trial.create({PST: today_in_the_current_round()}, state="PAUSED")
    options = in_topic(lab)
    for size in (10, 20, 30):
        name = tasks.of(succeeded(tasks.reset(config={"batch.size": size}, backup_keep=2, **options)))["backup_file"]
    backups = [
        key
        for key, value in kept(lab.broker).items()
        if value and key.startswith(f"eu%201/{trial.name}/2") and not key.endswith(".result")
    ]
    assert len(backups) == 2
    assert name == f"topic:connectops-backups/{max(backups)}"
    place = {key: options[key] for key in ("kafka_bootstrap_servers", "backup_topic", "cluster_label")}
    listed = succeeded(run_task(backups_info, connectors=[trial.name], **place))
    assert [one["name"] for one in listed["connectors"][trial.name]["backups"]] == [
        f"topic:connectops-backups/{key}" for key in sorted(backups, reverse=True)
    ]
    assert listed["connectors"][trial.name]["backups"][0]["state"] == "PAUSED"
    bundle = succeeded(run_task(support_bundle, **tasks.stripe_options, **options, bundle_dir=str(tasks.backup_dir)))
    with tarfile.open(bundle["bundle_file"]) as archive:
        (member,) = (one for one in archive if one.name.endswith("/backups.json"))
        in_bundle = json.load(archive.extractfile(member) or io.BytesIO())
    assert in_bundle[trial.name][max(backups).rpartition("/")[2]]["state"] == "PAUSED"
    misspelt = failed(run_task(backups_info, connectors=[f"{trial.name}s"], **place))
    assert f'did you mean "{trial.name}"?' in misspelt["msg"]


# What is refused before anything is stopped


@pytest.fixture(scope="module")
def secured() -> Iterator[tuple[Broker, KafkaSecurity, AdminClient]]:
    """A broker that checks rights; with topics that are fit and unfit for backups."""
    with secured_broker() as (broker, security):
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
        for name, config in {
            "fit": {"cleanup.policy": "compact"},
            "deleting": {"cleanup.policy": "compact,delete"},
            "never-acknowledged": {"cleanup.policy": "compact", "min.insync.replicas": "2"},
            "small": {"cleanup.policy": "compact", "max.message.bytes": "2500"},
        }.items():
            admin.create_topics([NewTopic(name, 2, 1, config=config)])[name].result()
            await_condition(lambda name=name: name in admin.list_topics(timeout=120).topics, f"the topic {name}")
        yield broker, security, admin


def test_a_topic_that_is_not_fit_for_backups_is_refused_with_what_to_type(
    secured: tuple[Broker, KafkaSecurity, AdminClient],
) -> None:
    kafka = KafkaOptions((secured[0].bootstrap_servers,), timeout_seconds=60)
    assert "its cleanup.policy is compact,delete" in why_refused(kafka, "deleting")
    assert "kafka-configs --alter --topic deleting --add-config cleanup.policy=compact." in why_refused(
        kafka, "deleting"
    )
    assert "its min.insync.replicas is 2, but it has 1 replica" in why_refused(kafka, "never-acknowledged")
    missing = why_refused(kafka, "fitt")
    assert 'has no topic "fitt": did you mean "fit"' in missing
    assert missing.endswith("Set backup_topic_create to true to create it.")
    with opened(kafka, "small") as stores:
        large = replace(BACKUP, config={"a": "x" * 2000})
        with pytest.raises(RecoveryError, match=r"more than the topic small takes \(2500\): raise max.message.bytes"):
            stores.of("orders").refuse_unfit(large)


def test_rights_that_are_missing_are_named_one_after_the_other(
    secured: tuple[Broker, KafkaSecurity, AdminClient],
) -> None:
    _broker, security, admin = secured
    kafka = login(security, "stranger")
    assert "does not accept the login" in why_refused(login(security, "stranger", sasl_password="a-wrong-one"))
    assert "No Kafka broker can be reached" in why_refused(KafkaOptions(("127.0.0.1:1",)))

    def then(words: str, topic: str = "fit", **more: Any) -> None:
        await_condition(lambda: words in why_refused(kafka, topic, **more), words)

    then("is not allowed to read the topic")
    allow(admin, AclOperation.DESCRIBE, "fit")
    then("grant it DescribeConfigs on the topic")
    allow(admin, AclOperation.DESCRIBE_CONFIGS, "fit")
    then('is not allowed to write to the topic "fit"')
    allow(admin, AclOperation.WRITE, "fit")
    allow(admin, AclOperation.READ, "fit")
    await_condition(lambda: _opens(kafka), "the rights to write")
    then('The topic "fit-2" cannot be created', "fit-2", backup_topic_create=True)
    with opened(kafka) as stores, pytest.raises(RecoveryError) as caught:
        stores.of("orders").back_up(BACKUP)
    assert 'to use the transactional id "connectops.recovery/eu/orders"' in caught.value.message
    allow(admin, AclOperation.WRITE, "connectops.recovery/", ResourceType.TRANSACTIONAL_ID)
    allow(admin, AclOperation.DESCRIBE, "connectops.recovery/", ResourceType.TRANSACTIONAL_ID)
    await_condition(lambda: _backs_up(kafka), "the right to the transactional id")


def _opens(kafka: KafkaOptions) -> bool:
    try:
        with opened(kafka):
            return True
    except KafkaFailed:
        return False


def _backs_up(kafka: KafkaOptions) -> bool:
    try:
        with opened(kafka) as stores:
            store = stores.of("orders")
            return store.read(store.back_up(BACKUP)) == BACKUP
    except KafkaFailed:
        return False


def test_a_reset_that_cannot_be_backed_up_stops_nothing(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    before = Written.now(lab)
    for words, options in {
        "Set backup_topic_create to true": {"backup_topic": "no-such", "backup_topic_create": False},
        "its cleanup.policy is delete": {"backup_topic": "__consumer_offsets_of_mine"},
        "No Kafka broker can be reached": {"kafka_bootstrap_servers": ["127.0.0.1:1"]},
        "backup_topic is set without kafka_bootstrap_servers": {"kafka_bootstrap_servers": []},
    }.items():
        if "delete" in words:
            admin = AdminClient({"bootstrap.servers": lab.bootstrap_servers})
            new = NewTopic(options["backup_topic"], 1, 1, config={"cleanup.policy": "delete"})
            admin.create_topics([new])[new.topic].result()
        given = in_topic(lab, **options)
        messages = [
            failed(tasks.reset(check_mode=check, at_least=LONGER_WAIT, **given))["msg"] for check in (True, False)
        ]
        assert words in messages[0]
        assert messages[0] == messages[1]
    assert Written.now(lab) == before
    assert tasks.state() == "RUNNING"


# Writing, and who may


@pytest.fixture
def kafka(secured: tuple[Broker, KafkaSecurity, AdminClient]) -> KafkaOptions:
    return KafkaOptions((secured[0].bootstrap_servers,), timeout_seconds=60)


def test_records_go_to_the_topic_partition_that_a_java_client_chooses(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    """The offsets topic has several topic partitions, and Connect's own records of the same keys are in them."""
    trial.account(PST)
    trial.create({PST: today_in_the_current_round()}, state="STOPPED")
    ((key, value),) = tasks.stored_bytes().items()
    topic = lab.connect.offsets_topic
    connection = Connection(KafkaOptions((lab.bootstrap_servers,)))
    write_records(connection, [NewRecord(topic, key, value)])
    with Writer(connection, "t") as writer:
        writer.write([NewRecord(topic, key, value)])
    connection.close()
    places = {message.partition() for message in lab.broker.messages(topic) if message.key() == key}
    assert len(places) == 1
    assert tasks.stored_bytes() == {key: value}


def test_a_transaction_is_whole_or_nothing_and_a_part_written_is_not_taken_for_nothing(
    secured: tuple[Broker, KafkaSecurity, AdminClient], kafka: KafkaOptions
) -> None:
    broker = secured[0]
    records = [NewRecord("small", b"a", b"1", 0), NewRecord("small", b"b", b"x" * 3000, 1)]
    connection = Connection(kafka)
    with Writer(connection, "t") as writer, pytest.raises(KafkaFailed, match="too large for the topic"):
        writer.write(records)
    assert [message.key() for message in broker.messages("small")] == []
    with pytest.raises(UnknownOutcome, match=r'confirmed 1 of 2 records for the topic "small" \(.*too large\)'):
        write_records(connection, records)
    assert [message.key() for message in broker.messages("small")] == [b"a"]
    with pytest.raises(KafkaFailed, match="too large for the topic"):
        write_records(connection, records[1:])
    with pytest.raises(KafkaFailed, match='has no topic "smal"'):
        write_records(connection, [NewRecord("smal", b"a", b"1")])
    connection.close()


def test_a_newer_producer_fences_the_older_one(
    secured: tuple[Broker, KafkaSecurity, AdminClient], kafka: KafkaOptions
) -> None:
    connection = Connection(kafka)
    with Writer(connection, "one") as older, Writer(connection, "one") as newer:
        older.write([NewRecord("fit", b"who", b"1")])
        newer.write([NewRecord("fit", b"who", b"2")])
        for _again in range(2):
            with pytest.raises(Fenced, match="Another run has taken over"):
                older.write([NewRecord("fit", b"who", b"3")])
    connection.close()
    assert kept(secured[0], "fit")["who"] == 2


def test_a_run_that_was_taken_for_dead_can_neither_end_the_journal_of_the_next_nor_write(
    secured: tuple[Broker, KafkaSecurity, AdminClient], kafka: KafkaOptions
) -> None:
    with opened(kafka, label="one-at-a-time") as first, opened(kafka, label="one-at-a-time") as second:
        stale, fresh, late = first.of("orders"), second.of("orders"), second.of("orders")
        assert stale.current() is None
        assert late.current() is None
        stale.begin(Journal("plan1", "RUNNING", stale.back_up(BACKUP)))
        # A run that has looked before must not overwrite what has been begun since.
        with pytest.raises(RecoveryError, match="Another run has begun or ended a change of connector 'orders'"):
            late.begin(Journal("plan3", "RUNNING", "b"))
        taken_over = fresh.current()
        assert taken_over is not None
        fresh.begin(replace(taken_over, plan_id="plan2"))
        for write in (stale.end, lambda: stale.note_writes([])):
            with pytest.raises(RecoveryError, match="this run writes nothing more"):
                write()
        assert fresh.current() == replace(taken_over, plan_id="plan2")
        fresh.end()
        assert fresh.current() is None


def test_a_verification_keeps_its_sample_beside_a_run_that_changes_the_connector(
    secured: tuple[Broker, KafkaSecurity, AdminClient], kafka: KafkaOptions
) -> None:
    with opened(kafka, label="beside") as changing, opened(kafka, label="beside") as looking:
        run, verification = changing.of("orders"), looking.of("orders")
        assert run.current() is None
        run.begin(Journal("plan1", "RUNNING", run.back_up(BACKUP)))
        soak = Soak("b", (Sample(5.0, "recovered", True),))
        verification.note_samples(soak)
        # Neither fenced nor taken for another run.
        run.note_writes([])
        run.end()
        assert verification.samples() == run.samples() == soak


def test_brokers_that_fail_in_the_middle_leave_the_connector_as_it_was(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    """The brokers with the backups end while the connector is STOPPED; Connect has brokers of its own."""
    stuck(trial)
    before = tasks.offsets()
    with secured_broker() as (broker, _security):
        options = in_topic(lab, kafka_bootstrap_servers=[broker.bootstrap_servers], kafka_timeout=3.0)

        def end_when_stopped(line: str) -> None:
            if line.endswith("its tasks have ended") and broker.process.alive:
                broker.process.kill()

        params = params_of(offset_reset, strategy="current", **{**tasks.reset_options, **options})
        with pytest.raises(RecoveryError) as caught:
            offset_reset.run(params, TaskContext(False, time.time(), end_when_stopped))
    assert "Kafka at" in caught.value.message
    assert tasks.offsets() == before
    lab.connect.await_state(trial.name, "RUNNING", tasks=1)
