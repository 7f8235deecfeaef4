# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster read from two sources: what is said when one of them is missing, moves, or tells another story."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import ClusterInfo
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.judge import SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import target_state_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    AccessDenied,
    KafkaFailed,
    TimedOut,
    TopicNotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import (
    OffsetsTopic,
    StoredConnector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read import cluster
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import (
    ClusterViews,
    read_views,
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


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ClusterViews]:
    def views(
        worker: FakeCluster,
        topics: Topics,
        said: list[str] | None = None,
        options: KafkaOptions | None = OPTIONS,
        names: Sequence[str] = (),
    ) -> ClusterViews:
        monkeypatch.setattr(cluster, "KafkaClient", topics)
        tell: Callable[[str], None] = (lambda words: None) if said is None else said.append
        return read_views(worker, options, names, NOW, tell)

    return views


ReadViews = Callable[..., ClusterViews]


def codes(views: ClusterViews) -> list[str]:
    return [finding.code for finding in views.findings["orders"]]


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
        "Failed to find any class that implements Connector. The offsets of 'orders' are those of the topic.",
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
            "The offsets topic was not read: Kafka at kafka-1:9092 has the cluster id kafka-2, and Connect's workers use that"
            " with the id kafka-1: set kafka_bootstrap_servers to the brokers behind Connect."
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
        "The group of sink connector 'orders' was not read: it has the setting consumer.override.bootstrap.servers, so it may"
        " read another Kafka cluster than that of the workers."
    )


@pytest.mark.parametrize("own", [[record(OWN, 6, NOW - 9_000)], []], ids=["older", "absent"])
def test_a_record_of_the_topic_that_is_not_read_lends_an_offset_no_time(
    read: ReadViews, own: list[OffsetRecord]
) -> None:
    cluster = worker(6, config={"connector.class": "Orders", "offsets.storage.topic": OWN})
    views = read(cluster, Topics({COMMON: [record(COMMON, 77)], OWN: own}))
    times = [entry.committed_at for entry in views.snapshot.connectors[0].offsets]
    assert times == [NOW - 9_000 if own else None]


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
