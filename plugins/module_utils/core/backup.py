# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of a backup: a connector as it was before a change, as JSON data without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import problem_of
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

FORMAT = 1
_TEXTS = ("cluster_id", "connector", "taken_at", "plan_id", "state")


@dataclass(frozen=True)
class Backup:
    """One connector before a change. ``taken_at`` is an ISO 8601 time in UTC; ``config`` has its secrets hidden.

    ``topic_records`` are the raw records of the offsets topics, empty where these were not read.
    """

    cluster_id: str
    connector: str
    taken_at: str
    plan_id: str
    state: str
    config: Mapping[str, str | None] = field(repr=False)
    offsets: Mapping[Partition, Offset]
    topic_records: tuple[OffsetRecord, ...] = ()

    @classmethod
    def of(cls, connector: Connector, cluster_id: str, plan_id: str, secret_keys: frozenset[str], now: float) -> Backup:
        """The backup of a connector as it was read; ``now`` is epoch seconds. Null offsets are left out."""
        return cls(
            cluster_id=cluster_id,
            connector=connector.name,
            taken_at=datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="microseconds"),
            plan_id=plan_id,
            state=connector.state,
            config=redacted(connector.config, secret_keys),
            offsets=connector.stored,
            topic_records=() if connector.in_topics is None else connector.in_topics.records,
        )

    def as_data(self) -> dict[str, Any]:
        """JSON data; field order and types of partitions and offsets are kept."""
        raw = {"topic_records": [record.as_raw_data() for record in self.topic_records]} if self.topic_records else {}
        return {
            "format": FORMAT,
            "cluster_id": self.cluster_id,
            "connector": self.connector,
            "taken_at": self.taken_at,
            "plan_id": self.plan_id,
            "state": self.state,
            "config": dict(self.config),
            "offsets": [
                {"partition": partition.as_dict(), "offset": dict(offset)} for partition, offset in self.offsets.items()
            ],
            **raw,
        }

    @classmethod
    def from_data(cls, data: Any, where: str) -> Backup:
        """Read what :meth:`as_data` made. Raises InputError with one sentence that begins with ``where``."""
        if not isinstance(data, Mapping) or data.get("format").__class__ is not int or data["format"] != FORMAT:
            raise InputError(f"{where} is not a backup of this collection (format {FORMAT}).")
        for name in _TEXTS:
            if not isinstance(data.get(name), str):
                raise InputError(f"{where} is damaged: its {name} is missing or is not text.")
        config, entries = data.get("config"), data.get("offsets")
        if not isinstance(config, Mapping) or not all(
            value is None or isinstance(value, str) for value in config.values()
        ):
            raise InputError(f"{where} is damaged: its config is not a map of texts.")
        if not isinstance(entries, list):
            raise InputError(f"{where} is damaged: its offsets are not a list.")
        offsets: dict[Partition, Offset] = {}
        for number, entry in enumerate(entries, start=1):
            pair = entry if isinstance(entry, Mapping) else {}
            partition, offset = _fields(pair.get("partition")), _fields(pair.get("offset"))
            if not partition or offset is None:
                raise InputError(
                    f"{where} is damaged: entry {number} of its offsets is not a partition and an offset with plain values."
                )
            key = Partition.of(partition)
            if key in offsets:
                raise InputError(f"{where} is damaged: the partition {key} appears twice in its offsets.")
            offsets[key] = offset
        texts = {name: data[name] for name in _TEXTS}
        return cls(
            **texts,
            config=dict(config),
            offsets=offsets,
            topic_records=_records(data.get("topic_records"), data["connector"], where),
        )


def _records(entries: Any, connector: str, where: str) -> tuple[OffsetRecord, ...]:
    if not isinstance(entries, (list, type(None))):
        raise InputError(f"{where} is damaged: its topic_records are not a list.")
    records = []
    for number, entry in enumerate(entries or (), start=1):
        record = _record(entry)
        if record is None or record.connector != connector:
            raise InputError(
                f"{where} is damaged: entry {number} of its topic_records is not a record of connector '{connector}'."
            )
        records.append(record)
    return tuple(records)


def _record(entry: Any) -> OffsetRecord | None:
    """The record that :meth:`OffsetRecord.as_raw_data` has made into data; None for anything else."""
    data = entry if isinstance(entry, Mapping) else {}
    topic, number, position = data.get("topic"), data.get("topic_partition"), data.get("position")
    committed_at, key, value = data.get("committed_at"), data.get("key"), data.get("value")
    if not (isinstance(topic, str) and isinstance(number, int) and isinstance(position, int)):
        return None
    if not (isinstance(committed_at, (int, float)) and isinstance(key, str) and isinstance(value, (str, type(None)))):
        return None
    raw = None if value is None else value.encode("utf-8", "surrogatepass")
    return decode(topic, number, position, committed_at, key.encode("utf-8", "surrogatepass"), raw)


def _fields(value: Any) -> dict[str, JsonScalar] | None:
    """The fields of a partition or an offset; None unless it is a flat map of values that Connect can keep."""
    if not isinstance(value, Mapping) or any(problem_of(one) is not None for one in value.values()):
        return None
    return dict(value)
