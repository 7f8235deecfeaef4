# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and paragraphs in 80 columns."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline, verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import (
    WIDTH,
    counted,
    listed,
    table,
    wrapped,
)
from hypothesis import given
from hypothesis import strategies as st

LONG = " ".join(["word"] * 30)


def test_everything_is_made_for_a_terminal_of_80_columns() -> None:
    assert WIDTH == 80


def test_columns_are_as_wide_as_their_widest_cell_and_lines_have_no_blanks_at_the_end() -> None:
    assert table([("a", "bb", ""), ("aaa", "b", "c")]) == ["  a    bb", "  aaa  b   c"]
    assert table([]) == []


def test_a_last_cell_that_passes_the_right_edge_goes_below_its_row_alone() -> None:
    lines = table([("aa", "b", "short"), ("aa", "b", LONG)])
    assert lines[:3] == ["  aa  b  short", "  aa  b", f"      {' '.join(['word'] * 15)}"]
    assert " ".join(" ".join(lines[1:]).split()) == f"aa b {LONG}"


def test_further_cells_that_pass_the_right_edge_go_below_with_their_names() -> None:
    wide = "w" * 72
    lines = table([("a", wide, "one", "two")], head=("", "b", "c", "d"))
    assert lines == ["     b", f"  a  {wide}", "         c: one  d: two"]


def test_a_remark_goes_below_its_row() -> None:
    lines = table([("aa", "b"), ("cc", "d")], ["", LONG], ("x", "y"))
    assert lines[:3] == ["  x   y", "  aa  b", "  cc  d"]
    assert lines[3].startswith("      word word")
    assert " ".join(" ".join(lines[3:]).split()) == LONG


def test_nothing_begins_below_a_column_of_marks() -> None:
    lines = table([("*", "b"), ("", "d")], [LONG, LONG])
    assert [line for line in lines if line[2] != " "] == ["  *  b"]
    assert all(line.startswith(" " * 9) for line in lines if "word" in line)


@pytest.mark.parametrize("rest, kept", [(0, True), (1, False)])
def test_exactly_the_width_still_fits(rest: int, kept: bool) -> None:
    lines = table([("a", "b" * (WIDTH - len("  a  ") + rest))])
    assert (len(lines) == 1) is kept


def test_paragraphs_are_wrapped_between_words_and_go_on_further_in() -> None:
    lines = wrapped("x-y " * 50)
    assert [line[:4] for line in lines] == ["  x-", "    ", "    "]
    assert max(map(len, lines)) <= WIDTH
    assert wrapped("w" * 200) == [f"  {'w' * 200}"]
    assert wrapped("") == []


def test_nouns_are_counted() -> None:
    assert [counted(number, "run") for number in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]


def test_of_a_long_list_the_rest_is_counted() -> None:
    assert listed("abc") == "a, b, c"
    assert listed("abcde") == "a, b, c and 2 more"
    assert listed((name for name in "ab"), most=1) == "a and 1 more"


CELL = st.text("ab ", max_size=60)


@given(st.integers(1, 5).flatmap(lambda columns: st.lists(st.tuples(*[CELL] * columns), min_size=1, max_size=4)))
def test_only_a_word_that_cannot_be_broken_passes_the_right_edge(rows: list[tuple[str, ...]]) -> None:
    lines = table(rows)
    # The first cell names its row and stays whole.
    longest = max(len(row[0]) for row in rows)
    assert all(len(line) <= max(WIDTH, longest + 2) or " " not in line.strip() for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join("".join(row) for row in rows).split())


@given(st.text("ab", min_size=1, max_size=70), st.text("c d", max_size=70))
def test_a_remark_on_a_connector_that_does_not_fit_goes_to_the_next_line(name: str, remark: str) -> None:
    first, *more = headline("connect-1", name, "RUNNING", ["RUNNING", "FAILED"], remark)
    assert first.startswith(f"connect-1  {name}  RUNNING 1/2")
    assert all(len(line) <= WIDTH for line in more)
    assert len(first) <= WIDTH or not more or first.endswith("RUNNING 1/2")


def test_the_reasons_of_a_verdict_stand_beside_it_where_they_fit() -> None:
    def verdict(table_name: str, *messages: str) -> dict[str, object]:
        return {
            "partition": {"table": table_name},
            "verdict": "stuck",
            "committed_at": None,
            "reasons": [{"message": message} for message in messages],
        }

    assert verdict_lines([verdict("orders", "no commit for 2 d"), verdict("x", LONG)])[:3] == [
        "  partition     verdict  committed",
        "  table=orders  stuck    -          no commit for 2 d",
        "  table=x       stuck    -",
    ]
