# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot says about one source partition: a verdict, with its reasons as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS, HOUR_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition

# From good to bad: a connector's verdict is the worst of its partitions'.
VerdictName = Literal["ok", "orphaned", "late", "missing", "stopped", "unknown", "blocked", "stuck"]
VERDICTS: tuple[VerdictName, ...] = get_args(VerdictName)
# What has one of these gets no further until something is changed.
STUCK: tuple[VerdictName, ...] = ("blocked", "stuck")


@dataclass(frozen=True)
class Limits:
    """From when on a partition is stuck rather than late. The lengths are days, rounds and hours, as in the options."""

    max_age_days: int = 7
    max_rounds_behind: int = 2
    max_commit_age_hours: int = 24
    max_run_age_hours: int = 24

    @property
    def max_age_seconds(self) -> int:
        return self.max_age_days * DAY_SECONDS

    @property
    def max_commit_age_seconds(self) -> int:
        return self.max_commit_age_hours * HOUR_SECONDS

    @property
    def max_run_age_seconds(self) -> int:
        return self.max_run_age_hours * HOUR_SECONDS


class Reason(NamedTuple):
    """Why: a code to act on, the measured figure and its limit (both in the code's unit), and words for a person.

    ``since``: from when on it has been so, epoch seconds.
    """

    code: str
    message: str
    value: int | None = None
    limit: int | None = None
    since: int | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Reason:
        return cls(data["code"], data["message"], data.get("value"), data.get("limit"), data.get("since"))

    def as_data(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "value": self.value,
            "limit": self.limit,
            "since": self.since,
        }


NOT_CONFIGURED = Reason("not_configured", "has an offset, but the connector is not configured to work on it")

# A reason, and the verdict that it alone justifies.
JudgedReason = tuple[VerdictName, Reason]


class Verdict(NamedTuple):
    """``delivered_to``: up to where (epoch seconds) the partition has delivered, None where that is not known.

    ``committed_at`` (epoch seconds) is known where the offsets topic was read.
    """

    partition: Partition
    verdict: VerdictName
    reasons: tuple[Reason, ...]
    delivered_to: int | None = None
    committed_at: float | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "partition": self.partition.as_dict(),
            "verdict": self.verdict,
            "reasons": [reason.as_data() for reason in self.reasons],
            "delivered_to": self.delivered_to,
            "committed_at": self.committed_at,
        }


def judged_by(
    partition: Partition,
    reasons: Iterable[JudgedReason],
    delivered_to: int | None = None,
    committed_at: float | None = None,
) -> Verdict:
    """The verdict that all the reasons together justify: the worst of them, ``ok`` without any."""
    both = tuple(reasons)
    verdict = worst(("ok", *(alone for alone, _reason in both)))
    return Verdict(partition, verdict, tuple(reason for _alone, reason in both), delivered_to, committed_at)


def worst(verdicts: Iterable[VerdictName]) -> VerdictName:
    """The worst of the verdicts; ``unknown`` of nothing, since nothing seen is not a good sign."""
    return max(verdicts, key=VERDICTS.index, default="unknown")


def counts(verdicts: Iterable[str]) -> dict[str, int]:
    """How many there are of each verdict that occurs, from bad to good."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in reversed(VERDICTS) if found[verdict]}
