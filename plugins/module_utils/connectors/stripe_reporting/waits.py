# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the connector should wait for a report run, judged by how long Stripe has taken for those of before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import RunHistory
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    parse_duration,
    show_milliseconds,
    show_moment,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted

_MINUTE = 60_000
_STEP = 5 * _MINUTE
# The least that is suggested, that the policy recommends, and that a recovery raises the wait to: a month's report takes
# longer than a day's.
DEFAULT_WAIT = "60m"
_LEAST = parse_duration(DEFAULT_WAIT, "DEFAULT_WAIT")


@dataclass(frozen=True)
class WaitSuggestion:
    """The wait to set, never below the one that is set, and what it rests on.

    ``runs``: how many report runs have succeeded; ``p99_seconds`` (nearest rank) and ``slowest_seconds`` are what they took,
    None where there are none. ``pending``: how many have no result yet, the oldest asked for at ``pending_since`` (epoch
    seconds).
    """

    milliseconds: int
    current_milliseconds: int
    runs: int
    p99_seconds: int | None
    slowest_seconds: int | None
    pending: int
    pending_since: int | None

    @property
    def suffices(self) -> bool:
        """Whether the wait that is set is long enough."""
        return self.milliseconds == self.current_milliseconds

    @property
    def as_floor(self) -> str:
        """The same in whole minutes, as people write it."""
        return f"{self.milliseconds // _MINUTE}m"

    @property
    def message(self) -> str:
        wait = show_milliseconds(self.milliseconds)
        advice = f"the wait of {wait} is long enough" if self.suffices else f"raise it to {wait}"
        if self.p99_seconds is None or self.slowest_seconds is None:
            evidence = "no report run is known to have succeeded"
        else:
            evidence = (
                f"99 % of {counted(self.runs, 'report run')} took at most {show_seconds(self.p99_seconds)}, the"
                f" slowest took {show_seconds(self.slowest_seconds)}"
            )
        if self.pending:
            evidence += f"; {self.pending} pending, the oldest since {show_moment(self.pending_since)}"
        return f"{advice} ({evidence})"

    def as_data(self) -> dict[str, Any]:
        return {
            "milliseconds": self.milliseconds,
            "current_milliseconds": self.current_milliseconds,
            "sufficient": self.suffices,
            "runs": self.runs,
            "p99_seconds": self.p99_seconds,
            "slowest_seconds": self.slowest_seconds,
            "pending": self.pending,
            "pending_since": self.pending_since,
            "message": self.message,
        }


def suggest_wait(histories: Mapping[str, RunHistory], current_milliseconds: int = 0) -> WaitSuggestion:
    """Twice what 99 % of the runs took, in whole 5 minutes; at least the DEFAULT_WAIT, also where nothing is known.

    ``histories``: the report runs of the connector's report types by timezone. Twice, since a month's report takes longer
    than a day's, and the next one may be the longest so far.
    """
    runs = [run for history in histories.values() for run in history.runs]
    took = sorted(run.took_seconds for run in runs if run.status == "succeeded" and run.took_seconds is not None)
    pending = [run.created for run in runs if run.status == "pending"]
    p99 = took[-(-99 * len(took) // 100) - 1] if took else None
    needed = _LEAST if p99 is None else max(_LEAST, -(-2 * p99 * 1000 // _STEP) * _STEP)
    return WaitSuggestion(
        milliseconds=max(needed, current_milliseconds),
        current_milliseconds=current_milliseconds,
        runs=len(took),
        p99_seconds=p99,
        slowest_seconds=took[-1] if took else None,
        pending=len(pending),
        pending_since=min(pending, default=None),
    )
