# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for a person's terminal: 80 columns where the content allows, never above 120."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120
# A column of fewer characters is no pleasure to read.
_NARROWEST = 40


def table(rows: Iterable[Sequence[str]], indent: str = "  ", gap: str = "  ") -> list[str]:
    """Rows in aligned columns. A last cell that would pass the right edge goes on below itself, in its own column.

    Where that column would be too narrow, it and the other cells that pass the edge go to lines of their own below.
    """
    matrix = [list(row) for row in rows]
    if not matrix:
        return []
    widths = [max(len(row[column]) for row in matrix) for column in range(len(matrix[0]))]
    kept = len(widths)
    while kept > 1 and _reach(indent, widths[:kept], gap) > WIDTH:
        kept -= 1
    beside = _reach(indent, widths[:-1], gap) + len(gap)
    wraps_last = kept == len(widths) - 1 and WIDTH - beside >= _NARROWEST
    lines = []
    for row in matrix:
        line = (indent + gap.join(cell.ljust(width) for cell, width in zip(row[:kept], widths, strict=False))).rstrip()
        if wraps_last:
            # Most cells fit, and textwrap is slow.
            fits = len(row[-1]) <= WIDTH - beside
            first, *rest = [row[-1]] if fits else textwrap.wrap(row[-1], WIDTH - beside, break_on_hyphens=False)
            lines += [f"{line:<{beside}}{first}".rstrip(), *(" " * beside + more for more in rest)]
            continue
        lines.append(line)
        for cell in filter(None, row[kept:]):
            lines += wrapped(cell, f"{indent}    ")
    return lines


def _reach(indent: str, widths: Sequence[int], gap: str) -> int:
    return len(indent) + sum(widths) + len(gap) * (len(widths) - 1)


def wrapped(text: str, indent: str = "  ") -> list[str]:
    """One paragraph in lines, those after the first further in; a word that is too long for a line stays whole."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def counted(number: int, noun: str) -> str:
    """``1 offset``, ``3 offsets``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
