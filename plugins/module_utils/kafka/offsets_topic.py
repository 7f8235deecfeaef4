# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect keeps in its topics: the offsets of its connectors, their configurations and their target states."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import own_offsets_topic
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import TARGET_STATES, TargetState
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    Message,
    last_messages,
    written_at,
)

# A name that every writer of JSON spells alike, so that a key can be searched for it without decoding the key.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ -]+")


@dataclass(frozen=True)
class OffsetsTopic:
    """The last record of every key of an offsets topic; the same key in two topic partitions is two records.

    ``records`` are in order of topic partition and position, tombstones included. ``scanned``: how many records were
    read. ``malformed``: last records that Connect would skip. ``hidden_by_transaction``: by number of the topic
    partition, how many positions before its end are hidden by a transaction that stays open; Connect cannot read
    them either. ``topic_partitions``: how many the topic has.
    """

    topic: str
    records: tuple[OffsetRecord, ...]
    scanned: int
    malformed: int
    hidden_by_transaction: Mapping[int, int]
    topic_partitions: int


@dataclass(frozen=True)
class StoredConnector:
    """A connector as the config topic of its cluster has it; ``config`` has secrets in clear.

    ``target_state`` is the state that the connector is meant to have; None for a word that is not known.
    """

    config: Mapping[str, str] = field(repr=False)
    target_state: TargetState | None = "STARTED"

    @property
    def offsets_topic(self) -> str | None:
        """The connector's own offsets topic, None if it uses that of the workers."""
        return own_offsets_topic(self.config)


def read_offsets(connection: Connection, topic: str, connectors: Collection[str] | None = None) -> OffsetsTopic:
    """Read an offsets topic up to the end that it has now; of the given connectors only, None for all.

    Memory is bounded by the live keys of these connectors. A record of another connector only counts as ``scanned``.
    """
    read = last_messages(connection, topic, wanted=_may_concern(connectors))
    decoded = [_record(message) for message in read.messages]
    return OffsetsTopic(
        topic,
        tuple(record for record in decoded if record and (connectors is None or record.connector in connectors)),
        read.scanned,
        decoded.count(None),
        {number: found.end - found.stop for number, found in read.ranges.items() if found.stop < found.end},
        len(read.ranges),
    )


def read_config_topic(connection: Connection, topic: str) -> dict[str, StoredConnector]:
    """The connectors in the config topic of a cluster, by name and in order of it. Needs no Connect worker."""
    configs: dict[str, dict[str, str]] = {}
    states: dict[str, TargetState | None] = {}
    # The other keys are not needed, and one of them holds the key that the workers sign with.
    read = last_messages(connection, topic, wanted=lambda key: key.startswith((b"connector-", b"target-state-")))
    for message in read.messages:
        key, value = (message.key() or b"").decode(errors="replace"), _object(message.value())
        if key.startswith("connector-") and isinstance(value.get("properties"), dict):
            properties = value["properties"].items()
            configs[key.removeprefix("connector-")] = {name: str(text) for name, text in properties if text is not None}
        elif key.startswith("target-state-"):
            # The second field came with STOPPED, which Connect shows to older workers as PAUSED.
            state = value.get("state.v2") or value.get("state") or "STARTED"
            states[key.removeprefix("target-state-")] = state if state in TARGET_STATES else None
    return {name: StoredConnector(configs[name], states.get(name, "STARTED")) for name in sorted(configs)}


def connector_of_key(key: bytes) -> str | None:
    """The connector whose offset is stored under a key, None for a key that is not of an offsets topic."""
    record = decode("", 0, 0, 0.0, key, None)
    return None if record is None else record.connector


def _may_concern(connectors: Collection[str] | None) -> Callable[[bytes], Any]:
    """A quick test of an undecoded key that passes all keys of these connectors, and few others."""
    if connectors is None or not all(_PLAIN_NAME.fullmatch(name) for name in connectors):
        return lambda key: True
    return re.compile(b"|".join(re.escape(f'"{name}"'.encode()) for name in sorted(connectors))).search


def _record(message: Message) -> OffsetRecord | None:
    return decode(
        message.topic(), message.partition(), message.offset(), written_at(message), message.key(), message.value()
    )


def _object(data: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads((data or b"").decode())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
