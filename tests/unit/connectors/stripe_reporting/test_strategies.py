# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which offsets each strategy writes for the Stripe reporting connector, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import offset_changes
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
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
    partition,
    report_partition,
    situation,
    targets_by_zone,
)
from unit.connectors.stripe_reporting.worlds import World, worlds

ROUND = "2026-11-12"
STUCK = offset("2026-11-11", ROUND)
OPEN = offset("2026-11-11", ROUND, start="2026-11-09", run="frr_1", row=41)
ON_TODAY = offset("2026-11-11", "2026-11-23")


def stuck(pst: Offset = STUCK, **options: Any) -> Connector:
    """Three timezones, eleven rounds behind; ``pst`` is the offset of the last of them."""
    return connector({CAIRO: STUCK, NEW_YORK: STUCK, PST: pst}, **options)


def refused(of: Connector, strategy: str, stripe: Any = None, **request: Any) -> str:
    with pytest.raises(InputError) as caught:
        decided(of, strategy, stripe, **request)
    return caught.value.message


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


@pytest.mark.parametrize("round_id", [TODAY, "2026-11-12"], ids=["on the current round", "behind it"])
def test_where_the_end_is_no_time_in_seconds_continue_does_not_know_where_it_was(round_id: int | str) -> None:
    of = connector({PST: offset(TODAY * 1000, round_id)})
    with pytest.raises(InputError, match="does not say up to where it has delivered, so it cannot continue"):
        decided(of, "continue")
    for strategy in ("current", "available_end"):
        assert targets_by_zone(decided(of, strategy)) == {PST: offset(TODAY, TODAY)}


def test_continue_takes_along_a_place_that_would_be_left_out_for_good() -> None:
    of = connector(
        {CAIRO: ON_TODAY, NEW_YORK: offset(TODAY, "2026-11-20"), PST: offset("2026-11-19", "2026-11-20")},
        initial_load=None,
    )
    decision = decided(of, "continue")
    assert decision.restarted.of(report_partition(PST)).skipped == ((at("2026-11-19"), TODAY),)
    assert targets_by_zone(decision) == {PST: offset("2026-11-19", TODAY)}
    assert decision.forecast.of(report_partition(PST)).skipped == ()


def test_continue_takes_along_a_place_whose_reload_would_begin_too_late() -> None:
    of = connector({CAIRO: ON_TODAY, PST: offset("2026-11-09", "2026-11-20")}, initial_load="2026-11-15")
    assert targets_by_zone(decided(of, "continue")) == {PST: offset("2026-11-09", TODAY)}


def test_continue_leaves_alone_a_place_that_has_all_there_is() -> None:
    of = connector({CAIRO: ON_TODAY, PST: offset(TODAY, "2026-11-20")}, initial_load="2026-12-01")
    assert decided(of, "continue").targets == {}


def test_a_place_that_never_had_an_offset_does_not_keep_the_others_in_their_round() -> None:
    of = connector({CAIRO: STUCK, PST: STUCK}, zones=[CAIRO, NEW_YORK, PST])
    assert targets_by_zone(decided(of, "continue")) == dict.fromkeys((CAIRO, PST), ON_TODAY)


def test_places_chosen_alone_stay_in_the_round_of_the_others() -> None:
    chosen: Any = ({"timezone": PST},)
    row_left = {**STUCK, "last_committed_row": 4}
    assert targets_by_zone(decided(stuck(row_left), "continue", partitions=chosen)) == {PST: STUCK}
    decision = decided(stuck(), "current", partitions=chosen)
    assert targets_by_zone(decision) == {PST: offset(TODAY, ROUND)}
    assert decision.forecast.worked_round == at(ROUND)


def test_continue_without_an_end_is_refused_since_nothing_says_where() -> None:
    words = refused(stuck({**STUCK, "interval_end": None}), "continue")
    assert words.startswith(f"{PST} {TYPE}: its offset does not say up to where it has delivered")


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
        " never finish its round; it is rewritten."
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
        f'{PST} {TYPE}: round_id "{TODAY}.0" is not a number to the connector, so it would {effect}; it is rewritten.',
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
    assert message.startswith(f"{PST} {TYPE}: its interval_end {quoted} is not a number, so it cannot continue: choose")


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
    assert any(note.endswith("never finish its round; it stays.") for note in decision.notes)


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
    # name: (stored offset, run status, data_available_end, written offset, rows that come twice)
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


# Current, available_end, timestamp


@pytest.mark.parametrize(
    "strategy, end, written",
    [
        ("current", "2026-11-22", "2026-11-23"),
        ("available_end", "2026-11-22", "2026-11-22"),
        ("available_end", "2026-11-22T12:00", "2026-11-22T12:00"),
    ],
)
def test_skipping_strategies_move_all_to_one_place_in_the_current_round_and_say_what_is_left_out(
    strategy: str, end: str, written: str
) -> None:
    of = stuck(OPEN)
    decision = decided(of, strategy, accounts(of, end))
    assert targets_by_zone(decision) == dict.fromkeys((CAIRO, NEW_YORK, PST), offset(written, TODAY))
    assert decision.forecast.of(report_partition(CAIRO)).skipped == ((at("2026-11-11"), at(end)),)
    assert decision.forecast.of(report_partition(PST)).skipped == ((at("2026-11-09"), at(end)),)
    assert decision.forecast.of(report_partition(PST)).next_round_delivers_skipped
    assert decision.forecast.requests == ()


def test_without_an_initial_load_date_what_is_skipped_is_lost_for_good() -> None:
    decision = decided(stuck(initial_load=None), "current")
    assert not decision.forecast.of(report_partition(PST)).next_round_delivers_skipped
    decision = decided(stuck(initial_load="2026-11-15"), "current")
    assert not decision.forecast.of(report_partition(PST)).next_round_delivers_skipped


def test_current_is_the_start_of_the_utc_day_so_that_a_preview_holds_all_day() -> None:
    of = stuck()
    morning, evening = (
        decide(situation(of, accounts(of), now), ResetRequest("current")) for now in (NOW, TODAY + DAY - 1)
    )
    assert morning.targets == evening.targets


def test_places_that_are_there_already_stay_as_they_are() -> None:
    of = connector({CAIRO: offset(TODAY, TODAY, done=True), NEW_YORK: offset(TODAY + HOUR, TODAY), PST: ON_TODAY})
    assert targets_by_zone(decided(of, "current")) == {PST: offset(TODAY, TODAY)}
    of = connector({CAIRO: offset(TODAY, TODAY, run="frr_1", row=1), PST: offset(TODAY, "2026-11-20")})
    assert set(targets_by_zone(decided(of, "current"))) == {CAIRO, PST}


def test_available_end_is_refused_where_stripe_was_not_asked() -> None:
    words = refused(stuck(), "available_end", accounts(stuck(), asked=False))
    assert f"give stripe_api_keys with a key for {CAIRO}" in words


def test_timestamp_needs_the_users_word_for_what_it_skips() -> None:
    skip: dict[str, Any] = {"moment": at("2026-11-20")}
    words = refused(stuck(), "timestamp", **skip)
    assert words == (
        f"{CAIRO} {TYPE}: this would skip 2026-11-11..2026-11-20 (9 d): set allow_gap to true if that is wanted,"
        " or use the strategy continue."
    )
    decision = decided(stuck(), "timestamp", allow_gap=True, **skip)
    assert targets_by_zone(decision) == dict.fromkeys((CAIRO, NEW_YORK, PST), offset("2026-11-20", TODAY))
    assert [one.skipped_seconds for one in decision.forecast.partitions] == [9 * DAY] * 3


def test_timestamp_back_in_time_reads_again_and_needs_no_word() -> None:
    decision = decided(stuck(), "timestamp", moment=at("2026-11-08"))
    assert [one.redelivered_seconds for one in decision.forecast.partitions] == [3 * DAY] * 3
    assert [one.skipped for one in decision.forecast.partitions] == [()] * 3


@pytest.mark.parametrize("status", ["pending", "failed", "lost"])
def test_what_a_hanging_run_only_holds_up_is_not_free_to_skip(status: str) -> None:
    """Left alone the connector delivers nothing now, but it would all the same once the run is done."""
    of = connector({PST: OPEN})
    assert "this would skip 2026-11-09..2026-11-20 (11 d)" in refused(
        of, "timestamp", accounts(of, runs={PST: status}), moment=at("2026-11-20")
    )


def test_a_moment_beyond_the_data_skips_no_more_than_there_is() -> None:
    decision = decided(stuck(), "timestamp", moment=at("2027-01-01"), allow_gap=True)
    assert decision.forecast.of(report_partition(PST)).skipped == ((at("2026-11-11"), TODAY),)
    assert decision.forecast.requests == ()


def test_orphans_are_left_alone_and_cannot_be_chosen() -> None:
    of = connector({CAIRO: STUCK, "Mars/Base": STUCK}, zones=[CAIRO])
    assert set(targets_by_zone(decided(of, "continue"))) == {CAIRO}
    words = refused(of, "continue", partitions=({"timezone": "Mars/Base"},))
    assert "is not configured to work on it any more" in words


# Offset, delete, restore


def test_offset_writes_what_it_is_given() -> None:
    wanted = offset("2026-11-10", "2026-11-12")
    decision = decided(stuck(), "offset", partitions=({"timezone": PST},), offset=wanted)
    assert targets_by_zone(decision) == {PST: wanted}


@pytest.mark.parametrize(
    "wanted, words",
    [
        ({**STUCK, "interval_end": None}, "no interval_end, so its round never finishes."),
        ({**STUCK, "in_progress_report_run_id": ""}, "an empty report run id aborts every poll."),
        ({**dict.fromkeys(STUCK), "round_id": at(ROUND)}, "no interval_end, so its round never finishes."),
    ],
)
def test_an_offset_on_which_the_connector_would_hang_is_refused(wanted: Offset, words: str) -> None:
    message = refused(stuck(), "offset", partitions=({"timezone": PST},), offset=wanted, allow_gap=True)
    assert message == f"{PST} {TYPE}: with this offset the connector would hang: {words}"


def test_one_of_two_broken_places_can_be_mended_before_the_other() -> None:
    broken = {**STUCK, "in_progress_report_run_id": ""}
    of = connector({CAIRO: broken, NEW_YORK: STUCK, PST: broken})
    decision = decided(of, "offset", partitions=({"timezone": PST},), offset=STUCK)
    assert targets_by_zone(decision) == {PST: STUCK}


def test_an_offset_that_skips_needs_the_users_word() -> None:
    request: dict[str, Any] = {"partitions": ({"timezone": PST},), "offset": offset("2026-11-20", ROUND)}
    assert "this would skip 2026-11-11..2026-11-20 (9 d)" in refused(stuck(initial_load=None), "offset", **request)
    assert decided(stuck(initial_load=None), "offset", allow_gap=True, **request).targets


ROWS = {
    # name: (stored offset, offset to be written, rows lost)
    "of a new report": (ON_TODAY, {**ON_TODAY, "last_committed_row": 41}, 42),
    "of the open run": ({**OPEN, "round_id": TODAY}, {**OPEN, "round_id": TODAY, "last_committed_row": 99}, 58),
    "of another run": (
        {**OPEN, "round_id": TODAY},
        {**OPEN, "round_id": TODAY, "in_progress_report_run_id": "frr_2"},
        42,
    ),
}


@pytest.mark.parametrize("stored, wanted, rows", ROWS.values(), ids=ROWS)
def test_an_offset_that_skips_rows_needs_the_users_word(stored: Offset, wanted: Offset, rows: int) -> None:
    of = connector({PST: stored}, max_report_interval_days="2")
    stripe = accounts(of, runs={PST: "succeeded"})
    assert refused(of, "offset", stripe, offset=wanted) == (
        f"{PST} {TYPE}: this would skip {rows} rows: set allow_gap to true if that is wanted, or use the strategy continue."
    )
    assert (
        decided(of, "offset", stripe, offset=wanted, allow_gap=True).forecast.of(report_partition(PST)).lost_rows
        == rows
    )


def test_an_offset_that_goes_back_in_its_open_run_delivers_rows_twice_and_needs_no_word() -> None:
    stored = {**OPEN, "round_id": TODAY}
    of = connector({PST: stored})
    stripe = accounts(of, "2026-11-11", runs={PST: "succeeded"})
    forecast = decided(of, "offset", stripe, offset={**stored, "last_committed_row": 9}).forecast.of(
        report_partition(PST)
    )
    assert (forecast.redelivered_rows, forecast.lost_rows, forecast.skipped) == (32, 0, ())


def test_to_skip_what_is_left_out_anyway_needs_the_users_word_too() -> None:
    """Left alone PST is passed by in every round, but then it is still known where it stands."""
    of = connector({CAIRO: ON_TODAY, PST: offset("2026-11-19", "2026-11-20")}, initial_load=None)
    assert decided(of, "continue").restarted.of(report_partition(PST)).skipped == ((at("2026-11-19"), TODAY),)
    assert f"{PST} {TYPE}: this would skip 2026-11-19..2026-11-21 (2 d)" in refused(
        of, "timestamp", moment=at("2026-11-21"), partitions=({"timezone": PST},)
    )


@pytest.mark.parametrize(
    "strategy, request_fields, by",
    [
        ("timestamp", {"moment": at("2026-10-15")}, "with this offset"),
        ("delete", {}, "without an offset"),
        ("delete", {"allow_gap": True}, "without an offset"),
    ],
)
def test_to_begin_before_stripes_data_is_refused_since_every_poll_would_fail(
    strategy: str, request_fields: dict[str, Any], by: str
) -> None:
    of = connector({PST: ON_TODAY})
    stripe = {one: replace(account, available_start=at("2026-11-01")) for one, account in accounts(of).items()}
    assert f"{PST} {TYPE}: {by} the connector would hang: Stripe has no data before" in refused(
        of, strategy, stripe, **request_fields
    )


def test_a_trouble_that_a_later_round_passes_by_is_no_hanging() -> None:
    """Until the connector comes to the round of its offset, PST fails every poll."""
    of = connector({CAIRO: ON_TODAY, PST: ON_TODAY})
    stripe = accounts(of)
    stripe[report_partition(PST)] = replace(stripe[report_partition(PST)], available_start=at("2026-11-01"))
    decision = decided(of, "offset", stripe, partitions=({"timezone": CAIRO},), offset=STUCK)
    assert decision.forecast.is_complete
    assert [one.hangs for one in decision.forecast.partitions] == [False, False]
    assert len(decision.notes) == 1
    assert decision.notes[0].startswith(f"{PST} {TYPE}: Stripe has no data before 2026-11-01")


def test_going_back_to_a_backup_is_never_refused_and_its_notes_say_what_comes_of_it() -> None:
    of = connector({PST: ON_TODAY})
    decision = decided(of, "restore", backup={partition(PST): {**ON_TODAY, "in_progress_report_run_id": ""}})
    assert decision.notes == (f"{PST} {TYPE}: an empty report run id aborts every poll.",)


def test_an_old_round_on_the_first_place_drags_all_back_and_the_preview_says_what_that_costs() -> None:
    of = connector(dict.fromkeys((CAIRO, NEW_YORK, PST), ON_TODAY))
    decision = decided(of, "offset", partitions=({"timezone": CAIRO},), offset=STUCK)
    assert decision.forecast.worked_round == at(ROUND)
    assert (decision.restarted.runs, decision.forecast.runs) == (3, 1 + 2 * 2 + 11 * 3 * 2)


def test_a_change_that_makes_another_place_be_left_out_needs_the_users_word() -> None:
    """Without Cairo's offset New York decides the round, in which the payouts of PST have no place to start from."""
    offsets = {
        (CAIRO, TYPE): offset("2026-11-20", "2026-11-22"),
        (NEW_YORK, TYPE): offset("2026-11-20", "2026-11-23"),
        (PST, "payout.x.1"): offset("2026-11-20", "2026-11-22"),
    }
    dates = {"stripe.report.initial.load.dates": f"{TYPE}:{INITIAL_LOAD}"}
    of = connector(offsets, initial_load=None, **dates)
    request: dict[str, Any] = {"partitions": ({"timezone": CAIRO},)}
    assert refused(of, "delete", **request).startswith(
        f"{PST} payout.x.1: this would skip 2026-11-20..2026-11-23 (3 d)"
    )
    assert decided(of, "delete", allow_gap=True, **request).changed == {report_partition(CAIRO)}


def test_an_old_round_elsewhere_starts_over_and_the_note_says_so() -> None:
    of = connector(dict.fromkeys((CAIRO, PST), ON_TODAY))
    decision = decided(of, "offset", partitions=({"timezone": PST},), offset=STUCK)
    words = "the connector works on another round, so it will ignore this offset and start over at 2026-10-01 00:00Z."
    assert decision.notes == (f"{PST} {TYPE}: {words}",)


def test_one_of_many_is_deleted_and_starts_over_at_the_initial_load_date() -> None:
    decision = decided(stuck(), "delete", partitions=({"timezone": NEW_YORK},))
    assert targets_by_zone(decision) == {NEW_YORK: None}
    request = decision.forecast.of(report_partition(NEW_YORK)).next_request
    assert request is not None
    assert request.start == at(INITIAL_LOAD)


def test_delete_without_an_initial_load_date_needs_the_users_word() -> None:
    of = connector({CAIRO: ON_TODAY, PST: ON_TODAY}, initial_load=None)
    chosen: Any = ({"timezone": PST},)
    assert "this would skip 2026-11-11..2026-11-23 (12 d)" in refused(of, "delete", partitions=chosen)
    assert "and all that is to come, since there is no initial load date:" in refused(of, "delete", partitions=chosen)
    decision = decided(of, "delete", partitions=chosen, allow_gap=True)
    assert decision.notes == (f"{PST} {TYPE}: no initial load date, so it is skipped in every round.",)


def test_delete_without_an_initial_load_date_needs_the_users_word_also_when_nothing_is_due() -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True)}, initial_load=None)
    assert refused(of, "delete").startswith(
        f"{PST} {TYPE}: this would skip all that is to come, since there is no initial load date: set allow_gap"
    )


def test_restore_rewrites_what_was_there_and_deletes_what_came_since() -> None:
    backup = {partition(CAIRO): ON_TODAY, partition(NEW_YORK): STUCK, partition("UTC"): STUCK}
    decision = decided(stuck(), "restore", backup=backup)
    assert targets_by_zone(decision) == {CAIRO: ON_TODAY, NEW_YORK: STUCK, PST: None, "UTC": STUCK}
    assert after(stuck(), decision).stored == backup


def test_restore_of_chosen_places_leaves_the_others() -> None:
    backup = {partition(CAIRO): ON_TODAY, partition(NEW_YORK): ON_TODAY}
    decision = decided(stuck(), "restore", backup=backup, partitions=({"timezone": CAIRO}, {"timezone": PST}))
    assert targets_by_zone(decision) == {CAIRO: ON_TODAY, PST: None}


# Properties

KNOWING = st.sampled_from(["continue", "current", "available_end", "timestamp"])


def decided_in(world: World, of: Connector, request: ResetRequest) -> StripeDecision:
    return decide(world.situation, request)


@settings(max_examples=200, deadline=None)
@given(worlds(sane=True), KNOWING)
def test_deciding_on_the_decided_state_changes_nothing(world: World, strategy: str) -> None:
    request = ResetRequest(strategy, moment=TODAY if strategy == "timestamp" else None, allow_gap=True)
    decision = decided_in(world, world.connector, request)
    again = after(world.connector, decision)
    assert offset_changes(again.stored, decided_in(world, again, request).targets) == ()


@settings(max_examples=200, deadline=None)
@given(worlds(), st.sampled_from(["current", "available_end", "timestamp"]))
def test_every_written_offset_is_of_the_round_that_is_then_worked_on(world: World, strategy: str) -> None:
    request = ResetRequest(strategy, moment=TODAY if strategy == "timestamp" else None, allow_gap=True)
    decision = decided_in(world, world.connector, request)
    for target in decision.targets.values():
        assert target is not None
        assert target["round_id"] == decision.forecast.worked_round
        assert target["processed_in_round"] is False
    assert decision.forecast.rounds_behind == 0 or not decision.targets


@settings(max_examples=100, deadline=None)
@given(worlds(), worlds())
def test_restore_brings_back_exactly_what_was(then: World, now: World) -> None:
    request = ResetRequest("restore", backup=then.connector.stored)
    targets = generic_targets(now.connector, request)
    stored = {**now.connector.stored, **targets}
    assert {one: value for one, value in stored.items() if value is not None} == then.connector.stored


# Any connector


def any_connector(**offsets: Offset) -> Connector:
    of = stuck()
    entries = {Partition.of({"server": name}): value for name, value in offsets.items()}
    return replace(
        of,
        config={"connector.class": "org.example.SomeSource"},
        offsets=tuple(replace(of.offsets[0], partition=one, offset=value) for one, value in entries.items()),
    )


def test_offset_delete_and_restore_need_no_knowledge_of_the_connector() -> None:
    of = any_connector(a={"pos": 1}, b={"pos": 2})
    a, b, c = (Partition.of({"server": name}) for name in "abc")
    chosen: Any = ({"server": "a"},)
    assert generic_targets(of, ResetRequest("delete", chosen)) == {a: None}
    assert generic_targets(of, ResetRequest("offset", chosen, offset={"pos": 9})) == {a: {"pos": 9}}
    assert generic_targets(of, ResetRequest("offset", offset={"pos": 9})) == {a: {"pos": 9}, b: {"pos": 9}}
    assert generic_targets(of, ResetRequest("restore", backup={c: {"pos": 3}})) == {a: None, b: None, c: {"pos": 3}}
    assert generic_targets(of, ResetRequest("continue")) == {}


@pytest.mark.parametrize("strategy", ["current", "available_end", "timestamp"])
def test_strategies_of_time_are_refused_for_offsets_that_are_not_understood(strategy: str) -> None:
    with pytest.raises(InputError, match=r"not known for org\.example\.SomeSource: use offset, delete or restore"):
        generic_targets(any_connector(a={"pos": 1}), ResetRequest(strategy, moment=NOW))


@pytest.mark.parametrize("strategy", ["offset", "delete"])
def test_a_connector_without_offsets_is_refused_and_it_is_said_what_to_do(strategy: str) -> None:
    with pytest.raises(InputError) as caught:
        generic_targets(any_connector(), ResetRequest(strategy, offset={"pos": 9}))
    assert caught.value.message == (
        "Connect lists no offset of connector 'stripe-reporting-source-connector', so the strategy"
        f" {strategy} has nothing to change: let the connector run until it has stored one, or use restore. If it continues from"
        " an earlier position all the same, REST does not show its offsets: run identify with connectops_kafka_bootstrap_servers"
        " and read the findings."
    )


@pytest.mark.parametrize("strategy", ["offset", "delete", "current", "available_end", "timestamp"])
def test_a_stripe_connector_without_offsets_is_refused(strategy: str) -> None:
    now = situation(connector({}, zones=[PST]))
    with pytest.raises(InputError, match="lists no offset of connector"):
        StripeReporting(StripeOptions()).decide(now, ResetRequest(strategy, moment=NOW, offset={"interval_end": 1}))


@pytest.mark.parametrize("chosen", ["continue", "restore"])
def test_nothing_to_continue_is_no_failure(chosen: str) -> None:
    now = situation(connector({}, zones=[PST]))
    assert StripeReporting(StripeOptions()).decide(now, ResetRequest(chosen, backup={})).targets == {}


# The request


@pytest.mark.parametrize(
    "strategy, given, words",
    [
        ("timestamp", {}, "The strategy timestamp needs the option timestamp."),
        ("offset", {}, "The strategy offset needs the option offset."),
        ("restore", {}, "The strategy restore needs the option backup_file."),
        ("continue", {"timestamp": "2026-11-12"}, "The strategy continue does not use the option timestamp."),
        ("delete", {"offset": {"a": 1}}, "The strategy delete does not use the option offset."),
        ("current", {"backup": {}}, "The strategy current does not use the option backup_file."),
        ("offset", {"offset": {}}, "offset is empty: write a flat map"),
        ("offset", {"offset": {"a": {"b": 1}}}, "offset.a: Connect keeps a flat map"),
        ("offset", {"offset": {"a": [1]}}, "offset.a: Connect keeps a flat map"),
        ("timestamp", {"timestamp": "soon"}, "timestamp: 'soon' is not a moment"),
    ],
)
def test_options_that_do_not_go_together_are_refused(strategy: str, given: dict[str, Any], words: str) -> None:
    options: dict[str, Any] = {"timestamp": None, "offset": None, "backup": None, **given}
    with pytest.raises(InputError) as caught:
        ResetRequest.read(strategy, [], allow_gap=False, **options)
    assert caught.value.message.startswith(words)


def test_options_that_go_together_are_read() -> None:
    request = ResetRequest.read("timestamp", [{"timezone": PST}], "2026-11-12T06:00Z", None, None, True)
    assert request == ResetRequest("timestamp", ({"timezone": PST},), at("2026-11-12T06:00"), allow_gap=True)
