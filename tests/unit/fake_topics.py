# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets topics in memory, behind the protocol that a reset uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicView, decode
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord

Place = tuple[str, int, bytes]


@dataclass
class FakeTopics:
    """:class:`OffsetsTopics` with the last value of each key. The first of ``topics`` is the one that connectors read.

    ``faults``: errors of the next writes; after ``acts`` of their records are written. ``written``: the writes so far.
    """

    topics: dict[str, int]
    values: dict[Place, bytes | None] = field(default_factory=dict)
    faults: list[RecoveryError | None] = field(default_factory=list)
    acts: int = 0
    view_fault: RecoveryError | None = None
    denied: frozenset[str] = frozenset()
    written: list[list[tuple[str, bytes | None]]] = field(default_factory=list)
    # Values that somebody else puts into every write's place.
    overwritten: dict[Place, bytes | None] = field(default_factory=dict)

    def view(self, connector: Connector) -> TopicView:
        if self.view_fault is not None:
            raise self.view_fault
        records = [
            decode(topic, number, at, float(at), key, value)
            for at, ((topic, number, key), value) in enumerate(self.values.items())
        ]
        return TopicView(tuple(one for one in records if one and one.connector == connector.name), self.topics)

    def write(self, records: Sequence[NewRecord]) -> None:
        fault = self.faults.pop(0) if self.faults else None
        done = records if fault is None else records[: self.acts]
        for record in done:
            assert record.partition is not None
            self.values[record.topic, record.partition, record.key] = record.value
        self.values.update(self.overwritten)
        self.written.append([(record.topic, record.value) for record in done])
        if fault is not None:
            raise fault

    def refuse_unwritable(self, topics: Iterable[str]) -> None:
        for topic in sorted(self.denied.intersection(topics)):
            raise RecoveryError(f"not allowed to write to {topic}.")
