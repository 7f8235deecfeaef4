# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of a backup: a connector before a change, and the change itself, as JSON data without secrets.

Format 1 had no change in it. Files of it can still be restored from, but not rolled back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, plain_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import STATES, State
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

FORMAT = 2
_FORMATS = (1, FORMAT)
_TEXTS = ("cluster_id", "connector", "taken_at", "plan_id", "state")
_NEWER_TEXTS = ("made_by", "version")


@dataclass(frozen=True)
class Backup:
    """One connector before a change. ``taken_at`` is an ISO 8601 time in UTC; ``config`` has its secrets hidden.

    ``change``: None in a file of format 1. ``made_by``: who ran it, and where. ``version``: that of this collection.
    ``topic_records``: the raw records of the offsets topics, empty where these were not read. ``target_ends``: the ends of the
    topics that the connector delivers to, before the change; empty where these were not read. ``is_original``: the file is as it
    was written; a file of format 1 cannot show that.
    """

    cluster_id: str
    connector: str
    taken_at: str
    plan_id: str
    state: State
    config: Mapping[str, str | None] = field(repr=False)
    offsets: Mapping[Partition, Offset]
    change: Change | None = None
    made_by: str = ""
    version: str = VERSION
    topic_records: tuple[OffsetRecord, ...] = ()
    target_ends: tuple[TopicEnd, ...] = ()
    is_original: bool = field(default=True, compare=False)

    @classmethod
    def of(
        cls,
        connector: Connector,
        cluster_id: str,
        plan_id: str,
        secret_keys: frozenset[str],
        now: float,
        *,
        change: Change | None = None,
        made_by: str = "",
        target_ends: tuple[TopicEnd, ...] = (),
    ) -> Backup:
        """The backup of a connector as it was read; ``now`` is epoch seconds. Null offsets are left out."""
        return cls(
            cluster_id=cluster_id,
            connector=connector.name,
            taken_at=datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="microseconds"),
            plan_id=plan_id,
            state=connector.state,
            config=redacted(connector.config, secret_keys),
            offsets=connector.stored,
            change=change,
            made_by=made_by,
            topic_records=() if connector.in_topics is None else connector.in_topics.records,
            target_ends=target_ends,
        )

    def as_data(self) -> dict[str, Any]:
        """JSON data of the present format; field order and types of partitions and offsets are kept."""
        raw = {"topic_records": [record.as_raw_data() for record in self.topic_records]} if self.topic_records else {}
        ends = {"target_ends": [one.as_data() for one in self.target_ends]} if self.target_ends else {}
        data = {
            "format": FORMAT,
            "cluster_id": self.cluster_id,
            "connector": self.connector,
            "taken_at": self.taken_at,
            "plan_id": self.plan_id,
            "made_by": self.made_by,
            "version": self.version,
            "state": self.state,
            "config": dict(self.config),
            "offsets": [
                {"partition": partition.as_dict(), "offset": dict(offset)} for partition, offset in self.offsets.items()
            ],
            "change": None if self.change is None else self.change.as_data(),
            **raw,
            **ends,
        }
        return {**data, "digest": _digest(data)}

    @classmethod
    def from_data(cls, data: Any, where: str) -> Backup:
        """Read what :meth:`as_data` made. Raises InputError with one sentence that begins with ``where``."""
        if not isinstance(data, Mapping) or data.get("format").__class__ is not int or data["format"] not in _FORMATS:
            raise InputError(f"{where} is not a backup of this collection (format 1 or {FORMAT}).")
        is_first = data["format"] == 1
        names = _TEXTS if is_first else (*_TEXTS, *_NEWER_TEXTS)
        for name in names:
            if not isinstance(data.get(name), str):
                raise InputError(f"{where} is damaged: its {name} is missing or is not text.")
        if data["state"] not in STATES:
            raise InputError(f"{where} is damaged: its state is not a state of a connector.")
        config = data.get("config")
        if not isinstance(config, Mapping) or not all(
            value is None or isinstance(value, str) for value in config.values()
        ):
            raise InputError(f"{where} is damaged: its config is not a map of texts.")
        offsets = _read_offsets(data.get("offsets"), where)
        change = None
        if not is_first and data.get("change") is not None:
            try:
                change = Change.from_data(data["change"])
            except ValueError as error:
                raise InputError(f"{where} is damaged: {error} in its change cannot be read.") from None
        return cls(
            **{name: data[name] for name in _TEXTS},
            config=dict(config),
            offsets=offsets,
            change=change,
            made_by=data.get("made_by", ""),
            version=data.get("version", ""),
            topic_records=_records(data.get("topic_records"), data["connector"], where),
            target_ends=_ends(data.get("target_ends"), where),
            is_original=_is_original(data),
        )


def _read_offsets(entries: Any, where: str) -> dict[Partition, Offset]:
    if not isinstance(entries, list):
        raise InputError(f"{where} is damaged: its offsets are not a list.")
    offsets: dict[Partition, Offset] = {}
    for number, entry in enumerate(entries, start=1):
        pair = entry if isinstance(entry, Mapping) else {}
        partition, offset = plain_fields(pair.get("partition")), plain_fields(pair.get("offset"))
        # Connect takes a partition without fields.
        if partition is None or offset is None:
            raise InputError(
                f"{where} is damaged: entry {number} of its offsets is not a partition and an offset with plain values."
            )
        key = Partition.of(partition)
        if key in offsets:
            raise InputError(f"{where} is damaged: the partition {key} appears twice in its offsets.")
        offsets[key] = offset
    return offsets


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


def _ends(entries: Any, where: str) -> tuple[TopicEnd, ...]:
    try:
        return tuple(map(TopicEnd.from_data, entries or ()))
    except (TypeError, ValueError):
        raise InputError(f"{where} is damaged: its target_ends are not a list of ends of topics.") from None


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


def _digest(data: Mapping[str, Any]) -> str:
    content = {name: value for name, value in data.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _is_original(data: Mapping[str, Any]) -> bool:
    try:
        return bool(data.get("digest") == _digest(data))
    except RecursionError:
        # Something that does not belong there is nested too deeply.
        return False
