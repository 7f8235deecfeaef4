# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The topics that a connector delivers to, before a change: their ends, how long they keep records, and who reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import TargetTopic
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.deliveries import topic_ends
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied, demand_cluster
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.groups import committed_offsets
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    TopicPartition,
    first_messages,
    list_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topic_settings import readable_settings
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# Each is asked on its own.
_MOST_GROUPS = 100
# Of each topic partition.
_SAMPLED_RECORDS = 50


class TargetTopics(Protocol):
    """What a change asks of the topics that a connector delivers to."""

    def look(self, topics: Sequence[str]) -> tuple[TargetTopic, ...]:
        """Each of them as it is now. Raises KafkaFailed."""


class BrokerTopics:
    """:class:`TargetTopics` on the brokers, for several threads: each call has a connection and a time limit of its own.

    ``cluster_id``: the id of the Kafka cluster that the workers use, empty where it is not known.
    """

    def __init__(self, options: KafkaOptions, cluster_id: str) -> None:
        self._options = options
        self._cluster_id = cluster_id

    def look(self, topics: Sequence[str]) -> tuple[TargetTopic, ...]:
        connection = Connection(self._options)
        try:
            demand_cluster(connection, self._options, self._cluster_id)
            return _look(connection, topics)
        finally:
            connection.close()


def _look(connection: Connection, topics: Sequence[str]) -> tuple[TargetTopic, ...]:
    # Asked for by its name, so a topic that may not be described does not count as missing.
    ends = topic_ends(connection, topics)
    known = connection.partitions_by_topic()
    existing = [topic for topic in topics if topic in known]
    # Not everybody may read them.
    settings, _failed = readable_settings(connection, existing)
    readers, omitted = _readers(connection, existing)
    records, record_bytes = _sizes(connection, [one for one in ends if one.topic in known])
    return tuple(
        TargetTopic(
            topic,
            topic in known,
            tuple(one for one in ends if one.topic == topic),
            settings.get(topic, {}).get("cleanup.policy") or "",
            _seconds(_limit(settings.get(topic, {}), "retention.ms")),
            _limit(settings.get(topic, {}), "retention.bytes"),
            readers.get(topic, ()),
            omitted,
            connection.replicas_of(topic) if topic in known else 0,
            records.get(topic, 0),
            record_bytes.get(topic),
        )
        for topic in topics
    )


def _sizes(connection: Connection, ends: Sequence[TopicEnd]) -> tuple[dict[str, int], dict[str, int]]:
    """By topic, how many positions it holds, and the mean size of its newest records; without those that may not be read."""
    last = {TopicPartition(one.topic, one.number): one.end for one in ends}
    first = list_offsets(connection, list(last), "earliest")
    records: Counter[str] = Counter()
    for partition, end in last.items():
        records[partition.topic] += max(0, end - first[partition])
    starts = {one: max(first[one], end - _SAMPLED_RECORDS) for one, end in last.items() if end > first[one]}
    sizes: dict[str, list[int]] = {}
    for partition, messages in first_messages(connection, starts, _SAMPLED_RECORDS).items() if starts else ():
        sizes.setdefault(partition.topic, []).extend(
            len(one.key() or b"") + len(one.value() or b"") for one in messages
        )
    return dict(records), {topic: round(mean(found)) for topic, found in sizes.items() if found}


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1000


def _limit(settings: Mapping[str, str | None], name: str) -> int | None:
    """A limit of -1, or of a topic that is only compacted, means no limit."""
    value = int(settings.get(name) or "-1")
    return None if value < 0 or settings.get("cleanup.policy") == "compact" else value


def _readers(connection: Connection, topics: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], int]:
    """The groups with committed offsets in each topic, and how many groups were not looked at."""
    if not topics:
        return {}, 0
    future = connection.admin.list_consumer_groups(request_timeout=connection.remaining("the list of consumer groups"))
    found, _failed = connection.results({"groups": future})
    listed: Any = found.get("groups")
    groups = sorted(one.group_id for one in listed.valid) if listed is not None else []
    readers: dict[str, set[str]] = {topic: set() for topic in topics}
    denied = 0
    for group in groups[:_MOST_GROUPS]:
        try:
            read = {partition.topic for partition in committed_offsets(connection, group)}
        except AccessDenied:
            denied += 1
            continue
        for topic in read.intersection(topics):
            readers[topic].add(group)
    return {topic: tuple(sorted(of)) for topic, of in readers.items()}, denied + max(0, len(groups) - _MOST_GROUPS)
