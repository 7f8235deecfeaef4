# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change means for the topics that a connector delivers to, and for those who read them: seen before the change.

It is shown beside the plan and is not part of it, so it does not count for the plan's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, listed, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import Cost

_listed = partial(listed, most=5)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class TargetTopic:
    """A topic that a connector delivers to. ``ends``: of its topic partitions; one that does not exist yet ends at 0.

    ``cleanup_policy``: empty where the settings may not be read. ``retention_seconds`` and ``retention_bytes`` (of each topic
    partition): None for no limit. ``groups``: the consumer groups with committed offsets there; ``groups_omitted``: how many
    groups were not looked at. ``records``: how many it holds at most; ``record_bytes``: the mean size of the newest ones before
    compression, None where that is not known.
    """

    name: str
    exists: bool
    ends: tuple[TopicEnd, ...] = ()
    cleanup_policy: str = ""
    retention_seconds: int | None = None
    retention_bytes: int | None = None
    groups: tuple[str, ...] = ()
    groups_omitted: int = 0
    replicas: int = 0
    records: int = 0
    record_bytes: int | None = None

    @property
    def is_compacted(self) -> bool:
        return "compact" in self.cleanup_policy

    def as_data(self) -> dict[str, Any]:
        return {
            "topic": self.name,
            "exists": self.exists,
            "cleanup_policy": self.cleanup_policy or None,
            "retention_seconds": self.retention_seconds,
            "retention_bytes": self.retention_bytes,
            "replicas": self.replicas,
            "records": self.records,
            "record_bytes": self.record_bytes,
            "groups": list(self.groups),
            "groups_omitted": self.groups_omitted,
        }


@dataclass(frozen=True)
class Preflight:
    """The topics, how much of them is read twice, and sentences of warning.

    ``redelivered_seconds``: the longest span of a partition. ``redelivered_bytes``: of all of them, as the source has
    them; None where that is not known.
    """

    topics: tuple[TargetTopic, ...] = ()
    redelivered_seconds: int = 0
    redelivered_bytes: int | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def ends(self) -> tuple[TopicEnd, ...]:
        return tuple(end for topic in self.topics for end in topic.ends)

    def as_data(self) -> dict[str, Any]:
        return {
            "topics": [one.as_data() for one in self.topics],
            "redelivered_seconds": self.redelivered_seconds,
            "redelivered_bytes": self.redelivered_bytes,
            "warnings": list(self.warnings),
        }

    def lines(self) -> list[str]:
        """The topics and the warnings for a person; none without topics."""
        if not self.topics:
            return []
        shown = [
            "",
            "  Topics it delivers to:",
            *(line for one in self.topics for line in wrapped(_shown(one), "    ")),
        ]
        return [*shown, *(line for one in self.warnings for line in wrapped(f"Note: {one}"))]


def preflight_of(
    topics: Sequence[TargetTopic], costs: Mapping[Partition, Cost] | None, *, needs_keyless: bool = False
) -> Preflight:
    """The warnings about the topics. ``costs``: of the plan, None where they are not known.

    ``needs_keyless``: the connector makes records without a key.
    """
    of_partitions = () if costs is None else costs.values()
    twice = _Twice(
        costs is not None,
        max((one.redelivered_seconds for one in of_partitions), default=0),
        sum(one.redelivered_rows for one in of_partitions),
        _bytes_of(of_partitions),
    )
    warnings = (*_of_topics(topics, twice, needs_keyless=needs_keyless), *_of_all(topics, twice))
    return Preflight(tuple(topics), twice.seconds, twice.bytes if twice.seconds else None, warnings)


@dataclass(frozen=True)
class _Twice:
    """What is read twice. ``is_known``: whether it can be forecast. ``bytes``: None where that is not known."""

    is_known: bool
    seconds: int
    rows: int
    bytes: int | None

    @property
    def words(self) -> str:
        """Empty where nothing is."""
        if self.seconds:
            return f"{show_seconds(self.seconds)} of data"
        return counted(self.rows, "row") if self.rows else ""


def _bytes_of(costs: Iterable[Cost]) -> int | None:
    """The size of everything that is read twice; None if it is unknown for a part."""
    total = 0
    for one in costs:
        if one.redelivered_seconds:
            if one.redelivered_bytes is None:
                return None
            total += one.redelivered_bytes
    return total


def _of_topics(topics: Sequence[TargetTopic], twice: _Twice, *, needs_keyless: bool) -> Iterator[str]:
    for one in topics:
        if one.is_compacted and needs_keyless:
            yield (
                f"{one.name} is compacted (cleanup.policy={one.cleanup_policy}): the connector also makes records without"
                " a key, and Kafka refuses these, so the task FAILS. Set cleanup.policy to delete."
            )
        if twice.seconds and one.retention_seconds is not None and one.retention_seconds < twice.seconds:
            yield (
                f"{one.name} keeps records for {show_seconds(one.retention_seconds)}, and {show_seconds(twice.seconds)} are read"
                " twice: the first copies of the older part are deleted, so nobody can recognize the second copies as repeated."
            )
        if twice.seconds and one.retention_bytes is not None:
            yield (
                f"{one.name} keeps {_size(one.retention_bytes)} of each topic partition, so repeated records push out"
                " older ones sooner."
            )


def _of_all(topics: Sequence[TargetTopic], twice: _Twice) -> Iterator[str]:
    replicas = max((one.replicas for one in topics), default=0)
    if twice.seconds and twice.bytes is not None:
        yield (
            f"About {_size(twice.bytes)} of reports are read twice, estimated from those of the last 14 days. As records they are"
            f" larger{f', and each of {replicas} replicas needs the room' if replicas > 1 else ''}: check the brokers' disks and "
            "the quotas of the workers' user, which this preview does not check."
        )
    elif twice.seconds:
        yield (
            "It is not known how many bytes are read twice, because no earlier report shows its size: check the"
            " brokers' disks and the quotas of the workers' user, which this preview does not check."
        )
    groups = sorted({group for one in topics for group in one.groups})
    if groups and twice.words:
        yield f"{_listed(groups)} will see {twice.words} twice: check that repeated records do no harm there."
    elif groups and not twice.is_known:
        yield (
            "It is not known what is read twice, because the collection cannot interpret these offsets."
            f" {_listed(groups)} may see records twice: check that they do no harm there."
        )


def _shown(one: TargetTopic) -> str:
    if not one.exists:
        return f"{one.name}: does not exist yet"
    words = []
    if one.cleanup_policy:
        kept = "for ever" if one.retention_seconds is None else f"for {show_seconds(one.retention_seconds)}"
        words.append("compacted" if one.cleanup_policy == "compact" else f"keeps records {kept}")
    else:
        words.append("its settings may not be read")
    if one.records:
        size = f" of {_size(one.record_bytes)}" if one.record_bytes is not None else ""
        words.append(f"{counted(one.records, 'record')}{size}")
    words.append(f"read by {_listed(one.groups)}" if one.groups else "no consumer group seen")
    if one.groups_omitted:
        words.append(f"{counted(one.groups_omitted, 'group')} not looked at")
    return f"{one.name}: {', '.join(words)}"


def _size(count: int) -> str:
    """A number of bytes in the largest unit that it fills: ``312 B``, ``1.5 MiB``."""
    size, unit = float(count), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{count} B"
