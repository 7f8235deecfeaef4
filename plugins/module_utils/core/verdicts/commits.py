# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons that rest on when an offset was stored, the same for source and sink connectors."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_moment,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Reason

# Clocks of two machines may differ by so much without saying anything.
CLOCK_TOLERANCE_SECONDS = 600


def no_commit(since: float, limit_seconds: int, now: float) -> Reason | None:
    """The reason when nothing was stored since then for longer than the limit; moments are epoch seconds."""
    age = int(now - since)
    if age <= limit_seconds:
        return None
    return Reason("no_commit", f"nothing stored for {show_seconds(age)}", age, limit_seconds, int(since))


def nothing_stored_since_reset(reset_at: float | None) -> Reason | None:
    """The reason when the offset is still the one that a reset wrote then (epoch seconds): the connector stored nothing."""
    if reset_at is None:
        return None
    words = f"nothing stored since the reset of {show_moment(int(reset_at))}"
    return Reason("nothing_stored_since_reset", words, since=int(reset_at))


def clock_doubtful(what: str, moment: float | None, now: float) -> Reason | None:
    """The reason when a past event has a moment ahead of now, so that its age is not known."""
    if moment is None or moment - now <= CLOCK_TOLERANCE_SECONDS:
        return None
    ahead = int(moment - now)
    words = f"{what} is {show_seconds(ahead)} ahead of this machine's clock"
    return Reason("clock_doubtful", words, ahead, CLOCK_TOLERANCE_SECONDS)
