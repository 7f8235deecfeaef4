# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds to decide in, generated: a connector's config and offsets, and what Stripe says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    StripeState,
    WalkSettings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from hypothesis import assume
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    connector,
    offset,
    situation,
)
from unit.connectors.stripe_reporting.reference_walk import ReferenceTask, Where, as_long

# The fires of each, in hours of the week that begins on Sunday, 00:00 UTC.
CRONS = {
    "0 0 0 * * ?": range(0, 168, 24),
    "0 0 6,18 * * ?": [day * 24 + hour for day in range(7) for hour in (6, 18)],
    "0 0 5 ? * 2-6": range(29, 168 - 24, 24),
    "0 0 0 ? * 4": [72],
}
ZONES = (CAIRO, NEW_YORK, PST)
TYPES = ("balance.summary.1", "payout.x.1")
EARLIEST = NOW - 16 * DAY
# The epoch began on a Thursday.
_FIRST_SUNDAY = 3 * DAY


def fires_of(cron: str, now: float) -> list[int]:
    """Those of ten weeks before ``now`` (epoch seconds) and nine after."""
    sunday = int(now - _FIRST_SUNDAY) // (7 * DAY) * 7 * DAY + _FIRST_SUNDAY
    weeks = range(sunday - 10 * 7 * DAY, sunday + 9 * 7 * DAY, 7 * DAY)
    return [week + hour * HOUR for week in weeks for hour in CRONS[cron]]


def is_calm(cron: str, now: float) -> bool:
    """Whether no round begins within 20 minutes after ``now``, the longest that a test may take."""
    return not any(now <= fire < now + 1200 for fire in fires_of(cron, now))


@dataclass(frozen=True)
class World:
    """A connector's config and offsets, and what Stripe says; offsets are raw, by (timezone, report type).

    ``available``, ``available_starts``: where Stripe's data ends, and where it begins if that is known, in epoch seconds.
    ``run_status``: that of the open run; a key for each partition.
    """

    cron: str
    zones: tuple[str, ...]
    types: tuple[str, ...]
    loads: Mapping[str, int]
    max_days: int
    now: float
    available: Mapping[Where, int]
    available_starts: Mapping[Where, int]
    stored: Mapping[Where, Offset]
    run_status: Mapping[Where, str]

    @property
    def config(self) -> dict[str, str]:
        return {
            "connector.class": "StripeSourceConnector",
            "stripe.api.keys": ";".join(f"{zone}:sk_live_{zone}" for zone in self.zones),
            "stripe.report.types": ", ".join(self.types),
            "stripe.report.initial.load.dates": ";".join(
                f"{one}:{datetime.fromtimestamp(load, timezone.utc):%Y-%m-%d}" for one, load in self.loads.items()
            ),
            "max.report.interval.days": str(self.max_days),
            "poll.cron": self.cron,
        }

    @property
    def settings(self) -> WalkSettings:
        return WalkSettings.read(self.config)

    @property
    def partitions(self) -> tuple[ReportPartition, ...]:
        return tuple(sorted(ReportPartition(zone, report_type) for zone in self.zones for report_type in self.types))

    @property
    def offsets(self) -> dict[ReportPartition, ReportOffset]:
        return {ReportPartition(*where): ReportOffset.read(raw) for where, raw in self.stored.items()}

    @property
    def connector(self) -> Connector:
        return replace(connector(self.stored), config=self.config)

    @property
    def accounts(self) -> dict[ReportPartition, StripeState]:
        return {
            ReportPartition(*where): StripeState(end, True, self.run_status[where], self.available_starts.get(where))
            for where, end in self.available.items()
        }

    def task(self, stored: Mapping[Where, Offset] | None = None) -> ReferenceTask:
        """The reference at its start, with these offsets or with those written since."""
        return ReferenceTask(
            timezones=self.zones,
            report_types=self.types,
            initial_loads=self.loads,
            max_days=self.max_days,
            fires=fires_of(self.cron, self.now),
            now=self.now,
            available_ends=self.available,
            available_starts=self.available_starts,
            stored=self.stored if stored is None else stored,
            without_result={
                str(self.stored[where].get("in_progress_report_run_id"))
                for where, status in self.run_status.items()
                if status in ("pending", "failed", "lost") and where in self.stored
            },
            without_file={
                str(self.stored[where].get("in_progress_report_run_id"))
                for where, status in self.run_status.items()
                if status == "file_lost" and where in self.stored
            },
        )

    def forecast(self) -> Forecast:
        return make_forecast(self.situation)

    @property
    def situation(self) -> Situation:
        return situation(self.connector, self.accounts, self.now)


# In the digits of another script, which are digits to Java as well.
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def misread(value: int | None) -> st.SearchStrategy[Any]:
    """A number in ways in which a person still reads it, and the connector reads it or not."""
    if value is None:
        return st.none()
    text = str(value)
    return st.sampled_from([value, float(value), text, f"{text}.0", f" {text} ", f"{text}e0", f"{text}.000"])


def written(value: int | None) -> st.SearchStrategy[Any]:
    """A number in the ways in which it may be stored, or one that cannot be read when there is none."""
    if value is None:
        return st.sampled_from([None, "last night", "", True, "+", "1_0", str(2**63), "\U0001d7cf"])
    text = str(value)
    odd = [
        float(value),
        value + 0.25,
        text,
        f"+{text}",
        f"00{text}",
        text.translate(_ARABIC),
        f"{text}.5",
        2**64 + value,
    ]
    return st.sampled_from([value] * 12 + odd) | misread(value)


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    sane: bool = False,
    mistyped: bool = False,
    all_types: tuple[str, ...] = TYPES,
    clock: float | None = None,
) -> World:
    """Any world; a ``sane`` one holds only offsets that the connector writes itself, and all its data is still at Stripe.

    ``mistyped``: numbers may be written in any way in which a person still reads them.
    ``clock``: now (epoch seconds), for worlds in which no round begins while a test runs.
    """
    today = TODAY if clock is None else int(clock) // DAY * DAY
    now = today + draw(st.sampled_from([0, 1, 6 * HOUR, 6 * HOUR + 0.5, 20 * HOUR + 1])) if clock is None else clock
    cron = draw(st.sampled_from([one for one in CRONS if clock is None or is_calm(one, now)]))
    zones = tuple(draw(st.permutations(ZONES))[: draw(st.integers(1, 3))])
    types = all_types[: draw(st.sampled_from([1, 1, 2]))]
    earliest = today + EARLIEST - TODAY
    loads = {
        one: days * DAY
        for one in types
        if (days := draw(st.none() | st.integers(earliest // DAY + 2, today // DAY + 1))) is not None
    }
    fires = fires_of(cron, now)
    near = [fire for fire in fires if fire < now][-4:]
    rounds = st.sampled_from([*near, near[-1], near[-1]])
    if not sane:
        ahead = min(fire for fire in fires if fire >= now)
        rounds = st.one_of(rounds, rounds, rounds, st.sampled_from([None, ahead, near[-1] - HOUR, near[0] + 7]))
    hours = st.integers(0, (today - earliest) // HOUR).map(lambda hour: earliest + hour * HOUR)
    max_days = draw(st.sampled_from([2, 3, 7, 30]))
    available = {}
    available_starts = {}
    stored = {}
    run_status = {}
    shared_round = draw(rounds)
    for where in ((zone, one) for zone in zones for one in types):
        available[where] = today - draw(st.sampled_from([0, 0, 24, 36, -6])) * HOUR
        if draw(st.integers(0, 7)) == 0 and not sane:
            available_starts[where] = draw(hours)
        run_status[where] = "unknown"
        if draw(st.integers(0, 5)) == 0:
            continue
        round_id = draw(st.sampled_from([shared_round, draw(rounds)]))
        end = draw(hours)
        start, run, row = end, None, None
        if draw(st.integers(0, 2)) == 0:
            start = end - draw(st.integers(1, max_days * 24)) * HOUR
            end = draw(st.sampled_from([end, min(available[where], start + max_days * DAY)]))
            run, row = f"frr_{where}", draw(st.integers(0, 100))
            run_status[where] = draw(
                st.sampled_from(["succeeded", "succeeded", "pending", "failed", "lost", "file_lost", "unknown"])
            )
        raw: dict[str, Any] = offset(
            end, round_id, start=start, run=run, row=row, done=run is None and draw(st.booleans())
        )
        if not sane:
            odd = {
                "interval_start": None,
                "interval_end": None,
                "in_progress_report_run_id": draw(st.sampled_from(["", None])),
                "last_committed_row": draw(st.integers(-3, 9)),
                "processed_in_round": draw(st.sampled_from(["true", "Yes", "no", 1, 0, None, True])),
            }
            for name in draw(st.sets(st.sampled_from(list(odd)), max_size=2)) if draw(st.booleans()) else ():
                raw[name] = odd[name]
            for name in ("interval_start", "interval_end", "last_committed_row", "round_id"):
                raw[name] = draw(written(raw[name]))
            if draw(st.integers(0, 9)) == 0:
                del raw[draw(st.sampled_from(list(raw)))]
        if mistyped:
            for name in ("interval_start", "interval_end", "last_committed_row", "round_id"):
                raw[name] = draw(misread(raw[name]))
        stored[where] = raw
    if draw(st.booleans()):
        # Of a timezone that is configured no more; it must count for nothing.
        stored["Asia/Tokyo", types[0]] = offset(draw(hours), draw(rounds), done=draw(st.booleans()))
    return World(cron, zones, types, loads, max_days, now, available, available_starts, stored, run_status)


@st.composite
def worlds_in_milliseconds(draw: st.DrawFn, *, clock: float | None = None) -> World:
    """Worlds in which one time of one offset is in milliseconds; not the end of an open run, of which no report is made."""
    world = draw(worlds(clock=clock))
    times = [
        (where, name, value)
        for where, raw in world.stored.items()
        for name in ("interval_start", "interval_end", "round_id")
        if (value := as_long(raw.get(name))) is not None
        and (name != "interval_end" or not raw.get("in_progress_report_run_id"))
        and where in world.available
    ]
    assume(times)
    where, name, value = draw(st.sampled_from(times))
    return replace(world, stored={**world.stored, where: {**world.stored[where], name: value * 1000}})
