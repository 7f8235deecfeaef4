# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of a worker that holds one call, so that something can happen while a change is under way."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import requests
from lab.waiting import LIMIT_SECONDS

# These belong to one connection, not to the message.
_OF_A_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class HoldingProxy:
    """Passes calls on to a worker. The first read of offsets after they were written is held until :meth:`release`."""

    def __init__(self, worker_url: str) -> None:
        self._held = threading.Event()
        self._released = threading.Event()
        self._was_written = False
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                proxy._hold(self.command, self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_A_CONNECTION}
                answer = requests.request(
                    self.command, worker_url + self.path, data=body, headers=headers, timeout=LIMIT_SECONDS
                )
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _OF_A_CONNECTION:
                        self.send_header(name, value)
                if answer.status_code != 204:
                    self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        for method in ("GET", "OPTIONS", "PATCH", "PUT"):
            setattr(Handler, f"do_{method}", Handler._pass_on)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HoldingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def await_held(self) -> None:
        """Return when the call is held."""
        assert self._held.wait(LIMIT_SECONDS), "the offsets were never written"

    def release(self) -> None:
        """Let the call go on."""
        self._released.set()

    def _hold(self, method: str, path: str) -> None:
        if path.endswith("/offsets") and method == "PATCH":
            self._was_written = True
        elif path.endswith("/offsets") and method == "GET" and self._was_written:
            self._held.set()
            self._released.wait(LIMIT_SECONDS)
