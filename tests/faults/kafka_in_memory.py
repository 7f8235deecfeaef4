# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka in memory, as far as a change uses it: the topic of backups, the offsets topic, and what fences an older producer.

Every call is one of the numbered calls of the cluster, as those to Connect are, so each can fail as each of those can.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import TopicState
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import Fenced, KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import changes, offset_reset
from unit.fake_cluster import FakeCluster

BACKUP_TOPIC, OFFSETS_TOPIC = "connectops-backups", "connect-offsets"
READ, FENCE, COMMIT, WRITE = "kafka.read", "kafka.fence", "kafka.commit", "kafka.write"
_LARGEST_BYTES = 8_388_608


@dataclass
class KafkaInMemory:
    """The brokers behind one Connect cluster. ``values``: the last value of each key of the topic of backups.

    ``written``: every value that was ever written, to whatever topic. ``epochs``: how often a producer of each transactional id
    has begun; only the newest one may commit.
    """

    cluster: FakeCluster
    values: dict[bytes, bytes | None] = field(default_factory=dict)
    written: list[bytes] = field(default_factory=list)
    epochs: dict[str, int] = field(default_factory=dict)

    # What a connection does

    def renew(self) -> None:
        """Nothing here takes real time."""

    def close(self) -> None:
        """Nothing is open."""

    def live(self, prefix: bytes = b"") -> dict[bytes, bytes]:
        """The keys that have a value, with it."""
        return {
            key: value for key, value in sorted(self.values.items()) if value is not None and key.startswith(prefix)
        }

    def put(self, record: NewRecord) -> None:
        self.values[record.key] = record.value
        self.written.append(record.value or b"")

    @contextmanager
    def instead_of_brokers(self) -> Iterator[None]:
        """Let the tasks that change connectors use these brokers."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backup_topic, "Writer", _Producer)
            patch.setattr(changes, "find_workers", lambda *_arguments: frozenset())
            patch.setattr(offset_reset, "ConnectorTopics", lambda *_arguments: OffsetsTopicInMemory(self))

            def open_in_memory(options: Any, kafka: Any, cluster_id: str | None, *, check_mode: bool) -> Stores:
                if options.backup_topic is None:
                    return open_stores(options, kafka, cluster_id, check_mode=check_mode)
                state = TopicState(True, _LARGEST_BYTES)
                topic = BackupTopic(self, BACKUP_TOPIC, state, options.cluster_label, is_live=True)  # type: ignore[arg-type]
                topic.values = Values(self)  # type: ignore[assignment]
                return Stores(Path(), options.cluster_label, cluster_id, topic)

            patch.setattr(offset_reset, "open_stores", open_in_memory)
            yield


class Values:
    """The values of the topic of backups as they were when it was read last."""

    def __init__(self, kafka: KafkaInMemory) -> None:
        self._kafka = kafka
        self._seen: dict[bytes, bytes] = {}

    def refresh(self) -> None:
        self._seen = self._kafka.cluster.call(READ, self._kafka.live, is_remote=False)

    def get(self, key: bytes) -> bytes | None:
        return self._seen.get(key)

    def live_keys(self) -> list[bytes]:
        return sorted(self._seen)


class _Producer:
    """A producer whose commits are refused as soon as a newer one of the same transactional id has begun."""

    def __init__(self, kafka: KafkaInMemory, transactional_id: str) -> None:
        self._kafka = kafka
        self._id = transactional_id
        self._epoch: int | None = None

    def write(self, records: Sequence[NewRecord]) -> None:
        if self._epoch is None:
            self._epoch = self._kafka.cluster.call(FENCE, self._begin, is_remote=False)
        epoch = self._epoch

        def commit() -> None:
            if self._kafka.epochs[self._id] != epoch:
                raise Fenced("a newer producer of the same transactional id is there.")
            for record in records:
                self._kafka.put(record)

        self._kafka.cluster.call(COMMIT, commit, is_remote=False)

    def _begin(self) -> int:
        self._kafka.epochs[self._id] = self._kafka.epochs.get(self._id, 0) + 1
        return self._kafka.epochs[self._id]

    def close(self) -> None:
        """What is not committed is aborted by the next producer."""


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
