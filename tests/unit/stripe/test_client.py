# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking Stripe: what it says about each partition and an account's report runs, how many requests that takes, and how the
failure of one account affects the others. With the real library."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import Look, SharedAnswers
from ansible_collections.connectops.recovery.plugins.module_utils.stripe.client import (
    StripeAnswer,
    StripeFacts,
    ask_stripe,
)
from lab.stripe_simulator import Account, StripeSimulator
from lab.waiting import LIMIT_SECONDS
from unit.stripe.two_accounts import END, KEYS, RUNS, START, TYPE, Clock, requests_of, two_accounts

OTHER_TYPE = "payouts.summary.1"
CAIRO, PST = ReportPartition("Africa/Cairo", TYPE), ReportPartition("PST", TYPE)
NOW = int(time.time())
DAY = 86_400
TYPES = "/v1/reporting/report_types"
PLAIN = StripeFacts(available_to=END, available_start=START)


@pytest.fixture
def simulator() -> Iterator[StripeSimulator]:
    with two_accounts() as running:
        yield running


@pytest.fixture
def cairo(simulator: StripeSimulator) -> Account:
    return simulator.account(KEYS["Africa/Cairo"])


def ask(
    simulator: StripeSimulator,
    open_runs: Mapping[ReportPartition, str | None],
    keys: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> StripeAnswer:
    clock = clock or Clock()
    with SharedAnswers(clock=clock, sleep=clock.sleep).look("orders") as look:
        return ask_stripe(KEYS if keys is None else keys, open_runs, NOW, look, simulator.url)


# Partitions and their open runs


def test_the_data_of_each_partition_is_known(simulator: StripeSimulator, cairo: Account) -> None:
    cairo.report_type(TYPE).data_available_end = END + 3600
    answer = ask(simulator, {CAIRO: None, PST: None})
    assert answer.by_partition == {CAIRO: StripeFacts(END + 3600, START), PST: StripeFacts(END, START)}
    assert answer.problems == ()


@pytest.mark.parametrize("days_ago", [1, 20], ids=["listed", "too old to be listed"])
@pytest.mark.parametrize("status, error", [("pending", None), ("succeeded", None), ("failed", "No such data.")])
def test_the_open_run_is_known_with_its_status_time_and_error(
    simulator: StripeSimulator, cairo: Account, status: str, error: str | None, days_ago: int
) -> None:
    created = NOW - days_ago * DAY
    run = cairo.add_run(TYPE, START, END, status=status, created=created, error=error)
    facts = ask(simulator, {CAIRO: run.id}).by_partition[CAIRO]
    assert facts == StripeFacts(END, START, run_status=status, run_created=created, run_error=error)


def test_a_run_that_stripe_does_not_know_is_lost(simulator: StripeSimulator) -> None:
    facts = ask(simulator, {CAIRO: "frr_of_long_ago"}).by_partition[CAIRO]
    assert facts == StripeFacts(END, START, run_status="lost")


def test_a_run_of_which_the_file_is_gone_has_lost_it(simulator: StripeSimulator, cairo: Account) -> None:
    run = cairo.add_run(TYPE, START, END)
    assert ask(simulator, {CAIRO: run.id}).by_partition[CAIRO].run_status == "succeeded"
    cairo.lose_file(run.id)
    assert ask(simulator, {CAIRO: run.id}).by_partition[CAIRO].run_status == "file_lost"


@pytest.mark.parametrize("status", [403, 500])
def test_a_file_that_cannot_be_asked_for_is_not_called_gone(
    simulator: StripeSimulator, cairo: Account, status: int
) -> None:
    run = cairo.add_run(TYPE, START, END)
    cairo.respond(status=status, times=None, path_contains="/contents")
    assert ask(simulator, {CAIRO: run.id}).by_partition[CAIRO].run_status == "succeeded"


@pytest.mark.parametrize("text", [f"The key {KEYS['Africa/Cairo']} may not.", "The key sk_test_********4711 may not."])
def test_keys_in_stripes_text_on_a_failed_run_are_hidden(simulator: StripeSimulator, cairo: Account, text: str) -> None:
    run = cairo.add_run(TYPE, START, END, status="failed", error=text)
    answer = ask(simulator, {CAIRO: run.id})
    assert answer.by_partition[CAIRO].run_error == "The key ******** may not."
    assert answer.histories["Africa/Cairo"].runs[0].error == "The key ******** may not."


# Report runs


def test_the_report_runs_of_each_account_are_listed_newest_first(simulator: StripeSimulator, cairo: Account) -> None:
    first = cairo.add_run(TYPE, START, END, created=NOW - 500, succeeded_at=NOW - 400)
    second = cairo.add_run(TYPE, START + 1, END - 1, status="failed", created=NOW - 300, error="No.")
    third = cairo.add_run(TYPE, START, END, status="pending", created=NOW - 300)
    answer = ask(simulator, {CAIRO: None, PST: None})
    history = answer.histories["Africa/Cairo"]
    assert [run.id for run in history.runs] == [third.id, second.id, first.id]
    assert (history.runs[1].start, history.runs[1].end) == (START + 1, END - 1)
    assert [(run.created, run.status, run.succeeded_at, run.took_seconds, run.error) for run in history.runs] == [
        (NOW - 300, "pending", None, None, None),
        (NOW - 300, "failed", None, None, "No."),
        (NOW - 500, "succeeded", NOW - 400, 100, None),
    ]
    assert answer.histories["PST"].runs == ()
    assert {history.complete_since for history in answer.histories.values()} == {NOW - 14 * DAY}


def test_only_runs_of_the_connectors_report_types_and_of_the_last_14_days_are_kept(
    simulator: StripeSimulator, cairo: Account
) -> None:
    cairo.add_report_type(OTHER_TYPE, data_available_start=START, data_available_end=END)
    cairo.add_run(OTHER_TYPE, START, END)
    cairo.add_run(TYPE, START, END, created=NOW - 14 * DAY - 1)
    oldest = cairo.add_run(TYPE, START, END, created=NOW - 14 * DAY)
    assert [run.id for run in ask(simulator, {CAIRO: None}).histories["Africa/Cairo"].runs] == [oldest.id]


def test_of_many_runs_the_newest_300_are_kept_and_it_is_known_from_when_on_none_is_missing(
    simulator: StripeSimulator, cairo: Account
) -> None:
    for number in range(310):
        cairo.add_run(TYPE, START, END, created=NOW - 1000 + number)
    history = ask(simulator, {CAIRO: None}).histories["Africa/Cairo"]
    assert [run.created for run in history.runs] == [NOW - 1000 + number for number in reversed(range(10, 310))]
    # The second of the oldest one may have had more of them.
    assert history.complete_since == NOW - 1000 + 11
    assert requests_of(cairo)[RUNS] == 3


# Number of requests


def test_no_request_is_made_that_is_not_needed(simulator: StripeSimulator, cairo: Account) -> None:
    partitions = [CAIRO]
    for number in range(2):
        name = f"other.{number}"
        cairo.add_report_type(name, data_available_start=START, data_available_end=END)
        partitions.append(ReportPartition("Africa/Cairo", name))
    listed = cairo.add_run(TYPE, START, END, status="pending")
    old = cairo.add_run("other.0", START, END, created=NOW - 20 * DAY)
    ask(simulator, dict(zip(partitions, (listed.id, old.id, None), strict=True)))
    file = f"/v1/files/{old.id.replace('frr_', 'file_')}/contents"
    expected = {RUNS: 1, f"{RUNS}/{old.id}": 1, file: 1, **{f"{TYPES}/{one.report_type}": 1 for one in partitions}}
    assert requests_of(cairo) == expected


@pytest.mark.parametrize("status", [401, None], ids=["refused", "cannot be reached"])
def test_an_account_that_does_not_answer_is_asked_only_once(
    simulator: StripeSimulator, cairo: Account, status: int | None
) -> None:
    more = ReportPartition("Africa/Cairo", OTHER_TYPE)
    url = simulator.url
    if status is None:
        simulator.stop()
    else:
        cairo.respond(status=status, times=None)
    with SharedAnswers().look("orders") as look:
        answer = ask_stripe(KEYS, {CAIRO: None, more: None}, NOW, look, url)
    assert len(cairo.journal) == (0 if status is None else 1)
    assert answer.by_partition[CAIRO] == answer.by_partition[more]
    assert answer.by_partition[CAIRO].problem == (
        "Stripe refuses the API key of the timezone Africa/Cairo (401)"
        if status
        else "Querying Stripe about the timezone Africa/Cairo failed: no answer (ConnectionError)"
    )
    assert answer.by_partition[CAIRO].refused == (status == 401)
    assert answer.histories == {}


def test_the_accounts_are_asked_in_parallel(simulator: StripeSimulator) -> None:
    all_there = threading.Barrier(len(KEYS))

    class Meeting(Look):
        """One in which the first question to each account is sent when those to all others are about to be sent too."""

        def wait_for_turn(self, of: str, endpoint: str) -> bool:
            if endpoint == "report_runs":
                all_there.wait(LIMIT_SECONDS)
            return super().wait_for_turn(of, endpoint)

    answer = ask_stripe(KEYS, {CAIRO: None, PST: None}, NOW, Meeting(SharedAnswers(), 0, math.inf), simulator.url)
    assert answer.by_partition == {CAIRO: PLAIN, PST: PLAIN}


# Problem


@pytest.mark.parametrize(
    "status, beginning, refused",
    [
        (401, "Stripe refuses the API key of the timezone Africa/Cairo (401)", True),
        (403, "Querying Stripe about Africa/Cairo balance.summary.1 failed: ", True),
        (429, "Querying Stripe about Africa/Cairo balance.summary.1 failed: ", False),
        (500, "Querying Stripe about Africa/Cairo balance.summary.1 failed: ", False),
    ],
)
def test_the_problem_of_one_account_does_not_hide_the_other(
    simulator: StripeSimulator, cairo: Account, status: int, beginning: str, refused: bool
) -> None:
    cairo.respond(status=status, times=None)
    answer = ask(simulator, {CAIRO: None, PST: None})
    assert answer.by_partition[PST] == PLAIN
    assert list(answer.histories) == ["PST"]
    facts = answer.by_partition[CAIRO]
    problem = facts.problem or ""
    assert problem.startswith(beginning)
    assert facts == StripeFacts(problem=problem, refused=refused)
    assert not any(key[-4:] in sentence for key in KEYS.values() for sentence in (problem, *answer.problems))


def test_the_rest_is_known_when_the_report_runs_cannot_be_listed(simulator: StripeSimulator, cairo: Account) -> None:
    run = cairo.add_run(TYPE, START, END, status="pending", created=NOW - 100)
    cairo.respond(status=403, times=1)
    answer = ask(simulator, {CAIRO: run.id, PST: None})
    assert answer.by_partition[CAIRO] == StripeFacts(END, START, "pending", NOW - 100, refused=True)
    (problem,) = answer.problems
    assert problem.startswith("Stripe does not list the report runs of the timezone Africa/Cairo: ")
    assert "********" in problem
    assert list(answer.histories) == ["PST"]


def test_a_report_type_that_an_account_does_not_have_hides_no_other(simulator: StripeSimulator) -> None:
    other = ReportPartition("Africa/Cairo", OTHER_TYPE)
    answer = ask(simulator, {CAIRO: None, other: None})
    assert answer.by_partition[CAIRO] == PLAIN
    assert (answer.by_partition[other].problem or "").endswith(f"No such report type: '{OTHER_TYPE}'")


def test_what_stripe_says_is_quoted_whole_and_on_one_line(simulator: StripeSimulator) -> None:
    answer = ask(simulator, {ReportPartition("Africa/Cairo", "other.1\nof-two-lines"): None})
    (facts,) = answer.by_partition.values()
    assert (facts.problem or "").endswith("No such report type: 'other.1 of-two-lines'")


def test_an_answer_that_fails_once_is_asked_for_again(simulator: StripeSimulator, cairo: Account) -> None:
    cairo.respond(status=500, times=1)
    answer = ask(simulator, {CAIRO: None})
    assert answer.by_partition == {CAIRO: PLAIN}
    assert list(answer.histories) == ["Africa/Cairo"]


def test_a_timezone_without_a_key_is_named(simulator: StripeSimulator) -> None:
    answer = ask(simulator, {CAIRO: None, PST: None}, {"PST": KEYS["PST"]})
    assert answer.by_partition[CAIRO].problem == "no API key is known for the timezone Africa/Cairo"
    assert answer.by_partition[PST] == PLAIN
    assert list(answer.histories) == ["PST"]


def test_only_reads_are_made_and_nothing_is_left_in_the_home_folder(
    simulator: StripeSimulator, cairo: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run = cairo.add_run(TYPE, START, END, status="succeeded")
    ask(simulator, {CAIRO: run.id})
    assert {entry.method for entry in cairo.journal} == {"GET"}
    assert list(tmp_path.rglob("*")) == []
