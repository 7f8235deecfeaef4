# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a Stripe reporting connector's partitions.

Stale is judged against Stripe's data, not against now: data of a UTC day is there by noon of the next, and the connector
fetches it at the next round, so an offset of 24 to 36 hours ago is normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    partitions_by_place,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import (
    NO_EVIDENCE,
    Blocker,
    Evidence,
    find_blocker,
    is_in_time,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    read_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.dropped import (
    Dropped,
    dropped_timezones,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.undelivered import (
    Undelivered,
    undelivered_spans,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Account,
    Request,
    Trouble,
    WalkSettings,
    next_step,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    HOUR_SECONDS,
    LATEST_EPOCH_SECONDS,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.commits import clock_doubtful, no_commit
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    not_running_reason,
    state_reasons,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    NOT_CONFIGURED,
    JudgedReason,
    Limits,
    Reason,
    Verdict,
    judged_by,
    worst,
)

# How old Stripe's newest data is at most when it is prepared as usual.
_NORMAL_DELAY_SECONDS = 36 * HOUR_SECONDS
# The plan's own alarm: no offset for a day.
_STALL_SECONDS = DAY_SECONDS
# A round that has just begun is nobody's trouble.
_SHORTEST_ROUND_SECONDS = HOUR_SECONDS

# What these say is taken back by a report that was ready in time and stored within a day.
_OF_AGE = ("interval_end_old", "rounds_missed")


@dataclass(frozen=True)
class StripeJudgement:
    """Verdicts in the order of the walk, then of the partitions that are not walked any more. Rounds are epoch seconds.

    ``blocker``: whoever keeps the others from storing progress. ``left_alone``: what comes if nothing is done, each report
    being ready in time. ``dropped``: the timezones that the task does not work on any more.
    """

    verdicts: tuple[Verdict, ...]
    worked_round: int
    current_round: int
    rounds_behind: int
    blocker: Blocker | None
    dropped: Mapping[str, Dropped]
    left_alone: Forecast

    @property
    def verdict(self) -> str:
        return worst(verdict.verdict for verdict in self.verdicts)

    @property
    def catches_up_alone(self) -> bool:
        """Whether the connector catches up if nothing is done."""
        return self.left_alone.is_complete and self.blocker is None

    def as_data(self) -> dict[str, Any]:
        return {
            "worked_round": self.worked_round,
            "current_round": self.current_round,
            "rounds_behind": self.rounds_behind,
            "blocker": None if self.blocker is None else self.blocker.as_data(),
            "dropped_timezones": {timezone: dropped.message for timezone, dropped in self.dropped.items()},
            "left_alone": {
                "rounds_missed": self.rounds_behind,
                "report_runs": self.left_alone.runs,
                "catches_up": self.catches_up_alone,
            },
        }


def judge(
    connector: Connector,
    places: tuple[Place, ...],
    accounts: Mapping[Place, Account],
    limits: Limits,
    now: float,
    evidence: Evidence = NO_EVIDENCE,
) -> StripeJudgement:
    """Judge every expected place and every stored partition; ``accounts`` has every place, ``now`` is epoch seconds."""
    settings = WalkSettings.read(connector.config)
    offsets = read_offsets(connector)
    current = settings.rounds.last(now)
    dropped = dropped_timezones(places, offsets, settings.initial_loads, evidence, current)
    walked = tuple(place for place in places if place.timezone not in dropped)
    worked = worked_round(settings, offsets, walked, now)
    scene = _Scene(
        connector=connector,
        settings=settings,
        offsets=offsets,
        accounts=accounts,
        evidence=evidence,
        limits=limits,
        now=now,
        worked_round=worked,
        current_round=current,
        rounds_behind=settings.rounds.count(worked, current),
        walked=walked,
        # Tasks that do the same work side by side make runs in no order that tells of one poll.
        undelivered=()
        if len(connector.tasks) > 1
        else undelivered_spans(walked, evidence.histories, offsets, settings.initial_loads),
    )
    partitions = partitions_by_place(connector.stored)
    committed = {entry.partition: entry.committed_at for entry in connector.offsets}
    verdicts: dict[Place, Verdict] = {}
    for place in places:
        partition = partitions.get(place) or Partition.of(
            {"report_type": place.report_type, "timezone": place.timezone}
        )
        verdicts[place] = scene.judged(place, partition, committed.get(partition), dropped.get(place.timezone))
    blocker = scene.blocker(verdicts)
    if blocker is not None:
        verdicts = {place: _beside(place, verdict, blocker, walked) for place, verdict in verdicts.items()}
    orphans = [
        Verdict(partition, "orphaned", (NOT_CONFIGURED,), committed_at=committed.get(partition))
        for partition in connector.stored
        if Place.of(partition) not in places
    ]
    return StripeJudgement(
        verdicts=(*verdicts.values(), *orphans),
        worked_round=worked,
        current_round=current,
        rounds_behind=scene.rounds_behind,
        blocker=blocker,
        dropped=dropped,
        left_alone=make_forecast(settings, offsets, offsets, walked, accounts, now),
    )


@dataclass(frozen=True)
class _Scene:
    """The connector as a whole, on which the verdict on each of its places depends. Rounds and ``now`` are epoch seconds."""

    connector: Connector
    settings: WalkSettings
    offsets: Mapping[Place, ReportOffset]
    accounts: Mapping[Place, Account]
    evidence: Evidence
    limits: Limits
    now: float
    worked_round: int
    current_round: int
    rounds_behind: int
    walked: tuple[Place, ...]
    undelivered: tuple[Undelivered, ...]

    def judged(
        self, place: Place, partition: Partition, committed_at: float | None, dropped: Dropped | None
    ) -> Verdict:
        """The verdict on a place by itself, before it is known who blocks whom."""
        offset = self.offsets.get(place)
        if offset is None:
            verdict = "stuck" if has_failed(self.connector) else "missing"
            return Verdict(partition, verdict, tuple(self._why_missing(place, dropped)))
        reasons = list(self._reasons(place, offset, committed_at, dropped))
        if self._is_moving(place, offset):
            reasons = [("late" if reason.code in _OF_AGE else verdict, reason) for verdict, reason in reasons]
        return judged_by(partition, reasons, offset.delivered_to, committed_at)

    def blocker(self, verdicts: Mapping[Place, Verdict]) -> Blocker | None:
        """Who fails the polls; None for a connector that goes on."""
        aborts: dict[Place, Trouble] = {}
        waiting = []
        for place in self.walked:
            offset = self.offsets.get(place)
            if offset is not None and offset.round_id == self.worked_round and offset.processed:
                continue
            step = next_step(self.settings, place, offset, self.worked_round, self.accounts[place])
            if isinstance(step, Request) and step.start < step.end:
                waiting.append(place)
            elif isinstance(step, Trouble) and step.scope == "poll":
                waiting.append(place)
                # A run that is pending yet fails the polls only until it is ready.
                if self.accounts[place].run_status != "pending":
                    aborts[place] = step
        wait = self.settings.max_wait_milliseconds
        found = find_blocker(tuple(waiting), aborts, self.evidence, wait, self.now)
        stands_still = any(verdicts[place].verdict == "stuck" for place in waiting)
        return found if found is not None and (found.is_looping or stands_still) else None

    def _why_missing(self, place: Place, dropped: Dropped | None) -> Iterator[Reason]:
        if dropped is not None:
            yield dropped.reason
        words = "expected, but it has no offset"
        if place.report_type not in self.settings.initial_loads:
            words += ", and without an initial load date it is skipped in every round"
            yield Reason("no_initial_load", words)
        else:
            yield Reason("no_offset", words)
        state = not_running_reason(self.connector)
        if state is not None:
            yield state

    def _reasons(
        self, place: Place, offset: ReportOffset, committed_at: float | None, dropped: Dropped | None
    ) -> Iterator[JudgedReason]:
        """Reasons with what each of them alone would come to, the telling ones first."""
        account = self.accounts[place]
        yield from self._of_the_connector(dropped)
        yield from self._of_clocks_and_units(offset, account)
        if offset.interval_end is None and not offset.run_id:
            misread = next((one for one in offset.misread if one.key == "interval_end"), None)
            words = "its offset has no end" if misread is None else f"its {misread} is not a number to the connector"
            yield "stuck", Reason("no_interval_end", f"{words}, so no round ever finishes")
            return
        is_done = offset.round_id == self.current_round and offset.processed
        if not is_done:
            yield from self._of_the_next_step(place, offset, account)
            yield from self._of_the_open_run(offset, account, committed_at)
        yield from self._of_runs(place)
        yield from self._of_age(offset, account, committed_at, is_done)

    def _of_the_connector(self, dropped: Dropped | None) -> Iterator[JudgedReason]:
        if dropped is not None:
            yield "stuck", dropped.reason
        yield from state_reasons(self.connector)

    def _of_clocks_and_units(self, offset: ReportOffset, account: Account) -> Iterator[JudgedReason]:
        moments = {
            # Without an open run nobody reads it.
            "interval_start": offset.interval_start if offset.run_id else None,
            "interval_end": offset.interval_end,
            "round_id": offset.round_id,
        }
        for name, moment in moments.items():
            if moment is not None and moment > LATEST_EPOCH_SECONDS:
                words = f"its {name} {moment} is no time in seconds (in milliseconds it would be {show_moment(moment // 1000)})"
                yield "stuck", Reason("unit_doubtful", words, moment, LATEST_EPOCH_SECONDS)
                return
        reason = clock_doubtful("its round", offset.round_id, self.now)
        reason = reason or clock_doubtful("the end of Stripe's data", account.available_end, self.now)
        if reason is not None:
            yield "unknown", reason

    def _of_the_next_step(self, place: Place, offset: ReportOffset, account: Account) -> Iterator[JudgedReason]:
        """What the connector itself cannot get past in the round that it works on."""
        if offset.round_id == self.worked_round and offset.processed:
            return
        step = next_step(self.settings, place, offset, self.worked_round, account)
        if isinstance(step, Trouble):
            words = step.reason
            if step.code == "run_without_result" and account.run_error:
                words = f"{words}: {account.run_error}"
            yield ("late" if account.run_status == "pending" else "stuck"), Reason(step.code, words)

    def _of_the_open_run(
        self, offset: ReportOffset, account: Account, committed_at: float | None
    ) -> Iterator[JudgedReason]:
        begun = account.run_created if account.run_created is not None else committed_at
        if not offset.run_id or begun is None:
            return
        age = int(self.now - begun)
        limit = self.limits.max_run_age_seconds
        if age > limit:
            words = f"its report run {offset.run_id} is {account.run_status} and {show_seconds(age)} old"
            yield "stuck", Reason("run_too_old", words, age, limit, int(begun))

    def _of_runs(self, place: Place) -> Iterator[JudgedReason]:
        runs = self.evidence.runs_of(place) or ()
        if runs and runs[0].status == "failed":
            words = f"its last report run failed: {runs[0].error or 'Stripe does not say why'}"
            yield "late", Reason("run_failed", words, since=runs[0].created)
        for span in self.undelivered:
            if span.place == place:
                load = self.settings.initial_loads.get(place.report_type)
                comes = load is not None and load <= span.start
                words = f"the rows of {show_span(span.start, span.end)} were fetched in a poll that failed and never delivered"
                words += ", the next round delivers them" if comes else ", and no later round will"
                reason = Reason("rows_undelivered", words, span.end - span.start, 0, span.since)
                yield ("late" if comes else "stuck"), reason

    def _of_age(
        self, offset: ReportOffset, account: Account, committed_at: float | None, is_done: bool
    ) -> Iterator[JudgedReason]:
        delivered_to = offset.delivered_to
        if delivered_to is None:
            return
        limits = self.limits
        behind = max(0, account.available_end - delivered_to)
        age = max(0, int(self.now) - delivered_to)
        # Since its round began, a finished place falls behind by what Stripe has added meanwhile, and by no more.
        most_behind = int(self.now) - self.current_round + _NORMAL_DELAY_SECONDS
        ended_early = is_done and behind > most_behind
        if behind and not is_done and not self._is_normal_so_far(behind):
            words = f"{show_seconds(behind)} behind" + ("" if account.asked else " the end of yesterday")
            yield "late", Reason("behind_data", words, behind)
        if ended_early:
            words = f"its round ended {show_seconds(behind)} before the data does, as after an empty report"
            yield "late", Reason("ended_early", words, behind, most_behind)
        oldest = limits.max_age_seconds
        if behind and age > oldest and (ended_early or not is_done):
            words = f"older than {limits.max_age_days} d"
            yield "stuck", Reason("interval_end_old", words, age, oldest, delivered_to + oldest)
        # Rounds of a frequent cron are missed while a report is made; that is no stall.
        if self.rounds_behind >= limits.max_rounds_behind and self.current_round - self.worked_round > _STALL_SECONDS:
            words = f"{self.rounds_behind} rounds missed"
            since = self.settings.rounds.next(self.worked_round)
            yield "stuck", Reason("rounds_missed", words, self.rounds_behind, limits.max_rounds_behind, since)
        if behind and not is_done and committed_at is not None:
            yield from self._of_the_commit(offset, committed_at)

    def _of_the_commit(self, offset: ReportOffset, committed_at: float) -> Iterator[JudgedReason]:
        due_since = committed_at
        if offset.processed and offset.round_id is not None and offset.round_id < self.current_round:
            # Done with its round, it had nothing to store until the next one began.
            due_since = max(committed_at, self.settings.rounds.next(offset.round_id))
        reason = no_commit(due_since, self.limits.max_commit_age_seconds, self.now)
        if reason is not None:
            yield "stuck", reason

    def _is_normal_so_far(self, behind: int) -> bool:
        """Whether a round has just begun, and the place is behind by what the one before could not fetch yet."""
        time_for_all = self.settings.max_wait_milliseconds // 1000 * len(self.walked)
        since = self.now - self.current_round
        has_just_begun = self.worked_round == self.current_round and since < max(_SHORTEST_ROUND_SECONDS, time_for_all)
        round_before = self.settings.rounds.last(self.current_round)
        return has_just_begun and behind <= self.current_round - round_before + _NORMAL_DELAY_SECONDS

    def _is_moving(self, place: Place, offset: ReportOffset) -> bool:
        """Whether what is stored is the fruit of a report of the last day that was ready in time."""
        return any(
            self.now - run.created < _STALL_SECONDS
            and is_in_time(run, self.settings.max_wait_milliseconds, self.now) is True
            and (run.id == offset.run_id or (offset.run_id is None and run.end == offset.interval_end))
            for run in self.evidence.runs_of(place) or ()
        )


# Troubles of a place's own, which stay when another place's blocking ends.
_OF_ITS_OWN = (
    "before_data",
    "dropped_at_start",
    "empty_run_id",
    "no_initial_load",
    "no_interval_end",
    "no_interval_start",
    "run_without_result",
    "unit_doubtful",
)


def _beside(place: Place, verdict: Verdict, blocker: Blocker, walked: tuple[Place, ...]) -> Verdict:
    """The verdict once it is known who blocks: on the blocker itself, and on those that it keeps waiting."""
    if place in blocker.places:
        if any(reason.code == blocker.reason.code for reason in verdict.reasons):
            return replace(verdict, verdict="stuck")
        return replace(verdict, verdict="stuck", reasons=(blocker.reason, *verdict.reasons))
    has_own_trouble = any(reason.code in _OF_ITS_OWN for reason in verdict.reasons)
    if place not in walked or verdict.verdict == "ok" or has_own_trouble:
        return verdict
    if place < blocker.places[0]:
        reason = Reason("held_up_later", f"not stored: the poll is held up further on, by {blocker.seen_from(place)}")
    else:
        reason = Reason("waits_behind", f"waits behind {blocker.seen_from(place)}")
    starved = "missing" if verdict.verdict == "missing" else "blocked"
    return replace(verdict, verdict=starved, reasons=(reason, *verdict.reasons))
