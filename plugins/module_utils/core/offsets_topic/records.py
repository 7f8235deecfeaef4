# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets as they are in the offsets topic: raw bytes, with when and where each was written."""

from __future__ import annotations

import json
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
