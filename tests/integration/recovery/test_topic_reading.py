# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An offsets topic in any state is read as it is: its records, its transactions, and writers that go on meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import reading
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    KafkaFailed,
)
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
)
from integration.recovery.raw_topics import (
    KEY,
    RawTopic,
    options,
    positions,
)
from lab import Lab

# Topics in any state


def test_only_the_last_record_of_each_key_is_kept(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    other = b'["orders",{"timezone":"UTC","report_type":"balance.summary.1"}]'
    topic.write((KEY, {"n": 1}), (other, {"n": 2}), (KEY, {"n": 3}), (other, None))
    read = kafka.read_offsets(topic.name)
    assert positions(read) == [(0, 2, {"n": 3}), (0, 3, None)]
    assert read.scanned == 4
    assert kafka.read_offsets(topic.name) == read, "a second reading by the same client"


def test_a_topic_whose_beginning_is_gone_is_read_from_where_it_begins(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic(cleanup_policy="compact,delete")
    topic.write(*((KEY, {"n": number}) for number in range(10)))
    topic.delete_before(7)
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.scanned) == ([(0, 9, {"n": 9})], 3)
    topic.delete_before(10)
    assert kafka.read_offsets(topic.name).records == ()


def test_two_byte_keys_of_one_partition_are_two_records(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    turned = b'["orders",{"report_type":"balance.summary.1","timezone":"PST"}]'
    topic.write((KEY, {"n": 1}), (turned, {"n": 2}))
    one, other = kafka.read_offsets(topic.name).records
    assert one.partition == other.partition
    assert (one.key, other.key) == (KEY, turned)


def test_one_key_in_two_topic_partitions_is_two_records(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic(partitions=3)
    topic.write((KEY, {"n": 1}), partition=2)
    topic.write((KEY, {"n": 2}), partition=0)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 2}), (2, 0, {"n": 1})]


def test_what_connect_would_skip_is_counted_and_the_rest_is_read(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic(cleanup_policy="delete")
    topic.write((None, {"n": 1}), (b"\xff", {"n": 1}), (b'["orders"]', {"n": 1}), (KEY, {"n": 1}), (b"other", b"{"))
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.malformed, read.scanned) == ([(0, 3, {"n": 1})], 4, 5)


def test_only_the_connectors_asked_for_are_kept_whatever_their_names(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    names = ["orders", "orders-2", 'a "name" with ünusual characters']
    topic = new_topic()
    topic.write(*((json.dumps([name, {"p": 1}]).encode(), {"n": 1}) for name in names))
    for name in names:
        assert [record.connector for record in kafka.read_offsets(topic.name, [name]).records] == [name]
    assert kafka.read_offsets(topic.name, []).records == ()
    assert len(kafka.read_offsets(topic.name).records) == 3


# Transactions, and writers that go on


def test_an_aborted_record_is_not_seen_and_the_marker_behind_it_does_not_hang_the_reading(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient
) -> None:
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    topic.transaction((KEY, {"n": 2})).abort_transaction(120)
    topic.await_end(3)
    read = kafka.read_offsets(topic.name)
    assert (positions(read), read.hidden_by_transaction) == ([(0, 0, {"n": 1})], {})


def test_a_committed_transaction_is_seen(new_topic: Callable[..., RawTopic], kafka: KafkaClient) -> None:
    topic = new_topic()
    topic.transaction((KEY, {"n": 1})).commit_transaction(120)
    topic.await_end(2)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]


def test_an_open_transaction_hides_what_comes_after_it_and_how_much_is_counted(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_TRANSACTION_SECONDS", 0.2)
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    open_one = topic.transaction((KEY, {"n": 2}))
    topic.write((KEY, {"n": 3}))
    hidden = kafka.read_offsets(topic.name)
    assert (positions(hidden), hidden.hidden_by_transaction) == ([(0, 0, {"n": 1})], {0: 2})
    open_one.commit_transaction(120)
    assert positions(kafka.read_offsets(topic.name)) == [(0, 2, {"n": 3})]


def test_a_transaction_that_is_about_to_end_is_waited_for(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic()
    open_one = topic.transaction((KEY, {"n": 1}))
    pauses: list[float] = []

    def commit_in_the_pause(seconds: float) -> None:
        if not pauses:
            open_one.commit_transaction(120)
        pauses.append(seconds)

    monkeypatch.setattr(reading.time, "sleep", commit_in_the_pause)
    read = kafka.read_offsets(topic.name)
    assert pauses
    assert (positions(read), read.hidden_by_transaction) == ([(0, 0, {"n": 1})], {})


def test_a_writer_that_goes_on_cannot_move_the_end(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=3)
    topic.write((KEY, {"n": 1}), (KEY, {"n": 2}))
    topic.write(*((KEY, {"n": number}) for number in range(200)), partition=1)
    ranges = reading._ranges

    def ranges_then_more_records(*arguments: Any) -> Any:
        found = ranges(*arguments)
        topic.write(*((KEY, {"n": number}) for number in range(3, 300)))
        topic.write((KEY, {"n": 0}), partition=2)
        return found

    monkeypatch.setattr(reading, "_ranges", ranges_then_more_records)
    read = kafka.read_offsets(topic.name)
    assert positions(read) == [(0, 1, {"n": 2}), (1, 199, {"n": 199})]
    assert read.scanned == 202


def test_a_topic_that_lost_its_last_records_meanwhile_ends_where_it_ends(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic()
    topic.write((KEY, {"n": 1}))
    ranges = reading._ranges
    monkeypatch.setattr(
        reading,
        "_ranges",
        lambda *arguments: {one: found._replace(stop=found.stop + 5) for one, found in ranges(*arguments).items()},
    )
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]


def test_a_topic_partition_whose_leader_changes_is_asked_about_again(
    new_topic: Callable[..., RawTopic], kafka: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=2)
    topic.write((KEY, {"n": 1}))
    asked: list[int] = []

    class OnceLeaderless(AdminClient):
        def list_offsets(self, places: dict[TopicPartition, Any], **options: Any) -> Any:
            futures = dict(super().list_offsets(places, **options))
            if not asked:
                lost = next(place for place in futures if place.partition == 0)
                futures[lost] = Future()
                futures[lost].set_exception(KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)))
            asked.append(len(places))
            return futures

    monkeypatch.setattr(
        kafka._connection, "admin", OnceLeaderless({"bootstrap.servers": topic.bootstrap_servers, "log_level": 0})
    )
    assert positions(kafka.read_offsets(topic.name)) == [(0, 0, {"n": 1})]
    assert asked == [2, 1, 2, 2], "only what failed is asked again"
    asked.clear()
    monkeypatch.setattr(reading, "_LEADERLESS_SECONDS", 0.0)
    with pytest.raises(KafkaFailed, match=r"did not return the ends of the topic .*: Broker: Not leader for partition"):
        kafka.read_offsets(topic.name)


def test_progress_is_reported_while_a_topic_is_read(
    lab: Lab, new_topic: Callable[..., RawTopic], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=2)
    topic.write(*((KEY, {"n": number}) for number in range(30)))
    topic.write(*((KEY, {"n": number}) for number in range(20)), partition=1)
    monkeypatch.setattr(reading, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(reading, "_MOST_MESSAGES_AT_ONCE", 10)
    reported: list[tuple[str, int, int]] = []
    with KafkaClient(options(lab), progress=lambda *progress: reported.append(progress)) as kafka:
        kafka.read_offsets(topic.name)
    assert reported == [(topic.name, passed, 50) for passed in (10, 20, 30, 40, 50)]
