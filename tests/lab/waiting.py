# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Far more than any wait takes on a quiet machine: a limit that a busy machine reaches would fail a test for no fault
# of the code. Connect's own limits, such as 90 s for a request, are shorter.
LIMIT_SECONDS = 300.0
PAUSE_SECONDS = 0.05


def await_condition(
    condition: Callable[[], T], describe: str | Callable[[], str], limit_seconds: float = LIMIT_SECONDS
) -> T:
    """Return the first truthy value of ``condition``.

    ``describe`` names what is awaited; a function is called at the end, so that it can include the last state seen.
    Raises TimeoutError with this text. An exception of the condition is passed on.
    """
    deadline = time.monotonic() + limit_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            awaited = describe if isinstance(describe, str) else describe()
            raise TimeoutError(f"waited {limit_seconds:g} seconds for {awaited}")
        time.sleep(PAUSE_SECONDS)
