# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kafka in memory does what real brokers do: every test here runs against both, so that the model cannot drift."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import rest_key
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import encode_value
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import compacted_topic
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import (
    LastValues,
    TopicState,
    ensure_topic,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import (
    ConnectorTopics,
    OffsetsTopics,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    Fenced,
    KafkaFailed,
    TopicNotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.workers import find_workers
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord, Writer
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import Producer as KafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic
from faults.kafka_in_memory import (
    COMMIT,
    OFFSETS_TOPIC,
    KafkaInMemory,
    OffsetsTopicInMemory,
    Producer,
    Values,
)
from lab import Lab
from unit.fake_cluster import WORKER, FakeCluster, FakeConnector, Fault, Killed

# A reader waits for the end of a transaction no longer than this in these tests.
PATIENCE_SECONDS = 0.3
FIRST, SECOND, THIRD = (Partition.of({"filename": f"/no/such/{name}"}) for name in ("first", "second", "third"))
OFFSETS: Mapping[Partition, Offset] = {FIRST: {"position": 5}, SECOND: {"position": 7}}
CONFIG = {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "tasks.max": "1",
    "file": "/no/such/first",
    "topic": "model",
}


@dataclass
class Brokers:
    """What the collection uses of the brokers.

    ``abandon``: a producer of this transactional id dies before its commit; its transaction may last for this number of seconds.
    """

    producer: Callable[[str], Any]
    values_of: Callable[[str, bytes], Any]
    ensure: Callable[..., TopicState]
    make: Callable[[str, Mapping[str, str]], None]
    abandon: Callable[[str, NewRecord, float], None]
    find_workers: Callable[[list[str]], frozenset[str]]
    workers: frozenset[str]
    # A topic that is compacted and empty.
    topic: str = field(default_factory=lambda: f"model-{uuid.uuid4().hex[:8]}")

    def record(self, key: str, value: str | None) -> NewRecord:
        return NewRecord(self.topic, key.encode(), None if value is None else value.encode())

    def write(self, transactional_id: str, values: Mapping[str, str | None]) -> None:
        """With a producer of its own."""
        with self.producer(self.id(transactional_id)) as producer:
            producer.write([self.record(*one) for one in values.items()])

    def id(self, name: str) -> str:
        """Transactional ids are of all topics together."""
        return f"{self.topic}/{name}"

    def found(self, prefix: str = "") -> dict[str, str]:
        """What a reader that begins now finds."""
        return seen(self.read(prefix))

    def read(self, prefix: str = "") -> Any:
        values = self.values_of(self.topic, prefix.encode())
        values.refresh()
        return values


def seen(values: Any) -> dict[str, str]:
    return {key.decode(): values.get(key).decode() for key in values.live_keys()}


def in_memory() -> Brokers:
    kafka = KafkaInMemory(FakeCluster(), workers=frozenset({WORKER, "connect-2:8083"}))

    def abandon(transactional_id: str, record: NewRecord, _seconds: float) -> None:
        # No transaction of the model lasts longer than a reader waits.
        kafka.cluster.next_faults[COMMIT] = [Fault(Killed())]
        with pytest.raises(Killed):
            Producer(kafka, transactional_id).write([record])
        kafka.cluster.restarted()

    return Brokers(
        lambda transactional_id: Producer(kafka, transactional_id),
        lambda topic, prefix: Values(kafka, topic, prefix),
        kafka.ensure,
        lambda name, settings: kafka.topics.update({name: dict(settings)}),
        abandon,
        kafka.find_workers,
        kafka.workers,
    )


def real(lab: Lab, connection: Connection, left_open: list[KafkaProducer]) -> Brokers:
    servers = {"bootstrap.servers": lab.bootstrap_servers}

    def abandon(transactional_id: str, record: NewRecord, seconds: float) -> None:
        milliseconds = int(seconds * 1000)
        settings = {"transactional.id": transactional_id, "transaction.timeout.ms": milliseconds}
        producer = KafkaProducer({**servers, **settings, "message.timeout.ms": milliseconds})
        left_open.append(producer)
        producer.init_transactions(60)
        producer.begin_transaction()
        producer.produce(record.topic, record.value, record.key)
        assert not producer.flush(60)

    def make(name: str, settings: Mapping[str, str]) -> None:
        admin = AdminClient(servers)
        new = NewTopic(name, num_partitions=1, replication_factor=1, config=dict(settings))
        admin.create_topics([new])[name].result(60)

    return Brokers(
        lambda transactional_id: Writer(connection, transactional_id),
        lambda topic, prefix: LastValues(connection, topic, prefix),
        lambda name, **options: ensure_topic(connection, name, **options),
        make,
        abandon,
        lambda known: find_workers(connection.options, known),
        frozenset(worker.url.removeprefix("http://") for worker in lab.connect.workers),
    )


def kafka_options(lab: Lab) -> KafkaOptions:
    return KafkaOptions.read({"kafka_bootstrap_servers": [lab.bootstrap_servers], "kafka_timeout": 120})


@pytest.fixture(params=["in memory", "real"])
def brokers(request: pytest.FixtureRequest) -> Iterator[Brokers]:
    if request.param == "in memory":
        made = in_memory()
        made.ensure(made.topic, may_make=True)
        yield made
        return
    # The model needs no lab.
    lab = request.getfixturevalue("lab")
    connection = Connection(kafka_options(lab))
    left_open: list[KafkaProducer] = []
    try:
        made = real(lab, connection, left_open)
        made.ensure(made.topic, may_make=True)
        yield made
    finally:
        connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compacted_topic, "_TRANSACTION_SECONDS", PATIENCE_SECONDS)


# What is read


def test_the_last_committed_value_of_each_key_is_read_until_it_is_deleted(brokers: Brokers) -> None:
    assert brokers.found() == {}
    brokers.write("a", {"eu/one": "1", "eu/two": "2", "us/one": "3"})
    brokers.write("a", {"eu/one": "4"})
    values = brokers.read("eu/")
    assert seen(values) == {"eu/one": "4", "eu/two": "2"}
    brokers.write("a", {"eu/two": None})
    assert seen(values) == {"eu/one": "4", "eu/two": "2"}, "as of the last look"
    values.refresh()
    assert seen(values) == brokers.found("eu/") == {"eu/one": "4"}
    assert values.get(b"eu/two") is None


def test_of_one_transaction_the_last_value_of_a_key_counts(brokers: Brokers) -> None:
    with brokers.producer(brokers.id("a")) as producer:
        producer.write([brokers.record("one", "1"), brokers.record("two", "2"), brokers.record("one", "3")])
    assert brokers.found() == {"one": "3", "two": "2"}


# Who may write


def test_the_first_write_of_a_newer_producer_fences_the_older_one(brokers: Brokers) -> None:
    with brokers.producer(brokers.id("a")) as older, brokers.producer(brokers.id("a")) as newer:
        older.write([brokers.record("one", "of the older")])
        # One that has not written anything fences nobody.
        older.write([brokers.record("one", "of the older again")])
        newer.write([brokers.record("one", "of the newer")])
        with pytest.raises(Fenced):
            older.write([brokers.record("one", "too late")])
        with pytest.raises(Fenced):
            older.write([brokers.record("one", "still too late")])
        newer.write([brokers.record("two", "of the newer")])
    assert brokers.found() == {"one": "of the newer", "two": "of the newer"}


def test_a_producer_of_another_id_fences_nobody(brokers: Brokers) -> None:
    with brokers.producer(brokers.id("a")) as one, brokers.producer(brokers.id("a/samples")) as other:
        one.write([brokers.record("one", "1")])
        other.write([brokers.record("two", "2")])
        one.write([brokers.record("one", "3")])
    assert brokers.found() == {"one": "3", "two": "2"}


# A producer that died


@pytest.mark.usefixtures("impatient")
def test_an_open_transaction_hides_what_comes_after_it_until_the_next_producer_of_its_id(brokers: Brokers) -> None:
    brokers.write("b", {"one": "before"})
    brokers.abandon(brokers.id("a"), brokers.record("two", "abandoned"), 60.0)
    brokers.write("b", {"one": "after"})
    values = brokers.values_of(brokers.topic, b"")
    with pytest.raises(KafkaFailed, match="A transaction that stays open hides the end of the topic"):
        values.refresh()
    assert seen(values) == {"one": "before"}
    brokers.write("a", {"three": "of the next"})
    values.refresh()
    assert seen(values) == brokers.found() == {"one": "after", "three": "of the next"}


# The brokers look for such transactions every 10 s.
@pytest.mark.lengthy
def test_an_open_transaction_that_nobody_ends_is_waited_for_and_ends_by_itself(brokers: Brokers) -> None:
    brokers.abandon(brokers.id("a"), brokers.record("one", "abandoned"), 2.0)
    brokers.write("b", {"two": "after"})
    assert brokers.found() == {"two": "after"}


# The topic


def test_a_topic_that_does_not_exist_is_neither_read_nor_written_nor_made_by_that(brokers: Brokers) -> None:
    brokers.topic = "no-such-topic"
    with pytest.raises(TopicNotFound, match="no-such-topic"):
        brokers.read()
    with pytest.raises(TopicNotFound, match="no-such-topic"):
        brokers.write("a", {"one": "1"})
    for check_mode in (True, False):
        with pytest.raises(TopicNotFound, match="Set backup_topic_create to true to create it"):
            brokers.ensure("no-such-topic", may_make=False, check_mode=check_mode)


def test_a_topic_is_made_unless_in_check_mode_and_takes_what_it_says(brokers: Brokers) -> None:
    brokers.topic = f"made-{uuid.uuid4().hex[:8]}"
    planned = brokers.ensure(brokers.topic, may_make=True, check_mode=True)
    with pytest.raises(TopicNotFound):
        brokers.read()
    made = brokers.ensure(brokers.topic, may_make=True)
    assert (planned.exists, made.exists) == (False, True)
    assert planned.largest_bytes == made.largest_bytes == 8_388_608
    assert brokers.ensure(brokers.topic, may_make=False) == made
    brokers.write("a", {"one": "1"})
    assert brokers.found() == {"one": "1"}


def test_a_topic_that_deletes_what_is_old_is_refused(brokers: Brokers) -> None:
    name = f"deletes-{uuid.uuid4().hex[:8]}"
    brokers.make(name, {"cleanup.policy": "delete"})
    with pytest.raises(KafkaFailed, match=r"its cleanup.policy is delete"):
        brokers.ensure(name, may_make=True)


# The workers' group


def test_one_worker_that_is_known_leads_to_all_and_a_foreign_one_to_none(brokers: Brokers) -> None:
    assert len(brokers.workers) == 2
    for worker in brokers.workers:
        assert brokers.find_workers([worker, "elsewhere:8083"]) == brokers.workers
    assert brokers.find_workers(["elsewhere:8083"]) == frozenset()


# The offsets topic


@dataclass
class Stored:
    """A STOPPED connector with two offsets, as Connect and as the topic shows them."""

    cluster: Cluster
    name: str
    topics: OffsetsTopics
    topic: str

    def by_rest(self) -> dict[Partition, Offset | None]:
        return {one.partition: one.offset for one in self.cluster.offsets(self.name)}

    def by_topic(self) -> dict[Partition, Offset | None]:
        view = self.topics.view(read_connector(self.cluster, self.name, with_offsets=False))
        return {record.partition: record.offset for record in view.records if record.offset is not None}

    def record(self, partition: Partition, offset: Offset | None) -> NewRecord:
        return NewRecord(self.topic, rest_key(self.name, partition), encode_value(offset))


@pytest.fixture(params=["in memory", "real"])
def stored(request: pytest.FixtureRequest) -> Iterator[Stored]:
    if request.param == "in memory":
        fake = FakeCluster(FakeConnector("model", {**CONFIG, "name": "model"}, dict(OFFSETS), "STOPPED"))
        yield Stored(fake, "model", OffsetsTopicInMemory(KafkaInMemory(fake)), OFFSETS_TOPIC)
        return
    lab, name = request.getfixturevalue("lab"), request.getfixturevalue("connector_name")
    lab.connect.create(name, CONFIG, [{"partition": one.as_dict(), "offset": at} for one, at in OFFSETS.items()])
    lab.connect.request("PUT", f"/connectors/{name}/stop")
    lab.connect.await_state(name, "STOPPED", tasks=0)
    topics = ConnectorTopics(kafka_options(lab), "")
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        yield Stored(client, name, topics, lab.connect.offsets_topic)


def test_what_is_written_to_the_offsets_topic_is_what_connect_shows_and_the_reverse(stored: Stored) -> None:
    assert stored.by_topic() == stored.by_rest() == OFFSETS
    stored.topics.write([stored.record(FIRST, {"position": 1}), stored.record(THIRD, {"position": 2})])
    assert stored.by_topic() == stored.by_rest() == {**OFFSETS, FIRST: {"position": 1}, THIRD: {"position": 2}}
    stored.topics.write([stored.record(SECOND, None), stored.record(THIRD, None)])
    assert stored.by_topic() == stored.by_rest() == {FIRST: {"position": 1}}
    change = {"partition": FIRST.as_dict(), "offset": {"position": 9}}
    stored.cluster.alter_offsets(stored.name, [change])
    assert stored.by_topic() == {FIRST: {"position": 9}}
