# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a walk for each partition: its next request, its report runs, what is skipped and what is delivered twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import (
    Delivered,
    Situation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    MOST_REQUESTS,
    Problem,
    Request,
    WalkSettings,
    next_step,
    walk,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import (
    BEGINNING,
    Span,
    Spans,
    added,
    gaps,
    length,
)


class PartitionForecast(NamedTuple):
    """The forecast for one partition. Spans are half-open intervals of epoch seconds, the lengths are seconds.

    ``chunks``: number of requests that bring the partition through the round of its next request. ``skipped``: spans that
    this change skips; what a problem only delays is not among them. ``redelivered_seconds``: length of the time whose rows
    are delivered once more. ``redelivered_rows``, ``lost_rows``: rows of one report that are delivered twice, or not at all,
    whatever their time. ``problem``: what keeps the partition from being worked on; ``hangs``: the problem is the
    partition's own, and blocks the others as well.
    """

    partition: ReportPartition
    next_request: Request | None
    chunks: int
    runs: int
    skipped: Spans
    redelivered_seconds: int
    redelivered_rows: int
    lost_rows: int
    next_round_delivers_skipped: bool
    problem: str | None
    hangs: bool

    @property
    def skipped_seconds(self) -> int:
        return length(self.skipped)


@dataclass(frozen=True)
class Forecast:
    """The forecast for a connector. ``runs``: report runs until it has caught up; a lower bound unless ``is_complete``."""

    worked_round: int
    current_round: int
    rounds_behind: int
    runs: int
    is_complete: bool
    requests: tuple[Request, ...]
    partitions: tuple[PartitionForecast, ...]

    @cached_property
    def _by_partition(self) -> Mapping[ReportPartition, PartitionForecast]:
        return {one.partition: one for one in self.partitions}

    def of(self, partition: ReportPartition) -> PartitionForecast:
        return self._by_partition[partition]


def make_forecast(
    situation: Situation,
    after: Mapping[ReportPartition, ReportOffset] | None = None,
    partitions: tuple[ReportPartition, ...] | None = None,
) -> Forecast:
    """What a task that starts with the offsets ``after`` will do, judged by what was delivered under the stored ones.

    Without ``after`` it starts with the stored ones. ``partitions`` are those it works on; by default all but those whose
    API key Stripe refuses, since a task drops their timezone at its start.
    """
    settings, stripe, now = situation.settings, situation.stripe, situation.now
    after = situation.offsets if after is None else after
    partitions = situation.startable if partitions is None else partitions
    done = walk(settings, after, partitions, stripe, now)
    requests = done.requests
    worked = worked_round(settings, after, partitions, now)
    current = situation.current_round
    stopped_in = worked_round(settings, done.remembered, partitions, now)
    # In a later round a partition may no longer have the problem, because it has nothing to do there.
    hanging = {problem.partition for problem in done.problems if problem.stops_all and problem.round_id == stopped_in}
    hanging.update(_hanging(situation, done.remembered, partitions, stopped_in))
    is_complete = len(requests) < MOST_REQUESTS and stopped_in == current and not hanging
    # A problem that stops all partitions comes before a problem that stops only one.
    problems = sorted(done.problems, key=lambda problem: not problem.stops_all)
    requests_of: dict[ReportPartition, list[Request]] = {partition: [] for partition in partitions}
    for request in requests:
        requests_of[request.partition].append(request)

    def of_partition(partition: ReportPartition) -> PartitionForecast:
        reach = stripe[partition].available_to
        if not is_complete:
            load = settings.initial_loads.get(partition.report_type)
            reach = min(reach, _waiting_from(done.remembered.get(partition), load, stopped_in, current, reach))
        return _of_partition(
            settings,
            situation.delivered[partition],
            requests_of[partition],
            reach,
            problem=_problem(partition, problems, after.get(partition), current, hanging),
            hangs=partition in hanging,
        )

    forecasts = tuple(
        of_partition(one) if one in requests_of else _not_worked_on(one, situation) for one in situation.partitions
    )
    return Forecast(
        worked_round=worked,
        current_round=current,
        rounds_behind=settings.rounds.count(worked, current),
        runs=sum(one.runs for one in forecasts),
        is_complete=is_complete,
        requests=requests,
        partitions=forecasts,
    )


def _not_worked_on(partition: ReportPartition, situation: Situation) -> PartitionForecast:
    is_refused = partition.timezone in situation.evidence.refused
    problem = "Stripe refuses its API key, so the task drops it" if is_refused else "dropped until the task restarts"
    return PartitionForecast(
        partition=partition,
        next_request=None,
        chunks=0,
        runs=0,
        skipped=(),
        redelivered_seconds=0,
        redelivered_rows=0,
        lost_rows=0,
        next_round_delivers_skipped=False,
        problem=problem,
        hangs=False,
    )


def _hanging(
    situation: Situation,
    remembered: Mapping[ReportPartition, ReportOffset],
    partitions: tuple[ReportPartition, ...],
    round_id: int,
) -> Iterator[ReportPartition]:
    """The partitions that keep the connector from going on in the round in which nothing moves any more."""
    for partition in partitions:
        offset = remembered.get(partition)
        if offset is not None and offset.is_done_in(round_id):
            continue
        step = next_step(situation.settings, partition, offset, round_id, situation.stripe[partition])
        if isinstance(step, Problem) and step.stops_all:
            yield partition
            if step.scope == "poll":
                return


def _waiting_from(
    remembered: ReportOffset | None, load: int | None, stopped_in: int, current: int, available_to: int
) -> int:
    """The moment after which a partition's data is only delayed, if a problem keeps the connector in ``stopped_in``."""
    if remembered is not None and remembered.round_id == stopped_in:
        if not remembered.processed:
            return BEGINNING if remembered.goes_on_at is None else remembered.goes_on_at
        if stopped_in == current:
            return available_to
    return available_to if load is None else load


def _of_partition(
    settings: WalkSettings,
    delivered: Delivered,
    requests: Sequence[Request],
    reach: int,
    problem: str | None,
    hangs: bool,
) -> PartitionForecast:
    """What becomes of a partition by its ``requests``; its data counts up to ``reach`` (epoch seconds)."""
    covered: Sequence[Span] = [(BEGINNING, delivered.to)]
    runs = redelivered_seconds = lost_rows = redelivered_rows = 0
    for request in requests:
        if request.covers_end <= covered[0][1]:
            # All of it was delivered before: the usual case in the rounds after the first.
            redelivered_seconds += max(0, request.covers_end - request.start)
        else:
            covered, new_seconds = added(covered, request.start, request.covers_end)
            redelivered_seconds += max(0, request.covers_end - request.start) - new_seconds
        if request.run_id is None:
            runs += 1
            lost_rows += request.first_row
            if request is requests[0] and request.start <= delivered.to < request.covers_end:
                redelivered_rows = delivered.open_rows
        else:
            had = delivered.open_rows if delivered.run_id == request.run_id else 0
            lost_rows += max(0, request.first_row - had)
            redelivered_rows = max(0, had - request.first_row)
    first = requests[0] if requests else None
    skipped = gaps(covered, reach)
    load = settings.initial_loads.get(delivered.partition.report_type)
    return PartitionForecast(
        partition=delivered.partition,
        next_request=first,
        chunks=0 if first is None else [request.round_id for request in requests].count(first.round_id),
        runs=runs,
        skipped=skipped,
        redelivered_seconds=redelivered_seconds,
        redelivered_rows=redelivered_rows,
        lost_rows=lost_rows,
        next_round_delivers_skipped=bool(skipped) and load is not None and load <= skipped[0][0],
        problem=problem,
        hangs=hangs,
    )


def _problem(
    partition: ReportPartition,
    problems: Sequence[Problem],
    offset: ReportOffset | None,
    current: int,
    hanging: Collection[ReportPartition],
) -> str | None:
    for problem in problems:
        if problem.partition == partition:
            return problem.reason
    for problem in problems:
        # The others can finish the current round while one partition never finishes it.
        blocks = problem.scope == "poll" or (problem.scope == "round" and problem.round_id < current)
        if blocks and problem.partition in hanging and (offset is None or not offset.processed):
            return f"blocked by {problem.partition}"
    return None
