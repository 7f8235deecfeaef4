# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of workers' logs: when each was written, and which of them are about one connector.

Connect's own log patterns put ``[<connector>|task-0]`` before each message of a task; the lines of other connectors are
left out by that. Where a pattern leaves it out, every line counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache

_TAG = re.compile(r"\[([^\[\]]+)\|(?:task-\d+|worker)(?:\|[^\[\]]*)?\] ")
_ENTRY = re.compile(r"\[?\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)?")
# The lines of a stack trace, which belong to the entry before them.
CONTINUED = re.compile(r"\s|Caused by|(?:[\w$]+\.)+[\w$]*(?:Exception|Error)|$")
# A value that Connect repeats and that continues on the next line.
_OPEN_VALUE = re.compile(r"Invalid value (?!.* for configuration )|Connector config \{[^}]*$", re.DOTALL)
_MOST_LINES_OF_VALUE = 60
_LEVEL = re.compile(r"\[?(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b")
# A moment stands at the beginning of a line.
_HEAD = 80
# The level stands before the tag.
_PROBLEM = re.compile(r"\b(?:WARN|ERROR|FATAL)\b")


def lines_of_connector(lines: Iterable[str], connector: str) -> Iterator[str]:
    """The connector's lines with all that follows a line of it without a tag, such as a stack trace."""
    is_ours = True
    own_tag = f"[{connector}|"
    for line in lines:
        if own_tag in line:
            is_ours = True
        elif _TAG.search(line):
            is_ours = False
        elif not is_ours and _ENTRY.match(line):
            # A new entry without a connector.
            is_ours = True
        if is_ours:
            yield line.rstrip()


def entries_of(lines: Iterable[str]) -> list[list[str]]:
    """The lines of each entry. Before the first moment, or without any, each line is one, but for traces and long values."""
    entries: list[list[str]] = []
    has_moments = False
    for line in lines:
        is_new = not entries
        if moment_of(line) is not None:
            has_moments = is_new = True
        elif not has_moments and not is_new:
            is_new = not CONTINUED.match(line) and (bool(_LEVEL.match(line)) or not _goes_on(entries[-1]))
        if is_new:
            entries.append([])
        entries[-1].append(line)
    return entries


def _goes_on(entry: list[str]) -> bool:
    return len(entry) < _MOST_LINES_OF_VALUE and _OPEN_VALUE.search("\n".join(entry)) is not None


def last_problem(lines: Iterable[str], connector: str, signs: Collection[str] = ()) -> str | None:
    """The connector's last entry that is a warning or an error, in one line with the exception below it; None without one.

    ``signs``: regular expressions for entries that report a problem, at any level.
    """
    sign = re.compile("|".join(f"(?:{one})" for one in signs)) if signs else None
    found: str | None = None
    is_open = False
    own_tag = f"[{connector}|"
    for line in lines_of_connector(lines, connector):
        head, tag, text = line.partition(own_tag)
        if tag:
            is_open = bool(_PROBLEM.search(head) or (sign is not None and sign.search(text)))
            found = line if is_open else found
        elif is_open and "Exception" in line:
            found, is_open = f"{found} {line.strip()}", False
    return None if found is None else " ".join(found.split())


def moment_of(line: str) -> float | None:
    """When an entry was written, in epoch seconds; None for a line that does not begin with a moment.

    A moment without a timezone is one of the timezone of this machine.
    """
    found = _MOMENT.search(line[:_HEAD])
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    whole = _epoch(f"{day}T{clock}", zone)
    return None if whole is None else whole + float(f"0.{fraction or 0}")


@lru_cache(maxsize=1024)
def _epoch(moment: str, zone: str | None) -> float | None:
    """Kept, as many lines are written in the same second."""
    try:
        found = datetime.fromisoformat(moment)
        if zone is not None:
            found = found.replace(tzinfo=_zone(zone))
        return found.timestamp()
    except (OverflowError, ValueError):
        # No day of a calendar.
        return None


def _zone(text: str) -> timezone:
    if text == "Z":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)
