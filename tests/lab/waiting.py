# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05


def await_condition(condition: Callable[[], T], timeout_seconds: float, describe: str | Callable[[], str]) -> T:
    """Return the first truthy value of ``condition``.

    ``describe`` says what is awaited; as a function it is asked at the end, so that it can tell the last state seen.
    Raises TimeoutError with these words. An exception of the condition is not swallowed.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            words = describe if isinstance(describe, str) else describe()
            raise TimeoutError(f"waited {timeout_seconds:g} seconds in vain for {words}")
        time.sleep(PAUSE_SECONDS)
