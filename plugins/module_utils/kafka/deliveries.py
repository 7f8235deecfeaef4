# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows in Kafka that a connector delivers: the ends of its topics, what has come since, the states of its tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals, TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import (
    StatusRecord,
    decode_status,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed, TopicNotFound
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    Message,
    TopicPartition,
    list_offsets,
    scan,
    written_at,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topics import TopicFinder

# Enough to see every part of the data, and read within seconds.
_MOST_RECORDS = 200_000


def topic_ends(connection: Connection, topics: Iterable[str]) -> tuple[TopicEnd, ...]:
    """The present ends of these topics; of one that does not exist yet, that of the topic partition it will have.

    Raises KafkaFailed, also for a topic that may not be described: whether it exists is not known then.
    """
    ends: list[TopicEnd] = []
    for topic in topics:
        try:
            numbers = connection.partitions_of(topic)
        except TopicNotFound:
            ends.append(TopicEnd(topic, 0, 0))
            continue
        found = list_offsets(connection, [TopicPartition(topic, number) for number in numbers], "latest")
        ends += [TopicEnd(topic, one.number, end) for one, end in found.items()]
    return tuple(ends)


def arrivals(connection: Connection, ends: Sequence[TopicEnd], record_field: str | None) -> tuple[Arrivals, ...]:
    """What has come into the topics since these ends, by topic. For an unreadable topic, ``problem`` says so."""
    return tuple(
        _arrived(connection, topic, [one for one in ends if one.topic == topic], record_field)
        for topic in dict.fromkeys(one.topic for one in ends)
    )


def _arrived(connection: Connection, topic: str, ends: Sequence[TopicEnd], record_field: str | None) -> Arrivals:
    found = Arrivals(topic)
    begins = {one.number: one.end for one in ends}
    try:
        scanned = scan(
            connection, topic, begins, lambda message: found.take(message.value(), record_field), _MOST_RECORDS
        )
    except KafkaFailed as failure:
        # One that is not there yet is a problem as well: it may deliver to another topic.
        return Arrivals(topic, problem=failure.sentence)
    found.positions, found.lost, found.is_cut = scanned
    return found


def read_statuses(
    connection: Connection, finder: TopicFinder, connectors: Collection[str]
) -> dict[str, list[StatusRecord]]:
    """What all status topics on the brokers hold of tasks of connectors with these names. Raises KafkaFailed."""
    found: dict[str, list[StatusRecord]] = {name: [] for name in connectors}

    def take(message: Message) -> None:
        record = decode_status(message.topic(), message.key(), message.value(), written_at(message))
        if record is not None and record.connector in found:
            found[record.connector].append(record)

    for topic in finder.status_topics():
        scan(connection, topic, {}, take, _MOST_RECORDS)
    return found
