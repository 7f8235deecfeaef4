# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that were fetched, dropped with a poll that failed, and then jumped over by the stored offset.

When a poll fails, the rows that the partitions before the failing one made in it are dropped, yet the task remembers them as
delivered. A restart of the task brings them back. Without one, the next chunk of such a partition begins behind them.

The polls are read off the report runs of all accounts. One poll makes at most one run for a partition, in the order of the walk,
each only when the one before it is ready; the run at which the poll fails is the last one, and the next poll comes to that
partition with the same request again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import without

# From a report being ready to the next request of the same poll: the connector looks every few seconds, and downloads it.
_LONGEST_GAP_SECONDS = 120


@dataclass(frozen=True)
class Undelivered:
    """A span of a partition, its end exclusive, for which a report run was asked at ``since``. Epoch seconds."""

    partition: ReportPartition
    start: int
    end: int
    since: int


def undelivered_spans(
    partitions: Sequence[ReportPartition],
    histories: Mapping[str, RunHistory],
    offsets: Mapping[ReportPartition, ReportOffset],
    initial_loads: Mapping[str, int],
) -> tuple[Undelivered, ...]:
    """What the stored offsets have skipped, in the order of ``partitions``; of a connector with one task.

    ``histories``: by timezone; ``initial_loads``: report type to epoch seconds.

    What any other run may have delivered counts as delivered, so there may be more than this reports. These cases are not
    detected:

    - a poll that failed without a report run (a refused request, a hanging call);
    - a poll that failed at a run that was ready just before it was asked for again;
    - a poll that failed at a time from which not all accounts' runs are known;
    - data older than the known runs of a report type with an initial load date: an earlier round may have delivered it;
    - runs asked for within the same second: it is not known which came first.

    A report that took several polls to be delivered is reported whole, though only its last rows were dropped.
    """
    runs = _in_order(partitions, histories)
    timezones = histories.keys() & {partition.timezone for partition in partitions}
    known_since = max((histories[timezone].complete_since for timezone in timezones), default=0)
    in_vain: set[str] = set()
    dropped: set[str] = set()
    for index, (_partition, run) in enumerate(runs):
        if _was_in_vain(runs, index):
            in_vain.add(run.id)
            dropped.update(one.id for one in _ready_before(runs, index, initial_loads) if one.created >= known_since)
    found = []
    for partition in partitions:
        own = [run for owner, run in runs if owner == partition]
        stored_to = offsets[partition].delivered_to if partition in offsets else None
        delivered = [
            (run.start, run.end) for run in own if run.status == "succeeded" and run.id not in in_vain | dropped
        ]
        for run, following in pairwise(own):
            # Only a partition that continued after the span can have skipped it.
            if run.id not in dropped or following.start != run.end or stored_to is None:
                continue
            start = run.start
            if partition.report_type in initial_loads:
                start = max(start, histories[partition.timezone].complete_since)
            for left in without([(start, min(run.end, stored_to))], delivered):
                found.append(Undelivered(partition, *left, run.created))
    return tuple(found)


def _in_order(
    partitions: Sequence[ReportPartition], histories: Mapping[str, RunHistory]
) -> list[tuple[ReportPartition, ReportRun]]:
    """The runs of the partitions as they were asked for, oldest first."""
    known = frozenset(partitions)
    runs = [
        (partition, run)
        for timezone, history in histories.items()
        for run in reversed(history.runs)
        if (partition := ReportPartition(timezone, run.report_type)) in known
    ]
    return sorted(runs, key=lambda one: (one[1].created, one[0]))


def _was_in_vain(runs: Sequence[tuple[ReportPartition, ReportRun]], index: int) -> bool:
    """Whether a poll failed at this run: when the walk comes to its partition again, that asks for the same again."""
    partition, run = runs[index]
    later = (runs[number] for number in range(index + 1, len(runs)))
    next_partition, again = next((one for one in later if one[0] >= partition), (None, None))
    if next_partition != partition or again is None or again.start != run.start:
        return False
    # A run that was ready in time may have been delivered: every round begins at the same date, and so does a reset.
    return run.succeeded_at is None or again.created < run.succeeded_at


def _ready_before(
    runs: Sequence[tuple[ReportPartition, ReportRun]], index: int, initial_loads: Mapping[str, int]
) -> Iterator[ReportRun]:
    """The runs that were ready in the same poll before this one was asked for."""
    next_partition, next_run = runs[index]
    begins_round = next_run.start == initial_loads.get(next_partition.report_type)
    for partition, run in reversed(runs[:index]):
        is_ahead = partition < next_partition and run.created < next_run.created
        if not is_ahead or run.succeeded_at is None:
            return
        if not 0 <= next_run.created - run.succeeded_at <= _LONGEST_GAP_SECONDS:
            return
        if begins_round and partition.report_type not in initial_loads:
            # It does nothing in a new round, so this poll may be the first of the round after its own.
            return
        yield run
        next_partition, next_run = partition, run
