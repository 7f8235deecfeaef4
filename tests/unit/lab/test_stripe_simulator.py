# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
import trustme
from hypothesis import given
from hypothesis import strategies as st
from lab.stripe_simulator import COLUMNS, Account, StripeSimulator

DAY = 86_400
NOW = 20_700 * DAY + 43_200
START = 20_000 * DAY
END = 20_700 * DAY
BALANCE = "balance.summary.1"
PAYOUTS = "payouts.itemized.3"
CAIRO = "sk_test_cairo_0123456789"
DENVER = "sk_test_denver_9876543210"


class ManualClock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sim(clock: ManualClock) -> Iterator[StripeSimulator]:
    with StripeSimulator(clock=clock) as running:
        yield running


@pytest.fixture
def cairo(sim: StripeSimulator) -> Account:
    account = sim.account(CAIRO)
    account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
    account.add_report_type(PAYOUTS, data_available_start=START, data_available_end=END, rows_per_day=3)
    return account


Connect = Callable[..., stripe.StripeClient]


@pytest.fixture
def connect(sim: StripeSimulator) -> Iterator[Connect]:
    with requests.Session() as session:
        session.trust_env = False

        def make(key: str = CAIRO, *, timeout_seconds: float = 10, retries: int = 0) -> stripe.StripeClient:
            return stripe.StripeClient(
                key,
                base_addresses={"api": sim.url},
                http_client=stripe.RequestsClient(timeout=timeout_seconds, session=session),
                max_network_retries=retries,
            )

        yield make


@pytest.fixture
def client(connect: Connect) -> stripe.StripeClient:
    return connect()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def create(client: stripe.StripeClient, report_type: str = BALANCE, start: int = START, end: int = END) -> Any:
    return client.v1.reporting.report_runs.create(
        {"report_type": report_type, "parameters": {"interval_start": start, "interval_end": end}}
    )


def retrieve(client: stripe.StripeClient, run_id: str) -> Any:
    return client.v1.reporting.report_runs.retrieve(run_id)


def bearer(key: str = CAIRO) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the awaited condition did not come true within 10 seconds"
        threading.Event().wait(0.005)


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


class TestRows:
    def test_the_csv_holds_exactly_the_rows_of_the_interval(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        start, end = START + 1, START + 9 * DAY // 4
        run = create(client, start=start, end=end)
        result = retrieve(client, run.id).result
        answer = http.get(result.url, headers=bearer())
        assert answer.headers["Content-Type"] == "text/csv"
        assert result.size == len(answer.content)
        delivered = list(csv.DictReader(io.StringIO(answer.text)))
        assert delivered == cairo.rows(BALANCE, start, end)
        # Four rows a day, every six hours from midnight: the one before the interval and the one at its end are out.
        assert [int(row["created"]) for row in delivered] == [START + n * DAY // 4 for n in range(1, 9)]

    def test_chosen_columns_come_in_the_chosen_order(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        run = client.v1.reporting.report_runs.create(
            {
                "report_type": BALANCE,
                "parameters": {
                    "interval_start": START,
                    "interval_end": START + DAY,
                    "columns": ["amount", "row_id"],
                },
            }
        )
        lines = http.get(retrieve(client, run.id).result.url, headers=bearer()).text.splitlines()
        expected = [f"{row['amount']},{row['row_id']}" for row in cairo.rows(BALANCE, START, START + DAY)]
        assert lines == ["amount,row_id", *expected]

    def test_a_day_without_rows_gives_a_csv_of_only_the_header(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        cairo.add_report_type(
            "quiet.1",
            data_available_start=START,
            data_available_end=END,
            rows_per_day=lambda day: 0 if day.isoformat() == "2024-10-05" else 2,
        )
        run = create(client, "quiet.1", START + DAY, START + 2 * DAY)
        text = http.get(retrieve(client, run.id).result.url, headers=bearer()).text
        assert text.splitlines() == [",".join(COLUMNS)]
        assert len(cairo.rows("quiet.1", START, START + 3 * DAY)) == 4

    def test_row_ids_are_the_same_in_every_simulator_and_unique_over_accounts_types_and_days(self) -> None:
        def all_ids() -> list[str]:
            simulator = StripeSimulator()
            ids = []
            for key in (CAIRO, DENVER):
                account = simulator.account(key)
                for report_type in (BALANCE, PAYOUTS):
                    account.add_report_type(report_type, data_available_start=START, data_available_end=END)
                    ids += [row["row_id"] for row in account.rows(report_type, START, START + 5 * DAY)]
            return ids

        ids = all_ids()
        assert len(set(ids)) == len(ids) == 2 * 2 * 5 * 4
        assert all_ids() == ids

    @given(
        rows_per_day=st.integers(0, 50),
        cuts=st.lists(
            st.integers(START - DAY, START + 5 * DAY) | st.integers(-1, 5).map(lambda day: START + day * DAY),
            min_size=2,
            max_size=6,
        ).map(sorted),
    )
    def test_neighbouring_intervals_share_no_row_and_miss_none(self, rows_per_day: int, cuts: list[int]) -> None:
        account = StripeSimulator().account(CAIRO)
        account.add_report_type(BALANCE, data_available_start=START, data_available_end=END, rows_per_day=rows_per_day)
        pieces = [row for a, b in itertools.pairwise(cuts) for row in account.rows(BALANCE, a, b)]
        assert pieces == account.rows(BALANCE, cuts[0], cuts[-1])
        assert len(account.rows(BALANCE, START, START + DAY)) == rows_per_day

    def test_the_file_is_served_to_the_same_key_only_as_bearer_or_as_user_name(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        sim.account(DENVER)
        url = retrieve(client, create(client).id).result.url
        assert http.get(url, auth=(CAIRO, "")).content == http.get(url, headers=bearer()).content != b""
        assert http.get(url, headers=bearer(DENVER)).status_code == 404
        assert http.get(url).status_code == 401

    def test_there_is_no_file_while_the_run_is_pending(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session, clock: ManualClock
    ) -> None:
        cairo.pending_seconds = 5.0
        run = create(client)
        clock.now += 5
        url = retrieve(client, run.id).result.url
        clock.now -= 1
        assert http.get(url, headers=bearer()).status_code == 404

    def test_a_lost_file_is_answered_404_though_the_run_still_names_it(
        self, cairo: Account, client: stripe.StripeClient, http: requests.Session
    ) -> None:
        run = create(client)
        cairo.lose_file(run.id)
        answer = http.get(retrieve(client, run.id).result.url, headers=bearer())
        assert answer.status_code == 404
        assert answer.json()["error"]["type"] == "invalid_request_error"


class TestHistory:
    @pytest.fixture
    def history(self, cairo: Account) -> list[str]:
        """Ids of 25 succeeded runs, oldest first, ten minutes apart."""
        return [
            cairo.add_run(BALANCE, START, START + DAY, created=created, succeeded_at=created + 30).id
            for created in range(NOW - 25 * 600, NOW, 600)
        ]

    def test_a_run_is_added_with_every_status(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.add_run(BALANCE, START, END, created=NOW - 500, succeeded_at=NOW - 200)
        cairo.add_run(PAYOUTS, START, END, status="failed", created=NOW - 400, error="Broken.")
        cairo.add_run(BALANCE, START - DAY, END, status="pending", created=NOW - 300)
        shown = client.v1.reporting.report_runs.list().data
        assert [(run.report_type, run.status, run.created, run.succeeded_at, run.error) for run in shown] == [
            (BALANCE, "pending", NOW - 300, None, None),
            (PAYOUTS, "failed", NOW - 400, None, "Broken."),
            (BALANCE, "succeeded", NOW - 500, NOW - 200, None),
        ]

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"status": "done"}, "unknown"),
            ({"status": "pending", "succeeded_at": NOW}, "cannot have succeeded_at"),
            ({"status": "succeeded", "error": "No."}, "cannot have an error"),
            ({"created": NOW + 1}, "does not hold"),
            ({"created": NOW - 10, "succeeded_at": NOW - 11}, "does not hold"),
        ],
    )
    def test_contradictory_facts_are_refused(self, cairo: Account, facts: Any, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            cairo.add_run(BALANCE, START, END, **facts)
        assert cairo.runs == ()

    def test_the_list_is_newest_first_in_pages_of_ten(self, history: list[str], client: stripe.StripeClient) -> None:
        page = client.v1.reporting.report_runs.list()
        assert [run.id for run in page.data] == history[:14:-1]
        assert page.has_more is True

    def test_runs_of_the_same_second_are_newest_first_too(self, cairo: Account, client: stripe.StripeClient) -> None:
        ids = [create(client).id for _number in range(3)]
        assert [run.id for run in client.v1.reporting.report_runs.list().data] == ids[::-1]

    @pytest.mark.parametrize(
        ("params", "expected", "has_more"),
        [
            ({"limit": 100}, slice(None, None, -1), False),
            ({"limit": 25}, slice(None, None, -1), False),
            ({"limit": 24}, slice(24, 0, -1), True),
            ({"limit": 3, "starting_after": 10}, slice(9, 6, -1), True),
            ({"limit": 3, "starting_after": 3}, slice(2, None, -1), False),
            ({"limit": 3, "ending_before": 10}, slice(13, 10, -1), True),
            ({"limit": 3, "ending_before": 21}, slice(24, 21, -1), False),
        ],
    )
    def test_cursors_and_limits_cut_the_list(
        self, history: list[str], client: stripe.StripeClient, params: Any, expected: slice, has_more: bool
    ) -> None:
        asked: Any = {name: n if name == "limit" else history[n] for name, n in params.items()}
        page = client.v1.reporting.report_runs.list(asked)
        assert [run.id for run in page.data] == history[expected]
        assert page.has_more is has_more

    @pytest.mark.parametrize(
        ("created", "expected"),
        [
            (NOW - 600, slice(24, None)),
            ({"gte": NOW - 1200}, slice(23, None)),
            ({"gt": NOW - 1200}, slice(24, None)),
            ({"lte": NOW - 24 * 600}, slice(0, 2)),
            ({"lt": NOW - 24 * 600}, slice(0, 1)),
            ({"gte": NOW - 1800, "lt": NOW - 600}, slice(22, 24)),
        ],
    )
    def test_the_list_is_limited_by_creation(
        self, history: list[str], client: stripe.StripeClient, created: Any, expected: slice
    ) -> None:
        page = client.v1.reporting.report_runs.list({"created": created, "limit": 100})
        assert [run.id for run in page.data] == history[expected][::-1]

    def test_the_package_pages_through_everything_both_ways(
        self, history: list[str], client: stripe.StripeClient, cairo: Account
    ) -> None:
        forward = client.v1.reporting.report_runs.list({"limit": 4}).auto_paging_iter()
        assert [run.id for run in forward] == history[::-1]
        assert len(cairo.journal) == 7
        backward = client.v1.reporting.report_runs.list({"limit": 4, "ending_before": history[0]}).auto_paging_iter()
        assert [run.id for run in backward] == history[1:]

    @pytest.mark.parametrize(
        ("params", "param"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 101}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"starting_after": "frr_nothing"}, "starting_after"),
            ({"starting_after": "frr_a", "ending_before": "frr_b"}, "ending_before"),
            ({"created": {"gte": "yesterday"}}, "created[gte]"),
            ({"status": "pending"}, "status"),
        ],
    )
    def test_a_bad_list_parameter_is_answered_400(
        self, cairo: Account, client: stripe.StripeClient, params: Any, param: str
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.reporting.report_runs.list(params)
        assert (caught.value.http_status, caught.value.param) == (400, param)


class TestKeys:
    def test_an_unknown_key_is_answered_401_with_the_key_masked(self, cairo: Account, connect: Connect) -> None:
        with pytest.raises(stripe.AuthenticationError) as caught:
            connect("sk_test_unknown_abcd").v1.reporting.report_runs.list()
        assert caught.value.http_status == 401
        assert "sk_test_********abcd" in str(caught.value)
        assert "unknown" not in str(caught.value)

    @pytest.mark.parametrize("authorization", [None, "Bearer ", "Basic !!!", "Digest x", "Basic Og=="])
    def test_no_usable_key_is_answered_401(
        self, sim: StripeSimulator, cairo: Account, http: requests.Session, authorization: str | None
    ) -> None:
        answer = http.get(f"{sim.url}/v1/reporting/report_runs", headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith("You did not provide an API key")

    def test_the_same_key_is_the_same_account(self, sim: StripeSimulator, cairo: Account) -> None:
        assert sim.account(CAIRO) is cairo
        assert sim.account(DENVER).id != cairo.id


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, stripe.InvalidRequestError),
            (401, stripe.AuthenticationError),
            (403, stripe.PermissionError),
            (404, stripe.InvalidRequestError),
            (409, stripe.APIError),
            (429, stripe.RateLimitError),
            (500, stripe.APIError),
            (503, stripe.APIError),
        ],
    )
    def test_a_status_becomes_the_packages_own_error_and_nothing_is_done(
        self, cairo: Account, client: stripe.StripeClient, status: int, error: type[stripe.StripeError]
    ) -> None:
        cairo.respond(status=status)
        with pytest.raises(error) as caught:
            create(client)
        assert caught.value.http_status == status
        assert str(caught.value.request_id).startswith("req_")
        assert CAIRO not in str(caught.value)
        assert cairo.runs == ()

    def test_it_lasts_for_the_times_given_then_all_is_normal(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.respond(status=429, times=3)
        for _number in range(3):
            with pytest.raises(stripe.RateLimitError):
                create(client)
        assert create(client).status == "pending"

    def test_the_packages_own_retries_get_over_it(self, cairo: Account, connect: Connect) -> None:
        cairo.respond(status=500, times=1)
        assert create(connect(retries=1)).status == "pending"
        assert [entry.status for entry in cairo.journal] == [500, 200]

    def test_for_ever_ends_when_faults_are_cleared(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.respond(status=503, times=None)
        for _number in range(5):
            with pytest.raises(stripe.APIError):
                create(client)
        cairo.clear_faults()
        assert create(client).status == "pending"

    def test_it_meets_only_the_method_path_and_account_named(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient, connect: Connect
    ) -> None:
        sim.account(DENVER)
        cairo.respond(status=500, times=None, method="GET", path_contains="/report_runs")
        assert create(client).status == "pending"
        assert client.v1.reporting.report_types.retrieve(BALANCE).id == BALANCE
        assert connect(DENVER).v1.reporting.report_runs.list().data == []
        with pytest.raises(stripe.APIError):
            client.v1.reporting.report_runs.list()

    def test_the_oldest_matching_one_acts_first(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.respond(status=500)
        cairo.respond(status=429)
        for error in (stripe.APIError, stripe.RateLimitError):
            with pytest.raises(error):
                create(client)

    def test_retry_after_is_sent(self, sim: StripeSimulator, cairo: Account, http: requests.Session) -> None:
        cairo.respond(status=429, retry_after=7)
        answer = http.get(f"{sim.url}/v1/reporting/report_runs", headers=bearer())
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
        assert answer.json()["error"]["code"] == "rate_limit"

    def test_the_answer_is_held_back(self, cairo: Account, client: stripe.StripeClient) -> None:
        cairo.respond(status=None, delay_seconds=0.2)
        began = time.monotonic()
        assert create(client).status == "pending"
        assert time.monotonic() - began >= 0.2

    def test_a_creation_whose_answer_is_held_back_too_long_has_happened(self, cairo: Account, connect: Connect) -> None:
        cairo.respond(status=None, times=None, delay_seconds=60, method="POST")
        with pytest.raises(stripe.APIConnectionError):
            create(connect(timeout_seconds=0.2))
        assert [(entry.method, entry.status) for entry in cairo.journal] == [("POST", 200)]
        assert len(cairo.runs) == 1

    def test_a_held_back_answer_holds_up_nobody_else(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient
    ) -> None:
        cairo.respond(status=None, delay_seconds=60, method="POST")
        with ThreadPoolExecutor(1) as pool, requests.Session() as session:
            session.trust_env = False
            url = f"{sim.url}/v1/reporting/report_runs"
            held = pool.submit(session.post, url, headers=bearer(), timeout=(5, 0.5))
            eventually(lambda: len(cairo.journal) == 1)
            assert client.v1.reporting.report_types.retrieve(BALANCE).id == BALANCE
            assert not held.done()
            assert isinstance(held.exception(), requests.ReadTimeout)


class TestIdempotency:
    def test_a_repeated_creation_with_the_same_idempotency_key_makes_one_run(
        self, cairo: Account, connect: Connect
    ) -> None:
        cairo.respond(status=None, delay_seconds=60, method="POST")
        run = create(connect(timeout_seconds=0.3, retries=1))
        assert [entry.method for entry in cairo.journal] == ["POST", "POST"]
        assert [made.id for made in cairo.runs] == [run.id]

    def test_other_parameters_under_the_same_key_are_refused(self, cairo: Account, client: stripe.StripeClient) -> None:
        def once(end: int) -> Any:
            return client.v1.reporting.report_runs.create(
                {"report_type": BALANCE, "parameters": {"interval_start": START, "interval_end": end}},
                {"idempotency_key": "once"},
            )

        first = once(END)
        assert once(END).id == first.id
        with pytest.raises(stripe.IdempotencyError):
            once(END - 1)
        assert len(cairo.runs) == 1

    def test_a_refusal_is_not_remembered(self, cairo: Account, connect: Connect) -> None:
        cairo.respond(status=500)
        assert create(connect(retries=1)).id == cairo.runs[0].id


class TestJournal:
    def test_every_request_is_noted_with_its_parameters_status_and_time(
        self, cairo: Account, client: stripe.StripeClient, clock: ManualClock, http: requests.Session
    ) -> None:
        run = create(client)
        clock.now += 5
        client.v1.reporting.report_runs.list({"limit": 3, "created": {"gte": 7}})
        cairo.respond(status=404)
        with pytest.raises(stripe.InvalidRequestError):
            retrieve(client, run.id)
        url = retrieve(client, run.id).result.url
        http.get(url, headers=bearer())
        runs = "/v1/reporting/report_runs"
        sent = {
            "report_type": BALANCE,
            "parameters[interval_start]": str(START),
            "parameters[interval_end]": str(END),
        }
        assert [(e.method, e.path, dict(e.params), e.status, e.at) for e in cairo.journal] == [
            ("POST", runs, sent, 200, NOW),
            ("GET", runs, {"limit": "3", "created[gte]": "7"}, 200, NOW + 5),
            ("GET", f"{runs}/{run.id}", {}, 404, NOW + 5),
            ("GET", f"{runs}/{run.id}", {}, 200, NOW + 5),
            ("GET", url.partition("/v1/")[1] + url.partition("/v1/")[2], {}, 200, NOW + 5),
        ]

    def test_accounts_do_not_share_it_and_it_can_be_cleared(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient
    ) -> None:
        create(client)
        assert (len(cairo.journal), sim.account(DENVER).journal) == (1, ())
        cairo.clear_journal()
        assert cairo.journal == ()


class TestServer:
    def test_an_unknown_address_is_answered_as_stripe_does(
        self, sim: StripeSimulator, cairo: Account, http: requests.Session
    ) -> None:
        for method, path in (("GET", "/v1/charges"), ("DELETE", "/v1/reporting/report_runs/frr_1")):
            answer = http.request(method, sim.url + path, headers=bearer())
            assert answer.status_code == 404
            assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path})")

    def test_array_parameters_may_come_without_numbers(
        self, sim: StripeSimulator, cairo: Account, http: requests.Session
    ) -> None:
        form = [
            ("report_type", BALANCE),
            ("parameters[interval_start]", str(START)),
            ("parameters[interval_end]", str(END)),
            ("parameters[columns][]", "created"),
            ("parameters[columns][]", "row_id"),
        ]
        answer = http.post(f"{sim.url}/v1/reporting/report_runs", headers=bearer(), data=form)
        assert answer.json()["parameters"]["columns"] == ["created", "row_id"]

    def test_an_empty_text_stands_for_an_empty_list_and_another_is_refused(
        self, sim: StripeSimulator, cairo: Account, http: requests.Session
    ) -> None:
        form = {"report_type": BALANCE, "parameters[interval_start]": str(START), "parameters[interval_end]": str(END)}
        address = f"{sim.url}/v1/reporting/report_runs"
        answer = http.post(address, headers=bearer(), data={**form, "parameters[columns]": ""})
        assert (answer.status_code, answer.json()["parameters"].get("columns")) == (200, None)
        answer = http.post(address, headers=bearer(), data={**form, "parameters[columns]": "created"})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "parameters[columns]")

    def test_one_connection_serves_many_requests_also_refused_ones(self, sim: StripeSimulator, cairo: Account) -> None:
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2])), timeout=10) as connection:
            stream = connection.makefile("rb")
            for key, status in (("sk_test_wrong", b"401"), (CAIRO, b"200"), (CAIRO, b"200")):
                body = f"report_type={BALANCE}&parameters[interval_start]={START}&parameters[interval_end]={END}"
                connection.sendall(
                    f"POST /v1/reporting/report_runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )
                assert stream.readline().split()[:2] == [b"HTTP/1.1", status]
                headers = dict(line.rstrip().split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
                stream.read(int(headers[b"Content-Length"]))
        assert len(cairo.runs) == 2

    def test_runs_asked_for_at_once_are_all_made_with_ids_of_their_own(self, sim: StripeSimulator) -> None:
        account = sim.account(CAIRO)
        account.add_report_type(BALANCE, data_available_start=START, data_available_end=END, rows_per_day=0)
        form = {
            "report_type": BALANCE,
            "parameters[interval_start]": str(START),
            "parameters[interval_end]": str(END),
        }

        def ask(_number: int) -> str:
            with requests.Session() as session:
                session.trust_env = False
                posted = session.post(f"{sim.url}/v1/reporting/report_runs", headers=bearer(), data=form)
                return str(posted.json()["id"])

        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(ask, range(80)))
        assert len(set(ids)) == 80
        assert {run.id for run in account.runs} == set(ids)
        assert len(account.journal) == 80

    def test_it_speaks_tls_and_a_stalled_handshake_holds_up_nobody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with StripeSimulator(tls=context) as secure, requests.Session() as http:
            assert secure.url.startswith("https://127.0.0.1:")
            account = secure.account(CAIRO)
            account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
            http.trust_env = False
            http.verify = str(tmp_path / "ca.pem")
            monkeypatch.setattr(stripe, "ca_bundle_path", http.verify)
            client = stripe.StripeClient(
                CAIRO,
                base_addresses={"api": secure.url},
                http_client=stripe.RequestsClient(timeout=10, session=http),
            )
            with socket.create_connection(("127.0.0.1", int(secure.url.rpartition(":")[2]))):
                url = retrieve(client, create(client).id).result.url
                assert http.get(url, headers=bearer()).status_code == 200
            http.verify = True
            http.adapters["https://"].close()
            with pytest.raises(requests.exceptions.SSLError):
                http.get(secure.url, timeout=10)

    def test_without_a_clock_it_lives_in_the_present(self) -> None:
        account = StripeSimulator().account(CAIRO)
        account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
        assert abs(account.add_run(BALANCE, START, END).created - time.time()) < 5

    def test_it_must_be_started_once_and_only_once(self) -> None:
        simulator = StripeSimulator()
        with pytest.raises(RuntimeError, match="start it first"):
            str(simulator.url)
        with simulator, pytest.raises(RuntimeError, match="started before"):
            simulator.start()

    def test_stop_is_quick_and_closes_everything_even_a_held_back_answer(self, cairo: Account) -> None:
        before = set(threading.enumerate())
        simulator = StripeSimulator().start()
        account = simulator.account(CAIRO)
        account.respond(status=None, delay_seconds=600, path_contains="report_types")
        port = int(simulator.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as idle,
            ThreadPoolExecutor(1) as pool,
            requests.Session() as session,
        ):
            session.trust_env = False
            held = pool.submit(session.get, f"{simulator.url}/v1/reporting/report_types", headers=bearer())
            eventually(lambda: len(account.journal) == 1)
            began = time.monotonic()
            simulator.stop()
            assert time.monotonic() - began < 1
            assert idle.recv(1) == b""
            assert isinstance(held.exception(timeout=10), requests.ConnectionError)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=10)
            simulator.stop()
        assert set(threading.enumerate()) <= before
