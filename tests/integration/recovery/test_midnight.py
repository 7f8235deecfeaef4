# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A round begins between the preview and the reset, as at midnight with the default cron.

The other tests choose rounds that do not begin while they run: see lab/days.py.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest
from integration.recovery.tasks import CAIRO, PST, Tasks, Written, failed, initial_load, succeeded
from lab import Lab, await_condition
from lab.days import DAY_SECONDS, MIDNIGHT, ago
from lab.scenarios import stripe_offset
from lab.trial import Trial

ZONES = (CAIRO, PST)


def daily_at(moment: int) -> str:
    """The Quartz cron whose rounds begin every day at the time of day of a moment in epoch seconds."""
    time_of_day = datetime.fromtimestamp(moment, timezone.utc)
    return f"{time_of_day.second} {time_of_day.minute} {time_of_day.hour} * * ?"


def before_the_round(trial: Trial, tasks: Tasks) -> tuple[int, str]:
    """Create a connector two rounds behind, PAUSED, and preview its reset before its next round begins.

    The moment at which that round begins, in epoch seconds, and the id of the plan. A slow machine gets a later round.
    """
    for seconds_ahead in (10, 40, 100):
        begins = int(time.time()) + seconds_ahead
        unfinished = stripe_offset(end=ago(5), round_id=begins - 2 * DAY_SECONDS, processed=False)
        trial.create(dict.fromkeys(ZONES, unfinished), {"poll.cron": daily_at(begins), **initial_load(10)}, "PAUSED")
        trial.cluster.await_state(trial.name, "PAUSED")
        plan = tasks.of(succeeded(tasks.reset(check_mode=True)))["plan"]
        if time.time() < begins:
            return begins, plan["id"]
        trial.cluster.delete(trial.name)
    pytest.fail("The machine is too slow to preview a reset within 100 seconds.")


def test_a_round_that_begins_between_preview_and_reset_is_part_of_the_new_plan(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    for zone in ZONES:
        trial.account(zone)
    begins, agreed = before_the_round(trial, tasks)
    await_condition(lambda: time.time() > begins + 1, "the round to begin")

    before = Written.now(lab)
    assert "does not fit" in failed(tasks.reset(plan_id=agreed))["msg"]
    assert Written.now(lab) == before

    done = tasks.previewed_reset()
    aligned = stripe_offset(end=ago(5), round_id=begins, processed=False)
    assert tasks.offsets() == dict.fromkeys(ZONES, aligned)
    assert done["forecast"]["current_round"] == begins
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    for zone in ZONES:
        trial.await_offset(zone, round_id=begins, processed_in_round=True)
        assert trial.delivered(zone) == trial.expected(zone, ago(5), MIDNIGHT)
    assert not succeeded(tasks.reset())["changed"]
