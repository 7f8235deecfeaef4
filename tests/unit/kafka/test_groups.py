# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a consumer group has come; tests/integration reads the groups of real sink connectors."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import groups
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.groups import group_positions
from confluent_kafka import KafkaError
from unit.kafka.fake import FIRST_SECOND, FakeConnection

GROUP = "connect-orders"
RECORD = (b"k", b"v")


@pytest.fixture(autouse=True)
def no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeConnection, "metadata", lambda *_arguments: None)


def commit_key(group: str, topic: str, number: int, version: int = 1) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack(">h", len(value.encode())) + value.encode()

    return struct.pack(">h", version) + text(group) + text(topic) + struct.pack(">i", number)


def test_what_waits_and_since_when_is_known_for_each_topic_partition() -> None:
    connection = FakeConnection(
        {"t": {0: [RECORD] * 5, 1: [RECORD] * 2}}, commits={GROUP: {("t", 0): 3}}, not_compacted=["t"]
    )
    assert group_positions(connection, GROUP) == (
        SinkPosition("t", 0, committed=3, end=5, waiting_since=FIRST_SECOND + 3),
        SinkPosition("t", 1, committed=None, end=2, waiting_since=FIRST_SECOND),
    )


def test_the_marker_of_a_transaction_does_not_wait() -> None:
    connection = FakeConnection({"t": {0: [RECORD, RECORD, None]}}, commits={GROUP: {("t", 0): 2}})
    assert group_positions(connection, GROUP) == (SinkPosition("t", 0, committed=2, end=2),)


@pytest.mark.parametrize(
    "committed, begin, end",
    [
        pytest.param(2, 3, 2, id="the marker of a transaction alone, and all has expired"),
        pytest.param(1, 3, 1, id="records that have expired"),
        pytest.param(3, 3, 3, id="nothing"),
    ],
)
def test_what_has_expired_does_not_wait(committed: int, begin: int, end: int) -> None:
    connection = FakeConnection({"t": {0: [RECORD, RECORD, None]}}, commits={GROUP: {("t", 0): committed}})
    connection.admin.begins = {("t", 0): begin}
    assert group_positions(connection, GROUP) == (SinkPosition("t", 0, committed, end, begin=begin),)


def test_a_backlog_that_has_expired_in_part_waits_from_the_first_record_that_is_left() -> None:
    connection = FakeConnection({"t": {0: [RECORD] * 5}}, commits={GROUP: {("t", 0): 1}})
    connection.admin.begins = {("t", 0): 3}
    assert group_positions(connection, GROUP) == (
        SinkPosition("t", 0, committed=1, end=5, waiting_since=FIRST_SECOND + 3, begin=3),
    )


def test_without_a_commit_and_without_a_record_left_it_is_said_that_all_have_expired() -> None:
    connection = FakeConnection({"t": {0: [None, None]}})
    assert group_positions(connection, GROUP, ["t"]) == (SinkPosition("t", 0, None, 2, has_expired=True),)
    denied = FakeConnection({"t": {0: [RECORD, None]}}, denied=["t"])
    assert [one.has_expired for one in group_positions(denied, GROUP, ["t"])] == [False]


def test_a_topic_that_may_not_be_read_still_has_its_end() -> None:
    connection = FakeConnection({"t": {0: [RECORD] * 3}}, commits={GROUP: {("t", 0): 1}}, denied=["t"])
    assert group_positions(connection, GROUP) == (SinkPosition("t", 0, committed=1, end=3),)


def test_without_a_commit_the_topics_of_the_connector_are_shown_as_far_as_they_exist() -> None:
    connection = FakeConnection({"t": {0: []}})
    assert group_positions(connection, GROUP) == ()
    assert group_positions(connection, GROUP, ["t", "no-such-topic"]) == (SinkPosition("t", 0, None, 0),)


def test_a_coordinator_that_is_not_ready_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(groups.time, "sleep", pauses.append)
    connection = FakeConnection({"t": {0: [RECORD]}}, commits={GROUP: {("t", 0): 1}})
    connection.admin.coordinator_errors = [KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS]
    assert group_positions(connection, GROUP) == (SinkPosition("t", 0, committed=1, end=1),)
    assert len(pauses) == 2


def test_a_coordinator_that_stays_away_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_COORDINATOR_SECONDS", 0.0)
    connection = FakeConnection({"t": {0: [RECORD]}})
    connection.admin.coordinator_errors = [KafkaError.NOT_COORDINATOR] * 9
    with pytest.raises(KafkaFailed, match="did not return the offsets of the group connect-orders: "):
        group_positions(connection, GROUP)


@pytest.mark.parametrize("version", [0, 1])
def test_the_time_of_a_commit_is_that_of_its_last_record_among_the_brokers_own(version: int) -> None:
    # Its hash modulo 50 names the one topic partition in which a broker keeps them.
    kept = 436250328 % 50
    records = [
        (commit_key(GROUP, "t", 0, version), b"1"),
        (commit_key("connect-other", "t", 0, version), b"1"),
        (commit_key(GROUP, "t", 0, version), b"2"),
        (commit_key(GROUP, "t", 1, version), b"1"),
        (commit_key(GROUP, "t", 1, version), None),
    ]
    stored = {number: records if number == kept else [] for number in range(50)}
    connection = FakeConnection(
        {"t": {0: [RECORD], 1: [RECORD]}, "__consumer_offsets": stored},
        commits={GROUP: {("t", 0): 1, ("t", 1): 1}},
    )
    assert [one.committed_at for one in group_positions(connection, GROUP)] == [FIRST_SECOND + 2, None]


def test_without_the_right_to_read_commits_their_times_are_not_known() -> None:
    connection = FakeConnection(
        {"t": {0: [RECORD]}, "__consumer_offsets": {0: [(commit_key(GROUP, "t", 0), b"1")]}},
        commits={GROUP: {("t", 0): 1}},
        denied=["__consumer_offsets"],
    )
    assert group_positions(connection, GROUP) == (SinkPosition("t", 0, committed=1, end=1),)


@pytest.mark.parametrize(
    ("text", "code"),
    # Java's own values, made positive; that of the third has no positive one.
    [("", 0), ("hello", 99162322), ("polygenelubricants", 0), ("connect-orders", 436250328), ("\U0001f600", 1772899)],
)
def test_groups_are_hashed_as_java_does(text: str, code: int) -> None:
    assert groups._hash_of_group(text) == code
