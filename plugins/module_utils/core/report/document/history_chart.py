# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivered data against available data over time, from the looks since the change, as geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day, show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.charts import (
    MOST_ROWS,
    Tick,
    across,
    anchor,
    shortened,
    shown_delivery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    Look,
    PartitionReport,
)

# The height of a row's drawing, and the room that its lines keep to both edges.
HEIGHT, _EDGE = 40.0, 3.0
# The change and one look are shown better by the chart of before and after.
_LEAST_LOOKS = 3


@dataclass(frozen=True)
class Mark:
    """One look: a position in percent across, and in units of :data:`HEIGHT` from the top."""

    x: float
    y: float
    said: str


@dataclass(frozen=True)
class HistoryRow:
    """One partition. The paths are SVG's, in percent across and units of :data:`HEIGHT`; empty where nothing is known."""

    label: str
    said: str
    delivered: str
    available: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class HistoryChart:
    """All partitions on the same axes: across the time of the looks, upwards the data from ``low`` to ``high``."""

    rows: tuple[HistoryRow, ...]
    ticks: tuple[Tick, ...]
    low: str
    high: str
    omitted: int


def history_chart(connector: ConnectorReport) -> HistoryChart | None:
    """None where nobody has looked more than once since the change."""
    drawn = [one for one in connector.partitions if len(one.history) >= _LEAST_LOOKS]
    reached = [moment for one in drawn for look in one.history for moment in _moments(look)]
    if not reached:
        return None
    axes = _Axes(
        min(one.history[0].at for one in drawn), max(one.history[-1].at for one in drawn), min(reached), max(reached)
    )
    ends = {show_moment(axes.first): 0.0, show_moment(axes.last): 1.0}
    ticks = tuple(Tick(at := across(share), label, anchor(at)) for label, share in ends.items())
    rows = tuple(_row(one, axes) for one in drawn[:MOST_ROWS])
    return HistoryChart(rows, ticks, show_day(axes.low), show_day(axes.high), len(drawn) - len(rows))


@dataclass(frozen=True)
class _Axes:
    """The ends of both axes, in epoch seconds."""

    first: int
    last: int
    low: int
    high: int

    def x(self, at: int) -> float:
        return across((at - self.first) / max(1, self.last - self.first))

    def y(self, reached: int) -> float:
        share = (reached - self.low) / max(1, self.high - self.low)
        return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 2)


def _row(one: PartitionReport, axes: _Axes) -> HistoryRow:
    delivered = [(look.at, look.delivered_to) for look in one.history if look.delivered_to is not None]
    available = [(look.at, look.available_to) for look in one.history if look.available_to is not None]
    marks = tuple(
        Mark(axes.x(at), axes.y(reached), f"{show_moment(at)}: delivered up to {show_day(reached)}")
        for at, reached in delivered
    )
    return HistoryRow(shortened(one.name), shown_delivery(one), _path(delivered, axes), _path(available, axes), marks)


def _path(points: Sequence[tuple[int, int]], axes: _Axes) -> str:
    """Lines from look to look: what was in between is not known."""
    shown = [f"{axes.x(at)} {axes.y(reached)}" for at, reached in points]
    return f"M{' L'.join(shown)}" if len(shown) > 1 else ""


def _moments(look: Look) -> list[int]:
    return [moment for moment in (look.delivered_to, look.available_to) if moment is not None]
