# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has come into the topics that a connector delivers to, since the ends that were noted before its change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TopicEnd:
    """The end of a topic partition at one moment: the position of the next record. 0: there was no such topic partition."""

    topic: str
    number: int
    end: int

    def as_data(self) -> dict[str, Any]:
        return {"topic": self.topic, "topic_partition": self.number, "end": self.end}

    @classmethod
    def from_data(cls, data: Any) -> TopicEnd:
        """Read what :meth:`as_data` made. Raises ValueError."""
        if not isinstance(data, Mapping):
            raise ValueError("no map")
        topic, number, end = (data.get(name) for name in ("topic", "topic_partition", "end"))
        if not isinstance(topic, str) or not _is_count(number) or not _is_count(end):
            raise ValueError("no end")
        return cls(topic, int(str(number)), int(str(end)))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@dataclass
class Arrivals:
    """The new records of one topic. ``groups``: how many by the field that names their source partition.

    ``markers``: records without a value, which belong to no group; ``others``: records that do not name theirs.
    ``positions``: how far the topic has grown, ``lost``: how many of these positions it has deleted already. ``is_cut``: there
    are more than were read. ``problem``: a sentence that says why it could not be read.
    """

    topic: str
    positions: int = 0
    lost: int = 0
    groups: Counter[str] = field(default_factory=Counter)
    markers: int = 0
    others: int = 0
    is_cut: bool = False
    problem: str | None = None

    @property
    def records(self) -> int:
        return sum(self.groups.values()) + self.others

    @property
    def is_whole(self) -> bool:
        """Whether every new record was looked at."""
        return not self.is_cut and not self.lost and self.problem is None

    @property
    def tells_all(self) -> bool:
        """Whether a group that is missing certainly has no new record; a record that names no group may belong to it."""
        return self.is_whole and not self.markers and not self.others

    def take(self, value: bytes | None, record_field: str | None) -> None:
        """Count one record."""
        if value is None:
            self.markers += 1
            return
        group = None if record_field is None else _field_of(value, record_field)
        if group is None:
            self.others += 1
        else:
            self.groups[group] += 1

    def as_data(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "positions": self.positions,
            "deleted": self.lost,
            "records": self.records,
            "groups": dict(sorted(self.groups.items())),
            "markers": self.markers,
            "others": self.others,
            "cut": self.is_cut,
            "problem": self.problem,
        }


def _field_of(value: bytes, name: str) -> str | None:
    """A text field of a JSON value, also of one that a converter has put into a text, or has put a schema around."""
    try:
        data = json.loads(value)
        if isinstance(data, str):
            data = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, dict) and set(data) == {"schema", "payload"}:
        data = data["payload"]
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) else None
