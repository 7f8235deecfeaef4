# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a wait is suggested, and on what evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import (
    WaitSuggestion,
    suggest_wait,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import parse_duration
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH, wrapped
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import CAIRO, DAY, NOW, PST, TODAY, TYPE, at

MINUTE = 60
DEFAULT = 300_000


def run(took: int | None, status: str = "succeeded", created: int = NOW) -> ReportRun:
    succeeded_at = None if took is None else created + took
    return ReportRun(f"frr_{took}", TYPE, TODAY - DAY, TODAY, created, status, succeeded_at)


def suggested(took: Sequence[int], current: int = DEFAULT, others: Sequence[ReportRun] = ()) -> WaitSuggestion:
    """The suggestion from runs that took these seconds, half of them in one account and half in the other."""
    runs = [*map(run, took), *others]
    return suggest_wait({CAIRO: RunHistory(tuple(runs[::2]), 0), PST: RunHistory(tuple(runs[1::2]), 0)}, current)


def minutes(suggestion: WaitSuggestion) -> float:
    return suggestion.milliseconds / 60_000


@pytest.mark.parametrize(
    "took, wait",
    [
        ([], 60),
        ([0], 60),
        ([40, 50, 60], 60),
        ([30 * MINUTE], 60),
        ([30 * MINUTE + 1], 65),
        ([32 * MINUTE + 30], 65),
        ([40 * MINUTE], 80),
        ([40 * MINUTE + 1], 85),
        ([3 * 60 * MINUTE], 360),
        # Of a hundred the slowest is the one that may be an accident; of fewer, nobody knows.
        ([60] * 99 + [9 * 60 * MINUTE], 60),
        ([60] * 98 + [9 * 60 * MINUTE], 9 * 60 * 2),
        ([60] * 99 + [50 * MINUTE] * 2, 100),
        ([*range(100, 300)], 60),
    ],
)
def test_the_wait_is_twice_what_99_percent_took_in_whole_five_minutes_and_60_at_least(
    took: list[int], wait: int
) -> None:
    assert minutes(suggested(took)) == wait


@pytest.mark.parametrize(
    "current, wait, suffices",
    [(DEFAULT, 80, False), (79 * 60_000, 80, False), (80 * 60_000, 80, True), (4_800_001, 4_800_001 / 60_000, True)],
)
def test_a_wait_that_is_long_enough_is_never_lowered(current: int, wait: float, suffices: bool) -> None:
    suggestion = suggested([40 * MINUTE], current)
    assert (minutes(suggestion), suggestion.suffices) == (wait, suffices)


def test_runs_without_a_result_do_not_count_and_are_told() -> None:
    others = [
        run(None, "pending", at("2026-11-23T05:10")),
        run(None, "pending", at("2026-11-23T05:00")),
        run(None, "failed", at("2026-11-22")),
    ]
    suggestion = suggested([40 * MINUTE], others=others)
    assert (minutes(suggestion), suggestion.runs) == (80, 1)
    assert (suggestion.pending, suggestion.pending_since) == (2, at("2026-11-23T05:00"))


def test_the_evidence_in_words() -> None:
    waiting = [run(None, "pending", at("2026-11-23T05:00"))]
    assert wrapped(f"stripe.report.max.wait.ms: {suggested([60] * 99 + [2400] * 2, others=waiting).message}.") == [
        "  stripe.report.max.wait.ms: raise it to 80 min (99 % of 101 report runs took at",
        "    most 40 min, the slowest took 40 min; 1 pending, the oldest since 2026-11-23",
        "    05:00Z).",
    ]
    assert wrapped(f"stripe.report.max.wait.ms: {suggested([]).message}.") == [
        "  stripe.report.max.wait.ms: raise it to 60 min (no report run is known to have",
        "    succeeded).",
    ]
    assert wrapped(f"stripe.report.max.wait.ms: {suggested([90], 3_600_000).message}.") == [
        "  stripe.report.max.wait.ms: the wait of 60 min is long enough (99 % of 1 report",
        "    run took at most 1 min 30 s, the slowest took 1 min 30 s).",
    ]


def test_the_evidence_as_data() -> None:
    data = suggested([60, 2400], others=[run(None, "pending", TODAY)]).as_data()
    assert json.loads(json.dumps(data)) == data
    assert data.pop("message").startswith("raise it to 80 min")
    assert data == {
        "milliseconds": 4_800_000,
        "current_milliseconds": DEFAULT,
        "sufficient": False,
        "runs": 2,
        "p99_seconds": 2400,
        "slowest_seconds": 2400,
        "pending": 1,
        "pending_since": TODAY,
    }


@given(
    st.lists(st.tuples(st.integers(0, 8 * 3600), st.integers(0, 3600)), min_size=1, max_size=250),
    st.integers(1, 10**8),
)
def test_slower_runs_never_make_the_wait_shorter(times: list[tuple[int, int]], current: int) -> None:
    took = [fast for fast, _more in times]
    before, after = suggested(took, current), suggested([fast + more for fast, more in times], current)
    assert before.milliseconds <= after.milliseconds
    assert before.milliseconds <= suggested([*took, max(took)], current).milliseconds
    assert before.milliseconds >= max(current, 30 * 60_000)
    assert before.suffices or before.milliseconds % 300_000 == 0
    longer = [seconds for seconds in took if 2000 * seconds > before.milliseconds]
    assert len(longer) <= len(took) / 100
    assert all(len(line) <= WIDTH for line in wrapped(f"stripe.report.max.wait.ms: {before.message}."))


def test_what_is_suggested_at_least_is_what_a_recovery_writes() -> None:
    (floor,) = StripeReporting.default_floors.values()
    assert suggested([60]).milliseconds == parse_duration(floor, "floor")
