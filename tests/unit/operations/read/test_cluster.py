# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster read from two sources: what is said when one of them is missing, moves, or tells another story."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import target_state_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import (
    read_views,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.operations.read.two_views import (
    BROKERS,
    COMMON,
    NOW,
    OWN,
    PARTITION,
    ReadViews,
    Topics,
    codes,
    down,
    record,
    without_plugin,
    worker,
)


def test_what_rest_says_gets_the_time_at_which_it_was_stored(read: ReadViews) -> None:
    views = read(worker(), Topics({COMMON: [record(COMMON, 5)]}))
    (stored,) = views.snapshot.connectors[0].offsets
    assert (stored.offset, stored.committed_at) == ({"id": 5}, NOW - 60)
    assert codes(views) == []
    assert views.warnings == ()


def test_a_difference_that_is_gone_when_rest_is_asked_once_more_was_a_race(read: ReadViews) -> None:
    cluster = worker(4)
    cluster.stale_reads = 1
    cluster.store("orders", {Partition.of(PARTITION): {"id": 5}})
    assert codes(read(cluster, Topics({COMMON: [record(COMMON, 5)]}))) == []


def test_a_difference_that_stays_is_a_finding(read: ReadViews) -> None:
    assert codes(read(worker(4), Topics({COMMON: [record(COMMON, 5)]}))) == ["rest_stale"]


def test_what_rest_lists_without_its_offset_is_taken_from_the_topic(read: ReadViews) -> None:
    views = read(worker(None), Topics({COMMON: [record(COMMON, 5)]}))
    assert list(views.snapshot.connectors[0].stored.values()) == [{"id": 5}]


def test_a_long_read_is_told_while_it_lasts(read: ReadViews) -> None:
    said: list[str] = []
    read(worker(), Topics({COMMON: [record(COMMON, 5)]}), said)
    assert said == ["Read 250,000 of 1,000,000 records of connect-offsets (25 %)"]


def test_an_open_transaction_is_a_warning_and_counted(read: ReadViews) -> None:
    views = read(worker(), Topics({COMMON: [record(COMMON, 5)]}, hidden=3))
    assert views.warnings == (
        "An open transaction hides the last 3 positions of connect-offsets: records written there cannot be read yet.",
    )
    assert views.sources["topic"]["topics"] == [
        {"topic": COMMON, "scanned": 1, "malformed": 0, "hidden_by_transaction": 3}
    ]


def test_a_topic_of_the_connectors_own_is_read_as_well(read: ReadViews) -> None:
    cluster = worker(6, config={"connector.class": "Orders", "offsets.storage.topic": OWN})
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)], OWN: [record(OWN, 6)]}))
    assert [one["topic"] for one in views.sources["topic"]["topics"]] == [COMMON, OWN]
    assert [one.topic for one in views.records["orders"]] == [COMMON, OWN]
    assert codes(views) == []


def test_a_worker_too_old_to_tell_offsets_is_read_from_the_topic(read: ReadViews) -> None:
    cluster = worker()
    cluster.verbs["offsets"] = set()
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}))
    assert views.snapshot.connectors[0].stored == {one.partition: {"id": 5} for one in [record(COMMON, 5)]}
    assert views.snapshot.connectors[0].state == "RUNNING"
    assert "that needs 3.5" in views.warnings[0]


def test_a_connector_whose_offsets_connect_cannot_tell_is_read_from_the_topic_and_hides_no_other(
    read: ReadViews,
) -> None:
    views = read(without_plugin(), Topics({COMMON: [record(COMMON, 5)]}))
    (connector,) = views.snapshot.connectors
    assert (list(connector.stored.values()), connector.problem) == ([{"id": 5}], None)
    assert views.warnings == (
        "Failed to find any class that implements Connector. The offsets of 'orders' come from the topic.",
    )


def test_without_the_topic_such_a_connector_says_why_its_offsets_are_not_known() -> None:
    views = read_views(without_plugin(), None, (), NOW, lambda words: None)
    (connector,) = views.snapshot.connectors
    assert connector.problem == "Failed to find any class that implements Connector."
    judgement = Judge("connect-1", Limits(), ())(Read(connector, NOW))
    assert (judgement.facts["verdict"], judgement.facts["verdicts"]) == ("unknown", [])
    assert judgement.lines("all")[-1].strip() == connector.problem
    assert "cannot be judged" in judgement.warnings[0]


def test_with_no_worker_the_topic_that_the_connector_reads_counts(read: ReadViews) -> None:
    topics = Topics({COMMON: [record(COMMON, 5)], OWN: [record(OWN, 6)]}, config={"offsets.storage.topic": OWN})
    views = read(down(), topics)
    (connector,) = views.snapshot.connectors
    assert list(connector.stored.values()) == [{"id": 6}]
    assert (connector.state, connector.type, connector.tasks) == ("UNKNOWN", "source", ())
    assert views.sources["rest"] == {
        "read": False,
        "problem": "Kafka Connect cannot be reached at http://connect-1:8083: refused.",
    }


@pytest.mark.parametrize("target_state", ["STARTED", "PAUSED", "STOPPED"])
def test_with_no_worker_the_state_that_the_connector_is_meant_to_have_is_known(
    read: ReadViews, target_state: str
) -> None:
    (connector,) = read(down(), Topics({}, target_state=target_state)).snapshot.connectors
    assert (connector.state, connector.target_state) == ("UNKNOWN", target_state)
    assert target_state_lines(connector.target_state) == [
        f"  No worker could be asked for its state: it is meant to be {target_state}."
    ]


def test_with_a_worker_its_state_is_enough(read: ReadViews) -> None:
    (connector,) = read(worker(), Topics({}, target_state="STOPPED")).snapshot.connectors
    assert (connector.state, connector.target_state) == ("RUNNING", None)
    assert target_state_lines(connector.target_state) == []


def test_with_no_worker_another_clusters_connectors_are_not_shown_for_this_one(read: ReadViews) -> None:
    options = KafkaOptions.read(BROKERS)
    with pytest.raises(RecoveryError) as unclear:
        read(down(), Topics({COMMON: [record(COMMON, 5)]}), options=options)
    assert unclear.value.message == (
        "Kafka Connect cannot be reached at http://connect-1:8083: refused. Set connectops_config_topic to the "
        "config.storage.topic of the workers, so that the connectors of this cluster can be read from Kafka at "
        "kafka-1:9092 instead."
    )


@pytest.mark.parametrize(
    "named, names",
    [({"config_topic": "connect-configs"}, ()), ({"offsets_topic": COMMON}, ()), ({}, ("orders",))],
    ids=["the config topic is named", "the offsets topic is named", "a connector is named"],
)
def test_with_no_worker_what_names_the_cluster_is_enough(
    read: ReadViews, named: dict[str, str], names: tuple[str, ...]
) -> None:
    options = KafkaOptions.read({**BROKERS, **named})
    views = read(down(), Topics({COMMON: [record(COMMON, 5)]}), options=options, names=names)
    assert [connector.name for connector in views.snapshot.connectors] == ["orders"]


MIRROR = "org.apache.kafka.connect.mirror"


@pytest.mark.parametrize(
    "config, has_offsets, expected",
    [
        ({"connector.class": "io.debezium.connector.postgresql.PostgresConnector"}, False, "source"),
        ({"connector.class": "a.JdbcSinkConnector", "topics": "a"}, False, "sink"),
        ({"connector.class": "a.JdbcSinkConnector", "topics.regex": "a.*"}, False, "sink"),
        ({"connector.class": "FileStreamSink", "topics": "a"}, False, "sink"),
        ({"connector.class": "ResourceSink", "topics": "a"}, False, "sink"),
        ({"connector.class": "a.JdbcSinkConnector", "topics": "a"}, True, "sink"),
        ({"connector.class": f"{MIRROR}.MirrorSourceConnector", "topics": ".*"}, False, "source"),
        ({"connector.class": f"{MIRROR}.MirrorCheckpointConnector", "topics": ".*"}, False, "source"),
        ({"connector.class": "MirrorHeartbeat", "topics": ".*"}, False, "source"),
        ({"connector.class": "a.OrdersSource", "topics": "a"}, False, "source"),
        ({"connector.class": "a.Orders", "topics": "a"}, True, "source"),
        ({"connector.class": "a.Orders", "topics": "a"}, False, "unknown"),
        ({"connector.class": "a.SourceOrSinkConnector", "topics": "a"}, False, "unknown"),
        ({"connector.class": "a.Orders", "topics": " "}, False, "source"),
    ],
    ids=lambda value: value.get("connector.class", "").rpartition(".")[2] if isinstance(value, dict) else None,
)
def test_with_no_worker_the_type_is_that_of_class_or_offsets_or_not_known(
    read: ReadViews, config: dict[str, str], has_offsets: bool, expected: str
) -> None:
    records = {COMMON: [record(COMMON, 5)]} if has_offsets else {}
    views = read(down(), Topics(records, config=config))
    (connector,) = views.snapshot.connectors
    assert connector.type == expected
    assert ("orders" in views.sinks) == (expected == "sink")


@pytest.mark.parametrize("config, fails", [({"topics": "a"}, False), ({}, True)], ids=["unknown", "a source"])
def test_with_no_worker_an_offsets_topic_is_not_needed_for_what_may_be_a_sink(
    read: ReadViews, config: dict[str, str], fails: bool
) -> None:
    topics = Topics({}, config={"connector.class": "a.Orders", **config}, is_found=False)
    if fails:
        with pytest.raises(RecoveryError, match="No readable topic holds offsets of orders"):
            read(down(), topics)
    else:
        views = read(down(), topics)
        assert views.warnings[-1] == "No readable topic holds offsets of orders."
        assert views.snapshot.connectors[0].type == "unknown"


def test_a_deleted_offset_is_none_where_the_topic_alone_is_read(read: ReadViews) -> None:
    views = read(down(), Topics({COMMON: [record(COMMON, None)]}))
    assert views.snapshot.connectors[0].stored == {}


def test_kafka_that_fails_is_a_warning_as_long_as_rest_answers(read: ReadViews) -> None:
    views = read(worker(), Topics({}, problem="Kafka cannot be reached at kafka-1:9092."))
    assert views.warnings == ("The offsets topic was not read: Kafka cannot be reached at kafka-1:9092.",)
    assert len(views.snapshot.connectors[0].offsets) == 1


def test_both_problems_are_told_when_neither_answers(read: ReadViews) -> None:
    with pytest.raises(RecoveryError, match=r"at http://connect-1:8083: refused\. Kafka cannot be reached"):
        read(down(), Topics({}, problem="Kafka cannot be reached at kafka-1:9092."))


def test_the_common_topic_is_needed(read: ReadViews) -> None:
    views = read(worker(), Topics({}, denied=[COMMON]))
    assert not views.sources["topic"]["read"]


@pytest.mark.parametrize("ahead, read_at", [(30.0, NOW), (86_400.0, NOW - 86_400), (-7_200.0, NOW + 7_200)])
def test_the_clock_of_the_worker_counts_where_it_differs_by_more_than_a_minute(
    read: ReadViews, ahead: float, read_at: float
) -> None:
    cluster = worker()
    cluster.clock_ahead_seconds = ahead
    views = read(cluster, Topics({COMMON: [record(COMMON, 5)]}))
    assert views.snapshot.read_at == read_at
    assert len(views.warnings) == (abs(ahead) > 60)
