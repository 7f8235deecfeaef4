# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets as they are in the offsets topic: raw bytes, with when and where each was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition


@dataclass(frozen=True)
class OffsetRecord:
    """The last record of one key. ``offset`` and ``value`` are None for a tombstone: the partition has no offset.

    ``topic_partition`` and ``position`` say where in ``topic`` it is; ``committed_at`` is epoch seconds.
    """

    connector: str
    partition: Partition
    offset: Offset | None
    key: bytes
    value: bytes | None
    topic: str
    topic_partition: int
    position: int
    committed_at: float

    def as_data(self) -> dict[str, Any]:
        """Its key, and where it is since when."""
        return {
            # A key that is JSON is text.
            "key": self.key.decode(),
            "topic": self.topic,
            "topic_partition": self.topic_partition,
            "position": self.position,
            "committed_at": self.committed_at,
        }

    def as_raw_data(self) -> dict[str, Any]:
        """:meth:`as_data`, and the value as it is stored; None for a tombstone."""
        return {**self.as_data(), "value": None if self.value is None else self.value.decode()}


@dataclass(frozen=True)
class TopicView:
    """What the offsets topics hold of one connector at one moment.

    ``topics``: how many topic partitions each topic has. The first one is the topic that the connector reads. A connector with
    a topic of its own has a copy of its offsets in the second one, the common topic of the workers.
    """

    records: tuple[OffsetRecord, ...]
    topics: Mapping[str, int]

    @property
    def read_topic(self) -> str:
        return next(iter(self.topics))

    @property
    def read_records(self) -> tuple[OffsetRecord, ...]:
        """The records of the topic that the connector reads."""
        return tuple(record for record in self.records if record.topic == self.read_topic)

    @property
    def content(self) -> frozenset[tuple[str, int, bytes, bytes | None]]:
        """What is stored, whenever it was: to compare two views."""
        return frozenset((one.topic, one.topic_partition, one.key, one.value) for one in self.records)


@dataclass(frozen=True)
class TopicKey:
    """One place in which an offset is written to a topic: a topic partition, and the key's bytes.

    ``value`` is what is there before, None for nothing or a tombstone. ``is_copy``: it is in the common topic, while the
    connector reads a topic of its own.
    """

    topic: str
    topic_partition: int
    key: bytes
    value: bytes | None
    is_copy: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "topic_partition": self.topic_partition,
            "key": self.key.decode(),
            "before": None if self.value is None else self.value.decode(),
        }


def encode_value(offset: Offset | None) -> bytes | None:
    """The value that stores an offset, as compact JSON; None is the tombstone that deletes it."""
    if offset is None:
        return None
    return json.dumps(dict(offset), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode(
    topic: str, topic_partition: int, position: int, committed_at: float, key: bytes | None, value: bytes | None
) -> OffsetRecord | None:
    """The record with its key and value as Connect's JSON converter reads them; None where it would not take it.

    A key is ``["<connector>", {partition}]``, a value ``{offset}`` or absent; numbers keep their JSON type.
    """
    name_and_partition = _json(key)
    if not (isinstance(name_and_partition, list) and len(name_and_partition) == 2):
        return None
    connector, partition = name_and_partition
    offset = None if value is None else _json(value)
    if not (isinstance(connector, str) and _is_flat(partition)):
        return None
    # A value of the JSON text null is read like a tombstone.
    if value is not None and value.strip() != b"null" and not _is_flat(offset):
        return None
    return OffsetRecord(
        connector, Partition.of(partition), offset, key or b"", value, topic, topic_partition, position, committed_at
    )


def _json(data: bytes | None) -> Any:
    try:
        return json.loads((data or b"").decode())
    except (ValueError, RecursionError):
        return None


def _is_flat(fields: Any) -> bool:
    return isinstance(fields, dict) and not any(isinstance(value, (dict, list)) for value in fields.values())
