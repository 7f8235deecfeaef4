# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP exchange with a worker: session, TLS, proxies, time limits, authentication, clock comparison.

The only file of this folder that uses requests.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import (
    UNREACHABLE,
    UNTIL_DEADLINE,
    Answer,
    Call,
    Exchange,
    Failure,
    Patience,
    parse,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    TlsFailed,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import tls_failed
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import missing_library
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions

REQUESTS_IMPORT_ERROR: ImportError | None = None
try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning, NewConnectionError
except ImportError as import_error:
    REQUESTS_IMPORT_ERROR = import_error

# After this time without a connection the next worker is asked.
CONNECT_TIMEOUT_SECONDS = 5.0
# To one worker.
_MOST_CONNECTIONS = 100


@dataclass(frozen=True)
class _Way:
    """How one worker is reached: ``request`` asks for its root, and has the headers of all requests.

    ``settings`` are the proxies and the certificates, from the options and the environment.
    """

    adapter: requests.adapters.BaseAdapter
    request: requests.PreparedRequest
    settings: Mapping[str, Any]


class Transport:
    """The HTTP session of one client. Several threads may use it.

    ``clock_ahead_seconds``: how far this machine's clock is ahead of the clock of the worker that answered last.
    """

    def __init__(self, options: ConnectOptions, clock: Callable[[], float]) -> None:
        """Raise :class:`MissingLibrary` without requests. ``clock`` returns seconds from any start, as time.monotonic does."""
        if REQUESTS_IMPORT_ERROR is not None:
            raise missing_library("requests", REQUESTS_IMPORT_ERROR)
        self.clock_ahead_seconds = 0.0
        self._options = options
        self._clock = clock
        self._ways: dict[str, _Way] = {}
        self._session = requests.Session()
        # See _way_to.
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            # A connection for each thread is kept alive.
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS))
        self._session.auth = self._authenticate
        self._session.headers.update({"Accept": "application/json", "User-Agent": "connectops.recovery"})
        if not options.validate_certs:
            # The user asked for this; a warning on stderr for each call does not help.
            disable_warnings(InsecureRequestWarning)
        if options.client_cert:
            key = options.client_key
            self._session.cert = (options.client_cert, key) if key else options.client_cert

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def send(self, exchange: Exchange, seconds: float) -> Answer | Failure | ConnectError:
        """Send the call once and return the answer, within about ``seconds``.

        Without an answer: a failure that may pass, or (returned, not raised) an error that repeating cannot change.
        """
        call = exchange.call
        ends = self._clock() + seconds
        body = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        try:
            way = self._way_to(exchange.url)
            timeouts = (min(CONNECT_TIMEOUT_SECONDS, seconds), seconds)
            with way.adapter.send(self._request(way, call, body), timeout=timeouts, **way.settings) as response:
                self._keep_cookies(response)
                content = bytearray()
                # requests waits until a piece is complete; with small pieces the client abandons a slow answer in time.
                for piece in response.iter_content(1024):
                    content += piece
                    if self._clock() > ends:
                        raise requests.ReadTimeout
        except OSError as error:  # the base of requests' own exceptions and of those for unreadable certificate files
            return self._failure(exchange, error, seconds)
        except ValueError:
            return ConnectError(
                f"{exchange.url} is not a valid URL: check connect_url.",
                **exchange.facts(),
            )
        self._compare_clocks(response.headers.get("Date"))
        return Answer(response.status_code, response.headers, parse(bytes(content)))

    def _way_to(self, url: str) -> _Way:
        """How a worker is reached. Find it out once: it takes as long as the rest of a call."""
        if url not in self._ways:
            # Not the session's own: the environment's REQUESTS_CA_BUNDLE would override that.
            verify = self._options.ca_path or True if self._options.validate_certs else False
            settings = requests.Session().merge_environment_settings(url, {}, True, verify, None)
            settings["cert"] = self._session.cert
            request = self._session.prepare_request(requests.Request("GET", f"{url}/"))
            self._ways[url] = _Way(self._session.get_adapter(url), request, settings)
        return self._ways[url]

    def _request(self, way: _Way, call: Call, body: bytes | None) -> requests.PreparedRequest:
        request = way.request.copy()
        request.method = call.method
        request.url = f"{way.request.url}{call.path[1:]}"
        if body is not None:
            request.body = body
            request.headers.update({"Content-Type": "application/json", "Content-Length": str(len(body))})
        if self._session.cookies:
            request.prepare_cookies(self._session.cookies)
        return request

    def _keep_cookies(self, response: requests.Response) -> None:
        """A load balancer may use a cookie to choose the worker."""
        if response.cookies:
            self._session.cookies.update(response.cookies)

    def _authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._options.bearer_token:
            request.headers["Authorization"] = f"Bearer {self._options.bearer_token}"
        elif self._options.url_username and self._options.url_password:
            login = f"{self._options.url_username}:{self._options.url_password}".encode()
            request.headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        return request

    def _compare_clocks(self, date: str | None) -> None:
        with contextlib.suppress(TypeError, ValueError):
            self.clock_ahead_seconds = time.time() - parsedate_to_datetime(date or "").timestamp()

    def _failure(self, exchange: Exchange, error: OSError, seconds: float) -> Failure | ConnectError:
        """Why there is no answer. The exceptions' own texts are not used: they repeat proxies with passwords."""
        url = exchange.url
        causes = list(_causes(error))
        for cause in causes:
            # These three mean a connection that ended, which happens to TLS when a worker goes away.
            ended = ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, ended):
                return TlsFailed(tls_failed(url, cause), **exchange.facts())
        if not isinstance(error, requests.RequestException):
            return TlsFailed(
                f"a certificate file needed for {url} cannot be read: "
                "check ca_path, client_cert, client_key and the environment variable REQUESTS_CA_BUNDLE.",
                **exchange.facts(),
            )
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return ConnectError(
                f"{url}, or the proxy set for it in the environment, is not a valid URL: "
                "check connect_url, HTTP_PROXY and HTTPS_PROXY.",
                **exchange.facts(),
            )
        reason = _reason_for_no_connection(error, causes, seconds)
        if reason is None:
            return self._incomplete(exchange, error, causes, seconds)
        return Failure(Unreachable, reason, _unreachable(exchange), perhaps_done=False, resend=True)

    def _incomplete(
        self, exchange: Exchange, error: OSError, causes: Sequence[BaseException], seconds: float
    ) -> Failure:
        """The call was sent, but no answer came, or only a part of it."""
        if isinstance(error, requests.Timeout) or any(isinstance(cause, TimeoutError) for cause in causes):
            reason = f"no answer within {seconds:.3g} s"
            return Failure(ConnectError, reason, UNTIL_DEADLINE, perhaps_done=True, resend=False)
        reason = "the connection was closed before the answer was complete"
        if not exchange.has_answered and not exchange.url.startswith("https"):
            reason += " (if the worker expects TLS, use https://)"
        elif not exchange.has_answered and not self._options.client_cert:
            # With TLS 1.3 the worker's refusal of a client without a certificate may get lost when the connection ends.
            reason += " (if the worker requires a client certificate, set client_cert)"
        return Failure(Unreachable, reason, _unreachable(exchange), perhaps_done=True, resend=False)


def _unreachable(exchange: Exchange) -> Patience:
    return UNTIL_DEADLINE if exchange.has_answered else UNREACHABLE


def _reason_for_no_connection(error: OSError, causes: Sequence[BaseException], seconds: float) -> str | None:
    """Why the call could not be sent; None if it was sent."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy set in the environment (HTTP_PROXY, HTTPS_PROXY) does not forward the call"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "the host name cannot be resolved"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {min(CONNECT_TIMEOUT_SECONDS, seconds):g} s"
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        texts = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
        return next(texts, "no connection").lower()
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was made from, wherever the various versions of requests and urllib3 store that."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
