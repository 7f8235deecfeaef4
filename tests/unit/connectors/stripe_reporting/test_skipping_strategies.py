# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the strategies current, available_end and timestamp write, and what they skip."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    decide,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
)
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
    at,
    connector,
    decided,
    offset,
    report_partition,
    situation,
    targets_by_zone,
)
from unit.connectors.stripe_reporting.strategy_cases import ON_TODAY, OPEN, ROUND, STUCK, refused, stuck


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


def test_partitions_that_are_there_already_stay_as_they_are() -> None:
    of = connector({CAIRO: offset(TODAY, TODAY, done=True), NEW_YORK: offset(TODAY + HOUR, TODAY), PST: ON_TODAY})
    assert targets_by_zone(decided(of, "current")) == {PST: offset(TODAY, TODAY)}
    of = connector({CAIRO: offset(TODAY, TODAY, run="frr_1", row=1), PST: offset(TODAY, "2026-11-20")})
    assert set(targets_by_zone(decided(of, "current"))) == {CAIRO, PST}


def test_available_end_is_refused_where_stripe_was_not_asked() -> None:
    words = refused(stuck(), "available_end", accounts(stuck(), asked=False))
    assert f"set stripe_api_keys with a key for {CAIRO}" in words


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
    """Left alone the connector delivers nothing now, but it would deliver once the run is done."""
    of = connector({PST: OPEN})
    assert "this would skip 2026-11-09..2026-11-20 (11 d)" in refused(
        of, "timestamp", accounts(of, runs={PST: status}), moment=at("2026-11-20")
    )


def test_a_moment_beyond_the_data_skips_no_more_than_there_is() -> None:
    decision = decided(stuck(), "timestamp", moment=at("2026-11-23T05:00"), allow_gap=True)
    assert decision.forecast.of(report_partition(PST)).skipped == ((at("2026-11-11"), TODAY),)
    assert decision.forecast.requests == ()


@pytest.mark.parametrize("load", [INITIAL_LOAD, None])
def test_a_moment_that_is_still_to_come_is_refused(load: str | None) -> None:
    of = connector(dict.fromkeys((CAIRO, PST), offset("2026-11-23", TODAY, done=True)), initial_load=load)
    assert "timestamp 2027-11-20 00:00Z is in the future" in refused(of, "timestamp", moment=at("2027-11-20"))


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("round_id", [ROUND, TODAY])
def test_what_is_delivered_up_to_the_future_is_not_believed(round_id: str | int, done: bool) -> None:
    of = connector({CAIRO: offset("2026-12-20", round_id, done=done), PST: STUCK})
    said = refused(of, "continue")
    assert f"{report_partition(CAIRO)}: its offset says that all is delivered up to 2026-12-20 00:00Z" in said
    # The others can be reset without it.
    assert CAIRO not in targets_by_zone(decided(of, "continue", partitions=({"timezone": PST},)))


def test_orphans_are_left_alone_and_cannot_be_chosen() -> None:
    of = connector({CAIRO: STUCK, "Mars/Base": STUCK}, zones=[CAIRO])
    assert set(targets_by_zone(decided(of, "continue"))) == {CAIRO}
    words = refused(of, "continue", partitions=({"timezone": "Mars/Base"},))
    assert "is no longer configured to work on it" in words
