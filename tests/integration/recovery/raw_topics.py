# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topics that a test writes to directly, and how they are read."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import OffsetsTopic
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    NewTopic,
    OffsetSpec,
)
from lab import Lab, await_condition

KEY = b'["orders",{"timezone":"PST","report_type":"balance.summary.1"}]'


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


def positions(read: OffsetsTopic) -> list[tuple[int, int, Any]]:
    """Topic partition, position and offset of each record."""
    return [(record.topic_partition, record.position, record.offset) for record in read.records]
