# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator hands out: rows of CSV files, and lists of report runs."""

from __future__ import annotations

import csv
import io
import itertools
from typing import Any

import pytest
import requests
import stripe
from hypothesis import given
from hypothesis import strategies as st
from lab.stripe_simulator import COLUMNS, Account, StripeSimulator
from unit.lab.stripe_calls import (
    BALANCE,
    CAIRO,
    DAY,
    DENVER,
    END,
    NOW,
    PAYOUTS,
    START,
    ManualClock,
    bearer,
    create,
    retrieve,
)


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
