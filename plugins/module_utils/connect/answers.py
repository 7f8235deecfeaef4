# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of Kafka Connect means: success, a failure that may pass, or a final error. Pure: no I/O, no clock.

These rules decide whether a call is repeated and whether a change is in doubt. ``tests/unit/connect/test_answers.py`` has
one row for each of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
    ConnectError,
    NoStatusYet,
    NotConnect,
    NotFound,
    NotStoppedYet,
    TimedOut,
    Unreachable,
    Unsupported,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import (
    Login,
    access_denied,
    clean,
    combined,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome

# ---------------------------------------------------------------------------------------------------------------------
# A call, where it is sent, and what comes back


@dataclass(frozen=True)
class Call:
    """One call to the REST API.

    ``since``: the Kafka version that introduced the call; None for a call that every version has.
    ``secrets``: values that the answer may repeat and no message may contain.
    ``wants_json``: whether the body of a successful answer must be JSON.
    """

    method: str
    path: str
    expected: frozenset[int] = frozenset({200})
    body: Any = field(default=None, repr=False)
    connector: str | None = None
    since: str | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    write: bool = False
    wants_json: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def facts(self, url: str, status: int | None = None) -> dict[str, Any]:
        """The facts of an error about this call."""
        facts: dict[str, Any] = {"url": url, "call": str(self)}
        return facts if status is None else {**facts, "status": status}


@dataclass(frozen=True)
class Exchange:
    """A call to one worker, and what is known when it is sent.

    ``has_answered``: the cluster has answered as Kafka Connect before. From then on the client waits for an outage to
    end, because the task may have stopped a connector there.
    """

    url: str
    call: Call
    has_answered: bool = False
    login: Login = "none"
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def clean(self, text: str) -> str:
        """A text from the answer without the secrets of the call and of the task."""
        return clean(text, self.secrets | self.call.secrets)

    def facts(self, status: int | None = None) -> dict[str, Any]:
        return self.call.facts(self.url, status)


NOT_JSON = object()


def parse(content: bytes) -> Any:
    """The JSON value of a body, or :data:`NOT_JSON`."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # the latter for JSON that is nested too deeply
        return NOT_JSON


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; ``data`` is the body as :func:`parse` returns it."""

    status: int
    headers: Mapping[str, str]
    data: Any = field(repr=False)

    @property
    def message(self) -> str | None:
        """The message of an error as Kafka Connect words it, ``{"error_code", "message"}``; None for anything else."""
        if isinstance(self.data, dict) and isinstance(self.data.get("error_code"), int):
            return str(self.data.get("message"))
        return None


# ---------------------------------------------------------------------------------------------------------------------
# Outcomes


@dataclass(frozen=True)
class Reply:
    """A successful answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    data: Any = field(repr=False)


@dataclass(frozen=True)
class Patience:
    """How long to repeat a call that fails like this: until ``seconds`` have passed, or all URLs were tried ``rounds`` times."""

    seconds: float
    rounds: float = math.inf


UNTIL_DEADLINE = Patience(math.inf)
# No server is there. Most often the URL is wrong, which the user should learn at once.
UNREACHABLE = Patience(10.0, rounds=3)
# A starting worker answers like this for about ten seconds, but so does any other web server.
STARTING = Patience(15.0)
_TOO_FAST = 429
# This is not Kafka Connect: ask each URL once.
FOREIGN = Patience(0.0, rounds=1)


@dataclass(frozen=True)
class Failure:
    """A call that failed here and now, but may succeed on another worker or a moment later.

    ``kind`` is the error to raise once ``patience`` has ended.
    ``perhaps_done``: if the call was a change, Connect may have made it.
    ``resend``: if the call was a change, it may be sent again. All changes here can be repeated without harm.
    ``pause_seconds``: how long the server asks to wait before that; 0 if it does not say.
    """

    kind: type[ConnectError]
    reason: str
    patience: Patience
    perhaps_done: bool
    resend: bool
    status: int | None = None
    pause_seconds: float = 0.0


# An error is final: repeating the call does not help.
Outcome = Union[Reply, Failure, ConnectError]


# ---------------------------------------------------------------------------------------------------------------------
# One answer


def is_from_connect(call: Call, answer: Answer) -> bool:
    """Whether Kafka Connect's own resources gave this answer, and not a web server, a proxy or a login in front of it."""
    if _is_success(call, answer):
        return call.wants_json
    return answer.status not in (401, 403, 407) and answer.message is not None


def classify(exchange: Exchange, answer: Answer) -> Outcome:
    """What the answer means for the call. Errors are returned, not raised."""
    call, url, status = exchange.call, exchange.url, answer.status
    if _is_success(call, answer):
        return Reply(url, status, answer.headers, answer.data)
    if status in (401, 403, 407):
        return AccessDenied(access_denied(url, call, status, exchange.login), **exchange.facts(status))
    if status == _TOO_FAST:
        # Connect itself has no limit; something in front of it has blocked the call.
        patience = UNTIL_DEADLINE if exchange.has_answered else STARTING
        reason = f"status {status}: a gateway or proxy in front of it limits the requests"
        pause = _wanted_pause(answer)
        return Failure(
            ConnectError, reason, patience, perhaps_done=False, resend=True, status=status, pause_seconds=pause
        )
    if answer.message is None:
        return _not_from_connect(exchange, answer)
    return _error_of_connect(exchange, status, answer.message)


def _wanted_pause(answer: Answer) -> float:
    """The seconds of ``Retry-After``; 0 if there are none. A date is ignored, because the clocks may differ."""
    text = answer.headers.get("Retry-After", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0


def _is_success(call: Call, answer: Answer) -> bool:
    return answer.status in call.expected and (answer.data is not NOT_JSON or not call.wants_json)


def _not_from_connect(exchange: Exchange, answer: Answer) -> Failure | Unsupported:
    """An answer of Connect's web server while it starts, of a proxy, or of something else."""
    call, status = exchange.call, answer.status
    if status == 400 and set(call.connector or "") & set("/%\\"):
        # Kafka 4.3: the web server itself refuses such paths.
        return Unsupported(
            f'Kafka Connect at {exchange.url} cannot address connector "{call.connector}" (status 400): '
            "this version does not accept /, % or \\ in connector names over REST; give the connector another name.",
            **exchange.facts(status),
        )
    if 300 <= status < 400:
        # Only scheme and host of the target: the address of a login page may carry a ticket.
        target = re.match(r"https?://[\w.:\[\]-]+(?=[/?#]|$)", answer.headers.get("Location", ""))
        to = f" to {target[0]}" if target else ""
        reason = f"{call} is redirected{to} (status {status}), and redirects are not followed"
        return Failure(NotConnect, reason, FOREIGN, perhaps_done=False, resend=False, status=status)
    starting = UNTIL_DEADLINE if exchange.has_answered else STARTING
    if status in (502, 503, 504):
        reason = f"status {status} from a proxy in front of it"
        pause = _wanted_pause(answer)
        return Failure(
            ConnectError, reason, starting, perhaps_done=True, resend=False, status=status, pause_seconds=pause
        )
    content_type = exchange.clean(answer.headers.get("Content-Type", "").partition(";")[0].strip())
    found = (
        "JSON of another server"
        if answer.data is not NOT_JSON
        else f"{content_type or 'no content type'} instead of JSON"
    )
    reason = (
        f"{call} is answered with {found} (status {status}), "
        "so this is probably not a Kafka Connect REST API but a proxy or a login page"
    )
    if status == 404:
        # Connect's web server while the worker starts: HTML, an empty body, or JSON of its own.
        reason += ", or a worker that does not finish starting"
        return Failure(NotConnect, reason, starting, perhaps_done=False, resend=True, status=status)
    perhaps_done = status < 300 or status >= 500
    return Failure(NotConnect, reason, FOREIGN, perhaps_done=perhaps_done, resend=False, status=status)


def _error_of_connect(exchange: Exchange, status: int, message: str) -> Failure | ConnectError:
    call, name, where = exchange.call, exchange.call.connector, f"Kafka Connect at {exchange.url}"
    text, facts = exchange.clean(message), exchange.facts(status)
    route_is_unknown = status == 404 and message == "HTTP 404 Not Found"
    if route_is_unknown and call.since is None:
        # For example a schema registry, which words its errors as Connect does.
        reason = f"{call} does not exist there (status 404), although its errors look like Kafka Connect's"
        return Failure(NotConnect, reason, FOREIGN, perhaps_done=False, resend=False, status=status)
    if route_is_unknown and "/" in (name or ""):
        # Kafka 3.9: a worker that forwards the call to another one does not encode the / again.
        return ConnectError(
            f'{where} cannot address connector "{name}" in {call} (status 404): the / in its name is lost when one worker '
            "forwards the call to another; list the other worker first in connect_url.",
            **facts,
        )
    if status == 405 or route_is_unknown:
        needed = f"it needs Kafka {call.since}" if call.since else "this version does not have it"
        return Unsupported(f"{where} does not support {call} (status {status}): {needed}.", needs=call.since, **facts)
    if status == 404 and name is not None:
        kind = NoStatusYet if message.startswith("No status found") else NotFound
        return kind(f'{where} has no connector "{name}": {text}', **facts)
    if status == 400 and "must be in the STOPPED state" in message:
        return NotStoppedYet(
            f'the offsets of connector "{name}" in the cluster at {exchange.url} cannot be changed while the connector runs or '
            "has tasks: stop the connector, and wait until it has none.",
            **facts,
        )
    failure = _passing(call, status, message, text)
    if failure is not None:
        return failure
    verb = "refused" if status < 500 else "failed to process"
    return ConnectError(f"{where} {verb} {call} (status {status}): {text}", **facts)


def _passing(call: Call, status: int, message: str, text: str) -> Failure | None:
    """The failure for an error of Connect that passes on its own or leaves a change in doubt; None for a final one."""

    def failure(patience: Patience, *, perhaps_done: bool, resend: bool) -> Failure:
        reason = f"status {status}: {text.rstrip('.')}"
        return Failure(ConnectError, reason, patience, perhaps_done=perhaps_done, resend=resend, status=status)

    if status == 409 and "already exists" not in message:
        return failure(UNTIL_DEADLINE, perhaps_done=False, resend=True)
    if status in (502, 503, 504):
        return failure(UNTIL_DEADLINE, perhaps_done=True, resend=False)
    if status != 500:
        return None
    if "because a rebalance is expected" in message:
        return failure(UNTIL_DEADLINE, perhaps_done=False, resend=True)
    if message.startswith("IO Error trying to forward REST request"):
        # The leader may have made the change before the way back failed.
        return failure(UNTIL_DEADLINE, perhaps_done=True, resend=True)
    if message.startswith("Request timed out"):
        return failure(UNTIL_DEADLINE, perhaps_done=True, resend=False)
    if message.startswith("Failed to retrieve offsets for source connector"):
        # Passes when a race inside Connect is the cause, and never when a permission on the offsets topic is missing.
        return failure(STARTING, perhaps_done=False, resend=False)
    if call.write and message.startswith("Timed out while") and "prior to modifying" not in message:
        return failure(UNTIL_DEADLINE, perhaps_done=True, resend=False)
    return None


# ---------------------------------------------------------------------------------------------------------------------
# All answers to a call that did not succeed: the latest failure by URL


def given_up(call: Call, latest: Mapping[str, Failure]) -> ConnectError:
    """The error for a call whose failures did not pass; a change was not made."""
    last, where, why = _most_patient(latest), ", ".join(latest), _why(call, latest)
    if last.kind is Unreachable:
        message = f"Kafka Connect cannot be reached at {where}: {why}; check connect_url and that a worker runs there."
    elif last.kind is NotConnect:
        message = f"{where} does not answer like Kafka Connect: {why}; check connect_url."
    else:
        message = f"Kafka Connect at {where} failed to answer {call}: {why}; check the worker's log."
    return last.kind(message, **call.facts(where, last.status))


def timed_out(call: Call, latest: Mapping[str, Failure], urls: tuple[str, ...], timeout_seconds: float) -> TimedOut:
    """The error for a call that the deadline ended; a change was not made. ``latest`` is empty if nothing was sent."""
    status = _most_patient(latest).status if latest else None
    return TimedOut(
        f"Kafka Connect at {', '.join(urls)} did not answer {call} within {timeout_seconds:g} s: {_why(call, latest)}; "
        "check the workers, or raise timeout.",
        **call.facts(", ".join(latest or urls), status),
    )


def in_doubt(call: Call, latest: Mapping[str, Failure]) -> UnknownOutcome:
    """The error for a change that may have been made."""
    where = ", ".join(latest)
    return UnknownOutcome(
        f"{call} was sent to Kafka Connect at {where}, but its outcome is unknown ({_reasons(latest)}): "
        "read the connector's state before you change anything else.",
        **call.facts(where),
    )


def _most_patient(latest: Mapping[str, Failure]) -> Failure:
    return max(latest.values(), key=lambda failure: failure.patience.seconds)


def _why(call: Call, latest: Mapping[str, Failure]) -> str:
    reasons = _reasons(latest) or "nothing was sent, because earlier calls used up the time"
    return f"{reasons}; the call changed nothing" if call.write else reasons


def _reasons(latest: Mapping[str, Failure]) -> str:
    return combined({url: failure.reason for url, failure in latest.items()})
