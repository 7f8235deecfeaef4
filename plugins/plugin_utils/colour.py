# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The colours of a preview. Its lines are plain text; this module gives the colour of each part when they are displayed."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The names are those of ansible.utils.color.
GOOD, DOUBTFUL, BAD, CHANGED = "green", "yellow", "red", "yellow"
VERDICT_COLOURS = {
    "ok": GOOD,
    "orphaned": DOUBTFUL,
    "late": DOUBTFUL,
    "missing": DOUBTFUL,
    "stopped": DOUBTFUL,
    "unknown": DOUBTFUL,
    "blocked": BAD,
    "stuck": BAD,
}
# A verdict is a cell of a table: two blanks before it, and two blanks or the end of the line after it.
_VERDICT = re.compile(rf"(?<=  )(?:{'|'.join(VERDICT_COLOURS)})(?=  |$)")
_BEGINNINGS = {"  ~  ": CHANGED, "  *  ": GOOD}
# The heads of the lists of what a plan costs; without a list they say "nothing".
_HEADS = {"  Skipped:": BAD, "  Read twice:": DOUBTFUL}


def coloured_parts(line: str) -> Iterator[tuple[str, str | None]]:
    """The parts of a line of a preview, each with the name of its colour, or None. Together they are the line."""
    whole = _HEADS.get(line) or _BEGINNINGS.get(line[:5])
    if whole is not None:
        yield line, whole
        return
    end = 0
    for found in _VERDICT.finditer(line):
        yield line[end : found.start()], None
        yield found.group(), VERDICT_COLOURS[found.group()]
        end = found.end()
    yield line[end:], None
