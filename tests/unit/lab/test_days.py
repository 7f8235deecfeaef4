# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import Rounds
from lab import days
from lab.days import DAY_SECONDS, MIDNIGHT, calm_cron, midnight_before, start_of_today

FIRST = int(datetime(2026, 11, 26, tzinfo=timezone.utc).timestamp())
FOURTEEN_MONTHS = [FIRST + number * DAY_SECONDS for number in range(426)]


def test_whatever_the_day_the_rounds_are_daily_up_to_it_and_the_next_comes_after_two_days() -> None:
    for midnight in FOURTEEN_MONTHS:
        rounds = Rounds(calm_cron(midnight))
        last_moment = midnight + DAY_SECONDS - 1
        assert rounds.last(last_moment) == midnight
        assert rounds.next(last_moment) >= midnight + 2 * DAY_SECONDS
        assert rounds.count(midnight - 26 * DAY_SECONDS, midnight) == 26


@pytest.mark.parametrize(
    "day, cron",
    [
        ("2026-11-26", "0 0 0 1-26,28-31 * ?"),
        ("2026-12-29", "0 0 0 1-29,31 * ?"),
        ("2026-12-30", "0 0 0 1-30 * ?"),
        ("2026-12-31", "0 0 0 2-31 * ?"),
        ("2027-01-01", "0 0 0 1,3-31 * ?"),
    ],
)
def test_the_cron_leaves_out_the_day_that_follows(day: str, cron: str) -> None:
    assert calm_cron(int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())) == cron


def test_near_midnight_today_begins_when_it_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [FIRST - 60.0, FIRST - 1.0, FIRST + 0.5]
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        moments.pop(0)

    monkeypatch.setattr(time, "time", lambda: moments[0])
    monkeypatch.setattr(time, "sleep", pause)
    assert start_of_today() == FIRST
    assert len(paused) == 2
    moments[:] = [FIRST + DAY_SECONDS / 2]
    assert start_of_today() == FIRST
    assert len(paused) == 2


def test_tests_can_run_as_if_midnight_had_passed_since_they_began() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from lab.days import MIDNIGHT, calm_cron; print(MIDNIGHT, calm_cron())"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LAB_MIDNIGHTS_PASSED": "1"},
    )
    began, _space, cron = done.stdout.strip().partition(" ")
    today = midnight_before(time.time())
    assert today - int(began) in {DAY_SECONDS, 2 * DAY_SECONDS}, "the latter when midnight passes within this test"
    assert cron == calm_cron(int(began))
    if not days.MIDNIGHTS_PASSED:
        assert int(began) in {MIDNIGHT - DAY_SECONDS, MIDNIGHT}
