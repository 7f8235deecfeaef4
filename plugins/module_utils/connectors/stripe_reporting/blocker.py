# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocker: the partition at which every poll fails, named from evidence.

One failing partition keeps all partitions of its connector from storing progress, so the offsets alone look equally stale. What
distinguishes them is what the accounts were asked for: the blocker's account has run after run of one interval, none of them
ready in time. Many runs of one interval alone prove nothing: partitions before the blocker that are done in memory may load
round after round, each from the same initial load date, and each of those runs is ready in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import Problem
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_milliseconds,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.blocker import BlockerFacts, Certainty
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Reason

# One run that is late may be an accident; the second for the same interval is the loop.
_RUNS_OF_A_LOOP = 2


@dataclass(frozen=True)
class Loop:
    """A partition's newest report runs, all from one start, none of them ready in time.

    ``since`` and ``latest`` are when the first and the last was asked for, ``start`` and ``end`` the interval of the last:
    epoch seconds. ``is_cut``: there may be earlier ones, which the account was not asked for. ``error``: Stripe's words
    where the last one failed.
    """

    partition: ReportPartition
    runs: int
    failed: int
    start: int
    end: int
    since: int
    latest: int
    is_cut: bool
    error: str | None

    def reason(self, max_wait_milliseconds: int) -> Reason:
        late_or_failed = f"none ready within {show_milliseconds(max_wait_milliseconds)}"
        if self.failed:
            words = f": {self.error}" if self.error else ""
            late_or_failed = f"{'all' if self.failed == self.runs else self.failed} failed{words}"
        more = " or more" if self.is_cut else ""
        runs = f"{counted(self.runs, 'report run')}{more} asked for {show_span(self.start, self.end)}"
        return Reason("runs_repeated", f"{runs}, {late_or_failed}", self.runs, _RUNS_OF_A_LOOP, self.since)


@dataclass(frozen=True)
class Blocker:
    """The partition at which the polls fail, or the candidates for it, and the evidence."""

    partitions: tuple[ReportPartition, ...]
    certainty: Certainty
    reason: Reason
    is_looping: bool

    def as_data(self) -> dict[str, Any]:
        partitions = tuple(Partition.of(one._asdict()) for one in self.partitions)
        return BlockerFacts(partitions, self.certainty, self.reason).as_data()

    def seen_from(self, partition: ReportPartition) -> str:
        """Its name to another partition: the report type is left out where it is the same."""
        named = [one.timezone if one.report_type == partition.report_type else str(one) for one in self.partitions]
        return named[0] if len(named) == 1 else f"one of {', '.join(named)}"

    def __str__(self) -> str:
        named = [str(partition) for partition in self.partitions]
        return named[0] if len(named) == 1 else f"one of {', '.join(named)}"


def is_in_time(run: ReportRun, max_wait_milliseconds: int, now: float) -> bool | None:
    """Whether a run was ready before the connector gave it up; None for one that may yet be."""
    if run.status == "failed":
        return False
    if run.took_seconds is not None:
        return run.took_seconds * 1000 <= max_wait_milliseconds
    return None if (now - run.created) * 1000 <= max_wait_milliseconds else False


def find_loop(partition: ReportPartition, evidence: Evidence, max_wait_milliseconds: int, now: float) -> Loop | None:
    """The loop that a partition's newest runs make, None where the newest one that has an outcome was ready in time."""
    late_or_failed: list[ReportRun] = []
    for run in evidence.runs_of(partition) or ():
        in_time = is_in_time(run, max_wait_milliseconds, now)
        if in_time or (late_or_failed and run.start != late_or_failed[0].start):
            break
        if in_time is False:
            late_or_failed.append(run)
    if not late_or_failed:
        return None
    last, first = late_or_failed[0], late_or_failed[-1]
    return Loop(
        partition=partition,
        runs=len(late_or_failed),
        failed=sum(run.status == "failed" for run in late_or_failed),
        start=last.start,
        end=last.end,
        since=first.created,
        latest=last.created,
        is_cut=first.created < evidence.histories[partition.timezone].complete_since,
        error=last.error,
    )


def find_blocker(
    waiting: tuple[ReportPartition, ...],
    aborts: Mapping[ReportPartition, Problem],
    evidence: Evidence,
    max_wait_milliseconds: int,
    now: float,
) -> Blocker | None:
    """Name the partition that fails the polls, if one does.

    ``waiting``: the partitions with something to ask for in the worked round, in the order of the walk. ``aborts``: those at
    which the connector itself cannot get past. The caller decides whether the connector is stalled.
    """
    loops = {
        partition: loop
        for partition in waiting
        if (loop := find_loop(partition, evidence, max_wait_milliseconds, now)) is not None
    }
    looping = [loop for loop in loops.values() if loop.runs >= _RUNS_OF_A_LOOP]
    first_abort = next((partition for partition in waiting if partition in aborts), None)
    if first_abort is not None and not any(loop.partition < first_abort for loop in looping):
        problem = aborts[first_abort]
        return Blocker((first_abort,), "proven", Reason(problem.code, problem.reason), is_looping=True)
    if looping:
        loop = max(looping, key=lambda one: one.latest)
        certainty: Certainty = "proven" if _is_alone(loop, looping, waiting, evidence) else "likely"
        return Blocker((loop.partition,), certainty, loop.reason(max_wait_milliseconds), is_looping=True)
    return (
        _named_by_the_log(waiting, evidence)
        or _refused(waiting, evidence)
        or _by_one_late_run(loops, max_wait_milliseconds)
        or _by_a_pending_run(waiting, evidence, max_wait_milliseconds, now)
        or _by_exclusion(waiting, evidence, max_wait_milliseconds, now)
    )


def _is_alone(loop: Loop, looping: list[Loop], waiting: tuple[ReportPartition, ...], evidence: Evidence) -> bool:
    """Whether nothing speaks against it: no other loop, and no poll that got past it since the loop began."""
    got_past = any(
        run.created > loop.since
        for partition in waiting
        if loop.partition < partition
        for run in evidence.runs_of(partition) or ()
    )
    return len(looping) == 1 and not got_past


def _named_by_the_log(waiting: tuple[ReportPartition, ...], evidence: Evidence) -> Blocker | None:
    if evidence.log is None or not evidence.log.failures:
        return None
    failure = evidence.log.failures[-1]
    owners = [
        partition for partition in waiting for run in evidence.runs_of(partition) or () if run.id == failure.run_id
    ]
    owners += [partition for partition in waiting if partition == failure.resuming]
    words = f"the worker's log: {failure.message}"
    if owners:
        return Blocker((owners[0],), "proven", Reason("log_names_run", words), is_looping=True)
    # The walk comes to the partitions in order, so the one that fails is the next one after the furthest that any poll got past;
    # a later poll does not say so again, since what it got past is done in memory.
    passed = [failure.after for failure in evidence.log.failures if failure.after is not None]
    unnamed = {failure.after_run for failure in evidence.log.failures}
    passed += [partition for partition in waiting for run in evidence.runs_of(partition) or () if run.id in unnamed]
    behind = [partition for partition in waiting if not passed or max(passed) < partition]
    if not behind:
        return None
    return Blocker((behind[0],), "likely", Reason("log_order", f"{words}, next in the walk"), is_looping=True)


def _refused(waiting: tuple[ReportPartition, ...], evidence: Evidence) -> Blocker | None:
    partition = next((partition for partition in waiting if partition.timezone in evidence.refused), None)
    if partition is None:
        return None
    return Blocker((partition,), "likely", Reason("key_refused", "Stripe refuses its API key"), is_looping=True)


def _by_one_late_run(loops: Mapping[ReportPartition, Loop], max_wait_milliseconds: int) -> Blocker | None:
    if not loops:
        return None
    loop = max(loops.values(), key=lambda one: one.latest)
    return Blocker((loop.partition,), "likely", loop.reason(max_wait_milliseconds), is_looping=False)


def _by_a_pending_run(
    waiting: tuple[ReportPartition, ...], evidence: Evidence, max_wait_milliseconds: int, now: float
) -> Blocker | None:
    """The partition whose report run is pending and not late. A task requests one report at a time, so there is at most one."""
    newest = {partition: runs[0] for partition in waiting if (runs := evidence.runs_of(partition))}
    pending = [partition for partition, run in newest.items() if is_in_time(run, max_wait_milliseconds, now) is None]
    if len(pending) != 1:
        return None
    run = newest[pending[0]]
    age = int(now - run.created)
    words = f"its report run has been pending for {show_seconds(age)}"
    reason = Reason("run_pending", words, age, max_wait_milliseconds // 1000, run.created)
    return Blocker((pending[0],), "likely", reason, is_looping=False)


def _by_exclusion(
    waiting: tuple[ReportPartition, ...], evidence: Evidence, max_wait_milliseconds: int, now: float
) -> Blocker | None:
    """Leave out the partitions that cannot be the cause: those with a report in time, and those never asked for one."""
    suspects = []
    for partition in waiting:
        runs = evidence.runs_of(partition)
        if runs is None or (runs and is_in_time(runs[0], max_wait_milliseconds, now) is not True):
            suspects.append(partition)
    # A call that hangs leaves no run; then the first one in the walk that has none is the one that hangs.
    suspects = suspects or [partition for partition in waiting if not evidence.runs_of(partition)][:1]
    if not suspects:
        return None
    if len(suspects) == 1:
        words = "all the others had their reports in time, or were never reached"
        if len(waiting) == 1:
            words = "no other partition has anything left to ask for in this round"
        reason = Reason("by_exclusion", words)
        return Blocker((suspects[0],), "likely", reason, is_looping=False)
    reason = Reason("one_of_blockers", "may be the one that blocks the others")
    return Blocker(tuple(suspects), "one_of", reason, is_looping=False)
