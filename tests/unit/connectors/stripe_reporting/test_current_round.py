# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of the current round that doing nothing does not heal, and the smallest change that heals each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Decision
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import LogFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    connector,
    offset,
    partition,
    situation,
)

KIND = StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers())
YESTERDAY = TODAY - DAY
DONE = offset(TODAY, TODAY, done=True)
NOT_DONE = offset(YESTERDAY, TODAY)
EMPTY_CHUNK = offset(TODAY - 5 * DAY, TODAY, done=True)


def run(zone: str, start: int, end: int, hours_ago: float, took_seconds: int | None = 60) -> tuple[str, ReportRun]:
    created = int(NOW - hours_ago * HOUR)
    if took_seconds is None:
        return zone, ReportRun(f"frr_{zone}", TYPE, start, end, created, "pending")
    return zone, ReportRun(f"frr_{zone}", TYPE, start, end, created, "succeeded", created + took_seconds)


def known(
    stored: Mapping[str, Offset],
    runs: Sequence[tuple[str, ReportRun]] = (),
    refused: frozenset[str] = frozenset(),
    **settings: Any,
) -> Situation:
    """The connector with the report runs of all its accounts, newest last."""
    zones = sorted({*stored, *(zone for zone, _run in runs)})
    histories = {
        zone: RunHistory(tuple(one for owner, one in reversed(runs) if owner == zone), NOW - 14 * DAY) for zone in zones
    }
    return situation(connector(stored, zones=zones, **settings), evidence=Evidence(histories, refused))


def facts(it: Situation) -> Mapping[str, Any]:
    return KIND.judge(it, Limits(), ()).as_data("stripe_reporting", it.connector.state)


def reasons(it: Situation, zone: str) -> list[str]:
    verdict = next(one for one in facts(it)["verdicts"] if one["partition"]["timezone"] == zone)
    return [reason["code"] for reason in verdict["reasons"]]


def healed(it: Situation) -> Decision:
    return KIND.decide(it, ResetRequest("continue"))


def table(it: Situation) -> dict[str, Mapping[str, Any]]:
    return {one["strategy"]: one for one in facts(it)["remedies"]["compared"]}


# A partition that an empty chunk has finished


def test_continue_lets_a_partition_go_on_that_an_empty_chunk_has_finished() -> None:
    it = known({CAIRO: DONE, PST: EMPTY_CHUNK})
    assert "ended_early" in reasons(it, PST)
    assert healed(it).targets == {partition(PST): offset(TODAY - 5 * DAY, TODAY)}
    assert table(it)["leave_alone"]["report_runs"] == 0
    assert facts(it)["remedies"]["default"] == "continue"
    assert [one["report_runs"] for one in table(it)["continue"]["partitions"]] == [0, 1]


def test_a_partition_that_only_lacks_what_came_since_its_round_began_stays_as_it_is() -> None:
    it = known({CAIRO: DONE, PST: offset(YESTERDAY, TODAY, done=True)})
    assert healed(it).targets == {}
    assert not healed(it).needs_restart


# A partition that is done in the memory of the task alone


def test_what_the_task_only_remembers_as_delivered_comes_with_a_restart_alone() -> None:
    it = known({CAIRO: NOT_DONE, PST: DONE}, [run(CAIRO, YESTERDAY, TODAY, 3)])
    assert reasons(it, CAIRO)[0] == "done_in_memory"
    assert facts(it)["blocker"] is None
    decision = healed(it)
    assert (decision.targets, decision.needs_restart) == ({}, True)
    assert facts(it)["remedies"]["default"] == "continue"
    assert (table(it)["leave_alone"]["report_runs"], table(it)["continue"]["report_runs"]) == (0, 1)


@pytest.mark.parametrize(
    "runs",
    [
        [run(CAIRO, YESTERDAY, TODAY, 0.05)],
        [run(CAIRO, YESTERDAY, TODAY, 3), run(PST, YESTERDAY, TODAY, 0.02, took_seconds=None)],
        [run(CAIRO, YESTERDAY - DAY, TODAY, 3)],
        [run(CAIRO, YESTERDAY, TODAY, 8)],
        [run(CAIRO, YESTERDAY, TODAY, 3, took_seconds=301)],
    ],
    ids=["ready a moment ago", "a poll goes on", "another interval", "before the round", "too late for the wait"],
)
def test_a_report_that_may_yet_be_stored_or_was_not_fetched_is_not_taken_for_done(
    runs: Sequence[tuple[str, ReportRun]],
) -> None:
    it = known({CAIRO: NOT_DONE, PST: DONE}, runs)
    assert "done_in_memory" not in reasons(it, CAIRO)
    assert not healed(it).needs_restart


def test_a_connector_that_does_no_work_remembers_nothing() -> None:
    it = known({CAIRO: NOT_DONE, PST: DONE}, [run(CAIRO, YESTERDAY, TODAY, 3)], state="PAUSED")
    assert "done_in_memory" not in reasons(it, CAIRO)
    assert not healed(it).needs_restart


# A timezone that the task has dropped at its start


@pytest.mark.parametrize("zone", [CAIRO, PST], ids=["the first of the walk", "the last of the walk"])
def test_a_dropped_timezone_is_aligned_alone_and_reads_nothing_again(zone: str) -> None:
    behind = offset(TODAY - 4 * DAY, TODAY - 4 * DAY, done=True)
    it = known({CAIRO: DONE, NEW_YORK: DONE, PST: DONE, zone: behind})
    assert reasons(it, zone)[0] == "dropped_at_start"
    assert healed(it).targets == {partition(zone): offset(TODAY - 4 * DAY, TODAY)}
    compared = table(it)
    assert facts(it)["remedies"]["default"] == "continue"
    assert [compared[one]["catches_up"] for one in ("leave_alone", "raise_wait", "continue")] == [False, True, True]
    again = {
        one: sum(each["redelivered_seconds"] for each in compared[one]["partitions"])
        for one in ("raise_wait", "continue")
    }
    assert (again["raise_wait"] > 40 * DAY, again["continue"]) == (True, 0)


# A timezone whose key Stripe refuses


def test_no_report_run_is_promised_for_a_key_that_stripe_refuses() -> None:
    behind = offset(TODAY - 4 * DAY, TODAY - 4 * DAY)
    it = known({CAIRO: behind, PST: behind}, refused=frozenset({CAIRO}))
    decision = healed(it)
    assert decision.forecast is not None
    by_zone = {one["partition"]["timezone"]: one for one in decision.forecast["partitions"]}
    assert (by_zone[CAIRO]["report_runs"], by_zone[PST]["report_runs"]) == (0, 1)
    assert by_zone[CAIRO]["problem"] == "Stripe refuses its API key, so the task drops it"
    assert (decision.forecast["report_runs"], decision.forecast["catches_up"]) == (1, True)


# The same figures everywhere


@pytest.mark.parametrize(
    "it",
    [
        known({CAIRO: offset(TODAY - 12 * DAY, TODAY - 12 * DAY), PST: offset(TODAY - 12 * DAY, TODAY - 12 * DAY)}),
        known({CAIRO: NOT_DONE, PST: DONE}, [run(CAIRO, YESTERDAY, TODAY, 3)]),
        known({CAIRO: DONE, PST: EMPTY_CHUNK}),
        known({CAIRO: offset(TODAY - 4 * DAY, TODAY - 4 * DAY, done=True), NEW_YORK: DONE, PST: DONE}),
    ],
    ids=["blocked", "done in memory", "an empty chunk", "dropped"],
)
def test_text_table_and_data_agree_on_what_happens_if_nothing_is_done(it: Situation) -> None:
    found = facts(it)
    left_alone, row = found["left_alone"], table(it)["leave_alone"]
    planned = healed(it).forecast
    assert planned is not None
    assert (left_alone["report_runs"], left_alone["catches_up"]) == (row["report_runs"], row["catches_up"])
    assert planned["left_alone"]["report_runs"] == left_alone["report_runs"]
    text = "\n".join(KIND.state_lines(found))
    assert ("no end" in text) == (not left_alone["catches_up"])


# Without an initial load date


def test_a_partition_without_an_initial_load_date_is_warned_of_before_the_next_round() -> None:
    it = known({PST: DONE}, initial_load=None)
    assert facts(it)["verdict"] == "late"
    assert reasons(it, PST) == ["no_initial_load"]


# Connectors that do no work


@pytest.mark.parametrize("state", ["STOPPED", "PAUSED", "UNASSIGNED"])
def test_nobody_is_blamed_for_a_connector_that_does_no_work(state: str) -> None:
    stuck = offset(TODAY - 12 * DAY, TODAY - 12 * DAY)
    it = known({CAIRO: stuck, PST: stuck}, state=state)
    found = facts(it)
    assert (found["blocker"], found["dropped_timezones"]) == (None, {})
    verdicts = {verdict["verdict"] for verdict in found["verdicts"]}
    assert verdicts == ({"stopped"} if state == "STOPPED" else {"stuck"})
    assert found["verdict_after_resume"] == ("stuck" if state == "STOPPED" else None)
    assert found["left_alone"]["blocked_by"] == f"the connector is {state}"


def test_a_connector_that_was_created_stopped_says_what_comes_after_a_resume() -> None:
    # The account has report runs of an earlier connector, none of them in time: somebody who guesses takes it for the blocker.
    late = [run(CAIRO, YESTERDAY, TODAY, hours_ago, took_seconds=301) for hours_ago in (3, 2)]
    it = known({}, late, state="STOPPED", stripe_report_types=TYPE)
    found = facts(it)
    assert found["blocker"] is None
    assert [verdict["verdict"] for verdict in found["verdicts"]] == ["stopped"]
    assert found["verdict_after_resume"] == "missing"
    text = " ".join(" ".join(KIND.state_lines(found)).split())
    assert "Blocked" not in text
    assert "Left alone: it stays STOPPED. After a resume: 0 rounds missed so far, 2 report runs to catch up." in text


def test_a_connector_that_failed_says_why_and_blames_nobody() -> None:
    stuck = offset(TODAY - 12 * DAY, TODAY - 12 * DAY)
    it = known({CAIRO: stuck, PST: stuck}, state="FAILED")
    trace = "org.apache.kafka.connect.errors.ConnectException: No account for sk_live_0"
    it = replace(it, connector=replace(it.connector, trace=trace))
    found = facts(it)
    assert found["blocker"] is None
    assert [verdict["verdict"] for verdict in found["verdicts"]] == ["stuck", "stuck"]
    message = found["verdicts"][0]["reasons"][0]["message"]
    assert (
        message == "the connector is FAILED, org.apache.kafka.connect.errors.ConnectException: No account for ********"
    )


def test_a_task_that_was_abandoned_is_warned_of() -> None:
    it = known({PST: DONE})
    it = replace(it, evidence=replace(it.evidence, log=LogFacts(abandoned_tasks=(0,))))
    (warning,) = KIND.judge(it, Limits(), ()).warnings
    assert warning.startswith("Task 0 of connector 'stripe-reporting-source-connector' did not end within")
