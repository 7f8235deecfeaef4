# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of each partition of the Stripe reporting connector, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    judge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
    StoredOffset,
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
from unit.connectors.stripe_reporting.judge_cases import YESTERDAY, judged, verdict_on

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
def test_a_normal_partition_is_ok(stored: Offset, available_end: str | int, now: float) -> None:
    assert verdict_on(stored, available_end, now=now) == ("ok", [])


def test_a_weekly_round_that_is_done_is_ok_until_the_next_one_begins() -> None:
    """It falls a week and more behind in normal operation, and no limit of days may call it stuck."""
    weekly = {"poll.cron": "0 0 0 ? * 2"}
    done = connector({PST: offset(TODAY - DAY, TODAY, done=True)}, **weekly)
    for hours in (6, 24, 6 * 24, 7 * 24 - 1):
        end = TODAY + (hours - 12) // 24 * DAY
        assert judged(done, end, now=TODAY + hours * HOUR).verdict == "ok", hours


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
def test_a_troubled_partition_is_told_with_its_reasons(
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
def test_an_open_run_that_will_never_have_a_result_is_a_stuck_partition(
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
    assert [judged(one).verdicts[0].verdict for one in (fresh, old)] == ["ok", "stuck"]
    assert judged(fresh).rounds_behind == 23


def test_reasons_carry_figures_and_limits_in_seconds_or_rounds() -> None:
    verdict = judged(connector({PST: offset("2026-11-11", "2026-11-12")})).verdicts[0]
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
    reason = judged(connector({PST: offset("2026-11-20", TODAY, done=True)})).verdicts[0].reasons[0]
    assert (reason.message, reason.value, reason.limit) == (
        "its round ended 3 d before the end of the data, probably because of an empty report",
        3 * DAY,
        (6 + 36) * HOUR,
    )


def test_where_stripe_was_not_asked_the_words_say_against_what_is_judged() -> None:
    verdict = judged(connector({PST: offset("2026-11-22", TODAY)}), asked=False).verdicts[0]
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
def test_an_expected_partition_without_an_offset_is_missing(initial_load: str | None, code: str, words: str) -> None:
    of = connector({PST: offset(TODAY, TODAY)}, zones=[CAIRO, PST], initial_load=initial_load)
    verdict = judged(of).verdicts[0]
    assert verdict == Verdict(partition(CAIRO), "missing", (Reason(code, words),))


def test_an_offset_that_nobody_works_on_any_more_is_orphaned() -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True), "Mars/Base": offset("2026-01-01", "2026-01-01")}, zones=[PST])
    verdicts = judged(of).verdicts
    assert [(str(one.partition.get("timezone")), one.verdict) for one in verdicts] == [
        (PST, "ok"),
        ("Mars/Base", "orphaned"),
    ]
    assert verdicts[1].reasons[0].code == "not_configured"


def test_a_partition_with_one_more_field_is_not_the_one_that_the_connector_reads() -> None:
    """A fresh offset there, written by hand, must not hide the stuck one."""
    of = connector({PST: offset("2026-11-12", "2026-11-12")})
    ghost = Partition.of({**partition(PST).as_dict(), "version": 1})
    of = replace(of, offsets=(*of.offsets, StoredOffset(ghost, offset(TODAY, TODAY, done=True))))
    assert [(one.partition, one.verdict) for one in judged(of).verdicts] == [
        (partition(PST), "stuck"),
        (ghost, "orphaned"),
    ]


def test_verdicts_come_in_the_order_of_the_walk() -> None:
    stored: Mapping[str, Offset] = {zone: offset(TODAY, TODAY, done=True) for zone in (PST, NEW_YORK, CAIRO)}
    zones = [verdict.partition.get("timezone") for verdict in judged(connector(stored)).verdicts]
    assert zones == [CAIRO, NEW_YORK, PST]


def test_the_assessment_says_where_the_connector_stands() -> None:
    judgement = judged(connector({PST: offset("2026-11-11", "2026-11-12")}))
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


def test_a_partition_of_another_round_without_an_initial_load_date_is_stuck_for_ever() -> None:
    stored = {CAIRO: offset(YESTERDAY, TODAY), PST: offset(YESTERDAY, YESTERDAY, done=True)}
    verdict = judged(connector(stored, initial_load=None)).verdicts[1]
    assert (verdict.verdict, verdict.reasons[0].code) == ("stuck", "no_initial_load")


def test_how_many_there_are_of_each_verdict_is_told_from_bad_to_good() -> None:
    assert list(counts(["ok", "stuck", "ok", "late"]).items()) == [("stuck", 1), ("late", 1), ("ok", 2)]


# What a reset wrote


def after_a_reset(one: Mapping[str, Any], reset_at: float | None = NOW - HOUR) -> tuple[str, list[str]]:
    """The verdict on the only partition, as the reset of an hour ago wrote it, and the codes of its reasons."""
    of = connector({PST: one})
    of = replace(of, offsets=tuple(replace(entry, committed_at=NOW - HOUR, reset_at=reset_at) for entry in of.offsets))
    (verdict,) = judge(situation(of), Limits()).verdicts
    return verdict.verdict, [reason.code for reason in verdict.reasons]


# What the connector would have to act on, had it stored anything since.
WRITTEN = {
    "something to do": offset(YESTERDAY, TODAY),
    "the year 2099": offset("2099-01-01", TODAY),
    "the year 2099, said to be done": offset("2099-01-01", TODAY, done=True),
}


@pytest.mark.parametrize("one", WRITTEN.values(), ids=WRITTEN)
def test_what_a_reset_wrote_is_not_ok_while_nothing_is_delivered(one: Mapping[str, Any]) -> None:
    assert "nothing_stored_since_reset" not in after_a_reset(one, None)[1]
    verdict, codes = after_a_reset(one)
    assert verdict == "unknown"
    assert codes[-1] == "nothing_stored_since_reset"


@pytest.mark.parametrize("one", [offset(TODAY, TODAY), offset(TODAY, TODAY, done=True)], ids=["current", "done"])
def test_what_a_reset_wrote_is_ok_where_there_is_nothing_to_do(one: Mapping[str, Any]) -> None:
    assert after_a_reset(one) == ("ok", [])
