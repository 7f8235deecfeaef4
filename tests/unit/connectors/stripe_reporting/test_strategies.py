# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which offsets the strategy continue writes for the Stripe reporting connector, and what holds for every strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.strategies import (
    holds_until,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Strategy, offset_changes
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    INITIAL_LOAD,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    accounts,
    after,
    at,
    connector,
    decided,
    offset,
    report_partition,
    situation,
    targets_by_zone,
)
from unit.connectors.stripe_reporting.strategy_cases import ON_TODAY, OPEN, ROUND, STUCK, refused, stuck
from unit.connectors.stripe_reporting.worlds import World, worlds
from unit.examples import examples

# Continue


def test_continue_moves_all_together_to_the_current_round_each_from_its_own_place() -> None:
    of = connector({CAIRO: STUCK, NEW_YORK: offset("2026-11-10", ROUND), PST: offset("2026-11-12", ROUND, done=True)})
    decision = decided(of, "continue")
    assert targets_by_zone(decision) == {
        CAIRO: offset("2026-11-11", TODAY),
        NEW_YORK: offset("2026-11-10", TODAY),
        PST: offset("2026-11-12", TODAY),
    }
    assert [(request.start, request.end) for request in decision.forecast.requests] == [
        (at("2026-11-11"), TODAY),
        (at("2026-11-10"), TODAY),
        (at("2026-11-12"), TODAY),
    ]
    assert (decision.forecast.runs, decision.restarted.runs) == (3, 3 * 11 * 2 + 3 - 1)
    assert [(one.skipped, one.redelivered_seconds, one.redelivered_rows) for one in decision.forecast.partitions] == [
        ((), 0, 0)
    ] * 3


REFUSED = Evidence(histories={}, refused=frozenset({CAIRO}))
IN_THIS_ROUND = {NEW_YORK: offset("2026-11-22", TODAY, done=True), PST: offset("2026-11-20", TODAY)}


@pytest.mark.parametrize(
    "strategy, request_more",
    [("timestamp", {"moment": at("2026-11-15"), "allow_gap": True}), ("current", {}), ("available_end", {})],
)
def test_a_timezone_whose_key_is_refused_does_not_decide_the_round_of_the_others(
    strategy: Strategy, request_more: dict[str, Any]
) -> None:
    """No task works on it after the restart."""
    of = connector({CAIRO: STUCK, **IN_THIS_ROUND})
    request = ResetRequest(strategy, partitions=({"timezone": PST},), **request_more)
    decision = decide(situation(of, evidence=REFUSED), request)
    assert [one["round_id"] for one in targets_by_zone(decision).values()] == [TODAY]
    assert decision.forecast.worked_round == TODAY


def test_one_that_is_refused_in_the_current_round_does_not_keep_the_others_behind() -> None:
    of = connector({CAIRO: offset("2026-11-22", TODAY, done=True), NEW_YORK: STUCK, PST: STUCK})
    decision = decide(situation(of, evidence=REFUSED), ResetRequest("continue"))
    targets = targets_by_zone(decision)
    assert [targets[zone]["round_id"] for zone in (NEW_YORK, PST)] == [TODAY, TODAY]
    assert decision.forecast.runs == 2


def test_where_all_are_refused_the_round_is_that_of_all() -> None:
    of = connector({CAIRO: STUCK, PST: STUCK})
    all_refused = situation(of, evidence=Evidence(histories={}, refused=frozenset({CAIRO, PST})))
    decision = decide(all_refused, ResetRequest("continue", partitions=({"timezone": PST},)))
    assert [one["round_id"] for one in targets_by_zone(decision).values()] in ([], [at(ROUND)])


@pytest.mark.parametrize(
    "now, cron, until",
    [
        ("2026-11-23T06:00", "0 0 0 * * ?", "2026-11-24"),
        ("2026-11-23T06:00", "0 0 8 * * ?", "2026-11-23T08:00"),
        ("2026-11-23T09:00", "0 0 8 * * ?", "2026-11-24"),
        ("2026-11-23T06:00", "0 0 0 1 11 ? 2026", "2026-11-24"),
    ],
)
def test_targets_hold_until_the_next_round_or_day(now: str, cron: str, until: str) -> None:
    of = connector({PST: STUCK}, poll_cron=cron)
    assert holds_until(situation(of, now=at(now))) == at(until)


def test_continue_writes_nothing_when_raising_the_wait_is_enough() -> None:
    of = connector(dict.fromkeys((CAIRO, NEW_YORK, PST), ON_TODAY))
    decision = decided(of, "continue")
    assert decision.targets == {}
    assert decision.forecast == decision.restarted
    assert decision.forecast.runs == 3


CURRENT = {
    "finished for this round": (offset("2026-11-22", TODAY, done=True), None),
    "unfinished, no run": (ON_TODAY, None),
    "with a row but no run, which would skip rows": (offset("2026-11-11", TODAY, row=5), ON_TODAY),
    "of another round, which reloads": (offset("2026-11-11", "2026-11-20", done=True), None),
    "without a round, which reloads": (offset("2026-11-11", None), None),
}


@pytest.mark.parametrize("stored, written", CURRENT.values(), ids=CURRENT)
def test_on_the_current_round_continue_changes_only_what_cannot_go_on_by_itself(
    stored: Offset, written: Offset | None
) -> None:
    decision = decided(connector({CAIRO: ON_TODAY, PST: stored}), "continue")
    assert targets_by_zone(decision) == ({} if written is None else {PST: written})


@pytest.mark.parametrize("round_id", [TODAY, "2026-11-12"], ids=["on the current round", "behind it"])
def test_continue_goes_on_where_stripes_data_begins_since_before_it_there_is_none(round_id: int | str) -> None:
    """Asked for anything before that, Stripe refuses, in every poll."""
    of = connector({CAIRO: offset("2026-11-11", round_id), PST: offset("2026-11-11", round_id)})
    stripe = accounts(of)
    stripe[report_partition(PST)] = replace(stripe[report_partition(PST)], available_start=at("2026-11-15"))
    decision = decided(of, "continue", stripe)
    assert targets_by_zone(decision)[PST] == offset("2026-11-15", TODAY)
    assert not decision.restarted.is_complete
    assert decision.forecast.is_complete
    assert decision.losses == ()


def test_continue_skips_nothing_where_an_end_is_before_the_epoch() -> None:
    assert targets_by_zone(decided(connector({PST: offset(-5, TODAY)}), "continue")) == {PST: offset(0, TODAY)}


@pytest.mark.parametrize("round_id", [TODAY, "2026-11-12"], ids=["on the current round", "behind it"])
def test_where_the_end_is_no_time_in_seconds_continue_does_not_know_where_it_was(round_id: int | str) -> None:
    of = connector({PST: offset(TODAY * 1000, round_id)})
    with pytest.raises(
        InputError, match=r"does not show how far it has delivered\. The strategy continue cannot reset it"
    ):
        decided(of, "continue")
    for strategy in ("current", "available_end"):
        assert targets_by_zone(decided(of, strategy)) == {PST: offset(TODAY, TODAY)}


def test_continue_takes_along_a_partition_that_would_be_left_out_for_good() -> None:
    of = connector(
        {CAIRO: ON_TODAY, NEW_YORK: offset(TODAY, "2026-11-20"), PST: offset("2026-11-19", "2026-11-20")},
        initial_load=None,
    )
    decision = decided(of, "continue")
    assert decision.restarted.of(report_partition(PST)).skipped == ((at("2026-11-19"), TODAY),)
    assert targets_by_zone(decision) == {PST: offset("2026-11-19", TODAY)}
    assert decision.forecast.of(report_partition(PST)).skipped == ()


def test_continue_takes_along_a_partition_whose_reload_would_begin_too_late() -> None:
    of = connector({CAIRO: ON_TODAY, PST: offset("2026-11-09", "2026-11-20")}, initial_load="2026-11-15")
    assert targets_by_zone(decided(of, "continue")) == {PST: offset("2026-11-09", TODAY)}


def test_continue_leaves_alone_a_partition_that_has_all_there_is() -> None:
    of = connector({CAIRO: ON_TODAY, PST: offset(TODAY, "2026-11-20")}, initial_load="2026-12-01")
    assert decided(of, "continue").targets == {}


def test_a_partition_that_never_had_an_offset_does_not_keep_the_others_in_their_round() -> None:
    of = connector({CAIRO: STUCK, PST: STUCK}, zones=[CAIRO, NEW_YORK, PST])
    assert targets_by_zone(decided(of, "continue")) == dict.fromkeys((CAIRO, PST), ON_TODAY)


def test_partitions_chosen_alone_stay_in_the_round_of_the_others() -> None:
    chosen: Any = ({"timezone": PST},)
    row_left = {**STUCK, "last_committed_row": 4}
    assert targets_by_zone(decided(stuck(row_left), "continue", partitions=chosen)) == {PST: STUCK}
    decision = decided(stuck(), "current", partitions=chosen)
    assert targets_by_zone(decision) == {PST: offset(TODAY, ROUND)}
    assert decision.forecast.worked_round == at(ROUND)


def test_continue_without_an_end_is_refused_since_nothing_says_where() -> None:
    words = refused(stuck({**STUCK, "interval_end": None}), "continue")
    # "delete" without the partition would start all of them over.
    assert words == (
        f"{PST} {TYPE}: its offset does not show how far it has delivered. The strategy continue cannot reset it. Reset "
        "this partition alone, named in partitions, with timestamp, restore or delete. The strategy delete starts over at its"
        " initial load date."
    )


# What the connector would misread


MISREAD_END = {**offset("2026-11-13", TODAY), "interval_end": "1794528000.0"}


@pytest.mark.parametrize("stored", ["1794528000.0", " 1794528000 ", "1.794528e9"])
def test_on_the_current_round_continue_rewrites_what_is_not_a_number_to_the_connector(stored: str) -> None:
    """The connector would skip it with an error line and never finish the round."""
    of = connector({CAIRO: ON_TODAY, PST: {**MISREAD_END, "interval_end": stored}})
    decision = decided(of, "continue")
    assert targets_by_zone(decision) == {PST: offset(1794528000, TODAY)}
    assert decision.restarted.of(report_partition(PST)).problem == "no interval_end, so its round never finishes"
    assert not decision.restarted.is_complete
    assert decision.forecast.is_complete
    assert [(one.skipped, one.redelivered_seconds) for one in decision.forecast.partitions] == [((), 0)] * 2
    (note,) = decision.notes
    assert note == (
        f'{PST} {TYPE}: interval_end "{stored}" is not a number to the connector, so it would skip this partition and'
        " never finish its round; the value is rewritten."
    )
    assert decided(after(of, decision), "continue").targets == {}


@pytest.mark.parametrize(
    "load, effect",
    [(INITIAL_LOAD, "start over at the initial load date"), (None, "skip this partition in every round")],
)
def test_a_misread_round_is_rewritten_though_the_initial_load_would_deliver_all(load: str | None, effect: str) -> None:
    of = connector({CAIRO: ON_TODAY, PST: {**ON_TODAY, "round_id": f"{TODAY}.0"}}, initial_load=load)
    decision = decided(of, "continue")
    assert targets_by_zone(decision) == {PST: ON_TODAY}
    assert decision.forecast.of(report_partition(PST)).redelivered_seconds == 0
    assert decision.notes == (
        (
            f'{PST} {TYPE}: round_id "{TODAY}.0" is not a number to the connector, so it would {effect}; the value is'
            " rewritten."
        ),
    )


def test_a_misread_row_of_an_open_run_is_rewritten_and_the_run_resumed_there() -> None:
    run = offset(TODAY, TODAY, start="2026-11-20", run="frr_1", row=41)
    of = connector({PST: {**run, "last_committed_row": "41.0", "interval_start": f" {at('2026-11-20')} "}})
    stripe = accounts(of, runs={PST: "succeeded"})
    decision = decided(of, "continue", stripe)
    assert targets_by_zone(decision) == {PST: run}
    assert len(decision.notes) == 2
    row_only = connector({PST: {**run, "last_committed_row": "41.0"}})
    left = decided(row_only, "continue", stripe).restarted.of(report_partition(PST))
    assert (left.redelivered_rows, left.lost_rows) == (42, 0)


@pytest.mark.parametrize("stored", ["last night", "1794528000.5", "", True])
def test_where_it_is_not_certain_what_was_meant_continue_refuses_and_quotes_it(stored: Any) -> None:
    message = refused(connector({PST: {**MISREAD_END, "interval_end": stored}}), "continue")
    quoted = "true" if stored is True else f'"{stored}"'
    assert message.startswith(
        f"{PST} {TYPE}: its interval_end {quoted} is not a number. The strategy continue cannot reset it. Reset"
    )
    assert "this partition alone, named in partitions, with timestamp" in message


@pytest.mark.parametrize(
    "stored",
    [
        {**offset("2026-11-13", TODAY), "interval_start": "1794528000.0"},
        {**offset(TODAY, TODAY, done=True), "interval_end": f"{TODAY}.0"},
        {**offset("2026-11-13", TODAY), "last_committed_row": "7.0"},
    ],
)
def test_a_misread_value_at_which_the_connector_does_not_look_is_left_alone(stored: Any) -> None:
    decision = decided(connector({PST: stored}), "continue")
    assert (decision.targets, decision.notes) == ({}, ())


def test_another_strategy_that_leaves_a_misread_value_says_that_it_stays() -> None:
    of = connector({CAIRO: ON_TODAY, PST: MISREAD_END})
    decision = decided(of, "current", partitions=({"timezone": CAIRO},))
    assert any(note.endswith("never finish its round; the value stays.") for note in decision.notes)


def test_an_empty_run_id_that_may_stand_for_an_open_run_is_continued_at_its_start() -> None:
    of = connector({PST: offset("2026-11-20", TODAY, start="2026-11-18", run="", row=7)})
    decision = decided(of, "continue")
    assert targets_by_zone(decision) == {PST: offset("2026-11-18", TODAY)}
    assert decision.forecast.of(report_partition(PST)).skipped == ()


def test_an_open_run_whose_file_is_gone_is_continued_at_its_start() -> None:
    of = connector({PST: offset(TODAY, TODAY, start="2026-11-20", run="frr_1", row=41)})
    decision = decided(of, "continue", accounts(of, runs={PST: "file_lost"}))
    assert targets_by_zone(decision) == {PST: offset("2026-11-20", TODAY)}
    one = decision.forecast.of(report_partition(PST))
    assert (one.lost_rows, one.redelivered_rows, one.runs) == (0, 42, 1)
    assert decision.restarted.of(report_partition(PST)).lost_rows == 42


def test_continue_with_no_offset_at_all_changes_nothing() -> None:
    assert decided(connector({}, zones=[PST]), "continue").targets == {}


# Continue with an open run

RUNS = {
    # name: (stored offset, run status, data_available_end, written offset, rows that are read twice)
    "its result is there and its end has not moved": (OPEN, "succeeded", "2026-11-11", {**OPEN, "round_id": TODAY}, 0),
    "its end has moved": (OPEN, "succeeded", "2026-11-23", offset("2026-11-09", TODAY), 42),
    "it is pending": (OPEN, "pending", "2026-11-11", offset("2026-11-09", TODAY), 42),
    "it has failed": (OPEN, "failed", "2026-11-11", offset("2026-11-09", TODAY), 42),
    "it is lost": (OPEN, "lost", "2026-11-11", offset("2026-11-09", TODAY), 42),
    "nobody knows": (OPEN, "unknown", "2026-11-11", offset("2026-11-09", TODAY), 42),
    "no row was delivered": (
        {**OPEN, "last_committed_row": None},
        "failed",
        "2026-11-11",
        offset("2026-11-09", TODAY),
        0,
    ),
    "its id is empty": (
        {**OPEN, "in_progress_report_run_id": ""},
        "unknown",
        "2026-11-11",
        offset("2026-11-09", TODAY),
        42,
    ),
}


@pytest.mark.parametrize("stored, status, end, written, twice", RUNS.values(), ids=RUNS)
def test_an_open_run_is_kept_only_when_that_loses_nothing(
    stored: Offset, status: str, end: str, written: Offset, twice: int
) -> None:
    of = stuck(stored)
    decision = decided(of, "continue", accounts(of, end, runs={PST: status}))
    forecast = decision.forecast.of(report_partition(PST))
    assert targets_by_zone(decision)[PST] == written
    assert (forecast.redelivered_rows, forecast.skipped, forecast.lost_rows) == (twice, (), 0)
    assert forecast.next_request is not None
    assert forecast.next_request.start == at("2026-11-09")


def test_the_end_of_a_run_that_the_longest_interval_cuts_does_not_move_with_the_data() -> None:
    of = connector({PST: {**OPEN, "round_id": TODAY}}, max_report_interval_days="2")
    decision = decided(of, "continue", accounts(of, runs={PST: "succeeded"}))
    assert decision.targets == {}
    assert decision.forecast.requests[0].run_id == "frr_1"


def test_a_run_is_not_trusted_to_be_whole_when_stripe_was_not_asked() -> None:
    of = connector({PST: {**OPEN, "round_id": TODAY}})
    decision = decided(of, "continue", accounts(of, "2026-11-11", asked=False, runs={PST: "succeeded"}))
    assert targets_by_zone(decision) == {PST: offset("2026-11-09", TODAY)}


# Properties

KNOWING = st.sampled_from(["continue", "current", "available_end", "timestamp"])


def decided_in(world: World, of: Connector, request: ResetRequest) -> StripeDecision:
    return decide(world.situation, request)


@examples(80)
@given(worlds(sane=True), KNOWING)
def test_deciding_on_the_decided_state_changes_nothing(world: World, strategy: str) -> None:
    request = ResetRequest(strategy, moment=TODAY if strategy == "timestamp" else None, allow_gap=True)
    decision = decided_in(world, world.connector, request)
    again = after(world.connector, decision)
    assert offset_changes(again.stored, decided_in(world, again, request).targets) == ()


@examples(80)
@given(worlds(), st.sampled_from(["current", "available_end", "timestamp"]))
def test_every_written_offset_is_of_the_round_that_is_then_worked_on(world: World, strategy: str) -> None:
    request = ResetRequest(strategy, moment=TODAY if strategy == "timestamp" else None, allow_gap=True)
    decision = decided_in(world, world.connector, request)
    for target in decision.targets.values():
        assert target is not None
        assert target["round_id"] == decision.forecast.worked_round
        assert target["processed_in_round"] is False
    assert decision.forecast.rounds_behind == 0 or not decision.targets


@examples(50)
@given(worlds(), worlds())
def test_restore_brings_back_exactly_what_was(then: World, now: World) -> None:
    request = ResetRequest("restore", backup=then.connector.stored)
    targets = generic_targets(now.connector, request)
    stored = {**now.connector.stored, **targets}
    assert {one: value for one, value in stored.items() if value is not None} == then.connector.stored


@pytest.mark.parametrize("strategy", ["offset", "delete", "current", "available_end", "timestamp"])
def test_a_stripe_connector_without_offsets_is_refused(strategy: str) -> None:
    now = situation(connector({}, zones=[PST]))
    with pytest.raises(InputError, match="lists no offset of connector"):
        StripeReporting(StripeOptions(), SharedAnswers()).decide(
            now, ResetRequest(strategy, moment=NOW, offset={"interval_end": 1})
        )


@pytest.mark.parametrize("chosen", ["continue", "restore"])
def test_nothing_to_continue_is_no_failure(chosen: str) -> None:
    now = situation(connector({}, zones=[PST]))
    assert StripeReporting(StripeOptions(), SharedAnswers()).decide(now, ResetRequest(chosen, backup={})).targets == {}
