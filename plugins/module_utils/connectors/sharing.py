# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a kind finds out whether another cluster of the same run has already asked its question outside of Connect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Look(Protocol):
    """One look at everything outside of Connect for one connector. Its total waiting time is limited."""

    def once(self, of: str, question: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answer to a question: one that another task of this run has got lately, or that of ``ask``.

        Answers are JSON without secrets. ``of``: who is asked, and for whom, such as an address with a login. It may be a secret.
        """

    def wait_for_turn(self, of: str, endpoint: str) -> bool:
        """Wait until the rate allows one more request to an endpoint; False if that takes longer than the look may wait."""

    def hold_back(self, of: str, endpoint: str, seconds: float) -> bool:
        """Keep all tasks of this run from asking an endpoint for this time; False if it is longer than the look may wait."""


class Sharing(Protocol):
    """What the tasks of one run share. A later look at a connector never gets an answer that an earlier one may have had."""

    def look(self, connector: str) -> AbstractContextManager[Look]:
        """One look at what concerns a connector."""
