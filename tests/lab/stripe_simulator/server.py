# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side of the simulated Stripe, on a free port of the loopback address."""

from __future__ import annotations

import base64
import binascii
import itertools
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lab.stripe_simulator.account import Account
from lab.stripe_simulator.api import Answer, Request, answer, flat_params
from lab.stripe_simulator.report_types import Clock

_HOST = "127.0.0.1"
_ACCEPT_POLL_SECONDS = 0.02
_JOIN_SECONDS = 5.0


class StripeSimulator:
    """The simulated Stripe; use it as a context manager, or call `start` and `stop`.

    `clock` gives the present in epoch seconds and must never go back; None is the machine's time at the start,
    carried on by its monotonic clock. `tls`, a server context with its certificate loaded, makes it https.
    """

    def __init__(self, *, clock: Clock | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._clock = clock if clock is not None else _steady_clock()
        self._tls = tls
        self._lock = threading.RLock()
        self._accounts: dict[str, Account] = {}
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The base address, without a slash at the end; it stays readable after the stop.

        Raises RuntimeError before the start.
        """
        if self._url is None:
            raise RuntimeError("the Stripe simulator has no address yet: start it first")
        return self._url

    def account(self, key: str) -> Account:
        """The account of this API key, made at the first call. Keys never named here are answered 401."""
        with self._lock:
            if key not in self._accounts:
                self._accounts[key] = Account(key, clock=self._clock, lock=self._lock)
            return self._accounts[key]

    def start(self) -> StripeSimulator:
        """Serve until `stop`. Raises RuntimeError when started before."""
        if self._url is not None:
            raise RuntimeError("the Stripe simulator was started before: make a new one")
        self._server = _Server(self._serve, self._tls)
        scheme = "http" if self._tls is None else "https"
        self._url = f"{scheme}://{_HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _ACCEPT_POLL_SECONDS},
            name="stripe-simulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection, also one whose answer is held back; a second call does nothing."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()
        self._server = self._thread = None

    def __enter__(self) -> StripeSimulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, request: Request) -> Answer:
        with self._lock:
            return answer(request, self._accounts, self.url)


def _steady_clock() -> Clock:
    ahead = time.time() - time.monotonic()
    return lambda: ahead + time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, serve: Callable[[Request], Answer], tls: ssl.SSLContext | None) -> None:
        self.serve = serve
        self.stopping = threading.Event()
        self.request_numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        super().__init__((_HOST, 0), _Handler)
        if tls is not None:
            # The handshake is left to the connection's own thread: a client that stalls in it must not hold up others.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks the name service for this machine's name.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._guard:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        self.stopping.set()
        with self._guard:
            threads = list(self._connections.values())
            for connection in self._connections:
                try:
                    # The plain socket's method: SSLSocket's drops the TLS object under the thread that reads from it.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    continue
        for thread in threads:
            thread.join(_JOIN_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients hang up, and TLS tests refuse the certificate: not a fault of the simulator, and no noise in its name.
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the accounts' journals are the log."""

    def _respond(self) -> None:
        address = urlsplit(self.path)
        # Read before anything is answered, else a kept-alive connection takes it for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        pairs = parse_qsl(address.query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
        served = self.server.serve(
            Request(
                method=self.command,
                path=unquote(address.path),
                params=flat_params(pairs),
                key=_api_key(self.headers.get("Authorization", "")),
                idempotency_key=self.headers.get("Idempotency-Key"),
            )
        )
        if served.delay_seconds and self.server.stopping.wait(served.delay_seconds):
            self.close_connection = True
            return
        self.send_response(served.status)
        for name, value in served.headers.items():
            self.send_header(name, value)
        self.send_header("Request-Id", f"req_{next(self.server.request_numbers):014d}")
        self.send_header("Content-Length", str(len(served.body)))
        self.end_headers()
        self.wfile.write(served.body)


def _api_key(authorization: str) -> str | None:
    """The key of a Bearer header, or the user name of a Basic one."""
    scheme, _separator, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
