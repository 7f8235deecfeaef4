# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Stripe reporting connector will do from given offsets: each of its traps by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    MOST_REQUESTS,
    StripeState,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
)
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
    INITIAL_LOAD,
    NEW_YORK,
    PST,
    TODAY,
    TYPE,
    accounts,
    at,
    connector,
    offset,
    report_partition,
    situation,
)


def forecast_for(of: Connector, stripe: Mapping[ReportPartition, StripeState] | None = None) -> Forecast:
    """What a task that starts with the connector's offsets will do."""
    return make_forecast(situation(of, stripe))


def spans(forecast: Forecast, zone: str = PST) -> list[tuple[int, int]]:
    return [(request.start, request.end) for request in forecast.requests if request.partition.timezone == zone]


# The worked round


@pytest.mark.parametrize(
    "rounds, worked",
    [
        # (round, processed) of Cairo, New York and PST; None: no offset.
        ((None, None, None), "2026-11-23"),
        ((("2026-11-12", False), ("2026-11-12", False), ("2026-11-12", False)), "2026-11-12"),
        ((("2026-11-12", True), ("2026-11-12", True), ("2026-11-12", False)), "2026-11-12"),
        ((("2026-11-12", True), ("2026-11-12", True), ("2026-11-12", True)), "2026-11-13"),
        ((("2026-11-12", True), ("2026-11-15", False), ("2026-11-20", True)), "2026-11-13"),
        ((None, ("2026-11-15", False), ("2026-11-20", True)), "2026-11-15"),
        (((None, False), ("2026-11-20", True), None), "2026-11-21"),
        ((("2026-11-23", True), ("2026-11-23", True), ("2026-11-23", True)), "2026-11-23"),
        ((("2026-11-25", True), ("2026-11-25", True), ("2026-11-25", True)), "2026-11-23"),
        ((("2026-11-25", False), None, None), "2026-11-25"),
    ],
)
def test_the_first_partition_with_a_round_decides_which_round_is_worked_on(rounds: Any, worked: str) -> None:
    offsets = {
        zone: offset("2026-11-10", one[0], done=one[1])
        for zone, one in zip((CAIRO, NEW_YORK, PST), rounds, strict=True)
        if one is not None
    }
    assert forecast_for(connector(offsets, zones=[CAIRO, NEW_YORK, PST])).worked_round == at(worked)


def test_missed_rounds_are_counted_from_the_worked_one_to_the_current_one() -> None:
    forecast = forecast_for(connector({PST: offset("2026-11-11", "2026-11-12")}))
    assert (forecast.rounds_behind, forecast.current_round) == (11, TODAY)


# What is asked for


def test_an_unfinished_round_is_continued_at_interval_end_in_chunks_of_the_longest_interval() -> None:
    forecast = forecast_for(connector({PST: offset("2026-11-18", TODAY)}, max_report_interval_days="2"))
    assert spans(forecast) == [
        (at("2026-11-18"), at("2026-11-20")),
        (at("2026-11-20"), at("2026-11-22")),
        (at("2026-11-22"), TODAY),
    ]
    assert (forecast.runs, forecast.is_complete, forecast.of(report_partition(PST)).skipped) == (3, True, ())


def test_every_missed_round_reloads_everything_since_the_initial_load_date() -> None:
    forecast = forecast_for(connector({PST: offset("2026-11-20", "2026-11-20")}, initial_load="2026-11-15"))
    since_load = (at("2026-11-15"), TODAY)
    assert spans(forecast) == [(at("2026-11-20"), TODAY), since_load, since_load, since_load]
    assert forecast.of(report_partition(PST)).redelivered_seconds == 5 * DAY + 2 * 8 * DAY + (TODAY - at("2026-11-20"))


@pytest.mark.parametrize("round_id", ["2026-11-20", None, 12345])
def test_an_offset_of_another_round_starts_over_at_the_initial_load_date(round_id: Any) -> None:
    offsets = {CAIRO: offset("2026-11-22", TODAY), PST: offset("2026-11-22", round_id)}
    assert spans(forecast_for(connector(offsets))) == [(at(INITIAL_LOAD), at("2026-10-31")), (at("2026-10-31"), TODAY)]


def test_without_an_initial_load_date_such_a_partition_is_left_out_for_good() -> None:
    offsets = {CAIRO: offset("2026-11-22", TODAY), PST: offset("2026-11-20", "2026-11-20", done=True)}
    forecast = forecast_for(connector(offsets, initial_load=None))
    pst = forecast.of(report_partition(PST))
    assert spans(forecast) == []
    assert pst.problem == "no initial load date, so it is skipped in every round"
    assert (pst.skipped, pst.next_round_delivers_skipped) == (((at("2026-11-20"), TODAY),), False)
    assert forecast.is_complete


def test_left_out_at_the_head_of_the_walk_it_holds_all_the_others_in_one_round() -> None:
    done = offset("2026-11-20", "2026-11-20", done=True)
    dates = {"stripe.report.initial.load.dates": "b.1:2026-11-15"}
    of = connector({(CAIRO, "a.1"): done, (PST, "b.1"): done}, initial_load=None, **dates)
    forecast = forecast_for(of)
    assert {request.round_id for request in forecast.requests} == {at("2026-11-21")}
    assert not forecast.is_complete
    assert "keeps all other partitions in this round" in str(forecast.of(ReportPartition(CAIRO, "a.1")).problem)


def test_nothing_to_ask_for_ends_the_round_in_memory() -> None:
    forecast = forecast_for(connector({PST: offset(TODAY, TODAY)}))
    assert (forecast.requests, forecast.is_complete) == ((), True)


def test_a_finished_partition_asks_for_nothing_and_what_came_since_is_the_next_rounds() -> None:
    pst = forecast_for(connector({PST: offset("2026-11-22", TODAY, done=True)})).of(report_partition(PST))
    assert (pst.next_request, pst.runs) == (None, 0)
    assert (pst.skipped, pst.next_round_delivers_skipped) == (((at("2026-11-22"), TODAY),), True)


# Open runs


def opened(**fields: Any) -> Connector:
    start, end = "2026-11-18", "2026-11-20"
    return connector({PST: {**offset(end, TODAY, start=start, run="frr_1", row=41), **fields}})


def test_an_open_run_is_resumed_after_its_last_row() -> None:
    request = forecast_for(opened(), accounts(opened(), "2026-11-20", runs={PST: "succeeded"})).requests[0]
    assert (request.run_id, request.first_row, request.is_new_run) == ("frr_1", 42, False)
    assert (request.start, request.end, request.covers_end) == (at("2026-11-18"), at("2026-11-20"), at("2026-11-20"))


@pytest.mark.parametrize("row", [-1, -2, -40, "-3", -(2**31)])
def test_a_negative_row_starts_at_the_first_row(row: Any) -> None:
    assert forecast_for(opened(last_committed_row=row)).requests[0].first_row == 0
    without_run = opened(last_committed_row=row, in_progress_report_run_id=None)
    assert (
        forecast_for(without_run).requests[0].first_row,
        forecast_for(without_run).of(report_partition(PST)).lost_rows,
    ) == (
        0,
        0,
    )


def test_an_open_run_whose_file_is_gone_costs_a_new_run_and_its_rows_are_in_doubt() -> None:
    """The new report covers the same interval, but its rows need not come in the same order."""
    forecast = forecast_for(opened(), accounts(opened(), "2026-11-20", runs={PST: "file_lost"}))
    (request,) = forecast.requests
    assert (request.is_new_run, request.start, request.end, request.first_row) == (
        True,
        at("2026-11-18"),
        at("2026-11-20"),
        42,
    )
    assert (forecast.runs, forecast.of(report_partition(PST)).lost_rows, forecast.is_complete) == (1, 42, True)


def test_an_open_run_without_a_row_is_resumed_from_the_first_row() -> None:
    assert forecast_for(opened(last_committed_row=None)).requests[0].first_row == 0


def test_a_resumed_run_claims_up_to_the_moved_end_and_what_lies_between_is_lost() -> None:
    forecast = forecast_for(opened(), accounts(opened(), "2026-11-22", runs={PST: "succeeded"}))
    pst = forecast.of(report_partition(PST))
    assert [(request.end, request.covers_end) for request in forecast.requests] == [
        (at("2026-11-22"), at("2026-11-20"))
    ]
    assert pst.skipped == ((at("2026-11-20"), at("2026-11-22")),)
    assert pst.skipped_seconds == 2 * DAY


@pytest.mark.parametrize("status", ["pending", "failed", "lost"])
def test_an_open_run_without_a_result_fails_every_poll(status: str) -> None:
    forecast = forecast_for(opened(), accounts(opened(), runs={PST: status}))
    assert forecast.of(report_partition(PST)).problem == f"the open run frr_1 is {status}, which fails every poll"
    assert (forecast.requests, forecast.is_complete) == ((), False)


def test_an_open_run_with_nothing_left_to_ask_for_is_not_looked_at() -> None:
    forecast = forecast_for(opened(), accounts(opened(), "2026-11-18", runs={PST: "pending"}))
    assert forecast.is_complete


def test_an_open_run_of_another_round_is_forgotten() -> None:
    request = forecast_for(opened(round_id=None)).requests[0]
    assert (request.run_id, request.start) == (None, at(INITIAL_LOAD))


def test_a_row_without_a_run_skips_rows_of_the_new_report() -> None:
    pst = forecast_for(opened(in_progress_report_run_id=None)).of(report_partition(PST))
    assert pst.next_request is not None
    assert (pst.next_request.start, pst.next_request.first_row, pst.lost_rows) == (at("2026-11-20"), 42, 42)


# What holds the others up


def three(middle: Mapping[str, Any], rounds: str = "2026-11-20") -> Connector:
    calm = offset("2026-11-19", rounds)
    return connector({CAIRO: calm, NEW_YORK: {**calm, **middle}, PST: calm})


def test_an_empty_run_id_aborts_every_poll_and_starves_those_after_it() -> None:
    forecast = forecast_for(three({"in_progress_report_run_id": ""}))
    assert [len(spans(forecast, zone)) for zone in (CAIRO, NEW_YORK, PST)] == [1, 0, 0]
    assert not forecast.is_complete
    assert forecast.of(report_partition(NEW_YORK)).problem == "an empty report run id aborts every poll"
    assert forecast.of(report_partition(PST)).problem == f"blocked by {NEW_YORK} {TYPE}"
    assert forecast.of(report_partition(CAIRO)).problem == f"blocked by {NEW_YORK} {TYPE}"


def test_an_empty_run_id_goes_on_at_the_end_and_with_nothing_left_it_is_complete() -> None:
    empty = {"in_progress_report_run_id": "", "interval_start": at("2026-11-10"), "last_committed_row": 5}
    forecast = forecast_for(three({**empty, "interval_end": TODAY}, rounds="2026-11-23"))
    assert [len(spans(forecast, zone)) for zone in (CAIRO, NEW_YORK, PST)] == [1, 0, 1]
    assert forecast.is_complete
    assert forecast.of(report_partition(NEW_YORK)).problem is None
    assert not forecast_for(three({**empty, "interval_end": TODAY - 1}, rounds="2026-11-23")).is_complete


@pytest.mark.parametrize(
    "middle, reason",
    [
        ({"in_progress_report_run_id": "", "interval_end": None}, "no interval_end, so its round never finishes"),
        ({"interval_end": "1795046400.0"}, "no interval_end, so its round never finishes"),
        ({"interval_end": None}, "no interval_end, so its round never finishes"),
        (
            {"in_progress_report_run_id": "frr_1", "interval_start": None},
            "an open run without interval_start, so its round never finishes",
        ),
    ],
)
def test_a_partition_without_a_start_is_passed_over_but_its_round_never_finishes(
    middle: Mapping[str, Any], reason: str
) -> None:
    forecast = forecast_for(three(middle))
    assert [len(spans(forecast, zone)) for zone in (CAIRO, NEW_YORK, PST)] == [1, 0, 1]
    assert {request.round_id for request in forecast.requests} == {at("2026-11-20")}
    assert not forecast.is_complete
    assert forecast.of(report_partition(NEW_YORK)).problem == reason
    assert forecast.of(report_partition(PST)).problem == f"blocked by {NEW_YORK} {TYPE}"


def test_in_the_current_round_the_others_finish_beside_a_partition_without_a_start() -> None:
    forecast = forecast_for(three({"interval_end": None}, rounds="2026-11-23"))
    assert forecast.of(report_partition(PST)).problem is None
    assert not forecast.is_complete


def data_from(of: Connector, start: int, zone: str = NEW_YORK) -> dict[ReportPartition, StripeState]:
    """What Stripe says where the data of one account begins at ``start`` (epoch seconds), and that of the others is not told."""
    stripe = accounts(of, runs={zone: "succeeded"})
    return {**stripe, report_partition(zone): replace(stripe[report_partition(zone)], available_start=start)}


def test_a_report_that_would_begin_before_stripes_data_is_refused_in_every_poll() -> None:
    of = three({})
    begin = at("2026-11-19")
    forecast = forecast_for(of, data_from(of, begin + 1))
    assert [len(spans(forecast, zone)) for zone in (CAIRO, NEW_YORK, PST)] == [1, 0, 0]
    assert not forecast.is_complete
    refused = "Stripe has no data before 2026-11-19 00:00:01Z and refuses to begin at 2026-11-19 00:00Z"
    assert forecast.of(report_partition(NEW_YORK)).problem == refused
    assert forecast.of(report_partition(PST)).problem == f"blocked by {NEW_YORK} {TYPE}"
    assert spans(forecast_for(of, data_from(of, begin)), NEW_YORK)[0] == (begin, TODAY)


def test_an_initial_load_date_before_stripes_data_stops_the_round_after_the_present_one() -> None:
    of = three({})
    forecast = forecast_for(of, data_from(of, at(INITIAL_LOAD) + DAY))
    assert [spans(forecast, zone)[0] for zone in (CAIRO, NEW_YORK, PST)] == [(at("2026-11-19"), TODAY)] * 3
    assert "refuses to begin at 2026-10-01 00:00Z" in str(forecast.of(report_partition(NEW_YORK)).problem)
    assert not forecast.is_complete


def test_an_open_run_is_resumed_although_stripes_data_begins_after_it_by_now() -> None:
    of = opened()
    request = forecast_for(of, data_from(of, TODAY, PST)).requests[0]
    assert (request.run_id, request.start) == ("frr_1", at("2026-11-18"))


def test_what_is_only_held_up_is_not_called_skipped() -> None:
    forecast = forecast_for(
        three({"in_progress_report_run_id": "frr_1"}), accounts(three({}), runs={NEW_YORK: "pending"})
    )
    assert [one.skipped for one in forecast.partitions] == [(), (), ()]


def test_a_run_that_an_earlier_round_made_the_task_forget_does_not_wait_for_anything() -> None:
    """New York has nothing to ask for in round 20, which it so ends in memory; of its run of round 21 nothing is left."""
    run: Any = {"start": "2026-11-18", "run": "frr_1", "row": 1}
    offsets = {
        (CAIRO, TYPE): offset("2026-11-20", "2026-11-20"),
        (NEW_YORK, TYPE): offset("2026-11-19", "2026-11-21", **run),
        (PST, "payout.x.1"): offset("2026-11-19", "2026-11-21", **{**run, "run": "frr_2"}),
    }
    of = connector(offsets, initial_load=None, **{"stripe.report.initial.load.dates": f"{TYPE}:2026-11-23"})
    stripe = accounts(of)
    stripe[ReportPartition(PST, "payout.x.1")] = StripeState(TODAY, True, "pending")
    forecast = forecast_for(of, stripe)
    assert not forecast.is_complete
    assert forecast.of(report_partition(NEW_YORK)).next_request is None
    assert forecast.of(report_partition(NEW_YORK)).skipped == ((at("2026-11-18"), TODAY),)


# Limits


def test_a_forecast_of_very_many_requests_ends_and_says_so() -> None:
    of = connector({PST: offset("2026-11-20", "2026-11-20", done=True)}, poll_cron="*/5 * * * * ?")
    forecast = forecast_for(of)
    assert (len(forecast.requests), forecast.is_complete) == (MOST_REQUESTS, False)


def test_hours_count_as_well_as_days() -> None:
    of = connector({PST: offset(TODAY - 5 * HOUR, TODAY)})
    assert spans(forecast_for(of, accounts(of, TODAY - 2 * HOUR))) == [(TODAY - 5 * HOUR, TODAY - 2 * HOUR)]
