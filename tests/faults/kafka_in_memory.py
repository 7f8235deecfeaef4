# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka in memory, as far as a change uses it: the topic of backups, transactions and what fences an older producer, the
offsets topic, and the members of the workers' group.

Every call is one of the numbered calls of the cluster, as those to Connect are, so each can fail as each of those can. That real
brokers do the same is tested in ``tests/integration/lab/test_model_of_kafka.py``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups import topic as backup_topic
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import Stores, open_stores
from ansible_collections.connectops.recovery.plugins.module_utils.backups.topic import BackupTopic
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import rest_key
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import (
    TopicView,
    decode,
    encode_value,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import compacted_topic, errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import TopicState
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import changes, offset_reset
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.fake_cluster import WORKER, FakeCluster

BACKUP_TOPIC, OFFSETS_TOPIC = "connectops-backups", "connect-offsets"
READ, MAKE, FENCE, SEND, COMMIT, WRITE = (
    f"kafka.{name}" for name in ("read", "make", "fence", "send", "commit", "write")
)
_NEW_TOPIC: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "min.insync.replicas": "1",
    "max.message.bytes": "8388608",
}
# What a transaction may last for, and how often it is looked whether one has ended.
_TRANSACTION_SECONDS = 25.0
_PAUSE_SECONDS = 0.1
_OPTIONS = KafkaOptions.read({"kafka_bootstrap_servers": ["kafka-1:9092"], "kafka_timeout": 60})


@dataclass
class _Transaction:
    """``id``: the transactional id; ``until``: when the brokers abort it, by the cluster's clock."""

    id: str
    until: float
    state: Literal["open", "committed", "aborted"] = "open"


@dataclass
class KafkaInMemory:
    """The brokers behind one Connect cluster.

    ``topics``: the settings of each topic. ``log``: the records that were written in transactions, in order, each with its own.
    ``written``: every value that was ever written, to whatever topic. ``epochs``: how often a producer of each transactional id
    has begun; only the newest one may commit. ``workers``: the members of the workers' group.
    """

    cluster: FakeCluster
    topics: dict[str, dict[str, str]] = field(default_factory=dict)
    log: list[tuple[NewRecord, _Transaction]] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)
    epochs: dict[str, int] = field(default_factory=dict)
    workers: frozenset[str] = frozenset({WORKER})

    # What a connection does

    def renew(self) -> None:
        """No call here takes real time."""

    def close(self) -> None:
        """Nothing is open."""

    def ensure(self, name: str, *, may_make: bool, check_mode: bool = False) -> TopicState:
        """As :func:`ensure_topic` does it."""
        settings = self.cluster.call(READ, lambda: self.topics.get(name), is_remote=False)
        if settings is None:
            if not may_make:
                sentence = errors.no_such_topic(_OPTIONS, name, self.topics).sentence
                raise errors.TopicNotFound(f"{sentence} Set backup_topic_create to true to create it.")
            if check_mode:
                return TopicState(False, int(_NEW_TOPIC["max.message.bytes"]))
            settings = dict(_NEW_TOPIC)
            self.cluster.call(MAKE, lambda: self.topics.setdefault(name, settings), is_remote=False)
        if settings["cleanup.policy"] != "compact":
            problem = f"its cleanup.policy is {settings['cleanup.policy']}, which deletes backups after a while"
            raise errors.unsuitable(_OPTIONS, name, problem, "kafka-configs --alter")
        return TopicState(True, int(settings["max.message.bytes"]))

    def find_workers(self, known: Collection[str]) -> frozenset[str]:
        """As the function of this name: no worker is known if the brokers cannot be asked."""
        with suppress(KafkaFailed):
            members = self.cluster.call(READ, lambda: self.workers, is_remote=False)
            return frozenset() if members.isdisjoint(known) else members
        return frozenset()

    def demand(self, topic: str) -> None:
        """Raises TopicNotFound."""
        if topic not in self.topics:
            raise errors.no_such_topic(_OPTIONS, topic, self.topics)

    def live(self) -> dict[bytes, bytes]:
        """The keys of the topic of backups that have a committed value, with it."""
        return _last_values(self._log_of(BACKUP_TOPIC))

    def visible(self, topic: str) -> tuple[dict[bytes, bytes], bool]:
        """What a reader of committed records sees of that, and whether an open transaction still hides something behind it.

        Its end is waited for, as long as a reader does.
        """
        give_up = self.cluster.seconds + compacted_topic._TRANSACTION_SECONDS
        while self._is_hidden(topic) and self.cluster.seconds < give_up:
            self.cluster.sleep(_PAUSE_SECONDS)
        seen = takewhile(lambda one: one[1].state != "open", self._log_of(topic))
        return _last_values(seen), self._is_hidden(topic)

    def _is_hidden(self, topic: str) -> bool:
        self.expire()
        return any(transaction.state == "open" for _record, transaction in self._log_of(topic))

    def _log_of(self, topic: str) -> list[tuple[NewRecord, _Transaction]]:
        return [one for one in self.log if one[0].topic == topic]

    def expire(self) -> None:
        """Abort what has been open for too long."""
        for _record, transaction in self.log:
            if transaction.state == "open" and transaction.until <= self.cluster.seconds:
                transaction.state = "aborted"

    @contextmanager
    def instead_of_brokers(self) -> Iterator[None]:
        """Let the tasks that change connectors use these brokers."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backup_topic, "Writer", Producer)
            patch.setattr(changes, "find_workers", lambda _options, known: self.find_workers(known))
            patch.setattr(offset_reset, "ConnectorTopics", lambda *_arguments: OffsetsTopicInMemory(self))

            def open_in_memory(options: Any, kafka: Any, cluster_id: str | None, *, check_mode: bool) -> Stores:
                name = options.backup_topic
                if name is None:
                    return open_stores(options, kafka, cluster_id, check_mode=check_mode)
                state = self.ensure(name, may_make=options.backup_topic_create, check_mode=check_mode)
                topic = BackupTopic(self, name, state, options.cluster_label, is_live=True)  # type: ignore[arg-type]
                topic.values = Values(self, name)  # type: ignore[assignment]
                return Stores(Path(), options.cluster_label, cluster_id, topic)

            patch.setattr(offset_reset, "open_stores", open_in_memory)
            yield


def _last_values(entries: Iterable[tuple[NewRecord, _Transaction]]) -> dict[bytes, bytes]:
    last = {record.key: record.value for record, transaction in entries if transaction.state == "committed"}
    return {key: value for key, value in sorted(last.items()) if value is not None}


class Values:
    """The values of a topic as they were when it was read last, as :class:`LastValues` has them."""

    def __init__(self, kafka: KafkaInMemory, topic: str, prefix: bytes = b"") -> None:
        self._kafka = kafka
        self._topic = topic
        self._prefix = prefix
        self._seen: dict[bytes, bytes] = {}

    def refresh(self) -> None:
        def read() -> tuple[dict[bytes, bytes], bool]:
            self._kafka.demand(self._topic)
            return self._kafka.visible(self._topic)

        found, is_hidden = self._kafka.cluster.call(READ, read, is_remote=False)
        self._seen = {key: value for key, value in found.items() if key.startswith(self._prefix)}
        if is_hidden:
            raise errors.hidden(_OPTIONS, self._topic)

    def get(self, key: bytes) -> bytes | None:
        return self._seen.get(key)

    def live_keys(self) -> list[bytes]:
        return sorted(self._seen)


class Producer:
    """A producer whose writes are refused as soon as a newer one of the same transactional id has begun."""

    def __init__(self, kafka: KafkaInMemory, transactional_id: str) -> None:
        self._kafka = kafka
        self._id = transactional_id
        self._epoch: int | None = None

    def __enter__(self) -> Producer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def write(self, records: Sequence[NewRecord]) -> None:
        kafka = self._kafka
        kafka.demand(records[0].topic)
        if self._epoch is None:
            self._epoch = kafka.cluster.call(FENCE, self._begin, is_remote=False)
        transaction = _Transaction(self._id, kafka.cluster.seconds + _TRANSACTION_SECONDS)
        try:
            kafka.cluster.call(SEND, lambda: self._send(records, transaction), is_remote=False)
        except KafkaFailed:
            transaction.state = "aborted"
            raise
        kafka.cluster.call(COMMIT, lambda: self._commit(records[0].topic, transaction), is_remote=False)

    def _begin(self) -> int:
        """The brokers abort what an older producer has left open."""
        for _record, transaction in self._kafka.log:
            if transaction.state == "open" and transaction.id == self._id:
                transaction.state = "aborted"
        self._kafka.epochs[self._id] = self._kafka.epochs.get(self._id, 0) + 1
        return self._kafka.epochs[self._id]

    def _send(self, records: Sequence[NewRecord], transaction: _Transaction) -> None:
        self._refuse_if_fenced(records[0].topic)
        for record in records:
            self._kafka.log.append((record, transaction))
            self._kafka.written.append(record.value or b"")

    def _commit(self, topic: str, transaction: _Transaction) -> None:
        self._kafka.expire()
        self._refuse_if_fenced(topic)
        if transaction.state == "aborted":
            raise errors.fenced(_OPTIONS, topic)
        transaction.state = "committed"

    def _refuse_if_fenced(self, topic: str) -> None:
        if self._kafka.epochs[self._id] != self._epoch:
            raise errors.fenced(_OPTIONS, topic)

    def close(self) -> None:
        """What is not committed is aborted by the next producer, or after a while."""


class OffsetsTopicInMemory:
    """The :class:`OffsetsTopics` that the model's connectors read: what is written to it, Connect shows, and the reverse."""

    def __init__(self, kafka: KafkaInMemory) -> None:
        self._kafka = kafka

    def view(self, connector: Connector) -> TopicView:
        return self._kafka.cluster.call(READ, lambda: self._view(connector.name), is_remote=False)

    def _view(self, name: str) -> TopicView:
        stored = self._kafka.cluster.by_name[name].offsets
        records = [
            decode(OFFSETS_TOPIC, 0, at, float(at), rest_key(name, partition), encode_value(offset))
            for at, (partition, offset) in enumerate(stored.items())
        ]
        return TopicView(tuple(one for one in records if one is not None), {OFFSETS_TOPIC: 1})

    def write(self, records: Sequence[NewRecord]) -> None:
        """A call for each record: without a transaction a part of them may be written, and then the outcome is unknown."""
        for number, record in enumerate(records):
            try:
                self._kafka.cluster.call(WRITE, lambda record=record: self._write(record), is_remote=False)  # type: ignore[misc]
            except KafkaFailed as error:
                if not number:
                    raise
                raise UnknownOutcome(f"{number} of {len(records)} records were written. {error.message}") from None

    def _write(self, record: NewRecord) -> None:
        name, partition = json.loads(record.key)
        offset = None if record.value is None else json.loads(record.value)
        self._kafka.written.append(record.value or b"")
        self._kafka.cluster.store(name, {Partition.of(partition): offset})

    def refuse_unwritable(self, topics: Iterable[str]) -> None:
        """This user may write to all of them."""
