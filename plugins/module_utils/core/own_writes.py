# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What resets of this collection wrote to a connector's offsets, so that it is not taken for progress of the connector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import kept_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
    StoredOffset,
    same_offset,
)

# Clocks that differ by less than this are not corrected, see workers_now.
CLOCK_TOLERANCE_SECONDS = 60


@dataclass(frozen=True)
class OwnWrite:
    """An offset that a reset wrote; ``offset`` None: it was deleted.

    The write was made between ``begun`` and ``ended`` (epoch seconds). ``ended`` is None while it is under way, and after a run
    that was killed.
    """

    partition: Partition
    offset: Offset | None
    begun: float
    ended: float | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "partition": self.partition.as_dict(),
            "offset": None if self.offset is None else dict(self.offset),
            "begun": self.begun,
            "ended": self.ended,
        }

    @classmethod
    def from_data(cls, data: Any) -> OwnWrite:
        """Read what :meth:`as_data` made. Raises ValueError."""
        if not isinstance(data, Mapping) or not isinstance(data.get("partition"), Mapping):
            raise ValueError("no partition")
        offset, begun, ended = data.get("offset"), data.get("begun"), data.get("ended")
        if not isinstance(offset, (Mapping, type(None))):
            raise ValueError("no offset")
        return cls(
            Partition.of(data["partition"]), offset, kept_moment(begun), None if ended is None else kept_moment(ended)
        )

    def is_still_there(self, entry: StoredOffset) -> bool:
        """Whether the stored offset is this write: the same value, stored at the time of the write where that is known."""
        if self.offset is None or not same_offset(entry.offset, self.offset):
            return False
        if entry.committed_at is None:
            return True
        latest = float("inf") if self.ended is None else self.ended + CLOCK_TOLERANCE_SECONDS
        return self.begun - CLOCK_TOLERANCE_SECONDS <= entry.committed_at <= latest


def newest_writes(older: Iterable[OwnWrite], newer: Iterable[OwnWrite]) -> tuple[OwnWrite, ...]:
    """The last write to each partition."""
    return tuple({write.partition: write for write in (*older, *newer)}.values())


def with_own_writes(offsets: Iterable[StoredOffset], writes: Sequence[OwnWrite]) -> tuple[StoredOffset, ...]:
    """The offsets; those that are still as a reset wrote them carry the time of that (``reset_at``)."""
    by_partition = {write.partition: write for write in writes}

    def marked(entry: StoredOffset) -> StoredOffset:
        write = by_partition.get(entry.partition)
        if write is None or not write.is_still_there(entry):
            return entry
        return replace(entry, reset_at=write.begun)

    return tuple(map(marked, offsets))
