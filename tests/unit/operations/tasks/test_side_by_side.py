# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for several connectors at the same time."""

from __future__ import annotations

import re
import threading

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.meeting import Meeting, Meetings
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import (
    Say,
    side_by_side,
)
from lab.waiting import LIMIT_SECONDS


def test_all_are_under_way_together_and_the_results_have_the_order_of_the_names() -> None:
    all_there = threading.Barrier(3)
    ends = {"a": threading.Event(), "b": threading.Event(), "c": threading.Event()}
    ends["c"].set()

    def work(name: str, _say: Say) -> str:
        all_there.wait(LIMIT_SECONDS)
        assert ends[name].wait(LIMIT_SECONDS)
        # The last one ends first.
        before = {"c": "b", "b": "a"}.get(name)
        if before:
            ends[before].set()
        return name.upper()

    done = side_by_side(["a", "b", "c"], work, at_once=3)
    assert list(done.items()) == [("a", "A"), ("b", "B"), ("c", "C")]


def test_no_more_than_wanted_are_under_way() -> None:
    lock = threading.Lock()
    under_way: set[str] = set()
    most = [0]

    def work(name: str, _say: Say) -> None:
        with lock:
            under_way.add(name)
            most[0] = max(most[0], len(under_way))
        with lock:
            under_way.discard(name)

    side_by_side([str(number) for number in range(50)], work, at_once=2)
    assert 1 <= most[0] <= 2


def test_one_that_fails_holds_none_of_the_others_down() -> None:
    def work(name: str, _say: Say) -> str:
        if name == "b":
            raise RecoveryError("no")
        return name

    done = side_by_side(["a", "b", "c"], work, at_once=1)
    assert (done["a"], str(done["b"]), done["c"]) == ("a", "no", "c")


def test_what_nobody_foresaw_is_the_error_of_one_and_keeps_its_values_to_itself() -> None:
    def work(name: str, _say: Say) -> str:
        if name == "b":
            raise KeyError("sk_live_secret")
        return name

    done = side_by_side(["a", "b", "c"], work, at_once=1)
    assert (done["a"], done["c"]) == ("a", "c")
    assert isinstance(done["b"], RecoveryError)
    assert re.fullmatch(
        r"Connector 'b': an unexpected error \(KeyError at test_side_by_side\.py:\d+\): report it as a defect of"
        r" connectops\.recovery\.",
        done["b"].sentence,
    )


@pytest.mark.parametrize("crash", [ModuleNotFoundError, KeyboardInterrupt])
def test_what_is_no_fault_of_one_connector_is_raised_after_the_others_have_ended(crash: type[BaseException]) -> None:
    ended: list[str] = []

    def work(name: str, _say: Say) -> None:
        if name == "a":
            raise crash
        ended.append(name)

    with pytest.raises(crash):
        side_by_side(["a", "b", "c"], work, at_once=1)
    assert ended == ["b", "c"]


def test_lines_are_shown_in_the_calling_thread() -> None:
    shown: list[tuple[str, bool]] = []
    here = threading.current_thread()

    def work(name: str, say: Say) -> None:
        say(f"{name}: begun")
        say(f"{name}: ended")

    side_by_side(
        ["a", "b"], work, at_once=1, progress=lambda line: shown.append((line, threading.current_thread() is here))
    )
    assert shown == [(line, True) for line in ("a: begun", "a: ended", "b: begun", "b: ended")]


def test_work_that_is_left_has_an_error_of_its_own_and_the_rest_a_result() -> None:
    release, begun = threading.Event(), threading.Event()

    def work(name: str, _say: Say) -> str:
        if name == "slow":
            begun.set()
            release.wait(LIMIT_SECONDS)
        return name

    try:
        done = side_by_side(
            ["quick", "slow", "later"],
            work,
            at_once=1,
            left=lambda name: RecoveryError(f"{name} was left") if begun.is_set() else None,
        )
    finally:
        release.set()
    assert (done["quick"], str(done["slow"]), str(done["later"])) == ("quick", "slow was left", "later was left")


# Where they wait for each other


def test_a_connector_waits_for_the_others_before_it_returns() -> None:
    meeting = Meeting()
    both_expected, early_waits = threading.Barrier(2), threading.Event()
    seen: list[str] = []

    def work(name: str, _say: Say) -> None:
        with meeting.expects(name):
            both_expected.wait(LIMIT_SECONDS)
            if name == "late":
                assert early_waits.wait(LIMIT_SECONDS)
                seen.append("late comes")
            meeting.wait(name, check=early_waits.set)
            if name == "early":
                seen.append("early returns")

    side_by_side(["early", "late"], work, at_once=2)
    assert seen == ["late comes", "early returns"]


def test_one_that_fails_is_not_waited_for() -> None:
    meeting = Meeting()
    with pytest.raises(RecoveryError), meeting.expects("a"):
        raise RecoveryError("no")
    with meeting.expects("b"):
        meeting.wait("b", check=lambda: pytest.fail("there is nobody to wait for"))


def test_a_slow_one_is_not_waited_for_long() -> None:
    meeting = Meeting(0.0)
    with meeting.expects("slow"), meeting.expects("b"):
        meeting.wait("b", check=lambda: None)


def test_a_second_interruption_ends_the_wait() -> None:
    meeting = Meeting()

    def check() -> None:
        raise RecoveryError("interrupted")

    with meeting.expects("slow"), meeting.expects("b"), pytest.raises(RecoveryError, match="interrupted"):
        meeting.wait("b", check)


def test_only_those_that_have_removed_their_marks_together_wait_before_they_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def must_not_wait() -> None:
        pytest.fail("there is nobody to wait for")

    meetings = Meetings()
    with meetings.expect("one"), meetings.expect("other"), meetings.expect("slow"):
        monkeypatch.setattr(meetings, "_unmark", Meeting(0.0))
        for name in ("one", "other"):
            meetings.before_unmark(name, must_not_wait)
        with pytest.raises(RecoveryError, match="waits"):
            meetings.before_return("one", check=raises_that_it_waits)
        meetings.before_return("other", must_not_wait)
        meetings.before_unmark("one", must_not_wait)
    # One whose block has ended without its return is not waited for either.
    meetings.before_return("two", must_not_wait)


def raises_that_it_waits() -> None:
    raise RecoveryError("waits")
