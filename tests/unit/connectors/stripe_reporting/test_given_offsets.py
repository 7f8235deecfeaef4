# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the strategies offset, delete and restore write, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    INITIAL_LOAD,
    NEW_YORK,
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
    targets_by_zone,
)
from unit.connectors.stripe_reporting.strategy_cases import ON_TODAY, OPEN, ROUND, STUCK, refused, stuck


def test_offset_writes_what_it_is_given() -> None:
    wanted = offset("2026-11-10", "2026-11-12")
    decision = decided(stuck(), "offset", partitions=({"timezone": PST},), offset=wanted)
    assert targets_by_zone(decision) == {PST: wanted}


@pytest.mark.parametrize(
    "wanted, words",
    [
        ({**STUCK, "interval_end": None}, "no interval_end, so its round never finishes"),
        ({**STUCK, "in_progress_report_run_id": ""}, "an empty report run id aborts every poll"),
        ({**dict.fromkeys(STUCK), "round_id": at(ROUND)}, "no interval_end, so its round never finishes"),
    ],
)
def test_an_offset_on_which_the_connector_would_hang_is_refused(wanted: Offset, words: str) -> None:
    message = refused(stuck(), "offset", partitions=({"timezone": PST},), offset=wanted, allow_gap=True)
    assert message == (
        f"{PST} {TYPE}: with this offset the connector would hang ({words}): choose another offset, or another strategy."
    )


def test_one_of_two_broken_partitions_can_be_mended_before_the_other() -> None:
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
    assert f"{PST} {TYPE}: {by} the connector would hang (Stripe has no data before" in refused(
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


def test_an_old_round_on_the_first_partition_drags_all_back_and_the_preview_says_what_that_costs() -> None:
    of = connector(dict.fromkeys((CAIRO, NEW_YORK, PST), ON_TODAY))
    decision = decided(of, "offset", partitions=({"timezone": CAIRO},), offset=STUCK)
    assert decision.forecast.worked_round == at(ROUND)
    assert (decision.restarted.runs, decision.forecast.runs) == (3, 1 + 2 * 2 + 11 * 3 * 2)


def test_a_change_that_makes_another_partition_be_left_out_needs_the_users_word() -> None:
    """Without Cairo's offset New York decides the round, in which the payouts of PST have nowhere to start from."""
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
    assert "and all future data, because there is no initial load date:" in refused(of, "delete", partitions=chosen)
    decision = decided(of, "delete", partitions=chosen, allow_gap=True)
    assert decision.notes == (f"{PST} {TYPE}: no initial load date, so it is skipped in every round.",)


def test_delete_without_an_initial_load_date_needs_the_users_word_also_when_nothing_is_due() -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True)}, initial_load=None)
    assert refused(of, "delete").startswith(
        f"{PST} {TYPE}: this would skip all future data, because there is no initial load date: set allow_gap"
    )


def test_restore_rewrites_what_was_there_and_deletes_what_came_since() -> None:
    backup = {partition(CAIRO): ON_TODAY, partition(NEW_YORK): STUCK, partition("UTC"): STUCK}
    decision = decided(stuck(), "restore", backup=backup)
    assert targets_by_zone(decision) == {CAIRO: ON_TODAY, NEW_YORK: STUCK, PST: None, "UTC": STUCK}
    assert after(stuck(), decision).stored == backup


def test_restore_of_chosen_partitions_leaves_the_others() -> None:
    backup = {partition(CAIRO): ON_TODAY, partition(NEW_YORK): ON_TODAY}
    decision = decided(stuck(), "restore", backup=backup, partitions=({"timezone": CAIRO}, {"timezone": PST}))
    assert targets_by_zone(decision) == {CAIRO: ON_TODAY, PST: None}


def edited(pst: Offset, zone: str = PST) -> dict[str, Any]:
    """A request to restore a backup of the present offsets in which somebody has written another one."""
    of = stuck().stored
    return {"backup": {**of, partition(zone): pst}, "is_edited": True, "partitions": ({"timezone": zone},)}


@pytest.mark.parametrize(
    "wanted, zone, words",
    [
        ({**STUCK, "interval_end": "1794441600"}, PST, "the connector stores an integer there"),
        ({"interval_end": at(ROUND)}, PST, "which the connector may need: write every field"),
        ({**STUCK, "interval_end": None}, PST, "with this offset the connector would hang (no interval_end"),
        ({**STUCK, "in_progress_report_run_id": ""}, PST, "an empty report run id aborts every poll"),
        (STUCK, "Mars", "has no partition report_type=balance.summary.1 timezone=Mars: correct the file"),
    ],
    ids=["text", "fields", "null", "run id", "partition"],
)
def test_what_somebody_has_written_into_a_backup_is_checked_like_an_offset(
    wanted: Offset, zone: str, words: str
) -> None:
    assert words in refused(stuck(), "restore", **edited(wanted, zone))
    # As it was written by the collection it is gone back to, whatever it is.
    assert decided(stuck(), "restore", **{**edited(wanted, zone), "is_edited": False}).targets


def test_a_date_that_somebody_has_written_into_a_backup_is_checked_like_one_of_an_offset() -> None:
    in_milliseconds = {**STUCK, "interval_end": at(ROUND) * 1000}
    of = stuck(initial_load=None)
    as_offset = refused(of, "offset", offset=in_milliseconds, partitions=({"timezone": PST},))
    assert "this would skip" in as_offset
    assert refused(of, "restore", **edited(in_milliseconds)) == as_offset


def test_a_partition_that_has_no_offset_can_be_restored_from_an_edited_backup_if_it_is_configured() -> None:
    of = stuck()
    without = replace(of, offsets=tuple(one for one in of.offsets if one.partition != partition(PST)))
    assert targets_by_zone(decided(without, "restore", **edited(STUCK))) == {PST: STUCK}
    message = refused(without, "restore", **edited({**STUCK, "interval_end": "soon"}))
    assert message.endswith('interval_end "soon" is not a number: correct the file.')


def test_a_rollback_writes_its_targets_alone() -> None:
    backup = {partition(CAIRO): ON_TODAY, partition(PST): None}
    assert targets_by_zone(decided(stuck(), "rollback", backup=backup)) == {CAIRO: ON_TODAY, PST: None}
