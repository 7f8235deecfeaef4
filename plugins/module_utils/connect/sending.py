# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How calls are sent: to one URL after another, again while a failure may pass, with pauses, until the deadline."""

from __future__ import annotations

import base64
import copy
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import (
    Answer,
    Call,
    Exchange,
    Failure,
    Outcome,
    Reply,
    classify,
    given_up,
    in_doubt,
    is_from_connect,
    timed_out,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotConnect,
    TlsFailed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import Login
from ansible_collections.connectops.recovery.plugins.module_utils.connect.transport import Transport
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions

LONGEST_PAUSE_SECONDS = 2.0

Parsed = TypeVar("Parsed")


@dataclass
class _Known:
    """What the calls have shown so far. All senders of a task share it, in all threads."""

    url_index: int = 0
    has_answered: bool = False
    secrets: frozenset[str] = frozenset()
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sender:
    """Sends the calls of one client, all within one deadline. Several threads may use it.

    ``urls``: the workers to ask.
    """

    def __init__(
        self,
        options: ConnectOptions,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``clock`` returns seconds from any start, as time.monotonic does; the deadline counts from now."""
        self.urls = options.connect_url
        self.deadline = Deadline(options.timeout_seconds, clock, sleep)
        self._transport = Transport(options, clock)
        self._request_timeout_seconds = options.request_timeout_seconds
        self._clock = clock
        self._known = _Known()
        self._login: Login = "token" if options.bearer_token else "password" if options.url_username else "none"
        login = f"{options.url_username}:{options.url_password}".encode()
        # Something in front of Connect may quote the header of the login.
        self.hide((options.url_password or "", options.bearer_token or "", base64.b64encode(login).decode()))

    def within(self, deadline: Deadline) -> Sender:
        """A sender for the same cluster, over the same connections, with another deadline."""
        other = copy.copy(self)
        other.deadline = deadline
        return other

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    @property
    def clock_ahead_seconds(self) -> float:
        """See :class:`Transport`."""
        return self._transport.clock_ahead_seconds

    @property
    def secrets(self) -> frozenset[str]:
        """Values that no message may contain."""
        return self._known.secrets

    def hide(self, values: Iterable[str]) -> None:
        """Add to ``secrets``; empty values are ignored."""
        with self._known.lock:
            self._known.secrets |= {value for value in values if value}

    def send(self, call: Call) -> Reply:
        """Send a call, and send it again to the next URL as long as its failures may pass and the deadline allows it.

        Raises :class:`UnknownOutcome` for a change that may have been made, and a :class:`ConnectError` for any other call
        without a reply.
        """
        attempts = _Attempts(call, self.urls, self._known.url_index)
        started = self._clock()
        for rounds in itertools.count(1):
            while (index := attempts.next_url()) is not None:
                seconds = min(self._request_timeout_seconds, self.deadline.remaining_seconds())
                if seconds <= 0:
                    raise attempts.timed_out(self.deadline.seconds)
                outcome = self._exchange(self.urls[index], call, seconds)
                if isinstance(outcome, Reply):
                    self._known.url_index = index
                    return outcome
                attempts.note(index, outcome, self.deadline.remaining_seconds())
            if attempts.are_enough(self._clock() - started, rounds):
                break
            pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2.0 ** min(rounds, 10)) * random.uniform(0.5, 1.0)
            pause = max(pause, attempts.wanted_pause_seconds)
            self.deadline.sleep(min(pause, self.deadline.remaining_seconds()))
            attempts.begin_round()
        raise attempts.given_up()

    def read(self, call: Call, parse: Callable[[Any], Parsed]) -> Parsed:
        """Send a call, and parse what it returns. Raises as :meth:`send` and :func:`parsed` do."""
        return parsed(call, self.send(call), parse)

    def send_once(self, address: str, call: Call, seconds: float) -> Outcome:
        """Send a read to the worker at ``address`` (``host:port``), once, by the scheme of the URL that answered last.

        Takes at most ``seconds`` and never longer than the deadline. Raises :class:`TimedOut` when that has passed.
        """
        seconds = min(seconds, self.deadline.remaining_seconds())
        if seconds <= 0:
            raise timed_out(call, {}, self.urls, self.deadline.seconds)
        return self._exchange(f"{urlsplit(self.urls[self._known.url_index]).scheme}://{address}", call, seconds)

    def _exchange(self, url: str, call: Call, seconds: float) -> Outcome:
        self.deadline.check()
        exchange = Exchange(url, call, self._known.has_answered, self._login, self.secrets)
        answer = self._transport.send(exchange, seconds)
        if not isinstance(answer, Answer):
            return answer
        if is_from_connect(call, answer):
            self._known.has_answered = True
        return classify(exchange, answer)


def parsed(call: Call, reply: Reply, parse: Callable[[Any], Parsed]) -> Parsed:
    """The JSON of a reply as ``parse`` reads it. Raises :class:`NotConnect` for another shape."""
    try:
        return parse(reply.data)
    except replies.WRONG_SHAPE:
        # Without the exception: it may repeat a value of the reply.
        raise NotConnect(
            f"{reply.url} answers {call} with JSON of an unexpected shape: check connect_url and Kafka Connect's version.",
            **call.facts(reply.url),
        ) from None


class _Attempts:
    """The attempts to send one call, and what came of them: the latest failure by URL."""

    def __init__(self, call: Call, urls: tuple[str, ...], first: int) -> None:
        self._call = call
        self._all_urls = urls
        self._indexes = [*range(first, len(urls)), *range(first)]
        self._waiting = list(self._indexes)
        self._latest: dict[str, Failure] = {}
        self._refused: TlsFailed | None = None
        self._perhaps_done = False

    def begin_round(self) -> None:
        """Ask every URL once more."""
        self._waiting = list(self._indexes)

    def next_url(self) -> int | None:
        """The index of the URL to ask next; None at the end of a round."""
        return self._waiting.pop(0) if self._waiting else None

    def note(self, index: int, outcome: Failure | ConnectError, remaining_seconds: float) -> None:
        """Keep what became of one attempt. Raises the error of the call when it must not be sent again."""
        url = self._all_urls[index]
        if isinstance(outcome, TlsFailed) and not self._perhaps_done:
            # The certificate of another worker may be fine. Without TLS nothing is sent after this.
            self._refused = self._refused or outcome
            self._indexes = [one for one in self._indexes if one != index and self._all_urls[one].startswith("https")]
            self._waiting = [one for one in self._waiting if one in self._indexes]
            return
        if isinstance(outcome, ConnectError):
            if self._perhaps_done:  # by an earlier attempt, about which this error says nothing
                raise in_doubt(self._call, self._latest) from outcome
            raise outcome
        if self._call.write or url not in self._latest or remaining_seconds > 0:
            # A reason that the deadline cut short says less than the previous reason.
            self._latest[url] = outcome
        if self._call.write:
            self._perhaps_done = self._perhaps_done or outcome.perhaps_done
            if not outcome.resend:
                raise in_doubt(self._call, self._latest) if self._perhaps_done else given_up(self._call, {url: outcome})

    @property
    def wanted_pause_seconds(self) -> float:
        """The longest pause that one of the servers asks for."""
        return max((failure.pause_seconds for failure in self._latest.values()), default=0.0)

    def are_enough(self, waited_seconds: float, rounds: int) -> bool:
        """Whether the failures have had enough time to pass."""
        return all(
            waited_seconds >= failure.patience.seconds or rounds >= failure.patience.rounds
            for failure in self._latest.values()
        )

    def given_up(self) -> ConnectError | UnknownOutcome:
        """The error of a call whose failures did not pass."""
        if self._perhaps_done:
            return in_doubt(self._call, self._latest)
        return self._refused or given_up(self._call, self._latest)

    def timed_out(self, timeout_seconds: float) -> ConnectError | UnknownOutcome:
        """The error of a call that the deadline ended."""
        if self._perhaps_done:
            return in_doubt(self._call, self._latest)
        return timed_out(self._call, self._latest, self._all_urls, timeout_seconds)
