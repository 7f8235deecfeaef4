# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a Stripe reporting connector: on each partition, on who blocks the others, on what doing nothing costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import (
    Blocker,
    find_blocker,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.dropped import (
    Dropped,
    dropped_timezones,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.left_alone import (
    LeftAlone,
    leave_alone,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_judge import (
    PartitionJudge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.task_memory import (
    done_in_memory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.undelivered import (
    undelivered_spans,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Problem,
    Request,
    next_step,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    not_running_reason,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    NOT_CONFIGURED,
    Limits,
    Reason,
    Verdict,
    VerdictName,
    worst,
)


@dataclass(frozen=True)
class StripeJudgement:
    """Verdicts in the order of the walk, then of the partitions that are not walked any more. Rounds are epoch seconds.

    ``blocker``: the partition that keeps the others from storing progress. ``left_alone``: what happens if nothing is done,
    each report being ready in time. ``dropped``: the timezones that the task does not work on any more.
    """

    verdicts: tuple[Verdict, ...]
    worked_round: int
    current_round: int
    rounds_behind: int
    blocker: Blocker | None
    dropped: Mapping[str, Dropped]
    left_alone: LeftAlone

    @property
    def verdict(self) -> VerdictName:
        return worst(verdict.verdict for verdict in self.verdicts)

    def as_data(self) -> dict[str, Any]:
        return {
            "worked_round": self.worked_round,
            "current_round": self.current_round,
            "rounds_behind": self.rounds_behind,
            "blocker": None if self.blocker is None else self.blocker.as_data(),
            "dropped_timezones": {timezone: dropped.message for timezone, dropped in self.dropped.items()},
            "left_alone": self.left_alone.as_data(),
        }


def judge(situation: Situation, limits: Limits, restarted: Forecast | None = None) -> StripeJudgement:
    """Judge every expected partition and every stored one.

    ``restarted``: the forecast for a restart without a change, where it is known already.
    """
    connector, settings, offsets = situation.connector, situation.settings, situation.offsets
    dropped = dropped_timezones(situation)
    walked = tuple(partition for partition in situation.partitions if partition.timezone not in dropped)
    worked = worked_round(settings, offsets, walked, situation.now)
    in_memory = done_in_memory(situation, walked, worked)
    judge_one = PartitionJudge(
        situation=situation,
        limits=limits,
        worked_round=worked,
        rounds_behind=settings.rounds.count(worked, situation.current_round),
        walked=walked,
        in_memory=in_memory,
        # Tasks that do the same work side by side make runs in an order that shows no single poll.
        undelivered=()
        if len(connector.tasks) > 1
        else undelivered_spans(walked, situation.evidence.histories, offsets, settings.initial_loads),
    )
    entries = {entry.partition: entry for entry in connector.offsets}
    verdicts: dict[ReportPartition, Verdict] = {}
    for partition in situation.partitions:
        source = situation.source_of(partition)
        verdicts[partition] = judge_one.verdict(partition, source, entries.get(source), dropped.get(partition.timezone))
    waits = tuple(partition for partition in walked if partition not in in_memory)
    blocker = _blocker(situation, worked, waits, verdicts) if situation.is_working else None
    if blocker is not None:
        waiting = frozenset(walked)
        verdicts = {one: _beside(one, verdict, blocker, waiting) for one, verdict in verdicts.items()}
    orphans = [
        Verdict(source, "orphaned", (NOT_CONFIGURED,), committed_at=entries[source].committed_at)
        for source in connector.stored
        if ReportPartition.of(source) not in situation.configured
    ]
    if restarted is None:
        restarted = make_forecast(situation)
    blocked_by = None if blocker is None else f"every poll still fails at {blocker}"
    state = not_running_reason(connector)
    if state is not None and (has_failed(connector) or not situation.is_working):
        blocked_by = state.message
    return StripeJudgement(
        verdicts=(*verdicts.values(), *orphans),
        worked_round=worked,
        current_round=situation.current_round,
        rounds_behind=judge_one.rounds_behind,
        blocker=blocker,
        dropped=dropped,
        left_alone=leave_alone(situation, walked, in_memory, blocked_by, restarted),
    )


def _blocker(
    situation: Situation, worked: int, walked: tuple[ReportPartition, ...], verdicts: Mapping[ReportPartition, Verdict]
) -> Blocker | None:
    """The partition that fails the polls; None for a connector that makes progress."""
    aborts: dict[ReportPartition, Problem] = {}
    waiting = []
    for partition in walked:
        offset = situation.offsets.get(partition)
        if offset is not None and offset.is_done_in(worked):
            continue
        stripe = situation.stripe[partition]
        step = next_step(situation.settings, partition, offset, worked, stripe)
        if isinstance(step, Request) and step.start < step.end:
            waiting.append(partition)
        elif isinstance(step, Problem) and step.scope == "poll":
            waiting.append(partition)
            # A run that is still pending fails the polls only until it is ready.
            if stripe.run_status != "pending":
                aborts[partition] = step
    wait = situation.settings.max_wait_milliseconds
    found = find_blocker(tuple(waiting), aborts, situation.evidence, wait, situation.now)
    stands_still = any(verdicts[partition].verdict == "stuck" for partition in waiting)
    return found if found is not None and (found.is_looping or stands_still) else None


# The partition's own problems, which stay when another partition stops blocking.
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


def _beside(
    partition: ReportPartition, verdict: Verdict, blocker: Blocker, walked: Collection[ReportPartition]
) -> Verdict:
    """The verdict once the blocker is known: on the blocker itself, and on the partitions that it keeps waiting."""
    if partition in blocker.partitions:
        if any(reason.code == blocker.reason.code for reason in verdict.reasons):
            return verdict._replace(verdict="stuck")
        return verdict._replace(verdict="stuck", reasons=(blocker.reason, *verdict.reasons))
    has_own_problem = any(reason.code in _OF_ITS_OWN for reason in verdict.reasons)
    if partition not in walked or verdict.verdict == "ok" or has_own_problem:
        return verdict
    if partition < blocker.partitions[0]:
        reason = Reason("blocked_later", f"not stored, because the poll fails later, at {blocker.seen_from(partition)}")
    else:
        reason = Reason("waits_behind", f"waits behind {blocker.seen_from(partition)}")
    starved: VerdictName = "missing" if verdict.verdict == "missing" else "blocked"
    return verdict._replace(verdict=starved, reasons=(reason, *verdict.reasons))
