# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the running task remembers and the stored offsets do not say.

The task reads an offset once and then goes by its memory. When a poll fails, the rows that it made are dropped, yet the
memory keeps their partitions as done: they ask for nothing more in this round, and only a restart brings the rows back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import is_in_time
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Request,
    next_step,
)

# A row that was delivered is stored within Connect's flush interval, which is a minute by default.
_STORED_WITHIN_SECONDS = 300


def done_in_memory(
    situation: Situation, walked: Collection[ReportPartition], worked_round: int
) -> Mapping[ReportPartition, ReportOffset]:
    """The partitions that the task considers done in the current round although their offsets say otherwise.

    With what it remembers of each. ``worked_round`` (epoch seconds) is the round of the ``walked`` partitions. Such a
    partition had all its reports in time. They are not stored although no poll is running, and it requests no more.
    """
    if worked_round != situation.current_round or not situation.is_working or not _is_idle(situation, walked):
        return {}
    found = {}
    for partition in walked:
        offset = situation.offsets.get(partition)
        if offset is not None and offset.is_done_in(worked_round):
            continue
        stripe = situation.stripe[partition]
        step = next_step(situation.settings, partition, offset, worked_round, stripe)
        if isinstance(step, Request) and step.is_new_run and step.start < step.end:
            reached = _fetched_to(situation, partition, step.start)
            if reached >= step.end:
                found[partition] = ReportOffset(reached, reached, None, None, worked_round, processed=True)
    return found


def _is_idle(situation: Situation, walked: Collection[ReportPartition]) -> bool:
    """Whether it is certain that no poll is running: a poll makes one report run after the other, and stores at its end."""
    wait = situation.settings.max_wait_milliseconds
    for partition in walked:
        runs = situation.evidence.runs_of(partition)
        if runs is None:
            return False
        for run in runs:
            latest = run.created if run.succeeded_at is None else run.succeeded_at
            is_recent = situation.now - latest <= _STORED_WITHIN_SECONDS
            if is_recent or is_in_time(run, wait, situation.now) is None:
                return False
    return True


def _fetched_to(situation: Situation, partition: ReportPartition, start: int) -> int:
    """Up to where this round's reports that were ready in time follow one another from ``start``."""
    reached = start
    wait = situation.settings.max_wait_milliseconds
    for run in reversed(situation.evidence.runs_of(partition) or ()):
        is_next = run.created >= situation.current_round and run.start == reached
        if is_next and is_in_time(run, wait, situation.now):
            reached = run.end
    return reached
