# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The 27 cases of Kafka's own OffsetsApiIntegrationTest, through the modules: what they read, change, and refuse.

A reset stops the connector itself, so where Kafka's test asks for a STOPPED one, this shows that any state will do. Sinks are
read and never reset. What was written is shown by the records that the connector delivers again, not by Connect's answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset, offsets_facts
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from integration.recovery.tasks import Result, failed, run_task, succeeded
from lab import ConnectRequestError, Lab, await_condition

LINES = "one\ntwo\nthree\n"
BEHIND_THE_FIRST = {"position": len("one\n")}
OF_A_FILE = "org.apache.kafka.connect.file.FileStream{}Connector"
ONE_EACH: Mapping[str, Any] = {"topic.creation.default.partitions": 1, "topic.creation.default.replication.factor": 1}


@dataclass
class World:
    """One connector of a lab. ``lab`` has its workers, and ``other`` the Kafka cluster where it works, which may be another."""

    lab: Lab
    name: str
    folder: Path
    other: Lab
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "lines.txt"

    def source(self, state: str = "RUNNING") -> None:
        """A connector that has read the file to its end; its records are in a topic of its name."""
        self.file.write_text(LINES, encoding="utf-8")
        config = {"connector.class": OF_A_FILE.format("Source"), "file": str(self.file), "topic": self.name, **ONE_EACH}
        self.lab.connect.create(self.name, {**config, **self.settings})
        self.await_delivered("one", "two", "three")
        self.await_position(len(LINES))
        if state != "RUNNING":
            self.lab.connect.request("PUT", f"/connectors/{self.name}/{'pause' if state == 'PAUSED' else 'stop'}")
            self.lab.connect.await_state(self.name, state)

    def sink(self) -> None:
        """A connector that has written the five records of a topic of its name to the file."""
        admin = AdminClient({"bootstrap.servers": self.other.bootstrap_servers})
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result()
        self.produce(*"abcde")
        config = {"connector.class": OF_A_FILE.format("Sink"), "file": str(self.file), "topics": self.name}
        strings = "org.apache.kafka.connect.storage.StringConverter"
        self.lab.connect.create(
            self.name,
            {
                **config,
                "key.converter": strings,
                "value.converter": strings,
                "consumer.override.auto.offset.reset": "earliest",
                **self.settings,
            },
        )
        self.await_committed(5)

    def produce(self, *values: str) -> None:
        producer = Producer({"bootstrap.servers": self.other.bootstrap_servers})
        for value in values:
            producer.produce(self.name, value.encode())
        assert producer.flush(60) == 0

    def delivered(self) -> list[str]:
        if not self.other.broker.has_topic(self.name):
            return []
        return [json.loads(message.value() or b"null") for message in self.other.broker.messages(self.name)]

    def await_delivered(self, *lines: str) -> None:
        await_condition(lambda: self.delivered() == list(lines), lambda: f"{lines}; there are {self.delivered()}")

    def stored(self) -> list[Any]:
        return [entry["offset"] for entry in self.lab.connect.offsets(self.name) if entry["offset"] is not None]

    def await_position(self, position: int) -> None:
        await_condition(lambda: self.stored() == [{"position": position}], lambda: f"{position}; it is {self.stored()}")

    def await_committed(self, count: int) -> None:
        def is_so() -> bool:
            return [one["kafka_offset"] for one in self.stored()] == [count]

        await_condition(is_so, lambda: f"{count} committed records; it is {self.stored()}")

    def look(self, **options: Any) -> Result:
        given = {"connect_url": self.lab.connect.urls, "connectors": [self.name], **options}
        found = succeeded(run_task(offsets_facts, **given))["ansible_facts"]["connectops_offsets"]
        one: Result = found["connectors"][self.name]
        return one

    def reset(self, *, check_mode: bool = False, **options: Any) -> Result:
        given = {
            "connect_url": self.lab.connect.urls,
            "connectors": [self.name],
            "backup_dir": str(self.folder / "backups"),
            "cluster_label": "lab",
        }
        return run_task(offset_reset, check_mode=check_mode, **{**given, **options})

    def done(self, **options: Any) -> Result:
        """A reset that must succeed: the part of its result that is about the connector."""
        one: Result = succeeded(self.reset(**options))["connectors"][self.name]
        return one


# What each case shows


def does_not_exist(world: World) -> None:
    options = {"connect_url": world.lab.connect.urls, "connectors": [world.name]}
    assert f'connector "{world.name}" was not found' in failed(run_task(offsets_facts, **options))["msg"]
    for strategy in ("delete", "offset"):
        offset = {"offset": {"position": 1}} if strategy == "offset" else {}
        for check_mode in (True, False):
            result = world.reset(check_mode=check_mode, strategy=strategy, **offset)
            assert f'connector "{world.name}" was not found' in failed(result)["msg"]


def source_is_read(world: World) -> None:
    world.source()
    (one,) = world.look()["offsets"]
    assert one["offset"] == {"position": len(LINES)}
    with world.file.open("a", encoding="utf-8") as file:
        file.write("four\n")
    world.await_delivered("one", "two", "three", "four")
    world.await_position(len(LINES) + 5)
    assert [one["offset"] for one in world.look()["offsets"]] == [{"position": len(LINES) + 5}]


def source_is_altered(world: World) -> None:
    """Twice, the second time together with a setting; the connector delivers again what is behind the new offset."""
    world.source()
    done = world.done(strategy="offset", offset=BEHIND_THE_FIRST)
    assert done["plan"]["offsets"][0]["after"] == BEHIND_THE_FIRST
    world.await_delivered("one", "two", "three", "two", "three")
    world.await_position(len(LINES))
    world.done(strategy="offset", offset={"position": len("one\ntwo\n")}, config={"batch.size": 1000})
    world.await_delivered("one", "two", "three", "two", "three", "three")
    assert world.lab.connect.config(world.name)["batch.size"] == "1000"


def any_state_will_do(world: World) -> None:
    """Connect itself refuses a connector that is not STOPPED; a reset stops it, and returns it to its state."""
    world.source()
    for verb, state in ((None, "RUNNING"), ("pause", "PAUSED"), ("stop", "STOPPED")):
        if verb is not None:
            world.lab.connect.request("PUT", f"/connectors/{world.name}/{verb}")
        world.lab.connect.await_state(world.name, state)
        world.done(strategy="offset", offset=BEHIND_THE_FIRST)
        world.lab.connect.await_state(world.name, state)
        if state == "RUNNING":
            world.await_position(len(LINES))
        else:
            assert world.stored() == [BEHIND_THE_FIRST]


def source_is_reset(world: World) -> None:
    """Once: a second time nothing is left to delete, and that is said. Then the connector starts over."""
    world.source("PAUSED")
    assert world.done(strategy="delete", allow_gap=True)["changed"]
    assert world.stored() == []
    again = failed(world.reset(strategy="delete", allow_gap=True))
    assert "so the strategy delete has nothing to change" in again["msg"]
    assert not again["changed"]
    world.lab.connect.request("PUT", f"/connectors/{world.name}/resume")
    world.await_delivered(*["one", "two", "three"] * 2)


def source_with_bad_bodies(world: World) -> None:
    """What Connect answers with 400 or 500, and what it takes without a word and must not get."""
    world.source()
    before = world.stored(), len(world.lab.broker.messages(world.lab.connect.config_topic))
    partition = {"filename": str(world.file)}
    for options in (
        {"offsets": []},
        {"offsets": [{}]},
        {"offsets": [{"partition": partition}]},
        {"offsets": [{"partition": {}, "offset": BEHIND_THE_FIRST}]},
        {"offsets": [{"partition": {"filename": "/no/such"}, "offset": BEHIND_THE_FIRST}]},
        {"offsets": [{"key": "value"}]},
        {"offset": {}},
        {"offset": {"position": [1]}},
        {"offset": {"position": {"a": 1}}},
        {"offset": {"position": 2**63}},
        {"offset": BEHIND_THE_FIRST, "partitions": []},
        {"offset": BEHIND_THE_FIRST, "partitions": [{}]},
    ):
        for check_mode in (True, False):
            failed(world.reset(check_mode=check_mode, strategy="offset", **options))
    assert (world.stored(), len(world.lab.broker.messages(world.lab.connect.config_topic))) == before


def sink_is_read(world: World) -> None:
    world.sink()
    kafka = {"kafka_bootstrap_servers": [world.lab.bootstrap_servers]}
    (one,) = world.look(**kafka)["verdicts"]
    assert one["verdict"] == "ok"
    assert one["partition"] == {"kafka_topic": world.name, "kafka_partition": 0}
    world.produce("f")
    world.await_committed(6)
    assert world.look(**kafka)["verdict"] == "ok"


def sink_of_another_cluster_is_not_judged_by_this_one(world: World) -> None:
    world.sink()
    one = world.look(kafka_bootstrap_servers=[world.lab.bootstrap_servers])
    assert one["verdict"] == "unknown"


def sink_is_refused(world: World) -> None:
    """Whatever is asked for: its consumer group keeps its offsets, and it goes on."""
    world.sink()
    before = world.stored(), len(world.lab.broker.messages(world.lab.connect.config_topic))
    partition = {"kafka_topic": world.name, "kafka_partition": 0}
    for options in (
        {"strategy": "delete"},
        {"strategy": "offset", "offset": {"kafka_offset": 3}},
        {"strategy": "offset", "offsets": [{"partition": partition, "offset": {"kafka_offset": 3}}]},
        {"strategy": "offset", "offsets": [{"partition": {}, "offset": {"kafka_offset": 3}}]},
    ):
        for check_mode in (True, False):
            message = failed(world.reset(check_mode=check_mode, **options))["msg"]
            assert f"Connector '{world.name}' is a sink connector" in message
    assert (world.stored(), len(world.lab.broker.messages(world.lab.connect.config_topic))) == before
    world.lab.connect.await_state(world.name, "RUNNING", tasks=1)


class Case(NamedTuple):
    """One test of Kafka's: where its connector works, and what is shown. ``is_sample``: run by ``make test``."""

    check: Callable[[World], None]
    where: str = "here"
    is_sample: bool = False


CASES: Mapping[str, Case] = {
    "testGetNonExistentConnectorOffsets": Case(does_not_exist, is_sample=True),
    "testGetSinkConnectorOffsets": Case(sink_is_read, is_sample=True),
    "testGetSinkConnectorOffsetsOverriddenConsumerGroupId": Case(sink_is_read, "other group"),
    "testGetSinkConnectorOffsetsDifferentKafkaClusterTargeted": Case(
        sink_of_another_cluster_is_not_judged_by_this_one, "other Kafka"
    ),
    "testGetSourceConnectorOffsets": Case(source_is_read, is_sample=True),
    "testGetSourceConnectorOffsetsCustomOffsetsTopic": Case(source_is_read, "own topic"),
    "testGetSourceConnectorOffsetsDifferentKafkaClusterTargeted": Case(source_is_read, "other Kafka"),
    "testAlterOffsetsNonExistentConnector": Case(does_not_exist),
    "testAlterOffsetsNonStoppedConnector": Case(any_state_will_do),
    "testAlterSinkConnectorOffsets": Case(sink_is_refused, is_sample=True),
    "testAlterSinkConnectorOffsetsOverriddenConsumerGroupId": Case(sink_is_refused, "other group"),
    "testAlterSinkConnectorOffsetsDifferentKafkaClusterTargeted": Case(sink_is_refused, "other Kafka"),
    "testAlterSinkConnectorOffsetsZombieSinkTasks": Case(sink_is_refused, "no graceful stop"),
    "testAlterSinkConnectorOffsetsInvalidRequestBody": Case(sink_is_refused),
    "testAlterSourceConnectorOffsets": Case(source_is_altered, is_sample=True),
    "testAlterSourceConnectorOffsetsCustomOffsetsTopic": Case(source_is_altered, "own topic"),
    "testAlterSourceConnectorOffsetsDifferentKafkaClusterTargeted": Case(source_is_altered, "other Kafka"),
    "testAlterSourceConnectorOffsetsExactlyOnceSupportEnabled": Case(source_is_altered, "exactly once"),
    "testAlterSourceConnectorOffsetsInvalidRequestBody": Case(source_with_bad_bodies, is_sample=True),
    "testResetSinkConnectorOffsets": Case(sink_is_refused),
    "testResetSinkConnectorOffsetsOverriddenConsumerGroupId": Case(sink_is_refused, "other group"),
    "testResetSinkConnectorOffsetsDifferentKafkaClusterTargeted": Case(sink_is_refused, "other Kafka"),
    "testResetSinkConnectorOffsetsZombieSinkTasks": Case(sink_is_refused, "no graceful stop"),
    "testResetSourceConnectorOffsets": Case(source_is_reset, is_sample=True),
    "testResetSourceConnectorOffsetsCustomOffsetsTopic": Case(source_is_reset, "own topic"),
    "testResetSourceConnectorOffsetsDifferentKafkaClusterTargeted": Case(source_is_reset, "other Kafka"),
    "testResetSourceConnectorOffsetsExactlyOnceSupportEnabled": Case(source_is_reset, "exactly once"),
}


@pytest.fixture(scope="module")
def exactly_once() -> Iterator[Lab]:
    """Workers with exactly-once support. Its Kafka is also the other cluster for connectors of the first lab."""
    with Lab(workers=1, worker_config={"exactly.once.source.support": "enabled"}) as lab:
        yield lab


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if case.is_sample else pytest.mark.lengthy) for name, case in CASES.items()]
)
def test_offsets_api(request: pytest.FixtureRequest, lab: Lab, name: str, tmp_path: Path) -> None:
    case = CASES[name]
    workers = other = lab
    settings: dict[str, Any] = {}
    if case.where == "exactly once":
        workers = other = request.getfixturevalue("exactly_once")
    elif case.where == "other Kafka":
        other = request.getfixturevalue("exactly_once")
        clients = ("admin", "consumer", "producer")
        settings = {f"{client}.override.bootstrap.servers": other.bootstrap_servers for client in clients}
    elif case.where == "other group":
        settings = {"consumer.override.group.id": f"group-of-{name}"}
    elif case.where == "own topic":
        settings = {"offsets.storage.topic": f"offsets-of-{name}"}
    world = World(workers, name, tmp_path, other, settings)
    try:
        case.check(world)
    finally:
        with suppress(ConnectRequestError):
            workers.connect.delete(name)


def test_no_case_of_kafkas_is_left_out() -> None:
    assert len(CASES) == 27
