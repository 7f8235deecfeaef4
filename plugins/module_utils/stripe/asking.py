# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one Stripe account: asked once in a run, within Stripe's limits, and repeated where that may help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Look
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import without_keys
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import scrubbed

if TYPE_CHECKING:
    import stripe

# Attempts after a failure of Stripe or of the network. After 429, only the time limit of the look ends the attempts.
_MOST_FAILURES = 3
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0
_TOO_FAST = 429


class StripeFailed(Exception):
    """A question has no answer. ``status`` is Stripe's, None if it could not be reached; ``text`` has no secret in it."""

    def __init__(self, status: int | None, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text

    @property
    def is_refusal(self) -> bool:
        """Whether Stripe refuses the key."""
        return self.status in (401, 403)

    @property
    def is_of_all(self) -> bool:
        """Whether any other question to this account would fail as well."""
        return self.status in (401, None)


@dataclass(frozen=True)
class Questions:
    """Questions of one look to the account of one API key; ``api_url`` is where its Stripe is."""

    look: Look
    api_url: str
    key: str = field(repr=False)

    def answer(self, question: str, endpoint: str, ask: Callable[[Turn], Any]) -> Any:
        """What ``ask`` returns (JSON without secrets), or did for another task of this run. Raises StripeFailed.

        ``ask`` calls the turn it is given before each request of its own.
        """

        def asked() -> dict[str, Any]:
            try:
                return {"answer": self._asked(endpoint, ask)}
            except StripeFailed as failure:
                # The others would wait as long, for the same answer.
                return {"failure": {"status": failure.status, "text": failure.text}}

        found = self.look.once(self._account, question, asked)
        if "failure" in found:
            raise StripeFailed(**found["failure"])
        return found["answer"]

    def secretless(self, text: str) -> str:
        """Stripe's own text may quote a key, or a part of it."""
        return without_keys(scrubbed(text, (self.key,)))

    @property
    def _account(self) -> str:
        return f"{self.api_url} {self.key}"

    def _asked(self, endpoint: str, ask: Callable[[Turn], Any]) -> Any:
        import stripe

        def turn() -> None:
            if not self.look.wait_for_turn(self._account, endpoint):
                raise StripeFailed(
                    _TOO_FAST, "this run has reached the limit on requests: wait a minute, or use fewer forks"
                )

        failures = 0
        for attempt in count():
            try:
                return ask(turn)
            except stripe.StripeError as error:
                pause = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
                failures += error.http_status != _TOO_FAST
                is_final = not _may_pass(error) or failures >= _MOST_FAILURES
                if is_final or not self.look.hold_back(self._account, endpoint, _wanted_pause(error) or pause):
                    raise self._failure(error) from None
        raise AssertionError("count() has no end")

    def _failure(self, error: stripe.StripeError) -> StripeFailed:
        words = self.secretless(" ".join(str(error.user_message or error).split()))
        if error.http_status is None:
            # The library's own words, with what happened at their end.
            cause = re.search(r"\(Network error: (?:An? )?(\w+)", words)
            words = "no answer" if cause is None else f"no answer ({cause[1]})"
        return StripeFailed(error.http_status, words.rstrip(".") or type(error).__name__)


Turn = Callable[[], None]


def _may_pass(error: stripe.StripeError) -> bool:
    """Whether the same request may be answered in a moment."""
    if error.http_status is None:
        return bool(getattr(error, "should_retry", False))
    return error.http_status in (409, _TOO_FAST) or error.http_status >= 500


def _wanted_pause(error: stripe.StripeError) -> float | None:
    """The seconds that Stripe asks to wait, None if it names none."""
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if seconds > 0 else None
