# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding a reset of the Stripe reporting connector, and saying what it will make the connector do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import strategies
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PartitionForecast,
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    RETURNING,
    OffsetChange,
    offset_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    OffsetTargets,
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.selection import choose_partitions
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import Spans, length, without
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# These say by their name that data may be left out; the others need allow_gap for it.
_SKIPPING_BY_NAME = ("current", "available_end", *RETURNING)


@dataclass(frozen=True)
class Loss:
    """What one partition will not deliver because of a change, in words."""

    partition: ReportPartition
    message: str


@dataclass(frozen=True)
class StripeDecision:
    """The targets, what the connector will do with them, and what it would do after a restart alone."""

    situation: Situation
    targets: OffsetTargets
    after: Mapping[ReportPartition, ReportOffset]
    forecast: Forecast
    restarted: Forecast
    changes: tuple[OffsetChange, ...]
    changed: frozenset[ReportPartition]
    losses: tuple[Loss, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before agreeing, one sentence each."""
        return tuple(
            note
            for one in self.forecast.partitions
            for note in (*self._notes_on(one), *self._misread_in(one.partition))
        )

    def ignores(self, one: PartitionForecast) -> bool:
        """Whether the connector will not act on the offset written to the partition, which is not of the round it works on."""
        offset = self.after.get(one.partition)
        if offset is None or one.partition not in self.changed:
            return False
        round_id = self.forecast.worked_round if one.next_request is None else one.next_request.round_id
        return offset.round_id != round_id

    def _notes_on(self, one: PartitionForecast) -> Iterator[str]:
        if one.next_request and self.ignores(one):
            yield (
                f"{one.partition}: the connector works on another round, so it will ignore this offset and start over at"
                f" {show_moment(one.next_request.start)}."
            )
        if one.problem and one.problem != self.restarted.of(one.partition).problem:
            yield f"{one.partition}: {one.problem}."

    def _misread_in(self, partition: ReportPartition) -> Iterator[str]:
        """What is not a number to the connector where it looks for one, what it makes of that, and what happens to it."""
        offset = self.situation.offsets.get(partition)
        if offset is None:
            return
        fate = "the value is rewritten" if partition in self.after else "the offset is deleted"
        for one in offset.misread_in(self.restarted.worked_round):
            if one.key == "round_id":
                load = partition.report_type in self.situation.settings.initial_loads
                effect = "start over at the initial load date" if load else "skip this partition in every round"
            elif one.key == "last_committed_row":
                effect = "deliver the open report from its first row"
            else:
                effect = "skip this partition and never finish its round"
            yield (
                f"{partition}: {one} is not a number to the connector, so it would {effect};"
                f" {fate if partition in self.changed else 'the value stays'}."
            )


def decide(situation: Situation, request: ResetRequest, restarted: Forecast | None = None) -> StripeDecision:
    """Decide the targets of ``request``. Raises InputError.

    ``restarted``: the forecast for the same situation without a change, where it is known already.
    """
    decision = decision_for(situation, _targets(situation, request), restarted)
    _refuse_harm(decision, request)
    return decision


def decision_for(situation: Situation, targets: OffsetTargets, restarted: Forecast | None = None) -> StripeDecision:
    """The consequences of writing the targets, sensible or not; without any they are those of a restart."""
    changes = offset_changes(situation.connector.stored, targets)
    after = dict(situation.offsets)
    changed = set()
    for change in changes:
        partition = ReportPartition.of(change.partition)
        if partition is None:
            continue
        changed.add(partition)
        if change.after is None:
            after.pop(partition, None)
        else:
            after[partition] = ReportOffset.read(change.after)
    if restarted is None:
        restarted = make_forecast(situation)
    forecast = make_forecast(situation, after) if changed else restarted
    initial_loads = situation.settings.initial_loads
    for_good = [one for one in changed if one not in after and one.report_type not in initial_loads]
    return StripeDecision(
        situation=situation,
        targets=targets,
        after=after,
        forecast=forecast,
        restarted=restarted,
        changes=changes,
        changed=frozenset(changed),
        losses=tuple(_losses(forecast, restarted, changed, for_good)),
    )


def _losses(
    forecast: Forecast,
    restarted: Forecast,
    changed: Collection[ReportPartition],
    for_good: Collection[ReportPartition],
) -> Iterator[Loss]:
    """For a changed partition all that is skipped counts, for the others only what would not be skipped without the change."""
    for one in forecast.partitions:
        alone = restarted.of(one.partition)
        is_changed = one.partition in changed
        skipped = one.skipped if is_changed else without(one.skipped, alone.skipped)
        rows = one.lost_rows if is_changed else max(0, one.lost_rows - alone.lost_rows)
        words = []
        if skipped:
            words.append(skipped_words(skipped))
        if rows:
            words.append(counted(rows, "row"))
        if one.partition in for_good:
            words.append("all future data, because there is no initial load date")
        if words:
            yield Loss(one.partition, " and ".join(words))


def required_consent(decision: StripeDecision, strategy: str) -> str | None:
    """What the user must say for the losses of a decision: ``allow_gap``, or the strategy's name; None without a loss."""
    if not decision.losses:
        return None
    return strategy if strategy in _SKIPPING_BY_NAME else "allow_gap"


def _targets(situation: Situation, request: ResetRequest) -> OffsetTargets:
    connector = situation.connector
    if request.strategy in ("offset", "delete", *RETURNING):
        return _given_targets(situation, request)
    chosen = []
    for source in choose_partitions(tuple(connector.stored), request.partitions, connector.name):
        partition = ReportPartition.of(source)
        if partition in situation.configured:
            chosen.append(partition)
        elif request.partitions:
            raise InputError(
                f"{source}: connector '{connector.name}' is no longer configured to work on it: use the strategy delete, "
                "offset or restore for it."
            )
    targets = _decided(situation, request, sorted(chosen))
    return {situation.sources[partition]: offset.written() for partition, offset in targets.items()}


def _given_targets(situation: Situation, request: ResetRequest) -> OffsetTargets:
    configured = frozenset(map(situation.source_of, situation.partitions))
    targets = generic_targets(situation.connector, request, configured)
    for source, target in targets.items():
        if request.is_edited and target is not None and source not in situation.connector.stored:
            for one in ReportOffset.read(target).misread:
                raise InputError(
                    f"backup_file was edited by hand; the offset of {source}: {one} is not a number: correct the file."
                )
    return targets


def _decided(situation: Situation, request: ResetRequest, chosen: Sequence[ReportPartition]) -> strategies.Targets:
    if request.strategy == "continue":
        return strategies.continue_lossless(situation, chosen)
    if request.strategy == "current":
        return strategies.current(situation, chosen)
    if request.strategy == "available_end":
        return strategies.available_end(situation, chosen)
    if request.moment is None:
        raise InputError("The strategy timestamp needs the option timestamp.")
    return strategies.at_moment(situation, chosen, request.moment)


def _refuse_harm(decision: StripeDecision, request: ResetRequest) -> None:
    """Refuse what wedges the connector, and what skips data without the user's consent."""
    if request.strategy in RETURNING and not request.is_edited:
        # Its name says that it restores a backup; the notes name the consequences.
        return
    is_given = request.strategy == "offset" or request.is_edited
    for one in decision.forecast.partitions:
        # A problem that was there before is not caused by this change, as when two partitions are recovered one after the other.
        is_new = one.partition in decision.changed and one.problem not in (
            None,
            decision.restarted.of(one.partition).problem,
        )
        if is_new and (one.hangs or is_given):
            by = "with this offset" if one.partition in decision.after else "without an offset"
            raise InputError(
                f"{one.partition}: {by} the connector would hang ({one.problem}): choose another offset, or another strategy."
            )
    consent = required_consent(decision, "offset" if is_given else request.strategy)
    if consent == "allow_gap" and not request.allow_gap:
        loss = decision.losses[0]
        raise InputError(
            f"{loss.partition}: this would skip {loss.message}: set allow_gap to true if that is wanted,"
            " or use the strategy continue."
        )


def skipped_words(skipped: Spans) -> str:
    """``2026-11-11..2026-11-23 (12 d)``."""
    spans = ", ".join(show_span(start, end) for start, end in skipped)
    return f"{spans} ({show_seconds(length(skipped))})"
