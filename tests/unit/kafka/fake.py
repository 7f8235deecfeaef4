# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brokers in memory, behind the connection: what the library's consumer and admin client return of given topics."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import confluent_kafka
import confluent_kafka.admin
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection, Progress
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import KafkaError, KafkaException, TopicPartition

# Key and value of each message, by topic and number of the topic partition; None is a position without a message.
Topics = Mapping[str, Mapping[int, Sequence["tuple[bytes | None, bytes | None] | None"]]]
Place = tuple[str, int]

# A message is written one second after the other, from here on.
FIRST_SECOND = 1_000


@dataclass(frozen=True)
class Message:
    at: tuple[str, int, int]
    content: tuple[bytes | None, bytes | None] = (None, None)
    failure: KafkaError | None = None

    def topic(self) -> str:
        return self.at[0]

    def partition(self) -> int:
        return self.at[1]

    def offset(self) -> int:
        return self.at[2]

    def key(self) -> bytes | None:
        return self.content[0]

    def value(self) -> bytes | None:
        return self.content[1]

    def timestamp(self) -> tuple[int, int]:
        return 1, (FIRST_SECOND + self.offset()) * 1000

    def error(self) -> KafkaError | None:
        return self.failure


@dataclass
class FakeConsumer:
    """``read_to``: where a topic partition ends for it, if that is not its end."""

    topics: Topics
    denied: Collection[str]
    read_to: Mapping[Place, int] = field(default_factory=dict)
    positions: dict[Place, int] = field(default_factory=dict)
    closed: bool = False

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self.positions = {(one.topic, one.partition): one.offset for one in partitions}

    def consume(self, number: int, timeout: float) -> list[Message]:
        found: list[Message] = []
        for (topic, partition), position in sorted(self.positions.items()):
            if topic in self.denied:
                found.append(
                    Message((topic, partition, position), failure=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
                )
                continue
            messages = self.topics[topic][partition]
            end = self.read_to.get((topic, partition), len(messages))
            for at in range(position, min(end, position + number - len(found))):
                content = messages[at]
                if content is not None:
                    found.append(Message((topic, partition, at), content))
                self.positions[topic, partition] = at + 1
            if self.positions[topic, partition] >= end:
                found.append(Message((topic, partition, end), failure=KafkaError(KafkaError._PARTITION_EOF)))
        return found

    def position(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        return [
            TopicPartition(one.topic, one.partition, self.positions[one.topic, one.partition]) for one in partitions
        ]

    def incremental_unassign(self, partitions: Sequence[TopicPartition]) -> None:
        for one in partitions:
            del self.positions[one.topic, one.partition]

    def unassign(self) -> None:
        self.positions = {}

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeAdmin:
    topics: Topics
    open_since: Mapping[Place, int]
    compacted: Collection[str]
    commits: Mapping[str, Mapping[Place, int]]
    settings_denied: bool = False
    coordinator_errors: list[int] = field(default_factory=list)
    begins: Mapping[Place, int] = field(default_factory=dict)
    # More settings of topics than how they are cleaned up, and groups that may not be described.
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups_denied: Collection[str] = ()

    def list_offsets(self, specs: Mapping[TopicPartition, Any], **options: Any) -> dict[TopicPartition, Any]:
        committed_only = options["isolation_level"] == confluent_kafka.IsolationLevel.READ_COMMITTED
        earliest = type(confluent_kafka.admin.OffsetSpec.earliest())
        answers = {}
        for one, spec in specs.items():
            end = len(self.topics[one.topic][one.partition])
            stable = self.open_since.get((one.topic, one.partition), end) if committed_only else end
            begin = self.begins.get((one.topic, one.partition), 0)
            answers[one] = SimpleNamespace(offset=begin if isinstance(spec, earliest) else stable)
        return answers

    def describe_configs(self, resources: Sequence[Any], **options: Any) -> dict[Any, Any]:
        if self.settings_denied:
            return {one: KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED) for one in resources}
        policy = {True: SimpleNamespace(value="compact"), False: SimpleNamespace(value="delete")}
        missing = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
        return {
            one: {
                "cleanup.policy": policy[one.name in self.compacted],
                **{key: SimpleNamespace(value=value) for key, value in self.settings.get(one.name, {}).items()},
            }
            if one.name in self.topics
            else missing
            for one in resources
        }

    def list_consumer_groups(self, **options: Any) -> Any:
        return SimpleNamespace(valid=[SimpleNamespace(group_id=group) for group in self.commits])

    def describe_consumer_groups(self, groups: Sequence[str], **options: Any) -> dict[str, Any]:
        return {groups[0]: KafkaError(self.coordinator_errors.pop(0)) if self.coordinator_errors else None}

    def list_consumer_group_offsets(self, groups: Sequence[Any], **options: Any) -> dict[str, Any]:
        assert not self.coordinator_errors, "the library would crash"
        (group,) = groups
        if group.group_id in self.groups_denied:
            return {group.group_id: KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)}
        commits = self.commits.get(group.group_id, {})
        return {
            group.group_id: SimpleNamespace(
                topic_partitions=[TopicPartition(*place, position) for place, position in commits.items()]
            )
        }


class FakeConnection(Connection):
    """A connection to brokers that have these topics, compacted ones unless named in ``not_compacted``.

    ``denied``: topics that may not be read. ``open_since``: the first position of the open transaction of a topic partition.
    """

    def __init__(
        self,
        topics: Topics,
        *,
        denied: Collection[str] = (),
        open_since: Mapping[Place, int] | None = None,
        not_compacted: Collection[str] = (),
        settings_denied: bool = False,
        commits: Mapping[str, Mapping[Place, int]] | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> None:
        self.library: Any = confluent_kafka
        self.codes: Any = KafkaError
        self.options = KafkaOptions(("kafka-1:9092",), **options)
        self.progress = progress
        self.topics = topics
        self.denied = denied
        self.consumer = FakeConsumer(topics, denied, open_since or {})
        self.admin = FakeAdmin(
            topics, open_since or {}, set(topics) - set(not_compacted), commits or {}, settings_denied
        )
        self.extra_consumers: list[FakeConsumer] = []

    def new_consumer(self, **settings: Any) -> FakeConsumer:
        self.extra_consumers.append(FakeConsumer(self.topics, self.denied))
        return self.extra_consumers[-1]

    def metadata(self, topic: str | None = None) -> Any:
        raise AssertionError("no test needs it")

    def partitions_by_topic(self, *, led: bool = False) -> dict[str, list[int]]:
        return {topic: sorted(partitions) for topic, partitions in self.topics.items()}

    def partitions_of(self, topic: str, client: Any = None) -> list[int]:
        if topic not in self.topics:
            raise errors.no_such_topic(self.options, topic, self.topics)
        return sorted(self.topics[topic])

    def renew(self) -> None:
        pass

    def remaining(self, what: str) -> float:
        return 1.0

    def raise_lasting_problem(self) -> None:
        pass

    def results(self, futures: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
        failed = {key: answer for key, answer in futures.items() if isinstance(answer, (KafkaError, KafkaException))}
        return {key: answer for key, answer in futures.items() if key not in failed}, failed
