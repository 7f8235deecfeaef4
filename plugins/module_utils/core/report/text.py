# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and paragraphs for a terminal of 80 columns. Only a word that is longer than a line passes its right edge."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache

WIDTH = 80
_GAP = "  "
_INDENT = "  "


def table(rows: Iterable[Sequence[str]], remarks: Sequence[str] = (), head: Sequence[str] = ()) -> list[str]:
    """The lines of :func:`table_rows`, one row after the other."""
    return [line for lines in table_rows(rows, remarks, head) for line in lines]


def table_rows(rows: Iterable[Sequence[str]], remarks: Sequence[str] = (), head: Sequence[str] = ()) -> list[list[str]]:
    """The lines of ``head``, if there is one, and of each row, in aligned columns.

    ``remarks``: a text for each row, which goes below it; may be empty. Cells that would pass the right edge go below their
    row as well, each with its name from the head. The last one does so only in the rows that need it.
    """
    matrix = [list(row) for row in ([head] if head else [])] + [list(row) for row in rows]
    if not matrix:
        return []
    widths = [max(len(row[column]) for row in matrix) for column in range(len(matrix[0]))]
    kept = len(widths)
    while kept > 1 and _reach(widths[:kept]) > WIDTH:
        kept -= 1
    texts = list(remarks) or [""] * (len(matrix) - bool(head))
    # A first column of marks stands out only when nothing else begins below it.
    inner = _INDENT + " " * (4 + (widths[0] + len(_GAP) if widths[0] <= 1 else 0))
    lines = []
    for row, remark in zip(matrix, [""] * bool(head) + texts, strict=True):
        beside = kept
        if kept == len(row) - 1 and _reach([*widths[:kept], len(row[-1])]) <= WIDTH:
            beside = len(row)
        line = _INDENT + _GAP.join(cell.ljust(width) for cell, width in zip(row[:beside], widths, strict=False))
        lines.append([line.rstrip()])
        if head and len(lines) == 1:
            continue
        for below in (_below(row[beside:], head[beside:]), remark):
            lines[-1] += wrapped(below, inner)
    return lines


def _below(cells: Sequence[str], names: Sequence[str]) -> str:
    named = zip(names, cells, strict=True) if names else (("", cell) for cell in cells)
    return _GAP.join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _reach(widths: Sequence[int]) -> int:
    return len(_INDENT) + sum(widths) + len(_GAP) * (len(widths) - 1)


def wrapped(text: str, indent: str = _INDENT) -> list[str]:
    """One paragraph in lines, those after the first further in; a word that is too long for a line stays whole."""
    # Most texts fit, and textwrap is slow.
    if text and len(indent) + len(text) <= WIDTH and "\n" not in text:
        return [f"{indent}{text}".rstrip()]
    return list(_wrapped(text, indent))


@lru_cache(maxsize=256)
def _wrapped(text: str, indent: str) -> tuple[str, ...]:
    """Kept, as the partitions of a connector often have the same remark."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(lines)


def counted(number: int, noun: str) -> str:
    """``1 offset``, ``3 offsets``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """``a, b, c and 2 more``."""
    names = list(names)
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
