# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations and moments, as people write them and as they are shown."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    from_iso_moment,
    iso_moment,
    parse_duration,
    parse_moment,
    show_day,
    show_milliseconds,
    show_minutes,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import DAY, HOUR, at


@pytest.mark.parametrize(
    "text, milliseconds",
    [
        ("250ms", 250),
        ("90s", 90_000),
        ("60m", 3_600_000),
        ("60min", 3_600_000),
        ("60 m", 3_600_000),
        ("1h", 3_600_000),
        ("1.5h", 5_400_000),
        ("1h30m", 5_400_000),
        ("1h 30m 5s", 5_405_000),
        ("2d", 172_800_000),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, milliseconds: int) -> None:
    assert parse_duration(text, "here") == milliseconds


@pytest.mark.parametrize(
    "text", ["", " ", "5", "m", "5 minutes", "1hour", "-5m", "+5m", "5m5", "1e3s", "5 5m", "1,5h", "5M"]
)
def test_what_is_no_duration_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text, "at_least.x")
    assert caught.value.message.startswith(f"at_least.x: '{text}' is not a duration: write a number with")


@pytest.mark.parametrize(
    "milliseconds, text",
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (1500, "1.5 s"),
        (1050, "1050 ms"),
        (59_000, "59 s"),
        (60_000, "1 min"),
        (90_000, "90 s"),
        (300_000, "5 min"),
        (3_600_000, "60 min"),
        (7_200_000, "2 h"),
        (86_400_000, "24 h"),
        (172_800_000, "2 d"),
        (-1, "-1 ms"),
    ],
)
def test_milliseconds_are_shown_in_the_unit_a_person_would_use(milliseconds: int, text: str) -> None:
    assert show_milliseconds(milliseconds) == text


@given(st.integers(0, 10**12))
def test_no_length_is_rounded_when_shown(milliseconds: int) -> None:
    assert parse_duration(show_milliseconds(milliseconds), "shown") == milliseconds


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-11-12", "2026-11-12"),
        ("2026-11-12T06:00", "2026-11-12T06:00"),
        ("2026-11-12 06:00:30", "2026-11-12T06:00:30"),
        ("2026-11-12T06:00Z", "2026-11-12T06:00"),
        ("2026-11-12T06:00+02:00", "2026-11-12T04:00"),
        (" 2026-11-12 ", "2026-11-12"),
        ("1794441600", "2026-11-12"),
        (1794441600, "2026-11-12"),
    ],
)
def test_moments_are_utc_unless_they_say_otherwise(text: str | int, moment: str) -> None:
    assert parse_moment(text, "timestamp") == at(moment)


@pytest.mark.parametrize("text", ["", "yesterday", "12.11.2026", "2026-13-01", "1.5", "2026-02-30"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^timestamp: '.*' is not a moment: write an ISO time such as"):
        parse_moment(text, "timestamp")


@pytest.mark.parametrize("text", ["1794441600000", "-1", "4102444801", "1969-12-31", "2100-01-02", "20261112", "0"])
def test_moments_of_another_age_are_taken_for_a_mistake(text: str) -> None:
    words = rf"^timestamp: {text} is not a moment between 2000 and 2100: write a date as 2026-11-12, or epoch seconds"
    with pytest.raises(InputError, match=words):
        parse_moment(text, "timestamp")


@pytest.mark.parametrize("number", ["9" * 30, "9" * 400, "9" * 5000, "0" * 5000 + "1e"])
def test_what_no_calendar_holds_is_refused_with_the_name_of_the_option(number: str) -> None:
    with pytest.raises(
        InputError, match=r"^max_age: '9+d?' is longer than 10000 years|^max_age: '.+' is not a duration"
    ):
        parse_duration(f"{number}d", "max_age")
    with pytest.raises(InputError, match=r"^from: .+ is not a moment"):
        parse_moment(number, "from")


def test_moments_are_shown_in_utc_with_seconds_where_there_are_any() -> None:
    assert show_moment(at("2026-11-12")) == "2026-11-12 00:00Z"
    assert show_moment(at("2026-11-12T06:07:08")) == "2026-11-12 06:07:08Z"
    assert show_moment(None) == "-"
    assert show_moment(10**30) == str(10**30)


def test_a_midnight_is_shown_as_its_day() -> None:
    assert show_day(at("2026-11-12")) == "2026-11-12"
    assert show_day(at("2026-11-12T06:00")) == "2026-11-12 06:00Z"
    assert show_span(at("2026-11-11"), at("2026-11-12T12:00")) == "2026-11-11..2026-11-12 12:00Z"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 s"),
        (40, "40 s"),
        (61, "1 min 1 s"),
        (HOUR, "1 h"),
        (DAY + 12 * HOUR, "1 d 12 h"),
        (DAY + 12 * HOUR + 59, "1 d 12 h"),
        (DAY + 59, "1 d 59 s"),
        (11 * DAY, "11 d"),
        (400 * DAY, "400 d"),
    ],
)
def test_a_length_of_time_is_shown_in_its_two_largest_units(seconds: int, text: str) -> None:
    assert show_seconds(seconds) == text


def test_a_rough_length_of_time_is_rounded_up_to_minutes() -> None:
    assert [show_minutes(seconds) for seconds in (0, 59, 60, 61, 3541)] == ["0 s", "59 s", "1 min", "2 min", "1 h"]


def test_a_moment_in_data_is_read_as_it_was_written_and_in_no_other_form() -> None:
    assert iso_moment(at("2026-11-12T06:07:08")) == "2026-11-12T06:07:08Z"
    assert from_iso_moment("2026-11-12T06:07:08Z") == at("2026-11-12T06:07:08")
    with pytest.raises(ValueError, match="does not match"):
        from_iso_moment("2026-11-12")
