# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The strategies for the Stripe reporting connector: which offset to write for each intention.

Every target belongs to a round. Writing another round than the one the connector will work on is worse than writing
nothing: the connector starts over at the initial load date, or drags itself back. So the round is decided here, once,
for all the targets of a connector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.dropped import (
    dropped_timezones,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
    continuing_at,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_judge import (
    ended_early,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

Targets = Mapping[ReportPartition, ReportOffset]


def holds_until(situation: Situation) -> int:
    """When the targets may be others (epoch seconds): as the next round begins, or the next UTC day."""
    tomorrow = (int(situation.now) // DAY_SECONDS + 1) * DAY_SECONDS
    try:
        return min(situation.settings.rounds.next(situation.now), tomorrow)
    except InputError:
        # The cron expression names no round after this one.
        return tomorrow


def target_round(situation: Situation, chosen: Sequence[ReportPartition]) -> int:
    """The round (epoch seconds) of all the targets.

    All partitions can move to the current round together; some of them must stay in the round of the others. A
    partition without an offset has no round to stay in. A partition whose timezone no task works on holds no other
    back.
    """
    moves_all = set(chosen) >= set(situation.deciding) & set(situation.offsets)
    return situation.current_round if moves_all else situation.worked_round


def continue_lossless(situation: Situation, chosen: Sequence[ReportPartition]) -> Targets:
    """The smallest change that repairs the connector. Nothing is skipped; rows are read twice only where an open run
    cannot be resumed.

    On the current round only partitions that cannot continue without help are changed. Behind it the chosen partitions
    move to the target round, so that missed rounds are not reloaded one by one.
    """
    round_id = target_round(situation, chosen)
    moves = round_id != situation.worked_round
    # After the restart that brings one back it would read everything since its initial load date again.
    dropped = dropped_timezones(situation)
    targets = {}
    for partition in chosen:
        offset = situation.offsets.get(partition)
        if offset is None:
            continue
        _refuse_future(situation, partition, offset)
        if offset.round_id == round_id:
            # Without the move, it would be processed again in a later round and deliver what has arrived since.
            is_behind = moves and offset.goes_on_at != situation.stripe[partition].available_to
            needs_help = is_behind or _needs_help_in(round_id, situation, partition, offset)
        else:
            is_dropped = partition.timezone in dropped and offset.delivered_to is not None
            needs_help = moves or is_dropped or _loses_by_starting_over(situation, partition, offset)
        if needs_help:
            targets[partition] = _continuing(situation, partition, offset, round_id)
    return targets


def _refuse_future(situation: Situation, partition: ReportPartition, offset: ReportOffset) -> None:
    """Raise InputError for an offset that is ahead of the clock: the data that it claims to have delivered does not exist."""
    delivered_to = offset.delivered_to
    # A day, since this clock and the clock of the writer may differ.
    if delivered_to is not None and delivered_to > situation.now + DAY_SECONDS:
        raise InputError(
            f"{partition}: its offset says that all is delivered up to {show_moment(delivered_to)}, which is in the future."
            " The strategy continue cannot reset it. Reset this partition alone, named in partitions, with timestamp,"
            " available_end, restore or delete. The strategy delete starts over at its initial load date."
        )


def _needs_help_in(round_id: int, situation: Situation, partition: ReportPartition, offset: ReportOffset) -> bool:
    """Whether a partition of the target round that is left as it is would lose data, or hang."""
    if any(one.meant is not None for one in offset.misread_in(round_id)):
        return True
    if offset.processed:
        return round_id == situation.current_round and ended_early(offset, situation.stripe[partition], situation)
    if offset.run_id is None:
        delivered_to = offset.delivered_to
        return delivered_to is None or offset.row is not None or delivered_to < situation.stripe[partition].data_start
    return not _run_is_whole(situation, partition, offset)


def _loses_by_starting_over(situation: Situation, partition: ReportPartition, offset: ReportOffset) -> bool:
    """Whether a partition of another round, which starts over at its initial load date or is left out, loses data by that."""
    if any(one.meant is not None for one in offset.misread_in(situation.worked_round)):
        return True
    available_to = situation.stripe[partition].available_to
    goes_on_at = situation.settings.initial_loads.get(partition.report_type, available_to)
    return offset.delivered_to is not None and offset.delivered_to < min(goes_on_at, available_to)


def _run_is_whole(situation: Situation, partition: ReportPartition, offset: ReportOffset) -> bool:
    """Whether resuming the open run delivers everything: Stripe has its result and its end has not moved."""
    stripe = situation.stripe[partition]
    if stripe.run_status != "succeeded" or not stripe.asked or not offset.run_id or offset.interval_start is None:
        return False
    end = min(stripe.available_to, offset.interval_start + situation.settings.max_interval_seconds)
    return end == offset.interval_end


def _continuing(situation: Situation, partition: ReportPartition, offset: ReportOffset, round_id: int) -> ReportOffset:
    meant = offset.as_meant()
    if meant.run_id is not None and _run_is_whole(situation, partition, meant):
        return ReportOffset(
            meant.interval_start, meant.interval_end, meant.run_id, meant.row, round_id, processed=False
        )
    if offset.delivered_to is None:
        unclear = next((f"its {one} is not a number" for one in offset.misread if one.key.startswith("interval")), None)
        raise InputError(
            f"{partition}: {unclear or 'its offset does not show how far it has delivered'}. The strategy continue "
            "cannot reset it. Reset this partition alone, named in partitions, with timestamp, restore or delete. The strategy"
            " delete starts over at its initial load date."
        )
    return continuing_at(max(offset.delivered_to, situation.stripe[partition].data_start), round_id)


def current(situation: Situation, chosen: Sequence[ReportPartition]) -> Targets:
    """Go on at the start of the current UTC day; the same all day long, so that a preview holds."""
    today = int(situation.now) // DAY_SECONDS * DAY_SECONDS
    return _skipping(situation, chosen, lambda partition: today)


def available_end(situation: Situation, chosen: Sequence[ReportPartition]) -> Targets:
    """Go on where Stripe's data ends now. Raises InputError where Stripe could not be asked."""
    for partition in chosen:
        if not situation.stripe[partition].asked:
            raise InputError(
                f"{partition}: Stripe could not be asked for its data_available_end: set stripe_api_keys with a key for"
                f" {partition.timezone}, or choose another strategy."
            )
    return _skipping(situation, chosen, lambda partition: situation.stripe[partition].available_to)


def at_moment(situation: Situation, chosen: Sequence[ReportPartition], moment: int) -> Targets:
    """Go on at one moment (epoch seconds) everywhere. Raises InputError for one that is still to come."""
    if moment > situation.now:
        raise InputError(
            f"timestamp {show_moment(moment)} is in the future, so the data until then would not be delivered: set it to a moment"
            " that has passed."
        )
    round_id = target_round(situation, chosen)
    return {partition: continuing_at(moment, round_id) for partition in chosen}


def _skipping(
    situation: Situation, chosen: Sequence[ReportPartition], moment_of: Callable[[ReportPartition], int]
) -> Targets:
    """Partitions at their moment or past it, in the target round and with no run open, stay as they are."""
    round_id = target_round(situation, chosen)
    targets = {}
    for partition in chosen:
        moment = moment_of(partition)
        offset = situation.offsets.get(partition)
        is_there = (
            offset is not None
            and offset.round_id == round_id
            and offset.run_id is None
            and offset.delivered_to is not None
            and offset.delivered_to >= moment
        )
        if not is_there:
            targets[partition] = continuing_at(moment, round_id)
    return targets
