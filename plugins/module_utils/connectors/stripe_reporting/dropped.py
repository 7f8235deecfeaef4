# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timezones that the task has dropped: their client's test failed at its start, and they deliver nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
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


def dropped_timezones(situation: Situation) -> dict[str, Dropped]:
    """The timezones of the situation that the task does not work on until it restarts.

    The log proves it. Without a log it is likely when all others have finished the current round and this one has not
    reached it, because a task that works on a timezone ends no round without it. A connector that does no work has dropped
    nothing.
    """
    if not situation.is_working:
        return {}
    found = {}
    unfinished = _unfinished_timezones(situation)
    for timezone in dict.fromkeys(partition.timezone for partition in situation.partitions):
        dropped = _by_the_log(timezone, situation.evidence)
        # A timezone can be dropped unseen only if all others are done.
        if dropped is None and unfinished == {timezone} and not _has_started(timezone, situation.evidence):
            dropped = _by_the_others(timezone, situation)
        if dropped is not None:
            found[timezone] = dropped
    return found


def _unfinished_timezones(situation: Situation) -> set[str]:
    """Those with a partition that has not finished the current round."""
    offsets, current_round = situation.offsets, situation.current_round
    return {
        partition.timezone
        for partition in situation.partitions
        if partition not in offsets or not offsets[partition].is_done_in(current_round)
    }


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


def _by_the_others(timezone: str, situation: Situation) -> Dropped | None:
    offsets, evidence, current_round = situation.offsets, situation.evidence, situation.current_round

    def has_come_to_it(partition: ReportPartition) -> bool:
        offset = offsets.get(partition)
        return offset is not None and (offset.round_id is None or offset.round_id >= current_round)

    has_others = any(partition.timezone != timezone for partition in situation.partitions)
    # Without an initial load date a partition is skipped in a new round, which looks the same.
    mine = [
        partition
        for partition in situation.partitions
        if partition.timezone == timezone and partition.report_type in situation.settings.initial_loads
    ]
    if not mine or not has_others or any(map(has_come_to_it, mine)):
        return None
    history = evidence.histories.get(timezone)
    if history is not None and any(run.created >= current_round for run in history.runs):
        return None
    words = f"all the others have finished the round {show_moment(current_round)}"
    if timezone in evidence.refused:
        return Dropped("likely", f"{words}, and Stripe refuses its API key")
    return Dropped("likely", words)
