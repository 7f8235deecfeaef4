# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How calls are sent: to one URL after another, again while a failure may pass, with pauses, until the deadline."""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

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
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import Login
from ansible_collections.connectops.recovery.plugins.module_utils.connect.transport import Transport
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions

LONGEST_PAUSE_SECONDS = 2.0


class Sender:
    """Sends the calls of one client, all within one deadline. Several threads may use it.

    ``urls``: the workers to ask. ``secrets``: values that no message may contain.
    """

    def __init__(self, options: ConnectOptions, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """``clock`` returns seconds from any start, as time.monotonic does; the deadline counts from now."""
        self.urls = options.connect_url
        self.secrets: frozenset[str] = frozenset()
        self._transport = Transport(options, clock)
        self._timeout_seconds = options.timeout_seconds
        self._request_timeout_seconds = options.request_timeout_seconds
        self._clock = clock
        self._sleep = sleep
        self._deadline = clock() + options.timeout_seconds
        self._url_index = 0
        self._has_answered = False
        self._login: Login = "token" if options.bearer_token else "password" if options.url_username else "none"
        login = f"{options.url_username}:{options.url_password}".encode()
        # Something in front of Connect may quote the header of the login.
        self.hide((options.url_password or "", options.bearer_token or "", base64.b64encode(login).decode()))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    @property
    def clock_ahead_seconds(self) -> float:
        """See :class:`Transport`."""
        return self._transport.clock_ahead_seconds

    def remaining_seconds(self) -> float:
        """Time left until the deadline, never negative."""
        return max(0.0, self._deadline - self._clock())

    def extend(self, seconds: float) -> None:
        """Move the deadline so that at least ``seconds`` are left."""
        self._deadline = max(self._deadline, self._clock() + seconds)

    def hide(self, values: Iterable[str]) -> None:
        """Add to ``secrets``; empty values are ignored."""
        self.secrets |= {value for value in values if value}

    def send(self, call: Call) -> Reply:
        """Send a call, and send it again to the next URL as long as its failures may pass and the deadline allows it.

        Raises :class:`UnknownOutcome` for a change that may have been made, and a :class:`ConnectError` for any other call
        without a reply.
        """
        first = self._url_index
        started = self._clock()
        latest: dict[str, Failure] = {}
        perhaps_done = False
        for attempt in itertools.count():
            index = (first + attempt) % len(self.urls)
            url = self.urls[index]
            seconds = min(self._request_timeout_seconds, self.remaining_seconds())
            if seconds <= 0:
                break
            outcome = self._exchange(url, call, seconds)
            if isinstance(outcome, Reply):
                self._url_index = index
                return outcome
            if isinstance(outcome, ConnectError):
                if perhaps_done:  # by an earlier attempt, of which this error says nothing
                    raise in_doubt(call, latest) from outcome
                raise outcome
            if call.write or url not in latest or self.remaining_seconds() > 0:
                # A reason that the deadline cut short says less than the one before it.
                latest[url] = outcome
            if call.write:
                perhaps_done = perhaps_done or outcome.perhaps_done
                if not outcome.resend:
                    raise in_doubt(call, latest) if perhaps_done else given_up(call, {url: outcome})
            rounds, rest = divmod(attempt + 1, len(self.urls))
            if rest:
                continue
            waited = self._clock() - started
            if all(waited >= f.patience.seconds or rounds >= f.patience.rounds for f in latest.values()):
                raise in_doubt(call, latest) if perhaps_done else given_up(call, latest)
            pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2.0 ** min(rounds, 10)) * random.uniform(0.5, 1.0)
            self._sleep(min(pause, self.remaining_seconds()))
        if perhaps_done:
            raise in_doubt(call, latest)
        raise timed_out(call, latest, self.urls, self._timeout_seconds)

    def send_once(self, address: str, call: Call, seconds: float) -> Outcome:
        """Send a read to the worker at ``address`` (``host:port``), once, by the scheme of the URL that answered last.

        Takes at most ``seconds`` and never longer than the deadline. Raises :class:`TimedOut` when that has passed.
        """
        seconds = min(seconds, self.remaining_seconds())
        if seconds <= 0:
            raise timed_out(call, {}, self.urls, self._timeout_seconds)
        return self._exchange(f"{urlsplit(self.urls[self._url_index]).scheme}://{address}", call, seconds)

    def _exchange(self, url: str, call: Call, seconds: float) -> Outcome:
        exchange = Exchange(url, call, self._has_answered, self._login, self.secrets)
        answer = self._transport.send(exchange, seconds)
        if not isinstance(answer, Answer):
            return answer
        self._has_answered = self._has_answered or is_from_connect(call, answer)
        return classify(exchange, answer)
