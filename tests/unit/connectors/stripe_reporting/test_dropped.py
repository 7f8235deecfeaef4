# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timezones that a task dropped at its start: RUNNING, and nothing of them ever comes."""

from __future__ import annotations

from collections.abc import Mapping
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
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import LogFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
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
    connector,
    offset,
    situation,
)

DONE = offset(TODAY, TODAY, done=True)
OLD = offset(TODAY - 3 * DAY, TODAY - 3 * DAY, done=True)
ZONES = (CAIRO, NEW_YORK, PST)
LIKELY = "likely dropped until the task restarts: all the others have finished the round 2026-11-23 00:00Z"


def judged(
    stored: Mapping[str, Offset],
    *,
    log: LogFacts | None = None,
    refused: frozenset[str] = frozenset(),
    histories: Mapping[str, RunHistory] | None = None,
) -> StripeJudgement:
    of = connector(stored, zones=ZONES)
    return judge(situation(of, accounts(of), NOW, evidence=Evidence(histories or {}, refused, log)), Limits())


def asked_for(*hours_ago: int) -> RunHistory:
    runs = [
        ReportRun(f"frr_{hours}", TYPE, TODAY - DAY, TODAY, NOW - hours * HOUR, "succeeded", NOW - hours * HOUR + 9)
        for hours in hours_ago
    ]
    return RunHistory(tuple(runs), NOW - 14 * DAY)


CASES: dict[str, tuple[dict[str, Any], list[str], str | None]] = {
    # name: (what is known, the verdicts, the words on Cairo)
    "the log says that its client failed": (
        {"stored": {CAIRO: DONE, NEW_YORK: DONE, PST: DONE}, "log": LogFacts(dropped={CAIRO: "Invalid API Key"})},
        ["stuck", "ok", "ok"],
        "dropped until the task restarts: Invalid API Key",
    ),
    "the log says that the task started without it": (
        {"stored": {CAIRO: OLD, NEW_YORK: DONE, PST: DONE}, "log": LogFacts(started_timezones=(NEW_YORK, PST))},
        ["stuck", "ok", "ok"],
        "dropped until the task restarts: the task started without it",
    ),
    "all the others have finished the round": (
        {"stored": {CAIRO: OLD, NEW_YORK: DONE, PST: DONE}},
        ["stuck", "ok", "ok"],
        LIKELY,
    ),
    "and Stripe refuses its key": (
        {"stored": {CAIRO: OLD, NEW_YORK: DONE, PST: DONE}, "refused": frozenset({CAIRO})},
        ["stuck", "ok", "ok"],
        f"{LIKELY}, and Stripe refuses its API key",
    ),
    "it never had an offset": (
        {"stored": {NEW_YORK: DONE, PST: DONE}},
        ["missing", "ok", "ok"],
        LIKELY,
    ),
    "nothing was asked for in this round": (
        {"stored": {CAIRO: OLD, NEW_YORK: DONE, PST: DONE}, "histories": {CAIRO: asked_for(30)}},
        ["stuck", "ok", "ok"],
        LIKELY,
    ),
}


@pytest.mark.parametrize("known, verdicts, words", CASES.values(), ids=CASES)
def test_a_dropped_timezone_is_found(known: dict[str, Any], verdicts: list[str], words: str | None) -> None:
    judgement = judged(**known)
    assert [verdict.verdict for verdict in judgement.verdicts] == verdicts
    reason = judgement.verdicts[0].reasons[0]
    assert (reason.code, reason.message) == ("dropped_at_start", words)
    assert list(judgement.dropped) == [CAIRO]


INNOCENT: dict[str, dict[str, Any]] = {
    "it is asked for in this round": {
        "stored": {CAIRO: OLD, NEW_YORK: DONE, PST: DONE},
        "histories": {CAIRO: asked_for(1)},
    },
    "another one is not done either": {"stored": {CAIRO: OLD, NEW_YORK: DONE, PST: offset(TODAY - DAY, TODAY)}},
    "it is at work": {"stored": {CAIRO: offset(TODAY - DAY, TODAY), NEW_YORK: DONE, PST: DONE}},
    "all wait for the next round": {"stored": dict.fromkeys(ZONES, OLD)},
    "the log says that the task started with it": {
        "stored": dict.fromkeys(ZONES, DONE),
        "log": LogFacts(started_timezones=ZONES),
    },
}


@pytest.mark.parametrize("known", INNOCENT.values(), ids=INNOCENT)
def test_a_timezone_that_may_yet_come_is_not_called_dropped(known: dict[str, Any]) -> None:
    assert judged(**known).dropped == {}


def test_the_round_is_that_of_the_timezones_which_are_walked() -> None:
    """The first partition decides the round for all, but not one that the task does not have."""
    judgement = judged({CAIRO: OLD, NEW_YORK: DONE, PST: DONE})
    assert (judgement.worked_round, judgement.rounds_behind) == (TODAY, 0)
    assert judgement.blocker is None
    assert judgement.left_alone.forecast.runs == 0
    assert judgement.left_alone.blocked_by == f"{CAIRO} is dropped until the task restarts"


def test_without_an_initial_load_date_a_partition_is_skipped_in_a_new_round_and_not_dropped() -> None:
    of = connector({CAIRO: OLD, NEW_YORK: DONE, PST: DONE}, initial_load=None)
    judgement = judge(situation(of, accounts(of), NOW), Limits())
    assert judgement.dropped == {}
    assert judgement.verdicts[0].reasons[0].code == "no_initial_load"


def test_a_connector_of_one_timezone_cannot_be_compared_with_others() -> None:
    of = connector({PST: OLD}, zones=[PST])
    judgement = judge(situation(of, accounts(of), NOW), Limits())
    assert judgement.dropped == {}
