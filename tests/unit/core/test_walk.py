# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk and its forecast, held against a second and naive account of the connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.decision import decide
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.forecast import (
    Forecast,
    PlaceForecast,
    foresee,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.offsets import (
    Place,
    ReportOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.walk import (
    Account,
    Request,
    WalkSettings,
    walk,
)
from hypothesis import event, given, settings
from hypothesis import strategies as st
from unit.core.cases import CAIRO, DAY, HOUR, NEW_YORK, NOW, PST, TODAY, at, connector, offset
from unit.core.reference_walk import Asked, ReferenceTask, Where, remembered

# The fires of each, in hours of the week that begins on Sunday, 00:00 UTC.
CRONS = {
    "0 0 0 * * ?": range(0, 168, 24),
    "0 0 6,18 * * ?": [day * 24 + hour for day in range(7) for hour in (6, 18)],
    "0 0 5 ? * 2-6": range(29, 168 - 24, 24),
    "0 0 0 ? * 4": [72],
}
A_SUNDAY = at("2026-11-22")
ZONES = (CAIRO, NEW_YORK, PST)
TYPES = ("balance.summary.1", "payout.x.1")
EARLIEST = NOW - 16 * DAY


def fires_of(cron: str) -> list[int]:
    weeks = range(A_SUNDAY - 10 * 7 * DAY, A_SUNDAY + 9 * 7 * DAY, 7 * DAY)
    return [week + hour * HOUR for week in weeks for hour in CRONS[cron]]


@dataclass(frozen=True)
class World:
    """A connector's config and offsets, and what Stripe says; offsets are raw, by (timezone, report type)."""

    cron: str
    zones: tuple[str, ...]
    types: tuple[str, ...]
    loads: Mapping[str, int]
    max_days: int
    now: float
    available: Mapping[Where, int]
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
    def places(self) -> tuple[Place, ...]:
        return tuple(sorted(Place(zone, report_type) for zone in self.zones for report_type in self.types))

    @property
    def offsets(self) -> dict[Place, ReportOffset]:
        return {Place(*where): ReportOffset.read(raw) for where, raw in self.stored.items()}

    @property
    def connector(self) -> Connector:
        return replace(connector(self.stored), config=self.config)

    @property
    def accounts(self) -> dict[Place, Account]:
        return {Place(*where): Account(end, True, self.run_status[where]) for where, end in self.available.items()}

    def task(self, stored: Mapping[Where, Offset] | None = None) -> ReferenceTask:
        """The reference at its start, with these offsets or with those written since."""
        return ReferenceTask(
            timezones=self.zones,
            report_types=self.types,
            initial_loads=self.loads,
            max_days=self.max_days,
            fires=fires_of(self.cron),
            now=self.now,
            available_ends=self.available,
            stored=self.stored if stored is None else stored,
            without_result={
                str(raw.get("in_progress_report_run_id"))
                for where, raw in self.stored.items()
                if self.run_status[where] in ("pending", "failed", "lost")
            },
        )

    def forecast(self) -> Forecast:
        return foresee(self.settings, self.offsets, self.offsets, self.places, self.accounts, self.now)


def written(value: int | None) -> st.SearchStrategy[Any]:
    """A number in the ways in which it may be stored, or one that cannot be read when there is none."""
    if value is None:
        return st.sampled_from([None, "last night", "", True])
    return st.sampled_from([value] * 4 + [float(value), str(value), f"{value}.0"])


@st.composite
def worlds(draw: st.DrawFn, *, sane: bool = False) -> World:
    """Any world; a ``sane`` one holds only offsets that the connector writes itself."""
    cron = draw(st.sampled_from(list(CRONS)))
    zones = tuple(draw(st.permutations(ZONES))[: draw(st.integers(1, 3))])
    types = TYPES[: draw(st.sampled_from([1, 1, 2]))]
    loads = {
        one: days * DAY
        for one in types
        if (days := draw(st.none() | st.integers(EARLIEST // DAY + 2, TODAY // DAY + 1))) is not None
    }
    now = TODAY + draw(st.sampled_from([0, 1, 6 * HOUR, 6 * HOUR + 0.5, 20 * HOUR + 1]))
    fires = fires_of(cron)
    near = [fire for fire in fires if fire < now][-4:]
    rounds = st.sampled_from([*near, near[-1], near[-1]])
    if not sane:
        ahead = min(fire for fire in fires if fire >= now)
        rounds = st.one_of(rounds, rounds, rounds, st.sampled_from([None, ahead, near[-1] - HOUR, near[0] + 7]))
    hours = st.integers(0, (TODAY - EARLIEST) // HOUR).map(lambda hour: EARLIEST + hour * HOUR)
    max_days = draw(st.sampled_from([2, 3, 7, 30]))
    available = {}
    stored = {}
    run_status = {}
    shared_round = draw(rounds)
    for where in ((zone, one) for zone in zones for one in types):
        available[where] = TODAY - draw(st.sampled_from([0, 0, 24, 36, -6])) * HOUR
        run_status[where] = "unknown"
        if draw(st.integers(0, 5)) == 0:
            continue
        round_id = draw(st.sampled_from([shared_round, draw(rounds)]))
        end = draw(hours)
        start, run, row = end, None, None
        if draw(st.integers(0, 2)) == 0:
            start = end - draw(st.integers(1, max_days * 24)) * HOUR
            end = draw(st.sampled_from([end, min(available[where], start + max_days * DAY)]))
            run, row = f"frr_{where}", draw(st.integers(0, 5000))
            run_status[where] = draw(
                st.sampled_from(["succeeded", "succeeded", "pending", "failed", "lost", "unknown"])
            )
        raw: dict[str, Any] = offset(
            end, round_id, start=start, run=run, row=row, done=run is None and draw(st.booleans())
        )
        if not sane:
            odd = {
                "interval_start": None,
                "interval_end": None,
                "in_progress_report_run_id": draw(st.sampled_from(["", None])),
                "last_committed_row": draw(st.integers(0, 9)),
                "processed_in_round": draw(st.sampled_from(["true", "Yes", "no", 1, 0, None, True])),
            }
            for name in draw(st.sets(st.sampled_from(list(odd)), max_size=2)) if draw(st.booleans()) else ():
                raw[name] = odd[name]
            for name in ("interval_start", "interval_end", "last_committed_row", "round_id"):
                raw[name] = draw(written(raw[name]))
            if draw(st.integers(0, 9)) == 0:
                del raw[draw(st.sampled_from(list(raw)))]
        stored[where] = raw
    return World(cron, zones, types, loads, max_days, now, available, stored, run_status)


def as_asked(request: Request) -> Asked:
    return Asked(request.round_id, request.start, request.end, request.covers_end, request.run_id, request.first_row)


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_every_place_asks_for_what_the_reference_asks_for_in_the_same_order(world: World) -> None:
    reference = world.task().run()
    steps = list(walk(world.settings, world.offsets, world.places, world.accounts, world.now))
    requests = [step for step in steps if isinstance(step, Request)]
    asked = {
        (one.timezone, one.report_type): [as_asked(request) for request in requests if request.place == one]
        for one in world.places
    }
    assert asked == reference.asked
    event("requests: " + ("none" if not requests else "some" if len(requests) < 20 else "many"))
    event("aborted" if reference.aborted_by else "current" if reference.is_current() else "never current")


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_the_forecast_says_whether_the_connector_gets_current_and_what_it_costs(world: World) -> None:
    reference = world.task().run()
    forecast = world.forecast()
    assert forecast.worked_round == world.task().worked_round()
    assert forecast.is_complete == reference.is_current()
    asked = [one for requests in reference.asked.values() for one in requests]
    assert forecast.runs == len([one for one in asked if one.resumed is None])
    for one in forecast.places:
        mine = reference.asked[one.place.timezone, one.place.report_type]
        assert one.runs == len([request for request in mine if request.resumed is None])
        assert (one.next_request is None) == (not mine)
        assert one.lost_rows == sum(request.first_row for request in mine if request.resumed is None)


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_skipped_and_repeated_time_is_what_counting_hour_by_hour_gives(world: World) -> None:
    reference = world.task().run()
    for one in world.forecast().places:
        gaps, again = counted_by_hour(world, reference, one.place)
        assert hours_of(one) == gaps
        assert one.again_seconds == again * HOUR


def counted_by_hour(world: World, reference: ReferenceTask, one: Place) -> tuple[set[int], int]:
    """The hours left out, and how many are delivered once more, from the reference's requests."""
    where = where_of(one)
    available = world.available[where]
    delivered_to = old_end(world.stored.get(where))
    if delivered_to is None:
        delivered_to = world.loads.get(one.report_type, available)
    first = EARLIEST - 40 * DAY
    covered = set(range(first, delivered_to, HOUR))
    again = 0
    for request in reference.asked[where]:
        for hour in range(request.start, request.covers_to, HOUR):
            again += hour in covered
            covered.add(hour)
    reach = available if reference.is_current() else reference.goes_on_at(where)
    until = first if reach is None else min(reach, available)
    return {hour for hour in range(first, until, HOUR) if hour not in covered}, again


def where_of(one: Place) -> Where:
    return one.timezone, one.report_type


def old_end(raw: Offset | None) -> int | None:
    if raw is None:
        return None
    state = remembered(raw)
    return state.end if state.run is None else state.start


def hours_of(one: PlaceForecast) -> set[int]:
    return {hour for start, end in one.skipped for hour in range(start, end, HOUR)}


@settings(max_examples=300, deadline=None)
@given(worlds(sane=True))
def test_continue_skips_nothing_and_repeats_only_what_it_announces(world: World) -> None:
    """Judged by the reference on the offsets that continue writes, not by the forecast of the decision itself."""
    decision = decide(world.connector, ResetRequest("continue"), world.accounts, (), world.now)
    stored: dict[Where, Offset] = dict(world.stored)
    for partition, target in decision.targets.items():
        assert target is not None
        stored[str(partition.get("timezone")), str(partition.get("report_type"))] = target
    reference = world.task(stored).run()
    assert reference.aborted_by is None
    assert reference.is_current()
    moved = any(raw["round_id"] != world.task().current() for raw in world.stored.values())
    for one in decision.forecast.places:
        where = where_of(one.place)
        gaps, again = counted_by_hour(world, reference, one.place)
        if where in world.stored and not is_done_for_now(world, where):
            assert gaps == set()
        assert again * HOUR == one.again_seconds
        if one.place in decision.changed:
            assert again == 0
            assert one.lost_rows == 0
            open_row = world.stored[where]["last_committed_row"]
            if one.again_rows:
                assert one.again_rows == 1 + int(str(open_row))
                assert world.run_status[where] != "succeeded" or covers_less(world, where)
    event(f"changed: {bool(decision.changed)}, another round: {moved}")


def is_done_for_now(world: World, where: Where) -> bool:
    """What came since a finished place's last chunk is the next round's."""
    raw = world.stored[where]
    return bool(raw["processed_in_round"]) and raw["round_id"] == max(
        fire for fire in fires_of(world.cron) if fire < world.now
    )


def covers_less(world: World, where: Where) -> bool:
    start, end = (int(str(world.stored[where][name])) for name in ("interval_start", "interval_end"))
    return end != min(world.available[where], start + world.max_days * DAY)
