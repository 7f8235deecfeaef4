# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted stand-in for a worker's REST API: it answers an ordered list of expected calls and nothing else."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import trustme

ANY = object()


@dataclass(frozen=True)
class Expect:
    """One call and its answer. ``body``: bytes as they are, anything else as JSON, None for an empty one."""

    method: str
    path: str
    status: int = 200
    body: Any = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    request: Any = ANY
    # Instead of an answer: close the connection, at once or within the body, or say nothing until the client leaves.
    drop: bool = False
    cut: bool = False
    hang: bool = False
    # The answer's body comes in pieces of 1 KiB, 20 of them in a second.
    drip: bool = False
    # Answers every further call, too; the last of the list.
    forever: bool = False


@dataclass(frozen=True)
class Call:
    """One call as it came in. ``connection`` numbers the TCP connections from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    request: Any
    connection: int


class FakeConnect:
    """Started by ``with``; leaving it fails the test if calls were missing, surplus or other than expected."""

    def __init__(self, *expected: Expect, tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self._expected = list(expected)
        self._surprises: list[str] = []
        self._served: Expect | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(self, tls)
        scheme = "http" if tls is None else "https"
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{scheme}://{self.address}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> FakeConnect:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            # Wakes the threads that wait for a next request.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        if error is None:
            missing = [f"{expect.method} {expect.path}" for expect in self._expected if expect is not self._served]
            assert not self._surprises, f"unexpected calls: {self._surprises}"
            assert not missing, f"calls that never came: {missing}"

    def expect(self, *expected: Expect) -> None:
        """Add to the end of the list."""
        with self._lock:
            self._expected += expected

    def opened(self, connection: socket.socket) -> int:
        with self._lock:
            self.connections += 1
            self._open.add(connection)
            return self.connections

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def answer_for(self, call: Call) -> Expect | None:
        with self._lock:
            self.calls.append(call)
            expect = self._expected[0] if self._expected else None
            if expect is None or (expect.method, expect.path) != (call.method, call.path):
                self._surprises.append(f"{call.method} {call.path}")
                return None
            if expect.request is not ANY and expect.request != call.request:
                self._surprises.append(f"{call.method} {call.path} with {call.request!r}")
                return None
            self._served = expect
            return expect if expect.forever else self._expected.pop(0)


class _Server(ThreadingHTTPServer):
    def __init__(self, fake: FakeConnect, tls: ssl.SSLContext | None) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            # The handshake is left to the connection's own thread, which may wait for a client that never speaks.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that refuses a certificate or goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet per answer: headers and body apart would wait 40 ms for each other.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = self.server.fake.opened(self.connection)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.server.fake.closed(self.connection)

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        request = json.loads(sent) if sent else None
        call = Call(self.command, self.path, dict(self.headers), request, self.number)
        expect = self.server.fake.answer_for(call)
        if expect is None:
            expect = Expect(self.command, self.path, 418, b"unexpected call", "text/plain")
        if expect.hang:
            self.rfile.read(1)
        if expect.hang or expect.drop:
            self.close_connection = True
            return
        body = expect.body
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        # With a Date of its own by default.
        (self.send_response_only if "Date" in expect.headers else self.send_response)(expect.status)
        if content:
            self.send_header("Content-Type", expect.content_type)
        for name, value in expect.headers.items():
            self.send_header(name, value)
        if expect.status != 204:
            self.send_header("Content-Length", str(len(content) + (100 if expect.cut else 0)))
        self.end_headers()
        for part in [content[i : i + 1024] for i in range(0, len(content), 1024)] if expect.drip else [content]:
            self.wfile.write(part)
            self.wfile.flush()
            if expect.drip:
                time.sleep(0.05)
        self.close_connection = self.close_connection or expect.cut

    do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = do_OPTIONS = handle_any  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on stderr."""


@contextmanager
def refusing_url() -> Iterator[str]:
    """A URL that nobody listens on: its port is taken, so nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def tls_worker(
    *expected: Expect, name: str = "127.0.0.1", clients: bool = False, expired: bool = False
) -> Iterator[tuple[FakeConnect, trustme.CA]]:
    """A worker behind TLS, and the CA of its certificate. ``clients``: it requires a certificate of the same CA."""
    authority = trustme.CA()
    past = datetime.now(timezone.utc) - timedelta(days=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=past if expired else None).configure_cert(context)
    if clients:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with FakeConnect(*expected, tls=context) as worker:
        yield worker, authority
