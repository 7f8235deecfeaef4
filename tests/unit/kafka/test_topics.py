# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which topics belong to a cluster, and that one is never guessed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied, TopicNotFound
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topics import TopicFinder
from unit.kafka.fake import FakeConnection

Record = tuple["bytes | None", "bytes | None"]


def configs(*names: str, **settings: str) -> dict[int, Sequence[Record]]:
    value = json.dumps({"properties": settings}).encode()
    return {0: [(b"session-key", b"{}"), *((f"connector-{name}".encode(), value) for name in names)]}


def offsets(*names: str) -> dict[int, Sequence[Record]]:
    return {0: [], 1: [(json.dumps([name, {"p": 1}]).encode(), b'{"n":1}') for name in names]}


TWO_CLUSTERS = {
    "a-configs": configs("orders", "quiet"),
    "a-offsets": offsets("orders"),
    "b-configs": configs("billing"),
    "b-offsets": offsets("billing"),
    "data": {0: [(b"connector-orders", b"no JSON"), (b"k", b"v")]},
}
ONE_CLUSTER = {topic: TWO_CLUSTERS[topic] for topic in ("a-configs", "a-offsets")}


def finder(topics: Any, **more: Any) -> TopicFinder:
    return TopicFinder(FakeConnection(topics, **more))


@pytest.mark.parametrize(
    "names, cluster",
    [(["orders"], "a"), (["billing"], "b"), (["orders", "gone"], "a"), (["quiet"], "a")],
    ids=["by its connector", "by its connector, too", "by one of them", "by the offsets of its cluster"],
)
def test_the_topics_that_hold_the_connectors_are_found(names: list[str], cluster: str) -> None:
    found = finder(TWO_CLUSTERS)
    assert found.find_config_topic(names) == f"{cluster}-configs"
    assert found.find_offsets_topic(names) == f"{cluster}-offsets"


def test_topics_that_the_options_name_are_taken_without_looking() -> None:
    given = finder({}, config_topic="given-configs", offsets_topic="given-offsets")
    assert given.find_config_topic() == "given-configs"
    assert given.find_offsets_topic(["orders"]) == "given-offsets"


def test_without_a_connector_the_only_config_topic_is_not_taken_for_the_clusters() -> None:
    with pytest.raises(TopicNotFound) as unclear:
        finder(ONE_CLUSTER).find_config_topic()
    assert unclear.value.message == (
        "No connector shows which topic on kafka-1:9092 is the config_topic of this cluster: set config_topic to the "
        "config.storage.topic of the workers."
    )
    with pytest.raises(TopicNotFound, match="is the offsets_topic of this cluster"):
        finder(ONE_CLUSTER).find_offsets_topic([])


def test_without_a_connector_those_of_the_named_offsets_topic_show_the_config_topic() -> None:
    assert finder(TWO_CLUSTERS, offsets_topic="b-offsets").find_config_topic() == "b-configs"
    empty = {**ONE_CLUSTER, "empty": offsets()}
    with pytest.raises(TopicNotFound, match="No connector shows"):
        finder(empty, offsets_topic="empty").find_config_topic()


def test_a_topic_of_a_connectors_own_is_not_that_of_the_workers() -> None:
    topics = {
        "configs": configs("orders", **{"offsets.storage.topic": "own"}),
        "own": offsets("orders"),
        "offsets": offsets("orders"),
    }
    assert finder(topics).find_offsets_topic(["orders"]) == "offsets"


def test_two_topics_that_hold_the_same_connectors_are_both_named() -> None:
    topics = {**TWO_CLUSTERS, "b-offsets": offsets("orders")}
    with pytest.raises(TopicNotFound) as unclear:
        finder(topics).find_offsets_topic(["orders"])
    assert unclear.value.message == (
        "The topics a-offsets and b-offsets on kafka-1:9092 all hold offsets of orders: set offsets_topic to the "
        "offset.storage.topic of the workers."
    )
    assert unclear.value.facts["nearest"] == ["a-offsets", "b-offsets"]


def test_a_connector_that_no_topic_holds_is_named() -> None:
    with pytest.raises(TopicNotFound) as unknown:
        finder(TWO_CLUSTERS).find_config_topic(["nowhere"])
    assert unknown.value.message == (
        "No readable topic on kafka-1:9092 holds configurations of nowhere: set config_topic to the "
        "config.storage.topic of the workers."
    )


def test_topics_that_are_not_compacted_or_may_not_be_read_are_passed_over() -> None:
    copies = {**TWO_CLUSTERS, "copy": offsets("orders"), "secret": offsets("orders")}
    found = finder(copies, not_compacted=["copy"], denied=["secret"])
    assert found.find_offsets_topic(["orders"]) == "a-offsets"


def test_the_missing_right_to_see_settings_is_named() -> None:
    with pytest.raises(AccessDenied, match="grant it DescribeConfigs on the topics"):
        finder(TWO_CLUSTERS, settings_denied=True).find_offsets_topic(["orders"])


def test_the_topics_are_sampled_once() -> None:
    connection = FakeConnection(TWO_CLUSTERS)
    found = TopicFinder(connection)
    found.find_config_topic(["orders"])
    found.find_offsets_topic(["orders"])
    assert len(connection.extra_consumers) == 1
