# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind asks outside of Connect may have been asked for another cluster of the same run: how it finds out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Look(Protocol):
    """One look at all that is outside of Connect for one connector. It waits for a limited time in all."""

    def once(self, account: str, question: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answer to a question about an account: one that another task of this run has got lately, or that of ``ask``.

        Answers are JSON without secrets. ``account`` may be a secret.
        """

    def wait_for_turn(self, account: str, endpoint: str) -> bool:
        """Wait until one more request to an endpoint is within the rate; False if that were longer than the look may wait."""

    def hold_back(self, account: str, endpoint: str, seconds: float) -> bool:
        """Let no task of this run ask an endpoint for so long; False if that is longer than the look may wait."""


class Sharing(Protocol):
    """What the tasks of one run share. A later look at a connector never gets an answer that an earlier one may have had."""

    def look(self, connector: str) -> AbstractContextManager[Look]:
        """One look at what concerns a connector."""
