# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for a person's terminal: 80 columns where the content allows, never above 120."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120


def table(rows: Iterable[Sequence[str]], indent: str = "  ", gap: str = "  ") -> list[str]:
    """Rows in aligned columns. Cells that would pass the right edge go to lines of their own below."""
    matrix = [list(row) for row in rows]
    if not matrix:
        return []
    widths = [max(len(row[column]) for row in matrix) for column in range(len(matrix[0]))]
    kept = len(widths)
    while kept > 1 and len(indent) + sum(widths[:kept]) + len(gap) * (kept - 1) > WIDTH:
        kept -= 1
    lines = []
    for row in matrix:
        cells = [cell.ljust(width) for cell, width in zip(row[:kept], widths, strict=False)]
        lines.append((indent + gap.join(cells)).rstrip())
        for cell in filter(None, row[kept:]):
            lines += wrapped(cell, f"{indent}    ")
    return lines


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
