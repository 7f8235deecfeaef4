# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a Stripe reporting connector's partitions.

Stale is judged against Stripe's data, not against now: data of a UTC day is there by noon of the next, and the connector
fetches it at the next round, so an offset of 24 to 36 hours ago is normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.accounts import (
    partitions_by_place,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.decision import read_offsets
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.walk import (
    Account,
    WalkSettings,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts import Reason, Verdict

# How old Stripe's newest data is at most when it is prepared as usual.
_NORMAL_DELAY_SECONDS = 36 * 3600
# The plan's own alarm: no offset for a day.
_STALL_SECONDS = DAY_SECONDS


@dataclass(frozen=True)
class Limits:
    """From when on a partition is stuck rather than late."""

    max_age_days: int = 7
    max_rounds_behind: int = 2


@dataclass(frozen=True)
class StripeAssessment:
    """Verdicts in the order of the walk, then of the partitions that are not walked any more. Rounds are epoch seconds."""

    verdicts: tuple[Verdict, ...]
    worked_round: int
    current_round: int
    rounds_behind: int


def assess(
    connector: Connector, places: tuple[Place, ...], accounts: Mapping[Place, Account], limits: Limits, now: float
) -> StripeAssessment:
    """Judge every expected place and every stored partition; ``accounts`` has every place, ``now`` is epoch seconds."""
    settings = WalkSettings.read(connector.config)
    partitions = partitions_by_place(connector.stored)
    offsets = read_offsets(connector)
    worked = worked_round(settings, offsets, places, now)
    current = settings.rounds.last(now)
    standing = _Standing(settings, worked, current, settings.rounds.count(worked, current), limits, now)
    verdicts = []
    for place in places:
        partition = partitions.get(place) or Partition.of(
            {"report_type": place.report_type, "timezone": place.timezone}
        )
        verdicts.append(_verdict(partition, place, offsets.get(place), accounts[place], standing))
    for partition in connector.stored:
        if Place.of(partition) not in places:
            reason = Reason("not_configured", "has an offset, but the connector is not configured to work on it")
            verdicts.append(Verdict(partition, "orphaned", (reason,)))
    return StripeAssessment(tuple(verdicts), worked, current, standing.rounds_behind)


@dataclass(frozen=True)
class _Standing:
    """Where the connector as a whole stands. Rounds and ``now`` are epoch seconds."""

    settings: WalkSettings
    worked_round: int
    current_round: int
    rounds_behind: int
    limits: Limits
    now: float


def _verdict(
    partition: Partition, place: Place, offset: ReportOffset | None, account: Account, standing: _Standing
) -> Verdict:
    if offset is None:
        words = "expected, but it has no offset"
        if place.report_type not in standing.settings.initial_loads:
            words += ", and without an initial load date it is skipped in every round"
        return Verdict(partition, "missing", (Reason("no_offset", words),))
    delivered_to = offset.delivered_to
    if delivered_to is None:
        return Verdict(
            partition, "stuck", (Reason("no_interval_end", "its offset has no end, so no round ever finishes"),)
        )
    limits = standing.limits
    behind = max(0, account.available_end - delivered_to)
    age = max(0, int(standing.now) - delivered_to)
    is_done = offset.round_id == standing.current_round and offset.processed
    reasons = []
    verdict = "ok"
    if behind and not is_done:
        verdict = "late"
        words = f"{show_seconds(behind)} behind" + ("" if account.asked else " the end of yesterday")
        reasons.append(Reason("behind_data", words, behind))
    # Since its round began, a finished place falls behind by what Stripe has added meanwhile, and by no more.
    most_behind = int(standing.now) - standing.current_round + _NORMAL_DELAY_SECONDS
    if is_done and behind > most_behind:
        verdict = "late"
        words = f"its round ended {show_seconds(behind)} before the data does, as after an empty report"
        reasons.append(Reason("ended_early", words, behind, most_behind))
    if behind and age > limits.max_age_days * DAY_SECONDS:
        verdict = "stuck"
        words = f"older than {limits.max_age_days} d"
        reasons.append(Reason("interval_end_old", words, age, limits.max_age_days * DAY_SECONDS))
    # Rounds of a frequent cron are missed while a report is made; that is no stall.
    stalled_for = standing.current_round - standing.worked_round
    if standing.rounds_behind >= limits.max_rounds_behind and stalled_for > _STALL_SECONDS:
        verdict = "stuck"
        reasons.append(
            Reason(
                "rounds_missed",
                f"{standing.rounds_behind} rounds missed",
                standing.rounds_behind,
                limits.max_rounds_behind,
            )
        )
    if offset.run_id == "" and not offset.processed:
        verdict = "stuck"
        reasons.append(Reason("empty_run_id", "its open report run has an empty id, which aborts every poll"))
    if offset.run_id is not None and account.run_status in ("failed", "lost"):
        verdict = "stuck"
        reasons.append(Reason("run_without_result", f"its open report run {offset.run_id} is {account.run_status}"))
    return Verdict(partition, verdict, tuple(reasons), delivered_to)
