# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by the times of commits and report runs, by states, and on rows that were fetched in a failed poll."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    judge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
    Reason,
)
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    accounts,
    at,
    connector,
    offset,
    situation,
)
from unit.connectors.stripe_reporting.judge_cases import YESTERDAY, judged

# Times of storing, of runs, and states


def stored_at(hours_ago: float, value: Offset) -> Connector:
    """A connector whose only offset was stored ``hours_ago`` hours ago."""
    of = connector({PST: value})
    return replace(
        of, offsets=tuple(StoredOffset(one.partition, one.offset, NOW - hours_ago * HOUR) for one in of.offsets)
    )


COMMITS = {
    # name: (offset, stored hours ago, now, expected codes beside the age of the data)
    "an hour ago": (offset(YESTERDAY, TODAY), 1, []),
    "24 h ago": (offset(YESTERDAY, TODAY), 24, []),
    "25 h ago, at work": (offset(YESTERDAY, TODAY), 25, ["no_commit"]),
    "30 h ago, but done until 6 h ago": (offset(YESTERDAY, YESTERDAY, done=True), 30, []),
    "done for a round of days ago": (offset("2026-11-21", "2026-11-21", done=True), 54, ["no_commit"]),
    "done for now": (offset(YESTERDAY, TODAY, done=True), 30, []),
    "nothing to fetch": (offset(TODAY, TODAY), 30, []),
}


@pytest.mark.parametrize("value, hours_ago, codes", COMMITS.values(), ids=COMMITS)
def test_nothing_stored_for_a_day_is_stuck_only_where_there_was_something_to_do(
    value: Offset, hours_ago: float, codes: list[str]
) -> None:
    verdict = judged(stored_at(hours_ago, value)).verdicts[0]
    assert [reason.code for reason in verdict.reasons if reason.code == "no_commit"] == codes
    assert verdict.committed_at == NOW - hours_ago * HOUR


def test_the_time_without_a_commit_is_told_with_its_limit_and_since_when() -> None:
    reasons = {one.code: one for one in judged(stored_at(30, offset(YESTERDAY, TODAY))).verdicts[0].reasons}
    reason = reasons["no_commit"]
    assert (reason.message, reason.value, reason.limit, reason.since) == (
        "nothing stored for 1 d 6 h",
        30 * HOUR,
        24 * HOUR,
        NOW - 30 * HOUR,
    )
    longer = judged(stored_at(30, offset(YESTERDAY, TODAY)), limits=Limits(max_commit_age_hours=30)).verdicts[0]
    assert "no_commit" not in [one.code for one in longer.reasons]


@pytest.mark.parametrize(
    "created_hours_ago, stored_hours_ago, since_hours",
    [(25, None, 25), (23, None, None), (23, 40, None), (None, 25, 25), (None, 23, None), (None, None, None)],
)
def test_an_open_run_is_too_old_by_stripes_own_time_else_by_that_of_its_offset(
    created_hours_ago: int | None, stored_hours_ago: int | None, since_hours: int | None
) -> None:
    value = offset(TODAY, TODAY, start=YESTERDAY, run="frr_1", row=5)
    of = connector({PST: value}) if stored_hours_ago is None else stored_at(stored_hours_ago, value)
    created = None if created_hours_ago is None else NOW - created_hours_ago * HOUR
    account = {one: replace(it, run_status="succeeded", run_created=created) for one, it in accounts(of).items()}
    reasons = {one.code: one for one in judge(situation(of, account, NOW), Limits()).verdicts[0].reasons}
    assert ("run_too_old" in reasons) == (since_hours is not None)
    if since_hours is not None:
        reason = reasons["run_too_old"]
        assert (reason.value, reason.limit, reason.since) == (25 * HOUR, 24 * HOUR, NOW - since_hours * HOUR)
        assert reason.message == "its report run frr_1 is succeeded and 1 d 1 h old"


def history(*runs: ReportRun) -> Evidence:
    return Evidence({PST: RunHistory(runs, NOW - 14 * DAY)})


def test_a_failed_report_run_is_told_in_stripes_words() -> None:
    failed = ReportRun("frr_1", "balance.summary.1", YESTERDAY, TODAY, NOW - HOUR, "failed", None, "Too many rows.")
    of = connector({PST: offset(YESTERDAY, TODAY)})
    verdict = judge(situation(of, accounts(of), NOW, evidence=history(failed)), Limits()).verdicts[0]
    assert verdict.verdict == "late"
    assert verdict.reasons[0] == Reason("run_failed", "its last report run failed: Too many rows.", since=NOW - HOUR)


@pytest.mark.parametrize(
    "end, created_hours_ago, took_seconds, verdict",
    [
        (at("2026-11-11"), 2, 60, "late"),
        (at("2026-11-12"), 2, 60, "stuck"),
        (at("2026-11-11"), 25, 60, "stuck"),
        (at("2026-11-11"), 2, 301, "stuck"),
    ],
    ids=["its fruit is stored", "something else is stored", "long ago", "given up before it was ready"],
)
def test_a_partition_far_behind_that_stores_what_it_fetches_is_late_not_stuck(
    end: int, created_hours_ago: int, took_seconds: int, verdict: str
) -> None:
    created = NOW - created_hours_ago * HOUR
    run = ReportRun("frr_1", "balance.summary.1", end - DAY, end, created, "succeeded", created + took_seconds)
    of = connector({PST: offset("2026-11-11", "2026-11-12")})
    found = judge(situation(of, accounts(of), NOW, evidence=history(run)), Limits()).verdicts[0]
    assert found.verdict == verdict
    assert {"interval_end_old", "rounds_missed"} <= {reason.code for reason in found.reasons}


STATES = {
    # name: (state, states of the tasks, verdict where all is delivered, verdict where it is 12 days behind)
    "runs": ("RUNNING", ["RUNNING"], "ok", "stuck"),
    "connector failed": ("FAILED", [], "stuck", "stuck"),
    "task failed": ("RUNNING", ["FAILED"], "stuck", "stuck"),
    "paused": ("PAUSED", ["PAUSED"], "ok", "stuck"),
    "stopped": ("STOPPED", [], "ok", "stuck"),
    "no tasks": ("RUNNING", [], "ok", "stuck"),
}


@pytest.mark.parametrize("state, tasks, delivered, behind", STATES.values(), ids=STATES)
def test_a_connector_that_does_not_run_says_so(state: str, tasks: list[str], delivered: str, behind: str) -> None:
    for value, verdict in ((offset(TODAY, TODAY, done=True), delivered), (offset("2026-11-11", "2026-11-12"), behind)):
        of = replace(
            connector({PST: value}), state=state, tasks=tuple(Task(n, one, "w:8083") for n, one in enumerate(tasks))
        )
        found = judged(of).verdicts[0]
        assert found.verdict == verdict
        is_told = "not_running" in [reason.code for reason in found.reasons]
        assert is_told == (state != "RUNNING" or tasks != ["RUNNING"])


def test_a_failed_connector_that_never_stored_anything_is_stuck_not_only_missing() -> None:
    never = connector({}, zones=[PST])
    assert judged(never).verdict == "missing"
    assert judged(replace(never, state="FAILED", tasks=())).verdict == "stuck"


def test_a_time_in_milliseconds_is_stuck_since_the_connector_takes_it_for_the_far_future() -> None:
    verdict = judged(connector({PST: offset(TODAY * 1000, TODAY)})).verdicts[0]
    assert (verdict.verdict, verdict.reasons[0].code) == ("stuck", "unit_doubtful")
    assert "(in milliseconds it would be 2026-11-23 00:00Z)" in verdict.reasons[0].message


@pytest.mark.parametrize(
    "value, available_end",
    [(offset(TODAY, TODAY + DAY, done=True), TODAY), (offset(TODAY, TODAY, done=True), TODAY + DAY)],
    ids=["a round that has not begun", "data of tomorrow"],
)
def test_what_lies_ahead_of_the_clock_makes_a_verdict_unknown(value: Offset, available_end: int) -> None:
    verdict = judged(connector({PST: value}), available_end).verdicts[0]
    assert (verdict.verdict, verdict.reasons[0].code) == ("unknown", "clock_doubtful")


# Rows that were fetched in a failed poll


def healed(zone: str, *runs: tuple[int, int, int, int]) -> RunHistory:
    """Runs asked for so many minutes after 05:00, of so many days ago to so many days ago, ready after so many seconds."""
    made = [
        ReportRun(
            f"frr_{zone}_{minutes}",
            "balance.summary.1",
            TODAY - start * DAY,
            TODAY - end * DAY,
            TODAY + 5 * HOUR + minutes * 60,
            "succeeded",
            TODAY + 5 * HOUR + minutes * 60 + took,
        )
        for minutes, start, end, took in runs
    ]
    return RunHistory(tuple(reversed(made)), NOW - 14 * DAY)


@pytest.mark.parametrize(
    "initial_load, tasks, verdict, words",
    [
        ("2026-11-01", 1, "late", "the next round delivers them"),
        (None, 1, "stuck", "no later round delivers them"),
        ("2026-11-01", 2, "ok", None),
    ],
    ids=["the next round loads them", "nothing ever loads them", "with two tasks nothing can be told"],
)
def test_a_partition_that_jumped_over_rows_says_which(
    initial_load: str | None, tasks: int, verdict: str, words: str | None
) -> None:
    """New York's first report came too late, which cost Cairo's first chunk; then both went on by themselves."""
    stored = {CAIRO: offset(TODAY, TODAY, done=True), NEW_YORK: offset("2026-11-21", TODAY)}
    of = connector(stored, initial_load=initial_load, max_report_interval_days="2")
    of = replace(of, tasks=tuple(Task(number, "RUNNING", "w:8083") for number in range(tasks)))
    histories = {
        CAIRO: healed(CAIRO, (0, 6, 4, 30), (7, 4, 2, 30), (9, 2, 0, 30)),
        NEW_YORK: healed(NEW_YORK, (1, 6, 4, 900), (8, 6, 4, 30), (10, 4, 2, 30)),
    }
    found = judge(situation(of, accounts(of), NOW, evidence=Evidence(histories)), Limits()).verdicts[0]
    reasons = {reason.code: reason for reason in found.reasons}
    assert found.verdict == verdict
    assert ("rows_undelivered" in reasons) == (words is not None)
    if words is not None:
        reason = reasons["rows_undelivered"]
        assert (reason.value, reason.since) == (2 * DAY, TODAY + 5 * HOUR)
        assert reason.message.startswith("the rows of 2026-11-17..2026-11-19 were fetched in a poll that failed")
        assert reason.message.endswith(words)
