# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors that are stopped together, or returned together, share rebalances of the workers.

A rebalance takes up to a heartbeat (3 s by default) as soon as there are two workers, and reads and changes of other
connectors wait for it. So all are looked at before the first one is stopped, and one that is done waits for the others
that are still STOPPED, but not for long: a slow one must not hold up the others. The marks are removed before the first
one returns: a mark that is removed during a rebalance leaves a connector STOPPED without one until that has ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LONGEST_WAIT_SECONDS = 5.0
# The others are already removing their marks, and this one has no mark any more.
_LONGEST_WAIT_UNMARKED_SECONDS = 1.0
_SLICE_SECONDS = 0.1


class Meeting:
    """Where the changes of one task wait for each other before a step that begins a rebalance, or waits for one."""

    def __init__(self, longest_wait_seconds: float = _LONGEST_WAIT_SECONDS) -> None:
        self._longest_wait_seconds = longest_wait_seconds
        self._changed = threading.Condition()
        # Those that are still to come.
        self._missing: set[str] = set()

    @contextmanager
    def expects(self, name: str) -> Iterator[None]:
        """The others wait for this connector until it comes, or until the block ends."""
        self.expect(name)
        try:
            yield
        finally:
            self.come(name)

    def expect(self, name: str) -> None:
        """The others wait for this connector from now on, until it comes."""
        with self._changed:
            self._missing.add(name)

    def wait(self, name: str, check: Callable[[], None]) -> None:
        """Come, and return when nobody is missing any more or the time is over. ``check`` raises to end the wait."""
        self.come(name)
        until = time.monotonic() + self._longest_wait_seconds
        with self._changed:
            while self._missing and time.monotonic() < until:
                check()
                self._changed.wait(_SLICE_SECONDS)

    def come(self, name: str) -> None:
        """The others wait no longer for this connector."""
        with self._changed:
            self._missing.discard(name)
            # Notify only when nobody is missing: waking all threads each time one arrives takes as long as a step of a change.
            if not self._missing:
                self._changed.notify_all()


class Meetings:
    """All meetings of one task, in the order in which its connectors come to them."""

    def __init__(self) -> None:
        self._look, self._stop, self._unmark = Meeting(), Meeting(), Meeting()
        self._return = Meeting(_LONGEST_WAIT_UNMARKED_SECONDS)

    @contextmanager
    def expect(self, name: str) -> Iterator[None]:
        """The others wait for this connector until the block ends at the latest."""
        with self._look.expects(name), self._stop.expects(name), self._unmark.expects(name):
            try:
                yield
            finally:
                self._return.come(name)

    def before_look(self, name: str, check: Callable[[], None]) -> None:
        """Wait before the last look at the mark. For ``check`` see :meth:`Meeting.wait`; here and below."""
        self._look.wait(name, check)

    def before_stop(self, name: str, check: Callable[[], None]) -> None:
        """Wait before the request to stop."""
        self._stop.wait(name, check)

    def before_unmark(self, name: str, check: Callable[[], None]) -> None:
        """Wait before the mark is removed."""
        self._unmark.wait(name, check)
        # Wait only for connectors that remove their marks at the same time: a slow one must not leave others without a
        # mark.
        self._return.expect(name)

    def before_return(self, name: str, check: Callable[[], None]) -> None:
        """Wait, without a mark, before the request to return."""
        self._return.wait(name, check)
