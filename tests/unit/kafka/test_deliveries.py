# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows in Kafka that a connector delivers; tests/integration reads what a real connector has written."""

from __future__ import annotations

import json

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import deliveries
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.deliveries import (
    arrivals,
    read_statuses,
    topic_ends,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import Scanned, scan
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topics import TopicFinder
from unit.kafka.fake import FIRST_SECOND, FakeConnection

PST, CAIRO = (b"k", b'{"zone":"PST"}'), (b"k", b'{"zone":"Cairo"}')
MARKER = (None, None)


def status(name: str, state: str, generation: int, worker: str = "w-1:8083") -> tuple[bytes, bytes]:
    value = {"state": state, "worker_id": worker, "generation": generation}
    return f"status-task-{name}-0".encode(), json.dumps(value).encode()


def test_the_end_of_a_topic_that_does_not_exist_yet_is_its_beginning() -> None:
    connection = FakeConnection({"t": {0: [PST] * 3, 1: []}})
    assert topic_ends(connection, ["t", "new"]) == (TopicEnd("t", 0, 3), TopicEnd("t", 1, 0), TopicEnd("new", 0, 0))


def test_only_what_came_since_the_ends_counts() -> None:
    connection = FakeConnection({"t": {0: [PST, PST, CAIRO, MARKER], 1: [CAIRO]}})
    (found,) = arrivals(connection, [TopicEnd("t", 0, 1)], "zone")
    assert (dict(found.groups), found.markers, found.positions) == ({"PST": 1, "Cairo": 2}, 1, 4)
    assert found.is_whole


def test_a_topic_that_is_not_there_is_a_problem() -> None:
    (gone,) = arrivals(FakeConnection({}), [TopicEnd("gone", 0, 5)], "zone")
    assert (gone.positions, gone.is_whole) == (0, False)
    assert 'has no topic "gone"' in str(gone.problem)


def test_a_topic_that_may_not_be_read_is_a_problem_of_its_own() -> None:
    connection = FakeConnection({"t": {0: [PST]}, "u": {0: [PST]}}, denied=["t"])
    denied, read = arrivals(connection, [TopicEnd("t", 0, 0), TopicEnd("u", 0, 0)], "zone")
    assert "is not allowed to read" in str(denied.problem)
    assert (read.records, read.problem) == (1, None)


def test_of_many_records_the_last_are_read_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_MOST_RECORDS", 4)
    (found,) = arrivals(FakeConnection({"t": {0: [PST] * 9 + [CAIRO], 1: [CAIRO]}}), [TopicEnd("t", 0, 0)], "zone")
    assert (dict(found.groups), found.positions, found.is_whole) == ({"PST": 1, "Cairo": 2}, 11, False)


def test_what_an_open_transaction_hides_is_not_read_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(f"{scan.__module__}._TRANSACTION_SECONDS", 0.0)
    read: list[int] = []
    connection = FakeConnection({"t": {0: [PST] * 3}}, open_since={("t", 0): 2})
    assert scan(connection, "t", {0: 1}, lambda message: read.append(message.offset()), 100) == Scanned(2, 0, True)
    assert read == [1]


def test_every_status_topic_is_read_once_for_all_connectors() -> None:
    mine = [status("orders", "RUNNING", 4), status("items", "RUNNING", 4), status("orders", "RUNNING", 6)]
    other = [status("orders", "FAILED", 9, worker="us-1:8083")]
    connection = FakeConnection({"status": {0: mine}, "us-status": {0: other}, "data": {0: [PST]}})
    found = read_statuses(connection, TopicFinder(connection), ["orders", "quiet"])
    assert found["quiet"] == []
    assert [(one.topic, one.state, one.written_at) for one in found["orders"]] == [
        ("status", "RUNNING", FIRST_SECOND),
        ("status", "RUNNING", FIRST_SECOND + 2),
        ("us-status", "FAILED", FIRST_SECOND),
    ]
