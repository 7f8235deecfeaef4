# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A compacted topic of the collection: whether it is safe for backups, how to create it, and what it contains."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    last_messages,
    written_at,
)

# Three replicas, of which two must have a record before it counts as written: one broker may fail at any time.
_REPLICAS, _REPLICAS_BEFORE_ACKNOWLEDGED = 3, 2
# As large as hosted clusters allow: the offsets of tens of thousands of partitions.
_LARGEST_BYTES = 8_388_608
# The brokers end the transaction of a producer that is gone after 10 s, and look every 10 s for such ones.
_TRANSACTION_SECONDS = 25.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class TopicState:
    """``exists`` is False where the topic is still to be made. ``largest_bytes``: the largest record that it takes."""

    exists: bool
    largest_bytes: int


def ensure_topic(connection: Connection, name: str, *, may_make: bool, check_mode: bool = False) -> TopicState:
    """Check that a topic exists, is compacted, keeps enough replicas and may be written to; make it where it is missing.

    ``may_make`` False: a missing topic is a problem. ``check_mode``: a missing topic is not made, only asked whether it could
    be. Raises KafkaFailed, with what to type.
    """
    try:
        connection.partitions_of(name)
    except errors.TopicNotFound as missing:
        if not may_make:
            raise errors.TopicNotFound(
                f"{missing.sentence} Set backup_topic_create to true to create it.", **missing.facts
            ) from None
        _make(connection, name, validate_only=check_mode)
        if check_mode:
            return TopicState(False, _LARGEST_BYTES)
    settings = _settings_of(connection, name)
    _check(connection, name, settings)
    return TopicState(True, int(settings["max.message.bytes"]))


def _make(connection: Connection, name: str, *, validate_only: bool) -> None:
    brokers = len(connection.metadata().brokers)
    replicas = min(_REPLICAS, brokers)
    new = connection.library.admin.NewTopic(
        name,
        num_partitions=1,
        replication_factor=replicas,
        config={
            "cleanup.policy": "compact",
            "min.insync.replicas": str(_REPLICAS_BEFORE_ACKNOWLEDGED if replicas == _REPLICAS else 1),
            "max.message.bytes": str(_LARGEST_BYTES),
        },
    )
    futures = connection.admin.create_topics(
        [new], validate_only=validate_only, request_timeout=connection.remaining(f"the topic {name}")
    )
    _found, failed = connection.results(futures)
    error = failed.get(name)
    if error is not None and error.code() != connection.codes.TOPIC_ALREADY_EXISTS:
        raise errors.not_made(connection.options, name, connection.text_of(error))
    while not validate_only and name not in connection.partitions_by_topic(led=True):
        connection.remaining(f"the topic {name}")
        time.sleep(_PAUSE_SECONDS)


def _settings_of(connection: Connection, name: str) -> dict[str, str]:
    admin = connection.library.admin
    resource = admin.ConfigResource(admin.ResourceType.TOPIC, name)
    futures = connection.admin.describe_configs(
        [resource], request_timeout=connection.remaining(f"the settings of the topic {name}")
    )
    found, failed = connection.results({name: futures[resource]})
    if name in failed:
        if failed[name].code() == connection.codes.TOPIC_AUTHORIZATION_FAILED:
            raise errors.settings_denied(connection.options, name)
        raise connection.failure(failed[name], f"the settings of the topic {name}", topic=name)
    return {key: entry.value for key, entry in found[name].items()}


def _check(connection: Connection, name: str, settings: dict[str, str]) -> None:
    """Raise for the first setting that would lose or refuse a backup."""
    options = connection.options
    alter = f"kafka-configs --alter --topic {name} --add-config"
    if settings["cleanup.policy"] != "compact":
        problem = f"its cleanup.policy is {settings['cleanup.policy']}, which deletes backups after a while"
        raise errors.unsuitable(options, name, problem, f"{alter} cleanup.policy=compact")
    described = _described(connection, name)
    acknowledging = int(settings["min.insync.replicas"])
    for partition in described.partitions:
        replicas, in_sync = len(partition.replicas), len(partition.isr)
        if acknowledging > replicas:
            has = counted(replicas, "replica")
            problem = f"its min.insync.replicas is {acknowledging}, but it has {has}, so nothing can be written"
            raise errors.unsuitable(options, name, problem, f"{alter} min.insync.replicas={max(1, replicas - 1)}")
        if replicas >= _REPLICAS and acknowledging < _REPLICAS_BEFORE_ACKNOWLEDGED:
            problem = f"its min.insync.replicas is {acknowledging}, so a backup can be lost with one broker"
            raise errors.unsuitable(
                options, name, problem, f"{alter} min.insync.replicas={_REPLICAS_BEFORE_ACKNOWLEDGED}"
            )
        if in_sync < acknowledging:
            raise errors.too_few_replicas(options, name, in_sync, acknowledging)
    allowed = described.authorized_operations
    # An authorizer other than Kafka's own may not return it.
    if allowed and connection.library.admin.AclOperation.WRITE not in allowed:
        raise errors.write_denied(options, name)


def _described(connection: Connection, name: str) -> Any:
    futures = connection.admin.describe_topics(
        connection.library.TopicCollection([name]),
        include_authorized_operations=True,
        request_timeout=connection.remaining(f"the topic {name}"),
    )
    found, failed = connection.results(futures)
    if name in failed:
        raise connection.failure(failed[name], f"the topic {name}", topic=name)
    return found[name]


class _Last(NamedTuple):
    """The last message of a key; ``at`` is epoch seconds by the clock of its writer."""

    topic_partition: int
    at: float
    value: bytes | None


class LastValues:
    """The last value of each key of a topic that begins with ``prefix``; for several threads.

    ``topic`` None: a topic that is still to be made, and is empty.
    """

    def __init__(self, connection: Connection, topic: str | None, prefix: bytes) -> None:
        self._connection = connection
        self._topic = topic
        self._prefix = prefix
        self._lock = threading.Lock()
        self._next: dict[int, int] = {}
        self._last: dict[bytes, _Last] = {}

    def refresh(self) -> None:
        """Read what was committed since the last time. Raises KafkaFailed, also when the end of the topic is hidden."""
        if self._topic is None:
            return
        with self._lock:
            self._connection.renew()
            read = last_messages(
                self._connection,
                self._topic,
                wanted=lambda key: key.startswith(self._prefix),
                since=self._next,
                transaction_seconds=_TRANSACTION_SECONDS,
            )
            for message in read.messages:
                found = _Last(message.partition(), written_at(message), message.value())
                known = self._last.get(message.key(), found)
                # Each writer has a clock of its own, so in a topic partition the position counts. But a key moves to another one
                # when some are added to the topic.
                if found.topic_partition == known.topic_partition or found.at >= known.at:
                    self._last[message.key()] = found
            self._next = {number: one.stop for number, one in read.ranges.items()}
            if any(one.stop < one.end for one in read.ranges.values()):
                raise errors.hidden(self._connection.options, self._topic)

    def get(self, key: bytes) -> bytes | None:
        """The value as of the last refresh, None where there is none."""
        found = self._last.get(key)
        return None if found is None else found.value

    def live_keys(self) -> list[bytes]:
        """All keys that had a value at the last refresh."""
        return sorted(key for key, found in tuple(self._last.items()) if found.value is not None)
