# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the messages of topic partitions up to the ends that they have when the reading starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection

# The library's own types say that each part of a message may be None.
Message = Any

# A transaction of an exactly-once connector is open for some milliseconds; one that stays open for longer hangs.
_TRANSACTION_SECONDS = 2.0
# A new topic, or one whose broker restarts, has a leader again soon.
_LEADERLESS_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_PROGRESS_SECONDS = 1.0
_MOST_MESSAGES_AT_ONCE = 1_000


class TopicPartition(NamedTuple):
    topic: str
    number: int


class Range(NamedTuple):
    """What is read of a topic partition: the positions from ``begin`` to before ``stop``.

    ``end`` is the end of the topic partition when the reading started; a transaction that stays open hides the
    positions from ``stop`` to before it.
    """

    begin: int
    stop: int
    end: int


class LastMessages(NamedTuple):
    """The last message of each key, in order of topic partition and position; the key of two partitions counts twice.

    ``scanned``: how many messages were read for it. ``ranges``: what was read, by number of the topic partition.
    """

    messages: list[Message]
    scanned: int
    ranges: dict[int, Range]


def last_messages(
    connection: Connection,
    topic: str,
    *,
    wanted: Callable[[bytes], Any] = lambda key: True,
    only: int | None = None,
    since: Mapping[int, int] | None = None,
    transaction_seconds: float = _TRANSACTION_SECONDS,
) -> LastMessages:
    """The last message of each key for which ``wanted`` returns something true; of the topic partition ``only``, or of all.

    Memory is bounded by these keys. ``since``: the position to begin at, by number of the topic partition, in place of its
    first. ``transaction_seconds``: how long to wait for the end of a transaction that hides positions.
    """
    numbers = connection.partitions_of(topic)
    partitions = [TopicPartition(topic, number) for number in numbers if only in (None, number)]
    ranges = _ranges(connection, partitions, since or {}, transaction_seconds)
    stops = {partition.number: found.stop for partition, found in ranges.items()}
    last: dict[int, dict[bytes, Message]] = {number: {} for number in stops}
    scanned = 0
    progress = None if connection.progress is None else partial(connection.progress, topic)
    # Nothing but this is done for each message: one that is not the last of its key is never looked at again.
    for batch in _batches(connection, connection.consumer, ranges, f"the topic {topic}", progress=progress):
        for message in batch:
            number = message.partition()
            if message.offset() < stops[number]:
                scanned += 1
                key = message.key() or b""
                known = last[number]
                if key in known or wanted(key):
                    known[key] = message
    messages = [
        message for number in sorted(last) for message in sorted(last[number].values(), key=lambda m: m.offset())
    ]
    return LastMessages(messages, scanned, {partition.number: found for partition, found in ranges.items()})


def first_messages(
    connection: Connection, starts: Mapping[TopicPartition, int], count: int
) -> dict[TopicPartition, list[Message]]:
    """The first messages from a position on: at least ``count``, or all where there are fewer.

    A topic partition that may not be read is left out. Messages of aborted transactions are included, transaction
    markers are not.
    """
    ends = list_offsets(connection, list(starts), "latest")
    ranges = {partition: Range(start, ends[partition], ends[partition]) for partition, start in starts.items()}
    found: dict[TopicPartition, list[Message]] = {partition: [] for partition in starts}
    denied: set[TopicPartition] = set()
    # There may be thousands of topic partitions, and only a little of each is needed.
    consumer = connection.new_consumer(**{"isolation.level": "read_uncommitted", "fetch.message.max.bytes": 16_384})
    try:
        for batch in _batches(
            connection,
            consumer,
            ranges,
            "the first records of topics",
            enough=lambda partition: len(found[partition]) >= count,
            denied=denied,
        ):
            for message in batch:
                found[TopicPartition(message.topic(), message.partition())].append(message)
    finally:
        consumer.close()
    return {partition: messages for partition, messages in found.items() if partition not in denied}


class Scanned(NamedTuple):
    """``grown``: by how many positions the topic has grown since its begins; ``lost``: how many of these are deleted already.

    ``is_cut``: there were more than could be read.
    """

    grown: int
    lost: int
    is_cut: bool


def scan(
    connection: Connection, topic: str, begins: Mapping[int, int], take: Callable[[Message], None], most: int
) -> Scanned:
    """Call ``take`` with every message from these positions on, by number of the topic partition; others begin at 0.

    Of more than ``most`` positions about the last ``most`` are read.
    """
    partitions = [TopicPartition(topic, number) for number in connection.partitions_of(topic)]
    wanted = {one: begins.get(one.number, 0) for one in partitions}
    earliest = list_offsets(connection, partitions, "earliest")
    starts = {one.number: max(wanted[one], earliest[one]) for one in partitions}
    ranges = _ranges(connection, partitions, starts, _TRANSACTION_SECONDS)
    share = max(1, most // max(1, len(partitions)))
    read = {one: found._replace(begin=max(found.begin, found.stop - share)) for one, found in ranges.items()}
    for batch in _batches(connection, connection.consumer, read, f"the topic {topic}"):
        for message in batch:
            found = read[TopicPartition(topic, message.partition())]
            if found.begin <= message.offset() < found.stop:
                take(message)
    return Scanned(
        sum(max(0, found.end - wanted[one]) for one, found in ranges.items()),
        sum(max(0, min(earliest[one], ranges[one].end) - wanted[one]) for one in partitions),
        any(read[one].begin > ranges[one].begin or ranges[one].stop < ranges[one].end for one in partitions),
    )


def list_offsets(
    connection: Connection, partitions: Sequence[TopicPartition], which: str, *, committed_only: bool = False
) -> dict[TopicPartition, int]:
    """The ``earliest`` or ``latest`` position of each topic partition.

    With ``committed_only`` the latest one is that before the first open transaction.
    """
    if not partitions:
        return {}
    library, codes = connection.library, connection.codes
    specs, levels = library.admin.OffsetSpec, library.IsolationLevel
    spec = specs.earliest() if which == "earliest" else specs.latest()
    give_up = time.monotonic() + _LEADERLESS_SECONDS
    answers: dict[TopicPartition, Any] = {}
    while True:
        futures = connection.admin.list_offsets(
            {library.TopicPartition(*partition): spec for partition in partitions if partition not in answers},
            isolation_level=levels.READ_COMMITTED if committed_only else levels.READ_UNCOMMITTED,
            request_timeout=connection.remaining("the ends of the topics"),
        )
        found, failed = connection.results(
            {TopicPartition(key.topic, key.partition): future for key, future in futures.items()}
        )
        answers.update(found)
        if not failed:
            return {partition: answers[partition].offset for partition in partitions}
        passing = (codes.NOT_LEADER_FOR_PARTITION, codes.LEADER_NOT_AVAILABLE)
        for partition, error in failed.items():
            if error.code() not in passing or time.monotonic() >= give_up:
                topic = partition.topic
                raise connection.failure(error, f"the ends of the topic {topic}", topic=topic)
        time.sleep(_PAUSE_SECONDS)


def written_at(message: Message) -> float:
    """When a message was written, in epoch seconds."""
    return float(message.timestamp()[1]) / 1000


def _ranges(
    connection: Connection, partitions: Sequence[TopicPartition], since: Mapping[int, int], transaction_seconds: float
) -> dict[TopicPartition, Range]:
    """What there is to read now. What an open transaction hides is waited for a while, then left out."""
    begins = {one: since[one.number] for one in partitions if one.number in since}
    begins |= list_offsets(connection, [one for one in partitions if one not in begins], "earliest")
    ends = list_offsets(connection, partitions, "latest")
    give_up = time.monotonic() + transaction_seconds
    while True:
        stable = list_offsets(connection, partitions, "latest", committed_only=True)
        if all(stable[one] >= ends[one] for one in partitions) or time.monotonic() >= give_up:
            return {one: Range(begins[one], min(ends[one], stable[one]), ends[one]) for one in partitions}
        time.sleep(_PAUSE_SECONDS)


def _batches(
    connection: Connection,
    consumer: Any,
    ranges: Mapping[TopicPartition, Range],
    what: str,
    *,
    enough: Callable[[TopicPartition], bool] = lambda partition: False,
    denied: set[TopicPartition] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[list[Message]]:
    """Messages until every range is passed, or ``enough`` of it was read; some may be at or after its stop.

    A topic partition that may not be read is added to ``denied``; without that it is a failure. ``what`` is read.
    """
    library = connection.library
    reached = {partition: found.begin for partition, found in ranges.items()}
    waiting = {partition for partition, found in ranges.items() if found.begin < found.stop}
    total = sum(ranges[partition].stop - ranges[partition].begin for partition in waiting)
    reported = time.monotonic()
    consumer.assign([library.TopicPartition(*partition, ranges[partition].begin) for partition in waiting])
    try:
        while waiting:
            connection.remaining(what)
            left = sum(ranges[partition].stop - reached[partition] for partition in waiting)
            batch = consumer.consume(min(_MOST_MESSAGES_AT_ONCE, left), _PAUSE_SECONDS)
            events = [message for message in batch if message.error() is not None]
            done = _ended(connection, events, what, denied)
            yield [message for message in batch if message.error() is None] if events else batch
            if not batch:
                connection.raise_lasting_problem()
            for position in consumer.position([library.TopicPartition(*partition) for partition in waiting]):
                partition = TopicPartition(position.topic, position.partition)
                reached[partition] = max(reached[partition], position.offset)
                if reached[partition] >= ranges[partition].stop or enough(partition):
                    done.add(partition)
            waiting -= done
            if done and waiting:
                consumer.incremental_unassign([library.TopicPartition(*partition) for partition in done])
            if progress and time.monotonic() - reported >= _PROGRESS_SECONDS:
                reported = time.monotonic()
                progress(total - sum(ranges[partition].stop - reached[partition] for partition in waiting), total)
    finally:
        consumer.unassign()


def _ended(
    connection: Connection, events: Sequence[Message], what: str, denied: set[TopicPartition] | None
) -> set[TopicPartition]:
    """The topic partitions from which no more messages come; raises any other error that the library reports.

    The event of its end completes a range whose last positions hold no message, or were lost since they were listed.
    """
    codes = connection.codes
    ended = set()
    for event in events:
        error = event.error()
        partition = TopicPartition(event.topic(), event.partition())
        if error.code() == codes._PARTITION_EOF:
            ended.add(partition)
        elif error.code() == codes.TOPIC_AUTHORIZATION_FAILED and denied is not None:
            denied.add(partition)
            ended.add(partition)
        # The library looks for the coordinator of its group, which nothing here uses.
        elif error.code() != codes.GROUP_AUTHORIZATION_FAILED:
            raise connection.failure(error, what, topic=event.topic())
    return ended
