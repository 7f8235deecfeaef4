# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of each partition of the Stripe reporting connector, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.accounts import expected_places
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.assess import (
    Limits,
    StripeAssessment,
    assess,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts import VERDICTS, Reason, Verdict, worst
from unit.core.cases import (
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
)

YESTERDAY = TODAY - DAY


def assessed(
    of: Connector,
    available_end: str | int = TODAY,
    *,
    now: float = NOW,
    limits: Limits | None = None,
    **stripe: Any,
) -> StripeAssessment:
    return assess(of, expected_places(of, ()), accounts(of, available_end, **stripe), limits or Limits(), now)


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
    "an empty run id that is not looked at any more": (offset(TODAY, TODAY, run="", done=True), TODAY, NOW),
    "beyond the data, after a skip": (offset(TODAY, TODAY), YESTERDAY, NOW),
    "an open run of the current round that Stripe knows": (
        offset(TODAY, TODAY, start=TODAY, run="frr_1", row=3),
        TODAY,
        NOW,
    ),
    "old, but Stripe has no newer data": (offset("2026-09-01", TODAY, done=True), "2026-09-01", NOW),
}


@pytest.mark.parametrize("stored, available_end, now", NORMAL.values(), ids=NORMAL)
def test_a_normal_place_is_ok(stored: Offset, available_end: str | int, now: float) -> None:
    assert verdict_on(stored, available_end, now=now) == ("ok", [])


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
    "a week old": (offset("2026-11-15", TODAY), TODAY, "stuck", ["behind_data", "interval_end_old"]),
    "two rounds missed": (offset(TODAY, "2026-11-21"), TODAY, "stuck", ["rounds_missed"]),
    "all of it": (
        offset("2026-11-11", "2026-11-12"),
        TODAY,
        "stuck",
        ["behind_data", "interval_end_old", "rounds_missed"],
    ),
    "an empty run id": (offset(TODAY, TODAY, run=""), TODAY, "stuck", ["empty_run_id"]),
    "no end": (offset(None, TODAY), TODAY, "stuck", ["no_interval_end"]),
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
        ("pending", "late", ["behind_data"]),
        ("unknown", "late", ["behind_data"]),
        ("failed", "stuck", ["behind_data", "run_without_result"]),
        ("lost", "stuck", ["behind_data", "run_without_result"]),
    ],
)
def test_an_open_run_that_will_never_have_a_result_is_a_stuck_place(
    status: str, verdict: str, codes: list[str]
) -> None:
    stored = offset(TODAY, TODAY, start=YESTERDAY, run="frr_1", row=5)
    assert verdict_on(stored, runs={PST: status}) == (verdict, codes)


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
            Reason("behind_data", "12 d behind", 12 * DAY),
            Reason("interval_end_old", "older than 7 d", 12 * DAY + 6 * HOUR, 7 * DAY),
            Reason("rounds_missed", "11 rounds missed", 11, 2),
        ),
        at("2026-11-11"),
    )
    assert verdict.as_data() == {
        "partition": {"report_type": "balance.summary.1", "timezone": PST},
        "verdict": "stuck",
        "reasons": [
            {"code": "behind_data", "words": "12 d behind", "figure": 12 * DAY, "limit": None},
            {
                "code": "interval_end_old",
                "words": "older than 7 d",
                "figure": 12 * DAY + 6 * HOUR,
                "limit": 7 * DAY,
            },
            {"code": "rounds_missed", "words": "11 rounds missed", "figure": 11, "limit": 2},
        ],
        "delivered_to": at("2026-11-11"),
    }


def test_a_round_that_ended_early_says_by_how_much_and_how_much_would_be_normal() -> None:
    reason = assessed(connector({PST: offset("2026-11-20", TODAY, done=True)})).verdicts[0].reasons[0]
    assert (reason.words, reason.figure, reason.limit) == (
        "its round ended 3 d before the data does, as after an empty report",
        3 * DAY,
        (6 + 36) * HOUR,
    )


def test_where_stripe_was_not_asked_the_words_say_against_what_is_judged() -> None:
    verdict = assessed(connector({PST: offset("2026-11-22", TODAY)}), asked=False).verdicts[0]
    assert [reason.words for reason in verdict.reasons] == ["1 d behind the end of yesterday"]


@pytest.mark.parametrize(
    "initial_load, words",
    [
        ("2026-10-01", "expected, but it has no offset"),
        (None, "expected, but it has no offset, and without an initial load date it is skipped in every round"),
    ],
)
def test_an_expected_place_without_an_offset_is_missing(initial_load: str | None, words: str) -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True)}, zones=[CAIRO, PST], initial_load=initial_load)
    verdict = assessed(of).verdicts[0]
    assert verdict == Verdict(partition(CAIRO), "missing", (Reason("no_offset", words),))


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
    assessment = assessed(connector({PST: offset("2026-11-11", "2026-11-12")}))
    assert (assessment.worked_round, assessment.current_round, assessment.rounds_behind) == (
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
