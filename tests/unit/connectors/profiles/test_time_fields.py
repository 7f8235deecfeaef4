# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time in an offset, read in the unit that the profile gives."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Profile,
    TimeField,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
    Verdict,
)
from unit.connectors.profiles.cases import (
    PARTITION,
    PLAIN,
    connector,
    stored,
)
from unit.connectors.stripe_reporting.cases import NOW, at

TIMES = {
    # name: (unit, value, epoch seconds)
    "seconds": ("seconds", 1763877600, 1763877600),
    "milliseconds": ("milliseconds", 1763877600500, 1763877600),
    "microseconds": ("microseconds", 1763877600123456, 1763877600),
    "nanoseconds": ("nanoseconds", 1763877600123456789, 1763877600),
    "text": ("milliseconds", "1763877600500", 1763877600),
    "a decimal": ("seconds", 1763877600.5, 1763877600),
    "a double": ("nanoseconds", 1.7638776e18, 1763877600),
    "ISO with Z": ("iso8601", "2025-11-23T06:00:00Z", 1763877600),
    "ISO with Java's nine digits": ("iso8601", "2025-11-23T06:00:00.123456789Z", 1763877600),
    "ISO with one digit": ("iso8601", "2025-11-23T06:00:00.5Z", 1763877600),
    "ISO of another zone": ("iso8601", "2025-11-23T08:00:00+02:00", 1763877600),
    "a leap day": ("iso8601", "2024-02-29T00:00:00Z", at("2024-02-29")),
}


def verdict_on_time(unit: str, value: Any) -> Verdict:
    profile = Profile("x", ("UnheardOfConnector",), {}, time=TimeField("at", unit))
    (verdict,) = judge_by_profile(connector(PLAIN, stored(PARTITION, {"at": value}, 5)), profile, Limits(), NOW)
    return verdict


@pytest.mark.parametrize("unit, value, seconds", TIMES.values(), ids=TIMES)
def test_a_time_is_read_in_its_unit(unit: str, value: Any, seconds: int) -> None:
    assert verdict_on_time(unit, value).delivered_to == seconds


def test_a_time_without_a_zone_is_utc_wherever_this_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert verdict_on_time("iso8601", "2025-11-23T06:00:00").delivered_to == 1763877600
    finally:
        monkeypatch.undo()
        time.tzset()


MISREAD = {
    # name: (unit, value, words)
    "seconds as milliseconds": ("milliseconds", 1763877600, "in seconds it would be 2025-11-23 06:00Z"),
    "milliseconds as seconds": ("seconds", 1763877600000, "in milliseconds it would be 2025-11-23 06:00Z"),
    "microseconds as milliseconds": ("milliseconds", 1763877600000000, "in microseconds it would be 2025-11-23 06:00Z"),
    "nanoseconds as seconds": ("seconds", 1763877600000000000, "in nanoseconds it would be 2025-11-23 06:00Z"),
    "a number as ISO": ("iso8601", 1763877600, "in seconds it would be 2025-11-23 06:00Z"),
    "zero": ("milliseconds", 0, "its at 0 is not a plausible time in milliseconds"),
    "below zero": ("seconds", -5, "its at -5 is not a plausible time in seconds"),
    "message": ("seconds", "yesterday", "its at yesterday is not a plausible time in seconds"),
    "a bool": ("seconds", True, "its at True is not a plausible time in seconds"),
    "a monstrous number": ("nanoseconds", 10**400, "is not a plausible time in nanoseconds"),
    "not a number": ("seconds", float("nan"), "its at nan is not a plausible time in seconds"),
    "infinity": ("seconds", float("inf"), "its at inf is not a plausible time in seconds"),
    "ISO of no calendar": ("iso8601", "2025-02-30T00:00:00Z", "is not a plausible time in iso8601"),
}


@pytest.mark.parametrize("unit, value, words", MISREAD.values(), ids=MISREAD)
def test_a_time_of_no_sense_is_no_verdict_but_a_doubt(unit: str, value: Any, words: str) -> None:
    verdict = verdict_on_time(unit, value)
    assert (verdict.verdict, [reason.code for reason in verdict.reasons]) == ("unknown", ["unit_doubtful"])
    assert words in verdict.reasons[0].message
    assert verdict.delivered_to is None
