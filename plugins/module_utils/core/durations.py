# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations and moments as people write them, to whole milliseconds and epoch seconds; and back."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_UNIT_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)")
_LONGEST_MILLISECONDS = 10_000 * 366 * 86_400_000
HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
# 20261112 is a date by mistake, of the summer of 1970 as epoch seconds.
EARLIEST_EPOCH_SECONDS = 946_684_800
# Beyond the year 2100 a number of "seconds" is a number of milliseconds by mistake.
LATEST_EPOCH_SECONDS = 4_102_444_800
_ISO = "%Y-%m-%dT%H:%M:%SZ"


def parse_duration(text: str, where: str) -> int:
    """``"90s"``, ``"60m"``, ``"1h 30m"`` to milliseconds. Raises InputError, which names ``where`` it stood."""
    rest = _DURATION.sub("", text).strip()
    parts = _DURATION.findall(text)
    if rest or not parts:
        raise InputError(f"{where}: '{text}' is not a duration: write a number with ms, s, m, h or d, such as 60m.")
    milliseconds = sum(float(number) * _UNIT_MILLISECONDS[unit] for number, unit in parts)
    if milliseconds > _LONGEST_MILLISECONDS:
        raise InputError(f"{where}: '{text[:40]}' is longer than 10000 years: write a shorter duration, such as 60m.")
    return round(milliseconds)


def show_milliseconds(milliseconds: int) -> str:
    """``3600000`` as ``60 min``: the largest unit that a person would read it in."""
    if milliseconds >= 172_800_000 and milliseconds % 86_400_000 == 0:
        return f"{milliseconds // 86_400_000} d"
    if milliseconds >= 7_200_000 and milliseconds % 3_600_000 == 0:
        return f"{milliseconds // 3_600_000} h"
    if milliseconds >= 60_000 and milliseconds % 60_000 == 0:
        return f"{milliseconds // 60_000} min"
    if milliseconds >= 1000 and milliseconds % 100 == 0:
        return f"{milliseconds / 1000:.1f}".removesuffix(".0") + " s"
    return f"{milliseconds} ms"


def parse_moment(text: str | int, where: str) -> int:
    """An ISO 8601 date or time (UTC unless it says otherwise), or epoch seconds, to epoch seconds."""
    number = str(text).strip()
    if (seconds := whole_number(number)) is not None:
        return _within_reason(seconds, number, where)
    moment = iso_seconds(number)
    if moment is None:
        raise InputError(
            f"{where}: '{number}' is not a moment: write an ISO time such as 2026-11-12T00:00Z, or epoch seconds."
        )
    return _within_reason(int(moment), number, where)


def kept_moment(data: Any) -> float:
    """Epoch seconds in data that was kept. Raises ValueError for anything else."""
    if not isinstance(data, (int, float)) or not 0 <= data <= LATEST_EPOCH_SECONDS:
        raise ValueError("no time")
    return data


def iso_seconds(text: str) -> float | None:
    """An ISO 8601 date or time (UTC unless it says otherwise) as epoch seconds; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def iso_moment(epoch_seconds: int) -> str:
    """Epoch seconds as ``2026-11-12T00:00:00Z``, for data."""
    return datetime.fromtimestamp(epoch_seconds, timezone.utc).strftime(_ISO)


def from_iso_moment(text: str) -> int:
    """The epoch seconds that :func:`iso_moment` made a text of. Raises ValueError for any other text."""
    return int(datetime.strptime(text, _ISO).replace(tzinfo=timezone.utc).timestamp())


def _within_reason(seconds: int, text: str, where: str) -> int:
    if not EARLIEST_EPOCH_SECONDS <= seconds <= LATEST_EPOCH_SECONDS:
        raise InputError(
            f"{where}: {text} is not a moment between 2000 and 2100: write a date as 2026-11-12, or epoch seconds"
            " (not milliseconds)."
        )
    return seconds


# Kept, here and below, as the partitions of a cluster often stand at the same few moments.
@lru_cache(maxsize=1024)
def show_moment(epoch_seconds: int | None) -> str:
    """Epoch seconds as ``2026-11-12 00:00Z``; a number outside the calendar is shown as it is."""
    if epoch_seconds is None:
        return "-"
    try:
        moment = datetime.fromtimestamp(epoch_seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return str(epoch_seconds)
    return moment.strftime("%Y-%m-%d %H:%M:%SZ" if epoch_seconds % 60 else "%Y-%m-%d %H:%MZ")


def show_day(epoch_seconds: int | None) -> str:
    """Like show_moment, but a midnight (UTC) is its date alone: ``2026-11-12``."""
    return show_moment(epoch_seconds).removesuffix(" 00:00Z")


def show_span(start: int, end: int) -> str:
    """A half-open interval of epoch seconds: ``2026-11-11..2026-11-23``."""
    return f"{show_day(start)}..{show_day(end)}"


@lru_cache(maxsize=1024)
def show_seconds(seconds: int) -> str:
    """A length of time in the two largest units: ``11 d``, ``1 d 12 h``, ``40 s``."""
    words = []
    for unit, length in (("d", DAY_SECONDS), ("h", HOUR_SECONDS), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words[:2]) or "0 s"


def show_minutes(seconds: int) -> str:
    """Like show_seconds, but rounded up to whole minutes from one minute on."""
    return show_seconds(seconds if seconds < 60 else -(-seconds // 60) * 60)
