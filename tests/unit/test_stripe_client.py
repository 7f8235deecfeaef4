# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking Stripe: what is learnt of each place, and what one account's trouble does to the others. With the real library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.stripe_client import PlaceFacts, ask_stripe
from lab.stripe_simulator import Account, StripeSimulator

TYPE = "balance.summary.1"
CAIRO, PST = Place("Africa/Cairo", TYPE), Place("PST", TYPE)
START, END = 1_790_000_000, 1_795_000_000
KEYS = {"Africa/Cairo": "sk_test_of_cairo_4711", "PST": "sk_test_of_pst_0815"}


@pytest.fixture
def simulator() -> Iterator[StripeSimulator]:
    with StripeSimulator() as running:
        for key in KEYS.values():
            running.account(key).add_report_type(TYPE, data_available_start=START, data_available_end=END)
        yield running


@pytest.fixture
def cairo(simulator: StripeSimulator) -> Account:
    return simulator.account(KEYS["Africa/Cairo"])


def test_the_end_of_the_data_is_told_for_each_place(simulator: StripeSimulator, cairo: Account) -> None:
    cairo.report_type(TYPE).data_available_end = END + 3600
    facts = ask_stripe(KEYS, {CAIRO: None, PST: None}, simulator.url)
    assert facts == {CAIRO: PlaceFacts(END + 3600), PST: PlaceFacts(END)}


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed"])
def test_the_status_of_an_open_run_is_told(simulator: StripeSimulator, cairo: Account, status: str) -> None:
    run = cairo.add_run(TYPE, START, END, status=status)
    assert ask_stripe(KEYS, {CAIRO: run.id}, simulator.url) == {CAIRO: PlaceFacts(END, status)}


def test_a_run_that_stripe_does_not_know_is_lost(simulator: StripeSimulator) -> None:
    assert ask_stripe(KEYS, {CAIRO: "frr_of_long_ago"}, simulator.url) == {CAIRO: PlaceFacts(END, "lost")}


@pytest.mark.parametrize(
    "status, words",
    [
        (401, "Stripe refuses the API key of the timezone Africa/Cairo (401)"),
        (403, "Stripe cannot be asked about Africa/Cairo balance.summary.1: "),
        (429, "Stripe cannot be asked about Africa/Cairo balance.summary.1: "),
        (500, "Stripe cannot be asked about Africa/Cairo balance.summary.1: "),
    ],
)
def test_trouble_with_one_account_does_not_hide_the_other(
    simulator: StripeSimulator, cairo: Account, status: int, words: str
) -> None:
    cairo.respond(status=status, times=None)
    facts = ask_stripe(KEYS, {CAIRO: None, PST: None}, simulator.url)
    assert facts[PST] == PlaceFacts(END)
    problem = facts[CAIRO].problem or ""
    assert problem.startswith(words)
    assert facts[CAIRO].available_end is None
    assert not any(key in problem for key in KEYS.values())


def test_an_answer_that_fails_once_is_asked_for_again(simulator: StripeSimulator, cairo: Account) -> None:
    cairo.respond(status=500, times=1)
    assert ask_stripe(KEYS, {CAIRO: None}, simulator.url) == {CAIRO: PlaceFacts(END)}


def test_a_timezone_without_a_key_is_named(simulator: StripeSimulator) -> None:
    facts = ask_stripe({"PST": KEYS["PST"]}, {CAIRO: None, PST: None}, simulator.url)
    assert facts[CAIRO].problem == "no API key is known for the timezone Africa/Cairo"
    assert facts[PST] == PlaceFacts(END)


def test_only_reads_are_made_and_nothing_is_left_in_the_home_folder(
    simulator: StripeSimulator, cairo: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run = cairo.add_run(TYPE, START, END, status="succeeded")
    ask_stripe(KEYS, {CAIRO: run.id}, simulator.url)
    assert {entry.method for entry in cairo.journal} == {"GET"}
    assert list(tmp_path.rglob("*")) == []
