# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a server: keys, faults, idempotency, journal, connections, TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
import trustme
from lab.stripe_simulator import Account, StripeSimulator, server
from lab.waiting import LIMIT_SECONDS, await_condition
from unit.lab.stripe_calls import (
    BALANCE,
    CAIRO,
    DENVER,
    END,
    NOW,
    START,
    Connect,
    ManualClock,
    bearer,
    create,
    retrieve,
)


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
        await_condition(lambda: cairo.journal, "the creation")
        assert [(entry.method, entry.status) for entry in cairo.journal] == [("POST", 200)]
        assert len(cairo.runs) == 1

    def test_a_held_back_answer_holds_up_nobody_else(
        self, sim: StripeSimulator, cairo: Account, client: stripe.StripeClient
    ) -> None:
        cairo.respond(status=None, delay_seconds=2 * LIMIT_SECONDS, method="POST")
        with ThreadPoolExecutor(1) as pool, requests.Session() as session:
            session.trust_env = False
            url = f"{sim.url}/v1/reporting/report_runs"
            held = pool.submit(session.post, url, headers=bearer())
            await_condition(lambda: len(cairo.journal) == 1, "the call")
            assert client.v1.reporting.report_types.retrieve(BALANCE).id == BALANCE
            assert not held.done()
            sim.stop()


class TestIdempotency:
    def test_a_repeated_creation_with_the_same_idempotency_key_makes_one_run(
        self, cairo: Account, connect: Connect
    ) -> None:
        cairo.respond(status=None, delay_seconds=60, method="POST")
        # A busy machine may be too late with the second answer too.
        run = create(connect(timeout_seconds=0.3, retries=20))
        assert len(cairo.journal) >= 2
        assert {entry.method for entry in cairo.journal} == {"POST"}
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
        with socket.create_connection(
            ("127.0.0.1", int(sim.url.rpartition(":")[2])), timeout=LIMIT_SECONDS
        ) as connection:
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
                http_client=stripe.RequestsClient(timeout=LIMIT_SECONDS, session=http),
            )
            with socket.create_connection(("127.0.0.1", int(secure.url.rpartition(":")[2]))):
                url = retrieve(client, create(client).id).result.url
                assert http.get(url, headers=bearer()).status_code == 200
            http.verify = True
            http.adapters["https://"].close()
            with pytest.raises(requests.exceptions.SSLError):
                http.get(secure.url, timeout=LIMIT_SECONDS)

    def test_without_a_clock_it_lives_in_the_present(self) -> None:
        account = StripeSimulator().account(CAIRO)
        account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
        before = time.time()
        assert before - 1 <= account.add_run(BALANCE, START, END).created <= time.time() + 1

    def test_it_must_be_started_once_and_only_once(self) -> None:
        simulator = StripeSimulator()
        with pytest.raises(RuntimeError, match="start it first"):
            str(simulator.url)
        with simulator, pytest.raises(RuntimeError, match="started before"):
            simulator.start()

    def test_stop_waits_for_nothing_and_closes_everything_even_a_held_back_answer(
        self, cairo: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "_JOIN_SECONDS", 2 * LIMIT_SECONDS)
        before = set(threading.enumerate())
        simulator = StripeSimulator().start()
        account = simulator.account(CAIRO)
        account.respond(status=None, delay_seconds=2 * LIMIT_SECONDS, path_contains="report_types")
        port = int(simulator.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS) as idle,
            ThreadPoolExecutor(1) as pool,
            requests.Session() as session,
        ):
            session.trust_env = False
            held = pool.submit(session.get, f"{simulator.url}/v1/reporting/report_types", headers=bearer())
            await_condition(lambda: len(account.journal) == 1, "the call")
            began = time.monotonic()
            simulator.stop()
            assert time.monotonic() - began < LIMIT_SECONDS
            assert idle.recv(1) == b""
            assert isinstance(held.exception(timeout=LIMIT_SECONDS), requests.ConnectionError)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS)
            simulator.stop()
        assert set(threading.enumerate()) <= before
