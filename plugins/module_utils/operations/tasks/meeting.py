# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors that are stopped together, or returned together, share rebalances of the workers.

A rebalance takes up to a heartbeat (3 s by default) as soon as there are two workers, and reads and changes of other connectors
wait for it. So all are looked at before the first one is stopped, and one that is done waits for the others that are still
STOPPED, but not for long: none is held down by a slow one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LONGEST_WAIT_SECONDS = 5.0
_SLICE_SECONDS = 0.1


class Meeting:
    """Where the changes of one task wait for each other before a step that begins a rebalance."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # Those that are still to come.
        self._missing: set[str] = set()

    @contextmanager
    def expects(self, name: str) -> Iterator[None]:
        """The others wait for this connector until it comes, or until the block ends."""
        with self._changed:
            self._missing.add(name)
        try:
            yield
        finally:
            self._come(name)

    def wait(self, name: str, check: Callable[[], None]) -> None:
        """Come, and return when nobody is missing any more or the time is over. ``check`` raises to end the wait."""
        self._come(name)
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        with self._changed:
            while self._missing and time.monotonic() < until:
                check()
                self._changed.wait(_SLICE_SECONDS)

    def _come(self, name: str) -> None:
        with self._changed:
            self._missing.discard(name)
            self._changed.notify_all()
