# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds: Quartz expressions, day by day against what they mean in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import (
    Rounds,
    quartz_to_croniter,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import DAY, NOW, at
from unit.examples import examples

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
FIRST, LAST = date(2026, 11, 1), date(2028, 3, 31)


def is_nth(day: date, weekday: int, nth: int) -> bool:
    return day.weekday() == weekday and (day.day - 1) // 7 == nth - 1


def is_last(day: date, weekday: int) -> bool:
    return day.weekday() == weekday and (day + timedelta(days=7)).month != day.month


def is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


# Expressions that fire at midnight, by the days on which they do.
DAYS: dict[str, Callable[[date], bool]] = {
    "0 0 0 * * ?": lambda day: True,
    "0 0 0 ? * *": lambda day: True,
    "0 0 0 ? * 1": lambda day: day.weekday() == SUN,
    "0 0 0 ? * 2": lambda day: day.weekday() == MON,
    "0 0 0 ? * 7": lambda day: day.weekday() == SAT,
    "0 0 0 ? * MON": lambda day: day.weekday() == MON,
    "0 0 0 ? * mon": lambda day: day.weekday() == MON,
    "0 0 0 ? * L": lambda day: day.weekday() == SAT,
    "0 0 0 ? * 2-6": lambda day: day.weekday() <= FRI,
    "0 0 0 ? * MON-FRI": lambda day: day.weekday() <= FRI,
    "0 0 0 ? * FRI-MON": lambda day: day.weekday() in (FRI, SAT, SUN, MON),
    "0 0 0 ? * 7-1": lambda day: day.weekday() in (SAT, SUN),
    "0 0 0 ? * 1-7": lambda day: True,
    "0 0 0 ? * 2,4,SAT": lambda day: day.weekday() in (MON, WED, SAT),
    "0 0 0 ? * 2/2": lambda day: day.weekday() in (MON, WED, FRI),
    "0 0 0 ? * */2": lambda day: day.weekday() in (SUN, TUE, THU, SAT),
    "0 0 0 ? * 6-2/2": lambda day: day.weekday() in (FRI, SUN),
    "0 0 0 ? * /2": lambda day: day.weekday() in (SUN, TUE, THU, SAT),
    "0 0 0 ? * 3-3": lambda day: day.weekday() == TUE,
    "0 0 0 ? * *,2": lambda day: True,
    "0 0 0 ? * 2#1": lambda day: is_nth(day, MON, 1),
    "0 0 0 ? * FRI#3": lambda day: is_nth(day, FRI, 3),
    "0 0 0 ? * 1#5": lambda day: is_nth(day, SUN, 5),
    "0 0 0 ? * 6L": lambda day: is_last(day, FRI),
    "0 0 0 ? * 1L": lambda day: is_last(day, SUN),
    "0 0 0 ? * 7L": lambda day: is_last(day, SAT),
    "0 0 0 ? * FRIL": lambda day: is_last(day, FRI),
    "0 0 0 L * ?": is_month_end,
    "0 0 0 1,15 * ?": lambda day: day.day in (1, 15),
    "0 0 0 /5 * ?": lambda day: day.day in (1, 6, 11, 16, 21, 26, 31),
    "0 0 0 */5 * ?": lambda day: day.day in (1, 6, 11, 16, 21, 26, 31),
    "0 0 0 3/10 * ?": lambda day: day.day in (3, 13, 23),
    "0 0 0 10-10 * ?": lambda day: day.day == 10,
    "0 0 0 10-10/3 * ?": lambda day: day.day == 10,
    "0 0 0 29-3/2 * ?": lambda day: day.day in (29, 31, 2),
    "0 0 0 1-31 * ?": lambda day: True,
    "0 0 0 31 * ?": lambda day: day.day == 31,
    "0 0 0 29 2 ?": lambda day: (day.month, day.day) == (2, 29),
    "0 0 0 1 NOV-FEB ?": lambda day: day.day == 1 and day.month in (11, 12, 1, 2),
    "0 0 0 1 11-2/2 ?": lambda day: day.day == 1 and day.month in (11, 1),
    "0 0 0 1 JAN-JAN ?": lambda day: day.day == 1 and day.month == 1,
    "0 0 0 1 /3 ?": lambda day: day.day == 1 and day.month in (1, 4, 7, 10),
    "0 0 0 ? JAN,3 2": lambda day: day.weekday() == MON and day.month in (1, 3),
    "0 0 0 * * ? 2027": lambda day: day.year == 2027,
    "0 0 0 1 1 ? 2027-2027": lambda day: (day.month, day.day, day.year) == (1, 1, 2027),
    "0 0 0 1 1 ? 2026/2": lambda day: (day.month, day.day, day.year) == (1, 1, 2028),
    "0 0 0 1 1 ? 2027-2028": lambda day: (day.month, day.day) == (1, 1) and day.year in (2027, 2028),
}


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())


@pytest.mark.parametrize("expression", DAYS)
def test_fires_are_the_days_that_the_expression_means(expression: str) -> None:
    days = [FIRST + timedelta(days=ahead) for ahead in range((LAST - FIRST).days)]
    expected = [midnight(day) for day in days if DAYS[expression](day)]
    assert expected
    rounds = Rounds(expression)
    found: list[int] = []
    fire = rounds.next(midnight(FIRST) - 1)
    while len(found) < len(expected):
        found.append(fire)
        if len(found) < len(expected):
            fire = rounds.next(fire)
    assert found == expected
    assert [rounds.last(fire + 1) for fire in expected] == expected


@pytest.mark.parametrize(
    "expression, fires",
    [
        ("/20 * * * * ?", ["06:00:20", "06:00:40", "06:01"]),
        ("0 /5 * * * ?", ["06:05", "06:10", "06:15"]),
        ("0 5/15 * * * ?", ["06:05", "06:20", "06:35"]),
        ("30 0 /12 * * ?", ["12:00:30", "00:00:30", "12:00:30"]),
        ("0 15 10 ? * 2-6", ["10:15", "10:15", "10:15"]),
        ("0 0 22-2 * * ?", ["22:00", "23:00", "00:00"]),
        ("0 0 22-2/3 * * ?", ["22:00", "01:00", "22:00"]),
        ("0 0 10-10 * * ?", ["10:00", "10:00", "10:00"]),
        ("0 30-30 * * * ?", ["06:30", "07:30", "08:30"]),
        ("15-15 0 6,18 * * ?", ["06:00:15", "18:00:15", "06:00:15"]),
        ("0 0 6,18 * * ?", ["18:00", "06:00", "18:00"]),
    ],
)
def test_times_of_day_are_utc(expression: str, fires: list[str]) -> None:
    rounds = Rounds(expression)
    fire, found = NOW, []
    for _fire in fires:
        fire = rounds.next(fire)
        found.append(f"{datetime.fromtimestamp(fire, timezone.utc):%H:%M:%S}".removesuffix(":00"))
    assert found == fires


def test_the_round_of_a_fire_begins_after_it() -> None:
    rounds = Rounds("0 0 0 * * ?")
    fire = at("2026-11-23")
    assert [rounds.last(now) for now in (fire - 0.5, fire, fire + 0.5)] == [fire - DAY, fire - DAY, fire]
    assert [rounds.next(now) for now in (fire - 0.5, fire, fire + 0.5)] == [fire, fire + DAY, fire + DAY]


@examples(40)
@given(st.sampled_from([one for one in DAYS if one.count(" ") == 5]), st.integers(at("2021-01-01"), at("2030-01-01")))
def test_a_moment_lies_between_its_last_and_its_next_fire(expression: str, moment: int) -> None:
    rounds = Rounds(expression)
    last, following = rounds.last(moment), rounds.next(moment)
    assert last < moment < following
    assert rounds.next(last) in (moment, following)
    assert rounds.last(following) in (moment, last)


@pytest.mark.parametrize(
    "expression, words",
    [
        ("0 0 * * *", "it has 5 fields instead of 6 or 7"),
        ("", "it has 0 fields instead of 6 or 7"),
        ("0 0 0 * * ? 2026 1", "it has 8 fields instead of 6 or 7"),
        ("@daily", "it has 1 fields instead of 6 or 7"),
        ("0 0 0 1 * MON", "one of day of month and day of week must be '?'"),
        ("0 0 0 */2 * MON", "one of day of month and day of week must be '?'"),
        ("0 0 0 * * MON", "one of day of month and day of week must be '?'"),
        ("0 0 0 * * *", "one of day of month and day of week must be '?'"),
        ("0 0 0 * * L", "one of day of month and day of week must be '?'"),
        ("0 0 0 ? * ?", "one of day of month and day of week must be '?'"),
        ("? 0 0 * * ?", "'?' is not a value of the second"),
        ("0 0 0 ? ? 2", "'?' is not a value of the month"),
        ("0 0 0 ?,2 * ?", "'?' is not a value of the day of month"),
        ("0 0 0 LW * ?", "'LW' in the day of month is not supported"),
        ("0 0 0 L-3 * ?", "'L-3' in the day of month is not supported"),
        ("0 0 0 L,3 * ?", "'L,3' in the day of month is not supported"),
        ("0 0 0 15W * ?", "'15W' in the day of month is not supported"),
        ("0 0 0 1,15w * ?", "'1,15W' in the day of month is not supported"),
        ("0 0 0 ? * 0", "day of week 0 is not in 1 to 7, SUN to SAT"),
        ("0 0 0 ? * 8", "day of week 8 is not in 1 to 7, SUN to SAT"),
        ("0 0 0 ? * 8L", "day of week 8 is not in 1 to 7, SUN to SAT"),
        ("0 0 0 ? * 0L", "day of week 0 is not in 1 to 7, SUN to SAT"),
        ("0 0 0 ? * 0#1", "day of week 0 is not in 1 to 7, SUN to SAT"),
        ("0 0 0 ? * 2#6", "'2#6' in the day of week is not supported"),
        ("0 0 0 ? * 2#1,4", "'2#1,4' in the day of week is not supported"),
        ("0 0 0 ? * 2,6L", "'2,6L' in the day of week is not supported"),
        ("0 0 0 ? * L/2", "'L/2' in the day of week is not supported"),
        ("0 0 0 ? * MOON", "'MOON' is not a value of the day of week"),
        ("0 0 0 ? * 2-", "'' is not a value of the day of week"),
        ("0 0 0 ? * 2-FRI", "'2-FRI' mixes a name and a number"),
        ("0 0 0 ? * MON/2", "Quartz ignores the step in 'MON/2'"),
        ("0 0 0 ? * MON-FRI/2", "Quartz ignores the step in 'MON-FRI/2'"),
        ("0 0 0 1 JAN/3 ?", "Quartz ignores the step in 'JAN/3'"),
        ("0 0 0 ? * 2/x", "'X' is not a step for the day of week"),
        ("0 0 0 ? * 2/8", "'8' is not a step for the day of week"),
        ("0 5/0 0 * * ?", "'0' is not a step for the minute"),
        ("0 0/60 0 * * ?", "'60' is not a step for the minute"),
        ("0 5/ 0 * * ?", "'' is not a step for the minute"),
        ("0 5,,7 0 * * ?", "'' is not a value of the minute"),
        ("99 0 0 * * ?", "second 99 is not in 0 to 59"),
        ("0 0 24 * * ?", "hour 24 is not in 0 to 23"),
        ("0 0 ٣ * * ?", "'٣' is not a value of the hour"),
        ("0 0 0 * * ? 2030-2027", "the years 2030-2027 end before they start"),
        ("0 0 0 * * ? 2095-2105", "year 2105 is not in 1970 to 2099"),
        ("a b c * * ?", "'A' is not a value of the second"),
        ("${env:CRON}", "it has 1 fields instead of 6 or 7"),
    ],
)
def test_an_expression_that_cannot_be_read_for_certain_is_refused(expression: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Rounds(expression)
    message = caught.value.message
    assert message.startswith(f"poll.cron: the Quartz expression '{expression}' cannot be read (")
    assert words in message
    assert message.endswith("), so the rounds are not known: correct it in the connector's config.")


def test_an_expression_that_never_fires_has_no_rounds() -> None:
    rounds = Rounds("0 0 0 30 2 ?")
    for look in (rounds.last, rounds.next):
        with pytest.raises(InputError, match=r"'0 0 0 30 2 \?' does not fire near 2026-11-23 06:00Z: correct it in"):
            look(NOW)


def test_years_that_have_not_come_or_are_over_have_no_rounds_on_that_side() -> None:
    assert Rounds("0 0 0 1 1 ? 2030").next(NOW) == at("2030-01-01")
    assert Rounds("0 0 0 31 12 ? 2020").last(NOW) == at("2020-12-31")
    with pytest.raises(InputError, match="does not fire near"):
        Rounds("0 0 0 1 1 ? 2030").last(NOW)
    with pytest.raises(InputError, match="does not fire near"):
        Rounds("0 0 0 31 12 ? 2020").next(NOW)


@pytest.mark.parametrize("stored", [-1, -86400, -(2**40), -(2**63)])
def test_no_round_was_before_the_epoch(stored: int) -> None:
    """A stored round may be any long; croniter fails for those long before the epoch."""
    rounds = Rounds("0 0 0 * * ?")
    assert rounds.next(stored) == 0
    assert rounds.count(stored, NOW, limit=3) == 3


def test_fires_are_counted_after_the_one_and_up_to_the_other() -> None:
    rounds = Rounds("0 0 0 * * ?")
    day = at("2026-11-12")
    assert rounds.count(day, day) == 0
    assert rounds.count(day, day + DAY - 1) == 0
    assert rounds.count(day, day + DAY) == 1
    assert rounds.count(day, day + 11 * DAY) == 11
    assert rounds.count(day + DAY, day) == 0
    assert rounds.count(day, day + 11 * DAY, limit=5) == 5


def test_croniter_is_given_lists_and_no_list_of_all_values() -> None:
    """It would take a complete list of days and a weekday for alternatives, and so fire every day."""
    assert quartz_to_croniter("0 0/20 14,18 3-5 JAN ?") == "0 0,20,40 14,18 3,4,5 1 *"
    assert quartz_to_croniter("0-59 */1 0-23 ? 1-12 2 */1") == "* * * * * 1 *"
