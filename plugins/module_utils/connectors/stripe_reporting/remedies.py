# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that can be done for one Stripe reporting connector, side by side: what each remedy writes, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
    decision_for,
    required_consent,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    PlaceForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.plan_text import (
    place_data,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import Account
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day, show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, offset_changes
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    not_running_reason,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

LEAVE_ALONE, RAISE_WAIT = "leave_alone", "raise_wait"
# The strategies of a reset that need nothing but their name. Where two remedies cost the same, the one named first is the
# smaller change: to do nothing, then the reset that ends the task for certain before anything of it changes.
_STRATEGIES = ("continue", "current", "available_end", "delete")
_BY_SIZE = (LEAVE_ALONE, "continue", RAISE_WAIT)
_WORDS = {LEAVE_ALONE: "leave alone", RAISE_WAIT: "raise the wait"}


@dataclass(frozen=True)
class Remedy:
    """One thing to do. ``decision`` is None where ``problem``, a sentence, says why it cannot be decided.

    ``strategy`` is that of a reset, or LEAVE_ALONE or RAISE_WAIT, which write no offset. ``held_by``: what the connector
    does not get past with this remedy, although its offsets would let it.
    """

    strategy: str
    decision: StripeDecision | None
    changes: tuple[OffsetChange, ...] = ()
    problem: str | None = None
    held_by: str | None = None

    @property
    def places(self) -> tuple[PlaceForecast, ...]:
        return () if self.decision is None else self.decision.forecast.places

    @property
    def runs(self) -> int:
        """Report runs until the connector is current; a lower bound where it never is."""
        return 0 if self.decision is None else self.decision.forecast.runs

    @property
    def catches_up(self) -> bool:
        return self.decision is not None and self.decision.forecast.is_complete and self.held_by is None

    @property
    def requires(self) -> str | None:
        """What the user must say for what is lost: ``allow_gap``, or the strategy's own name."""
        return None if self.decision is None else required_consent(self.decision, self.strategy)

    @property
    def affected(self) -> tuple[Place, ...]:
        """The places that are not changed and yet go on otherwise than if left alone."""
        decision = self.decision
        if decision is None:
            return ()
        return tuple(
            one.place
            for one in self.places
            if one.place not in decision.changed and _course(one) != _course(decision.left_alone.of(one.place))
        )

    @property
    def ignored(self) -> tuple[OffsetChange, ...]:
        """The changes that the connector will not act upon: of another round, or of a place that it does not work on."""
        decision = self.decision
        if decision is None:
            return ()
        acted_upon = {one.place for one in self.places if not decision.ignores(one)}
        return tuple(change for change in self.changes if Place.of(change.partition) not in acted_upon)

    @property
    def is_lossless(self) -> bool:
        """Whether it gets the connector current, and is known to leave nothing out that being left alone would deliver."""
        return self.catches_up and self.requires is None and not any(map(self._is_in_doubt, self.places))

    @property
    def cost(self) -> tuple[int, ...]:
        """What makes one lossless remedy better than another, the weightiest first; less is better.

        Before all else comes what is left out, since left alone a place may be left out as well. Then the report runs, what
        comes twice, and the offsets written.
        """
        left_out = sum(one.skipped_seconds for one in self.places if not self._is_finished(one))
        redelivered_seconds = sum(one.redelivered_seconds for one in self.places)
        redelivered_rows = sum(one.redelivered_rows for one in self.places)
        return left_out, self.runs, redelivered_seconds, redelivered_rows, len(self.changes)

    def _is_finished(self, one: PlaceForecast) -> bool:
        """Whether the place has had its turn: what Stripe has added since is the next round's, and not left out."""
        decision = self.decision
        if decision is None or one.place in decision.changed:
            return False
        old = decision.before.get(one.place)
        return old is not None and old.processed and old.round_id == decision.forecast.current_round

    def _is_in_doubt(self, one: PlaceForecast) -> bool:
        """Whether rows are lost, or may be: of a run that Stripe may not have, of a place that does not say where it stands."""
        decision, request = self.decision, one.next_request
        if decision is None or one.lost_rows:
            return True
        old = decision.before.get(one.place)
        is_rewritten = one.place in decision.changed and one.place in decision.after
        if is_rewritten and old is not None and old.delivered_to is None:
            return True
        if request is None or request.is_new_run:
            return False
        account = decision.accounts[one.place]
        is_known = account.asked and account.run_status == "succeeded"
        return not is_known or old is None or old.run_id != request.run_id


@dataclass(frozen=True)
class Remedies:
    """What can be done, in the order of a table for people."""

    compared: tuple[Remedy, ...]

    @property
    def default(self) -> Remedy | None:
        """The cheapest one that is lossless, None where none is."""
        lossless = [remedy for remedy in self.compared if remedy.is_lossless]
        return min(lossless, key=lambda remedy: (*remedy.cost, _size(remedy)), default=None)


def compare(
    connector: Connector,
    accounts: Mapping[Place, Account],
    timezones: Sequence[str],
    now: float,
    blocker_words: str | None = None,
    given: Sequence[ResetRequest] = (),
) -> Remedies:
    """Compare what can be done; ``accounts`` has every expected place, ``now`` is epoch seconds.

    ``blocker_words`` names the place that fails the polls, if one does: left alone it goes on failing them. ``given`` are
    requests of the strategies that need more than their name. Raises InputError for a config that cannot be worked with.
    """
    restarted = decision_for(connector, {}, accounts, timezones, now)
    held_by = None if blocker_words is None else f"the polls go on failing at {blocker_words}"
    state = not_running_reason(connector)
    if state is not None and has_failed(connector):
        held_by = state.message

    def remedy(request: ResetRequest) -> Remedy:
        try:
            decision = decide(connector, replace(request, allow_gap=True), accounts, timezones, now, restarted.forecast)
        except InputError as error:
            return Remedy(request.strategy, None, problem=error.sentence)
        return Remedy(request.strategy, decision, offset_changes(connector.stored, decision.targets))

    requests = (*map(ResetRequest, _STRATEGIES), *given)
    return Remedies(
        (
            Remedy(LEAVE_ALONE, restarted, held_by=held_by),
            Remedy(RAISE_WAIT, restarted),
            *map(remedy, requests),
        )
    )


def remedies_lines(remedies: Remedies) -> list[str]:
    """One table for people; the default has an asterisk. Below it stands why a remedy could not be decided."""
    head = ("", "remedy", "offsets", "skipped", "read again", "report runs", "next requests", "remark")
    rows = [_row(remedy, remedy is remedies.default) for remedy in remedies.compared]
    problems = [f"{remedy.strategy}: {remedy.problem}" for remedy in remedies.compared if remedy.problem is not None]
    return [*table([head, *rows]), *(line for problem in problems for line in wrapped(problem, "     "))]


def remedies_data(remedies: Remedies) -> dict[str, Any]:
    """The comparison as JSON: times in epoch seconds, lengths in seconds; what is null does not apply."""
    default = remedies.default
    return {
        "default": None if default is None else default.strategy,
        "compared": [_data(remedy) for remedy in remedies.compared],
    }


def _size(remedy: Remedy) -> int:
    return _BY_SIZE.index(remedy.strategy) if remedy.strategy in _BY_SIZE else len(_BY_SIZE)


def _course(one: PlaceForecast) -> tuple[Any, ...]:
    return one.next_request, one.runs


def _data(remedy: Remedy) -> dict[str, Any]:
    decision = remedy.decision
    affected = remedy.affected
    return {
        "strategy": remedy.strategy,
        "problem": remedy.problem,
        "blocked_by": remedy.held_by,
        "requires": remedy.requires,
        "lossless": remedy.is_lossless,
        "catches_up": remedy.catches_up,
        "report_runs": None if decision is None else remedy.runs,
        "offsets": [change.as_data() for change in remedy.changes],
        "ignored": [change.partition.as_dict() for change in remedy.ignored],
        "notes": [] if decision is None else list(decision.notes),
        "partitions": []
        if decision is None
        else [{**place_data(one, decision), "affected": one.place in affected} for one in remedy.places],
    }


def _row(remedy: Remedy, is_default: bool) -> tuple[str, ...]:
    name = ("*" if is_default else "", _WORDS.get(remedy.strategy, remedy.strategy))
    if remedy.decision is None:
        return (*name, "-", "-", "-", "-", "-", "see below")
    return (
        *name,
        str(len(remedy.changes)),
        _skipped(remedy),
        _again(remedy),
        str(remedy.runs) if remedy.catches_up else "no end",
        _next(remedy),
        ", ".join(_remarks(remedy)),
    )


def _skipped(remedy: Remedy) -> str:
    skipping = [one for one in remedy.places if one.skipped]
    words = []
    if skipping:
        comes = all(one.next_round_delivers_skipped for one in skipping)
        until = "until next round" if comes else "for good"
        words.append(f"{_of_each([one.skipped_seconds for one in skipping])} {until}")
    lost = sum(one.lost_rows for one in remedy.places)
    if lost:
        words.append(counted(lost, "row"))
    return ", ".join(words) or "nothing"


def _again(remedy: Remedy) -> str:
    words = []
    seconds = [one.redelivered_seconds for one in remedy.places if one.redelivered_seconds]
    if seconds:
        words.append(_of_each(seconds))
    rows = sum(one.redelivered_rows for one in remedy.places)
    if rows:
        words.append(counted(rows, "row"))
    return ", ".join(words) or "nothing"


def _of_each(seconds: Sequence[int]) -> str:
    """``3 x 12 d``, or ``3 x <= 12 d`` where not all places come to the same."""
    longest = show_seconds(max(seconds))
    at_most = "" if len(set(seconds)) == 1 else "<= "
    return f"{len(seconds)} x {at_most}{longest}" if len(seconds) > 1 else longest


def _next(remedy: Remedy) -> str:
    first = [one.next_request for one in remedy.places if one.next_request is not None]
    if not first:
        return "none"
    resumed = sum(not request.is_new_run for request in first)
    words = f"{len(first)} from {show_day(min(request.start for request in first))}"
    return f"{words}, {resumed} resumed" if resumed else words


def _remarks(remedy: Remedy) -> Iterator[str]:
    if remedy.held_by is not None:
        yield "stays stuck"
    if remedy.requires is not None:
        yield f"needs {remedy.requires}" if remedy.requires != remedy.strategy else "only by its name"
    if remedy.ignored:
        yield f"ignored in {counted(len(remedy.ignored), 'place')}"
    if remedy.affected:
        yield f"moves {counted(len(remedy.affected), 'other place')}"
    for one in remedy.places:
        if one.hangs:
            yield f"hangs at {one.place}"
