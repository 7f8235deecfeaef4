# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster whose connectors have topics or groups of their own, maybe on another Kafka cluster."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import ClusterInfo
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition, SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    KafkaFailed,
    TimedOut,
)
from unit.fake_cluster import FakeConnector
from unit.operations.read.two_views import (
    COMMON,
    NOW,
    OWN,
    PARTITION,
    ReadViews,
    Topics,
    record,
    worker,
)


@pytest.mark.parametrize(
    "config, group",
    [({}, "connect-orders"), ({"consumer.override.group.id": "billing"}, "billing")],
    ids=["Connect's own name", "a group of the config's"],
)
def test_a_sinks_group_and_topics_are_those_of_its_config(read: ReadViews, config: dict[str, str], group: str) -> None:
    views = read(worker(config={"topics": "a, b", **config}, type="sink"), Topics({}))
    assert views.sinks["orders"] == (SinkPosition(f"{group}|a|b", 0, 1, 2),)
    assert "orders" not in views.records


def test_a_sinks_group_that_may_not_be_described_costs_the_others_nothing(read: ReadViews) -> None:
    cluster = worker()
    cluster.by_name["billing"] = FakeConnector("billing", {"topics": "a"}, {}, type="sink")
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}, denied=["connect-billing"]))
    assert views.sinks == {}
    assert views.sources["topic"]["read"]
    assert [one.offsets[0].committed_at for one in views.snapshot.connectors if one.name == "orders"] == [NOW - 60]
    assert views.warnings == (
        "The group of sink connector 'billing' was not read: The right to describe connect-billing is missing.",
    )


@pytest.mark.parametrize("has_rest_offsets", [True, False])
def test_a_topic_of_its_own_that_may_not_be_read_costs_the_others_nothing(
    read: ReadViews, has_rest_offsets: bool
) -> None:
    cluster = worker()
    own = {Partition.of(PARTITION): {"id": 7}}
    cluster.by_name["apart"] = FakeConnector("apart", {"offsets.storage.topic": "apart-offsets"}, dict(own))
    if not has_rest_offsets:
        cluster.verbs["offsets"] = set()
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}, denied=["apart-offsets"]))
    found = {one.name: one for one in views.snapshot.connectors}
    assert found["orders"].offsets[0].committed_at == NOW - 60
    assert "apart" not in views.findings
    assert [entry.committed_at for entry in found["apart"].offsets] == ([None] if has_rest_offsets else [])
    assert (found["apart"].problem is None) == has_rest_offsets
    sentence = "The offsets topic of apart was not read: The right to read apart-offsets is missing."
    assert sentence in views.warnings


@pytest.mark.parametrize(
    "failure, is_read",
    [
        (KafkaFailed("Kafka did not return the ends of apart-offsets: Leader not available."), True),
        (TimedOut("Kafka did not return all of apart-offsets within 60 s."), False),
    ],
    ids=["without a leader", "no time is left"],
)
def test_a_topic_of_its_own_that_cannot_be_read_costs_the_others_nothing_while_there_is_time(
    read: ReadViews, failure: KafkaFailed, is_read: bool
) -> None:
    cluster = worker()
    own = {Partition.of(PARTITION): {"id": 7}}
    cluster.by_name["apart"] = FakeConnector("apart", {"offsets.storage.topic": "apart-offsets"}, own)
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}, failures={"apart-offsets": failure}))
    times = {one.name: [entry.committed_at for entry in one.offsets] for one in views.snapshot.connectors}
    assert times == {"orders": [NOW - 60 if is_read else None], "apart": [None]}
    what = "The offsets topic of apart" if is_read else "The offsets topic"
    assert views.warnings == (f"{what} was not read: {failure.sentence}",)


@pytest.mark.parametrize("workers, is_read", [("kafka-1", False), ("", True)], ids=["known", "not known"])
def test_brokers_of_another_cluster_are_not_read(
    read: ReadViews, monkeypatch: pytest.MonkeyPatch, workers: str, is_read: bool
) -> None:
    cluster = worker()
    cluster.by_name["billing"] = FakeConnector("billing", {"topics": "a"}, {}, type="sink")
    monkeypatch.setattr(cluster, "root", lambda: ClusterInfo("3.9.2", workers))
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}, cluster_id="kafka-2"))
    assert views.sources["topic"]["read"] == is_read
    assert ("billing" in views.sinks, "orders" in views.records) == (is_read, is_read)
    times = [entry.committed_at for one in views.snapshot.connectors for entry in one.offsets]
    assert times == [NOW - 60 if is_read else None]
    if not is_read:
        (warning,) = views.warnings
        assert warning == (
            "The offsets topic was not read: Kafka at kafka-1:9092 has the cluster id kafka-2, and Connect's workers use the "
            "Kafka cluster with the id kafka-1: set kafka_bootstrap_servers to the brokers behind Connect."
        )


@pytest.mark.parametrize("own", [{}, {"offsets.storage.topic": OWN}], ids=["the common topic", "a topic of its own"])
@pytest.mark.parametrize("has_rest_offsets", [True, False])
def test_a_source_whose_offsets_may_be_on_another_cluster_is_not_read_and_costs_the_others_nothing(
    read: ReadViews, has_rest_offsets: bool, own: dict[str, str]
) -> None:
    cluster = worker()
    config = {"producer.override.bootstrap.servers": "kafka-9:9092", **own}
    cluster.by_name["apart"] = FakeConnector("apart", config, {Partition.of(PARTITION): {"id": 7}})
    if not has_rest_offsets:
        cluster.verbs["offsets"] = set()
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}))
    found = {one.name: one for one in views.snapshot.connectors}
    assert found["orders"].offsets[0].committed_at == NOW - 60
    assert [one["topic"] for one in views.sources["topic"]["topics"]] == [COMMON]
    assert "apart" not in views.findings
    assert "apart" not in views.records
    assert [entry.committed_at for entry in found["apart"].offsets] == ([None] if has_rest_offsets else [])
    assert (found["apart"].problem is None) == has_rest_offsets
    assert views.warnings[-1] == (
        "Connector 'apart' has the setting producer.override.bootstrap.servers, so its offsets may be on another Kafka cluster"
        " than those of other connectors: its offsets topic is neither read nor written."
    )


def test_a_sink_that_may_read_another_cluster_is_not_judged_by_this_one(read: ReadViews) -> None:
    config = {"topics": "a", "consumer.override.bootstrap.servers": "kafka-9:9092"}
    views = read(worker(config=config, type="sink"), Topics({}))
    assert views.sinks == {}
    (warning,) = views.warnings
    assert warning == (
        "The group of sink connector 'orders' was not read: it has the setting consumer.override.bootstrap.servers, so it may "
        "use another Kafka cluster than the workers."
    )


@pytest.mark.parametrize("own", [[record(OWN, 6, NOW - 9_000)], []], ids=["older", "absent"])
def test_a_record_of_the_topic_that_is_not_read_lends_an_offset_no_time(
    read: ReadViews, own: list[OffsetRecord]
) -> None:
    cluster = worker(6, config={"connector.class": "Orders", "offsets.storage.topic": OWN})
    views = read(cluster, Topics({COMMON: [record(COMMON, 77)], OWN: own}))
    times = [entry.committed_at for entry in views.snapshot.connectors[0].offsets]
    assert times == [NOW - 9_000 if own else None]
