# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading topic partitions to the ends that were recorded at the start; tests/integration does it with a real broker."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import reading
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    LastMessages,
    Range,
    TopicPartition,
    first_messages,
    last_messages,
    list_offsets,
)
from unit.kafka.fake import FakeConnection

A, B = b"a", b"b"
P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


def positions(read: LastMessages) -> list[tuple[int, int]]:
    return [(message.partition(), message.offset()) for message in read.messages]


def test_only_the_last_message_of_each_key_of_a_topic_partition_is_kept() -> None:
    connection = FakeConnection({"t": {0: [(A, b"1"), (B, b"2"), (A, b"3"), None], 1: [(A, None)]}})
    read = last_messages(connection, "t")
    assert positions(read) == [(0, 1), (0, 2), (1, 0)]
    assert read.scanned == 4
    assert read.ranges == {0: Range(0, 4, 4), 1: Range(0, 1, 1)}


def test_keys_that_are_not_wanted_and_other_topic_partitions_are_left_out() -> None:
    connection = FakeConnection({"t": {0: [(A, b"1"), (B, b"2")], 1: [(B, b"3")]}})
    assert positions(last_messages(connection, "t", wanted=B.__eq__)) == [(0, 1), (1, 0)]
    assert positions(last_messages(connection, "t", only=1)) == [(1, 0)]


def test_what_is_written_while_the_reading_lasts_is_not_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = FakeConnection({"t": {0: [(A, b"1"), (A, b"2")], 1: [(A, b"3")] * 4}})
    monkeypatch.setattr(reading, "_ranges", lambda *_arguments: {P0: Range(0, 1, 1), P1: Range(0, 3, 3)})
    read = last_messages(connection, "t")
    assert positions(read) == [(0, 0), (1, 2)]
    assert read.scanned == 4


def test_messages_that_were_lost_since_the_start_do_not_block_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = FakeConnection({"t": {0: [(A, b"1")]}})
    monkeypatch.setattr(reading, "_ranges", lambda *_arguments: {P0: Range(0, 9, 9)})
    assert positions(last_messages(connection, "t")) == [(0, 0)]


def test_an_open_transaction_is_waited_for_and_then_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(reading.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    connection = FakeConnection({"t": {0: [(A, b"1"), (A, b"2"), (A, b"3")]}}, open_since={P0: 1})
    read = last_messages(connection, "t")
    assert positions(read) == [(0, 0)]
    assert read.ranges == {0: Range(0, 1, 3)}
    assert 2.0 <= now[0] < 2.2


def test_progress_is_reported_with_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(reading, "_MOST_MESSAGES_AT_ONCE", 2)
    reported: list[tuple[str, int, int]] = []
    connection = FakeConnection(
        {"t": {0: [(A, b"1")] * 3, 1: [(A, b"2")] * 2}}, progress=lambda *far: reported.append(far)
    )
    last_messages(connection, "t")
    assert reported == [("t", 2, 5), ("t", 3, 5), ("t", 5, 5)]


def test_a_whole_topic_that_may_not_be_read_is_a_failure() -> None:
    with pytest.raises(AccessDenied, match='This client is not allowed to read the topic "t" of Kafka at kafka-1:9092'):
        last_messages(FakeConnection({"t": {0: [(A, b"1")]}}, denied=["t"]), "t")


def test_the_first_messages_are_read_as_far_as_there_are_any_and_may_be_read() -> None:
    connection = FakeConnection(
        {"t": {0: [(A, b"1"), (A, b"2"), (A, b"3")], 1: [None]}, "secret": {0: [(A, b"1")]}}, denied=["secret"]
    )
    found = first_messages(connection, {P0: 1, P1: 0, TopicPartition("secret", 0): 0}, 1)
    assert {partition: [m.offset() for m in messages] for partition, messages in found.items()} == {P0: [1, 2], P1: []}
    assert [consumer.closed for consumer in connection.extra_consumers] == [True]
    assert not connection.consumer.closed


def test_the_ends_of_no_topic_partition_are_not_asked_for() -> None:
    assert list_offsets(FakeConnection({}), [], "latest") == {}
