# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk and its forecast, held against a second and naive account of the connector."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import decide
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    PartitionForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Request,
    walk,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from hypothesis import event, given
from unit.connectors.stripe_reporting.cases import DAY, HOUR
from unit.connectors.stripe_reporting.reference_walk import (
    Asked,
    ReferenceTask,
    Where,
    as_long,
    as_meant,
    meant_to_be_delivered_to,
)
from unit.connectors.stripe_reporting.worlds import EARLIEST, World, fires_of, worlds, worlds_in_milliseconds
from unit.examples import examples


def as_asked(request: Request) -> Asked:
    return Asked(request.round_id, request.start, request.end, request.covers_end, request.run_id, request.first_row)


@examples(200)
@given(worlds() | worlds_in_milliseconds())
def test_every_partition_asks_for_what_the_reference_asks_for_in_the_same_order(world: World) -> None:
    reference = world.task().run()
    requests = walk(world.settings, world.offsets, world.partitions, world.accounts, world.now).requests
    asked = {
        (one.timezone, one.report_type): [as_asked(request) for request in requests if request.partition == one]
        for one in world.partitions
    }
    assert asked == reference.asked
    event("requests: " + ("none" if not requests else "some" if len(requests) < 20 else "many"))
    event("aborted" if reference.aborted_by else "current" if reference.is_current() else "never current")


@examples(120)
@given(worlds())
def test_the_partitions_in_trouble_are_those_that_fail_a_poll_of_the_reference_or_are_left_out_of_one(
    world: World,
) -> None:
    reference = world.task().run()
    troubles = walk(world.settings, world.offsets, world.partitions, world.accounts, world.now).problems
    assert {where_of(one.partition) for one in troubles if one.scope == "poll"} == reference.aborted_ever
    assert {where_of(one.partition) for one in troubles if one.scope != "poll"} == reference.left_out_ever
    without_load = {one.partition.report_type for one in troubles if one.code == "no_initial_load"}
    assert not without_load & world.loads.keys()


@examples(80)
@given(worlds())
def test_the_forecast_says_whether_the_connector_gets_current_and_what_it_costs(world: World) -> None:
    reference = world.task().run()
    forecast = world.forecast()
    assert forecast.worked_round == world.task().worked_round()
    assert forecast.is_complete == reference.is_current()
    asked = [one for requests in reference.asked.values() for one in requests]
    assert forecast.runs == len([one for one in asked if one.resumed is None])
    for one in forecast.partitions:
        mine = reference.asked[one.partition.timezone, one.partition.report_type]
        assert one.runs == len([request for request in mine if request.resumed is None])
        assert (one.next_request is None) == (not mine)
        assert one.lost_rows == sum(request.first_row for request in mine if request.resumed is None)


@examples(120)
@given(worlds())
def test_skipped_and_repeated_time_is_what_counting_hour_by_hour_gives(world: World) -> None:
    reference = world.task().run()
    for one in world.forecast().partitions:
        gaps, again = counted_by_hour(world, reference, one.partition)
        assert hours_of(one) == gaps
        assert one.redelivered_seconds == again * HOUR


def counted_by_hour(world: World, reference: ReferenceTask, one: ReportPartition) -> tuple[set[int], int]:
    """The hours left out, and how many are delivered once more, from the reference's requests."""
    where = where_of(one)
    available = world.available[where]
    delivered_to = old_end(world.stored.get(where))
    if delivered_to is None:
        delivered_to = world.loads.get(one.report_type, available)
    # Nobody is owed what Stripe does not have.
    delivered_to = max(delivered_to, world.available_starts.get(where, delivered_to))
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


def where_of(one: ReportPartition) -> Where:
    return one.timezone, one.report_type


def old_end(raw: Offset | None) -> int | None:
    return None if raw is None else meant_to_be_delivered_to(raw)


def hours_of(one: PartitionForecast) -> set[int]:
    return {hour for start, end in one.skipped for hour in range(start, end, HOUR)}


@examples(120)
@given(worlds(sane=True) | worlds(sane=True, mistyped=True))
def test_continue_skips_nothing_and_repeats_only_what_it_announces(world: World) -> None:
    """Judged by the reference on the offsets that continue writes, not by the forecast of the decision itself."""
    decision = decide(world.situation, ResetRequest("continue"))
    stored: dict[Where, Offset] = dict(world.stored)
    for partition, target in decision.targets.items():
        assert target is not None
        stored[str(partition.get("timezone")), str(partition.get("report_type"))] = target
    reference = world.task(stored).run()
    assert reference.aborted_by is None
    assert reference.is_current()
    moved = any(raw["round_id"] != world.task().current() for raw in world.stored.values())
    for one in decision.forecast.partitions:
        where = where_of(one.partition)
        gaps, again = counted_by_hour(world, reference, one.partition)
        if where in world.stored and not is_done_for_now(world, where):
            assert gaps == set()
        assert again * HOUR == one.redelivered_seconds
        if one.partition in decision.changed:
            assert again == 0
            assert one.lost_rows == 0
            open_row = world.stored[where]["last_committed_row"]
            if one.redelivered_rows:
                assert one.redelivered_rows == 1 + (as_meant(open_row) or 0)
                assert world.run_status[where] != "succeeded" or covers_less(world, where)
    event(f"changed: {bool(decision.changed)}, another round: {moved}")


def is_done_for_now(world: World, where: Where) -> bool:
    """What came since the last chunk of a finished partition belongs to the next round."""
    raw = world.stored[where]
    return bool(raw["processed_in_round"]) and as_long(raw["round_id"]) == max(
        fire for fire in fires_of(world.cron, world.now) if fire < world.now
    )


def covers_less(world: World, where: Where) -> bool:
    start, end = (as_meant(world.stored[where][name]) for name in ("interval_start", "interval_end"))
    assert start is not None
    return end != min(world.available[where], start + world.max_days * DAY)
