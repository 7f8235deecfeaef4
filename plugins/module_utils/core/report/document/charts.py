# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts of a report as geometry. Across, positions are percent, so that a chart fits any width with text of one size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    show_day,
    show_milliseconds,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    PartitionReport,
    SourceRun,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import in_words
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import STUCK

# Room at both sides for marks that are half outside.
_LEFT, _RIGHT = 2.0, 98.0
MOST_ROWS = 24
_LONGEST_LABEL, _LONGEST_REMARK = 30, 42


Anchor = Literal["start", "middle", "end"]
StepKind = Literal["good", "blocker", "blocked", "calm"]
RunKind = Literal["in_time", "late", "pending", "failed"]
WaitKind = Literal["before", "after"]


@dataclass(frozen=True)
class Tick:
    """A mark below a chart. ``anchor``: which end of its text is at the position, so that none leaves the chart."""

    at: float
    label: str
    anchor: Anchor


@dataclass(frozen=True)
class DataRow:
    """How far one partition has delivered. None: not known."""

    label: str
    said: str
    before: float | None
    after: float | None
    available: float | None
    is_behind: bool


@dataclass(frozen=True)
class DataChart:
    """Per partition, the last delivered data against the available data, on one axis of time. ``omitted``: rows left out."""

    rows: tuple[DataRow, ...]
    ticks: tuple[Tick, ...]
    omitted: int


@dataclass(frozen=True)
class WalkStep:
    """One partition in the order of the walk."""

    label: str
    said: str
    kind: StepKind


@dataclass(frozen=True)
class WalkChart:
    steps: tuple[WalkStep, ...]
    omitted: int


@dataclass(frozen=True)
class RunMark:
    """One run of the source."""

    at: float
    kind: RunKind
    said: str


@dataclass(frozen=True)
class RunRow:
    label: str
    said: str
    marks: tuple[RunMark, ...]


@dataclass(frozen=True)
class WaitLine:
    """The wait that is set, before or after the change."""

    at: float
    label: str
    kind: WaitKind
    anchor: Anchor


@dataclass(frozen=True)
class RunChart:
    """How long the runs of a source took, against the wait; the axis is logarithmic."""

    title: str
    rows: tuple[RunRow, ...]
    waits: tuple[WaitLine, ...]
    ticks: tuple[Tick, ...]
    omitted: int


def data_chart(connector: ConnectorReport) -> DataChart | None:
    """None where nothing is known to draw."""
    drawn = [one for one in connector.partitions if one.delivered_before is not None or one.delivered_after is not None]
    moments = [moment for one in drawn for moment in _moments(one)]
    if not moments:
        return None
    first, last = min(moments), max(moments)
    if last - first < DAY_SECONDS:
        first = last - DAY_SECONDS

    def position(moment: int | None) -> float | None:
        return None if moment is None else across((moment - first) / (last - first))

    rows = tuple(
        DataRow(
            shortened(one.name),
            shown_delivery(one),
            position(one.delivered_before),
            position(one.delivered_after),
            position(one.available_to),
            is_behind=_is_behind(one),
        )
        for one in drawn[:MOST_ROWS]
    )
    # No day stands there twice.
    days = {
        show_day(int(first + share * (last - first)) // DAY_SECONDS * DAY_SECONDS): share for share in (0.5, 0.0, 1.0)
    }
    ticks = tuple(_tick(across(share), day) for day, share in days.items())
    return DataChart(rows, ticks, len(drawn) - len(rows))


def shown_delivery(one: PartitionReport) -> str:
    """Up to where a partition has delivered, and had delivered before if that is known and was less."""
    before, after = one.delivered_before, one.delivered_after
    if before is None or after is None or before == after:
        return show_day(after if before is None else before)
    return f"{show_day(before)} → {show_day(after)}"


def walk_chart(connector: ConnectorReport) -> WalkChart | None:
    """None where nothing blocks the others, so that the order explains nothing."""
    if connector.blocker is None:
        return None
    steps = tuple(
        WalkStep(shortened(one.name), shortened(_why(one), _LONGEST_REMARK), _kind(one))
        for one in connector.partitions[:MOST_ROWS]
    )
    return WalkChart(steps, len(connector.partitions) - len(steps))


def run_chart(connector: ConnectorReport, read_at: int | None) -> RunChart | None:
    """``read_at``: when the runs were listed. None where no run or no wait is known."""
    source, change = connector.kind.source, connector.new_wait
    if source is None or not source.runs or source.wait.milliseconds is None:
        return None
    runs, wait = source.runs, source.wait.milliseconds
    # One of 0 or below is no wait at all, and has no place on a logarithmic axis.
    given: tuple[tuple[int | None, str, WaitKind], ...] = (
        (wait, "wait", "before"),
        (None if change is None else change.new_number, "new wait", "after"),
    )
    waits = [
        (milliseconds / 1000, word, kind)
        for milliseconds, word, kind in given
        if milliseconds is not None and milliseconds > 0
    ]
    shown = [*(max(1.0, _length(run, read_at)) for run in runs), *(seconds for seconds, _word, _kind in waits)]
    ends = (min(shown), max(shown))
    least, most = math.log10(ends[0] / 1.5), math.log10(ends[1] * 1.5)

    def position(seconds: float) -> float:
        return across((math.log10(max(1.0, seconds)) - least) / (most - least))

    names = list(dict.fromkeys(run.name for run in runs))
    rows = []
    for name in names[:MOST_ROWS]:
        of_name = [run for run in runs if run.name == name]
        marks = [RunMark(position(_length(run, read_at)), _run_kind(run, wait), _said_of_run(run)) for run in of_name]
        rows.append(RunRow(shortened(name), _said_of_runs(of_name, wait), tuple(marks)))
    lines = [
        WaitLine(at := position(seconds), f"{word} {show_milliseconds(round(seconds * 1000))}", kind, anchor(at))
        for seconds, word, kind in waits
    ]
    ticks = tuple(_tick(position(end), show_seconds(round(end)) if end >= 1 else "1 s") for end in ends)
    return RunChart(f"{source.title} against the wait", tuple(rows), tuple(lines), ticks, len(names) - len(rows))


def across(share: float) -> float:
    """The position in percent of a share of the axis."""
    return round(_LEFT + share * (_RIGHT - _LEFT), 2)


def _tick(at: float, label: str) -> Tick:
    return Tick(at, label, anchor(at))


def anchor(at: float) -> Anchor:
    """Which end of a text is at a position in percent, so that it stays within the chart."""
    if at < 25:
        return "start"
    return "end" if at > 75 else "middle"


def shortened(text: str, longest: int = _LONGEST_LABEL) -> str:
    """A text as long as a chart has room for."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _moments(one: PartitionReport) -> Iterable[int]:
    return (moment for moment in (one.delivered_before, one.delivered_after, one.available_to) if moment is not None)


def _is_behind(one: PartitionReport) -> bool:
    delivered = one.delivered_before if one.delivered_after is None else one.delivered_after
    return delivered is not None and one.available_to is not None and delivered < one.available_to


def _why(one: PartitionReport) -> str:
    return one.reasons[0] if one.reasons else in_words(one.verdict or "unknown")


def _kind(one: PartitionReport) -> StepKind:
    if one.is_blocker:
        return "blocker"
    if one.verdict in STUCK:
        return "blocked"
    return "good" if one.verdict == "ok" else "calm"


def _length(run: SourceRun, read_at: int | None) -> float:
    """Seconds that it took, or has been waited for so far."""
    if run.seconds is not None:
        return float(run.seconds)
    return float(max(0, (read_at or run.created) - run.created))


def _run_kind(run: SourceRun, wait_milliseconds: int) -> RunKind:
    if run.seconds is None:
        return "pending" if run.status == "pending" else "failed"
    return "in_time" if run.seconds * 1000 <= wait_milliseconds else "late"


def _said_of_run(run: SourceRun) -> str:
    return run.status if run.seconds is None else f"{run.status} after {show_seconds(run.seconds)}"


def _said_of_runs(runs: Sequence[SourceRun], wait_milliseconds: int) -> str:
    kinds = [_run_kind(run, wait_milliseconds).replace("_", " ") for run in runs]
    words = [f"{kinds.count(kind)} {kind}" for kind in ("in time", "late", "pending", "failed") if kind in kinds]
    return ", ".join(words)
