# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the offsets topics hold of one connector, and what may stand in the way of reading them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import connector_topics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import ConnectorTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied, KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.kafka.fake import FakeConnection

KEY = b'["c",{"a":1}]'
OFFSETS = {"common": {0: [(KEY, b'{"n":1}')], 1: []}, "own": {0: [(KEY, None)], 1: [], 2: []}}


class Brokers(FakeConnection):
    cluster_id = "kafka-1"
    closed = 0

    def unwritable(self, topics: Any) -> list[str]:
        return [topic for topic in topics if topic == "common"]

    def close(self) -> None:
        Brokers.closed += 1


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ConnectorTopics]:
    def open_topics(cluster_id: str = "kafka-1", offsets_topic: str | None = None, **brokers: Any) -> ConnectorTopics:
        monkeypatch.setattr(Brokers, "closed", 0)
        monkeypatch.setattr(connector_topics, "Connection", lambda *_arguments: Brokers(OFFSETS, **brokers))
        return ConnectorTopics(KafkaOptions(("kafka-1:9092",), offsets_topic=offsets_topic), cluster_id)

    return open_topics


def connector(**config: str) -> Connector:
    return Connector(
        "c", "source", "RUNNING", "", (), {name.replace("_", "."): value for name, value in config.items()}
    )


def test_the_topic_that_the_connector_reads_comes_first(topics: Callable[..., ConnectorTopics]) -> None:
    both = topics(offsets_topic="common").view(connector(offsets_storage_topic="own"))
    assert both.topics == {"own": 3, "common": 2}
    assert [(one.topic, one.offset) for one in both.records] == [("own", None), ("common", {"n": 1})]
    assert topics(offsets_topic="common").view(connector()).topics == {"common": 2}
    assert Brokers.closed == 1


def test_the_common_topic_is_looked_for_once(
    topics: Callable[..., ConnectorTopics], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    class Finder:
        def __init__(self, connection: Any) -> None: ...

        def find_offsets_topic(self, names: list[str]) -> str:
            found.extend(names)
            return "common"

    monkeypatch.setattr(connector_topics, "TopicFinder", Finder)
    opened = topics()
    assert [opened.view(connector()).read_topic for _again in range(2)] == ["common", "common"]
    assert found == ["c"]


def test_brokers_of_another_cluster_are_refused(topics: Callable[..., ConnectorTopics]) -> None:
    with pytest.raises(
        KafkaFailed, match="has the cluster id kafka-1, and Connect's workers use the Kafka cluster with the id kafka-2"
    ):
        topics("kafka-2", offsets_topic="common").view(connector())
    assert Brokers.closed == 1
    assert topics("", offsets_topic="common").view(connector()).records


def test_offsets_that_may_be_on_another_cluster_are_not_read(topics: Callable[..., ConnectorTopics]) -> None:
    elsewhere = connector(producer_override_bootstrap_servers="kafka-9:9092")
    with pytest.raises(
        KafkaFailed, match=r"producer.override.bootstrap.servers, so its offsets may be on another Kafka"
    ):
        topics(offsets_topic="common").view(elsewhere)


def test_what_an_open_transaction_hides_is_not_known(
    topics: Callable[..., ConnectorTopics], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading._TRANSACTION_SECONDS", 0.0
    )
    with pytest.raises(KafkaFailed, match="An open transaction hides the last 1 positions of common"):
        topics(offsets_topic="common", open_since={("common", 0): 0}).view(connector())


def test_a_topic_that_may_not_be_written_is_refused(topics: Callable[..., ConnectorTopics]) -> None:
    topics().refuse_unwritable({"own"})
    with pytest.raises(AccessDenied, match='not allowed to write to the topic "common"'):
        topics().refuse_unwritable({"own", "common"})
