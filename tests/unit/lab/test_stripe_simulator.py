# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import requests
import stripe
from lab.stripe_simulator import COLUMNS, Account, StripeSimulator
from unit.lab.stripe_calls import (
    BALANCE,
    DAY,
    DENVER,
    END,
    NOW,
    PAYOUTS,
    START,
    Connect,
    ManualClock,
    bearer,
    create,
    retrieve,
)


class TestReportTypes:
    def test_one_is_shown_with_its_availability(self, cairo: Account, client: stripe.StripeClient) -> None:
        shown = client.v1.reporting.report_types.retrieve(BALANCE)
        assert (shown.id, shown.object) == (BALANCE, "reporting.report_type")
        assert (shown.data_available_start, shown.data_available_end) == (START, END)
        assert (shown.name, shown.version, shown.livemode) == ("Balance summary", 1, False)
        assert shown.default_columns == list(COLUMNS)

    def test_all_of_the_account_are_listed_and_none_of_another(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient, connect: Connect
    ) -> None:
        sim.account(DENVER)
        assert [shown.id for shown in client.v1.reporting.report_types.list().data] == [BALANCE, PAYOUTS]
        assert connect(DENVER).v1.reporting.report_types.list().data == []

    def test_an_unknown_one_is_not_found(self, cairo: Account, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.reporting.report_types.retrieve("no.such.1")
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")

    def test_the_available_end_moves(self, cairo: Account, client: stripe.StripeClient, clock: ManualClock) -> None:
        clock.now += 60
        cairo.report_type(BALANCE).data_available_end = END + DAY
        shown = client.v1.reporting.report_types.retrieve(BALANCE)
        assert (shown.data_available_end, shown.updated) == (END + DAY, NOW + 60)
        assert create(client, end=END + DAY).status == "pending"

    def test_adding_one_twice_or_asking_for_an_absent_one_is_refused(self, cairo: Account) -> None:
        with pytest.raises(ValueError, match=re.escape(BALANCE)):
            cairo.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
        with pytest.raises(LookupError, match=r"absent\.1"):
            cairo.report_type("absent.1")


class TestLifeOfARun:
    def test_a_new_run_has_the_shape_of_stripe(self, cairo: Account, client: stripe.StripeClient) -> None:
        run = client.v1.reporting.report_runs.create(
            {
                "report_type": BALANCE,
                "parameters": {
                    "interval_start": START,
                    "interval_end": END,
                    "timezone": "Africa/Cairo",
                    "columns": ["amount", "row_id"],
                },
            }
        )
        assert run.id.startswith("frr_")
        assert run.to_dict() == {
            "id": run.id,
            "object": "reporting.report_run",
            "created": NOW,
            "error": None,
            "livemode": False,
            "parameters": {
                "interval_start": START,
                "interval_end": END,
                "timezone": "Africa/Cairo",
                "columns": ["amount", "row_id"],
            },
            "report_type": BALANCE,
            "result": None,
            "status": "pending",
            "succeeded_at": None,
        }

    def test_it_is_pending_for_the_seconds_set_and_then_succeeds(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient, clock: ManualClock
    ) -> None:
        cairo.pending_seconds = 90.0
        run = create(client)
        clock.now += 89.9
        assert retrieve(client, run.id).status == "pending"
        clock.now += 0.1
        done = retrieve(client, run.id)
        assert (done.status, done.succeeded_at, done.error) == ("succeeded", NOW + 90, None)
        assert (done.result.object, done.result.created) == ("file", NOW + 90)
        assert done.result.url == f"{sim.url}/v1/files/{done.result.id}/contents"
        assert done.result.id.startswith("file_")

    def test_without_a_wait_the_creation_still_answers_pending_and_the_next_look_succeeded(
        self, cairo: Account, client: stripe.StripeClient
    ) -> None:
        run = create(client)
        assert (run.status, run.result) == ("pending", None)
        assert retrieve(client, run.id).status == "succeeded"

    def test_the_wait_is_fixed_at_creation(
        self, cairo: Account, client: stripe.StripeClient, clock: ManualClock
    ) -> None:
        cairo.pending_seconds = 100.0
        slow = create(client)
        cairo.pending_seconds = 0.0
        fast = create(client)
        assert [run.status for run in cairo.runs] == ["pending", "succeeded"]
        clock.now += 100
        assert retrieve(client, slow.id).succeeded_at == NOW + 100
        assert retrieve(client, fast.id).succeeded_at == NOW

    def test_an_infinite_wait_never_ends_unless_the_test_ends_it(
        self, cairo: Account, client: stripe.StripeClient, clock: ManualClock
    ) -> None:
        cairo.pending_seconds = math.inf
        first, second = create(client), create(client)
        clock.now += 10**9
        assert retrieve(client, first.id).status == "pending"
        cairo.finish_run(first.id)
        cairo.finish_run(second.id, error="Too late.")
        assert retrieve(client, first.id).succeeded_at == NOW + 10**9
        failed = retrieve(client, second.id)
        assert (failed.status, failed.error, failed.result) == ("failed", "Too late.", None)
        with pytest.raises(ValueError, match="ended already"):
            cairo.finish_run(first.id)

    def test_a_run_that_is_asked_for_often_enough_is_ready_sooner(
        self, cairo: Account, client: stripe.StripeClient, clock: ManualClock
    ) -> None:
        cairo.pending_seconds, cairo.ready_after_looks = 10.0, 3
        often, seldom = create(client), create(client)
        clock.now += 2
        assert [retrieve(client, often.id).status for _look in range(3)] == ["pending", "pending", "succeeded"]
        assert [retrieve(client, seldom.id).status for _look in range(2)] == ["pending", "pending"]
        clock.now += 8
        assert retrieve(client, seldom.id).succeeded_at == NOW + 10
        assert retrieve(client, often.id).succeeded_at == NOW + 2

    def test_a_report_type_can_have_a_wait_of_its_own(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.report_type(PAYOUTS).pending_seconds = math.inf
        ids = [create(client, report_type).id for report_type in (BALANCE, PAYOUTS)]
        assert [retrieve(client, run_id).status for run_id in ids] == ["succeeded", "pending"]

    def test_runs_fail_with_the_words_given_after_their_wait_until_told_to_succeed(
        self, cairo: Account, client: stripe.StripeClient, clock: ManualClock
    ) -> None:
        cairo.pending_seconds = 10.0
        cairo.fail_runs("Stripe could not build this report.")
        doomed = create(client)
        cairo.succeed_runs()
        good = create(client)
        assert retrieve(client, doomed.id).error is None
        clock.now += 10
        failed = retrieve(client, doomed.id)
        assert (failed.status, failed.error) == ("failed", "Stripe could not build this report.")
        assert (failed.succeeded_at, failed.result) == (None, None)
        assert retrieve(client, good.id).status == "succeeded"

    def test_failing_can_be_limited_to_a_report_type(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.fail_runs("Only payouts.", report_type=PAYOUTS)
        create(client, BALANCE)
        create(client, PAYOUTS)
        assert [(run.status, run.error) for run in cairo.runs] == [("succeeded", None), ("failed", "Only payouts.")]

    def test_an_unknown_run_and_a_run_of_another_account_are_not_found(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient, connect: Connect
    ) -> None:
        sim.account(DENVER)
        run = create(client)
        for asker, run_id in ((client, "frr_nothing"), (connect(DENVER), run.id)):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                retrieve(asker, run_id)
            assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")

    def test_a_live_key_makes_live_objects(self, sim: StripeSimulator, connect: Connect) -> None:
        account = sim.account("sk_live_lagos_0123456789")
        account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
        live = connect("sk_live_lagos_0123456789")
        assert create(live).livemode is True
        assert live.v1.reporting.report_types.retrieve(BALANCE).livemode is True

    def test_a_forgotten_run_leaves_the_api_but_not_the_tests_record(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        run, kept = create(client), create(client)
        url = retrieve(client, run.id).result.url
        cairo.forget_run(run.id)
        with pytest.raises(stripe.InvalidRequestError) as caught:
            retrieve(client, run.id)
        assert caught.value.http_status == 404
        assert http.get(url, headers=bearer()).status_code == 404
        assert [shown.id for shown in client.v1.reporting.report_runs.list().data] == [kept.id]
        assert [known.id for known in cairo.runs] == [run.id, kept.id]

    def test_acting_on_an_unknown_run_is_refused(self, cairo: Account) -> None:
        for act in (cairo.forget_run, cairo.lose_file, cairo.finish_run):
            with pytest.raises(LookupError, match="frr_nothing"):
                act("frr_nothing")


class TestRefusedCreations:
    @pytest.mark.parametrize(
        ("parameters", "param", "words"),
        [
            ({"interval_end": END}, "parameters[interval_start]", "Missing required param"),
            ({"interval_start": START}, "parameters[interval_end]", "Missing required param"),
            ({"interval_start": "soon", "interval_end": END}, "parameters[interval_start]", "Invalid integer: soon"),
            (
                {"interval_start": START - 1, "interval_end": END},
                "parameters.interval_start",
                "available starting at 2024-10-04 00:00:00 UTC; you requested `interval_start` = 2024-10-03 23:59:59",
            ),
            (
                {"interval_start": START, "interval_end": END + 1},
                "parameters.interval_end",
                "only available through 2026-09-04 00:00:00 UTC; you requested `interval_end` = 2026-09-04 00:00:01",
            ),
            ({"interval_start": START, "interval_end": START}, "parameters.interval_start", "must be before"),
            ({"interval_start": END, "interval_end": START}, "parameters.interval_start", "must be before"),
            ({"interval_start": START, "interval_end": END, "columns": ["colour"]}, "parameters.columns", "colour"),
            (
                {"interval_start": START, "interval_end": END, "currency": "usd"},
                "parameters[currency]",
                "unknown parameter",
            ),
        ],
    )
    def test_bad_parameters_are_answered_400_and_make_no_run(
        self, cairo: Account, client: stripe.StripeClient, parameters: Any, param: str, words: str
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.reporting.report_runs.create({"report_type": BALANCE, "parameters": parameters})
        assert (caught.value.http_status, caught.value.param) == (400, param)
        assert words in str(caught.value)
        assert cairo.runs == ()

    @pytest.mark.parametrize("params", [{}, {"report_type": "no.such.1"}])
    def test_an_absent_or_unknown_report_type_is_answered_400(
        self, cairo: Account, client: stripe.StripeClient, params: Any
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.reporting.report_runs.create(params)
        assert (caught.value.http_status, caught.value.param) == (400, "report_type")

    def test_an_interval_that_touches_both_limits_is_taken(self, cairo: Account, client: stripe.StripeClient) -> None:
        create(client, start=START, end=END)
        assert [(run.interval_start, run.interval_end) for run in cairo.runs] == [(START, END)]
