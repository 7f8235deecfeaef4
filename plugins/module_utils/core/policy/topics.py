# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule for the topics that a connector writes to: not compacted, and kept long enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    parse_duration,
    show_milliseconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import Deviation
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.given import Given

CLEANUP, RETENTION = "cleanup.policy", "retention.ms"


@dataclass(frozen=True)
class TopicRule:
    """``may_be_compacted`` true, and ``minimum_retention`` (milliseconds) None, want nothing."""

    may_be_compacted: bool = False
    minimum_retention: int | None = None

    @classmethod
    def read(cls, given: Given) -> TopicRule | None:
        """The rule from YAML; None where it is turned off. Raises InputError."""
        given.only("check", "compacted", "minimum_retention")
        if not given.truth("check", default=True):
            return None
        retention = given.data.get("minimum_retention")
        return cls(
            given.truth("compacted"),
            None if retention is None else parse_duration(str(retention), f"{given.where}.minimum_retention"),
        )

    def check(self, topic: str, settings: Mapping[str, str | None]) -> Iterator[Deviation]:
        """The deviations of a topic with these settings. They have no fix, because Connect cannot change a topic."""
        cleanup = settings.get(CLEANUP) or ""
        if not self.may_be_compacted and "compact" in cleanup:
            wanted = "delete, without compaction"
            message = f"{CLEANUP} of the topic {topic} is {cleanup}, but must be {wanted}"
            yield Deviation("topic_compacted", CLEANUP, cleanup, wanted, "error", message, topic)
        retention = int(settings.get(RETENTION) or -1)
        # -1 is for ever, and without the policy "delete" nothing is deleted by age.
        if self.minimum_retention is None or retention < 0 or "delete" not in cleanup:
            return
        if retention < self.minimum_retention:
            wanted = f"at least {show_milliseconds(self.minimum_retention)}"
            message = f"{RETENTION} of the topic {topic} is {show_milliseconds(retention)}, but must be {wanted}"
            yield Deviation("topic_retention", RETENTION, str(retention), wanted, "error", message, topic)
