# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of one piece of work, and what ends it before that time is over."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


class Ended(Exception):
    pass


def test_the_time_runs_from_the_beginning_and_never_below_nothing() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock, clock.sleep)
    deadline.sleep(4.0)
    assert (deadline.remaining_seconds(), clock.sleeps) == (6.0, [4.0])
    deadline.sleep(7.0)
    assert deadline.remaining_seconds() == 0.0


@pytest.mark.parametrize("passed, remaining", [(1.0, 9.0), (8.0, 5.0), (20.0, 5.0)])
def test_the_way_back_has_its_own_time_at_least(passed: float, remaining: float) -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock, clock.sleep)
    deadline.sleep(passed)
    deadline.extend(5.0)
    assert deadline.remaining_seconds() == remaining


def test_a_wait_ends_soon_after_an_interruption() -> None:
    clock = Clock()

    def interrupt(is_returning: bool) -> None:
        if clock.seconds >= 1.0:
            raise Ended

    with pytest.raises(Ended):
        Deadline(60.0, clock, clock.sleep, interrupt).sleep(30.0)
    assert clock.seconds == pytest.approx(1.0, abs=0.11)


def test_the_interruption_knows_whether_the_work_is_on_its_way_back() -> None:
    clock = Clock()
    asked: list[bool] = []
    deadline = Deadline(60.0, clock, clock.sleep, asked.append)
    deadline.check()
    deadline.extend(1.0)
    deadline.sleep(0.0)
    assert asked == [False, True]
