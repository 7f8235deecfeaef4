# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timezones that the task has dropped: their client's test failed at its start, and nothing of them comes any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Reason


@dataclass(frozen=True)
class Dropped:
    """Why a timezone is taken to be dropped."""

    certainty: Literal["proven", "likely"]
    message: str

    @property
    def reason(self) -> Reason:
        likely = "" if self.certainty == "proven" else "likely "
        return Reason("dropped_at_start", f"{likely}dropped until the task restarts: {self.message}")


def dropped_timezones(
    places: tuple[Place, ...],
    offsets: Mapping[Place, ReportOffset],
    initial_loads: Mapping[str, int],
    evidence: Evidence,
    current_round: int,
) -> dict[str, Dropped]:
    """The dropped ones among the timezones of ``places``; rounds and initial load dates are epoch seconds.

    The log proves it. Without a log it is likely when everybody else is done with the current round and this one has not
    come to it, for a task that works on a timezone lets no round end without it.
    """
    found = {}
    for timezone in dict.fromkeys(place.timezone for place in places):
        # Without an initial load date it is skipped in a new round, which looks the same.
        mine = [place for place in places if place.timezone == timezone and place.report_type in initial_loads]
        others = [place for place in places if place.timezone != timezone]
        dropped = _by_the_log(timezone, evidence)
        if dropped is None and not _has_started(timezone, evidence):
            dropped = _by_the_others(mine, others, offsets, evidence, current_round)
        if dropped is not None:
            found[timezone] = dropped
    return found


def _by_the_log(timezone: str, evidence: Evidence) -> Dropped | None:
    log = evidence.log
    if log is None:
        return None
    if timezone in log.dropped:
        return Dropped("proven", log.dropped[timezone])
    if log.started_timezones is not None and timezone not in log.started_timezones:
        return Dropped("proven", "the task started without it")
    return None


def _has_started(timezone: str, evidence: Evidence) -> bool:
    log = evidence.log
    return log is not None and log.started_timezones is not None and timezone in log.started_timezones


def _by_the_others(
    mine: list[Place],
    others: list[Place],
    offsets: Mapping[Place, ReportOffset],
    evidence: Evidence,
    current_round: int,
) -> Dropped | None:
    def is_done(place: Place) -> bool:
        offset = offsets.get(place)
        return offset is not None and offset.round_id == current_round and offset.processed

    def has_come_to_it(place: Place) -> bool:
        offset = offsets.get(place)
        return offset is not None and (offset.round_id is None or offset.round_id >= current_round)

    if not mine or not others or not all(map(is_done, others)) or any(map(has_come_to_it, mine)):
        return None
    timezone = mine[0].timezone
    history = evidence.histories.get(timezone)
    if history is not None and any(run.created >= current_round for run in history.runs):
        return None
    words = f"all the others are done with the round {show_moment(current_round)}"
    if timezone in evidence.refused:
        return Dropped("likely", f"{words}, and Stripe refuses its API key")
    return Dropped("likely", words)
