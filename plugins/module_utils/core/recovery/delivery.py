# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connector delivers, and what its log says while it does: what a verification looks for outside of Connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition


@dataclass(frozen=True)
class Delivery:
    """``topics``: the topic of each value of the source partition's ``topic_field``; empty where they are not known.

    ``record_field``: the field of a record's JSON value that holds the ``group_field`` of the source partition that it came from;
    None where records do not show it. ``progress``, ``failure`` and ``timeout``: regular expressions for lines of its log that
    say that records were made, that a poll failed, and that it failed for lack of time. None: it has no line of its own.
    ``needs_keyless``: it makes records without a key, which a compacted topic refuses.
    """

    topics: Mapping[str, str] = field(default_factory=dict)
    topic_field: str | None = None
    record_field: str | None = None
    group_field: str | None = None
    progress: str | None = None
    failure: str | None = None
    timeout: str | None = None
    needs_keyless: bool = False

    @property
    def topic_names(self) -> tuple[str, ...]:
        """The topics, each once."""
        return tuple(dict.fromkeys(self.topics.values()))

    def destination_of(self, partition: Partition) -> tuple[str, str] | None:
        """The topic of the partition's records, and the value by which they name it; None where that is not known."""
        if self.topic_field is None or self.group_field is None:
            return None
        topic = self.topics.get(str(partition.get(self.topic_field)))
        group = partition.get(self.group_field)
        return None if topic is None or not isinstance(group, str) else (topic, group)
