# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding a reset of the Stripe reporting connector, and saying what it will make the connector do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset import (
    OffsetTargets,
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.selection import choose_partitions
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting import strategies
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.accounts import (
    expected_places,
    partitions_by_place,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.forecast import (
    Forecast,
    PlaceForecast,
    foresee,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.walk import (
    Account,
    WalkSettings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# These say by their name that data may be left out; the others need allow_gap for it.
_SKIPPING_BY_NAME = ("current", "available_end", "restore")


@dataclass(frozen=True)
class StripeDecision:
    """The targets, what the connector will do with them, and what it would do if left alone."""

    targets: OffsetTargets
    before: Mapping[Place, ReportOffset]
    after: Mapping[Place, ReportOffset]
    forecast: Forecast
    left_alone: Forecast
    accounts: Mapping[Place, Account]
    changed: frozenset[Place]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before agreeing, one sentence each."""
        return tuple(note for one in self.forecast.places for note in self._notes_on(one))

    def _notes_on(self, one: PlaceForecast) -> Iterator[str]:
        offset = self.after.get(one.place)
        if offset and one.place in self.changed and one.next_request and offset.round_id != self.forecast.worked_round:
            yield (
                f"{one.place}: the connector works on another round, so it will ignore this offset and start over at"
                f" {show_moment(one.next_request.start)}."
            )
        if one.trouble and one.trouble != self.left_alone.of(one.place).trouble:
            yield f"{one.place}: {one.trouble}."


def read_offsets(connector: Connector) -> dict[Place, ReportOffset]:
    stored = connector.stored
    return {place: ReportOffset.read(stored[one]) for place, one in partitions_by_place(stored).items()}


def decide(
    connector: Connector,
    request: ResetRequest,
    accounts: Mapping[Place, Account],
    timezones: Sequence[str],
    now: float,
) -> StripeDecision:
    """Decide the targets of ``request``; ``accounts`` has every expected place. Raises InputError.

    ``now`` is epoch seconds.
    """
    settings = WalkSettings.read(connector.config)
    places = expected_places(connector, timezones)
    before = read_offsets(connector)
    targets = _targets(connector, request, settings, places, before, accounts, now)
    after = dict(before)
    stored = connector.stored
    changed = set()
    for partition, target in targets.items():
        place = Place.of(partition)
        if place is None:
            continue
        if not same_offset(stored.get(partition), target):
            changed.add(place)
        if target is None:
            after.pop(place, None)
        else:
            after[place] = ReportOffset.read(target)
    forecast = foresee(settings, before, after, places, accounts, now)
    decision = StripeDecision(
        targets=targets,
        before=before,
        after=after,
        forecast=forecast,
        left_alone=foresee(settings, before, before, places, accounts, now),
        accounts=accounts,
        changed=frozenset(changed),
    )
    _refuse_harm(decision, request)
    return decision


def _targets(
    connector: Connector,
    request: ResetRequest,
    settings: WalkSettings,
    places: tuple[Place, ...],
    before: Mapping[Place, ReportOffset],
    accounts: Mapping[Place, Account],
    now: float,
) -> OffsetTargets:
    if request.strategy in ("offset", "delete", "restore"):
        return generic_targets(connector, request)
    partitions = partitions_by_place(connector.stored)
    chosen = []
    for partition in choose_partitions(tuple(connector.stored), request.partitions, connector.name):
        place = Place.of(partition)
        if place in places:
            chosen.append(place)
        elif request.partitions:
            raise InputError(
                f"{partition}: connector '{connector.name}' is not configured to work on it any more, so only the strategies"
                " delete, offset and restore make sense there."
            )
    situation = strategies.Situation(settings, before, places, tuple(sorted(chosen)), accounts, now)
    return {partitions[place]: offset.written() for place, offset in _decided(situation, request).items()}


def _decided(situation: strategies.Situation, request: ResetRequest) -> strategies.Targets:
    if request.strategy == "continue":
        return strategies.continue_lossless(situation)
    if request.strategy == "current":
        return strategies.current(situation)
    if request.strategy == "available_end":
        return strategies.available_end(situation)
    if request.moment is None:
        raise InputError("The strategy timestamp needs the option timestamp.")
    return strategies.at_moment(situation, request.moment)


def _refuse_harm(decision: StripeDecision, request: ResetRequest) -> None:
    """Refuse what wedges the connector, and what skips data without the user's word for it."""
    for one in decision.forecast.places:
        alone = decision.left_alone.of(one.place)
        # A trouble of before is not of this offset's making, as when two places are mended one after the other.
        is_new_trouble = one.place in decision.changed and one.trouble not in (None, alone.trouble)
        if request.strategy == "offset" and is_new_trouble:
            raise InputError(f"{one.place}: with this offset the connector would hang: {one.trouble}.")
        gap_is_agreed = request.allow_gap or request.strategy in _SKIPPING_BY_NAME
        if one.skipped_seconds > alone.skipped_seconds and not gap_is_agreed:
            raise InputError(
                f"{one.place}: this would skip {skipped_words(one.skipped)}: set allow_gap to true if that is wanted,"
                " or use the strategy continue."
            )


def skipped_words(skipped: Sequence[tuple[int, int]]) -> str:
    """``2026-11-11..2026-11-23 (12 d)``."""
    spans = ", ".join(show_span(start, end) for start, end in skipped)
    return f"{spans} ({show_seconds(sum(end - start for start, end in skipped))})"
