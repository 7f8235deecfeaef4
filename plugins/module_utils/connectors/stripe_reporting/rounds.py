# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of a connector: the fires of a Quartz cron expression, in UTC, as epoch seconds.

croniter reads Unix cron. Quartz differs: 1 is Sunday, a range may wrap around and its steps go on behind the wrap, ``a-a``
is one value, and there are ``?``, ``nL`` and ``n#k``. So each field is read here as Quartz 2.3.2 reads it, and croniter gets
plain lists of numbers. What is not read here is refused, never read approximately; a test compares both with Quartz itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


@dataclass(frozen=True)
class _Field:
    """One field of an expression: its smallest and largest value, and the names of the values from ``first`` on."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int:
        """The value of a number or a name. Raises ValueError."""
        if text in self.names:
            return self.first + self.names.index(text)
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise ValueError(f"'{text}' is not a value of the {self.name}")
        number = int(text)
        if not self.first <= number <= self.last:
            known = f", {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise ValueError(f"{self.name} {number} is not in {self.first} to {self.last}{known}")
        return number

    def values(self, part: str) -> set[int]:
        """The values of one part of a list: ``a``, ``a-b``, ``*``, each with ``/step`` or without. Raises ValueError."""
        base, slash, step_text = part.partition("/")
        step = self._step(base, step_text) if slash else 1
        if base == "*" or (slash and not base):
            return set(range(self.first, self.last + 1, step))
        first, dash, last = base.partition("-")
        start = self.value(first)
        if not dash:
            return set(range(start, self.last + 1, step)) if slash else {start}
        stop = self.value(last)
        if (first in self.names) != (last in self.names):
            raise ValueError(f"'{base}' mixes a name and a number, which Quartz does not read")
        size = self.last - self.first + 1
        if stop < start:
            if self is _YEAR:
                raise ValueError(f"the years {base} end before they start")
            stop += size
        return {self.first + (value - self.first) % size for value in range(start, stop + 1, step)}

    def _step(self, base: str, text: str) -> int:
        if any(name in base for name in self.names):
            raise ValueError(f"Quartz ignores the step in '{base}/{text}', which follows a name: use numbers")
        largest = 9999 if self is _YEAR or "-" in base else self.last
        if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= largest:
            raise ValueError(f"'{text}' is not a step for the {self.name}")
        return int(text)


# How the messages about an expression end.
HOW_TO_CORRECT = ": correct it in the connector's config."
_SECOND = _Field("second", 0, 59)
_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
_WEEKDAY = _Field("day of week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
# croniter knows no other years.
_YEAR = _Field("year", 1970, 2099)
_FIELDS = (_SECOND, _MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR)


def quartz_to_croniter(expression: str) -> str:
    """A Quartz expression of 6 or 7 fields as croniter reads it with ``second_at_beginning``. Raises ValueError."""
    texts = expression.upper().split()
    if len(texts) not in (6, 7):
        raise ValueError(f"it has {len(texts)} fields instead of 6 or 7")
    if (texts[3] == "?") == (texts[5] == "?"):
        raise ValueError("one of day of month and day of week must be '?', and the other must not")
    return " ".join(_field_to_croniter(field, text) for field, text in zip(_FIELDS, texts, strict=False))


def _field_to_croniter(field: _Field, text: str) -> str:
    if text == "?" and field in (_DAY, _WEEKDAY):
        return "*"
    if field is _DAY and re.search(r"[LW]", text):
        if text != "L":
            raise ValueError(f"'{text}' in the day of month is not supported")
        return "L"
    if field is _WEEKDAY:
        special = _special_weekday(text)
        if special is not None:
            return special
    values = set().union(*(field.values(part) for part in text.split(",")))
    if len(values) == field.last - field.first + 1:
        # Written out, croniter would take the days of the month and those of the week for alternatives.
        return "*"
    # croniter counts the days of the week from 0.
    return ",".join(str(value - 1 if field is _WEEKDAY else value) for value in sorted(values))


def _special_weekday(text: str) -> str | None:
    """``L``, ``nL`` and ``n#k``, which Quartz reads only where they stand alone; None for anything else."""
    if text == "L":
        return "6"
    last = re.fullmatch(r"([0-9]|[A-Z]{3})L", text)
    if last:
        return f"L{_WEEKDAY.value(last[1]) - 1}"
    nth = re.fullmatch(r"([0-9]|[A-Z]{3})#([1-5])", text)
    if nth:
        return f"{_WEEKDAY.value(nth[1]) - 1}#{nth[2]}"
    if re.search("[L#]", text):
        raise ValueError(f"'{text}' in the day of week is not supported: L, nL and n#k (k from 1 to 5) stand alone")
    return None


# croniter wants one to begin with; each question then names its own.
_ANY_MOMENT = 0.0
_BEFORE_ALL = -1.0


class Fires(NamedTuple):
    """An expression as croniter reads it, and the fires that are known: the last before a moment, the next after one."""

    cron: str
    last: dict[float, int]
    next: dict[float, int]


@lru_cache(maxsize=64)
def kept_fires(expression: str) -> Fires:
    """The same few moments are asked about again and again, for all connectors of a cluster; croniter takes 0.1 ms for each.

    Raises ValueError, or croniter's error, when the expression cannot be read for certain.
    """
    cron = quartz_to_croniter(expression)
    _croniter(cron)
    return Fires(cron, {}, {})


def _croniter(cron: str) -> Any:
    from croniter import croniter

    # From a number croniter counts in UTC, and in half the time that it takes with a timezone.
    return croniter(cron, _ANY_MOMENT, second_at_beginning=True)


class Rounds:
    """The fires of one Quartz expression. Raises InputError when the expression cannot be read for certain."""

    def __init__(self, expression: str, where: str = "poll.cron") -> None:
        from croniter import CroniterError

        self.expression = expression
        try:
            self._known = kept_fires(expression)
        except (ValueError, CroniterError) as error:
            raise InputError(
                f"{where}: the Quartz expression '{expression}' cannot be read ({error}), so the rounds are not"
                f" known{HOW_TO_CORRECT}"
            ) from None

    @cached_property
    def _cron(self) -> Any:
        """Not shared with others, as it changes while it is asked."""
        return _croniter(self._known.cron)

    def last(self, before: float) -> int:
        """The last fire before a moment (epoch seconds)."""
        known = self._known.last
        if before not in known:
            known[before] = self._fire(self._cron.get_prev, before)
        return known[before]

    def next(self, after: float) -> int:
        """The first fire after a moment (epoch seconds)."""
        known = self._known.next
        if after not in known:
            # No round was before the epoch, and croniter knows no moment long before it.
            known[after] = self._fire(self._cron.get_next, max(after, _BEFORE_ALL))
        return known[after]

    def _fire(self, step: Callable[..., float], start: float) -> int:
        from croniter import CroniterBadDateError

        try:
            return int(step(float, start_time=start))
        except CroniterBadDateError:
            raise InputError(
                f"poll.cron: '{self.expression}' does not fire near {show_moment(int(start))}{HOW_TO_CORRECT}"
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
