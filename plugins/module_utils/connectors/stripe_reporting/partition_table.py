# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table with a row for each partition, which names only once what is the same in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import table_rows


@dataclass(frozen=True)
class PartitionRow:
    """``mark`` stands before the partition, ``remark`` below it; both may be empty."""

    timezone: str
    report_type: str
    cells: tuple[str, ...]
    mark: str = ""
    remark: str = ""


def partition_table(head: Sequence[str], rows: Sequence[PartitionRow]) -> list[str]:
    """The lines; ``head`` are the names of the rows' cells. No lines for no rows.

    With one report type the rows are timezones. With several, each timezone is a line above the rows of its report types.
    """
    if not rows:
        return []
    types = list(dict.fromkeys(row.report_type for row in rows))
    one_type = len(types) == 1
    marks = any(row.mark for row in rows)
    # The rows of a timezone stand further in than its line; with marks they do so anyway.
    inner = "" if one_type or marks else "  "
    names = [row.timezone if one_type else f"{inner}{row.report_type}" for row in rows]
    columns = ["timezone" if one_type else f"{inner}report type", *head]
    matrix = [[name, *row.cells] for name, row in zip(names, rows, strict=True)]
    if marks:
        columns.insert(0, "")
        matrix = [[row.mark, *cells] for row, cells in zip(rows, matrix, strict=True)]
    first, *others = table_rows(matrix, [row.remark for row in rows], columns)
    if one_type:
        above = f"{'     ' if marks else '  '}Report type {types[0]}"
        return [above, *first, *(line for lines in others for line in lines)]
    found = first
    for timezone, group in groupby(zip(rows, others, strict=True), lambda pair: pair[0].timezone):
        found.append(f"  {timezone}")
        found += [line for _row, lines in group for line in lines]
    return found
