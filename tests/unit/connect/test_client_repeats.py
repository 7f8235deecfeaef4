# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against scripted workers: which calls it repeats, for how long, and what it reports then."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotConnect,
    TimedOut,
    Unreachable,
)
from lab.waiting import LIMIT_SECONDS
from unit.connect.clients import PATIENT, Clock, MakeClient
from unit.connect.http_server import Expect, FakeConnect, refusing_url
from unit.connect.recorded import CLUSTER, IO_ERROR, LOGIN_PAGE, OFFSETS, REBALANCE, ROOT, STARTING, failing


def test_a_login_page_is_reported_at_once(make: MakeClient, clock: Clock) -> None:
    with FakeConnect(LOGIN_PAGE) as worker, pytest.raises(NotConnect) as caught:
        make(worker.url).root()
    assert caught.value.message == (
        f"{worker.url} does not answer like Kafka Connect: "
        "GET / is answered with text/html instead of JSON (status 200), "
        "so this is probably not a Kafka Connect REST API but a proxy or a login page; check connect_url."
    )
    assert caught.value.facts == {"url": worker.url, "call": "GET /", "status": 200}
    assert clock.waited == 0


def test_the_next_worker_is_asked_when_the_first_shows_a_page(make: MakeClient) -> None:
    with FakeConnect(LOGIN_PAGE) as wrong, FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        assert make(wrong.url, worker.url).root() == CLUSTER


def test_an_unknown_path_with_an_error_like_connects_is_reported(make: MakeClient) -> None:
    # A schema registry words its errors as Connect does.
    with (
        FakeConnect(failing("GET", "/connectors", 404, "HTTP 404 Not Found")) as worker,
        pytest.raises(NotConnect, match="GET /connectors does not exist there"),
    ):
        make(worker.url).names()


@pytest.mark.parametrize("answer", STARTING, ids=["html", "empty", "json"])
def test_a_starting_worker_is_awaited(make: MakeClient, clock: Clock, answer: Expect) -> None:
    with FakeConnect(*[answer] * 5, Expect("GET", "/", body=ROOT)) as worker:
        assert make(worker.url).root() == CLUSTER
    assert 1 < clock.waited < 10


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_proxy_in_front_of_a_starting_worker_is_waited_for(make: MakeClient, code: int) -> None:
    page = Expect("GET", "/", code, b"<html>Bad Gateway</html>", "text/html")
    with FakeConnect(page, page, Expect("GET", "/", body=ROOT)) as worker:
        assert make(worker.url).root() == CLUSTER


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        (404, NotConnect, "or a worker that does not finish starting"),
        (503, ConnectError, "status 503 from a proxy in front of it"),
    ],
)
def test_a_host_that_never_answers_as_connect_is_given_up_long_before_the_deadline(
    make: MakeClient, clock: Clock, code: int, kind: type[ConnectError], expected: str
) -> None:
    page = Expect("GET", "/", code, b"<html></html>", "text/html", forever=True)
    with FakeConnect(page) as worker, pytest.raises(ConnectError, match=expected) as caught:
        make(worker.url).root()
    assert caught.value.__class__ is kind
    assert 15 <= clock.waited <= 18


def test_redirects_are_not_followed_and_their_target_is_shown_without_its_ticket(
    make: MakeClient,
) -> None:
    location = {"Location": "https://login.example/start?ticket=s3cret"}
    with FakeConnect(
        Expect("GET", "/", 302, headers=location), Expect("PUT", "/connectors/c/stop", 307, headers=location)
    ) as worker:
        client = make(worker.url)
        with pytest.raises(NotConnect, match=r"redirected to https://login\.example \(status 302\)") as caught:
            client.root()
        assert "s3cret" not in caught.value.message
        with pytest.raises(NotConnect, match="the call changed nothing"):
            client.stop("c")


@pytest.mark.parametrize("location", ["", "/login", "https://user:s3cret@host/"])
def test_odd_redirects_are_reported_without_their_target(make: MakeClient, location: str) -> None:
    with (
        FakeConnect(Expect("GET", "/", 301, headers={"Location": location})) as worker,
        pytest.raises(NotConnect, match=r"GET / is redirected \(status 301\)"),
    ):
        make(worker.url).root()


def test_a_refused_connection_is_reported_after_three_attempts(make: MakeClient, clock: Clock) -> None:
    with refusing_url() as url, pytest.raises(Unreachable) as caught:
        make(url).root()
    assert caught.value.message == (
        f"Kafka Connect cannot be reached at {url}: connection refused; check connect_url and that a worker runs there."
    )
    assert len(clock.pauses) == 2
    assert clock.waited < 2


def test_each_url_has_its_own_reason(make: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = socket.getaddrinfo

    def unknown(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "conect":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return genuine(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refusing_url() as url, pytest.raises(Unreachable) as caught:
        make(url, "http://conect:1").root()
    assert f"{url}: connection refused, http://conect:1: the host name cannot be resolved" in caught.value.message


def test_a_host_that_closes_without_an_answer_is_given_up_soon(make: MakeClient, clock: Clock) -> None:
    with (
        FakeConnect(Expect("GET", "/", drop=True, forever=True)) as worker,
        pytest.raises(
            Unreachable, match=r"closed before the answer was complete \(if the worker expects TLS, use https"
        ),
    ):
        make(worker.url).root()
    assert clock.waited < 3


def test_the_next_worker_is_asked_at_once_and_kept(make: MakeClient, clock: Clock) -> None:
    answers = [Expect("GET", "/", body=ROOT)] * 3
    with refusing_url() as url, FakeConnect(*answers) as worker, FakeConnect() as third:
        client = make(url, worker.url, third.url)
        assert [client.root() for _number in range(3)] == [CLUSTER] * 3
    assert clock.waited == 0


def test_the_url_in_use_goes_round(make: MakeClient) -> None:
    page = Expect("GET", "/", 503, b"", "text/html")
    good = Expect("GET", "/", body=ROOT)
    with FakeConnect(good, page) as first, FakeConnect(good, page) as second, FakeConnect(good) as third:
        client = make(first.url, second.url, third.url)
        for _number in range(3):
            assert client.root() == CLUSTER


def test_an_outage_of_a_cluster_that_has_answered_is_waited_out(
    make: MakeClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        client = make(worker.url, timeout_seconds=60.0)
        client.root()
    with pytest.raises(TimedOut) as caught:
        client.resume("c")
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} did not answer PUT /connectors/c/resume within 60 s: connection refused; "
        "the call changed nothing; check the workers, or raise timeout."
    )
    assert clock.waited == pytest.approx(60)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (409, REBALANCE),
        (409, "Cannot complete request momentarily due to stale configuration"),
        (
            409,
            "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.",
        ),
        (500, "Request cannot be completed because a rebalance is expected"),
        (500, "Failed to retrieve offsets for source connector c"),
        (500, IO_ERROR),
        (500, "Request timed out. The worker is currently polling the group coordinator, which began at 2026"),
        (503, "starting"),
    ],
)
def test_a_read_is_repeated_while_the_answer_is_one_that_passes(
    make: MakeClient, clock: Clock, code: int, message: str
) -> None:
    answer = failing("GET", "/connectors/c/offsets", code, message)
    with FakeConnect(answer, answer, Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS})) as worker:
        assert make(worker.url).offsets("c") == replies.offsets(OFFSETS)
    assert len(clock.pauses) == 2


def test_a_change_that_a_gateway_did_not_let_through_is_sent_again_after_the_pause_it_asks_for(
    make: MakeClient, clock: Clock
) -> None:
    limit = Expect("PUT", "/connectors/c/resume", 429, b"slow down", "text/plain", headers={"Retry-After": "7"})
    done = Expect("PUT", "/connectors/c/resume", 202)
    with FakeConnect(Expect("GET", "/", body=ROOT), limit, limit, done) as worker:
        client = make(worker.url, timeout_seconds=60.0)
        client.root()
        client.resume("c")
    assert clock.pauses == [7.0, 7.0]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (400, "bad"),
        (409, "Connector c already exists"),
        (415, "HTTP 415 Unsupported Media Type"),
        (422, "no"),
        (500, "java.lang.NullPointerException"),
        (500, "Failed to find any class that implements Connector"),
    ],
)
def test_a_final_answer_is_reported_at_once(make: MakeClient, clock: Clock, code: int, message: str) -> None:
    with (
        FakeConnect(failing("GET", "/connectors/c/config", code, message)) as worker,
        pytest.raises(ConnectError) as caught,
    ):
        make(worker.url).config("c")
    verb = "failed to process" if code == 500 else "refused"
    assert (
        caught.value.message
        == f"Kafka Connect at {worker.url} {verb} GET /connectors/c/config (status {code}): {message}"
    )
    assert caught.value.__class__ is ConnectError
    assert clock.waited == 0


def test_pauses_grow_up_to_a_limit_and_are_jittered(make: MakeClient, clock: Clock) -> None:
    busy = failing("GET", "/", 409, REBALANCE)
    with FakeConnect(*[busy] * 30, Expect("GET", "/", body=ROOT)) as worker:
        make(worker.url).root()
    assert clock.pauses[0] <= 0.5
    assert all(1.0 <= pause <= 2.0 for pause in clock.pauses[3:])
    assert len(set(clock.pauses[3:])) > 20


def test_the_deadline_is_reported_with_the_last_reason(make: MakeClient, clock: Clock) -> None:
    with FakeConnect(failing("GET", "/", 409, REBALANCE, forever=True)) as worker, pytest.raises(TimedOut) as caught:
        make(worker.url, timeout_seconds=20.0).root()
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} did not answer GET / within 20 s: status 409: {REBALANCE}; "
        "check the workers, or raise timeout."
    )
    assert clock.waited == pytest.approx(20)


def test_the_deadline_is_one_for_all_calls(make: MakeClient, clock: Clock) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        client = make(worker.url, timeout_seconds=20.0)
        clock.now += 15
        client.root()
        assert client.remaining_seconds() == 5
        clock.now += 15
        assert client.remaining_seconds() == 0
        with pytest.raises(TimedOut, match=r"within 20 s: nothing was sent, because .*; the call changed nothing"):
            client.stop("c")


def test_the_deadline_can_be_moved_away_and_never_nearer(make: MakeClient, clock: Clock) -> None:
    client = make("http://connect-1", timeout_seconds=20.0)
    client.extend(5)
    assert client.remaining_seconds() == 20
    clock.now += 30
    client.extend(5)
    assert client.remaining_seconds() == 5


def test_offsets_that_can_never_be_retrieved_are_reported_before_the_deadline(make: MakeClient, clock: Clock) -> None:
    answer = failing(
        "GET", "/connectors/c/offsets", 500, "Failed to retrieve offsets for source connector c", forever=True
    )
    with FakeConnect(answer) as worker, pytest.raises(ConnectError, match="failed to answer GET /connectors/c/offsets"):
        make(worker.url).offsets("c")
    assert clock.waited < 20


def test_a_hanging_read_takes_the_time_of_one_request_and_then_goes_to_the_next_worker() -> None:
    began = time.monotonic()
    with (
        FakeConnect(Expect("GET", "/", hang=True, forever=True)) as stuck,
        FakeConnect(Expect("GET", "/", body=ROOT, forever=True)) as worker,
        ConnectClient(replace(PATIENT, connect_url=(stuck.url, worker.url), request_timeout_seconds=0.2)) as client,
    ):
        assert client.root() == CLUSTER
        assert 0.2 <= time.monotonic() - began < LIMIT_SECONDS
        # One each, unless the machine is so busy that the good worker was too late with its first answer.
        assert 1 <= len(stuck.calls) <= len(worker.calls)


def test_a_hanging_read_ends_with_the_deadline_when_that_comes_first() -> None:
    began = time.monotonic()

    def clock() -> float:
        return 1.0 if stuck.calls else 0.0

    with (
        FakeConnect(Expect("GET", "/", hang=True, forever=True)) as stuck,
        ConnectClient(replace(PATIENT, connect_url=(stuck.url,), timeout_seconds=0.3), clock=clock) as client,
        pytest.raises(TimedOut, match=r"did not answer GET / within 0.3 s: no answer within 0\.\d+ s"),
    ):
        client.root()
    assert time.monotonic() - began < LIMIT_SECONDS


def test_what_the_deadline_cuts_short_is_not_the_reported_reason() -> None:
    def clock() -> float:
        return 1.0 if len(worker.calls) > 1 else 0.0

    with (
        FakeConnect(failing("GET", "/", 409, REBALANCE), Expect("GET", "/", hang=True, forever=True)) as worker,
        ConnectClient(replace(PATIENT, connect_url=(worker.url,), timeout_seconds=1.0), clock=clock) as client,
        pytest.raises(TimedOut, match="within 1 s: status 409"),
    ):
        client.root()


def test_a_read_whose_answer_breaks_off_is_repeated(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/", body=ROOT, cut=True), Expect("GET", "/", drop=True), Expect("GET", "/", body=ROOT)
    ) as worker:
        assert make(worker.url).root() == CLUSTER
