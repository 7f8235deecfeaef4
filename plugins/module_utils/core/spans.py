# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Intervals of time: half-open, in epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]
Spans = tuple[Span, ...]

# Before any moment that an offset may hold.
BEGINNING = -(2**62)


def gaps(covered: Iterable[Span], end: int, start: int = BEGINNING) -> Spans:
    """The spans within ``start`` to ``end`` that are not covered; ``covered`` is in order of the starts."""
    found = []
    reached = start
    for span_start, span_end in covered:
        if span_start > reached and reached < end:
            found.append((reached, min(span_start, end)))
        reached = max(reached, span_end)
    if reached < end:
        found.append((reached, end))
    return tuple(found)


def without(spans: Iterable[Span], others: Iterable[Span]) -> Spans:
    """What is left of the spans without the others, in the order of the spans."""
    covered = sorted(others)
    return tuple(gap for start, end in spans for gap in gaps(covered, end, start))


def added(covered: Sequence[Span], start: int, end: int) -> tuple[Sequence[Span], int]:
    """The covered spans with one more, merged and in order, and how many seconds of the new one were not covered."""
    if start >= end:
        return covered, 0
    new_seconds = length(gaps(covered, end, start))
    merged: list[Span] = []
    for span_start, span_end in sorted([*covered, (start, end)]):
        if merged and span_start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span_end))
        else:
            merged.append((span_start, span_end))
    return merged, new_seconds


def length(spans: Iterable[Sequence[int]]) -> int:
    """Seconds that the spans, also as JSON has them, last in all; spans that overlap count for each."""
    return sum(end - start for start, end in spans)
