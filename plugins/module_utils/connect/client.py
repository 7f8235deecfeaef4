# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to Kafka Connect's REST API.

All knowledge of which answers pass by themselves, which are final and which leave a change in doubt is in this file.
Deleting all offsets of a connector (``DELETE .../offsets``) is left out on purpose: that call ignores its body.
"""

from __future__ import annotations

import base64
import contextlib
import difflib
import itertools
import json
import math
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Status,
    StoredOffset,
    offsets_from_json,
    status_from_json,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    SHORTEST_SECRET,
    is_placeholder,
    scrubbed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import missing_library
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions

REQUESTS_IMPORT_ERROR: ImportError | None = None
try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning, NewConnectionError
except ImportError as import_error:
    REQUESTS_IMPORT_ERROR = import_error

# A worker that takes no connection in this time is passed over for the next one.
CONNECT_TIMEOUT_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 2.0
LONGEST_QUOTED_TEXT = 600


# ---------------------------------------------------------------------------------------------------------------------
# What can go wrong


class ConnectError(RecoveryError):
    """Kafka Connect could not do what it was asked; a change that was asked for was not made.

    Facts where known: ``url`` (str), ``method`` (str), ``path`` (str), ``status`` (int, HTTP).
    """


class Unreachable(ConnectError):
    """No worker could be connected to: refused, unknown host name, or no connection in time."""


class TlsFailed(ConnectError):
    """The TLS handshake failed: certificate not trusted, wrong name, client certificate refused, or no TLS at all."""


class NotConnect(ConnectError):
    """Something answers, but not as Kafka Connect does."""


class TimedOut(ConnectError):
    """The time of the whole task was used up."""


class AccessDenied(ConnectError):
    """The credentials are missing, wrong, or not enough."""


class NotFound(ConnectError):
    """The connector does not exist. Further facts: ``connector`` (str), ``nearest`` (list of str)."""


class NoStatusYet(NotFound):
    """The connector exists, but nothing has been said about its state yet (seconds after its creation)."""


class Unsupported(ConnectError):
    """This version of Kafka Connect does not have the call."""


class NotStoppedYet(ConnectError):
    """Offsets cannot be changed because the connector is not STOPPED or still has tasks."""


# ---------------------------------------------------------------------------------------------------------------------
# What is read


@dataclass(frozen=True)
class ClusterInfo:
    """The answer to ``GET /``; ``version`` is whatever the vendor stamped."""

    version: str
    commit: str
    kafka_cluster_id: str


@dataclass(frozen=True)
class ValidationError:
    """What the connector's plugin finds wrong with one key of a config; no value appears in ``messages``."""

    key: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Validation:
    """What the connector's plugin says of a config: no errors if it accepts it.

    ``secret_keys`` are those of Connect's type PASSWORD. ``defaults`` has the value, as a string or None, that each of
    the other keys has when it is not set.
    """

    errors: tuple[ValidationError, ...]
    secret_keys: frozenset[str]
    defaults: Mapping[str, str | None]


@dataclass(frozen=True)
class WorkerAnswer:
    """What one worker said of a connector.

    ``answered``: its herder thread served the call and knows these ``tasks`` (numbers) of the connector.
    ``busy``: it is there, but was rebalancing, starting, or did not answer in time; ask again.
    ``unreachable``: it cannot be asked from here; asking again is no help.
    """

    outcome: Literal["answered", "busy", "unreachable"]
    tasks: tuple[int, ...] = ()
    reason: str = ""


# ---------------------------------------------------------------------------------------------------------------------
# Calls, replies and failures that may pass


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    expected: frozenset[int] = frozenset({200})
    body: Any = field(default=None, repr=False)
    connector: str | None = None
    # Kafka version that brought the call, for those that an older cluster may lack.
    since: str | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    write: bool = False
    wants_json: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    data: Any = field(repr=False)


@dataclass(frozen=True)
class _Patience:
    """How long a failure is borne: given up after so many seconds, or rounds over all URLs, whichever comes first."""

    seconds: float
    rounds: float = math.inf


_UNTIL_DEADLINE = _Patience(math.inf)
# Nobody there: most often a wrong URL, which is to be told at once.
_UNREACHABLE = _Patience(10.0, rounds=3)
# A starting worker answers like this for about ten seconds, but so does any other web server.
_STARTING = _Patience(15.0)
# Each worker is asked once.
_FOREIGN = _Patience(0.0, rounds=1)


@dataclass(frozen=True)
class _Failure:
    """An exchange that did not succeed but may do so on another worker or a moment later."""

    kind: type[ConnectError]
    reason: str
    patience: _Patience
    # A change may be in force although this came back ...
    perhaps_done: bool
    # ... and may be sent once more, every change here being one that can be repeated.
    resend: bool
    status: int | None = None


class ConnectClient:
    """One Kafka Connect cluster for the length of one task.

    The deadline of ``options.timeout_seconds`` begins with the client. Every method may raise a :class:`ConnectError`;
    those that change something may raise :class:`UnknownOutcome`, too. It may be used by several threads.
    """

    def __init__(
        self,
        options: ConnectOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if REQUESTS_IMPORT_ERROR is not None:
            raise missing_library("requests", REQUESTS_IMPORT_ERROR)
        self._options = options
        self._clock = clock
        self._sleep = sleep
        self._deadline = clock() + options.timeout_seconds
        self._url_index = 0
        # Once the cluster has answered, an outage is one to wait out: it may have a connector of ours stopped.
        self._has_answered = False
        # By how many seconds this machine's clock is ahead of the clock of the worker that answered last.
        self.clock_ahead_seconds = 0.0
        self._secrets: frozenset[str] = frozenset()
        self.hide(secret for secret in (options.url_password, options.bearer_token) if secret)
        self._verbs: dict[str, frozenset[str]] = {}
        self._session = requests.Session()
        # An authentication of its own, even if it does nothing, keeps the session from reading ~/.netrc.
        self._session.auth = self._authenticate
        self._session.headers.update({"Accept": "application/json", "User-Agent": "connectops.recovery"})
        if not options.validate_certs:
            # Asked for in so many words; a line of Python's on stderr for each call would be in nobody's interest.
            disable_warnings(InsecureRequestWarning)
        if options.client_cert:
            key = options.client_key
            self._session.cert = (options.client_cert, key) if key else options.client_cert

    def __enter__(self) -> ConnectClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def remaining_seconds(self) -> float:
        """Time left until the deadline of the task, never negative."""
        return max(0.0, self._deadline - self._clock())

    def extend(self, seconds: float) -> None:
        """Move the deadline so that so many seconds are left at least: nothing may stay stopped for lack of time."""
        self._deadline = max(self._deadline, self._clock() + seconds)

    def hide(self, values: Iterable[str]) -> None:
        """Replace these secret values by ``********`` in every message from now on; empty ones are ignored."""
        self._secrets |= {value for value in values if value}

    # -----------------------------------------------------------------------------------------------------------------
    # Reads

    def root(self) -> ClusterInfo:
        """Version and Kafka cluster id; raises :class:`NotConnect` when the URLs lead to something else."""
        data = self._send(_Call("GET", "/")).data
        try:
            return ClusterInfo(
                version=_text(data["version"]),
                commit=_text(data["commit"]),
                kafka_cluster_id=_text(data["kafka_cluster_id"]),
            )
        except (KeyError, TypeError):
            raise NotConnect(
                f"{self._url} answers in JSON, but not as Kafka Connect does "
                "(no version, commit and kafka_cluster_id in GET /): check connect_url.",
                url=self._url,
                method="GET",
                path="/",
            ) from None

    def names(self) -> list[str]:
        """Names of all connectors, sorted."""
        names = self._names()
        if not names:
            # A worker that is still reading its config topic lists nothing. A call that waits for its herder thread
            # comes back after that; whether the connector asked for exists is all the same.
            probe = "connectops.recovery"
            with contextlib.suppress(NotFound):
                self._send(_Call("GET", f"/connectors/{probe}", connector=probe))
            names = self._names()
        return sorted(names)

    def connectors(self) -> dict[str, Connector]:
        """All connectors by name, in order of name, without their offsets; their configs have secrets in clear."""
        names = self.names()
        call = _Call("GET", "/connectors?expand=info&expand=status")
        expanded = self._send(call).data
        replies: dict[str, Connector] = {}
        with self._expecting(call):
            for name, parts in expanded.items():
                info, status = parts.get("info"), parts.get("status")
                # A part that could not be read is left out of the reply, and so is the whole connector.
                if info is not None and status is not None:
                    replies[name] = _connector(name, info, status)
        for name in names:
            if name in replies:
                continue
            call = _Call("GET", _path(name), connector=name)
            try:
                info = self._send(call).data
            except NotFound:
                continue  # deleted since it was listed
            with self._expecting(call):
                replies[name] = _connector(name, info, None)
        return dict(sorted(replies.items()))

    def config(self, name: str) -> dict[str, str | None]:
        """The config as stored: placeholders stay, literal secrets are in clear."""
        call = _Call("GET", _path(name, "config"), connector=name)
        data = self._send_about(call).data
        with self._expecting(call):
            return _config(data)

    def status(self, name: str) -> Status:
        """The states of the connector and its tasks; raises :class:`NoStatusYet` for a connector that has none so far."""
        call = _Call("GET", _path(name, "status"), connector=name)
        data = self._send_about(call).data
        with self._expecting(call):
            return status_from_json(data)

    def offsets(self, name: str) -> tuple[StoredOffset, ...]:
        """The offsets in Connect's order; JSON integers stay integers."""
        call = _Call("GET", _path(name, "offsets"), connector=name, since="3.5")
        data = self._send_about(call).data
        with self._expecting(call):
            return offsets_from_json(data["offsets"])

    def validate(self, plugin_class: str, config: Mapping[str, str | None]) -> Validation:
        """What the plugin finds wrong with a config, changing nothing; Connect does not report unknown keys.

        ``plugin_class`` is the full class name (an alias works, too) and must be the one in ``config``.
        """
        call = _Call(
            "PUT",
            f"/connector-plugins/{quote(plugin_class, safe='')}/config/validate",
            body=dict(config),
            secrets=_maskable(config),
        )
        data = self._send(call).data
        with self._expecting(call):
            definitions = [entry["definition"] for entry in data["configs"] if entry["definition"] is not None]
            checked = [entry["value"] for entry in data["configs"]]
            # The reply has placeholders resolved: its values may be secrets that were not in the config as sent.
            resolved = {value["name"]: value["value"] for value in checked if value["name"] in config}
            secrets = call.secrets | _maskable(resolved)
            secret_keys = frozenset(known["name"] for known in definitions if known["type"] == "PASSWORD")
            return Validation(
                errors=tuple(
                    ValidationError(value["name"], tuple(self._clean(text, secrets) for text in value["errors"]))
                    for value in checked
                    if value["errors"]
                ),
                secret_keys=secret_keys,
                defaults={
                    known["name"]: None if known["default_value"] is None else str(known["default_value"])
                    for known in definitions
                    if known["name"] not in secret_keys
                },
            )

    def supports(self, verb: str, resource: Literal["offsets", "config"]) -> bool:
        """Whether ``verb`` (as ``PATCH``) may be used on ``/connectors/<name>/<resource>``; asked once per client."""
        verbs = self._verbs.get(resource)
        if verbs is None:
            # No connector need exist: the routes are listed, not the connector.
            call = _Call(
                "OPTIONS", f"/connectors/any/{resource}", expected=frozenset({200, 204}), since="", wants_json=False
            )
            try:
                allowed = self._send(call).headers.get("Allow")
            except Unsupported:
                allowed = ""
            if allowed is None:
                raise NotConnect(
                    f"{self._url} does not list the allowed methods in answer to {call}: "
                    "something in front of Kafka Connect takes them away, let OPTIONS pass there.",
                    **self._facts(call, self._url),
                )
            verbs = self._verbs[resource] = frozenset(item.strip().upper() for item in allowed.split(","))
        return verb.upper() in verbs

    def worker_answer(self, worker_id: str, name: str, timeout_seconds: float) -> WorkerAnswer:
        """Ask the worker ``worker_id`` (``host:port``) itself for the connector ``name``; one exchange, never repeated.

        The call is served by the worker's herder thread, hence only after it is done with ending tasks. It takes at
        most ``timeout_seconds`` and never longer than the deadline. Raises :class:`NotFound` when the connector is not
        known there and :class:`TimedOut` when the deadline has passed already.
        """
        call = _Call("GET", _path(name), connector=name)
        # Credentials are sent there: it must be nothing but an address.
        if not re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d+", worker_id):
            return WorkerAnswer("unreachable", reason="its worker id is not host:port")
        url = f"{urlsplit(self._url).scheme}://{worker_id}"
        seconds = min(timeout_seconds, self.remaining_seconds())
        if seconds <= 0:
            raise self._given_up(call, {}, deadline_passed=True)
        try:
            result = self._exchange(url, call, seconds)
        except NotFound:
            raise
        except (TlsFailed, AccessDenied) as error:
            return WorkerAnswer("unreachable", reason=error.message)
        except ConnectError as error:
            return WorkerAnswer("busy", reason=error.message)
        if isinstance(result, _Reply):
            with _Expecting(url, call):
                return WorkerAnswer("answered", tasks=tuple(int(task["task"]) for task in result.data["tasks"]))
        lost = result.kind is Unreachable or (result.kind is NotConnect and result.patience is _FOREIGN)
        return WorkerAnswer("unreachable" if lost else "busy", reason=result.reason)

    # -----------------------------------------------------------------------------------------------------------------
    # Changes. All can be repeated without harm, so one that was not made, or that Connect failed to pass on to its
    # leader, is sent again. One whose answer was lost is not: somebody may have changed the state since.

    def put_config(self, name: str, config: Mapping[str, str | None]) -> bool:
        """Replace the whole config, keeping the state; True when there was no such connector and it was created."""
        call = _Call(
            "PUT",
            _path(name, "config"),
            expected=frozenset({200, 201}),
            body=dict(config),
            connector=name,
            secrets=_maskable(config),
            write=True,
        )
        return self._send_about(call).status == 201

    def patch_config(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Set some keys, remove those with None, keep the rest and the state (Kafka 3.8)."""
        if changes.get("name", name) != name:
            raise InputError(
                f'the config of connector "{name}" cannot be given another name: leave name out of the changes.'
            )
        call = _Call(
            "PATCH",
            _path(name, "config"),
            body=dict(changes),
            connector=name,
            since="3.8",
            secrets=_maskable(changes),
            write=True,
        )
        self._send_about(call)

    def stop(self, name: str) -> None:
        """Ask for STOPPED (Kafka 3.5); returns before the tasks have ended, and rebalances even if STOPPED already."""
        self._set_state(name, "stop", expected=204, since="3.5")

    def pause(self, name: str) -> None:
        """Ask for PAUSED; returns before it is."""
        self._set_state(name, "pause", expected=202)

    def resume(self, name: str) -> None:
        """Ask for RUNNING; returns before it is."""
        self._set_state(name, "resume", expected=202)

    def alter_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        """Set or (``"offset": None``) delete the offsets of these source partitions only (Kafka 3.6).

        Returns Connect's message. Raises :class:`NotStoppedYet` as long as the connector is not STOPPED without tasks.
        """
        for entry in offsets:
            # Connect takes a missing key for null, which deletes the offset or writes one that nobody reads.
            if set(entry) != {"partition", "offset"} or not entry["partition"]:
                raise InputError(
                    f'an offset to be written for connector "{name}" lacks its partition or its offset: '
                    "give both, and null as the offset to delete it."
                )
        call = _Call(
            "PATCH",
            _path(name, "offsets"),
            body={"offsets": [dict(entry) for entry in offsets]},
            connector=name,
            since="3.6",
            write=True,
        )
        data = self._send_about(call).data
        return self._clean(str(data["message"])) if isinstance(data, dict) and "message" in data else ""

    def _set_state(self, name: str, verb: str, *, expected: int, since: str | None = None) -> None:
        call = _Call(
            "PUT",
            _path(name, verb),
            expected=frozenset({expected}),
            connector=name,
            since=since,
            write=True,
            wants_json=False,
        )
        self._send_about(call)

    # -----------------------------------------------------------------------------------------------------------------
    # Repeating

    @property
    def _url(self) -> str:
        return self._options.connect_url[self._url_index]

    def _names(self) -> list[str]:
        call = _Call("GET", "/connectors")
        data = self._send(call).data
        with self._expecting(call):
            return [_text(name) for name in data]

    def _send_about(self, call: _Call) -> _Reply:
        """Send a call about a connector; when that is not found, be sure of it and name those like it."""
        try:
            return self._send(call)
        except NotFound as error:
            name = call.connector or ""
            try:
                names = self.names()
            except RecoveryError:
                raise error from None
            facts = {**error.facts, "connector": name}
            if name not in names:
                raise NotFound(
                    f'connector "{name}" was not found in the cluster at {self._where()}: {_suggestion(name, names)}',
                    **facts,
                    nearest=_nearest(name, names),
                ) from None
            if isinstance(error, NoStatusYet):
                raise NoStatusYet(
                    f'connector "{name}" in the cluster at {self._where()} has no status yet: '
                    "it was created a moment ago, ask again in a few seconds.",
                    **facts,
                    nearest=[],
                ) from None
        # It is listed: the worker that answered was still reading what the cluster holds.
        return self._send(call)

    def _send(self, call: _Call) -> _Reply:
        urls = self._options.connect_url
        first = self._url_index
        started = self._clock()
        latest: dict[str, _Failure] = {}
        perhaps_done = False
        for attempt in itertools.count():
            index = (first + attempt) % len(urls)
            url = urls[index]
            seconds = min(self._options.request_timeout_seconds, self.remaining_seconds())
            if seconds <= 0:
                break
            try:
                result = self._exchange(url, call, seconds)
            except ConnectError as error:
                if perhaps_done:  # by an earlier try: this refusal says nothing about that one
                    raise self._unknown(call, latest) from error
                raise
            if isinstance(result, _Reply):
                self._url_index = index
                return result
            if call.write or url not in latest or self.remaining_seconds() > 0:
                # What the deadline cut short says less than what went wrong before.
                latest[url] = result
            if call.write:
                perhaps_done = perhaps_done or result.perhaps_done
                if not result.resend:
                    raise self._unknown(call, latest) if perhaps_done else self._given_up(call, {url: result})
            rounds, rest = divmod(attempt + 1, len(urls))
            if rest:
                continue
            waited = self._clock() - started
            if all(waited >= f.patience.seconds or rounds >= f.patience.rounds for f in latest.values()):
                raise self._unknown(call, latest) if perhaps_done else self._given_up(call, latest)
            pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2.0 ** min(rounds, 10)) * random.uniform(0.5, 1.0)
            self._sleep(min(pause, self.remaining_seconds()))
        raise self._unknown(call, latest) if perhaps_done else self._given_up(call, latest, deadline_passed=True)

    def _where(self) -> str:
        return ", ".join(self._options.connect_url)

    def _given_up(self, call: _Call, latest: Mapping[str, _Failure], *, deadline_passed: bool = False) -> ConnectError:
        why = _why(latest) or "nothing was sent, the time was used up by what came before"
        last = max(latest.values(), key=lambda failure: failure.patience.seconds, default=None)
        where = ", ".join(latest) or self._where()
        facts = self._facts(call, where, last.status if last else None)
        unchanged = "; nothing was changed by it" if call.write else ""
        if deadline_passed or last is None:
            return TimedOut(
                f"Kafka Connect at {self._where()} did not answer {call} within {self._options.timeout_seconds:g} s: "
                f"{why}{unchanged}; look at the workers, or raise timeout.",
                **facts,
            )
        if last.kind is Unreachable:
            message = (
                f"Kafka Connect cannot be reached at {where}: {why}{unchanged}; "
                "check connect_url and that a worker runs there."
            )
        elif last.kind is NotConnect:
            message = f"{where} does not answer as Kafka Connect does: {why}{unchanged}; check connect_url."
        else:
            message = f"Kafka Connect at {where} failed to answer {call}: {why}{unchanged}; look at the worker's log."
        return last.kind(message, **facts)

    def _unknown(self, call: _Call, latest: Mapping[str, _Failure]) -> UnknownOutcome:
        where = ", ".join(latest)
        return UnknownOutcome(
            f"{call} was sent to Kafka Connect at {where}, and whether it was done is not known ({_why(latest)}): "
            "read the connector's state before anything else is changed.",
            **self._facts(call, where),
        )

    # -----------------------------------------------------------------------------------------------------------------
    # One exchange

    def _authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._options.bearer_token:
            request.headers["Authorization"] = f"Bearer {self._options.bearer_token}"
        elif self._options.url_username and self._options.url_password:
            login = f"{self._options.url_username}:{self._options.url_password}".encode()
            request.headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        return request

    def _exchange(self, url: str, call: _Call, seconds: float) -> _Reply | _Failure:
        """One request and its answer, or why there is none; raises what no repetition can mend."""
        ends = self._clock() + seconds
        body = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        try:
            with self._session.request(
                call.method,
                url + call.path,
                data=body,
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=(min(CONNECT_TIMEOUT_SECONDS, seconds), seconds),
                # Given with each request: the environment's REQUESTS_CA_BUNDLE would win over the session's own.
                verify=self._options.ca_path or True if self._options.validate_certs else False,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = bytearray()
                # Each piece is awaited until it is whole: small ones let a slow answer be given up in time.
                for piece in response.iter_content(1024):
                    content += piece
                    if self._clock() > ends:
                        raise requests.ReadTimeout
        except OSError as error:  # requests' own exceptions are of this kind, and so are unreadable certificate files
            return self._broken(url, call, error, seconds)
        except ValueError:
            raise ConnectError(
                f"{url} cannot be used as a URL, or redirects to something that is none: check connect_url.",
                **self._facts(call, url),
            ) from None
        self._compare_clocks(response.headers.get("Date"))
        return self._judge(url, call, response.status_code, response.headers, bytes(content))

    def _compare_clocks(self, date: str | None) -> None:
        with contextlib.suppress(TypeError, ValueError):
            self.clock_ahead_seconds = time.time() - parsedate_to_datetime(date or "").timestamp()

    def _broken(self, url: str, call: _Call, error: OSError, seconds: float) -> _Failure:
        """The failure of an exchange without an answer; the exceptions' own texts repeat proxies with passwords."""
        causes = list(_causes(error))
        for cause in causes:
            # These three are a connection that ended, which happens to TLS when a worker goes away.
            ended = ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, ended):
                raise TlsFailed(_tls_sentence(url, cause), **self._facts(call, url))
        if not isinstance(error, requests.RequestException):
            raise TlsFailed(
                f"a certificate file needed for {url} cannot be read: "
                "check ca_path, client_cert, client_key and the environment's REQUESTS_CA_BUNDLE.",
                **self._facts(call, url),
            )
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            raise ConnectError(
                f"{url} cannot be used as a URL: check connect_url and the proxy variables.", **self._facts(call, url)
            )
        found = next((cause for cause in causes if isinstance(cause, socket.gaierror)), None)
        if isinstance(error, requests.exceptions.ProxyError):
            reason = "the proxy set in the environment (HTTP_PROXY, HTTPS_PROXY) does not pass it on"
        elif found is not None:
            reason = "the host name cannot be resolved"
        elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            reason = "connection refused"
        elif isinstance(error, requests.ConnectTimeout):
            reason = f"no connection within {min(CONNECT_TIMEOUT_SECONDS, seconds):g} s"
        elif any(isinstance(cause, NewConnectionError) for cause in causes):
            plain = (cause for cause in causes if isinstance(cause, OSError) and cause.strerror)
            reason = next((cause.strerror for cause in plain if cause.strerror), "no connection").lower()
        else:
            return self._no_answer(url, error, causes, seconds)
        return _Failure(Unreachable, reason, self._patience(_UNREACHABLE), perhaps_done=False, resend=True)

    def _no_answer(self, url: str, error: OSError, causes: Sequence[BaseException], seconds: float) -> _Failure:
        """The request went out, and then nothing came, or not all of it."""
        timed_out = isinstance(error, requests.Timeout) or any(isinstance(cause, TimeoutError) for cause in causes)
        if timed_out:
            return _Failure(
                ConnectError, f"no answer within {seconds:.3g} s", _UNTIL_DEADLINE, perhaps_done=True, resend=False
            )
        hint = ""
        if not self._has_answered and not url.startswith("https"):
            hint = " (if it expects TLS, write https://)"
        elif not self._has_answered and not self._options.client_cert:
            # With TLS 1.3 the refusal of a client without a certificate may get lost in the end of the connection.
            hint = " (if it asks for a certificate, set client_cert)"
        return _Failure(
            Unreachable,
            f"the connection was closed without a whole answer{hint}",
            self._patience(_UNREACHABLE),
            perhaps_done=True,
            resend=False,
        )

    def _judge(
        self, url: str, call: _Call, status: int, headers: Mapping[str, str], content: bytes
    ) -> _Reply | _Failure:
        data = _parse(content)
        if status in call.expected and (data is not _NOT_JSON or not call.wants_json):
            self._has_answered = self._has_answered or call.wants_json
            return _Reply(status, headers, data)
        facts = self._facts(call, url, status)
        if status in (401, 403, 407):
            raise AccessDenied(self._access_sentence(url, call, status), **facts)
        message = _connect_message(data)
        if message is None and status == 400 and set(call.connector or "") & set("/%\\"):
            # Seen with Kafka 4.3, whose web server answers so itself.
            raise Unsupported(
                f'Kafka Connect at {url} cannot address connector "{call.connector}" (status 400): '
                "this version accepts no /, % or \\ in a name over REST, give the connector another name.",
                **facts,
            )
        if message is None:
            return self._not_from_connect(call, status, headers, is_json=data is not _NOT_JSON)
        self._has_answered = True
        text = self._clean(message, call.secrets)
        route_is_unknown = status == 404 and message == "HTTP 404 Not Found"
        if route_is_unknown and call.since is None:
            reason = f"{call} is unknown there (status 404), although it answers errors as Kafka Connect does"
            return _Failure(NotConnect, reason, _FOREIGN, perhaps_done=False, resend=False, status=status)
        if route_is_unknown and "/" in (call.connector or ""):
            # Seen with Kafka 3.9: one worker passes the call on to another with the / no longer encoded.
            raise ConnectError(
                f'Kafka Connect at {url} cannot address connector "{call.connector}" in {call} (status 404): '
                "the / in its name is lost on the way from worker to worker, list the other one first in connect_url.",
                **facts,
            )
        if status == 405 or route_is_unknown:
            needed = f"it needs Kafka {call.since}" if call.since else "this version does not have it"
            raise Unsupported(
                f"Kafka Connect at {url} does not know {call} (status {status}): {needed}.", needs=call.since, **facts
            )
        if status == 404 and call.connector is not None:
            kind = NoStatusYet if message.startswith("No status found") else NotFound
            raise kind(f'Kafka Connect at {url} does not know the connector "{call.connector}": {text}', **facts)
        if status == 400 and "must be in the STOPPED state" in message:
            raise NotStoppedYet(
                f'the offsets of connector "{call.connector}" in the cluster at {url} cannot be changed '
                "before it is STOPPED and has no tasks: stop it and wait.",
                **facts,
            )
        failure = _passing(status, message, text, write=call.write)
        if failure is not None:
            return failure
        verb = "refused" if status < 500 else "failed at"
        raise ConnectError(f"Kafka Connect at {url} {verb} {call} (status {status}): {text}", **facts)

    def _not_from_connect(self, call: _Call, status: int, headers: Mapping[str, str], *, is_json: bool) -> _Failure:
        """An answer not given by Connect's own resources: by its web server while starting, a proxy, something else."""
        if 300 <= status < 400:
            # The rest of the target is left out: a login page's address may carry a ticket.
            target = re.match(r"https?://[\w.:\[\]-]+(?=[/?#]|$)", headers.get("Location", ""))
            to = f" to {target[0]}" if target else ""
            reason = f"{call} is redirected{to} (status {status}), which is not followed"
            return _Failure(NotConnect, reason, _FOREIGN, perhaps_done=False, resend=False, status=status)
        content_type = self._clean(headers.get("Content-Type", "").partition(";")[0].strip()) or "no content type"
        if status in (502, 503, 504):
            reason = f"status {status} of a proxy in front of it"
            patience = self._patience(_STARTING)
            return _Failure(ConnectError, reason, patience, perhaps_done=True, resend=False, status=status)
        answer = "JSON of another kind" if is_json else f"{content_type} instead of JSON"
        reason = (
            f"{call} is answered with {answer} (status {status}), "
            "so this is probably not a Kafka Connect REST API but a proxy or a login page"
        )
        patience = _FOREIGN
        if status == 404:
            # Connect's web server while the worker starts: HTML, an empty body, or JSON of its own.
            reason += ", or a worker that does not get ready"
            patience = self._patience(_STARTING)
        return _Failure(
            NotConnect,
            reason,
            patience,
            perhaps_done=status < 300 or status >= 500,
            resend=patience is not _FOREIGN,
            status=status,
        )

    def _patience(self, first: _Patience) -> _Patience:
        return _UNTIL_DEADLINE if self._has_answered else first

    def _access_sentence(self, url: str, call: _Call, status: int) -> str:
        where = f"Kafka Connect at {url}"
        if status == 407:
            return f"the proxy in front of {url} asks for a login of its own (status 407): put it into the proxy's URL."
        if status == 403:
            return f"{where} forbids {call} (status 403): give the user or token of this task that right."
        if self._options.bearer_token:
            return f"{where} does not accept the token (status 401): check bearer_token, it may have expired."
        if self._options.url_username:
            return f"{where} does not accept the login (status 401): check url_username and url_password."
        return f"{where} asks for a login (status 401): set url_username and url_password, or bearer_token."

    def _facts(self, call: _Call, url: str, status: int | None = None) -> dict[str, Any]:
        facts: dict[str, Any] = {"url": url, "method": call.method, "path": call.path}
        if status is not None:
            facts["status"] = status
        return facts

    def _clean(self, text: str, secrets: frozenset[str] = frozenset()) -> str:
        return clean(text, self._secrets | secrets)

    def _expecting(self, call: _Call) -> _Expecting:
        return _Expecting(self._url, call)


class _Expecting:
    """Turns a surprise in the shape of a reply into a sentence."""

    def __init__(self, url: str, call: _Call) -> None:
        self._url = url
        self._call = call

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, (AttributeError, KeyError, TypeError, ValueError)):
            # The exception itself may repeat a value of the reply.
            raise NotConnect(
                f"{self._url} answers {self._call} in JSON of an unexpected shape: "
                "check connect_url and Kafka Connect's version.",
                url=self._url,
                method=self._call.method,
                path=self._call.path,
            ) from None


# ---------------------------------------------------------------------------------------------------------------------
# Texts


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Connect's own error text fit for a message: on one line, not too long, without values of a config.

    The places in which Connect repeats values are always cut; each of ``secrets`` is masked wherever it stands.
    """
    text = re.sub(r"Connector config \{.*\}", f"Connector config {HIDDEN}", text, flags=re.DOTALL)
    text = "".join(_cut_value(part) for part in re.split(r"(?=Invalid value )", text))
    text = " ".join(scrubbed(text, secrets).split())
    return text if len(text) <= LONGEST_QUOTED_TEXT else text[:LONGEST_QUOTED_TEXT] + " ..."


def _cut_value(part: str) -> str:
    if not part.startswith("Invalid value "):
        return part
    # Up to the last such words: a value may hold them as well. Without any, a value was split in two, and all goes.
    match = re.fullmatch(r"Invalid value (.*) for configuration (.*)", part, flags=re.DOTALL)
    if match is None:
        return f"Invalid value {HIDDEN}"
    value, rest = match.groups()
    if value == "null":
        return part
    if len(value) >= SHORTEST_SECRET:
        rest = rest.replace(value, HIDDEN)
    return f"Invalid value {HIDDEN} for configuration {rest}"


def _maskable(config: Mapping[str, str | None]) -> frozenset[str]:
    return frozenset(
        str(value)
        for key, value in config.items()
        if value is not None
        and key not in ("name", "connector.class")
        and len(str(value)) >= SHORTEST_SECRET
        and str(value) not in ("true", "false")
        and not is_placeholder(str(value))
    )


def _passing(status: int, message: str, text: str, *, write: bool) -> _Failure | None:
    """The failure for an answer of Connect that passes by itself or leaves a change in doubt; None if it is final."""

    def failure(patience: _Patience, *, perhaps_done: bool, resend: bool) -> _Failure:
        reason = f"status {status}: {text.rstrip('.')}"
        return _Failure(ConnectError, reason, patience, perhaps_done=perhaps_done, resend=resend, status=status)

    if status == 409 and "already exists" not in message:
        return failure(_UNTIL_DEADLINE, perhaps_done=False, resend=True)
    if status in (502, 503, 504):
        return failure(_UNTIL_DEADLINE, perhaps_done=True, resend=False)
    if status != 500:
        return None
    if "because a rebalance is expected" in message:
        return failure(_UNTIL_DEADLINE, perhaps_done=False, resend=True)
    if message.startswith("IO Error trying to forward REST request"):
        # The leader may have done it and the way back have failed.
        return failure(_UNTIL_DEADLINE, perhaps_done=True, resend=True)
    if message.startswith("Request timed out"):
        return failure(_UNTIL_DEADLINE, perhaps_done=True, resend=False)
    if message.startswith("Failed to retrieve offsets for source connector"):
        # Passes when its cause is a race inside Connect, and never when it is a missing right on the offsets topic.
        return failure(_STARTING, perhaps_done=False, resend=False)
    if write and message.startswith("Timed out while") and "prior to modifying" not in message:
        return failure(_UNTIL_DEADLINE, perhaps_done=True, resend=False)
    return None


def _why(latest: Mapping[str, _Failure]) -> str:
    reasons = {failure.reason for failure in latest.values()}
    if len(reasons) <= 1:
        return "".join(reasons)
    return ", ".join(f"{url}: {failure.reason}" for url, failure in latest.items())


def _tls_sentence(url: str, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message
        if error.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
            return f"the certificate of {url} was made for another host ({reason}): use a host name that it carries."
        if error.verify_code == 10:  # X509_V_ERR_CERT_HAS_EXPIRED
            return f"the certificate of {url} is no longer valid ({reason}): have it renewed."
        return f"the certificate of {url} is not trusted ({reason}): set ca_path to that of the CA that signed it."
    reason = (error.reason or "TLS error").replace("_", " ").lower()
    if "alert" in reason:
        return f"{url} ended the TLS handshake ({reason}): if it asks for a certificate, set client_cert."
    return f"{url} does not speak TLS as expected ({reason}): if it speaks plain HTTP, write http:// in connect_url."


def _nearest(name: str, names: Sequence[str]) -> list[str]:
    by_lower = {candidate.lower(): candidate for candidate in names}
    return [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3)]


def _suggestion(name: str, names: Sequence[str]) -> str:
    if not names:
        return "it has no connectors."
    nearest = _nearest(name, names)
    if not nearest:
        return f"none of its {len(names)} connectors has a name like it."
    return "did you mean " + " or ".join(f'"{match}"' for match in nearest) + "?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was made of, wherever requests and urllib3 in their several versions put that."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]


# ---------------------------------------------------------------------------------------------------------------------
# Shapes

_NOT_JSON = object()


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return _NOT_JSON


def _connect_message(data: Any) -> str | None:
    """The message of an error as Connect words it, or None for anything else."""
    if isinstance(data, dict) and isinstance(data.get("error_code"), int):
        return str(data.get("message"))
    return None


def _path(name: str, *rest: str) -> str:
    # HTTP libraries resolve dots in a path, encoded or not, and would address something else.
    if name in ("", ".", ".."):
        raise InputError(f'"{name}" cannot be used as the name of a connector over REST: check the name.')
    return "/".join(("/connectors", quote(name, safe=""), *rest))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _config(data: Any) -> dict[str, str | None]:
    return {key: None if value is None else _text(value) for key, value in data.items()}


def _connector(name: str, info: Any, status: Any) -> Connector:
    return Connector.of(
        name,
        str(info.get("type") or "unknown"),
        _config(info["config"]),
        Status() if status is None else status_from_json(status),
    )
