# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the consumer group of a sink connector has come in its topics."""

from __future__ import annotations

import struct
import time
from collections.abc import Collection, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import java_hash_code
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied, TopicNotFound
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    TopicPartition,
    first_messages,
    last_messages,
    list_offsets,
    written_at,
)

_GROUP_OFFSETS = "__consumer_offsets"
# A coordinator that was just elected is ready soon.
_COORDINATOR_SECONDS = 10.0
_PAUSE_SECONDS = 0.1


def group_positions(connection: Connection, group: str, topics: Collection[str] = ()) -> tuple[SinkPosition, ...]:
    """The positions of a consumer group, in order of topic and topic partition.

    Covers every topic partition of each topic that the group has committed to, and of those of ``topics`` that exist. The
    time of a commit is known only where ``__consumer_offsets`` may be read; how long records wait, and that none does,
    only where their topic may be read.
    """
    committed = committed_offsets(connection, group)
    numbers = connection.partitions_by_topic()
    partitions = [
        TopicPartition(topic, number)
        for topic in sorted({partition.topic for partition in committed} | set(topics))
        for number in numbers.get(topic, ())
    ]
    begins = list_offsets(connection, partitions, "earliest")
    ends = list_offsets(connection, partitions, "latest")
    times = _commit_times(connection, group, numbers) if committed else {}
    nexts = {partition: max(begins[partition], committed.get(partition, 0)) for partition in partitions}
    behind = {partition: at for partition, at in nexts.items() if at < ends[partition]}
    waiting = first_messages(connection, behind, 1)
    # The marker that ends a transaction and expired records are never committed, so they do not count as waiting.
    idle = {
        partition
        for partition in partitions
        if partition in committed and (partition not in behind or waiting.get(partition) == [])
    }
    # Records came, none was committed, and none is left to be read.
    expired = {
        partition
        for partition, end in ends.items()
        if end > 0 and partition not in committed and (partition not in behind or waiting.get(partition) == [])
    }
    return tuple(
        SinkPosition(
            *partition,
            committed.get(partition),
            committed[partition] if partition in idle else ends[partition],
            times.get(partition),
            written_at(waiting[partition][0]) if waiting.get(partition) else None,
            has_expired=partition in expired,
            begin=begins[partition],
        )
        for partition in partitions
    )


def committed_offsets(connection: Connection, group: str) -> dict[TopicPartition, int]:
    """What a consumer group has committed, by topic partition. Raises KafkaFailed."""
    what = f"the offsets of the group {group}"
    connection.metadata()
    _await_coordinator(connection, group, what)
    futures = connection.admin.list_consumer_group_offsets(
        [connection.library.ConsumerGroupTopicPartitions(group)], request_timeout=connection.remaining(what)
    )
    found, failed = connection.results(futures)
    for error in failed.values():
        raise connection.failure(error, what, group=group)
    return {
        TopicPartition(entry.topic, entry.partition): entry.offset
        for answer in found.values()
        for entry in answer.topic_partitions
        if entry.offset >= 0
    }


def _await_coordinator(connection: Connection, group: str, what: str) -> None:
    """Wait until the group's coordinator answers. The library crashes when one that is not ready is asked for offsets."""
    codes = connection.codes
    not_ready = (codes.NOT_COORDINATOR, codes.COORDINATOR_LOAD_IN_PROGRESS, codes.COORDINATOR_NOT_AVAILABLE)
    give_up = time.monotonic() + _COORDINATOR_SECONDS
    while True:
        futures = connection.admin.describe_consumer_groups([group], request_timeout=connection.remaining(what))
        waiting = [error for error in connection.results(futures)[1].values() if error.code() in not_ready]
        if not waiting:
            return
        if time.monotonic() >= give_up:
            raise connection.failure(waiting[0], what, group=group)
        time.sleep(_PAUSE_SECONDS)


def _commit_times(
    connection: Connection, group: str, numbers: Mapping[str, Sequence[int]]
) -> dict[TopicPartition, float]:
    """When (epoch seconds) the group committed, from the one topic partition in which the broker keeps its commits."""
    count = len(numbers.get(_GROUP_OFFSETS, ()))
    if not count:
        return {}
    name = group.encode()
    head = struct.pack(">h", len(name)) + name
    # Brokers before 0.9 wrote version 0; both versions have the same fields.
    heads = (b"\0\1" + head, b"\0\0" + head)
    try:
        read = last_messages(
            connection, _GROUP_OFFSETS, wanted=lambda key: key.startswith(heads), only=_hash_of_group(group) % count
        )
    except (AccessDenied, TopicNotFound):
        return {}
    times: dict[TopicPartition, float] = {}
    for message in read.messages:
        if message.value() is not None:
            rest = message.key()[2 + len(head) :]
            (length,) = struct.unpack_from(">h", rest)
            (number,) = struct.unpack_from(">i", rest, 2 + length)
            times[TopicPartition(rest[2 : 2 + length].decode(), number)] = written_at(message)
    return times


def _hash_of_group(group: str) -> int:
    """The absolute value of Java's hash code of a group's name, by which brokers choose the group's topic partition."""
    code = java_hash_code(group)
    signed = code - (1 << 32) if code >> 31 else code
    return 0 if signed == -(1 << 31) else abs(signed)
