# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange: connections, time limits, TLS, credentials, proxies and the worker's clock."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies, transport
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
    ConnectError,
    TlsFailed,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import MissingLibrary
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from lab.waiting import LIMIT_SECONDS
from unit.connect.clients import Clock, MakeClient
from unit.connect.http_server import Expect, FakeConnect, tls_worker
from unit.connect.recorded import CLUSTER, OFFSETS, REBALANCE, ROOT, failing
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_workers_clock_is_known_from_its_answers(make: MakeClient, hours: int) -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(hours=hours), usegmt=True)
    with FakeConnect(Expect("GET", "/", 200, ROOT, headers={"Date": date})) as worker:
        client = make(worker.url)
        assert client.clock_ahead_seconds == 0
        client.root()
    assert client.clock_ahead_seconds == pytest.approx(-hours * 3600, abs=5)


@pytest.mark.parametrize("headers", [{}, {"Date": "some day"}], ids=["no date", "none that can be read"])
def test_without_a_date_the_clocks_are_taken_to_agree(make: MakeClient, headers: dict[str, str]) -> None:
    with FakeConnect(Expect("GET", "/", 200, ROOT, headers=headers)) as worker:
        client = make(worker.url)
        client.root()
    assert client.clock_ahead_seconds == pytest.approx(0, abs=5)


def test_all_calls_share_one_tcp_connection(make: MakeClient) -> None:
    calls = [
        Expect("GET", "/", body=ROOT),
        Expect("GET", "/connectors/c/config", body={"name": "c"}),
        failing("GET", "/connectors/c/offsets", 409, REBALANCE),
        Expect("GET", "/connectors/c/offsets", body={"offsets": []}),
        Expect("PUT", "/connectors/c/stop", 204),
        Expect("PATCH", "/connectors/c/offsets", body={"message": "altered"}),
        Expect("PUT", "/connectors/c/resume", 202),
        Expect("OPTIONS", "/connectors/any/config", headers={"Allow": "GET"}),
    ]
    with FakeConnect(*calls) as worker:
        client = make(worker.url)
        client.root()
        client.config("c")
        client.offsets("c")
        client.stop("c")
        client.alter_offsets("c", OFFSETS)
        client.resume("c")
        client.supports("PATCH", "config")
        assert len(worker.calls) == len(calls)
        assert worker.connections == 1


def test_several_threads_may_use_one_client(make: MakeClient) -> None:
    with FakeConnect(Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS}, forever=True)) as worker:
        client = make(worker.url)
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(client.offsets, ["c"] * 40)) == [replies.offsets(OFFSETS)] * 40
        assert worker.connections <= 8


def test_an_answer_that_trickles_in_takes_no_longer_than_one_that_hangs() -> None:
    began = time.monotonic()
    # At 20 KiB a second it takes longer than the limit.
    body = bytes(2 * int(LIMIT_SECONDS) * 20 * 1024)
    with (
        FakeConnect(Expect("PUT", "/connectors/c/config", body=body, drip=True)) as worker,
        ConnectClient(ConnectOptions((worker.url,), request_timeout_seconds=0.2)) as client,
        pytest.raises(UnknownOutcome, match=r"no answer within 0\.2 s"),
    ):
        client.put_config("c", {})
    assert time.monotonic() - began < LIMIT_SECONDS


def test_an_unknown_host_is_reported(make: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"reached at http://conect:8083: the host name cannot be resolved; check"):
        make("http://conect:8083").root()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (requests.ConnectTimeout(), "no connection within 5 s"),
        (requests.exceptions.ProxyError("http://user:s3cret@proxy"), "proxy set in the environment"),
        (requests.ConnectionError(NewConnectionError(HTTPConnection("connect-1"), "x")), "no connection"),
    ],
)
def test_a_call_that_was_not_sent_never_leaves_a_change_in_doubt(
    make: MakeClient, monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise raised

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)
    client = make("http://connect-1:8083")
    for ask in (client.root, lambda: client.stop("c")):
        with pytest.raises(Unreachable, match=expected) as caught:
            ask()
        assert "s3cret" not in caught.value.message


def test_a_redirect_to_an_invalid_url_is_reported(make: MakeClient) -> None:
    with (
        FakeConnect(Expect("GET", "/", 301, headers={"Location": "http://[x"})) as worker,
        pytest.raises(ConnectError, match=r"is redirected to http://\[x"),
    ):
        make(worker.url).root()


def test_a_certificate_of_the_given_ca_is_accepted(make: MakeClient, ca_file: Callable[[trustme.CA], str]) -> None:
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, authority):
        assert make(worker.url, ca_path=ca_file(authority)).root() == CLUSTER


def test_a_certificate_of_another_ca_is_reported_at_once_and_ends_the_task(
    make: MakeClient, clock: Clock, ca_file: Callable[[trustme.CA], str]
) -> None:
    with tls_worker() as (worker, _authority), FakeConnect() as unsafe:
        for options in ({}, {"ca_path": ca_file(trustme.CA())}):
            with pytest.raises(TlsFailed) as caught:
                make(worker.url, unsafe.url, **options).root()
            assert f"the certificate of {worker.url} is not trusted (" in caught.value.message
            assert "set ca_path" in caught.value.message
    assert clock.waited == 0


def test_a_worker_whose_certificate_does_not_fit_is_passed_over(
    make: MakeClient, clock: Clock, ca_file: Callable[[trustme.CA], str]
) -> None:
    with tls_worker() as (first, _other), tls_worker(Expect("GET", "/", body=ROOT)) as (second, authority):
        assert make(first.url, second.url, ca_path=ca_file(authority)).root() == CLUSTER
    assert clock.waited == 0


def test_a_certificate_for_another_host_is_reported(make: MakeClient, ca_file: Callable[[trustme.CA], str]) -> None:
    with (
        tls_worker(name="connect.example") as (worker, authority),
        pytest.raises(TlsFailed, match=r"was made for another host .*use a host name that is in it"),
    ):
        make(worker.url, ca_path=ca_file(authority)).root()


def test_an_expired_certificate_is_reported(make: MakeClient, ca_file: Callable[[trustme.CA], str]) -> None:
    with (
        tls_worker(expired=True) as (worker, authority),
        pytest.raises(TlsFailed, match="has expired"),
    ):
        make(worker.url, ca_path=ca_file(authority)).root()


def test_validate_certs_false_wins_over_the_environment(
    make: MakeClient,
    ca_file: Callable[[trustme.CA], str],
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(trustme.CA()))
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, _authority):
        assert make(worker.url, validate_certs=False).root() == CLUSTER
    assert not recwarn.list


def test_the_environments_ca_bundle_is_used_without_ca_path(
    make: MakeClient, ca_file: Callable[[trustme.CA], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, authority):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(authority))
        assert make(worker.url).root() == CLUSTER


def test_a_missing_ca_file_is_reported(make: MakeClient, tmp_path: Path) -> None:
    with tls_worker() as (worker, _authority), pytest.raises(TlsFailed, match="cannot be read: check ca_path"):
        make(worker.url, ca_path=str(tmp_path / "gone.pem")).root()


def test_plain_http_behind_https_is_reported(make: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def speak_http() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        served = thread.submit(speak_http)
        with pytest.raises(TlsFailed, match=r"does not speak TLS .*use http:// in connect_url"):
            make(f"https://127.0.0.1:{server.getsockname()[1]}").root()
        served.result(timeout=LIMIT_SECONDS)


def test_a_client_certificate_is_used_and_a_missing_one_reported(
    make: MakeClient, ca_file: Callable[[trustme.CA], str], tmp_path: Path
) -> None:
    with tls_worker(*[Expect("GET", "/", body=ROOT)] * 2, clients=True) as (worker, authority):
        options = {"ca_path": ca_file(authority)}
        with pytest.raises(ConnectError, match=r"if .* requires a client certificate, set client_cert"):
            make(worker.url, **options).root()
        mine = authority.issue_cert("client")
        mine.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
        mine.private_key_pem.write_to_path(tmp_path / "client.key")
        mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
        files = {"client_cert": str(tmp_path / "client.pem"), "client_key": str(tmp_path / "client.key")}
        assert make(worker.url, **options, **files).root() == CLUSTER
        assert make(worker.url, **options, client_cert=str(tmp_path / "both.pem")).root() == CLUSTER


def test_a_missing_client_certificate_is_suggested_even_if_the_refusal_got_lost(
    make: MakeClient, ca_file: Callable[[trustme.CA], str]
) -> None:
    with (
        tls_worker(Expect("GET", "/", drop=True, forever=True)) as (worker, authority),
        pytest.raises(Unreachable, match=r"if .* requires a client certificate, set client_cert"),
    ):
        make(worker.url, ca_path=ca_file(authority)).root()


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({}, None),
        ({"bearer_token": "t0ken"}, "Bearer t0ken"),
        (
            {"url_username": "m\u00e9", "url_password": "pa:ss\u20ac"},
            "Basic " + base64.b64encode("m\u00e9:pa:ss\u20ac".encode()).decode(),
        ),
    ],
)
def test_credentials_go_with_every_call_and_none_come_from_netrc(
    make: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: dict[str, str],
    header: str | None,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeConnect(Expect("GET", "/", body=ROOT), Expect("PUT", "/connectors/c/pause", 202)) as worker:
        client = make(worker.url, **options)
        client.root()
        client.pause("c")
    assert [call.headers.get("Authorization") for call in worker.calls] == [header, header]


@pytest.mark.parametrize(
    ("code", "options", "expected"),
    [
        (401, {}, "asks for a login (status 401): set url_username and url_password, or bearer_token."),
        (
            401,
            {"url_username": "u", "url_password": "s3cret"},
            "login (status 401): check url_username and url_password.",
        ),
        (401, {"bearer_token": "s3cret"}, "does not accept the token (status 401): check bearer_token"),
        (403, {"bearer_token": "s3cret"}, "forbids GET / (status 403): grant this permission"),
        (407, {}, "proxy"),
    ],
)
def test_refused_credentials_are_reported_and_never_quoted(
    make: MakeClient, code: int, options: dict[str, str], expected: str
) -> None:
    with (
        FakeConnect(Expect("GET", "/", code, b"<html>s3cret</html>", "text/html")) as worker,
        pytest.raises(AccessDenied) as caught,
    ):
        make(worker.url, **options).root()
    assert expected in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.facts["status"] == code


def test_the_environments_proxy_is_used(make: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeConnect(Expect("GET", "http://connect.example:8083/", body=ROOT)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert make("http://connect.example:8083").root() == CLUSTER


def test_the_environment_is_asked_once_for_each_worker(make: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(url: str, **options: Any) -> dict[str, str]:
        asked.append(url)
        return get_environ_proxies(url, **options)

    get_environ_proxies = requests.sessions.get_environ_proxies
    monkeypatch.setattr(requests.sessions, "get_environ_proxies", ask)
    with (
        FakeConnect(*[Expect("GET", "/", body=ROOT)] * 3) as worker,
        FakeConnect(*[Expect("GET", "http://connect.example:8083/", body=ROOT)] * 2) as proxy,
    ):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for url, calls in ((worker.url, 3), ("http://connect.example:8083", 2)):
            client = make(url)
            for _call in range(calls):
                assert client.root() == CLUSTER
    assert asked == [worker.url, "http://connect.example:8083"]


def test_a_cookie_is_sent_back_since_a_load_balancer_may_know_the_worker_by_it(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/", body=ROOT, headers={"Set-Cookie": "worker=2"}), *[Expect("GET", "/", body=ROOT)] * 2
    ) as worker:
        client = make(worker.url)
        for _call in range(3):
            assert client.root() == CLUSTER
        assert [call.headers.get("Cookie") for call in worker.calls] == [None, "worker=2", "worker=2"]


def test_a_missing_requests_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "REQUESTS_IMPORT_ERROR", ImportError("No module named 'requests'"))
    with pytest.raises(MissingLibrary, match=r"The Python library requests is missing\.") as caught:
        ConnectClient(ConnectOptions(("http://a",)))
    assert caught.value.facts == {"library": "requests", "import_error": "No module named 'requests'"}
