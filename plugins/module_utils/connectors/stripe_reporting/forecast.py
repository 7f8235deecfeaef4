# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a walk comes to for each place: its next request, its report runs, what is skipped and what comes twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    MOST_REQUESTS,
    Account,
    Request,
    Step,
    Trouble,
    WalkSettings,
    next_step,
    walk,
    worked_round,
)

_BEGINNING = -(2**62)

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class PlaceForecast:
    """What awaits one place. Spans are half-open intervals of epoch seconds, the lengths are seconds.

    ``chunks``: by how many requests the place gets through the round of its next request. ``skipped``: spans that are left
    out; what a trouble only holds up is not. ``redelivered_seconds``: rows of how much time are delivered once more.
    ``redelivered_rows``, ``lost_rows``: rows of one report that come twice, or not at all, whatever their time. ``trouble``: what
    keeps the place from being worked on; ``hangs``: it is this place's own, and holds up the others as well.
    """

    place: Place
    next_request: Request | None
    chunks: int
    runs: int
    skipped: Spans
    redelivered_seconds: int
    redelivered_rows: int
    lost_rows: int
    next_round_delivers_skipped: bool
    trouble: str | None
    hangs: bool

    @property
    def skipped_seconds(self) -> int:
        return sum(end - start for start, end in self.skipped)


@dataclass(frozen=True)
class Forecast:
    """What awaits a connector. ``runs``: report runs until current, a lower bound where ``is_complete`` is false."""

    worked_round: int
    current_round: int
    rounds_behind: int
    runs: int
    is_complete: bool
    requests: tuple[Request, ...]
    places: tuple[PlaceForecast, ...]

    def of(self, place: Place) -> PlaceForecast:
        return next(forecast for forecast in self.places if forecast.place == place)


def make_forecast(
    settings: WalkSettings,
    before: Mapping[Place, ReportOffset],
    after: Mapping[Place, ReportOffset],
    places: tuple[Place, ...],
    accounts: Mapping[Place, Account],
    now: float,
) -> Forecast:
    """What a task that starts with the offsets ``after`` will do, judged by what was delivered under ``before``."""
    done = walk(settings, after, places, accounts, now)
    steps = done.steps
    requests = tuple(step for step in steps if isinstance(step, Request))
    round_id = worked_round(settings, after, places, now)
    current = settings.rounds.last(now)
    held_in = worked_round(settings, done.remembered, places, now)
    # A trouble on the way may be passed by, when a later round is one in which the place has nothing to do.
    hanging = {
        step.place for step in steps if isinstance(step, Trouble) and step.stops_all and step.round_id == held_in
    }
    hanging.update(_hanging(settings, done.remembered, places, accounts, held_in))
    is_complete = len(requests) < MOST_REQUESTS and held_in == current and not hanging

    def of_place(place: Place) -> PlaceForecast:
        reach = accounts[place].available_end
        if not is_complete:
            load = settings.initial_loads.get(place.report_type)
            reach = min(reach, _waiting_from(done.remembered.get(place), load, held_in, current, reach))
        return _of_place(
            settings,
            place,
            before.get(place),
            after.get(place),
            accounts[place],
            steps,
            reach,
            current,
            hanging,
        )

    return Forecast(
        worked_round=round_id,
        current_round=current,
        rounds_behind=settings.rounds.count(round_id, current),
        runs=sum(request.is_new_run for request in requests),
        is_complete=is_complete,
        requests=requests,
        places=tuple(map(of_place, places)),
    )


def _hanging(
    settings: WalkSettings,
    remembered: Mapping[Place, ReportOffset],
    places: tuple[Place, ...],
    accounts: Mapping[Place, Account],
    round_id: int,
) -> Iterator[Place]:
    """The places that keep the connector from getting on in the round in which nothing moves any more."""
    for place in places:
        offset = remembered.get(place)
        if offset is not None and offset.round_id == round_id and offset.processed:
            continue
        step = next_step(settings, place, offset, round_id, accounts[place])
        if isinstance(step, Trouble) and step.stops_all:
            yield place
            if step.scope == "poll":
                return


def _waiting_from(
    remembered: ReportOffset | None, load: int | None, held_in: int, current: int, available_end: int
) -> int:
    """From where on a place's data only waits, when a trouble holds the connector in the round ``held_in``."""
    if remembered is not None and remembered.round_id == held_in:
        if not remembered.processed:
            return _BEGINNING if remembered.delivered_to is None else remembered.delivered_to
        if held_in == current:
            return available_end
    return available_end if load is None else load


def _of_place(
    settings: WalkSettings,
    place: Place,
    old: ReportOffset | None,
    new: ReportOffset | None,
    account: Account,
    steps: tuple[Step, ...],
    reach: int,
    current: int,
    hanging: Collection[Place],
) -> PlaceForecast:
    requests = [step for step in steps if isinstance(step, Request) and step.place == place]
    load = settings.initial_loads.get(place.report_type)
    # What was delivered is what the offset means, however the connector reads it.
    old = None if old is None else old.as_meant()
    delivered_to = None if old is None else old.delivered_to
    if delivered_to is None:
        # Nothing is known to be delivered, so nothing can come twice, and all since the initial load is still owed.
        delivered_to = load if load is not None else account.available_end
    if account.available_start is not None:
        # Before it Stripe has no data that could be left out.
        delivered_to = max(delivered_to, account.available_start)
    covered = [(_BEGINNING, delivered_to)]
    redelivered_seconds = 0
    lost_rows = 0
    redelivered_rows = 0
    # An open run that is asked for anew from its start delivers the rows it had delivered once more.
    open_rows = 0 if old is None or old.run_id is None else old.next_row
    for request in requests:
        covered, fresh = _cover(covered, request.start, request.covers_end)
        redelivered_seconds += max(0, request.covers_end - request.start) - fresh
        if request.is_new_run:
            lost_rows += request.first_row
            if request is requests[0] and request.start <= delivered_to < request.covers_end:
                redelivered_rows = open_rows
        else:
            had = open_rows if old is not None and old.run_id == request.run_id else 0
            lost_rows += max(0, request.first_row - had)
            redelivered_rows = max(0, had - request.first_row)
    first = requests[0] if requests else None
    skipped = _gaps(covered, reach)
    return PlaceForecast(
        place=place,
        next_request=first,
        chunks=sum(first is not None and request.round_id == first.round_id for request in requests),
        runs=sum(request.is_new_run for request in requests),
        skipped=skipped,
        redelivered_seconds=redelivered_seconds,
        redelivered_rows=redelivered_rows,
        lost_rows=lost_rows,
        next_round_delivers_skipped=bool(skipped) and load is not None and load <= skipped[0][0],
        trouble=_trouble(place, steps, new, current, hanging),
        hangs=place in hanging,
    )


def _trouble(
    place: Place, steps: tuple[Step, ...], offset: ReportOffset | None, current: int, hanging: Collection[Place]
) -> str | None:
    # What stops all comes before what stops this place alone.
    troubles = sorted((step for step in steps if isinstance(step, Trouble)), key=lambda trouble: not trouble.stops_all)
    for trouble in troubles:
        if trouble.place == place:
            return trouble.reason
    for trouble in troubles:
        # The current round can be finished beside a place that never finishes it.
        holds_up = trouble.scope == "poll" or (trouble.scope == "round" and trouble.round_id < current)
        if holds_up and trouble.place in hanging and (offset is None or not offset.processed):
            return f"held up by {trouble.place}"
    return None


def _cover(covered: list[tuple[int, int]], start: int, end: int) -> tuple[list[tuple[int, int]], int]:
    """The covered spans with one more, and how many seconds of it are new."""
    if start >= end:
        return covered, 0
    fresh = sum(gap_end - gap_start for gap_start, gap_end in _gaps(covered, end, start))
    merged: list[tuple[int, int]] = []
    for span_start, span_end in sorted([*covered, (start, end)]):
        if merged and span_start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span_end))
        else:
            merged.append((span_start, span_end))
    return merged, fresh


def without(spans: Spans, others: Spans) -> Spans:
    """What of the spans lies in none of the others; both are in order."""
    return tuple(gap for start, end in spans for gap in _gaps(others, end, start))


def _gaps(covered: Iterable[tuple[int, int]], end: int, start: int = _BEGINNING) -> Spans:
    """The spans within ``start`` to ``end`` that are not covered."""
    gaps = []
    reached = start
    for span_start, span_end in covered:
        if span_start > reached and reached < end:
            gaps.append((reached, min(span_start, end)))
        reached = max(reached, span_end)
    if reached < end:
        gaps.append((reached, end))
    return tuple(gaps)
