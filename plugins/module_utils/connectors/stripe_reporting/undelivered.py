# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that were fetched, dropped with a poll that failed, and then jumped over by the stored offset.

When a poll fails, the rows that the places before the failing one made in it are dropped, yet the task remembers them as
delivered. A restart of the task brings them back. Without one, the next chunk of such a place begins behind them.

The polls are read off the report runs of all accounts. One poll makes at most one run for a place, in the order of the walk,
each only when the one before it is ready; the run at which the poll fails is the last one, and the next poll comes to that
place with the same request again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)

# From a report being ready to the next request of the same poll: the connector looks every few seconds, and downloads it.
_LONGEST_GAP_SECONDS = 120

Span = tuple[int, int]


@dataclass(frozen=True)
class Undelivered:
    """A span of a place, its end exclusive, that the report run ``run_id`` was asked for at ``since``. Epoch seconds."""

    place: Place
    start: int
    end: int
    since: int
    run_id: str


def undelivered_spans(
    places: Sequence[Place],
    histories: Mapping[str, RunHistory],
    offsets: Mapping[Place, ReportOffset],
    initial_loads: Mapping[str, int],
) -> tuple[Undelivered, ...]:
    """What the stored offsets have jumped over, in the order of ``places``; of a connector with one task.

    ``histories``: by timezone; ``initial_loads``: report type to epoch seconds.

    What any other run may have delivered counts as delivered, so there can be more than is told. Not seen are: a poll that
    failed without a report run (a refused request, a hanging call), at a run that was ready just before it was asked for
    again, or at a time from which not all accounts' runs are known; data older than the known runs of a report type with an
    initial load date, since an earlier round may have delivered it; runs asked for within the same second, of which it is
    not known which came first. A report that took several polls to be delivered is told whole, though only its last rows
    were dropped.
    """
    runs = _in_order(places, histories)
    timezones = histories.keys() & {place.timezone for place in places}
    known_since = max((histories[timezone].complete_since for timezone in timezones), default=0)
    in_vain: set[str] = set()
    dropped: set[str] = set()
    for index, (_place, run) in enumerate(runs):
        if _was_in_vain(runs, index):
            in_vain.add(run.id)
            dropped.update(one.id for one in _ready_before(runs, index, initial_loads) if one.created >= known_since)
    found = []
    for place in places:
        own = [run for owner, run in runs if owner == place]
        stored_to = offsets[place].delivered_to if place in offsets else None
        delivered = [
            (run.start, run.end) for run in own if run.status == "succeeded" and run.id not in in_vain | dropped
        ]
        for run, following in pairwise(own):
            # Only a place that went on behind the span can have jumped over it.
            if run.id not in dropped or following.start != run.end or stored_to is None:
                continue
            start = run.start
            if place.report_type in initial_loads:
                start = max(start, histories[place.timezone].complete_since)
            for left in _without((start, min(run.end, stored_to)), delivered):
                found.append(Undelivered(place, *left, run.created, run.id))
    return tuple(found)


def _in_order(places: Sequence[Place], histories: Mapping[str, RunHistory]) -> list[tuple[Place, ReportRun]]:
    """The runs of the places as they were asked for, oldest first."""
    runs = [
        (place, run)
        for timezone, history in histories.items()
        for run in reversed(history.runs)
        if (place := Place(timezone, run.report_type)) in places
    ]
    return sorted(runs, key=lambda one: (one[1].created, one[0]))


def _was_in_vain(runs: Sequence[tuple[Place, ReportRun]], index: int) -> bool:
    """Whether a poll failed at this run: when the walk comes to its place again, that asks for the same again."""
    place, run = runs[index]
    later = (runs[number] for number in range(index + 1, len(runs)))
    next_place, again = next((one for one in later if one[0] >= place), (None, None))
    if next_place != place or again is None or again.start != run.start:
        return False
    # One that was ready by then may have been delivered: every round begins at the same date, and so does a reset.
    return run.succeeded_at is None or again.created < run.succeeded_at


def _ready_before(
    runs: Sequence[tuple[Place, ReportRun]], index: int, initial_loads: Mapping[str, int]
) -> Iterator[ReportRun]:
    """The runs that were ready in the same poll before this one was asked for."""
    next_place, next_run = runs[index]
    begins_round = next_run.start == initial_loads.get(next_place.report_type)
    for place, run in reversed(runs[:index]):
        is_ahead = place < next_place and run.created < next_run.created
        if not is_ahead or run.succeeded_at is None:
            return
        if not 0 <= next_run.created - run.succeeded_at <= _LONGEST_GAP_SECONDS:
            return
        if begins_round and place.report_type not in initial_loads:
            # It has no part in a new round, so this poll may be the first of the round after its own.
            return
        yield run
        next_place, next_run = place, run


def _without(span: Span, others: Sequence[Span]) -> list[Span]:
    """What is left of a span without the others."""
    left = [span]
    for start, end in others:
        parts = [part for before, behind in left for part in ((before, min(behind, start)), (max(before, end), behind))]
        left = [(before, behind) for before, behind in parts if before < behind]
    return [(before, behind) for before, behind in left if before < behind]
