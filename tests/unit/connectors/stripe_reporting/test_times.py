# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times in trouble: time zones, daylight saving, leap days, milliseconds for seconds, a clock that is off."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import judge
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import Rounds
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    WalkSettings,
    walk,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    parse_moment,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
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
    situation,
    targets_by_zone,
)

YESTERDAY = TODAY - DAY
DAILY = "0 0 0 * * ?"


def asked_for(of: Connector, zone: str, available_end: int = TODAY, now: float = NOW) -> list[tuple[int, int, int]]:
    """Round, start and end of each request that a task which starts now will make for a timezone."""
    it = situation(of, accounts(of, available_end), now)
    requests = walk(it.settings, it.offsets, it.partitions, it.stripe, it.now).requests
    return [(one.round_id, one.start, one.end) for one in requests if one.partition.timezone == zone]


def judged(of: Connector, zone: str, available_end: int = TODAY, now: float = NOW) -> tuple[str, list[str]]:
    """The verdict on a timezone, and the codes of its reasons."""
    judgement = judge(situation(of, accounts(of, available_end), now), Limits())
    verdict = next(one for one in judgement.verdicts if one.partition.get("timezone") == zone)
    return verdict.verdict, [reason.code for reason in verdict.reasons]


# Time zones and daylight saving

# The days on which clocks are changed in the United States, in Europe or in Egypt.
CHANGES = [
    "2026-03-08",
    "2026-03-29",
    "2026-04-24",
    "2026-10-25",
    "2026-10-30",
    "2026-11-01",
    "2027-03-14",
    "2027-03-28",
    "2027-10-31",
    "2027-11-07",
]


@pytest.fixture(params=["UTC", "America/New_York", "Europe/Berlin", "Africa/Cairo", "Pacific/Kiritimati"])
def local_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The time zone of the machine that this runs on."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("local_time")
@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("clock", ["00:00", "01:30", "02:00", "02:30", "03:00", "23:30"])
def test_a_round_a_day_is_a_day_long_when_clocks_are_changed(day: str, clock: str) -> None:
    hour, minute = clock.split(":")
    rounds = Rounds(f"0 {int(minute)} {int(hour)} * * ?")
    fire = at(f"{day}T{clock}")
    assert rounds.next(fire - DAY) == fire
    assert rounds.next(fire) == fire + DAY
    assert [rounds.last(fire), rounds.last(fire + 1)] == [fire - DAY, fire]
    assert rounds.count(fire - 2 * DAY, fire + 2 * DAY) == 4


@pytest.mark.usefixtures("local_time")
@pytest.mark.parametrize("day", CHANGES)
def test_an_hourly_round_neither_comes_twice_nor_is_left_out_when_clocks_are_changed(day: str) -> None:
    rounds = Rounds("0 0 * * * ?")
    fires = [at(day) - HOUR]
    while len(fires) < 26:
        fires.append(rounds.next(fires[-1]))
    assert fires == [at(day) + hour * HOUR for hour in range(-1, 25)]


@pytest.mark.usefixtures("local_time")
@pytest.mark.parametrize("zone", [NEW_YORK, CAIRO, PST, "Pacific/Kiritimati", "no zone at all"])
@pytest.mark.parametrize("day", CHANGES)
def test_a_timezone_is_the_name_of_an_account_whose_days_are_those_of_utc(zone: str, day: str) -> None:
    begin = at(day) - DAY
    of = connector({zone: offset(begin, begin)}, max_report_interval_days="1", initial_load=show_moment(begin)[:10])
    chunks = [(begin + day * DAY, begin + (day + 1) * DAY) for day in range(3)]
    found = asked_for(of, zone, available_end=begin + 3 * DAY, now=begin + 2 * DAY)
    assert found == [(round_id, *chunk) for round_id in (begin, begin + DAY) for chunk in chunks]


@pytest.mark.usefixtures("local_time")
def test_what_is_read_and_shown_is_utc_whatever_the_machine_has() -> None:
    assert parse_moment("2026-11-01", "timestamp") == at("2026-11-01") == 1_793_491_200
    assert parse_moment("2026-11-01T01:30", "timestamp") == at("2026-11-01T01:30")
    assert show_moment(1_793_491_200) == "2026-11-01 00:00Z"
    config = {"stripe.report.initial.load.dates": f"{TYPE}:2026-11-01"}
    assert WalkSettings.read(config).initial_loads == {TYPE: 1_793_491_200}


def test_an_hour_that_comes_twice_is_told_apart_by_its_offset_from_utc() -> None:
    first, second = (parse_moment(f"2026-11-01T01:30-0{hours}:00", "timestamp") for hours in (4, 5))
    assert (first, second) == (at("2026-11-01T05:30"), at("2026-11-01T06:30"))


# Leap days, and the ends of months and years


@pytest.mark.parametrize(
    "expression, moment, last, following",
    [
        ("0 0 0 29 2 ?", "2026-11-23", "2024-02-29", "2028-02-29"),
        ("0 0 0 29 2 ?", "2028-02-29", "2024-02-29", "2032-02-29"),
        ("0 0 0 29 2 ?", "2028-02-29T00:01", "2028-02-29", "2032-02-29"),
        # 2100 is no leap year.
        ("0 0 0 29 2 ?", "2098-01-01", "2096-02-29", "2104-02-29"),
        ("0 0 0 L * ?", "2028-02-15", "2028-01-31", "2028-02-29"),
        ("0 0 0 L * ?", "2027-02-15", "2027-01-31", "2027-02-28"),
        ("0 0 0 31 * ?", "2028-02-15", "2028-01-31", "2028-03-31"),
        (DAILY, "2028-02-29", "2028-02-28", "2028-03-01"),
        (DAILY, "2028-02-29T12:00", "2028-02-29", "2028-03-01"),
        (DAILY, "2027-02-28T12:00", "2027-02-28", "2027-03-01"),
        (DAILY, "2026-12-31T23:59:59", "2026-12-31", "2027-01-01"),
        (DAILY, "2027-01-01", "2026-12-31", "2027-01-02"),
        (DAILY, "2027-01-01T00:00:01", "2027-01-01", "2027-01-02"),
        ("0 0 0 1 1 ?", "2026-12-31T23:59:59", "2026-01-01", "2027-01-01"),
        ("0 59 23 31 12 ?", "2027-01-01", "2026-12-31T23:59", "2027-12-31T23:59"),
        # The first of these years ends on a Thursday, the 53rd week of ISO's.
        ("0 0 0 ? * 2", "2026-12-31", "2026-12-28", "2027-01-04"),
    ],
)
def test_rounds_about_leap_days_and_the_ends_of_months_and_years(
    expression: str, moment: str, last: str, following: str
) -> None:
    rounds = Rounds(expression)
    assert (rounds.last(at(moment)), rounds.next(at(moment))) == (at(last), at(following))


@pytest.mark.parametrize("year, days", [(2026, 365), (2027, 365), (2028, 366), (2100, 365)])
def test_a_year_has_as_many_rounds_as_days(year: int, days: int) -> None:
    assert Rounds(DAILY).count(at(f"{year}-01-01"), at(f"{year + 1}-01-01")) == days


@pytest.mark.parametrize(
    "begin, chunk_days, edges",
    [
        ("2028-02-27", 1, ["2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01"]),
        ("2028-02-27", 2, ["2028-02-27", "2028-02-29", "2028-03-01"]),
        ("2028-02-29", 1, ["2028-02-29", "2028-03-01"]),
        ("2028-01-31", 30, ["2028-01-31", "2028-03-01"]),
        ("2027-01-31", 30, ["2027-01-31", "2027-03-02"]),
        ("2027-03-01", 365, ["2027-03-01", "2028-02-29", "2028-03-01"]),
        ("2026-12-30", 2, ["2026-12-30", "2027-01-01", "2027-01-02"]),
    ],
)
def test_chunks_about_leap_days_and_the_ends_of_years(begin: str, chunk_days: int, edges: list[str]) -> None:
    end = at(edges[-1])
    of = connector({PST: offset(begin, end - DAY)}, initial_load=None, max_report_interval_days=str(chunk_days))
    moments = [at(edge) for edge in edges]
    chunks = [(end - DAY, *chunk) for chunk in pairwise(moments)]
    assert asked_for(of, PST, available_end=end, now=end) == chunks


@pytest.mark.parametrize("date, exists", [("2028-02-29", True), ("2027-02-29", False), ("2100-02-29", False)])
def test_a_leap_day_is_a_date_in_leap_years_only(date: str, exists: bool) -> None:
    read = WalkSettings.read({"stripe.report.initial.load.dates": f"{TYPE}:{date}"})
    assert read.initial_loads == ({TYPE: at(date)} if exists else {})
    if exists:
        assert parse_moment(date, "timestamp") == at(date)
    else:
        with pytest.raises(InputError, match="is not a moment"):
            parse_moment(date, "timestamp")


# Milliseconds where seconds are due

CONTINUES = [(TODAY, YESTERDAY, TODAY)]
RELOADS = [(TODAY, YESTERDAY - DAY, TODAY)]
FAR_ROUND = TODAY * 1000
IN_MILLISECONDS: dict[str, tuple[dict[str, Any], list[tuple[int, int, int]]]] = {
    # name: (what is wrong in the offset of one that works on today's round, what the connector asks for then)
    "interval_end": ({"interval_end": YESTERDAY * 1000}, []),
    "interval_end as text": ({"interval_end": str(YESTERDAY * 1000)}, []),
    "interval_end with a fraction": ({"interval_end": YESTERDAY * 1000.0}, []),
    "interval_end in microseconds": ({"interval_end": YESTERDAY * 10**6}, []),
    "interval_end in nanoseconds": ({"interval_end": YESTERDAY * 10**9}, []),
    "interval_start of an open run": (
        {"interval_start": YESTERDAY * 1000, "in_progress_report_run_id": "frr_1", "last_committed_row": 3},
        [],
    ),
    "interval_end of an open run": (
        {"interval_end": TODAY * 1000, "in_progress_report_run_id": "frr_1", "last_committed_row": 3},
        CONTINUES,
    ),
    "the round, unfinished": ({"round_id": FAR_ROUND}, [(FAR_ROUND, YESTERDAY, TODAY), *RELOADS]),
    "the round, finished": ({"round_id": FAR_ROUND, "processed_in_round": True}, RELOADS),
    "all, unfinished": ({"interval_end": YESTERDAY * 1000, "round_id": FAR_ROUND}, RELOADS),
}


def with_wrong_unit(fields: Mapping[str, Any], **others: Mapping[str, Any]) -> Connector:
    return connector({PST: {**offset(YESTERDAY, TODAY), **fields}, **others}, initial_load="2026-11-21")


@pytest.mark.parametrize("fields, asked", IN_MILLISECONDS.values(), ids=IN_MILLISECONDS)
def test_the_connector_takes_milliseconds_for_seconds_of_the_far_future(
    fields: Mapping[str, Any], asked: list[tuple[int, int, int]]
) -> None:
    assert asked_for(with_wrong_unit(fields), PST) == asked


def test_one_round_in_milliseconds_makes_the_others_start_over() -> None:
    of = with_wrong_unit({"round_id": FAR_ROUND}, UTC=offset(YESTERDAY, TODAY))
    assert asked_for(of, "UTC") == [(FAR_ROUND, YESTERDAY - DAY, TODAY), *RELOADS]


@pytest.mark.parametrize("fields", [fields for fields, _asked in IN_MILLISECONDS.values()], ids=IN_MILLISECONDS)
def test_a_time_in_another_unit_is_stuck_with_its_reason_and_never_ok(fields: Mapping[str, Any]) -> None:
    verdict, codes = judged(with_wrong_unit(fields), PST)
    assert verdict == "stuck"
    assert "unit_doubtful" in codes


def test_a_finished_round_in_milliseconds_is_judged_with_the_time_of_its_commit_as_well() -> None:
    of = with_wrong_unit({"round_id": FAR_ROUND, "processed_in_round": True})
    stored = replace(of, offsets=tuple(replace(one, committed_at=float(TODAY)) for one in of.offsets))
    assert judged(stored, PST) == judged(of, PST)


def test_a_finished_partition_with_its_end_in_milliseconds_is_stuck_although_it_asks_for_nothing() -> None:
    of = connector({PST: offset(TODAY * 1000, TODAY, done=True)})
    assert asked_for(of, PST) == []
    assert judged(of, PST) == ("stuck", ["unit_doubtful"])


def test_a_round_in_milliseconds_is_mended_by_a_reset() -> None:
    decision = decided(with_wrong_unit({"round_id": FAR_ROUND}), "continue")
    assert targets_by_zone(decision) == {PST: offset(YESTERDAY, TODAY)}


def test_a_start_in_milliseconds_that_is_not_read_is_no_trouble() -> None:
    of = with_wrong_unit({"interval_start": YESTERDAY * 1000})
    assert asked_for(of, PST) == CONTINUES
    assert judged(of, PST) == ("late", ["behind_data"])


@pytest.mark.parametrize("seconds", [4_102_444_800, at("2099-12-31")])
@pytest.mark.parametrize("done", [False, True])
def test_a_far_end_may_be_meant_in_seconds_and_is_no_good_sign(seconds: int, done: bool) -> None:
    """The connector stores no end of data that nobody has, and delivers nothing up to it."""
    assert judged(connector({PST: offset(seconds, TODAY, done=done)}), PST) == ("unknown", ["clock_doubtful"])


# A clock that is off

MINUTES_10 = 600
IDLE = offset(TODAY, TODAY, done=True)
BUSY = offset(YESTERDAY, TODAY)


@pytest.mark.parametrize(
    "stored, available_end, now, verdict, codes",
    [
        # The clock stands before the round that the connector has begun by its own.
        (IDLE, TODAY, TODAY - DAY, "unknown", ["clock_doubtful"]),
        (BUSY, TODAY, TODAY - DAY, "unknown", ["clock_doubtful", "behind_data"]),
        (IDLE, TODAY, TODAY - MINUTES_10 - 1, "unknown", ["clock_doubtful"]),
        (IDLE, TODAY, TODAY - MINUTES_10, "ok", []),
        (IDLE, TODAY, TODAY - 1, "ok", []),
        (IDLE, TODAY, TODAY, "ok", []),
        # It stands before the end of Stripe's data, which never reaches into the future.
        (offset(TODAY, YESTERDAY, done=True), TODAY, YESTERDAY + HOUR, "unknown", ["clock_doubtful"]),
        (offset(TODAY, YESTERDAY, done=True), TODAY, TODAY - MINUTES_10 - 1, "unknown", ["clock_doubtful"]),
        (offset(TODAY, YESTERDAY, done=True), TODAY, TODAY - MINUTES_10, "ok", []),
        # It runs a day ahead: that cannot be told from a day on which nothing came, so it must not be called stuck.
        (IDLE, TODAY, NOW + DAY, "ok", []),
        (BUSY, TODAY, NOW + DAY, "late", ["behind_data"]),
        (offset(YESTERDAY, YESTERDAY, done=True), YESTERDAY, NOW + DAY, "ok", []),
    ],
)
def test_a_clock_that_is_off_makes_nothing_stuck(
    stored: Mapping[str, Any], available_end: int, now: float, verdict: str, codes: list[str]
) -> None:
    assert judged(connector({PST: stored}), PST, available_end, now) == (verdict, codes)


def test_a_clock_that_is_behind_is_told_with_by_how_much() -> None:
    of = connector({PST: IDLE})
    now = TODAY - 2 * HOUR
    reason = judge(situation(of, accounts(of), now), Limits()).verdicts[0].reasons[0]
    assert reason.message == "its round is 2 h ahead of this machine's clock"
    assert (reason.value, reason.limit) == (2 * HOUR, MINUTES_10)


def test_a_round_that_lies_ahead_is_worked_on_before_the_current_one_starts_over() -> None:
    """So acts a worker whose clock was set back."""
    of = connector({PST: BUSY}, initial_load="2026-11-21")
    before = YESTERDAY + HOUR
    assert asked_for(of, PST, now=before) == [(TODAY, YESTERDAY, TODAY), (YESTERDAY, YESTERDAY - DAY, TODAY)]
    finished = connector({PST: IDLE}, initial_load=None)
    assert asked_for(finished, PST, now=before) == []
