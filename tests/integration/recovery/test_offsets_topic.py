# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read from a real Kafka: offsets topics, config topics, consumer groups; with and without Connect."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import reading
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    AccessDenied,
    KafkaFailed,
    TimedOut,
    TlsFailed,
    TopicNotFound,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import OffsetsTopic
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from lab import Lab, await_condition
from lab.broker import secured_broker
from lab.days import MIDNIGHT, ago
from lab.kafka_security import PASSWORDS, KafkaSecurity
from lab.scenarios import stripe_offset, stripe_partition
from lab.trial import Trial

KEY = b'["orders",{"timezone":"PST","report_type":"balance.summary.1"}]'


@pytest.fixture(scope="module", name="lab")
def lab_of_its_own() -> Iterator[Lab]:
    """Not that of the other tests: workers are killed here, and topics made that look like another cluster's."""
    with Lab(workers=1, clusters=2) as lab:
        yield lab


@pytest.fixture
def kafka(lab: Lab) -> Iterator[KafkaClient]:
    with KafkaClient(options(lab)) as client:
        yield client


def options(lab: Lab, **more: Any) -> KafkaOptions:
    return KafkaOptions((lab.bootstrap_servers,), timeout_seconds=120, **more)


class RawTopic:
    """A topic of the test's own, written to directly; deleted after the test."""

    def __init__(self, bootstrap_servers: str, name: str, partitions: int, cleanup_policy: str = "compact") -> None:
        self.name = name
        self.bootstrap_servers = bootstrap_servers
        self.admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
        new = NewTopic(name, partitions, 1, config={"cleanup.policy": cleanup_policy})
        self.admin.create_topics([new])[name].result()
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, "log_level": 0})

    def write(self, *records: tuple[bytes | None, Any], partition: int = 0) -> None:
        for key, value in records:
            data = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
            self._producer.produce(self.name, key=key, value=data, partition=partition)
        assert self._producer.flush(120) == 0

    def transaction(self, *records: tuple[bytes, Any]) -> Producer:
        """A producer whose transaction, with these records in it, is still open."""
        producer = Producer(
            {"bootstrap.servers": self.bootstrap_servers, "transactional.id": uuid.uuid4().hex, "log_level": 0}
        )
        producer.init_transactions(120)
        producer.begin_transaction()
        for key, value in records:
            producer.produce(self.name, key=key, value=json.dumps(value).encode(), partition=0)
        assert producer.flush(120) == 0
        return producer

    def delete_before(self, position: int) -> None:
        self.admin.delete_records([TopicPartition(self.name, 0, position)])[TopicPartition(self.name, 0)].result()

    def await_end(self, end: int) -> None:
        """The broker writes the marker of a transaction a moment after it has taken the word."""
        place = TopicPartition(self.name, 0)
        await_condition(
            lambda: self.admin.list_offsets({place: OffsetSpec.latest()})[place].result().offset == end,
            f"{self.name} to end at {end}",
        )

    def delete(self) -> None:
        self.admin.delete_topics([self.name])[self.name].result()


@pytest.fixture
def new_topic(lab: Lab) -> Iterator[Callable[..., RawTopic]]:
    made: list[RawTopic] = []

    def create(name: str | None = None, partitions: int = 1, cleanup_policy: str = "compact") -> RawTopic:
        made.append(RawTopic(lab.bootstrap_servers, name or f"raw-{uuid.uuid4().hex[:8]}", partitions, cleanup_policy))
        return made[-1]

    yield create
    for topic in made:
        topic.delete()


def positions(read: OffsetsTopic) -> list[tuple[int, int, Any]]:
    """Topic partition, position and offset of each record."""
    return [(record.topic_partition, record.position, record.offset) for record in read.records]


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


# Topics in any state


def test_only_the_last_record_of_each_key_is_kept(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    other = b'["orders",{"timezone":"UTC","report_type":"balance.summary.1"}]'
    topic.write((KEY, {"n": 1}), (other, {"n": 2}), (KEY, {"n": 3}), (other, None))
    read = kafka.read_offsets(topic.name)
    assert positions(read) == [(0, 2, {"n": 3}), (0, 3, None)]
    assert read.scanned == 4
    assert kafka.read_offsets(topic.name) == read, "a second reading by the same client"


def test_a_topic_whose_beginning_is_gone_is_read_from_where_it_begins(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic(cleanup_policy="compact,delete")
    topic.write(*((KEY, {"n": number}) for number in range(10)))
    topic.delete_before(7)
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.scanned) == ([(0, 9, {"n": 9})], 3)
    topic.delete_before(10)
    assert kafka.read_offsets(topic.name).records == ()


def test_two_byte_keys_of_one_partition_are_two_records(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    turned = b'["orders",{"report_type":"balance.summary.1","timezone":"PST"}]'
    topic.write((KEY, {"n": 1}), (turned, {"n": 2}))
    one, other = kafka.read_offsets(topic.name).records
    assert one.partition == other.partition
    assert (one.key, other.key) == (KEY, turned)


def test_one_key_in_two_topic_partitions_is_two_records(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic(partitions=3)
    topic.write((KEY, {"n": 1}), partition=2)
    topic.write((KEY, {"n": 2}), partition=0)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 2}), (2, 0, {"n": 1})]


def test_what_connect_would_skip_is_counted_and_the_rest_is_read(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic(cleanup_policy="delete")
    topic.write((None, {"n": 1}), (b"\xff", {"n": 1}), (b'["orders"]', {"n": 1}), (KEY, {"n": 1}), (b"other", b"{"))
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.malformed, read.scanned) == ([(0, 3, {"n": 1})], 4, 5)


def test_only_the_connectors_asked_for_are_kept_whatever_their_names(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    names = ["orders", "orders-2", 'a "name" with ünusual characters']
    topic = new_topic()
    topic.write(*((json.dumps([name, {"p": 1}]).encode(), {"n": 1}) for name in names))
    for name in names:
        assert [record.connector for record in kafka.read_offsets(topic.name, [name]).records] == [name]
    assert kafka.read_offsets(topic.name, []).records == ()
    assert len(kafka.read_offsets(topic.name).records) == 3


# Transactions, and writers that go on


def test_an_aborted_record_is_not_seen_and_the_marker_behind_it_does_not_hang_the_reading(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    topic.transaction((KEY, {"n": 2})).abort_transaction(120)
    topic.await_end(3)
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.hidden_by_transaction) == ([(0, 0, {"n": 1})], {})


def test_a_committed_transaction_is_seen(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    topic.transaction((KEY, {"n": 1})).commit_transaction(120)
    topic.await_end(2)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]


def test_an_open_transaction_hides_what_comes_after_it_and_how_much_is_counted(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_TRANSACTION_SECONDS", 0.2)
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    open_one = topic.transaction((KEY, {"n": 2}))
    topic.write((KEY, {"n": 3}))
    hidden = kafka.read_offsets(topic.name)
    assert (positions(hidden), hidden.hidden_by_transaction) == ([(0, 0, {"n": 1})], {0: 2})
    open_one.commit_transaction(120)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 2, {"n": 3})]


def test_a_transaction_that_is_about_to_end_is_waited_for(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic()
    open_one = topic.transaction((KEY, {"n": 1}))
    pauses: list[float] = []

    def commit_in_the_pause(seconds: float) -> None:
        if not pauses:
            open_one.commit_transaction(120)
        pauses.append(seconds)

    monkeypatch.setattr(reading.time, "sleep", commit_in_the_pause)
    read = kafka.read_offsets(topic.name)
    assert pauses
    assert (positions(read), read.hidden_by_transaction) == ([(0, 0, {"n": 1})], {})


def test_a_writer_that_goes_on_cannot_move_the_end(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=3)
    topic.write((KEY, {"n": 1}), (KEY, {"n": 2}))
    topic.write(*((KEY, {"n": number}) for number in range(200)), partition=1)
    ranges = reading._ranges

    def ranges_then_more_records(*arguments: Any) -> Any:
        found = ranges(*arguments)
        topic.write(*((KEY, {"n": number}) for number in range(3, 300)))
        topic.write((KEY, {"n": 0}), partition=2)
        return found

    monkeypatch.setattr(reading, "_ranges", ranges_then_more_records)
    read = kafka.read_offsets(topic.name)
    assert positions(read) == [(0, 1, {"n": 2}), (1, 199, {"n": 199})]
    assert read.scanned == 202


def test_a_topic_that_lost_its_last_records_meanwhile_ends_where_it_ends(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    ranges = reading._ranges
    monkeypatch.setattr(
        reading,
        "_ranges",
        lambda *arguments: {one: found._replace(stop=found.stop + 5) for one, found in ranges(*arguments).items()},
    )
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]


def test_a_topic_partition_whose_leader_changes_is_asked_about_again(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=2)
    topic.write((KEY, {"n": 1}))
    asked: list[int] = []

    class OnceLeaderless(AdminClient):
        def list_offsets(self, places: dict[TopicPartition, Any], **options: Any) -> Any:
            futures = dict(super().list_offsets(places, **options))
            if not asked:
                lost = next(place for place in futures if place.partition == 0)
                futures[lost] = Future()
                futures[lost].set_exception(KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)))
            asked.append(len(places))
            return futures

    monkeypatch.setattr(
        kafka._connection, "admin", OnceLeaderless({"bootstrap.servers": topic.bootstrap_servers, "log_level": 0})
    )
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]
    assert asked == [2, 1, 2, 2], "only what failed is asked again"
    asked.clear()
    monkeypatch.setattr(reading, "_LEADERLESS_SECONDS", 0.0)
    with pytest.raises(KafkaFailed, match=r"did not return the ends of the topic .*: Broker: Not leader for partition"):
        kafka.read_offsets(topic.name)


def test_progress_is_reported_while_a_topic_is_read(
    lab: Lab, new_topic: Callable[..., RawTopic], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=2)
    topic.write(*((KEY, {"n": number}) for number in range(30)))
    topic.write(*((KEY, {"n": number}) for number in range(20)), partition=1)
    monkeypatch.setattr(reading, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(reading, "_MOST_MESSAGES_AT_ONCE", 10)
    reported: list[tuple[str, int, int]] = []
    with KafkaClient(options(lab), progress=lambda *progress: reported.append(progress)) as kafka:
        kafka.read_offsets(topic.name)
    assert reported == [(topic.name, passed, 50) for passed in (10, 20, 30, 40, 50)]


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
    groups = AdminClient({"bootstrap.servers": lab.bootstrap_servers, "log_level": 0}).list_consumer_groups().result()
    assert "connectops.recovery" not in {group.group_id for group in groups.valid}


# Brokers that ask who comes


@pytest.fixture(scope="module")
def secured() -> Iterator[tuple[KafkaSecurity, RawTopic]]:
    """A broker that checks rights, with a topic that the reader and the owner of the certificate may read."""
    with secured_broker() as (broker, security):
        topic = RawTopic(broker.bootstrap_servers, "offsets", 1)
        topic.write((KEY, {"n": 1}))
        for user in ("reader", "lab-client", "scram-reader"):
            allow(topic.admin, user, ResourceType.TOPIC, "offsets", AclOperation.READ)
            allow(topic.admin, user, ResourceType.TOPIC, "offsets", AclOperation.DESCRIBE)
        # librdkafka 2.16.1 crashes when it reads a group's offsets while the broker still loads its groups.
        await_condition(lambda: _knows_groups(topic.admin), "the broker to have loaded its groups")
        yield security, topic


def _knows_groups(admin: AdminClient) -> bool:
    try:
        admin.describe_consumer_groups(["a-group"])["a-group"].result()
    except KafkaException:
        return False
    return True


def allow(admin: AdminClient, user: str, kind: ResourceType, name: str, operation: AclOperation) -> None:
    rule = AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
    admin.create_acls([rule])[rule].result()


def login(security: KafkaSecurity, **changed: Any) -> KafkaOptions:
    right = KafkaOptions(
        (security.sasl_server,),
        "SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="reader",
        sasl_password=PASSWORDS["reader"],
        ca_path=str(security.ca_file),
        timeout_seconds=60,
    )
    return replace(right, **changed)


def by_certificate(security: KafkaSecurity, **changed: Any) -> KafkaOptions:
    right = KafkaOptions(
        (security.tls_server,),
        "SSL",
        ca_path=str(security.ca_file),
        client_cert=str(security.client_cert_file),
        timeout_seconds=60,
    )
    return replace(right, **changed)


def read(options: KafkaOptions, topic: str = "offsets") -> OffsetsTopic:
    with KafkaClient(options) as kafka:
        return kafka.read_offsets(topic)


def refusal(options: KafkaOptions, topic: str = "offsets") -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        read(options, topic)
    message = caught.value.message
    assert message.count(". ") == 0, "one sentence"
    assert message.endswith(".")
    assert not any(password in message for password in [*PASSWORDS.values(), "a-wrong-one"])
    return caught.value


@pytest.mark.parametrize("mechanism", [ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512])
def test_a_login_by_scram_is_enough(secured: tuple[KafkaSecurity, RawTopic], mechanism: ScramMechanism) -> None:
    security, topic = secured
    user = UserScramCredentialUpsertion("scram-reader", ScramCredentialInfo(mechanism, 4096), b"a-scram-password")
    topic.admin.alter_user_scram_credentials([user])["scram-reader"].result()
    options = login(
        security,
        sasl_mechanism=mechanism.name.replace("_", "-"),
        sasl_username="scram-reader",
        sasl_password="a-scram-password",
    )
    await_condition(lambda: _accepted(options), "the broker to know the new user")


def _accepted(options: KafkaOptions) -> bool:
    try:
        return positions(read(options)) == [(0, 0, {"n": 1})]
    except AccessDenied:
        return False


def test_a_login_by_password_or_by_certificate_over_tls_is_enough(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert positions(read(login(security))) == [(0, 0, {"n": 1})]
    assert positions(read(by_certificate(security))) == [(0, 0, {"n": 1})]


def test_an_unchecked_certificate_is_an_unchecked_one(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert read(login(security, ca_path=None, validate_certs=False)).records


def test_one_server_that_is_down_does_not_matter(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert read(login(security, bootstrap_servers=("127.0.0.1:1", security.sasl_server))).records


def test_what_is_wrong_with_the_login_or_the_connection_is_one_sentence_and_nothing_on_standard_error(
    secured: tuple[KafkaSecurity, RawTopic], capfd: pytest.CaptureFixture[str]
) -> None:
    security, topic = secured
    at = security.sasl_server
    port = at.rpartition(":")[2]
    plain = topic.admin.list_topics(timeout=120).brokers[1]
    cases: list[tuple[KafkaOptions, Any, str]] = [
        (login(security, sasl_password="a-wrong-one"), AccessDenied, f"Kafka at {at} does not accept the login"),
        (login(security, sasl_mechanism="SCRAM-SHA-512"), AccessDenied, "check kafka_sasl_mechanism"),
        (login(security, ca_path=str(security.client_cert_file)), TlsFailed, "set kafka_ca_path"),
        (login(security, bootstrap_servers=(f"localhost:{port}",)), TlsFailed, "made for another host"),
        (by_certificate(security, client_cert=None), TlsFailed, "kafka_client_cert"),
        # Some versions of the library know that it is for want of TLS.
        (KafkaOptions((at,)), (Unreachable, TlsFailed), "kafka_security_protocol"),
        (login(security, bootstrap_servers=(f"{plain.host}:{plain.port}",)), TlsFailed, "kafka_security_protocol"),
        (KafkaOptions(("127.0.0.1:1",)), Unreachable, "No Kafka broker can be reached at 127.0.0.1:1"),
        (KafkaOptions(("host.invalid:9092",)), Unreachable, "host.invalid"),
    ]
    capfd.readouterr()
    for wrong, kind, words in cases:
        error = refusal(wrong)
        assert isinstance(error, kind), error.message
        assert words in error.message
    assert capfd.readouterr() == ("", "")


def test_missing_rights_are_named(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, topic = secured
    stranger = login(security, sasl_username="stranger", sasl_password=PASSWORDS["stranger"])
    denied = refusal(stranger)
    assert isinstance(denied, AccessDenied)
    assert 'The user stranger is not allowed to read the topic "offsets"' in denied.message
    allow(topic.admin, "stranger", ResourceType.TOPIC, "offsets", AclOperation.DESCRIBE)
    assert isinstance(refusal(stranger), AccessDenied), "to describe is not to read"
    with KafkaClient(stranger) as kafka:
        with pytest.raises(AccessDenied, match="DescribeConfigs on the topics"):
            kafka.find_offsets_topic(["orders"])
        with pytest.raises(AccessDenied, match="Describe on the group"):
            kafka.group_positions("a-group")


def test_what_may_not_be_read_is_left_out_where_it_is_not_needed(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, topic = secured
    secret = RawTopic(topic.bootstrap_servers, "secret-data", 1)
    secret.write((b"k", {"n": 1}))
    for name in ("offsets", "secret-data"):
        allow(topic.admin, "reader", ResourceType.TOPIC, name, AclOperation.DESCRIBE_CONFIGS)
    allow(topic.admin, "reader", ResourceType.TOPIC, "secret-data", AclOperation.DESCRIBE)
    allow(topic.admin, "reader", ResourceType.GROUP, "a-group", AclOperation.DESCRIBE)
    with KafkaClient(login(security)) as kafka:
        assert kafka.find_offsets_topic(["orders"]) == "offsets"
        [progress] = kafka.group_positions("a-group", ["secret-data"])
    assert (progress.end, progress.waiting_since) == (1, None)
    secret.delete()


def test_asking_for_a_topic_does_not_create_it(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    _security, topic = secured
    with KafkaClient(KafkaOptions((topic.bootstrap_servers,))) as kafka:
        for _again in range(2):
            with pytest.raises(TopicNotFound):
                kafka.read_offsets("no-such-topic")
        kafka.group_positions("a-group", ["no-such-topic"])
    assert "no-such-topic" not in topic.admin.list_topics(timeout=120).topics
