# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the end of workers' log files."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_TAIL_BYTES = 8 * 1024 * 1024
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?")


def log_lines(paths: Sequence[str], tail_bytes: int = _TAIL_BYTES) -> Iterator[str]:
    """The lines in the last ``tail_bytes`` of each file, entries of several files in the order of their moments.

    A file without moments comes where it stands in ``paths``. What is not UTF-8 is replaced. Raises InputError for a file
    that cannot be read.
    """
    entries = heapq.merge(*(_entries(_tail(path, tail_bytes)) for path in paths), key=lambda entry: entry[0])
    for _moment, lines in entries:
        yield from lines


def _tail(path: str, tail_bytes: int) -> list[str]:
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - tail_bytes))
            # One that is written to meanwhile has no end.
            text = file.read(tail_bytes).decode("utf-8", errors="replace")
    except OSError as error:
        raise InputError(
            f"The log file {path} cannot be read ({error.strerror}): name a readable file of a Connect worker's log."
        ) from None
    lines = text.split("\n")
    return lines[1:] if size > tail_bytes else lines


def _entries(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Entries with the moment they begin with; lines without one belong to the entry before them."""
    entry: list[str] = []
    latest = ""
    for line in lines:
        moment = _MOMENT.search(line[:80])
        if moment and entry:
            yield latest, entry
            entry = []
        if moment:
            latest = moment[0]
        entry.append(line)
    if entry:
        yield latest, entry
