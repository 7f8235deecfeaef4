# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of each partition of the Stripe reporting connector, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
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
    VERDICTS,
    Limits,
    Reason,
    Verdict,
    counts,
    worst,
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
    partition,
    situation,
)

YESTERDAY = TODAY - DAY


def assessed(
    of: Connector,
    available_end: str | int = TODAY,
    *,
    now: float = NOW,
    limits: Limits | None = None,
    **stripe: Any,
) -> StripeJudgement:
    return judge(situation(of, accounts(of, available_end, **stripe), now), limits or Limits())


def verdict_on(stored: Offset, available_end: str | int = TODAY, **options: Any) -> tuple[str, list[str]]:
    """The verdict on PST, the only place, and the codes of its reasons."""
    verdict = assessed(connector({PST: stored}), available_end, **options).verdicts[0]
    return verdict.verdict, [reason.code for reason in verdict.reasons]


NORMAL = {
    # name: (offset, data_available_end, now)
    "all there is, 6 h old": (offset(TODAY, TODAY, done=True), TODAY, NOW),
    "all there is, 24 h old": (offset(YESTERDAY, TODAY, done=True), YESTERDAY, TODAY + 10),
    "all there is, 36 h old": (offset(YESTERDAY, TODAY, done=True), YESTERDAY, TODAY + 12 * HOUR),
    "new data at noon is for the next round": (offset(YESTERDAY, TODAY, done=True), TODAY, TODAY + 13 * HOUR),
    "so it is at the end of the day": (offset(YESTERDAY, TODAY, done=True), TODAY, TODAY + DAY - 1),
    "a fresh round with nothing to fetch": (offset(YESTERDAY, YESTERDAY, done=True), YESTERDAY, NOW),
    "an empty run id, with nothing to fetch": (offset(TODAY, TODAY, run=""), TODAY, NOW),
    "an empty run id that is not looked at any more": (offset(TODAY, TODAY, run="", done=True), TODAY, NOW),
    "beyond the data, after a skip": (offset(TODAY, TODAY), YESTERDAY, NOW),
    "an open run of the current round that Stripe knows": (
        offset(TODAY, TODAY, start=TODAY, run="frr_1", row=3),
        TODAY,
        NOW,
    ),
    "old, but Stripe has no newer data": (offset("2026-09-01", TODAY, done=True), "2026-09-01", NOW),
    "36 h old, and its round has just begun": (offset(YESTERDAY, YESTERDAY, done=True), TODAY, TODAY + 12 * 60),
    "48 h old at the moment before Stripe's next data": (
        offset(YESTERDAY, TODAY, done=True),
        YESTERDAY,
        TODAY + DAY - 1,
    ),
}


@pytest.mark.parametrize("stored, available_end, now", NORMAL.values(), ids=NORMAL)
def test_a_normal_place_is_ok(stored: Offset, available_end: str | int, now: float) -> None:
    assert verdict_on(stored, available_end, now=now) == ("ok", [])


def test_a_weekly_round_that_is_done_is_ok_until_the_next_one_begins() -> None:
    """It falls a week and more behind in normal operation, and no limit of days may call it stuck."""
    weekly = {"poll.cron": "0 0 0 ? * 2"}
    done = connector({PST: offset(TODAY - DAY, TODAY, done=True)}, **weekly)
    for hours in (6, 24, 6 * 24, 7 * 24 - 1):
        end = TODAY + (hours - 12) // 24 * DAY
        assert assessed(done, end, now=TODAY + hours * HOUR).verdict == "ok", hours


TROUBLED = {
    # name: (offset, data_available_end, verdict, codes)
    "works on it": (offset(YESTERDAY, TODAY), TODAY, "late", ["behind_data"]),
    "an open run counts from its start": (
        offset(TODAY, TODAY, start="2026-11-20", run="frr_1", row=5),
        TODAY,
        "late",
        ["behind_data"],
    ),
    "finished for an earlier round only": (
        offset(YESTERDAY, YESTERDAY, done=True),
        TODAY,
        "late",
        ["behind_data"],
    ),
    "an empty chunk stored as the end": (
        offset("2026-11-20", TODAY, done=True),
        TODAY,
        "late",
        ["ended_early"],
    ),
    "an empty chunk stored as the end, long ago": (
        offset("2026-11-01", TODAY, done=True),
        TODAY,
        "stuck",
        ["ended_early", "interval_end_old"],
    ),
    "a week old": (
        offset("2026-11-15", TODAY),
        TODAY,
        "stuck",
        ["by_exclusion", "behind_data", "interval_end_old"],
    ),
    "two rounds missed": (offset(TODAY, "2026-11-21"), TODAY, "stuck", ["rounds_missed"]),
    "all of it": (
        offset("2026-11-11", "2026-11-12"),
        TODAY,
        "stuck",
        ["by_exclusion", "behind_data", "interval_end_old", "rounds_missed"],
    ),
    "an empty run id": (offset(YESTERDAY, TODAY, run=""), TODAY, "stuck", ["empty_run_id", "behind_data"]),
    "no end": (offset(None, TODAY), TODAY, "stuck", ["no_interval_end"]),
    "a finished round with an end that is not a number": (
        {**offset(TODAY, TODAY, done=True), "interval_end": f"{TODAY}.0"},
        TODAY,
        "ok",
        [],
    ),
    "an end that is not a number": (
        {**offset(YESTERDAY, TODAY), "interval_end": f" {YESTERDAY} "},
        TODAY,
        "stuck",
        ["no_interval_end"],
    ),
    "an unreadable end": ({**offset(None, TODAY), "interval_end": "soon"}, TODAY, "stuck", ["no_interval_end"]),
}


@pytest.mark.parametrize("stored, available_end, verdict, codes", TROUBLED.values(), ids=TROUBLED)
def test_a_troubled_place_is_told_with_its_reasons(
    stored: Offset, available_end: str | int, verdict: str, codes: list[str]
) -> None:
    assert verdict_on(stored, available_end) == (verdict, codes)


@pytest.mark.parametrize(
    "status, verdict, codes",
    [
        ("succeeded", "late", ["behind_data"]),
        ("pending", "late", ["run_without_result", "behind_data"]),
        ("unknown", "late", ["behind_data"]),
        ("failed", "stuck", ["run_without_result", "behind_data"]),
        ("lost", "stuck", ["run_without_result", "behind_data"]),
    ],
)
def test_an_open_run_that_will_never_have_a_result_is_a_stuck_place(
    status: str, verdict: str, codes: list[str]
) -> None:
    stored = offset(TODAY, TODAY, start=YESTERDAY, run="frr_1", row=5)
    assert verdict_on(stored, runs={PST: status}) == (verdict, codes)


def test_what_stripe_says_of_an_open_run_that_failed_is_passed_on() -> None:
    of = connector({PST: offset(TODAY, TODAY, start=YESTERDAY, run="frr_1", row=5)})
    stripe = {one: replace(it, run_status="failed", run_error="No data.") for one, it in accounts(of).items()}
    reason = judge(situation(of, stripe, NOW), Limits()).verdicts[0].reasons[0]
    assert reason.message == "the open run frr_1 is failed, which fails every poll: No data."


@pytest.mark.parametrize("age_days, verdict", [(7, "late"), (8, "stuck")])
def test_the_age_limit_is_the_users(age_days: int, verdict: str) -> None:
    stored = offset(TODAY - age_days * DAY, TODAY)
    assert verdict_on(stored, now=TODAY)[0] == verdict
    assert verdict_on(stored, now=TODAY, limits=Limits(max_age_days=age_days - 1))[0] == "stuck"
    assert verdict_on(stored, now=TODAY + 1, limits=Limits(max_age_days=age_days + 1))[0] == "late"


@pytest.mark.parametrize("limit, verdict", [(2, "stuck"), (11, "stuck"), (12, "ok")])
def test_the_limit_of_missed_rounds_is_the_users(limit: int, verdict: str) -> None:
    assert verdict_on(offset(TODAY, "2026-11-12"), limits=Limits(max_rounds_behind=limit))[0] == verdict


def test_rounds_of_a_frequent_cron_that_are_missed_within_a_day_are_no_stall() -> None:
    every_hour = {"poll.cron": "0 0 * * * ?"}
    fresh = connector({PST: offset(TODAY, TODAY - 18 * HOUR)}, **every_hour)
    old = connector({PST: offset(TODAY, TODAY - 19 * HOUR - 60 * 60)}, **every_hour)
    assert [assessed(one).verdicts[0].verdict for one in (fresh, old)] == ["ok", "stuck"]
    assert assessed(fresh).rounds_behind == 23


def test_reasons_carry_figures_and_limits_in_seconds_or_rounds() -> None:
    verdict = assessed(connector({PST: offset("2026-11-11", "2026-11-12")})).verdicts[0]
    assert verdict == Verdict(
        partition(PST),
        "stuck",
        (
            Reason("by_exclusion", "no other partition has anything left to ask for in this round"),
            Reason("behind_data", "12 d behind", 12 * DAY),
            Reason("interval_end_old", "older than 7 d", 12 * DAY + 6 * HOUR, 7 * DAY, at("2026-11-18")),
            Reason("rounds_missed", "11 rounds missed", 11, 2, at("2026-11-13")),
        ),
        at("2026-11-11"),
    )
    assert verdict.as_data() == {
        "partition": {"report_type": "balance.summary.1", "timezone": PST},
        "verdict": "stuck",
        "reasons": [reason.as_data() for reason in verdict.reasons],
        "delivered_to": at("2026-11-11"),
        "committed_at": None,
    }
    assert verdict.reasons[2].as_data() == {
        "code": "interval_end_old",
        "message": "older than 7 d",
        "value": 12 * DAY + 6 * HOUR,
        "limit": 7 * DAY,
        "since": at("2026-11-18"),
    }


def test_a_round_that_ended_early_says_by_how_much_and_how_much_would_be_normal() -> None:
    reason = assessed(connector({PST: offset("2026-11-20", TODAY, done=True)})).verdicts[0].reasons[0]
    assert (reason.message, reason.value, reason.limit) == (
        "its round ended 3 d before the end of the data, as after an empty report",
        3 * DAY,
        (6 + 36) * HOUR,
    )


def test_where_stripe_was_not_asked_the_words_say_against_what_is_judged() -> None:
    verdict = assessed(connector({PST: offset("2026-11-22", TODAY)}), asked=False).verdicts[0]
    assert [reason.message for reason in verdict.reasons] == ["1 d behind the end of yesterday"]


@pytest.mark.parametrize(
    "initial_load, code, words",
    [
        ("2026-10-01", "no_offset", "expected, but it has no offset"),
        (
            None,
            "no_initial_load",
            "expected, but it has no offset, and without an initial load date it is skipped in every round",
        ),
    ],
)
def test_an_expected_place_without_an_offset_is_missing(initial_load: str | None, code: str, words: str) -> None:
    of = connector({PST: offset(TODAY, TODAY)}, zones=[CAIRO, PST], initial_load=initial_load)
    verdict = assessed(of).verdicts[0]
    assert verdict == Verdict(partition(CAIRO), "missing", (Reason(code, words),))


def test_an_offset_that_nobody_works_on_any_more_is_orphaned() -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True), "Mars/Base": offset("2026-01-01", "2026-01-01")}, zones=[PST])
    verdicts = assessed(of).verdicts
    assert [(str(one.partition.get("timezone")), one.verdict) for one in verdicts] == [
        (PST, "ok"),
        ("Mars/Base", "orphaned"),
    ]
    assert verdicts[1].reasons[0].code == "not_configured"


def test_verdicts_come_in_the_order_of_the_walk() -> None:
    stored: Mapping[str, Offset] = {zone: offset(TODAY, TODAY, done=True) for zone in (PST, NEW_YORK, CAIRO)}
    zones = [verdict.partition.get("timezone") for verdict in assessed(connector(stored)).verdicts]
    assert zones == [CAIRO, NEW_YORK, PST]


def test_the_assessment_says_where_the_connector_stands() -> None:
    judgement = assessed(connector({PST: offset("2026-11-11", "2026-11-12")}))
    assert (judgement.worked_round, judgement.current_round, judgement.rounds_behind) == (
        at("2026-11-12"),
        TODAY,
        11,
    )


@pytest.mark.parametrize(
    "verdicts, expected",
    [
        (["ok", "ok"], "ok"),
        (["ok", "stuck", "late"], "stuck"),
        (["late", "missing"], "missing"),
        (["orphaned", "ok"], "orphaned"),
        (["unknown", "missing"], "unknown"),
        ([], "unknown"),
        (VERDICTS, "stuck"),
    ],
)
def test_a_connectors_verdict_is_the_worst_of_its_partitions(verdicts: list[str], expected: str) -> None:
    assert worst(verdicts) == expected


def test_a_place_of_another_round_without_an_initial_load_date_is_stuck_for_ever() -> None:
    stored = {CAIRO: offset(YESTERDAY, TODAY), PST: offset(YESTERDAY, YESTERDAY, done=True)}
    verdict = assessed(connector(stored, initial_load=None)).verdicts[1]
    assert (verdict.verdict, verdict.reasons[0].code) == ("stuck", "no_initial_load")


def test_how_many_there_are_of_each_verdict_is_told_from_bad_to_good() -> None:
    assert list(counts(["ok", "stuck", "ok", "late"]).items()) == [("stuck", 1), ("late", 1), ("ok", 2)]


# Times of storing, of runs, and states


def stored_at(hours_ago: float, value: Offset) -> Connector:
    """A connector whose only offset was stored so many hours ago."""
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
    verdict = assessed(stored_at(hours_ago, value)).verdicts[0]
    assert [reason.code for reason in verdict.reasons if reason.code == "no_commit"] == codes
    assert verdict.committed_at == NOW - hours_ago * HOUR


def test_the_time_without_a_commit_is_told_with_its_limit_and_since_when() -> None:
    reasons = {one.code: one for one in assessed(stored_at(30, offset(YESTERDAY, TODAY))).verdicts[0].reasons}
    reason = reasons["no_commit"]
    assert (reason.message, reason.value, reason.limit, reason.since) == (
        "nothing stored for 1 d 6 h",
        30 * HOUR,
        24 * HOUR,
        NOW - 30 * HOUR,
    )
    longer = assessed(stored_at(30, offset(YESTERDAY, TODAY)), limits=Limits(max_commit_age_hours=30)).verdicts[0]
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
def test_a_place_far_behind_that_stores_what_it_fetches_is_late_not_stuck(
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
        found = assessed(of).verdicts[0]
        assert found.verdict == verdict
        is_told = "not_running" in [reason.code for reason in found.reasons]
        assert is_told == (state != "RUNNING" or tasks != ["RUNNING"])


def test_a_failed_connector_that_never_stored_anything_is_stuck_not_only_missing() -> None:
    never = connector({}, zones=[PST])
    assert assessed(never).verdict == "missing"
    assert assessed(replace(never, state="FAILED", tasks=())).verdict == "stuck"


def test_a_time_in_milliseconds_is_stuck_since_the_connector_takes_it_for_the_far_future() -> None:
    verdict = assessed(connector({PST: offset(TODAY * 1000, TODAY)})).verdicts[0]
    assert (verdict.verdict, verdict.reasons[0].code) == ("stuck", "unit_doubtful")
    assert "(in milliseconds it would be 2026-11-23 00:00Z)" in verdict.reasons[0].message


@pytest.mark.parametrize(
    "value, available_end",
    [(offset(TODAY, TODAY + DAY, done=True), TODAY), (offset(TODAY, TODAY, done=True), TODAY + DAY)],
    ids=["a round that has not begun", "data of tomorrow"],
)
def test_what_lies_ahead_of_the_clock_makes_a_verdict_unknown(value: Offset, available_end: int) -> None:
    verdict = assessed(connector({PST: value}), available_end).verdicts[0]
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
        (None, 1, "stuck", "no later round will"),
        ("2026-11-01", 2, "ok", None),
    ],
    ids=["the next round loads them", "nothing ever loads them", "with two tasks nothing can be told"],
)
def test_a_place_that_jumped_over_rows_says_which(
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


# What a reset wrote


def after_a_reset(one: Mapping[str, Any], reset_at: float | None = NOW - HOUR) -> tuple[str, list[str]]:
    """The verdict on the only partition, as the reset of an hour ago wrote it, and the codes of its reasons."""
    of = connector({PST: one})
    of = replace(of, offsets=tuple(replace(entry, committed_at=NOW - HOUR, reset_at=reset_at) for entry in of.offsets))
    (verdict,) = judge(situation(of), Limits()).verdicts
    return verdict.verdict, [reason.code for reason in verdict.reasons]


# Each is "ok" or "late" without the mark.
WRITTEN = {
    "something to do": offset(YESTERDAY, TODAY),
    "the year 2099": offset("2099-01-01", TODAY),
    "the year 2099, said to be done": offset("2099-01-01", TODAY, done=True),
}


@pytest.mark.parametrize("one", WRITTEN.values(), ids=WRITTEN)
def test_what_a_reset_wrote_is_not_ok_while_nothing_is_delivered(one: Mapping[str, Any]) -> None:
    assert after_a_reset(one, None)[0] in ("ok", "late")
    verdict, codes = after_a_reset(one)
    assert verdict == "unknown"
    assert codes[-1] == "nothing_stored_since_reset"


@pytest.mark.parametrize("one", [offset(TODAY, TODAY), offset(TODAY, TODAY, done=True)], ids=["current", "done"])
def test_what_a_reset_wrote_is_ok_where_there_is_nothing_to_do(one: Mapping[str, Any]) -> None:
    assert after_a_reset(one) == ("ok", [])
