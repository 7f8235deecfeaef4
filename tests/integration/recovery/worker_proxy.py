# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of a real worker, which passes calls on or answers them itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import requests
from lab.waiting import LIMIT_SECONDS

# These belong to one connection, not to the message.
_OF_A_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class Answer:
    """What is answered in place of the worker. ``reaches``: the worker gets the call nevertheless.

    ``status`` None: the connection ends without an answer. ``length``: the Content-Length, if it is not the true one.
    """

    status: int | None
    body: bytes = b""
    content_type: str = "application/json"
    reaches: bool = False
    length: int | None = None


class WorkerProxy:
    """Passes calls on to a worker, each in a thread of its own. Use it with ``with``."""

    def __init__(self, worker_url: str) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                other = proxy._instead(self.command, self.path)
                if other is not None and not other.reaches:
                    return self._reply(other)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_A_CONNECTION}
                found = requests.request(
                    self.command, worker_url + self.path, data=body, headers=headers, timeout=LIMIT_SECONDS
                )
                if other is not None:
                    return self._reply(other)
                kept = {name: value for name, value in found.headers.items() if name.lower() not in _OF_A_CONNECTION}
                return self._reply(Answer(found.status_code, found.content), kept)

            def _reply(self, answer: Answer, headers: Mapping[str, str] | None = None) -> None:
                if answer.status is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in ({"Content-Type": answer.content_type} if headers is None else headers).items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header(
                        "Content-Length", str(len(answer.body) if answer.length is None else answer.length)
                    )
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.length is not None

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        for method in ("GET", "OPTIONS", "PATCH", "PUT"):
            setattr(Handler, f"do_{method}", Handler._pass_on)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _instead(self, method: str, path: str) -> Answer | None:
        """The answer in place of the worker's; None passes the call on. It may take its time."""
        raise NotImplementedError
