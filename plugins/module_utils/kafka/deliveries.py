# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows in Kafka that a connector delivers: the ends of its topics, what has come since, the states of its tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals, TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import (
    StatusRecord,
    TaskHistory,
    decode_status,
    own_status_topic,
    task_history,
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

# Enough to see every timezone, and read within seconds.
_MOST_RECORDS = 200_000


def topic_ends(connection: Connection, topics: Iterable[str]) -> tuple[TopicEnd, ...]:
    """The present ends of these topics; of one that does not exist yet, that of the topic partition it will have."""
    numbers = connection.partitions_by_topic()
    ends: list[TopicEnd] = []
    for topic in topics:
        if topic not in numbers:
            ends.append(TopicEnd(topic, 0, 0))
            continue
        found = list_offsets(connection, [TopicPartition(topic, number) for number in numbers[topic]], "latest")
        ends += [TopicEnd(topic, one.number, end) for one, end in found.items()]
    return tuple(ends)


def arrivals(connection: Connection, ends: Sequence[TopicEnd], record_field: str | None) -> tuple[Arrivals, ...]:
    """What has come into the topics since these ends, by topic. One that cannot be read has that as its problem."""
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
    except TopicNotFound as failure:
        # One that was not there before the change, and is not there yet.
        return found if not any(begins.values()) else Arrivals(topic, problem=failure.sentence)
    except KafkaFailed as failure:
        return Arrivals(topic, problem=failure.sentence)
    found.positions, found.lost, found.is_cut = scanned
    return found


def read_task_history(
    connection: Connection, finder: TopicFinder, connector: str, worker_ids: Collection[str], since: float
) -> TaskHistory | None:
    """What the status topic of the cluster says of a connector since a moment (epoch seconds).

    None where no topic can be told to be the status topic of the cluster. Raises KafkaFailed.
    """
    records: list[tuple[str, StatusRecord]] = []
    for topic in finder.status_topics():

        def take(message: Message, topic: str = topic) -> None:
            record = decode_status(message.key(), message.value(), written_at(message), connector)
            if record is not None:
                records.append((topic, record))

        scan(connection, topic, {}, take, _MOST_RECORDS)
    own = own_status_topic(records, worker_ids)
    if own is None:
        return None
    return task_history(own, [record for topic, record in records if topic == own], since)
