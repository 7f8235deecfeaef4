# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a cluster: a snapshot of its connectors, tasks and offsets, immutable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicView

from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State, TargetState

JsonScalar = Union[str, int, float, bool, None]
Offset = Mapping[str, JsonScalar]
OWN_OFFSETS_TOPIC = "offsets.storage.topic"


@dataclass(frozen=True, eq=False)
class Partition:
    """A source partition: the JSON map that names one of the things that a connector reads.

    The field order of Connect's answer is kept, since it finds an offset by its key's bytes. Two partitions are equal when
    they have the same fields with the same values of the same JSON type, whatever the order: ``0``, ``"0"`` and ``false``
    are three partitions to Connect.
    """

    fields: tuple[tuple[str, JsonScalar], ...]

    @classmethod
    def of(cls, fields: Mapping[str, JsonScalar]) -> Partition:
        return cls(tuple(fields.items()))

    def as_dict(self) -> dict[str, JsonScalar]:
        return dict(self.fields)

    def get(self, name: str) -> JsonScalar:
        return self.values.get(name)

    @cached_property
    def values(self) -> Mapping[str, JsonScalar]:
        return self.as_dict()

    @cached_property
    def identity(self) -> frozenset[tuple[str, str]]:
        """Each field with its value as JSON text, which distinguishes the types as Connect does."""
        return frozenset((name, json.dumps(value)) for name, value in self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Partition) and self.identity == other.identity

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.identity)

    def __str__(self) -> str:
        return show_fields(self.as_dict())


def show_fields(partition: Mapping[str, JsonScalar]) -> str:
    """A partition for people: ``database=shop table=orders``."""
    return " ".join(f"{name}={value}" for name, value in sorted(partition.items()))


def same_offset(one: Offset | None, other: Offset | None) -> bool:
    """Whether two offsets are the same JSON map: key order does not matter, ``1``, ``1.0`` and ``true`` differ."""
    if one is None or other is None:
        return one is other
    return one is other or (
        one.keys() == other.keys() and all(_same_value(value, other[name]) for name, value in one.items())
    )


def _same_value(one: JsonScalar, other: JsonScalar) -> bool:
    if type(one) is not type(other):
        return False
    # As JSON text: NaN is the same as NaN, and 0.0 is not -0.0.
    return json.dumps(one) == json.dumps(other) if isinstance(one, float) else one == other


def moved_partitions(before: Mapping[Partition, Offset], now: Mapping[Partition, Offset]) -> list[Partition]:
    """The partitions with another offset than before, also where it is new or deleted."""
    return [one for one in {**before, **now} if not same_offset(before.get(one), now.get(one))]


@dataclass(frozen=True)
class StoredOffset:
    """One entry of ``GET /connectors/<name>/offsets``; ``offset`` is None where Connect said null.

    ``committed_at`` (epoch seconds) is known where the offsets topic was read. ``reset_at`` (epoch seconds): when a reset of
    this collection wrote it, if the connector has stored nothing since.
    """

    partition: Partition
    offset: Offset | None
    committed_at: float | None = None
    reset_at: float | None = None


@dataclass(frozen=True)
class SinkPosition:
    """How far a sink connector's group has come in one topic partition; moments are epoch seconds, None: not known.

    ``committed`` is the next position to read, None where the group has committed nothing; ``end`` is the position after the
    last record, that of the commit where no record waits; ``begin`` is the first position that has not expired.
    ``waiting_since`` is the timestamp of the first record that is not committed. ``has_expired``: nothing was committed, and
    no record is left.
    """

    topic: str
    number: int
    committed: int | None
    end: int
    committed_at: float | None = None
    waiting_since: float | None = None
    has_expired: bool = False
    begin: int = 0

    @property
    def partition(self) -> Partition:
        """Named as Connect's own REST API names it."""
        return Partition.of({"kafka_topic": self.topic, "kafka_partition": self.number})


@dataclass(frozen=True)
class Task:
    """``trace``: the first line of why it FAILED; it may hold what a message must not."""

    id: int
    state: State
    worker_id: str
    trace: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Status:
    """What Connect says of a connector's state at one moment; UNASSIGNED as long as there is no status record."""

    state: State = "UNASSIGNED"
    worker_id: str = ""
    tasks: tuple[Task, ...] = ()
    # ``source`` or ``sink``.
    type: str = "unknown"
    # As that of a task.
    trace: str | None = field(default=None, repr=False)

    @property
    def worker_ids(self) -> frozenset[str]:
        return frozenset(filter(None, (self.worker_id, *(task.worker_id for task in self.tasks))))

    @property
    def first_trace(self) -> str | None:
        """The trace of the connector, else the first one of its tasks. As those it may hold what a message must not."""
        return next(filter(None, (self.trace, *(task.trace for task in self.tasks))), None)


def own_offsets_topic(config: Mapping[str, str]) -> str | None:
    """The topic in which a connector with this config keeps its offsets; None: the common one of the workers."""
    return config.get(OWN_OFFSETS_TOPIC) or None


@dataclass(frozen=True)
class Connector:
    """A connector at one moment. ``config`` holds raw values: it never leaves the core unredacted.

    ``problem``: a sentence that says why its offsets, or more of it, could not be read; ``offsets`` says nothing then.
    ``target_state``: the state that it is meant to have, where the config topic was read instead of Connect; None where it has
    a word that is not known. ``hold_text``: the mark of a run that is changing it, which is not part of ``config``.
    ``in_topics``: what the offsets topics hold of it, None where a reset has not read them.
    """

    name: str
    type: str
    state: State
    worker_id: str
    tasks: tuple[Task, ...]
    config: Mapping[str, str] = field(repr=False)
    offsets: tuple[StoredOffset, ...] = ()
    problem: str | None = None
    trace: str | None = field(default=None, repr=False)
    target_state: TargetState | None = None
    in_topics: TopicView | None = None
    hold_text: str | None = field(default=None, repr=False)

    @property
    def connector_class(self) -> str:
        return self.config.get("connector.class", "")

    def is_of_class(self, name: str) -> bool:
        """Whether its class is ``name``. Both may be a full name, the simple name, or the alias that Connect makes of it."""
        own = self.connector_class.strip()
        if "." in own and "." in name:
            return own == name
        return _alias(own) == _alias(name)

    @property
    def own_offsets_topic(self) -> str | None:
        """The topic in which it keeps its offsets; None: the common one of the workers."""
        return own_offsets_topic(self.config)

    @property
    def is_source(self) -> bool:
        return self.type == "source"

    @classmethod
    def of(cls, name: str, type: str, config: Mapping[str, str | None], status: Status) -> Connector:
        """A connector whose offsets have not been read; a setting that is null counts as not set."""
        known = {key: value for key, value in without_hold(config).items() if value is not None}
        return cls(
            name,
            type,
            status.state,
            status.worker_id,
            status.tasks,
            known,
            trace=status.trace,
            hold_text=config.get(HOLD_KEY),
        )

    @property
    def status(self) -> Status:
        return Status(self.state, self.worker_id, self.tasks, self.type, self.trace)

    @cached_property
    def stored(self) -> Mapping[Partition, Offset]:
        """The partitions that have an offset; to Connect a null one counts as absent."""
        return {entry.partition: entry.offset for entry in self.offsets if entry.offset is not None}


def has_moved(before: Connector, now: Connector) -> bool:
    """Whether offsets or settings are others than before; JSON types count, so ``1`` and ``1.0`` are two offsets."""
    views = [None if one.in_topics is None else one.in_topics.content for one in (before, now)]
    return bool(moved_partitions(before.stored, now.stored)) or before.config != now.config or views[0] != views[1]


def _alias(connector_class: str) -> str:
    """``FileStreamSource`` for ``org.apache.kafka.connect.file.FileStreamSourceConnector``, as Connect shortens it."""
    simple = connector_class.rpartition(".")[2]
    end = simple.rfind("Connector")
    return simple[:end] if end > 0 else simple


@dataclass(frozen=True)
class Snapshot:
    """All that was read of one cluster at ``read_at`` (epoch seconds)."""

    cluster_id: str
    version: str
    read_at: float
    connectors: tuple[Connector, ...]
