# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect keeps in a real Kafka, with and without Connect: offsets topics, config topics, consumer groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    TimedOut,
    TopicNotFound,
)
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AdminClient,
)
from integration.recovery.raw_topics import (
    RawTopic,
    options,
)
from lab import Lab, await_condition
from lab.days import MIDNIGHT, ago
from lab.scenarios import stripe_offset, stripe_partition
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_of_its_own() -> Iterator[Lab]:
    """Not that of the other tests: workers are killed here, and topics made that look like another cluster's."""
    with Lab(workers=1, clusters=2) as lab:
        yield lab


# What Connect wrote


def test_the_worker_global_topic_says_what_rest_says_and_when_it_was_committed(
    lab: Lab, trial: Trial, kafka: KafkaClient
) -> None:
    trial.account("PST")
    trial.account("Africa/Cairo")
    offsets = {zone: stripe_offset(end=ago(3), round_id=MIDNIGHT, processed=False) for zone in trial.accounts}
    before = time.time()
    trial.create(offsets, state="STOPPED")
    read = kafka.read_offsets(lab.connect.offsets_topic, [trial.name])
    assert {record.partition: record.offset for record in read.records} == {
        Partition.of(stripe_partition(zone)): offset for zone, offset in offsets.items()
    }
    assert {record.connector for record in read.records} == {trial.name}
    assert all(before - 1 <= record.committed_at <= time.time() + 1 for record in read.records)
    raw = lab.offset_records(lab.connect.offsets_topic)
    assert all(raw[record.key] == record.value for record in read.records)
    assert (read.malformed, read.hidden_by_transaction) == (0, {})


def test_an_offset_deleted_over_rest_is_a_tombstone(lab: Lab, trial: Trial, kafka: KafkaClient) -> None:
    trial.account("PST")
    trial.create({"PST": stripe_offset(end=ago(3), round_id=MIDNIGHT, processed=False)}, state="STOPPED")
    deleted = {"offsets": [{"partition": stripe_partition("PST"), "offset": None}]}
    lab.connect.request("PATCH", f"/connectors/{trial.name}/offsets", deleted)
    [record] = kafka.read_offsets(lab.connect.offsets_topic, [trial.name]).records
    assert record.partition == Partition.of(stripe_partition("PST"))
    assert (record.offset, record.value) == (None, None)


def test_a_connectors_own_topic_is_read_as_well_as_the_global_one(lab: Lab, trial: Trial, kafka: KafkaClient) -> None:
    trial.account("PST")
    offset = stripe_offset(end=ago(3), round_id=MIDNIGHT, processed=False)
    own = f"{trial.name}-offsets"
    trial.create({"PST": offset}, {"offsets.storage.topic": own}, state="STOPPED")
    assert [record.offset for record in kafka.read_offsets(own).records] == [offset]
    # The copy in the global topic is written after the answer.
    await_condition(
        lambda: kafka.read_offsets(lab.connect.offsets_topic, [trial.name]).records, "the copy in the global topic"
    )


def test_with_connect_down_configs_states_and_offsets_are_still_read(
    lab: Lab, trial: Trial, kafka: KafkaClient
) -> None:
    trial.account("PST")
    trial.create({"PST": stripe_offset(end=ago(3), round_id=MIDNIGHT, processed=False)}, state="STOPPED")
    config = lab.connect.config(trial.name)
    running, paused, deleted = (f"{trial.name}-{word}" for word in ("running", "paused", "deleted"))
    own = {"offsets.storage.topic": f"{running}-offsets"}
    lab.connect.create(running, {**config, **own, "name": running})
    lab.connect.create(paused, {**config, "name": paused}, state="PAUSED")
    lab.connect.create(deleted, {**config, "name": deleted}, state="STOPPED")
    lab.connect.delete(deleted)
    [worker] = lab.connect.workers
    worker.kill()
    try:
        stored = kafka.read_config_topic(kafka.find_config_topic([trial.name]))
        offsets = kafka.read_offsets(kafka.find_offsets_topic([trial.name]), [trial.name])
    finally:
        worker.restart()
        lab.connect.delete(running)
        lab.connect.delete(paused)
    assert stored[trial.name].config == config
    states = {name: stored[name].target_state for name in (trial.name, running, paused)}
    assert states == {trial.name: "STOPPED", running: "STARTED", paused: "PAUSED"}
    assert (stored[running].offsets_topic, stored[paused].offsets_topic) == (own["offsets.storage.topic"], None)
    assert deleted not in stored
    assert len(offsets.records) == 1
    assert trial.accounts["PST"].key not in repr(stored), "the config has the API key in clear"


# Finding the topics


def test_of_two_clusters_on_one_broker_the_one_that_has_the_connector_is_found(
    lab: Lab, trial: Trial, kafka: KafkaClient
) -> None:
    first, second = lab.clusters
    trial.account("PST")
    own = f"{trial.name}-own-offsets"
    offset = {"PST": stripe_offset(end=ago(3), round_id=MIDNIGHT, processed=False)}
    trial.create(offset, {"offsets.storage.topic": own}, state="STOPPED")
    other, quiet = f"{trial.name}-other", f"{trial.name}-quiet"
    config = {name: value for name, value in lab.connect.config(trial.name).items() if name != "offsets.storage.topic"}
    seeds = [{"partition": stripe_partition("PST"), "offset": offset["PST"]}]
    second.create(other, {**config, "name": other}, seeds, state="STOPPED")
    second.create(quiet, {**config, "name": quiet}, state="STOPPED")
    await_condition(
        lambda: kafka.read_offsets(first.offsets_topic, [trial.name]).records, "the copy in the global topic"
    )
    try:
        for cluster, name in ((first, trial.name), (second, other)):
            assert kafka.find_config_topic([name]) == cluster.config_topic
            assert kafka.find_offsets_topic([name]) == cluster.offsets_topic
        assert kafka.find_offsets_topic([quiet]) == second.offsets_topic, "known by the offsets of its cluster"
        with pytest.raises(TopicNotFound) as unclear:
            kafka.find_offsets_topic([trial.name, other])
        assert f"The topics {first.offsets_topic} and {second.offsets_topic}" in unclear.value.message
        assert "set offsets_topic to the offset.storage.topic of the workers." in unclear.value.message
        with pytest.raises(TopicNotFound, match="No connector shows which topic"):
            kafka.find_config_topic()
        with KafkaClient(options(lab, offsets_topic=second.offsets_topic)) as named:
            assert named.find_config_topic() == second.config_topic
        with pytest.raises(TopicNotFound) as unknown:
            kafka.find_config_topic(["nowhere"])
        assert unknown.value.message.startswith(f"No readable topic on {lab.bootstrap_servers} holds")
        assert "configurations of nowhere: set config_topic to the config.storage.topic" in unknown.value.message
        with pytest.raises(TopicNotFound, match="set offsets_topic"):
            kafka.find_offsets_topic(["nowhere"])
    finally:
        second.delete(other)
        second.delete(quiet)


def test_topics_that_are_given_are_not_looked_for(lab: Lab) -> None:
    nobody = replace(options(lab, offsets_topic="given-1", config_topic="given-2"), bootstrap_servers=("127.0.0.1:1",))
    with KafkaClient(nobody) as kafka:
        assert kafka.find_offsets_topic(["orders"]) == "given-1"
        assert kafka.find_config_topic(["orders"]) == "given-2"


# Sink connectors


def sink(lab: Lab, name: str, topic: str, file: Path) -> None:
    lab.connect.create(
        name,
        {
            "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
            "tasks.max": 1,
            "topics": topic,
            "file": file,
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        },
    )


def test_a_sinks_progress_tells_what_waits_and_when_it_committed(
    lab: Lab, connector_name: str, kafka: KafkaClient, new_topic: Callable[..., RawTopic], tmp_path: Path
) -> None:
    topic = new_topic(partitions=2, cleanup_policy="delete")
    topic.write((b"k", {"n": 1}), (b"k", {"n": 2}), (b"k", {"n": 3}))
    topic.transaction((b"k", {"n": 4})).commit_transaction(120)
    topic.await_end(5)
    before = time.time()
    sink(lab, connector_name, topic.name, tmp_path / "sink.txt")
    group = f"connect-{connector_name}"
    await_condition(lambda: any(one.committed == 4 for one in kafka.group_positions(group)), "the sink's first commit")
    first, second = kafka.group_positions(group)
    assert (first.topic, first.number, first.committed, first.end) == (topic.name, 0, 4, 4), "markers do not wait"
    assert first.committed_at is not None
    assert before <= first.committed_at <= time.time() + 1
    assert first.waiting_since is None
    assert (second.number, second.end) == (1, 0)

    lab.connect.request("PUT", f"/connectors/{connector_name}/stop")
    lab.connect.await_state(connector_name, "STOPPED", tasks=0)
    written = time.time()
    topic.write((b"k", {"n": 5}), (b"k", {"n": 6}))
    behind = kafka.group_positions(group)[0]
    assert (behind.committed, behind.end) == (4, 7)
    assert behind.waiting_since is not None
    assert written - 1 <= behind.waiting_since <= time.time() + 1


@pytest.mark.parametrize("number", range(4))
def test_commit_times_are_found_for_any_group(
    kafka: KafkaClient, new_topic: Callable[..., RawTopic], lab: Lab, number: int
) -> None:
    """The broker keeps the commits of these groups in several of its three topic partitions."""
    from confluent_kafka import ConsumerGroupTopicPartitions

    started = time.time()
    topic = new_topic(cleanup_policy="delete")
    group = f"group-ü-{number}"
    committed = ConsumerGroupTopicPartitions(group, [TopicPartition(topic.name, 0, 0)])
    topic.write((b"k", {"n": 1}))
    topic.admin.alter_consumer_group_offsets([committed])[group].result()
    [progress] = kafka.group_positions(group)
    assert progress.committed_at is not None
    assert started - 1 <= progress.committed_at <= time.time() + 1


def test_a_group_without_any_commit_is_told_by_the_topics_of_the_connector(
    kafka: KafkaClient, new_topic: Callable[..., RawTopic]
) -> None:
    topic = new_topic(cleanup_policy="delete")
    topic.write((b"k", {"n": 1}))
    assert kafka.group_positions("nobody") == ()
    [progress] = kafka.group_positions("nobody", [topic.name, "no-such-topic"])
    assert (progress.topic, progress.committed, progress.end, progress.committed_at) == (topic.name, None, 1, None)


# What goes wrong, and that nothing is left behind


def test_a_topic_that_is_not_there_is_named_with_the_nearest(lab: Lab, kafka: KafkaClient) -> None:
    with pytest.raises(TopicNotFound) as missing:
        kafka.read_offsets("conect-1-offset")
    assert missing.value.message.startswith(
        f'Kafka at {lab.bootstrap_servers} has no topic "conect-1-offset": did you mean "connect-1-offsets" or '
    )


def test_the_time_for_all_of_it_is_bounded(lab: Lab) -> None:
    with KafkaClient(replace(options(lab), timeout_seconds=0.001)) as kafka, pytest.raises(TimedOut) as late:
        kafka.read_offsets(lab.connect.offsets_topic)
    assert "within kafka_timeout (0.001 s)" in late.value.message


def test_reading_joins_no_group(lab: Lab, trial: Trial, kafka: KafkaClient) -> None:
    kafka.read_offsets(lab.connect.offsets_topic)
    with pytest.raises(TopicNotFound):
        kafka.find_offsets_topic(["nowhere"])
    # The client has a name because its answer comes only while the client exists.
    admin = AdminClient({"bootstrap.servers": lab.bootstrap_servers, "log_level": 0})
    groups = admin.list_consumer_groups().result(timeout=60)
    assert "connectops.recovery" not in {group.group_id for group in groups.valid}
