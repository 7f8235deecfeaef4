# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who fails the polls of a connector that stands still, and how certain that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.blocker import (
    Blocker,
    Evidence,
    Loop,
    find_loop,
    is_in_time,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
    judge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import (
    LogFacts,
    LogFailure,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    accounts,
    at,
    connector,
    offset,
    report_partition,
    situation,
)

WAIT = 300_000
OLD = offset("2026-11-11", "2026-11-12")
STALE = dict.fromkeys((CAIRO, NEW_YORK, PST), OLD)
ZONES = (CAIRO, NEW_YORK, PST)


def run(
    minutes_ago: float,
    took: float | None = 1.0,
    *,
    start: str | int = "2026-11-11",
    end: str | int = TODAY,
    error: str | None = None,
    name: str = "",
) -> ReportRun:
    """A report run asked for ``minutes_ago`` minutes ago, ready after ``took`` minutes; None: not ready, or failed with words."""
    created = int(NOW - 60 * minutes_ago)
    moments = [at(one) if isinstance(one, str) else one for one in (start, end)]
    if error is not None:
        return ReportRun(name or f"frr_{created}", TYPE, *moments, created, "failed", None, error)
    if took is None or took > minutes_ago:
        return ReportRun(name or f"frr_{created}", TYPE, *moments, created, "pending")
    return ReportRun(name or f"frr_{created}", TYPE, *moments, created, "succeeded", int(created + 60 * took))


def histories(runs: Mapping[str, Iterable[ReportRun]]) -> dict[str, RunHistory]:
    """Newest first, whatever the order they are written in."""
    return {
        zone: RunHistory(tuple(sorted(of, key=lambda one: -one.created)), NOW - 14 * DAY) for zone, of in runs.items()
    }


def judged(
    runs: Mapping[str, Iterable[ReportRun]] | None = None,
    stored: Mapping[str, Any] | None = None,
    *,
    log: LogFacts | None = None,
    refused: frozenset[str] = frozenset(),
    statuses: Mapping[str, str] | None = None,
    **settings: str,
) -> StripeJudgement:
    of = connector(STALE if stored is None else stored, zones=ZONES, **settings)
    evidence = Evidence(histories(runs or {}), refused, log)
    return judge(situation(of, accounts(of, runs=statuses), NOW, evidence=evidence), Limits())


def verdicts_of(judgement: StripeJudgement) -> list[str]:
    return [verdict.verdict for verdict in judgement.verdicts]


def named(judgement: StripeJudgement) -> tuple[list[str], str, str] | None:
    blocker = judgement.blocker
    return (
        None
        if blocker is None
        else ([one.timezone for one in blocker.partitions], blocker.certainty, blocker.reason.code)
    )


LOOP = [run(60, 17), run(54, 17), run(48, 17)]


def test_runs_of_one_interval_none_of_them_ready_in_time_prove_who_blocks() -> None:
    judgement = judged({CAIRO: [run(61)], NEW_YORK: LOOP, PST: []})
    assert named(judgement) == ([NEW_YORK], "proven", "runs_repeated")
    assert verdicts_of(judgement) == ["blocked", "stuck", "blocked"]
    reasons = [verdict.reasons[0] for verdict in judgement.verdicts]
    assert [reason.code for reason in reasons] == ["blocked_later", "runs_repeated", "waits_behind"]
    assert reasons[1].message == "3 report runs asked for 2026-11-11..2026-11-23, none ready within 5 min"
    assert (reasons[1].value, reasons[1].limit, reasons[1].since) == (3, 2, NOW - 3600)
    assert reasons[2].message == f"waits behind {NEW_YORK}"


def test_a_partition_before_the_blocker_that_loads_round_after_round_in_memory_is_not_taken_for_it() -> None:
    racing = [run(minutes, 2, start="2026-10-01", end="2026-10-31") for minutes in (59, 53, 47, 41)]
    assert named(judged({CAIRO: racing, NEW_YORK: LOOP, PST: []})) == ([NEW_YORK], "proven", "runs_repeated")


def test_the_end_of_the_interval_moves_with_stripes_data_and_it_is_one_loop_all_the_same() -> None:
    moving = [run(60 * 24, 17, end="2026-11-22"), *LOOP]
    loop = judged({CAIRO: [], NEW_YORK: moving, PST: []}).blocker
    assert loop is not None
    assert loop.reason.value == 4


CASES: dict[str, tuple[dict[str, Any], tuple[list[str], str, str] | None]] = {
    # name: (what is known, the blocker's partitions with certainty and code)
    "nothing but offsets": ({}, ([CAIRO, NEW_YORK, PST], "one_of", "one_of_blockers")),
    "failed runs": (
        {"runs": {CAIRO: [], NEW_YORK: [run(9, error="Too large."), run(4, error="Too large.")], PST: []}},
        ([NEW_YORK], "proven", "runs_repeated"),
    ),
    "one late run, the connector being stuck": (
        {"runs": {CAIRO: [run(9)], NEW_YORK: [run(8, 6)], PST: []}},
        ([NEW_YORK], "likely", "runs_repeated"),
    ),
    "a run still within its wait is no loop, but the poll is there": (
        {"runs": {CAIRO: [run(9)], NEW_YORK: [run(3, None)]}},
        ([NEW_YORK], "likely", "run_pending"),
    ),
    "two runs within their wait cannot be of one poll": (
        {"runs": {CAIRO: [run(9)], NEW_YORK: [run(3, None)], PST: [run(2, None)]}},
        ([NEW_YORK, PST], "one_of", "one_of_blockers"),
    ),
    "one account could not be asked": (
        {"runs": {CAIRO: [run(9)], PST: []}},
        ([NEW_YORK], "likely", "by_exclusion"),
    ),
    "two accounts could not be asked": (
        {"runs": {CAIRO: [run(9)]}},
        ([NEW_YORK, PST], "one_of", "one_of_blockers"),
    ),
    "a call that hangs leaves no run: the first that was asked for nothing": (
        {"runs": {CAIRO: [run(9)], NEW_YORK: [], PST: []}},
        ([NEW_YORK], "likely", "by_exclusion"),
    ),
    "two loops: the newer one": (
        {"runs": {CAIRO: [run(300, 17), run(294, 17)], NEW_YORK: LOOP, PST: []}},
        ([NEW_YORK], "likely", "runs_repeated"),
    ),
    "a poll that got past it meanwhile": (
        {"runs": {CAIRO: [], NEW_YORK: LOOP, PST: [run(50)]}},
        ([NEW_YORK], "likely", "runs_repeated"),
    ),
    "the log names a run that the account has": (
        {
            "runs": {CAIRO: [run(9)], NEW_YORK: [run(3, None, name="frr_ny")], PST: []},
            "log": LogFacts(failures=(LogFailure("frr_ny", "Report run frr_ny did not ...", None),)),
        },
        ([NEW_YORK], "proven", "log_names_run"),
    ),
    "the log tells whose open run could not be resumed": (
        {
            "log": LogFacts(
                failures=(LogFailure("frr_1", "No such run", report_partition(CAIRO), report_partition(PST)),)
            )
        },
        ([PST], "proven", "log_names_run"),
    ),
    "the log tells after whom the poll failed": (
        {"log": LogFacts(failures=(LogFailure("frr_1", "Report run ...", report_partition(CAIRO)),))},
        ([NEW_YORK], "likely", "log_order"),
    ),
    "the log tells by a report run alone after whom the poll failed": (
        {
            "runs": {CAIRO: [run(9)], NEW_YORK: [run(5, 1, name="frr_2")], PST: []},
            "log": LogFacts(
                failures=(LogFailure("frr_1", "Report run ...", report_partition(CAIRO), after_run="frr_2"),)
            ),
        },
        ([PST], "likely", "log_order"),
    ),
    "what an earlier poll got past is done in memory": (
        {
            "log": LogFacts(
                failures=(
                    LogFailure("frr_1", "Report run ...", report_partition(CAIRO)),
                    LogFailure("frr_2", "Report run ...", None),
                )
            )
        },
        ([NEW_YORK], "likely", "log_order"),
    ),
    "the log tells of a failure before anything was made": (
        {"log": LogFacts(failures=(LogFailure("frr_1", "Report run ...", None),))},
        ([CAIRO], "likely", "log_order"),
    ),
    "its key is refused": (
        {"runs": {CAIRO: [run(9)]}, "refused": frozenset({PST})},
        ([PST], "likely", "key_refused"),
    ),
}


@pytest.mark.parametrize("known, expected", CASES.values(), ids=CASES)
def test_the_blocker_is_named_as_far_as_the_evidence_goes(
    known: dict[str, Any], expected: tuple[list[str], str, str] | None
) -> None:
    judgement = judged(**known)
    assert named(judgement) == expected
    assert expected is not None
    stuck = [zone for zone, verdict in zip(ZONES, verdicts_of(judgement), strict=True) if verdict == "stuck"]
    assert stuck == expected[0]


def test_an_open_run_that_has_no_result_any_more_is_proof_by_itself() -> None:
    stored = {**STALE, NEW_YORK: offset(TODAY, "2026-11-12", start="2026-11-11", run="frr_1", row=3)}
    judgement = judged(stored=stored, statuses={NEW_YORK: "lost"})
    assert named(judgement) == ([NEW_YORK], "proven", "run_without_result")
    assert verdicts_of(judgement) == ["blocked", "stuck", "blocked"]


def test_a_loop_before_such_a_run_comes_first_since_no_poll_gets_there() -> None:
    stored = {**STALE, PST: offset(TODAY, "2026-11-12", start="2026-11-11", run="frr_1", row=3)}
    judgement = judged({CAIRO: [], NEW_YORK: LOOP, PST: []}, stored, statuses={PST: "failed"})
    assert named(judgement) == ([NEW_YORK], "proven", "runs_repeated")
    assert verdicts_of(judgement) == ["blocked", "stuck", "stuck"], "the problem of PST does not pass alone"


def test_a_loop_is_stuck_long_before_any_limit_of_age() -> None:
    fresh = dict.fromkeys(ZONES, offset(TODAY - DAY, TODAY))
    judgement = judged({CAIRO: [run(20)], NEW_YORK: [run(19, 17), run(13, 12)], PST: []}, fresh)
    assert named(judgement) == ([NEW_YORK], "proven", "runs_repeated")
    assert verdicts_of(judgement) == ["blocked", "stuck", "blocked"]


@pytest.mark.parametrize("minutes, took", [(3, None), (8, 6)], ids=["within its wait", "late once"])
def test_a_connector_that_is_only_slow_has_no_blocker(minutes: float, took: float | None) -> None:
    fresh = dict.fromkeys(ZONES, offset(TODAY - DAY, TODAY))
    judgement = judged({CAIRO: [run(20)], NEW_YORK: [run(minutes, took)], PST: []}, fresh)
    assert named(judgement) is None
    assert verdicts_of(judgement) == ["late", "late", "late"]


def test_a_loop_that_has_ended_is_none() -> None:
    judgement = judged({CAIRO: [run(20)], NEW_YORK: [*LOOP, run(5, 4)], PST: [run(1)]})
    assert named(judgement) is None


def test_a_longer_wait_makes_the_same_runs_ready_in_time() -> None:
    runs = {CAIRO: [run(61)], NEW_YORK: LOOP, PST: [run(61)]}
    assert named(judged(runs)) == ([NEW_YORK], "proven", "runs_repeated")
    assert named(judged(runs, stripe_report_max_wait_ms="3600000")) is None


def test_a_partition_that_is_done_is_never_to_blame() -> None:
    stored = {**STALE, NEW_YORK: offset("2026-11-11", "2026-11-12", done=True)}
    judgement = judged({CAIRO: [run(60, 17)], NEW_YORK: LOOP, PST: []}, stored)
    assert named(judgement) == ([CAIRO], "likely", "runs_repeated")
    assert verdicts_of(judgement) == ["stuck", "blocked", "blocked"]


def test_a_partition_without_an_offset_that_waits_stays_missing_and_says_for_whom() -> None:
    stored = dict.fromkeys((NEW_YORK, PST), OLD)
    judgement = judged({CAIRO: [], NEW_YORK: LOOP, PST: []}, stored)
    assert verdicts_of(judgement) == ["missing", "stuck", "blocked"]
    assert [reason.code for reason in judgement.verdicts[0].reasons] == ["blocked_later", "no_offset"]


def test_doing_nothing_never_gets_a_blocked_connector_current() -> None:
    blocked = judged({CAIRO: [], NEW_YORK: LOOP, PST: []})
    assert blocked.as_data()["left_alone"] == {
        "rounds_missed": 11,
        "report_runs": None,
        "report_runs_once_healed": 3 + 11 * 3 * 2,
        "catches_up": False,
        "blocked_by": f"every poll still fails at {NEW_YORK} {TYPE}",
    }


def test_the_blocker_is_told_as_data() -> None:
    data = judged({CAIRO: [], NEW_YORK: LOOP, PST: []}).as_data()["blocker"]
    assert data["partitions"] == [{"timezone": NEW_YORK, "report_type": TYPE}]
    assert (data["certainty"], data["reason"]["code"]) == ("proven", "runs_repeated")


def test_those_among_which_it_is_are_all_named() -> None:
    blocker = judged({CAIRO: [run(9)]}).blocker
    assert str(blocker) == f"one of {NEW_YORK} {TYPE}, {PST} {TYPE}"
    assert isinstance(blocker, Blocker)


@pytest.mark.parametrize(
    "one, expected",
    [
        (run(60, 5), True),
        (run(60, 5.1), False),
        (run(4, None), None),
        (run(6, None), False),
        (run(60, error="No."), False),
    ],
    ids=["on the dot", "too late", "pending", "pending too long", "failed"],
)
def test_a_run_is_in_time_when_it_is_ready_before_the_connector_gives_it_up(
    one: ReportRun, expected: bool | None
) -> None:
    assert is_in_time(one, WAIT, NOW) is expected


def loop_of(*runs: ReportRun, complete_since: int = NOW - 14 * DAY) -> Loop | None:
    """The loop of PST's runs, newest first."""
    return find_loop(ReportPartition(PST, TYPE), Evidence({PST: RunHistory(runs, complete_since)}), WAIT, NOW)


LOOPS: dict[str, tuple[list[ReportRun], int | None]] = {
    # name: (runs, newest first; runs of the loop)
    "no runs": ([], None),
    "ready in time": ([run(9, 1)], None),
    "the newest may yet be ready": ([run(3, None), run(9, 7), run(15, 7)], 2),
    "a success ends it": ([run(9, 7), run(15, 1), run(21, 7)], 1),
    "another start ends it": ([run(9, 7), run(15, 7, start="2026-11-10")], 1),
}


@pytest.mark.parametrize("runs, count", LOOPS.values(), ids=LOOPS)
def test_a_loop_is_what_the_newest_runs_have_in_common(runs: list[ReportRun], count: int | None) -> None:
    loop = loop_of(*runs)
    assert (None if loop is None else loop.runs) == count


@pytest.mark.parametrize("since_minutes, words", [(15, "2 report runs asked"), (14, "2 report runs or more asked")])
def test_a_loop_that_is_older_than_the_list_of_runs_says_so(since_minutes: int, words: str) -> None:
    loop = loop_of(run(9, 7), run(15, 7), complete_since=NOW - since_minutes * 60)
    assert loop is not None
    assert loop.reason(WAIT).message.startswith(words)


def test_words_of_stripe_on_failed_runs_are_passed_on() -> None:
    loop = loop_of(run(9, error="Report is too large."), run(15, error="Report is too large."))
    assert loop is not None
    words = loop.reason(WAIT).message
    assert words == "2 report runs asked for 2026-11-11..2026-11-23, all failed: Report is too large."


def test_a_stall_of_hours_without_any_evidence_is_not_blamed_on_anybody() -> None:
    fresh = dict.fromkeys(ZONES, offset(TODAY - DAY, TODAY))
    assert NOW - TODAY == 6 * HOUR
    assert named(judged(stored=fresh)) is None
