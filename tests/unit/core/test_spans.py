# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Half-open spans of time, compared with the sets of their seconds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import Span, added, gaps, length, without
from hypothesis import given
from hypothesis import strategies as st

ENDS = st.integers(0, 12)
SPANS = st.lists(st.tuples(ENDS, ENDS).filter(lambda span: span[0] < span[1]), max_size=4)


def seconds(spans: Iterable[Span]) -> set[int]:
    return {second for start, end in spans for second in range(start, end)}


@pytest.mark.parametrize(
    ("covered", "found"),
    [
        ([], ((2, 9),)),
        ([(2, 9)], ()),
        ([(0, 4), (6, 7)], ((4, 6), (7, 9))),
        ([(3, 5), (4, 4), (5, 6)], ((2, 3), (6, 9))),
        ([(0, 1), (12, 15)], ((2, 9),)),
        ([(3, 8), (4, 5)], ((2, 3), (8, 9))),
        ([(2, 9), (12, 13)], ()),
    ],
)
def test_gaps_are_what_is_not_covered_between_the_ends(covered: list[Span], found: tuple[Span, ...]) -> None:
    assert gaps(covered, 9, 2) == found


@given(SPANS, SPANS)
def test_without_takes_away_each_second_of_the_others(spans: list[Span], others: list[Span]) -> None:
    assert seconds(without(spans, others)) == seconds(spans) - seconds(others)


@given(SPANS, ENDS, ENDS)
def test_what_is_added_is_merged_and_only_its_new_seconds_count(spans: list[Span], start: int, end: int) -> None:
    covered: list[Span] = []
    for one in spans:
        merged, _new = added(covered, *one)
        covered = list(merged)
    merged, new = added(covered, start, end)
    assert seconds(merged) == seconds(spans) | seconds([(start, end)])
    assert new == len(seconds([(start, end)]) - seconds(spans))
    # None is empty; they are in order, with a gap between each two.
    assert all(first < last for first, last in merged)
    assert all(before[1] < after[0] for before, after in pairwise(merged))
    assert length(merged) == len(seconds(merged))
