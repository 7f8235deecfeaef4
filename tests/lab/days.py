# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The days that the lab and its tests count in. They stay the same while the tests run, even when midnight UTC passes."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta, timezone

from lab.waiting import await_condition

DAY_SECONDS = 86_400
# With LAB_MIDNIGHTS_PASSED=1 every test runs as if it had begun yesterday and midnight had passed since.
MIDNIGHTS_PASSED = int(os.environ.get("LAB_MIDNIGHTS_PASSED") or 0)
# What a test that depends on the current day takes at most, in seconds.
_LONGEST_TEST_SECONDS = 90


def midnight_before(moment: float) -> int:
    """The UTC midnight that begins the day of a moment; both in epoch seconds."""
    return int(moment) // DAY_SECONDS * DAY_SECONDS


# The last midnight (UTC, epoch seconds) before the tests began: their current round, and the end of their data.
MIDNIGHT = midnight_before(time.time()) - MIDNIGHTS_PASSED * DAY_SECONDS


def ago(days: int) -> int:
    """The UTC midnight that many days before MIDNIGHT, in epoch seconds."""
    return MIDNIGHT - days * DAY_SECONDS


def utc_date(moment: int) -> date:
    """The UTC date of a moment in epoch seconds."""
    return datetime.fromtimestamp(moment, timezone.utc).date()


def utc_day(moment: int) -> str:
    """The UTC date of a moment in epoch seconds, as YYYY-MM-DD."""
    return utc_date(moment).isoformat()


def calm_cron(midnight: int = MIDNIGHT) -> str:
    """A Quartz cron of daily rounds that begins none within the 48 hours after ``midnight`` (epoch seconds, UTC).

    It fires at each of at least 27 midnights up to ``midnight``, but not at the one that follows, so that no round
    begins while tests run: it leaves out that day of the month.
    """
    left_out = (utc_date(midnight) + timedelta(days=1)).day
    parts = [_days(1, left_out - 1), _days(left_out + 1, 31)]
    return f"0 0 0 {','.join(filter(None, parts))} * ?"


def start_of_today() -> int:
    """The UTC midnight that begins today, in epoch seconds; it stays today's for long enough to finish a test.

    Waits until midnight has passed when it is near.
    """
    await_condition(
        lambda: midnight_before(time.time()) == midnight_before(time.time() + _LONGEST_TEST_SECONDS),
        "midnight, UTC, to pass",
    )
    return midnight_before(time.time())


def _days(first: int, last: int) -> str:
    if first > last:
        return ""
    return str(first) if first == last else f"{first}-{last}"
