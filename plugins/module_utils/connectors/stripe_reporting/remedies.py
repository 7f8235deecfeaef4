# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The remedies for one Stripe reporting connector side by side: what each writes, and its consequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
    decision_for,
    required_consent,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PartitionForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.left_alone import (
    LeftAlone,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_judge import (
    ended_early,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    OffsetChange,
    PlanStrategy,
    Strategy,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

RemedyName = Literal[PlanStrategy, "leave_alone", "raise_wait"]
LEAVE_ALONE: Literal["leave_alone"] = "leave_alone"
RAISE_WAIT: Literal["raise_wait"] = "raise_wait"
# The strategies of a reset that need nothing but their name. Of two remedies with the same cost, the one earlier in _BY_SIZE is
# preferred: doing nothing, then ``continue``, which ends the task before it changes anything.
_STRATEGIES: tuple[Strategy, ...] = ("continue", "current", "available_end", "delete")
_BY_SIZE = (LEAVE_ALONE, "continue", RAISE_WAIT)


@dataclass(frozen=True)
class Remedy:
    """One thing to do. ``decision`` is None where ``problem``, a sentence, says why it cannot be decided.

    ``strategy`` is that of a reset, or LEAVE_ALONE or RAISE_WAIT, which write no offset. ``blocked_by``: what the connector
    does not get past with this remedy, although its offsets would let it.
    """

    strategy: RemedyName
    decision: StripeDecision | None
    problem: str | None = None
    blocked_by: str | None = None

    @property
    def partitions(self) -> tuple[PartitionForecast, ...]:
        return () if self.decision is None else self.decision.forecast.partitions

    @property
    def changes(self) -> tuple[OffsetChange, ...]:
        return () if self.decision is None else self.decision.changes

    @property
    def runs(self) -> int:
        """Report runs until the connector has caught up; a lower bound where it never does."""
        return 0 if self.decision is None else self.decision.forecast.runs

    @property
    def catches_up(self) -> bool:
        return self.decision is not None and self.decision.forecast.is_complete and self.blocked_by is None

    @cached_property
    def requires(self) -> str | None:
        """What the user must say for what is lost: ``allow_gap``, or the strategy's own name."""
        return None if self.decision is None else required_consent(self.decision, self.strategy)

    @property
    def affected(self) -> tuple[ReportPartition, ...]:
        """The partitions that are not changed and yet act differently than after a restart alone."""
        decision = self.decision
        if decision is None or decision.forecast is decision.restarted:
            return ()
        return tuple(
            one.partition
            for one in self.partitions
            if one.partition not in decision.changed and _course(one) != _course(decision.restarted.of(one.partition))
        )

    @property
    def ignored(self) -> tuple[OffsetChange, ...]:
        """The changes that the connector will ignore: those of another round, or of a partition that it does not work on."""
        decision = self.decision
        if decision is None or not self.changes:
            return ()
        acted_upon = {one.partition for one in self.partitions if not decision.ignores(one)}
        return tuple(change for change in self.changes if ReportPartition.of(change.partition) not in acted_upon)

    @cached_property
    def is_lossless(self) -> bool:
        """Whether the connector catches up with it and certainly loses nothing that it would deliver if left alone."""
        return self.catches_up and self.requires is None and not any(map(self._is_in_doubt, self.partitions))

    @property
    def cost(self) -> tuple[int, ...]:
        """What makes one lossless remedy better than another, the most important first; less is better.

        Before all else comes what is left out, since left alone a partition may be left out as well. Then the report runs, what
        is read twice, and the offsets written.
        """
        left_out = sum(one.skipped_seconds for one in self.partitions if not self._is_finished(one))
        redelivered_seconds = sum(one.redelivered_seconds for one in self.partitions)
        redelivered_rows = sum(one.redelivered_rows for one in self.partitions)
        return left_out, self.runs, redelivered_seconds, redelivered_rows, len(self.changes)

    def _is_finished(self, one: PartitionForecast) -> bool:
        """Whether the partition has had its turn: the next round delivers what Stripe has added since."""
        decision = self.decision
        if decision is None or one.partition in decision.changed:
            return False
        old = decision.situation.offsets.get(one.partition)
        if old is None or not old.processed or old.round_id != decision.forecast.current_round:
            return False
        return not ended_early(old, decision.situation.stripe[one.partition], decision.situation)

    def _is_in_doubt(self, one: PartitionForecast) -> bool:
        """Whether rows are lost, or may be: the run may be gone at Stripe, or the offset may not say what was delivered."""
        decision, request = self.decision, one.next_request
        if decision is None or one.lost_rows:
            return True
        old = decision.situation.offsets.get(one.partition)
        is_rewritten = one.partition in decision.changed and one.partition in decision.after
        if is_rewritten and old is not None and old.delivered_to is None:
            return True
        if request is None or request.is_new_run:
            return False
        stripe = decision.situation.stripe[one.partition]
        is_known = stripe.asked and stripe.run_status == "succeeded"
        return not is_known or old is None or old.run_id != request.run_id


@dataclass(frozen=True)
class Remedies:
    """The remedies, in the order of the table."""

    compared: tuple[Remedy, ...]

    @property
    def default(self) -> Remedy | None:
        """The cheapest one that is lossless, None where none is."""
        lossless = [remedy for remedy in self.compared if remedy.is_lossless]
        return min(lossless, key=lambda remedy: (*remedy.cost, _size(remedy)), default=None)


def compare_remedies(
    situation: Situation, restarted: Forecast, left_alone: LeftAlone, requests: Sequence[ResetRequest] = ()
) -> Remedies:
    """Compare what can be done. ``restarted`` is the forecast for a restart without a change.

    ``requests`` are those of the strategies that need more than their name.
    """
    unchanged = decision_for(situation, {}, restarted)

    def remedy(request: ResetRequest) -> Remedy:
        try:
            decision = decide(situation, replace(request, allow_gap=True), restarted)
        except InputError as error:
            return Remedy(request.strategy, None, problem=error.sentence)
        return Remedy(request.strategy, decision)

    return Remedies(
        (
            Remedy(LEAVE_ALONE, replace(unchanged, forecast=left_alone.forecast), blocked_by=left_alone.blocked_by),
            Remedy(RAISE_WAIT, unchanged),
            *map(remedy, (*map(ResetRequest, _STRATEGIES), *requests)),
        )
    )


def _size(remedy: Remedy) -> int:
    return _BY_SIZE.index(remedy.strategy) if remedy.strategy in _BY_SIZE else len(_BY_SIZE)


def _course(one: PartitionForecast) -> tuple[Any, ...]:
    return one.next_request, one.runs
