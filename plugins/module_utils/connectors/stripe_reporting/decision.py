# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding a reset of the Stripe reporting connector, and saying what it will make the connector do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import strategies
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    expected_places,
    partitions_by_place,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PlaceForecast,
    Spans,
    make_forecast,
    without,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Account,
    WalkSettings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    OffsetTargets,
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.selection import choose_partitions
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# These say by their name that data may be left out; the others need allow_gap for it.
_SKIPPING_BY_NAME = ("current", "available_end", "restore")


@dataclass(frozen=True)
class Loss:
    """What one place will not deliver because of a change, in words."""

    place: Place
    message: str


@dataclass(frozen=True)
class StripeDecision:
    """The targets, what the connector will do with them, and what it would do if left alone."""

    settings: WalkSettings
    targets: OffsetTargets
    before: Mapping[Place, ReportOffset]
    after: Mapping[Place, ReportOffset]
    forecast: Forecast
    left_alone: Forecast
    accounts: Mapping[Place, Account]
    changed: frozenset[Place]
    losses: tuple[Loss, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before agreeing, one sentence each."""
        return tuple(
            note for one in self.forecast.places for note in (*self._notes_on(one), *self._misread_in(one.place))
        )

    def ignores(self, one: PlaceForecast) -> bool:
        """Whether the connector will not act on the offset written to the place, which is not of the round it works on."""
        offset = self.after.get(one.place)
        if offset is None or one.place not in self.changed:
            return False
        round_id = self.forecast.worked_round if one.next_request is None else one.next_request.round_id
        return offset.round_id != round_id

    def _notes_on(self, one: PlaceForecast) -> Iterator[str]:
        if one.next_request and self.ignores(one):
            yield (
                f"{one.place}: the connector works on another round, so it will ignore this offset and start over at"
                f" {show_moment(one.next_request.start)}."
            )
        if one.trouble and one.trouble != self.left_alone.of(one.place).trouble:
            yield f"{one.place}: {one.trouble}."

    def _misread_in(self, place: Place) -> Iterator[str]:
        """What is not a number to the connector where it looks for one, what it makes of that, and what happens to it."""
        offset = self.before.get(place)
        if offset is None:
            return
        fate = "it is rewritten" if place in self.after else "it is deleted"
        for one in offset.misread_in(self.left_alone.worked_round):
            if one.key == "round_id":
                load = place.report_type in self.settings.initial_loads
                effect = "start over at the initial load date" if load else "skip this partition in every round"
            elif one.key == "last_committed_row":
                effect = "deliver the open report from its first row"
            else:
                effect = "skip this partition and never finish its round"
            yield (
                f"{place}: {one} is not a number to the connector, so it would {effect};"
                f" {fate if place in self.changed else 'it stays'}."
            )


def read_offsets(connector: Connector) -> dict[Place, ReportOffset]:
    stored = connector.stored
    return {place: ReportOffset.read(stored[one]) for place, one in partitions_by_place(stored).items()}


def decide(
    connector: Connector,
    request: ResetRequest,
    accounts: Mapping[Place, Account],
    timezones: Sequence[str],
    now: float,
    left_alone: Forecast | None = None,
) -> StripeDecision:
    """Decide the targets of ``request``; ``accounts`` has every expected place. Raises InputError.

    ``now`` is epoch seconds. ``left_alone``: what comes of the same connector without a change, if that is known already.
    """
    targets = _targets(connector, request, accounts, timezones, now)
    decision = decision_for(connector, targets, accounts, timezones, now, left_alone)
    _refuse_harm(decision, request)
    return decision


def decision_for(
    connector: Connector,
    targets: OffsetTargets,
    accounts: Mapping[Place, Account],
    timezones: Sequence[str],
    now: float,
    left_alone: Forecast | None = None,
) -> StripeDecision:
    """What comes of writing the targets, be it wise or not; without any it is what a restart comes to."""
    settings = WalkSettings.read(connector.config)
    places = expected_places(connector, timezones)
    before = read_offsets(connector)
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
    if left_alone is None:
        left_alone = make_forecast(settings, before, before, places, accounts, now)
    forecast = make_forecast(settings, before, after, places, accounts, now) if changed else left_alone
    deleted = changed - set(after)
    for_good = frozenset(place for place in deleted if place.report_type not in settings.initial_loads)
    return StripeDecision(
        settings=settings,
        targets=targets,
        before=before,
        after=after,
        forecast=forecast,
        left_alone=left_alone,
        accounts=accounts,
        changed=frozenset(changed),
        losses=tuple(_losses(forecast, left_alone, changed, for_good)),
    )


def _losses(
    forecast: Forecast, left_alone: Forecast, changed: Collection[Place], for_good: Collection[Place]
) -> Iterator[Loss]:
    """A place that is changed answers for all that it leaves out, the others for what they would not leave out otherwise."""
    for one in forecast.places:
        alone = left_alone.of(one.place)
        is_changed = one.place in changed
        skipped = one.skipped if is_changed else without(one.skipped, alone.skipped)
        rows = one.lost_rows if is_changed else max(0, one.lost_rows - alone.lost_rows)
        words = []
        if skipped:
            words.append(skipped_words(skipped))
        if rows:
            words.append(counted(rows, "row"))
        if one.place in for_good:
            words.append("all that is to come, since there is no initial load date")
        if words:
            yield Loss(one.place, " and ".join(words))


def required_consent(decision: StripeDecision, strategy: str) -> str | None:
    """What the user must say for the losses of a decision: ``allow_gap``, or the strategy's name; None without a loss."""
    if not decision.losses:
        return None
    return strategy if strategy in _SKIPPING_BY_NAME else "allow_gap"


def _targets(
    connector: Connector,
    request: ResetRequest,
    accounts: Mapping[Place, Account],
    timezones: Sequence[str],
    now: float,
) -> OffsetTargets:
    if request.strategy in ("offset", "delete", "restore"):
        return generic_targets(connector, request)
    places = expected_places(connector, timezones)
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
    settings = WalkSettings.read(connector.config)
    situation = strategies.Situation(settings, read_offsets(connector), places, tuple(sorted(chosen)), accounts, now)
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
    if request.strategy == "restore":
        # Going back to how it was is what its name says; the notes tell what comes of it.
        return
    for one in decision.forecast.places:
        # A trouble of before is not of this change's making, as when two places are mended one after the other.
        is_new = one.place in decision.changed and one.trouble not in (None, decision.left_alone.of(one.place).trouble)
        if is_new and (one.hangs or request.strategy == "offset"):
            by = "with this offset" if one.place in decision.after else "without an offset"
            raise InputError(f"{one.place}: {by} the connector would hang: {one.trouble}.")
    if required_consent(decision, request.strategy) == "allow_gap" and not request.allow_gap:
        loss = decision.losses[0]
        raise InputError(
            f"{loss.place}: this would skip {loss.message}: set allow_gap to true if that is wanted,"
            " or use the strategy continue."
        )


def skipped_words(skipped: Spans) -> str:
    """``2026-11-11..2026-11-23 (12 d)``."""
    spans = ", ".join(show_span(start, end) for start, end in skipped)
    return f"{spans} ({show_seconds(sum(end - start for start, end in skipped))})"
