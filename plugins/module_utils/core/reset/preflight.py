# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change means for the topics that a connector delivers to, and for those who read them: seen before the change.

It is shown beside the plan and is no part of it, so it does not count for the plan's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped

_MOST_NAMED = 5
_GIB = 1024**3


@dataclass(frozen=True)
class TargetTopic:
    """A topic that a connector delivers to. ``ends``: of its topic partitions; one that does not exist yet ends at 0.

    ``cleanup_policy``: empty where the settings may not be read. ``retention_seconds`` and ``retention_bytes`` (of each topic
    partition): None for no limit. ``groups``: the consumer groups with committed offsets there; ``groups_omitted``: how many
    groups were not looked at.
    """

    name: str
    exists: bool
    ends: tuple[TopicEnd, ...] = ()
    cleanup_policy: str = ""
    retention_seconds: int | None = None
    retention_bytes: int | None = None
    groups: tuple[str, ...] = ()
    groups_omitted: int = 0

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
            "groups": list(self.groups),
            "groups_omitted": self.groups_omitted,
        }


@dataclass(frozen=True)
class Preflight:
    """The topics, how much of them is read twice (the longest span of a partition, in seconds), and sentences of warning."""

    topics: tuple[TargetTopic, ...] = ()
    reread_seconds: int = 0
    warnings: tuple[str, ...] = field(default=())

    @property
    def ends(self) -> tuple[TopicEnd, ...]:
        return tuple(end for topic in self.topics for end in topic.ends)

    def as_data(self) -> dict[str, Any]:
        return {
            "topics": [one.as_data() for one in self.topics],
            "reread_seconds": self.reread_seconds,
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


def preflight_of(topics: Sequence[TargetTopic], forecast: Mapping[str, Any] | None) -> Preflight:
    """What there is to say of the topics. ``forecast``: of the plan, None where none can be made."""
    partitions = () if forecast is None else forecast.get("partitions", ())
    reread = max((int(one["redelivered_seconds"] or 0) for one in partitions), default=0)
    rows = sum(int(one["redelivered_rows"] or 0) for one in partitions)
    return Preflight(tuple(topics), reread, tuple(_warnings(topics, reread, rows)))


def _warnings(topics: Sequence[TargetTopic], reread: int, rows: int) -> Iterator[str]:
    for one in topics:
        if one.is_compacted:
            yield (
                f"{one.name} is compacted (cleanup.policy={one.cleanup_policy}): a report without rows makes a record without a"
                " key, and Kafka refuses that, so the task FAILS. Set cleanup.policy to delete."
            )
        if reread and one.retention_seconds is not None and one.retention_seconds < reread:
            yield (
                f"{one.name} keeps records for {show_seconds(one.retention_seconds)}, and {show_seconds(reread)} are read twice:"
                " for the older part the first copies are gone, so they cannot be recognized as repeated."
            )
        if reread and one.retention_bytes is not None:
            yield (
                f"{one.name} keeps {one.retention_bytes / _GIB:.1f} GiB of each topic partition, so repeated records push out"
                " older ones sooner."
            )
    groups = sorted({group for one in topics for group in one.groups})
    if groups and (reread or rows):
        what = f"{show_seconds(reread)} of data" if reread else counted(rows, "row")
        yield f"{_listed(groups)} will see {what} twice: check that repeated records do no harm there."


def _shown(one: TargetTopic) -> str:
    if not one.exists:
        return f"{one.name}: does not exist yet"
    words = []
    if one.cleanup_policy:
        kept = "for ever" if one.retention_seconds is None else f"for {show_seconds(one.retention_seconds)}"
        words.append("compacted" if one.cleanup_policy == "compact" else f"keeps records {kept}")
    else:
        words.append("its settings may not be read")
    words.append(f"read by {_listed(one.groups)}" if one.groups else "no consumer group seen")
    if one.groups_omitted:
        words.append(f"{counted(one.groups_omitted, 'group')} not looked at")
    return f"{one.name}: {', '.join(words)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
