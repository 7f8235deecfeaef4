# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets that are written to the offsets topics themselves, under the bytes of their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import (
    offsets_from_records,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import rest_key
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import (
    TopicKey,
    encode_value,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import OffsetsTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import RestOffsets

_WRITE_TRIES = 3
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class _Write:
    """One record to write; ``value`` None is a tombstone."""

    partition: Partition
    place: TopicKey
    value: bytes | None


class TopicOffsets:
    """An :class:`OffsetAccess` to the topics; changes without a key in a topic go through ``rest``.

    The connector is not asked about what is written to a topic. A task reads its offsets when it starts, and Connect reads its
    topic up to the end for that, so a task that starts later finds them.
    """

    def __init__(
        self, rest: RestOffsets, topics: OffsetsTopics, connector: Connector, sleep: Callable[[float], None]
    ) -> None:
        self._rest = rest
        self._topics = topics
        self._connector = connector
        self._sleep = sleep
        self._sent: dict[TopicKey, _Write] = {}
        self._may_come_later = False

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._rest.remarks

    @property
    def may_come_later(self) -> bool:
        return self._may_come_later or self._rest.may_come_later

    def stored(self) -> dict[Partition, Offset]:
        entries = offsets_from_records(self._topics.view(self._connector).read_records)
        return {entry.partition: entry.offset for entry in entries if entry.offset is not None}

    def write(self, changes: Sequence[OffsetChange]) -> None:
        over_rest = [one for one in changes if not one.topic_keys]
        if over_rest:
            # First, because the connector may refuse it.
            self._rest.write(over_rest)
        to_topics = [one for one in changes if one.topic_keys]
        self._write(
            [_Write(one.partition, place, encode_value(one.after)) for one in to_topics for place in one.topic_keys]
        )
        self._read_back_over_rest(to_topics)

    def undo(self) -> None:
        failures = []
        for undo in (self._undo_topics, self._rest.undo):
            try:
                undo()
            except RecoveryError as failure:
                failures.append(failure.sentence)
        if failures:
            raise RecoveryError(" ".join(failures))

    def _undo_topics(self) -> None:
        if not self._sent:
            return
        now = self._values()
        # An unchanged value was not written, or has already been undone.
        changed = [one for one in self._sent.values() if now.get(_where(one.place)) != one.place.value]
        ours = [one for one in changed if now.get(_where(one.place)) == one.value]
        self._write([_Write(one.partition, one.place, one.place.value) for one in ours])
        foreign = {str(one.partition): None for one in changed if one not in ours}
        if foreign:
            raise RecoveryError(
                f"The offset of {', '.join(foreign)} of connector '{self._connector.name}' is neither the one before nor the"
                " one that was written: the connector has moved on, or somebody else changed it, so it stays as it is."
            )

    def _write(self, writes: Sequence[_Write]) -> None:
        """Write and read back; an answer that was lost is settled by reading."""
        missing = writes
        for _try in range(_WRITE_TRIES):
            for phase in _phases(missing):
                self._send(phase)
            missing = self._missing(writes)
            if not missing:
                self._may_come_later = False
                return
        names = ", ".join(dict.fromkeys(str(one.partition) for one in missing))
        raise RecoveryError(
            f"The offset of {names} of connector '{self._connector.name}' was written to {missing[0].place.topic}, but another"
            " one is read there: somebody else writes to that key; find out who, then run again."
        )

    def _send(self, writes: Sequence[_Write]) -> None:
        sent_before = dict(self._sent)
        self._sent = {**{one.place: one for one in writes}, **sent_before}
        records = [NewRecord(one.place.topic, one.place.key, one.value, one.place.topic_partition) for one in writes]
        try:
            self._topics.write(records)
        except UnknownOutcome:
            self._may_come_later = True  # what is read next decides
        except KafkaFailed:
            self._sent = sent_before
            raise

    def _missing(self, writes: Sequence[_Write]) -> list[_Write]:
        """The writes that are not read, committed, at the end of their topics; what is there must be read twice alike."""
        missing: list[_Write] = []
        for again in range(2):
            if again:
                self._sleep(_PAUSE_SECONDS)
            now = self._values()
            missing = [one for one in writes if now.get(_where(one.place)) != one.value]
            if missing:
                break
        return missing

    def _read_back_over_rest(self, changes: Sequence[OffsetChange]) -> None:
        """Where REST builds the key, Connect shows the new offset too; if not, its workers use another topic than this one."""
        name = self._connector.name
        shown = [one for one in changes if {place.key for place in one.topic_keys} == {rest_key(name, one.partition)}]
        missing = self._rest.missing(shown) if shown else ()
        if missing:
            names = ", ".join(str(one.partition) for one in missing)
            raise RecoveryError(
                f"The offset of {names} of connector '{name}' was written to {missing[0].topic_keys[0].topic}, but Connect does"
                " not show it: set offsets_topic to the offset.storage.topic of the workers."
            )

    def _values(self) -> dict[tuple[str, int, bytes], bytes | None]:
        view = self._topics.view(self._connector)
        return {(one.topic, one.topic_partition, one.key): one.value for one in view.records}


def _where(place: TopicKey) -> tuple[str, int, bytes]:
    return place.topic, place.topic_partition, place.key


def _phases(writes: Iterable[_Write]) -> Iterator[list[_Write]]:
    """The writes in Connect's own order: tombstones go to the copy first, values go there last.

    So a copy never has an offset that the connector's own topic lacks.
    """
    everything = list(writes)
    copied = [one for one in everything if one.place.is_copy]
    phases = (
        [one for one in copied if one.value is None],
        [one for one in everything if not one.place.is_copy],
        [one for one in copied if one.value is not None],
    )
    return (phase for phase in phases if phase)
