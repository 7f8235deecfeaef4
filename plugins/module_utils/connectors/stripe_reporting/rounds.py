# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of a connector: the fires of a Quartz cron expression, in UTC, as epoch seconds.

croniter reads Unix cron. Quartz differs in its weekdays (1 is Sunday) and has ``?``, ``nL`` and ``n#k``; untranslated,
croniter would be silently wrong on numeric weekdays. What it cannot express is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELD_NAMES = ("second", "minute", "hour", "day of month", "month", "day of week", "year")


def _weekday(number_or_name: str) -> str:
    if number_or_name.isdigit():
        number = int(number_or_name)
        if not 1 <= number <= 7:
            raise ValueError(f"weekday {number} is not in 1 (Sunday) to 7 (Saturday)")
        return _WEEKDAYS[number - 1]
    if number_or_name.upper() not in _WEEKDAYS:
        raise ValueError(f"'{number_or_name}' is no weekday")
    return number_or_name.upper()


def _weekday_part(part: str) -> str:
    base, _slash, step = part.partition("/")
    if base == "*":
        return part
    if part.upper() == "L":
        return "SAT"
    nth = re.fullmatch(r"(\w+)#([1-5])", part)
    if nth:
        return f"{_weekday(nth[1])}#{nth[2]}"
    last = re.fullmatch(r"(\w+)L", part, re.IGNORECASE)
    if last:
        return f"L{_WEEKDAYS.index(_weekday(last[1]))}"
    first, dash, end = base.partition("-")
    start_number = _WEEKDAYS.index(_weekday(first))
    end_number = _WEEKDAYS.index(_weekday(end)) if dash else (6 if step else start_number)
    # Written out, since a range over the end of the week (FRI-MON) means nothing to croniter.
    length = (end_number - start_number) % 7
    chosen = [(start_number + ahead) % 7 for ahead in range(0, length + 1, int(step or 1))]
    return ",".join(_WEEKDAYS[number] for number in chosen)


def _plain_part(part: str, index: int) -> str:
    if re.search(r"[LW]", part, re.IGNORECASE) and index == 3 and part.upper() != "L":
        raise ValueError(f"'{part}' in the day of month is not supported")
    return f"*{part}" if part.startswith("/") else part


def quartz_to_croniter(expression: str) -> str:
    """A Quartz expression of 6 or 7 fields as croniter reads it with ``second_at_beginning``. Raises ValueError."""
    fields = expression.split()
    if len(fields) not in (6, 7):
        raise ValueError(f"it has {len(fields)} fields instead of 6 or 7")
    if (fields[3] == "?") == (fields[5] == "?") and "*" not in (fields[3], fields[5]):
        raise ValueError("one of day of month and day of week must be '?'")
    translated = []
    for index, field in enumerate(fields):
        if field == "?":
            translated.append("*")
        elif index == 5:
            translated.append(",".join(_weekday_part(part) for part in field.split(",")))
        else:
            translated.append(",".join(_plain_part(part, index) for part in field.split(",")))
    return " ".join(translated)


class Rounds:
    """The fires of one Quartz expression. Raises InputError when the expression cannot be read for certain."""

    def __init__(self, expression: str, where: str = "poll.cron") -> None:
        from croniter import CroniterError, croniter

        self.expression = expression
        try:
            self._cron = croniter(
                quartz_to_croniter(expression), datetime(2020, 1, 1, tzinfo=timezone.utc), second_at_beginning=True
            )
        except (ValueError, CroniterError) as error:
            raise InputError(
                f"{where}: the Quartz expression '{expression}' cannot be read ({error}), so the rounds are not known."
            ) from None
        # The same few moments are asked about again and again, and croniter takes 0.1 ms for each.
        self._last: dict[float, int] = {}
        self._next: dict[float, int] = {}

    def last(self, before: float) -> int:
        """The last fire before a moment (epoch seconds)."""
        if before not in self._last:
            self._last[before] = self._fire(self._cron.get_prev, before)
        return self._last[before]

    def next(self, after: float) -> int:
        """The first fire after a moment (epoch seconds)."""
        if after not in self._next:
            self._next[after] = self._fire(self._cron.get_next, after)
        return self._next[after]

    def _fire(self, step: Callable[..., float], start: float) -> int:
        from croniter import CroniterBadDateError

        try:
            return int(step(float, start_time=start))
        except CroniterBadDateError:
            raise InputError(
                f"poll.cron: '{self.expression}' does not fire near {show_moment(int(start))}, so there is no round to work on."
            ) from None

    def count(self, after: int, until: int, limit: int = 10_000) -> int:
        """How many fires lie in ``after`` < fire <= ``until`` (epoch seconds); counts to ``limit`` at most."""
        if after >= until:
            return 0
        fires = 0
        fire = self.next(after)
        while fire <= until and fires < limit:
            fires += 1
            fire = self.next(fire)
        return fires
