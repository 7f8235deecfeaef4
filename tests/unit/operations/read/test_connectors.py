# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors of a cluster as they are read over REST, alone or with their offsets topics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import (
    UNTIL_DEADLINE,
    Answer,
    Exchange,
    Failure,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
    ConnectError,
    NotConnect,
    TimedOut,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.transport import Transport
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import OffsetsTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_connector,
    read_snapshot,
    read_with_topics,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from unit.connect.http_server import Expect, FakeConnect
from unit.connect.recorded import OFFSETS, ROOT, failing, info, status_of
from unit.fake_cluster import FakeCluster, FakeConnector
from unit.fake_topics import FakeTopics

NO_PLUGIN = "Failed to find any class that implements Connector and which name matches x.Gone"


def test_a_running_connector_runs_whatever_a_gateway_leaves_of_the_call_for_all() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body={**ROOT, "kafka_cluster_id": None}),
            Expect("GET", "/connectors", body=["c"]),
            Expect("GET", "/connectors?expand=info&expand=status", body={"c": {"info": info("c")}}),
            Expect("GET", "/connectors/c", body=info("c")),
            Expect("GET", "/connectors/c/status", body=status_of("c")),
            Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS}),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        snapshot = read_snapshot(client, (), 0.0)
    (connector,) = snapshot.connectors
    assert (snapshot.cluster_id, connector.state, len(connector.offsets)) == ("", "RUNNING", 1)


def test_the_offsets_of_a_connector_that_connect_cannot_show_are_not_asked_for() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body=ROOT),
            Expect("GET", "/connectors", body=["bad"]),
            failing("GET", "/connectors?expand=info&expand=status", 500, NO_PLUGIN),
            failing("GET", "/connectors/bad", 500, NO_PLUGIN),
            Expect("GET", "/connectors/bad/config", body={"connector.class": "x.Gone"}),
            Expect("GET", "/connectors/bad/status", body=status_of("bad", "FAILED")),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        (bad,) = read_snapshot(client, (), 0.0).connectors
    assert bad.offsets == ()
    assert NO_PLUGIN in str(bad.problem)
    assert bad.state == "FAILED"


def test_a_connector_whose_name_no_path_can_have_hides_no_other() -> None:
    expanded = {name: {"info": info(name), "status": status_of(name)} for name in ("..", "c")}
    with (
        FakeConnect(
            Expect("GET", "/", body=ROOT),
            Expect("GET", "/connectors", body=[".", "..", "c"]),
            Expect("GET", "/connectors?expand=info&expand=status", body=expanded),
            Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS}),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        dot, dots, other = read_snapshot(client, (), 0.0).connectors
    assert str(dot.problem).startswith('"." cannot be used as the name of a connector over REST')
    assert str(dots.problem).startswith('".." cannot be used as the name of a connector over REST')
    assert (other.problem, len(other.offsets)) == (None, 1)


BLOCKED = Expect("GET", "/connectors/b/offsets", 403, b"<html>Forbidden</html>", "text/html")
EXPANDED = "/connectors?expand=info&expand=status"


class Gateway(FakeCluster):
    """It denies the offsets of one connector."""

    def __init__(self, refusal: ConnectError) -> None:
        super().__init__(FakeConnector("a"), FakeConnector("b"))
        self.refusal = refusal

    def offsets(self, name: str) -> tuple[StoredOffset, ...]:
        if name == "b":
            raise self.refusal
        return super().offsets(name)


@pytest.mark.parametrize(
    "refusal",
    [AccessDenied("Forbidden."), NotConnect("A page."), TimedOut("No answer.")],
    ids=["403", "a page", "no answer"],
)
def test_offsets_of_one_connector_that_cannot_be_read_are_no_trouble_of_the_others(refusal: ConnectError) -> None:
    """A gateway may give rights by name, or block a name that it takes for an attack; an own offsets topic may be away."""
    a, b = read_snapshot(Gateway(refusal), (), 0.0).connectors
    assert (a.problem, a.state, b.problem, b.state) == (None, "RUNNING", refusal.sentence, "RUNNING")
    with pytest.raises(refusal.__class__):
        read_snapshot(Gateway(refusal), ("b",), 0.0)


def test_offsets_that_never_come_leave_time_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def send(_transport: Transport, exchange: Exchange, seconds: float) -> Answer | Failure:
        path = exchange.call.path
        if path == "/connectors/b/offsets":
            now[0] += seconds
            return Failure(ConnectError, "no answer", UNTIL_DEADLINE, perhaps_done=True, resend=False)
        bodies = {
            "/": ROOT,
            "/connectors": ["a", "b"],
            EXPANDED: {name: {"info": info(name), "status": status_of(name)} for name in "ab"},
            "/connectors/a/offsets": {"offsets": OFFSETS},
        }
        return Answer(200, {}, bodies[path])

    monkeypatch.setattr(Transport, "send", send)
    options = ConnectOptions(("http://connect-1:8083",), timeout_seconds=100.0)
    with ConnectClient(options, clock=lambda: now[0], sleep=sleep) as client:
        a, b = read_snapshot(client, (), 0.0).connectors
        assert client.remaining_seconds() == pytest.approx(50, abs=1)
    assert (len(a.offsets), a.problem) == (len(OFFSETS), None)
    assert "did not answer GET /connectors/b/offsets" in str(b.problem)


def test_what_it_denies_for_one_connector_in_single_calls_neither() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body=ROOT),
            Expect("GET", "/connectors", body=["a", "b"]),
            Expect("GET", EXPANDED, body={"a": {"info": info("a"), "status": status_of("a")}}),
            *(replace(BLOCKED, path=f"/connectors/b{rest}") for rest in ("", "/config", "/status")),
            Expect("GET", "/connectors/a/offsets", body={"offsets": OFFSETS}),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        a, b = read_snapshot(client, (), 0.0).connectors
    assert (a.problem, b.state) == (None, "UNKNOWN")
    assert "(status 403)" in str(b.problem)


def test_what_is_denied_for_all_is_said_once() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body=ROOT),
            Expect("GET", "/connectors", body=["b"]),
            Expect("GET", EXPANDED, body={"b": {"info": info("b"), "status": status_of("b")}}),
            BLOCKED,
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
        pytest.raises(AccessDenied),
    ):
        read_snapshot(client, (), 0.0)


# With the topics beside REST

TURNED = b'["c",{"b":"x","a":0}]'
PARTITION = Partition.of({"a": 0, "b": "x"})


def cluster_of(offset: Offset | None, kind: str = "source") -> FakeCluster:
    return FakeCluster(FakeConnector(offsets={PARTITION: offset}, type=kind))


def read(cluster: FakeCluster, topics: OffsetsTopics | None, write_to: WriteTo) -> tuple[Connector, tuple[str, ...]]:
    return read_with_topics(cluster, read_connector(cluster, "c", with_offsets=False), topics, write_to, cluster.sleep)


def topics_of(**fields: Any) -> FakeTopics:
    return FakeTopics({"offsets": 5}, {("offsets", 1, TURNED): b'{"n":7}'}, **fields)


def test_the_topics_tell_what_rest_lists_as_null_without_asking_again() -> None:
    cluster = cluster_of(None)
    connector, warnings = read(cluster, topics_of(), "auto")
    assert (connector.stored, warnings) == ({PARTITION: {"n": 7}}, ())
    assert cluster.methods("offsets") == ["offsets"]


def test_the_topics_alone_are_asked_where_they_are_to_be_written() -> None:
    cluster = cluster_of({"n": 1})
    assert read(cluster, topics_of(), "topic")[0].stored == {PARTITION: {"n": 7}}
    assert cluster.methods("offsets") == []


def test_topics_that_cannot_be_read_are_a_warning_where_rest_tells_all() -> None:
    cluster, topics = cluster_of({"n": 1}), topics_of(view_fault=KafkaFailed("No broker answers."))
    connector, warnings = read(cluster, topics, "auto")
    assert (connector.stored, connector.in_topics) == ({PARTITION: {"n": 1}}, None)
    assert warnings == ("The offsets topic of connector 'c' was not read: No broker answers.",)


@pytest.mark.parametrize("offset, write_to", [(None, "auto"), ({"n": 1}, "topic")])
def test_topics_that_cannot_be_read_are_a_failure_where_they_are_needed(
    offset: Offset | None, write_to: WriteTo
) -> None:
    cluster, topics = cluster_of(offset), topics_of(view_fault=KafkaFailed("No broker answers."))
    with pytest.raises(KafkaFailed, match="No broker answers"):
        read(cluster, topics, write_to)


@pytest.mark.parametrize("has_topics", [True, False])
def test_the_offsets_of_a_sink_are_not_read(has_topics: bool) -> None:
    cluster = cluster_of(None, "sink")
    topics = topics_of(view_fault=KafkaFailed("no.")) if has_topics else None
    found, warnings = read(cluster, topics, "auto")
    assert (found.offsets, found.in_topics, warnings) == ((), None, ())
    assert "offsets" not in cluster.methods()
