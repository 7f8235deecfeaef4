# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The strategies for the Stripe reporting connector: which offset to write for each intention.

Every target belongs to a round. Writing another round than the one the connector will work on is worse than writing
nothing: the connector starts over at the initial load date, or drags itself back. So the round is decided here, once,
for all the targets of a connector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
    continuing_at,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Account,
    WalkSettings,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


@dataclass(frozen=True)
class Situation:
    """All that a strategy decides on. ``chosen`` is a part of ``places``; ``now`` is epoch seconds."""

    settings: WalkSettings
    offsets: Mapping[Place, ReportOffset]
    places: tuple[Place, ...]
    chosen: tuple[Place, ...]
    accounts: Mapping[Place, Account]
    now: float

    @property
    def current_round(self) -> int:
        return self.settings.rounds.last(self.now)

    @property
    def worked_round(self) -> int:
        return worked_round(self.settings, self.offsets, self.places, self.now)

    @property
    def target_round(self) -> int:
        """All places can move to the current round together; some of them must stay in the round of the others.

        A place without an offset has no round to stay in.
        """
        moved = set(self.chosen) >= set(self.places) & set(self.offsets)
        return self.current_round if moved else self.worked_round


Targets = Mapping[Place, ReportOffset]


def continue_lossless(situation: Situation) -> Targets:
    """The smallest change that heals. Nothing is skipped; rows come twice only where an open run cannot be resumed.

    On the current round only places that cannot go on by themselves are changed. Behind it all the chosen places move to
    the target round, so that missed rounds are not reloaded one by one.
    """
    round_id = situation.target_round
    moves = round_id != situation.worked_round
    targets = {}
    for place in situation.chosen:
        offset = situation.offsets.get(place)
        if offset is None:
            continue
        if not moves and not _needs_help(situation, place, offset):
            continue
        targets[place] = _continuing(situation, place, offset, round_id)
    return targets


def _needs_help(situation: Situation, place: Place, offset: ReportOffset) -> bool:
    """Whether a place that is left as it is would lose data, or hang, in the worked round."""
    if any(one.meant is not None for one in offset.misread_in(situation.worked_round)):
        return True
    if offset.round_id != situation.worked_round:
        # It starts over at its initial load date, or is left out without one: what lies before that is lost.
        available_end = situation.accounts[place].available_end
        goes_on_at = situation.settings.initial_loads.get(place.report_type, available_end)
        return offset.delivered_to is not None and offset.delivered_to < min(goes_on_at, available_end)
    if offset.processed:
        return False
    if offset.run_id is None:
        delivered_to = offset.delivered_to
        return delivered_to is None or offset.row is not None or delivered_to < _data_start(situation, place)
    return not _run_is_whole(situation, place, offset)


def _data_start(situation: Situation, place: Place) -> int:
    """Where Stripe's data begins; what lies before it cannot be asked for, and does not exist."""
    return situation.accounts[place].available_start or 0


def _run_is_whole(situation: Situation, place: Place, offset: ReportOffset) -> bool:
    """Whether resuming the open run delivers everything: Stripe has its result and its end has not moved."""
    account = situation.accounts[place]
    if account.run_status != "succeeded" or not account.asked or not offset.run_id or offset.interval_start is None:
        return False
    end = min(account.available_end, offset.interval_start + situation.settings.max_interval_seconds)
    return end == offset.interval_end


def _continuing(situation: Situation, place: Place, offset: ReportOffset, round_id: int) -> ReportOffset:
    meant = offset.as_meant()
    if meant.run_id is not None and _run_is_whole(situation, place, meant):
        return ReportOffset(
            meant.interval_start, meant.interval_end, meant.run_id, meant.row, round_id, processed=False
        )
    if offset.delivered_to is None:
        unclear = next((f"its {one} is not a number" for one in offset.misread if one.key.startswith("interval")), None)
        raise InputError(
            f"{place}: {unclear or 'its offset does not say up to where it has delivered'}, so it cannot continue: choose the"
            " strategy delete (starts over at the initial load date), timestamp or restore."
        )
    return continuing_at(max(offset.delivered_to, _data_start(situation, place)), round_id)


def current(situation: Situation) -> Targets:
    """Go on at the start of the current UTC day; the same all day long, so that a preview holds."""
    today = int(situation.now) // DAY_SECONDS * DAY_SECONDS
    return _skipping(situation, lambda place: today)


def available_end(situation: Situation) -> Targets:
    """Go on where Stripe's data ends now. Raises InputError where Stripe could not be asked."""
    for place in situation.chosen:
        if not situation.accounts[place].asked:
            raise InputError(
                f"{place}: Stripe could not be asked for its data_available_end: give stripe_api_keys with a key for"
                f" {place.timezone}, or choose another strategy."
            )
    return _skipping(situation, lambda place: situation.accounts[place].available_end)


def at_moment(situation: Situation, moment: int) -> Targets:
    """Go on at one moment (epoch seconds) everywhere."""
    return {place: continuing_at(moment, situation.target_round) for place in situation.chosen}


def _skipping(situation: Situation, moment_of: Callable[[Place], int]) -> Targets:
    """Places that are at their moment or past it, in the target round and with no run open, stay as they are."""
    targets = {}
    for place in situation.chosen:
        moment = moment_of(place)
        offset = situation.offsets.get(place)
        is_there = (
            offset is not None
            and offset.round_id == situation.target_round
            and offset.run_id is None
            and offset.delivered_to is not None
            and offset.delivered_to >= moment
        )
        if not is_there:
            targets[place] = continuing_at(moment, situation.target_round)
    return targets
