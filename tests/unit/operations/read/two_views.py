# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that is read from two sources, Connect and its offsets topics: what the tests make of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition, SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    AccessDenied,
    KafkaFailed,
    TopicNotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import (
    OffsetsTopic,
    StoredConnector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import (
    ClusterViews,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.fake_cluster import FakeCluster, FakeConnector

NOW = 1_795_000_000.0
COMMON, OWN = "connect-offsets", "orders-offsets"
PARTITION = {"table": "orders"}
BROKERS = {"kafka_bootstrap_servers": ["kafka-1:9092"]}
OPTIONS = KafkaOptions.read({**BROKERS, "config_topic": "connect-configs"})


def record(topic: str, value: int | None, committed_at: float = NOW - 60) -> OffsetRecord:
    key = json.dumps(["orders", PARTITION], separators=(",", ":")).encode()
    raw = None if value is None else json.dumps({"id": value}).encode()
    found = decode(topic, 0, 7, committed_at, key, raw)
    assert found is not None
    return found


def worker(position: int | None = 5, *, config: dict[str, str] | None = None, type: str = "source") -> FakeCluster:
    """A cluster with one connector that has an offset at this position; None is an offset that REST lists as null."""
    offset = None if position is None else {"id": position}
    return FakeCluster(
        FakeConnector(
            "orders",
            {"connector.class": "Orders"} if config is None else config,
            {Partition.of(PARTITION): offset} if type == "source" else {},
            type=type,
        )
    )


def down() -> FakeCluster:
    cluster = worker()
    cluster.is_down = True
    return cluster


def without_plugin() -> FakeCluster:
    cluster = worker()
    cluster.broken["offsets"] = ConnectError("Failed to find any class that implements Connector.")
    return cluster


@dataclass
class Topics:
    """Kafka as far as a look needs it: the records of each topic. ``is_found``: whether the workers' offsets topic is."""

    records: Mapping[str, list[OffsetRecord]]
    hidden: int = 0
    problem: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    target_state: str = "STARTED"
    is_found: bool = True
    tell: Callable[[str, int, int], None] | None = None
    cluster_id: str = "kafka-1"
    denied: Collection[str] = ()
    failures: Mapping[str, KafkaFailed] = field(default_factory=dict)

    def __call__(self, options: KafkaOptions, tell: Callable[[str, int, int], None]) -> Topics:
        if self.problem:
            raise KafkaFailed(self.problem)
        self.tell = tell
        return self

    def __enter__(self) -> Topics:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def find_offsets_topic(self, connectors: Collection[str]) -> str:
        if not self.is_found:
            raise TopicNotFound("No readable topic holds offsets of orders.")
        return COMMON

    def find_config_topic(self, connectors: Collection[str]) -> str:
        return "connect-configs"

    def read_config_topic(self, topic: str) -> dict[str, StoredConnector]:
        return {"orders": StoredConnector(dict(self.config), self.target_state)}

    def read_offsets(self, topic: str, connectors: Collection[str] | None = None) -> OffsetsTopic:
        assert self.tell is not None
        if topic in self.denied:
            raise AccessDenied(f"The right to read {topic} is missing.")
        if topic in self.failures:
            raise self.failures[topic]
        self.tell(topic, 250_000, 1_000_000)
        found = tuple(self.records.get(topic, ()))
        return OffsetsTopic(topic, found, len(found), 0, {0: self.hidden} if self.hidden else {}, 1)

    def group_positions(self, group: str, topics: Collection[str] = ()) -> tuple[SinkPosition, ...]:
        if group in self.denied:
            raise AccessDenied(f"The right to describe {group} is missing.")
        return (SinkPosition(f"{group}|{'|'.join(topics)}", 0, 1, 2),)


ReadViews = Callable[..., ClusterViews]


def codes(views: ClusterViews) -> list[str]:
    return [finding.code for finding in views.findings["orders"]]
