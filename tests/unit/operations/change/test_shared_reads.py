# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call for what connectors read at the same time."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError, TimedOut
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change import shared_reads
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.shared_reads import (
    SharedReads,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector
from lab.waiting import LIMIT_SECONDS, await_condition
from unit.fake_cluster import FakeCluster, FakeConnector

NAMES = ("a", "b", "c")


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(*(FakeConnector(name, state="STOPPED") for name in NAMES))


def test_all_that_ask_while_a_call_is_under_way_share_the_next_one(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedReads(len(NAMES), len(NAMES))
    asked: list[set[str]] = []
    first_is_asked, others_wait = threading.Event(), threading.Event()
    read = cluster.statuses

    def statuses(names: Collection[str]) -> dict[str, Status]:
        asked.append(set(names))
        found = read(names)
        if len(asked) == 1:
            first_is_asked.set()
            assert others_wait.wait(LIMIT_SECONDS)
        return found

    monkeypatch.setattr(cluster, "statuses", statuses)
    with ThreadPoolExecutor(len(NAMES)) as pool:
        first = pool.submit(shared.status, cluster, "a", cluster.sleep)
        assert first_is_asked.wait(LIMIT_SECONDS)
        # What the first call has read is too old for those that ask now.
        for name in NAMES:
            cluster.by_name[name].state = "RUNNING"
        others = [pool.submit(shared.status, cluster, name, cluster.sleep) for name in ("b", "c")]
        await_condition(lambda: set(shared._statuses._waiting) == {"b", "c"}, "the others to wait")
        others_wait.set()
        assert first.result().state == "STOPPED"
        assert [one.result().state for one in others] == ["RUNNING", "RUNNING"]
    assert asked == [{"a"}, {"b", "c"}]
    assert "status" not in cluster.methods()


def test_calls_do_not_begin_faster_than_at_their_pace(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_reads, "_PACE_SECONDS", 1000.0)
    shared = SharedReads(2, 2)
    waited: list[float] = []
    for _call in range(2):
        shared.status(cluster, "a", waited.append)
    assert waited[0] == 0
    assert 900 < waited[1] <= 1000


@pytest.mark.parametrize("changed, all_of_cluster, calls", [(1, 1, "status"), (2, 20, "statuses"), (2, 21, "status")])
def test_a_few_of_many_connectors_are_asked_for_alone(
    cluster: FakeCluster, changed: int, all_of_cluster: int, calls: str
) -> None:
    assert SharedReads(changed, all_of_cluster).status(cluster, "a", cluster.sleep).state == "STOPPED"
    assert cluster.methods() == [calls]


def test_a_connector_that_is_not_in_the_answer_is_asked_for_alone(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedReads(2, 2)
    monkeypatch.setattr(cluster, "statuses", lambda names: {"b": Status("RUNNING")})
    assert shared.status(cluster, "a", cluster.sleep).state == "STOPPED"
    assert cluster.methods() == ["status"]


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "empty"])
def test_where_connect_does_not_answer_for_all_each_is_asked_for_alone_from_then_on(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    shared, asked = SharedReads(2, 2), []

    def statuses(names: Collection[str]) -> dict[str, Status]:
        asked.append(names)
        if is_refused:
            raise ConnectError("no")
        return {}

    monkeypatch.setattr(cluster, "statuses", statuses)
    for name in ("a", "b"):
        assert shared.status(cluster, name, cluster.sleep).state == "STOPPED"
    assert (len(asked), cluster.methods()) == (1, ["status", "status"])


@pytest.mark.parametrize("all_of_cluster, calls", [(6, "some_connectors"), (7, "config")])
def test_configs_and_states_come_from_one_call_where_most_of_the_cluster_is_changed(
    cluster: FakeCluster, all_of_cluster: int, calls: str
) -> None:
    cluster.by_name["a"].config = {**cluster.by_name["a"].config, HOLD_KEY: "somebody", "password": "s3cret"}
    shared = SharedReads(2, all_of_cluster)
    found = shared.connector(cluster, "a", cluster.sleep)
    assert found == read_connector(cluster, "a", with_offsets=False)
    assert cluster.methods()[0] == calls
    assert "s3cret" in cluster.hidden
    marked = shared.settings(cluster, "a", cluster.sleep)
    assert (marked.config, marked.hold_text) == (found.config, "somebody")
    assert cluster.methods()[-1] == calls


def test_one_whose_time_is_up_asks_alone_and_leaves_the_next_call_to_another_one(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedReads(len(NAMES), len(NAMES))
    is_asked, may_end = threading.Event(), threading.Event()
    read = cluster.statuses

    def statuses(names: Collection[str]) -> dict[str, Status]:
        is_asked.set()
        assert may_end.wait(LIMIT_SECONDS)
        return read(names)

    monkeypatch.setattr(cluster, "statuses", statuses)
    hurried = FakeCluster(FakeConnector("b", state="PAUSED"))
    monkeypatch.setattr(hurried, "remaining_seconds", lambda: 0.0)
    with ThreadPoolExecutor(len(NAMES)) as pool:
        first = pool.submit(shared.status, cluster, "a", cluster.sleep)
        assert is_asked.wait(LIMIT_SECONDS)
        with pytest.raises(TimedOut):
            shared.status(hurried, "b", cluster.sleep)
        last = pool.submit(shared.status, cluster, "c", cluster.sleep)
        await_condition(lambda: set(shared._statuses._waiting) == {"c"}, "the last one to wait")
        may_end.set()
        assert [first.result(LIMIT_SECONDS).state, last.result(LIMIT_SECONDS).state] == ["STOPPED", "STOPPED"]
    assert cluster.methods("status") == []


def test_one_that_is_interrupted_leaves_the_others_nobody_to_wait_for(cluster: FakeCluster) -> None:
    shared = SharedReads(2, 2)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared.status(cluster, "a", interrupted)
    assert shared.status(cluster, "b", cluster.sleep).state == "STOPPED"
