# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on one partition of the Stripe reporting connector, before it is known which partition blocks which.

An offset is judged against Stripe's data, not against now: the data of a UTC day is there by noon of the next day, and the
connector fetches it in its next round, so an offset of 24 to 36 hours ago is normal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import is_in_time
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.dropped import Dropped
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.undelivered import (
    Undelivered,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Problem,
    Request,
    StripeState,
    next_step,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    HOUR_SECONDS,
    LATEST_EPOCH_SECONDS,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition, StoredOffset
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.commits import (
    clock_doubtful,
    no_commit,
    nothing_stored_since_reset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    state_reasons,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    JudgedReason,
    Limits,
    Reason,
    Verdict,
    VerdictName,
    judged_by,
)

# How old Stripe's newest data is at most when it is prepared as usual.
_NORMAL_DELAY_SECONDS = 36 * HOUR_SECONDS
# The plan's own alarm: no offset for a day.
_STALL_SECONDS = DAY_SECONDS
# A round that has just begun is not late.
_SHORTEST_ROUND_SECONDS = HOUR_SECONDS

# A report that was ready in time and stored within a day overrides these.
_OF_AGE = ("interval_end_old", "rounds_missed")


@dataclass(frozen=True)
class PartitionJudge:
    """What the verdict on each partition of a connector depends on besides its own offset.

    ``worked_round`` (epoch seconds) is that of the partitions that are ``walked``, those that the task works on; of those
    ``in_memory`` it takes more for delivered than is stored.
    """

    situation: Situation
    limits: Limits
    worked_round: int
    rounds_behind: int
    walked: tuple[ReportPartition, ...]
    in_memory: Collection[ReportPartition]
    undelivered: tuple[Undelivered, ...]

    def verdict(
        self, partition: ReportPartition, source: Partition, entry: StoredOffset | None, dropped: Dropped | None
    ) -> Verdict:
        """The verdict on a partition alone, before the blocker is known. ``entry`` is what is stored of it."""
        offset = self.situation.offsets.get(partition)
        if offset is None:
            verdict: VerdictName = "stuck" if has_failed(self.situation.connector) else "missing"
            return Verdict(source, verdict, tuple(self._why_missing(partition, dropped)))
        committed_at = None if entry is None else entry.committed_at
        reasons = list(self._reasons(partition, offset, committed_at, dropped))
        reset = nothing_stored_since_reset(None if entry is None else entry.reset_at)
        if reset is not None and self._has_work(partition, offset):
            reasons.append(("unknown", reset))
        if self._is_moving(partition, offset):
            reasons = [("late" if reason.code in _OF_AGE else verdict, reason) for verdict, reason in reasons]
        return judged_by(source, reasons, offset.delivered_to, committed_at)

    def _why_missing(self, partition: ReportPartition, dropped: Dropped | None) -> Iterator[Reason]:
        if dropped is not None:
            yield dropped.reason
        words = "expected, but it has no offset"
        if partition.report_type not in self.situation.settings.initial_loads:
            words += ", and without an initial load date it is skipped in every round"
            yield Reason("no_initial_load", words)
        else:
            yield Reason("no_offset", words)
        for _alone, reason in self._of_the_state:
            yield reason

    @cached_property
    def _of_the_state(self) -> Sequence[JudgedReason]:
        """The same for all partitions."""
        return state_reasons(self.situation.connector)

    def _reasons(
        self, partition: ReportPartition, offset: ReportOffset, committed_at: float | None, dropped: Dropped | None
    ) -> Iterator[JudgedReason]:
        """The reasons, each with the verdict that it alone justifies; the most important ones first."""
        stripe = self.situation.stripe[partition]
        yield from self._of_the_connector(dropped)
        yield from self._of_clocks_and_units(offset, stripe)
        is_done = offset.is_done_in(self.situation.current_round)
        if offset.interval_end is None and not offset.run_id and not (is_done and offset.delivered_to is not None):
            misread = next((one for one in offset.misread if one.key == "interval_end"), None)
            words = "its offset has no end" if misread is None else f"its {misread} is not a number to the connector"
            yield "stuck", Reason("no_interval_end", f"{words}, so no round ever finishes")
            return
        if not is_done:
            yield from self._of_the_next_step(partition, offset, stripe)
            yield from self._of_the_open_run(offset, stripe, committed_at)
        if partition in self.in_memory:
            words = "its data was fetched in a poll that failed, and the task counts it as delivered: only a restart delivers it"
            yield "stuck", Reason("done_in_memory", words)
        yield from self._of_runs(partition)
        yield from self._of_age(partition, offset, stripe, committed_at, is_done)
        if offset.round_id == self.situation.current_round:
            yield from self._of_the_initial_load(partition)

    def _of_the_initial_load(self, partition: ReportPartition) -> Iterator[JudgedReason]:
        settings = self.situation.settings
        if partition.report_type not in settings.initial_loads:
            last = show_moment(self.situation.current_round)
            words = f"no initial load date, so the connector skips it in every round after {last}: set one"
            yield "late", Reason("no_initial_load", words)

    def _of_the_connector(self, dropped: Dropped | None) -> Iterator[JudgedReason]:
        if dropped is not None:
            yield "stuck", dropped.reason
        yield from self._of_the_state

    def _of_clocks_and_units(self, offset: ReportOffset, stripe: StripeState) -> Iterator[JudgedReason]:
        moments = {
            # Without an open run it is not read.
            "interval_start": offset.interval_start if offset.run_id else None,
            "interval_end": offset.interval_end,
            "round_id": offset.round_id,
        }
        for name, moment in moments.items():
            if moment is not None and moment > LATEST_EPOCH_SECONDS:
                meant = show_moment(moment // 1000)
                words = f"its {name} {moment} is not a time in seconds (in milliseconds it would be {meant})"
                yield "stuck", Reason("unit_doubtful", words, moment, LATEST_EPOCH_SECONDS)
                return
        reason = clock_doubtful("its round", offset.round_id, self.situation.now)
        # The connector never stores an end beyond the existing data: somebody else wrote it, and nothing is delivered
        # up to it.
        reason = reason or clock_doubtful("the end of what it has delivered", offset.delivered_to, self.situation.now)
        reason = reason or clock_doubtful("the end of Stripe's data", stripe.available_to, self.situation.now)
        if reason is not None:
            yield "unknown", reason

    def _of_the_next_step(
        self, partition: ReportPartition, offset: ReportOffset, stripe: StripeState
    ) -> Iterator[JudgedReason]:
        """What the connector itself cannot get past in the round that it works on."""
        if offset.is_done_in(self.worked_round):
            return
        step = next_step(self.situation.settings, partition, offset, self.worked_round, stripe)
        if isinstance(step, Problem):
            words = step.reason
            if step.code == "run_without_result" and stripe.run_error:
                words = f"{words}: {stripe.run_error}"
            yield ("late" if stripe.run_status == "pending" else "stuck"), Reason(step.code, words)

    def _has_work(self, partition: ReportPartition, offset: ReportOffset) -> bool:
        """Whether the connector has something to store for it; an offset beyond now stands for data that does not exist."""
        if offset.delivered_to is not None and offset.delivered_to > self.situation.now:
            return True
        if offset.is_done_in(self.worked_round):
            return False
        stripe = self.situation.stripe[partition]
        step = next_step(self.situation.settings, partition, offset, self.worked_round, stripe)
        return isinstance(step, Request) and step.start < step.end

    def _of_the_open_run(
        self, offset: ReportOffset, stripe: StripeState, committed_at: float | None
    ) -> Iterator[JudgedReason]:
        begun = stripe.run_created if stripe.run_created is not None else committed_at
        if not offset.run_id or begun is None:
            return
        age = int(self.situation.now - begun)
        limit = self.limits.max_run_age_seconds
        if age > limit:
            words = f"its report run {offset.run_id} is {stripe.run_status} and {show_seconds(age)} old"
            yield "stuck", Reason("run_too_old", words, age, limit, int(begun))

    def _of_runs(self, partition: ReportPartition) -> Iterator[JudgedReason]:
        runs = self.situation.evidence.runs_of(partition) or ()
        if runs and runs[0].status == "failed":
            words = f"its last report run failed: {runs[0].error or 'Stripe does not say why'}"
            yield "late", Reason("run_failed", words, since=runs[0].created)
        for span in self.undelivered:
            if span.partition == partition:
                load = self.situation.settings.initial_loads.get(partition.report_type)
                comes = load is not None and load <= span.start
                words = f"the rows of {show_span(span.start, span.end)} were fetched in a poll that failed and not delivered"
                words += f": {'the next' if comes else 'no later'} round delivers them"
                reason = Reason("rows_undelivered", words, span.end - span.start, 0, span.since)
                yield ("late" if comes else "stuck"), reason

    def _of_age(
        self,
        partition: ReportPartition,
        offset: ReportOffset,
        stripe: StripeState,
        committed_at: float | None,
        is_done: bool,
    ) -> Iterator[JudgedReason]:
        delivered_to = offset.delivered_to
        if delivered_to is None:
            return
        limits = self.limits
        behind = max(0, stripe.available_to - delivered_to)
        age = max(0, int(self.situation.now) - delivered_to)
        early = is_done and ended_early(offset, stripe, self.situation)
        if behind and not is_done and not self._is_normal_so_far(behind):
            words = f"{show_seconds(behind)} behind" + ("" if stripe.asked else " the end of yesterday")
            yield "late", Reason("behind_data", words, behind)
        if early:
            words = f"its round ended {show_seconds(behind)} before the end of the data, probably because of an empty report"
            # The next round delivers it, unless there is no date to begin at.
            comes = partition.report_type in self.situation.settings.initial_loads
            yield ("late" if comes else "stuck"), Reason("ended_early", words, behind, _most_behind(self.situation))
        oldest = limits.max_age_seconds
        if behind and age > oldest and (early or not is_done):
            words = f"older than {limits.max_age_days} d"
            yield "stuck", Reason("interval_end_old", words, age, oldest, delivered_to + oldest)
        # Rounds of a frequent cron are missed while a report is made; the partition is not stuck because of that.
        if (
            self.rounds_behind >= limits.max_rounds_behind
            and self.situation.current_round - self.worked_round > _STALL_SECONDS
        ):
            words = f"{self.rounds_behind} rounds missed"
            since = self.situation.settings.rounds.next(self.worked_round)
            yield "stuck", Reason("rounds_missed", words, self.rounds_behind, limits.max_rounds_behind, since)
        if behind and not is_done and committed_at is not None:
            yield from self._of_the_commit(offset, committed_at)

    def _of_the_commit(self, offset: ReportOffset, committed_at: float) -> Iterator[JudgedReason]:
        due_since = committed_at
        if offset.processed and offset.round_id is not None and offset.round_id < self.situation.current_round:
            # Done with its round, it had nothing to store until the next one began.
            due_since = max(committed_at, self.situation.settings.rounds.next(offset.round_id))
        reason = no_commit(due_since, self.limits.max_commit_age_seconds, self.situation.now)
        if reason is not None:
            yield "stuck", reason

    def _is_normal_so_far(self, behind: int) -> bool:
        """Whether a round has just begun, and the partition is behind by what the one before could not fetch yet."""
        time_for_all = self.situation.settings.max_wait_milliseconds // 1000 * len(self.walked)
        since = self.situation.now - self.situation.current_round
        has_just_begun = self.worked_round == self.situation.current_round and since < max(
            _SHORTEST_ROUND_SECONDS, time_for_all
        )
        round_before = self.situation.settings.rounds.last(self.situation.current_round)
        return has_just_begun and behind <= self.situation.current_round - round_before + _NORMAL_DELAY_SECONDS

    def _is_moving(self, partition: ReportPartition, offset: ReportOffset) -> bool:
        """Whether the stored offset comes from a report of the last day that was ready in time."""
        return any(
            self.situation.now - run.created < _STALL_SECONDS
            and is_in_time(run, self.situation.settings.max_wait_milliseconds, self.situation.now) is True
            and (run.id == offset.run_id or (offset.run_id is None and run.end == offset.interval_end))
            for run in self.situation.evidence.runs_of(partition) or ()
        )


def ended_early(offset: ReportOffset, stripe: StripeState, situation: Situation) -> bool:
    """Whether a partition that is done with the current round left out data that was there, as after an empty report.

    Since its round began, it falls behind only by what Stripe has added meanwhile.
    """
    delivered_to = offset.delivered_to
    return delivered_to is not None and stripe.available_to - delivered_to > _most_behind(situation)


def _most_behind(situation: Situation) -> int:
    return int(situation.now) - situation.current_round + _NORMAL_DELAY_SECONDS
