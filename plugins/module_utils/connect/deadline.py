# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the calls for one piece of work may take, and whether they may continue."""

from __future__ import annotations

import time
from collections.abc import Callable

# A wait notices an interruption after this time at the latest.
_SLICE_SECONDS = 0.1


class Deadline:
    """The time of one piece of work: of a task's first reads, or of the change of one connector.

    ``clock`` counts seconds from any moment, ``sleep`` waits for seconds. ``interrupt`` is called before each call and
    during each wait: it raises RecoveryError when the work must end there. Its argument says whether the work is
    already on its way back, which only a second interruption ends.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        interrupt: Callable[[bool], None] | None = None,
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._interrupt = interrupt
        self._ends = clock() + seconds
        self._is_returning = False

    def remaining_seconds(self) -> float:
        """Time left, never negative."""
        return max(0.0, self._ends - self._clock())

    def share(self, part: float) -> Deadline:
        """A separate deadline for a ``part`` (0 to 1) of the remaining time."""
        return Deadline(self.remaining_seconds() * part, self._clock, self._sleep, self._interrupt)

    def extend(self, seconds: float) -> None:
        """Begin the way back, and leave at least ``seconds`` for it."""
        self._is_returning = True
        self._ends = max(self._ends, self._clock() + seconds)

    def check(self) -> None:
        """Raise what ``interrupt`` raises."""
        if self._interrupt is not None:
            self._interrupt(self._is_returning)

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``. Raises what ``interrupt`` raises."""
        while self._interrupt is not None and seconds > _SLICE_SECONDS:
            self.check()
            self._sleep(_SLICE_SECONDS)
            seconds -= _SLICE_SECONDS
        self.check()
        self._sleep(max(0.0, seconds))
