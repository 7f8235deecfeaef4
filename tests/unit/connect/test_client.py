# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to Kafka Connect against a scripted worker: what is asked, what is repeated, and what a person reads."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from ansible_collections.connectops.recovery.plugins.module_utils.connect import client as connect_client
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import (
    AccessDenied,
    ClusterInfo,
    ConnectClient,
    ConnectError,
    NoStatusYet,
    NotConnect,
    NotFound,
    NotStoppedYet,
    TimedOut,
    TlsFailed,
    Unreachable,
    Unsupported,
    ValidationError,
    WorkerAnswer,
    clean,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    Status,
    StoredOffset,
    offsets_from_json,
    status_from_json,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import MissingLibrary
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from unit.connect.http_server import Expect, FakeConnect, refusing_url
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

ROOT = {"version": "3.9.1", "commit": "f745dfdc", "kafka_cluster_id": "abc"}
CLUSTER = ClusterInfo("3.9.1", "f745dfdc", "abc")
OFFSETS = [{"partition": {"timezone": "PST"}, "offset": {"round_id": 1}}]

# The answers of Connect's web server while a worker starts: the last one to a client that accepts JSON.
STARTING = [
    Expect("GET", "/", 404, b"<html>Not Found</html>", "text/html"),
    Expect("GET", "/", 404),
    Expect("GET", "/", 404, {"url": "/", "status": "404", "message": "Not Found"}),
]
LOGIN_PAGE = Expect("GET", "/", 200, b"<html>Log in</html>", "text/html; charset=utf-8")
REBALANCE = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"
IO_ERROR = "IO Error trying to forward REST request: java.net.ConnectException: Connection refused"


class Clock:
    """Time that passes only in pauses."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def waited(self) -> float:
        return sum(self.pauses)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Iterator[Callable[..., ConnectClient]]:
    """Makes clients whose pauses take no time."""
    clients = []

    def make(*urls: str, **options: Any) -> ConnectClient:
        clients.append(ConnectClient(ConnectOptions(urls, **options), clock=clock, sleep=clock.sleep))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def error(code: int, message: str) -> dict[str, Any]:
    return {"error_code": code, "message": message}


def failing(method: str, path: str, code: int, message: str, **more: Any) -> Expect:
    return Expect(method, path, code, error(code, message), **more)


def info(name: str, **config: str) -> dict[str, Any]:
    return {
        "name": name,
        "config": {"name": name, **config},
        "tasks": [{"connector": name, "task": 0}],
        "type": "source",
    }


def status_of(name: str, state: str = "RUNNING") -> dict[str, Any]:
    return {"name": name, "connector": {"state": state, "worker_id": "w:1"}, "tasks": [], "type": "source"}


# ---------------------------------------------------------------------------------------------------------------------
# Reading


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_workers_clock_is_known_from_its_answers(door: Callable[..., ConnectClient], hours: int) -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(hours=hours), usegmt=True)
    with FakeConnect(Expect("GET", "/", 200, ROOT, headers={"Date": date})) as worker:
        client = door(worker.url)
        assert client.clock_ahead_seconds == 0
        client.root()
    assert client.clock_ahead_seconds == pytest.approx(-hours * 3600, abs=5)


@pytest.mark.parametrize("headers", [{}, {"Date": "some day"}], ids=["no date", "none that can be read"])
def test_without_a_date_the_clocks_are_taken_to_agree(
    door: Callable[..., ConnectClient], headers: dict[str, str]
) -> None:
    with FakeConnect(Expect("GET", "/", 200, ROOT, headers=headers)) as worker:
        client = door(worker.url)
        client.root()
    assert client.clock_ahead_seconds == pytest.approx(0, abs=5)


def test_the_root_tells_version_and_cluster(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        assert door(worker.url).root() == CLUSTER
    (call,) = worker.calls
    assert call.headers["Accept"] == "application/json"
    assert "Content-Type" not in call.headers


def test_a_url_with_a_path_is_kept_in_front(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(Expect("GET", "/gate/connect/", body=ROOT)) as worker:
        assert door(f"{worker.url}/gate/connect").root() == CLUSTER


def test_all_calls_share_one_tcp_connection(door: Callable[..., ConnectClient]) -> None:
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
        client = door(worker.url)
        client.root()
        client.config("c")
        client.offsets("c")
        client.stop("c")
        client.alter_offsets("c", OFFSETS)
        client.resume("c")
        client.supports("PATCH", "config")
        assert len(worker.calls) == len(calls)
        assert worker.connections == 1


def test_several_threads_may_use_one_client(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS}, forever=True)) as worker:
        client = door(worker.url)
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(client.offsets, ["c"] * 40)) == [offsets_from_json(OFFSETS)] * 40
        assert worker.connections <= 8


def test_connectors_come_from_one_expanded_call(door: Callable[..., ConnectClient]) -> None:
    expanded = {name: {"info": info(name, k="v"), "status": status_of(name)} for name in ("b", "a")}
    with FakeConnect(
        Expect("GET", "/connectors", body=["b", "a"]),
        Expect("GET", "/connectors?expand=info&expand=status", body=expanded),
    ) as worker:
        replies = door(worker.url).connectors()
    assert list(replies) == ["a", "b"]
    assert replies["a"] == Connector.of("a", "source", {"name": "a", "k": "v"}, status_from_json(status_of("a")))


def test_connectors_left_out_of_the_expanded_reply_are_fetched_one_by_one(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=["young", "old", "gone"]),
        Expect(
            "GET",
            "/connectors?expand=info&expand=status",
            body={"old": {"info": info("old"), "status": status_of("old")}},
        ),
        failing("GET", "/connectors/gone", 404, "Connector gone not found"),
        Expect("GET", "/connectors/young", body=info("young")),
    ) as worker:
        replies = door(worker.url).connectors()
    assert {name: reply.status == Status() for name, reply in replies.items()} == {"old": False, "young": True}


def test_an_empty_list_is_believed_only_after_the_herder_has_answered(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=[]),
        failing("GET", "/connectors/connectops.recovery", 404, "Connector connectops.recovery not found"),
        Expect("GET", "/connectors", body=["b", "a"]),
    ) as worker:
        assert door(worker.url).names() == ["a", "b"]


def test_numbers_of_offsets_keep_their_kind(door: Callable[..., ConnectClient]) -> None:
    text = (
        b'{"offsets":[{"partition":{"p":1},"offset":{"i":9007199254740993,"f":1.0,"b":true,"n":null}},'
        b'{"partition":{"p":"1"},"offset":null}]}'
    )
    with FakeConnect(Expect("GET", "/connectors/c/offsets", body=text)) as worker:
        first, second = door(worker.url).offsets("c")
    assert first.offset is not None
    assert [type(value) for value in first.offset.values()] == [int, float, bool, type(None)]
    assert first.offset["i"] == 9007199254740993
    assert second == StoredOffset(Partition.of({"p": "1"}), None)


def test_names_are_percent_encoded(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(Expect("GET", "/connectors/a%2Fb%20%25%C3%A9%3F%23/config", body={"k": None})) as worker:
        assert door(worker.url).config("a/b %\u00e9?#") == {"k": None}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_names_that_would_address_something_else_are_refused(door: Callable[..., ConnectClient], name: str) -> None:
    with FakeConnect() as worker, pytest.raises(InputError, match="name of a connector"):
        door(worker.url).stop(name)


@pytest.mark.parametrize(
    ("ask", "path", "body"),
    [
        (lambda client: client.config("c"), "/connectors/c/config", ["s3cret"]),
        (lambda client: client.config("c"), "/connectors/c/config", {"k": {"s3cret": 1}}),
        (lambda client: client.status("c"), "/connectors/c/status", {"name": "s3cret"}),
        (lambda client: client.offsets("c"), "/connectors/c/offsets", {"offsets": [{"partition": "s3cret"}]}),
        (lambda client: client.offsets("c"), "/connectors/c/offsets", {}),
        (lambda client: client.names(), "/connectors", {"s3cret": 1, "x": 2}),
    ],
)
def test_json_of_an_unexpected_shape_is_told_without_repeating_it(
    door: Callable[..., ConnectClient], ask: Callable[[ConnectClient], Any], path: str, body: Any
) -> None:
    if path == "/connectors":
        body = [1, 2]
    with FakeConnect(Expect("GET", path, body=body)) as worker, pytest.raises(NotConnect) as caught:
        ask(door(worker.url))
    assert "unexpected shape" in caught.value.message
    assert "s3cret" not in caught.value.message


# ---------------------------------------------------------------------------------------------------------------------
# Is it Kafka Connect at all


def test_json_of_another_server_is_told(door: Callable[..., ConnectClient]) -> None:
    body = {"name": "node", "version": {"number": "8"}}
    with FakeConnect(Expect("GET", "/", body=body)) as worker, pytest.raises(NotConnect) as caught:
        door(worker.url).root()
    assert caught.value.message == (
        f"{worker.url} answers in JSON, but not as Kafka Connect does "
        "(no version, commit and kafka_cluster_id in GET /): check connect_url."
    )


@pytest.mark.parametrize("body", [[], "x", 3, None])
def test_json_that_is_no_object_is_told(door: Callable[..., ConnectClient], body: Any) -> None:
    content = b"null" if body is None else body
    with FakeConnect(Expect("GET", "/", body=content)) as worker, pytest.raises(NotConnect):
        door(worker.url).root()


def test_a_login_page_is_told_at_once(door: Callable[..., ConnectClient], clock: Clock) -> None:
    with FakeConnect(LOGIN_PAGE) as worker, pytest.raises(NotConnect) as caught:
        door(worker.url).root()
    assert caught.value.message == (
        f"{worker.url} does not answer as Kafka Connect does: "
        "GET / is answered with text/html instead of JSON (status 200), "
        "so this is probably not a Kafka Connect REST API but a proxy or a login page; check connect_url."
    )
    assert caught.value.facts == {"url": worker.url, "method": "GET", "path": "/", "status": 200}
    assert clock.waited == 0


def test_the_next_worker_is_asked_when_the_first_shows_a_page(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(LOGIN_PAGE) as wrong, FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        assert door(wrong.url, worker.url).root() == CLUSTER


def test_an_unknown_path_with_connects_kind_of_error_is_told(door: Callable[..., ConnectClient]) -> None:
    # A schema registry words its errors as Connect does.
    with (
        FakeConnect(failing("GET", "/connectors", 404, "HTTP 404 Not Found")) as worker,
        pytest.raises(NotConnect, match="GET /connectors is unknown there"),
    ):
        door(worker.url).names()


@pytest.mark.parametrize("answer", STARTING, ids=["html", "empty", "json"])
def test_a_starting_worker_is_awaited(door: Callable[..., ConnectClient], clock: Clock, answer: Expect) -> None:
    with FakeConnect(*[answer] * 5, Expect("GET", "/", body=ROOT)) as worker:
        assert door(worker.url).root() == CLUSTER
    assert 1 < clock.waited < 10


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_proxy_before_a_starting_worker_is_borne(door: Callable[..., ConnectClient], code: int) -> None:
    page = Expect("GET", "/", code, b"<html>Bad Gateway</html>", "text/html")
    with FakeConnect(page, page, Expect("GET", "/", body=ROOT)) as worker:
        assert door(worker.url).root() == CLUSTER


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (404, NotConnect, "or a worker that does not get ready"),
        (503, ConnectError, "status 503 of a proxy in front of it"),
    ],
)
def test_a_host_that_never_answers_as_connect_is_given_up_long_before_the_deadline(
    door: Callable[..., ConnectClient], clock: Clock, code: int, kind: type[ConnectError], words: str
) -> None:
    page = Expect("GET", "/", code, b"<html></html>", "text/html", forever=True)
    with FakeConnect(page) as worker, pytest.raises(ConnectError, match=words) as caught:
        door(worker.url).root()
    assert caught.value.__class__ is kind
    assert 15 <= clock.waited <= 18


def test_redirects_are_not_followed_and_their_target_is_shown_without_its_ticket(
    door: Callable[..., ConnectClient],
) -> None:
    location = {"Location": "https://login.example/start?ticket=s3cret"}
    with FakeConnect(
        Expect("GET", "/", 302, headers=location), Expect("PUT", "/connectors/c/stop", 307, headers=location)
    ) as worker:
        client = door(worker.url)
        with pytest.raises(NotConnect, match=r"redirected to https://login\.example \(status 302\)") as caught:
            client.root()
        assert "s3cret" not in caught.value.message
        with pytest.raises(NotConnect, match="nothing was changed by it"):
            client.stop("c")


@pytest.mark.parametrize("location", ["", "/login", "https://user:s3cret@host/"])
def test_odd_redirects_are_told_without_their_target(door: Callable[..., ConnectClient], location: str) -> None:
    with (
        FakeConnect(Expect("GET", "/", 301, headers={"Location": location})) as worker,
        pytest.raises(NotConnect, match=r"GET / is redirected \(status 301\)"),
    ):
        door(worker.url).root()


def test_a_redirect_to_what_is_no_url_is_told(door: Callable[..., ConnectClient]) -> None:
    with (
        FakeConnect(Expect("GET", "/", 301, headers={"Location": "http://[x"})) as worker,
        pytest.raises(ConnectError, match="redirects to something that is none"),
    ):
        door(worker.url).root()


# ---------------------------------------------------------------------------------------------------------------------
# Nobody there


def test_a_refused_connection_is_told_after_three_tries(door: Callable[..., ConnectClient], clock: Clock) -> None:
    with refusing_url() as url, pytest.raises(Unreachable) as caught:
        door(url).root()
    assert caught.value.message == (
        f"Kafka Connect cannot be reached at {url}: connection refused; check connect_url and that a worker runs there."
    )
    assert len(clock.pauses) == 2
    assert clock.waited < 2


def test_an_unknown_host_is_told(door: Callable[..., ConnectClient], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"reached at http://conect:8083: the host name cannot be resolved; check"):
        door("http://conect:8083").root()


def test_each_url_has_its_own_reason(door: Callable[..., ConnectClient], monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = socket.getaddrinfo

    def unknown(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "conect":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return genuine(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refusing_url() as url, pytest.raises(Unreachable) as caught:
        door(url, "http://conect:1").root()
    assert f"{url}: connection refused, http://conect:1: the host name cannot be resolved" in caught.value.message


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (requests.ConnectTimeout(), "no connection within 5 s"),
        (requests.exceptions.ProxyError("http://user:s3cret@proxy"), "proxy set in the environment"),
        (requests.ConnectionError(NewConnectionError(HTTPConnection("connect-1"), "x")), "no connection"),
    ],
)
def test_other_ways_of_not_getting_there_are_told_and_never_leave_a_change_in_doubt(
    door: Callable[..., ConnectClient], monkeypatch: pytest.MonkeyPatch, raised: Exception, words: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise raised

    monkeypatch.setattr(requests.Session, "request", fail)
    client = door("http://connect-1:8083")
    for ask in (client.root, lambda: client.stop("c")):
        with pytest.raises(Unreachable, match=words) as caught:
            ask()
        assert "s3cret" not in caught.value.message


def test_a_host_that_closes_without_an_answer_is_given_up_soon(
    door: Callable[..., ConnectClient], clock: Clock
) -> None:
    with (
        FakeConnect(Expect("GET", "/", drop=True, forever=True)) as worker,
        pytest.raises(Unreachable, match=r"closed without a whole answer \(if it expects TLS, write https"),
    ):
        door(worker.url).root()
    assert clock.waited < 3


def test_the_next_worker_is_asked_at_once_and_kept(door: Callable[..., ConnectClient], clock: Clock) -> None:
    answers = [Expect("GET", "/", body=ROOT)] * 3
    with refusing_url() as url, FakeConnect(*answers) as worker, FakeConnect() as third:
        client = door(url, worker.url, third.url)
        assert [client.root() for _number in range(3)] == [CLUSTER] * 3
    assert clock.waited == 0


def test_the_url_in_use_goes_round(door: Callable[..., ConnectClient]) -> None:
    page = Expect("GET", "/", 503, b"", "text/html")
    good = Expect("GET", "/", body=ROOT)
    with FakeConnect(good, page) as first, FakeConnect(good, page) as second, FakeConnect(good) as third:
        client = door(first.url, second.url, third.url)
        for _number in range(3):
            assert client.root() == CLUSTER


def test_an_outage_of_a_cluster_that_has_answered_is_waited_out(
    door: Callable[..., ConnectClient], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        client = door(worker.url, timeout_seconds=60.0)
        client.root()
    with pytest.raises(TimedOut) as caught:
        client.resume("c")
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} did not answer PUT /connectors/c/resume within 60 s: connection refused; "
        "nothing was changed by it; look at the workers, or raise timeout."
    )
    assert clock.waited == pytest.approx(60)


# ---------------------------------------------------------------------------------------------------------------------
# TLS


@contextmanager
def tls_worker(
    *expected: Expect, name: str = "127.0.0.1", clients: bool = False, expired: bool = False
) -> Iterator[tuple[FakeConnect, trustme.CA]]:
    authority = trustme.CA()
    past = datetime.now(timezone.utc) - timedelta(days=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=past if expired else None).configure_cert(context)
    if clients:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with FakeConnect(*expected, tls=context) as worker:
        yield worker, authority


@pytest.fixture
def ca_file(tmp_path: Path) -> Callable[[trustme.CA], str]:
    def write(authority: trustme.CA) -> str:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        return str(tmp_path / "ca.pem")

    return write


def test_a_certificate_of_the_given_ca_is_accepted(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str]
) -> None:
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, authority):
        assert door(worker.url, ca_path=ca_file(authority)).root() == CLUSTER


def test_a_certificate_of_another_ca_is_told_at_once_and_ends_the_task(
    door: Callable[..., ConnectClient], clock: Clock, ca_file: Callable[[trustme.CA], str]
) -> None:
    with tls_worker() as (worker, _authority), FakeConnect() as unsafe:
        for options in ({}, {"ca_path": ca_file(trustme.CA())}):
            with pytest.raises(TlsFailed) as caught:
                door(worker.url, unsafe.url, **options).root()
            assert f"the certificate of {worker.url} is not trusted (" in caught.value.message
            assert "set ca_path" in caught.value.message
    assert clock.waited == 0


def test_a_certificate_for_another_host_is_told(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str]
) -> None:
    with (
        tls_worker(name="connect.example") as (worker, authority),
        pytest.raises(TlsFailed, match=r"was made for another host .*use a host name that it carries"),
    ):
        door(worker.url, ca_path=ca_file(authority)).root()


def test_a_certificate_that_has_run_out_is_told(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str]
) -> None:
    with (
        tls_worker(expired=True) as (worker, authority),
        pytest.raises(TlsFailed, match="no longer valid"),
    ):
        door(worker.url, ca_path=ca_file(authority)).root()


def test_no_check_is_made_when_asked_for_none_whatever_the_environment_says(
    door: Callable[..., ConnectClient],
    ca_file: Callable[[trustme.CA], str],
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(trustme.CA()))
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, _authority):
        assert door(worker.url, validate_certs=False).root() == CLUSTER
    assert not recwarn.list


def test_the_environments_ca_bundle_is_used_without_ca_path(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_worker(Expect("GET", "/", body=ROOT)) as (worker, authority):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(authority))
        assert door(worker.url).root() == CLUSTER


def test_a_ca_file_that_is_gone_is_told(door: Callable[..., ConnectClient], tmp_path: Path) -> None:
    with tls_worker() as (worker, _authority), pytest.raises(TlsFailed, match="cannot be read: check ca_path"):
        door(worker.url, ca_path=str(tmp_path / "gone.pem")).root()


def test_plain_http_behind_https_is_told(door: Callable[..., ConnectClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def speak_http() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        served = thread.submit(speak_http)
        with pytest.raises(TlsFailed, match=r"does not speak TLS .*write http:// in connect_url"):
            door(f"https://127.0.0.1:{server.getsockname()[1]}").root()
        served.result(timeout=10)


def test_a_client_certificate_is_shown_and_its_lack_told(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str], tmp_path: Path
) -> None:
    with tls_worker(*[Expect("GET", "/", body=ROOT)] * 2, clients=True) as (worker, authority):
        options = {"ca_path": ca_file(authority)}
        with pytest.raises(ConnectError, match="if it asks for a certificate, set client_cert"):
            door(worker.url, **options).root()
        mine = authority.issue_cert("client")
        mine.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
        mine.private_key_pem.write_to_path(tmp_path / "client.key")
        mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
        files = {"client_cert": str(tmp_path / "client.pem"), "client_key": str(tmp_path / "client.key")}
        assert door(worker.url, **options, **files).root() == CLUSTER
        assert door(worker.url, **options, client_cert=str(tmp_path / "both.pem")).root() == CLUSTER


def test_the_lack_of_a_client_certificate_is_told_even_if_the_refusal_got_lost(
    door: Callable[..., ConnectClient], ca_file: Callable[[trustme.CA], str]
) -> None:
    with (
        tls_worker(Expect("GET", "/", drop=True, forever=True)) as (worker, authority),
        pytest.raises(Unreachable, match="if it asks for a certificate, set client_cert"),
    ):
        door(worker.url, ca_path=ca_file(authority)).root()


# ---------------------------------------------------------------------------------------------------------------------
# Credentials and the environment


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
    door: Callable[..., ConnectClient],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: dict[str, str],
    header: str | None,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeConnect(Expect("GET", "/", body=ROOT), Expect("PUT", "/connectors/c/pause", 202)) as worker:
        client = door(worker.url, **options)
        client.root()
        client.pause("c")
    assert [call.headers.get("Authorization") for call in worker.calls] == [header, header]


@pytest.mark.parametrize(
    ("code", "options", "words"),
    [
        (401, {}, "asks for a login (status 401): set url_username and url_password, or bearer_token."),
        (
            401,
            {"url_username": "u", "url_password": "s3cret"},
            "login (status 401): check url_username and url_password.",
        ),
        (401, {"bearer_token": "s3cret"}, "does not accept the token (status 401): check bearer_token"),
        (403, {"bearer_token": "s3cret"}, "forbids GET / (status 403): give the user or token"),
        (407, {}, "proxy"),
    ],
)
def test_refused_credentials_are_told_and_never_repeated(
    door: Callable[..., ConnectClient], code: int, options: dict[str, str], words: str
) -> None:
    with (
        FakeConnect(Expect("GET", "/", code, b"<html>s3cret</html>", "text/html")) as worker,
        pytest.raises(AccessDenied) as caught,
    ):
        door(worker.url, **options).root()
    assert words in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.facts["status"] == code


def test_the_environments_proxy_is_used(door: Callable[..., ConnectClient], monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeConnect(Expect("GET", "http://connect.example:8083/", body=ROOT)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert door("http://connect.example:8083").root() == CLUSTER


# ---------------------------------------------------------------------------------------------------------------------
# Reads that are repeated, and those that are not


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
    door: Callable[..., ConnectClient], clock: Clock, code: int, message: str
) -> None:
    answer = failing("GET", "/connectors/c/offsets", code, message)
    with FakeConnect(answer, answer, Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS})) as worker:
        assert door(worker.url).offsets("c") == offsets_from_json(OFFSETS)
    assert len(clock.pauses) == 2


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (400, "bad"),
        (409, "Connector c already exists"),
        (415, "HTTP 415 Unsupported Media Type"),
        (422, "no"),
        (429, "slow down"),
        (500, "java.lang.NullPointerException"),
        (500, "Failed to find any class that implements Connector"),
    ],
)
def test_a_final_answer_is_told_at_once(
    door: Callable[..., ConnectClient], clock: Clock, code: int, message: str
) -> None:
    with (
        FakeConnect(failing("GET", "/connectors/c/config", code, message)) as worker,
        pytest.raises(ConnectError) as caught,
    ):
        door(worker.url).config("c")
    verb = "failed at" if code == 500 else "refused"
    assert (
        caught.value.message
        == f"Kafka Connect at {worker.url} {verb} GET /connectors/c/config (status {code}): {message}"
    )
    assert caught.value.__class__ is ConnectError
    assert clock.waited == 0


def test_pauses_grow_up_to_a_limit_and_are_jittered(door: Callable[..., ConnectClient], clock: Clock) -> None:
    busy = failing("GET", "/", 409, REBALANCE)
    with FakeConnect(*[busy] * 30, Expect("GET", "/", body=ROOT)) as worker:
        door(worker.url).root()
    assert clock.pauses[0] <= 0.5
    assert all(1.0 <= pause <= 2.0 for pause in clock.pauses[3:])
    assert len(set(clock.pauses[3:])) > 20


def test_the_deadline_is_told_with_the_last_reason(door: Callable[..., ConnectClient], clock: Clock) -> None:
    with FakeConnect(failing("GET", "/", 409, REBALANCE, forever=True)) as worker, pytest.raises(TimedOut) as caught:
        door(worker.url, timeout_seconds=20.0).root()
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} did not answer GET / within 20 s: status 409: {REBALANCE}; "
        "look at the workers, or raise timeout."
    )
    assert clock.waited == pytest.approx(20)


def test_the_deadline_is_one_for_all_calls(door: Callable[..., ConnectClient], clock: Clock) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        client = door(worker.url, timeout_seconds=20.0)
        clock.now += 15
        client.root()
        assert client.remaining_seconds() == 5
        clock.now += 15
        assert client.remaining_seconds() == 0
        with pytest.raises(TimedOut, match=r"within 20 s: nothing was sent, .*; nothing was changed by it"):
            client.stop("c")


def test_the_deadline_can_be_moved_away_and_never_nearer(door: Callable[..., ConnectClient], clock: Clock) -> None:
    client = door("http://connect-1", timeout_seconds=20.0)
    client.extend(5)
    assert client.remaining_seconds() == 20
    clock.now += 30
    client.extend(5)
    assert client.remaining_seconds() == 5


def test_offsets_that_cannot_be_retrieved_for_good_are_told_before_the_deadline(
    door: Callable[..., ConnectClient], clock: Clock
) -> None:
    answer = failing(
        "GET", "/connectors/c/offsets", 500, "Failed to retrieve offsets for source connector c", forever=True
    )
    with FakeConnect(answer) as worker, pytest.raises(ConnectError, match="failed to answer GET /connectors/c/offsets"):
        door(worker.url).offsets("c")
    assert clock.waited < 20


def test_a_hanging_read_takes_the_time_of_one_request_and_then_goes_to_the_next_worker() -> None:
    began = time.monotonic()
    with (
        FakeConnect(Expect("GET", "/", hang=True)) as stuck,
        FakeConnect(Expect("GET", "/", body=ROOT)) as worker,
        ConnectClient(ConnectOptions((stuck.url, worker.url), request_timeout_seconds=0.2)) as client,
    ):
        assert client.root() == CLUSTER
    assert 0.2 <= time.monotonic() - began < 3


def test_a_hanging_read_ends_with_the_deadline_when_that_comes_first() -> None:
    began = time.monotonic()
    with (
        FakeConnect(Expect("GET", "/", hang=True, forever=True)) as stuck,
        ConnectClient(ConnectOptions((stuck.url,), timeout_seconds=0.3)) as client,
        pytest.raises(TimedOut, match=r"did not answer GET / within 0.3 s: no answer within 0\.\d+ s"),
    ):
        client.root()
    assert time.monotonic() - began < 3


def test_an_answer_that_trickles_in_takes_no_longer_than_one_that_hangs() -> None:
    began = time.monotonic()
    with (
        FakeConnect(Expect("PUT", "/connectors/c/config", body=b" " * 204_800, drip=True)) as worker,
        ConnectClient(ConnectOptions((worker.url,), request_timeout_seconds=0.2)) as client,
        pytest.raises(UnknownOutcome, match=r"no answer within 0\.2 s"),
    ):
        client.put_config("c", {})
    assert time.monotonic() - began < 3


def test_what_the_deadline_cuts_short_is_not_the_reason_told() -> None:
    with (
        FakeConnect(failing("GET", "/", 409, REBALANCE), Expect("GET", "/", hang=True, forever=True)) as worker,
        ConnectClient(ConnectOptions((worker.url,), timeout_seconds=1.0)) as client,
        pytest.raises(TimedOut, match="within 1 s: status 409"),
    ):
        client.root()


def test_a_read_whose_answer_breaks_off_is_repeated(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("GET", "/", body=ROOT, cut=True), Expect("GET", "/", drop=True), Expect("GET", "/", body=ROOT)
    ) as worker:
        assert door(worker.url).root() == CLUSTER


# ---------------------------------------------------------------------------------------------------------------------
# Connectors and calls that are not there


def test_a_connector_that_is_not_there_is_told_with_those_like_it(door: Callable[..., ConnectClient]) -> None:
    with (
        FakeConnect(
            failing("GET", "/connectors/strpe/config", 404, "Connector strpe not found"),
            Expect("GET", "/connectors", body=["debezium", "Stripe-eu", "Stripe"]),
        ) as worker,
        pytest.raises(NotFound) as caught,
    ):
        door(worker.url).config("strpe")
    assert caught.value.message == (
        f'connector "strpe" was not found in the cluster at {worker.url}: did you mean "Stripe" or "Stripe-eu"?'
    )
    assert caught.value.facts["nearest"] == ["Stripe", "Stripe-eu"]
    assert caught.value.facts["connector"] == "strpe"


@pytest.mark.parametrize(
    ("names", "words"), [(["x", "y"], "none of its 2 connectors has a name like it."), ([], "it has no connectors.")]
)
def test_a_connector_like_no_other_is_told(door: Callable[..., ConnectClient], names: list[str], words: str) -> None:
    listing = [Expect("GET", "/connectors", body=names)]
    if not names:
        listing += [failing("GET", "/connectors/connectops.recovery", 404, "Connector not found"), *listing]
    with (
        FakeConnect(failing("PUT", "/connectors/stripe/stop", 404, "Unknown connector stripe"), *listing) as worker,
        pytest.raises(NotFound, match=words),
    ):
        door(worker.url).stop("stripe")


def test_a_connector_is_told_missing_even_if_the_others_cannot_be_listed(door: Callable[..., ConnectClient]) -> None:
    with (
        FakeConnect(
            failing("GET", "/connectors/c/config", 404, "Connector c not found"),
            failing("GET", "/connectors", 500, "broken"),
        ) as worker,
        pytest.raises(NotFound, match='does not know the connector "c": Connector c not found'),
    ):
        door(worker.url).config("c")


def test_a_connector_that_is_listed_after_all_is_asked_for_again(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        failing("GET", "/connectors/c/offsets", 404, "Connector c not found"),
        Expect("GET", "/connectors", body=["c"]),
        Expect("GET", "/connectors/c/offsets", body={"offsets": []}),
    ) as worker:
        assert door(worker.url).offsets("c") == ()


def test_a_missing_status_of_a_connector_that_exists_is_told_apart(door: Callable[..., ConnectClient]) -> None:
    no_status = failing("GET", "/connectors/c/status", 404, "No status found for connector c")
    with FakeConnect(
        no_status, Expect("GET", "/connectors", body=["c"]), no_status, Expect("GET", "/connectors", body=["d"])
    ) as worker:
        client = door(worker.url)
        with pytest.raises(NoStatusYet, match="has no status yet"):
            client.status("c")
        with pytest.raises(NotFound, match="was not found") as caught:
            client.status("c")
        assert not isinstance(caught.value, NoStatusYet)


@pytest.mark.parametrize(
    ("ask", "expect", "since"),
    [
        (
            lambda client: client.offsets("c"),
            failing("GET", "/connectors/c/offsets", 404, "HTTP 404 Not Found"),
            "3.5",
        ),
        (lambda client: client.stop("c"), failing("PUT", "/connectors/c/stop", 404, "HTTP 404 Not Found"), "3.5"),
        (
            lambda client: client.alter_offsets("c", OFFSETS),
            failing("PATCH", "/connectors/c/offsets", 405, "HTTP 405 Method Not Allowed"),
            "3.6",
        ),
        (
            lambda client: client.patch_config("c", {"k": "v"}),
            failing("PATCH", "/connectors/c/config", 405, "HTTP 405 Method Not Allowed"),
            "3.8",
        ),
    ],
)
def test_a_call_that_the_version_lacks_is_told_with_the_version_that_has_it(
    door: Callable[..., ConnectClient], ask: Callable[[ConnectClient], Any], expect: Expect, since: str
) -> None:
    with FakeConnect(expect) as worker, pytest.raises(Unsupported) as caught:
        ask(door(worker.url))
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} does not know {expect.method} {expect.path} (status {expect.status}): "
        f"it needs Kafka {since}."
    )
    assert caught.value.facts["needs"] == since


def test_names_that_connect_cannot_address_are_told(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        failing("PUT", "/connectors/a%2Fb/stop", 404, "HTTP 404 Not Found"),
        Expect("PUT", "/connectors/a%2Fb/stop", 400, b"<h1>Ambiguous URI path separator</h1>", "text/html"),
    ) as worker:
        client = door(worker.url)
        with pytest.raises(ConnectError, match=r'cannot address connector "a/b" .* lost on the way'):
            client.stop("a/b")
        with pytest.raises(Unsupported, match=r'cannot address connector "a/b" .* give the connector another name'):
            client.stop("a/b")


def test_the_verbs_of_a_resource_are_asked_for_once(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("OPTIONS", "/connectors/any/offsets", headers={"Allow": "HEAD,DELETE,GET,OPTIONS,PATCH"}),
        Expect("OPTIONS", "/connectors/any/config", headers={"Allow": "HEAD, GET, PUT"}),
    ) as worker:
        client = door(worker.url)
        assert [client.supports(verb, "offsets") for verb in ("PATCH", "get", "PUT")] == [True, True, False]
        assert [client.supports(verb, "config") for verb in ("PATCH", "PUT")] == [False, True]


def test_a_resource_that_the_version_lacks_supports_nothing(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(failing("OPTIONS", "/connectors/any/offsets", 404, "HTTP 404 Not Found")) as worker:
        client = door(worker.url)
        assert not client.supports("GET", "offsets")
        assert not client.supports("PATCH", "offsets")


def test_verbs_that_are_not_listed_are_told(door: Callable[..., ConnectClient]) -> None:
    with (
        FakeConnect(Expect("OPTIONS", "/connectors/any/config", 204)) as worker,
        pytest.raises(NotConnect, match="let OPTIONS pass"),
    ):
        door(worker.url).supports("PATCH", "config")


# ---------------------------------------------------------------------------------------------------------------------
# Changes

CHANGES: dict[str, tuple[Callable[[ConnectClient], Any], Expect]] = {
    "stop": (lambda client: client.stop("c"), Expect("PUT", "/connectors/c/stop", 204)),
    "pause": (lambda client: client.pause("c"), Expect("PUT", "/connectors/c/pause", 202)),
    "resume": (lambda client: client.resume("c"), Expect("PUT", "/connectors/c/resume", 202)),
    "put_config": (
        lambda client: client.put_config("c", {"k": "value"}),
        Expect("PUT", "/connectors/c/config", body=info("c"), request={"k": "value"}),
    ),
    "patch_config": (
        lambda client: client.patch_config("c", {"k": None}),
        Expect("PATCH", "/connectors/c/config", body=info("c"), request={"k": None}),
    ),
    "alter_offsets": (
        lambda client: client.alter_offsets("c", OFFSETS),
        Expect("PATCH", "/connectors/c/offsets", body={"message": "altered"}, request={"offsets": OFFSETS}),
    ),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> tuple[Callable[[ConnectClient], Any], Expect]:
    return CHANGES[request.param]


def test_a_change_is_sent_once(
    door: Callable[..., ConnectClient], change: tuple[Callable[[ConnectClient], Any], Expect]
) -> None:
    make, good = change
    with FakeConnect(good) as worker:
        make(door(worker.url))
    assert worker.calls[0].headers.get("Content-Type") == ("application/json" if worker.calls[0].request else None)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (409, error(409, REBALANCE)),
        (500, error(500, IO_ERROR)),
        (500, error(500, "Request cannot be completed because a rebalance is expected")),
        (404, b"<html></html>"),
    ],
)
def test_a_change_that_was_not_made_is_sent_again(
    door: Callable[..., ConnectClient],
    change: tuple[Callable[[ConnectClient], Any], Expect],
    code: int,
    body: Any,
) -> None:
    make, good = change
    refused = Expect(good.method, good.path, code, body)
    with refusing_url() as url, FakeConnect(refused, refused, good) as worker:
        make(door(url, worker.url))


@pytest.mark.parametrize(
    "answer",
    [
        {"drop": True},
        {"status": 200, "body": info("c"), "cut": True},
        {"status": 500, "body": error(500, "Request timed out")},
        {"status": 500, "body": error(500, "Timed out while attempting to modify offsets for source connector c")},
        {"status": 502, "body": b"<html></html>", "content_type": "text/html"},
        {"status": 503, "body": b"", "content_type": "text/html"},
        {"status": 504, "body": error(504, "gateway")},
        {"status": 500, "body": b"<html></html>", "content_type": "text/html"},
    ],
    ids=str,
)
def test_a_change_whose_answer_is_lost_is_never_sent_again(
    door: Callable[..., ConnectClient],
    change: tuple[Callable[[ConnectClient], Any], Expect],
    answer: dict[str, Any],
) -> None:
    make, good = change
    with (
        FakeConnect(Expect(good.method, good.path, **answer)) as worker,
        FakeConnect() as other,
        pytest.raises(UnknownOutcome) as caught,
    ):
        make(door(worker.url, other.url))
    message = caught.value.message
    assert message.startswith(
        f"{good.method} {good.path} was sent to Kafka Connect at {worker.url}, and whether it was done"
    )
    assert message.endswith("read the connector's state before anything else is changed.")
    assert caught.value.facts == {"url": worker.url, "method": good.method, "path": good.path}


def test_a_change_that_hangs_has_an_unknown_outcome(change: tuple[Callable[[ConnectClient], Any], Expect]) -> None:
    make, good = change
    with (
        FakeConnect(Expect(good.method, good.path, hang=True)) as worker,
        ConnectClient(ConnectOptions((worker.url,), request_timeout_seconds=0.1)) as client,
        pytest.raises(UnknownOutcome, match=r"no answer within 0\.1 s"),
    ):
        make(client)


def test_a_page_that_answers_a_change_is_no_success(door: Callable[..., ConnectClient]) -> None:
    page: dict[str, Any] = {"status": 200, "body": b"<html>Log in</html>", "content_type": "text/html"}
    with FakeConnect(
        Expect("PUT", "/connectors/c/stop", **page), Expect("PATCH", "/connectors/c/offsets", **page)
    ) as worker:
        client = door(worker.url)
        with pytest.raises(UnknownOutcome, match="login page"):
            client.stop("c")
        with pytest.raises(UnknownOutcome, match="login page"):
            client.alter_offsets("c", OFFSETS)


def test_a_change_that_reached_nobody_was_not_made(door: Callable[..., ConnectClient]) -> None:
    with (
        refusing_url() as url,
        pytest.raises(Unreachable, match="connection refused; nothing was changed by it; check"),
    ):
        door(url).stop("c")


def test_a_change_that_was_perhaps_passed_on_stays_in_doubt_at_the_deadline(
    door: Callable[..., ConnectClient], clock: Clock
) -> None:
    with (
        FakeConnect(failing("PUT", "/connectors/c/stop", 500, IO_ERROR, forever=True)) as worker,
        pytest.raises(UnknownOutcome, match="IO Error trying to forward"),
    ):
        door(worker.url, timeout_seconds=20.0).stop("c")
    assert clock.waited == pytest.approx(20)


def test_a_change_that_was_perhaps_passed_on_stays_in_doubt_when_its_repetition_is_refused(
    door: Callable[..., ConnectClient],
) -> None:
    with (
        FakeConnect(
            failing("PUT", "/connectors/c/stop", 500, IO_ERROR), failing("PUT", "/connectors/c/stop", 400, "no")
        ) as worker,
        pytest.raises(UnknownOutcome),
    ):
        door(worker.url).stop("c")


def test_offsets_of_a_connector_that_still_runs_are_for_the_caller_to_try_again(
    door: Callable[..., ConnectClient],
) -> None:
    message = (
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
        "specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint"
    )
    with (
        FakeConnect(failing("PATCH", "/connectors/c/offsets", 400, message)) as worker,
        pytest.raises(NotStoppedYet, match=r'offsets of connector "c" .* before it is STOPPED and has no tasks'),
    ):
        door(worker.url).alter_offsets("c", OFFSETS)


def test_a_time_out_before_anything_was_written_is_a_plain_failure(door: Callable[..., ConnectClient]) -> None:
    message = "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for c"
    with (
        FakeConnect(failing("PATCH", "/connectors/c/offsets", 500, message)) as worker,
        pytest.raises(ConnectError, match="prior to modifying"),
    ):
        door(worker.url).alter_offsets("c", OFFSETS)


@pytest.mark.parametrize(
    "entry", [{}, {"partition": {"p": 1}}, {"offset": {}}, {"partition": {}, "offset": None}, {**OFFSETS[0], "x": 1}]
)
def test_offsets_that_connect_would_misread_are_not_sent(
    door: Callable[..., ConnectClient], entry: dict[str, Any]
) -> None:
    with FakeConnect() as worker, pytest.raises(InputError, match="lacks its partition or its offset"):
        door(worker.url).alter_offsets("c", [*OFFSETS, entry])


def test_an_offset_is_deleted_by_null_and_connects_words_are_returned(door: Callable[..., ConnectClient]) -> None:
    deletion = [{"partition": {"p": 1}, "offset": None}]
    with FakeConnect(
        Expect("PATCH", "/connectors/c/offsets", body={"message": "altered"}, request={"offsets": deletion})
    ) as worker:
        assert door(worker.url).alter_offsets("c", deletion) == "altered"


def test_a_config_that_creates_its_connector_is_told(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("PUT", "/connectors/c/config", 200, info("c")), Expect("PUT", "/connectors/c/config", 201, info("c"))
    ) as worker:
        client = door(worker.url)
        assert [client.put_config("c", {"k": "v"}) for _number in range(2)] == [False, True]


def test_a_connector_is_not_renamed_by_a_change_of_its_config(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(Expect("PATCH", "/connectors/c/config", body=info("c"))) as worker:
        client = door(worker.url)
        client.patch_config("c", {"name": "c"})
        with pytest.raises(InputError, match="another name"):
            client.patch_config("c", {"name": "d"})


def test_there_is_no_way_to_delete_all_offsets() -> None:
    assert not [name for name in dir(ConnectClient) if "delete" in name]


# ---------------------------------------------------------------------------------------------------------------------
# Secrets


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (
            "Invalid value s3cret for configuration x: Not a number of type INT",
            "Invalid value ******** for configuration x: Not a number of type INT",
        ),
        (
            "Invalid value s3cret for configuration x: Class s3cret could not be found.",
            "Invalid value ******** for configuration x: Class ******** could not be found.",
        ),
        ("Invalid value s3 for configuration a for configuration x", "Invalid value ******** for configuration x"),
        ("Invalid value s3\ncret\nfor configuration x", "Invalid value ********"),
        (
            "Invalid value a Invalid value s3 for configuration x",
            "Invalid value ********Invalid value ******** for configuration x",
        ),
        ("Invalid value s3cret", "Invalid value ********"),
        (
            "Invalid value null for configuration x: must be non-null",
            "Invalid value null for configuration x: must be non-null",
        ),
        (
            "2 errors:\nInvalid value a1b2 for configuration x\nInvalid value c3d4 for configuration y: no\nSee",
            "2 errors: Invalid value ******** for configuration x Invalid value ******** for configuration y: no See",
        ),
        (
            "BadRequest: Connector config {name=v, pw=s3}cret, x=\ny} contains no connector type",
            "BadRequest: Connector config ******** contains no connector type",
        ),
        ("a token t0ken2 and t0ken", "a token ******** and ********"),
        ("x" * 700, "x" * 600 + " ..."),
    ],
)
def test_texts_of_connect_lose_values_line_breaks_and_length(text: str, cleaned: str) -> None:
    assert clean(text, ["t0ken", "t0ken2"]) == cleaned


def test_hidden_values_and_own_credentials_are_masked_in_every_message(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(failing("GET", "/connectors/c/config", 500, "sk_live_1 and pw1 and pw1tail failed")) as worker:
        client = door(worker.url, url_username="u", url_password="pw1")
        client.hide(["sk_live_1", "", "pw1tail"])
        with pytest.raises(ConnectError, match=r": \*{8} and \*{8} and \*{8} failed$"):
            client.config("c")


@pytest.mark.parametrize("name", ["put_config", "patch_config", "validate"])
def test_values_of_a_config_that_is_sent_are_masked_in_the_answer(
    door: Callable[..., ConnectClient], name: str
) -> None:
    config = {"connector.class": "Stripe", "k": "s3cret", "w": "true", "p": "${file:/x:y}", "n": "1", "z": None}
    method, path, ask = {
        "put_config": ("PUT", "/connectors/c/config", lambda client: client.put_config("c", config)),
        "patch_config": ("PATCH", "/connectors/c/config", lambda client: client.patch_config("c", config)),
        "validate": (
            "PUT",
            "/connector-plugins/Stripe/config/validate",
            lambda client: client.validate("Stripe", config),
        ),
    }[name]
    answer = failing(method, path, 400, "s3cret of Stripe, ${file:/x:y}, is not true 1 None", request=config)
    with FakeConnect(answer) as worker, pytest.raises(ConnectError) as caught:
        ask(door(worker.url))
    assert caught.value.message.endswith(": ******** of Stripe, ${file:/x:y}, is not true 1 None")


def validated(name: str, value: Any, *errors: str, kind: str = "STRING", default: Any = None) -> dict[str, Any]:
    return {
        "definition": {"name": name, "type": kind, "default_value": default},
        "value": {"name": name, "value": value, "errors": list(errors)},
    }


def test_validation_tells_errors_by_key_without_values_even_those_only_the_worker_knows(
    door: Callable[..., ConnectClient],
) -> None:
    config = {"connector.class": "a.B", "token": "${file:/x:token}", "wait": "300000"}
    reply = {
        "name": "a.B",
        "error_count": 2,
        "configs": [
            validated("token", "resolved1", "resolved1 is no token", "Invalid value resolved1 for configuration token"),
            validated("wait", "300000", kind="LONG", default="5000"),
            validated("mode", "none", "must be one of none, all", default="none"),
            validated("key", "[hidden]", kind="PASSWORD", default="[hidden]"),
            {"definition": None, "value": {"name": "unknown", "value": None, "errors": []}},
        ],
    }
    with FakeConnect(Expect("PUT", "/connector-plugins/a.B/config/validate", body=reply, request=config)) as worker:
        said = door(worker.url).validate("a.B", config)
    assert said.errors == (
        ValidationError("token", ("******** is no token", "Invalid value ******** for configuration token")),
        ValidationError("mode", ("must be one of none, all",)),
    )
    assert said.secret_keys == {"key"}
    assert said.defaults == {"token": None, "wait": "5000", "mode": "none"}


# ---------------------------------------------------------------------------------------------------------------------
# Asking one worker itself


def test_the_workers_own_answer_lists_the_tasks(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(
        Expect("GET", "/connectors/a%20c", body=info("a c")),
        Expect("GET", "/connectors/a%20c", body={**info("a c"), "tasks": []}),
    ) as worker:
        client = door("http://127.0.0.1:1/gate", bearer_token="t0ken")
        assert client.worker_answer(worker.address, "a c", 5) == WorkerAnswer("answered", tasks=(0,))
        assert client.worker_answer(worker.address, "a c", 5) == WorkerAnswer("answered", tasks=())
        assert worker.connections == 1
    assert worker.calls[0].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("code", "body", "outcome"),
    [
        (409, error(409, REBALANCE), "busy"),
        (500, error(500, "Request cannot be completed because a rebalance is expected"), "busy"),
        (500, error(500, "Request timed out"), "busy"),
        (500, error(500, "java.lang.NullPointerException"), "busy"),
        (404, b"<html></html>", "busy"),
        (503, b"", "busy"),
        (200, b"<html></html>", "unreachable"),
        (302, b"", "unreachable"),
        (401, error(401, "no"), "unreachable"),
    ],
)
def test_other_answers_of_the_worker_are_told_apart(
    door: Callable[..., ConnectClient], clock: Clock, code: int, body: Any, outcome: str
) -> None:
    with FakeConnect(Expect("GET", "/connectors/c", code, body)) as worker:
        answer = door("http://127.0.0.1:1").worker_answer(worker.address, "c", 5)
    assert answer.outcome == outcome
    assert answer.reason
    assert clock.waited == 0


def test_a_worker_that_is_still_ending_tasks_is_busy(door: Callable[..., ConnectClient]) -> None:
    began = time.monotonic()
    with FakeConnect(Expect("GET", "/connectors/c", hang=True)) as worker:
        answer = door("http://127.0.0.1:1").worker_answer(worker.address, "c", 0.2)
    assert answer == WorkerAnswer("busy", reason="no answer within 0.2 s")
    assert time.monotonic() - began < 3


def test_a_worker_that_is_gone_is_unreachable(door: Callable[..., ConnectClient]) -> None:
    with refusing_url() as url:
        answer = door("http://127.0.0.1:1").worker_answer(url.removeprefix("http://"), "c", 5)
    assert answer == WorkerAnswer("unreachable", reason="connection refused")


def test_a_worker_whose_certificate_does_not_fit_is_unreachable(door: Callable[..., ConnectClient]) -> None:
    with tls_worker() as (worker, _authority):
        answer = door("https://127.0.0.1:1").worker_answer(worker.address, "c", 5)
    assert answer.outcome == "unreachable"
    assert "certificate" in answer.reason


@pytest.mark.parametrize("worker_id", ["", "w", "evil@w:1", "w:1/x", "http://w:1", "w:1?x"])
def test_a_worker_id_that_is_no_address_is_never_asked(door: Callable[..., ConnectClient], worker_id: str) -> None:
    answer = door("http://127.0.0.1:1").worker_answer(worker_id, "c", 5)
    assert answer == WorkerAnswer("unreachable", reason="its worker id is not host:port")


def test_a_connector_that_is_gone_is_told_by_the_worker(door: Callable[..., ConnectClient]) -> None:
    with FakeConnect(failing("GET", "/connectors/c", 404, "Connector c not found")) as worker, pytest.raises(NotFound):
        door("http://127.0.0.1:1").worker_answer(worker.address, "c", 5)


def test_no_worker_is_asked_after_the_deadline(door: Callable[..., ConnectClient], clock: Clock) -> None:
    with FakeConnect() as worker:
        client = door("http://127.0.0.1:1", timeout_seconds=1.0)
        clock.now += 2
        with pytest.raises(TimedOut):
            client.worker_answer(worker.address, "c", 5)


# ---------------------------------------------------------------------------------------------------------------------


def test_a_missing_requests_is_told_as_ansible_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_client, "REQUESTS_IMPORT_ERROR", ImportError("No module named 'requests'"))
    with pytest.raises(MissingLibrary, match=r"Failed to import the required Python library \(requests\)") as caught:
        ConnectClient(ConnectOptions(("http://a",)))
    assert caught.value.facts == {"library": "requests", "import_error": "No module named 'requests'"}
