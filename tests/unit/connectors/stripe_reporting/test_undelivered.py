# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector that healed alone has skipped, found in the report runs of its accounts; and what looks similar.

Each case is a list of runs in the order of asking: minutes since the first, partition, from and to in days, and how it went.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.undelivered import (
    undelivered_spans,
)
from unit.connectors.stripe_reporting.cases import CAIRO, DAY, NEW_YORK, PST, TODAY, TYPE, report_partition

FIRST = TODAY + 6 * 3600
OTHER_TYPE = "payouts.summary.1"
WAIT_SECONDS = 300


def day(number: float) -> int:
    """A moment of the data: day 0 is today's midnight."""
    return int(TODAY + number * DAY)


@dataclass(frozen=True)
class Asked:
    """``took_seconds``: None for one that never became ready; ``failed``: Stripe said so."""

    minutes: float
    zone: str
    start: float
    end: float
    took_seconds: float | None = 30
    failed: bool = False
    report_type: str = TYPE

    def run(self, number: int) -> ReportRun:
        created = int(FIRST + self.minutes * 60)
        status = "failed" if self.failed else "pending" if self.took_seconds is None else "succeeded"
        ready = int(created + self.took_seconds) if status == "succeeded" and self.took_seconds is not None else None
        return ReportRun(f"frr_{number}", self.report_type, day(self.start), day(self.end), created, status, ready)


def late(minutes: float, zone: str, start: float, end: float) -> Asked:
    """A run that was ready only long after the connector had given it up."""
    return Asked(minutes, zone, start, end, took_seconds=3 * WAIT_SECONDS)


def failing(minutes: float, zone: str, start: float, end: float, report_type: str = TYPE) -> Asked:
    return Asked(minutes, zone, start, end, failed=True, report_type=report_type)


def history(asked: Sequence[Asked], zone: str, complete_since: int = day(-14)) -> RunHistory:
    """What the account of a timezone tells: newest first; ``complete_since`` is epoch seconds."""
    runs = [one.run(number) for number, one in enumerate(asked) if one.zone == zone]
    return RunHistory(tuple(reversed(runs)), complete_since)


def found(
    asked: Sequence[Asked],
    stored: Mapping[str, float],
    *,
    initial_load: float | None = None,
    known_since: Mapping[str, float] | None = None,
    open_run: bool = False,
) -> list[tuple[str, float, float]]:
    """Timezone and span, in days, of what is found; ``stored``: up to where the offset of a timezone says it is delivered.

    ``known_since``: by timezone, from which minute on all runs are known.
    """
    since = known_since or {}
    zones = sorted({one.zone for one in asked} | set(stored))
    report_types = sorted({one.report_type for one in asked})
    histories = {
        zone: history(asked, zone, int(FIRST + since[zone] * 60) if zone in since else day(-14)) for zone in zones
    }
    run_id = "frr_open" if open_run else None
    offsets = {report_partition(zone): ReportOffset(day(end), day(end), run_id) for zone, end in stored.items()}
    partitions = sorted(ReportPartition(zone, one) for zone in zones for one in report_types)
    loads = {} if initial_load is None else {TYPE: day(initial_load)}
    spans = undelivered_spans(tuple(partitions), histories, offsets, loads)
    for span in spans:
        runs = [one.run(number) for number, one in enumerate(asked) if one.zone == span.partition.timezone]
        assert span.since in {run.created for run in runs if run.start <= span.start < run.end}
    return [(span.partition.timezone, (span.start - TODAY) / DAY, (span.end - TODAY) / DAY) for span in spans]


# New York fails the first poll, and Cairo's first chunk with it; with the second poll both go on.
HEALED = (
    Asked(0, CAIRO, -6, -4),
    late(1, NEW_YORK, -6, -4),
    Asked(7, CAIRO, -4, -2),
    Asked(8, NEW_YORK, -6, -4),
    Asked(9, CAIRO, -2, 0),
    Asked(10, NEW_YORK, -4, -2),
)
DELIVERED = {CAIRO: 0.0, NEW_YORK: -2.0}


def test_a_span_that_a_failed_poll_dropped_and_the_offset_jumped_over_is_found() -> None:
    assert found(HEALED, DELIVERED) == [(CAIRO, -6, -4)]


@pytest.mark.parametrize(
    "culprit",
    [
        failing(1, NEW_YORK, -6, -4),
        Asked(1, NEW_YORK, -6, -4, took_seconds=None),
        Asked(1, NEW_YORK, -6, -4, took_seconds=7 * 60 + 1),
    ],
    ids=["failed", "still pending", "ready just after it was asked for again"],
)
def test_a_poll_fails_at_a_run_that_did_not_become_ready_in_time(culprit: Asked) -> None:
    assert found((HEALED[0], culprit, *HEALED[2:]), DELIVERED) == [(CAIRO, -6, -4)]


def test_every_partition_before_the_failing_one_is_robbed() -> None:
    asked = (
        Asked(0, CAIRO, -6, -4),
        Asked(2, NEW_YORK, -6, -4),
        late(4, PST, -6, -4),
        Asked(8, CAIRO, -4, -2),
        Asked(9, NEW_YORK, -4, -2),
        Asked(10, PST, -6, -4),
    )
    expected = [(CAIRO, -6, -4), (NEW_YORK, -6, -4)]
    assert found(asked, {CAIRO: -2, NEW_YORK: -2, PST: -4}) == expected


def test_a_chunk_that_an_earlier_poll_delivered_is_not_missing() -> None:
    asked = (Asked(-1, CAIRO, -8, -6), *HEALED)
    assert found(asked, DELIVERED) == [(CAIRO, -6, -4)]


def test_chunks_of_several_failed_polls_are_all_found() -> None:
    asked = (
        Asked(0, CAIRO, -6, -4),
        late(1, NEW_YORK, -6, -4),
        Asked(7, CAIRO, -4, -2),
        late(8, NEW_YORK, -6, -4),
        Asked(14, CAIRO, -2, 0),
        Asked(15, NEW_YORK, -6, -4),
    )
    assert found(asked, {CAIRO: 0, NEW_YORK: -4}) == [(CAIRO, -6, -4), (CAIRO, -4, -2)]


NOT_JUMPED = {
    "the offset is still before it, so that a restart brings it back": {CAIRO: -6.0, NEW_YORK: -2.0},
    "there is no offset at all": {NEW_YORK: -2.0},
}


@pytest.mark.parametrize("stored", NOT_JUMPED.values(), ids=NOT_JUMPED)
def test_what_the_stored_offset_has_not_jumped_over_is_not_lost(stored: Mapping[str, float]) -> None:
    assert found(HEALED, stored) == []


def test_an_offset_with_an_open_run_counts_from_the_start_of_that_run() -> None:
    assert found(HEALED, {CAIRO: -2, NEW_YORK: -2}, open_run=True) == [(CAIRO, -6, -4)]
    assert found(HEALED, {CAIRO: -6, NEW_YORK: -2}, open_run=True) == []


NOTHING_LOST: dict[str, Sequence[Asked]] = {
    "nothing failed": (HEALED[0], Asked(1, NEW_YORK, -6, -4), *HEALED[2:3], Asked(8, NEW_YORK, -4, -2)),
    "a restart began where the offset was": (
        *HEALED[:2],
        Asked(7, CAIRO, -6, -4),
        Asked(8, NEW_YORK, -6, -4),
        Asked(9, CAIRO, -4, -2),
        Asked(10, NEW_YORK, -4, -2),
    ),
    "a recovery took all at once": (*HEALED[:2], Asked(30, CAIRO, -6, 0), Asked(31, NEW_YORK, -6, 0)),
    "a later round loaded it again": (*HEALED, Asked(1440, CAIRO, -30, 1), Asked(1441, NEW_YORK, -30, 1)),
    "an earlier round had loaded it already": (
        Asked(-1440, CAIRO, -30, -1),
        Asked(-1439, NEW_YORK, -30, -1),
        *HEALED,
    ),
    "the failing one comes first in the walk": (
        late(0, CAIRO, -6, -4),
        Asked(7, CAIRO, -6, -4),
        Asked(8, NEW_YORK, -6, -4),
        Asked(9, CAIRO, -4, -2),
    ),
    "the failing one was never asked for again": (*HEALED[:3], Asked(9, CAIRO, -2, 0)),
    "the next of the failing partition is another interval": (
        *HEALED[:3],
        Asked(8, NEW_YORK, -4, -2),
        *HEALED[4:],
    ),
    "a poll got past the failing one, so another program had asked for that": (
        *HEALED[:2],
        Asked(6, PST, -6, -4),
        *HEALED[2:],
    ),
    "the failing one was ready before it was asked for again, as in two rounds": (
        HEALED[0],
        Asked(1, NEW_YORK, -6, -4),
        *HEALED[2:],
    ),
    "the failing poll came long after": (
        HEALED[0],
        late(30, NEW_YORK, -6, -4),
        Asked(36, CAIRO, -4, -2),
        Asked(37, NEW_YORK, -6, -4),
    ),
    "the report was not even ready when the failing one was asked for": (
        Asked(0, CAIRO, -6, -4, took_seconds=90),
        *HEALED[1:],
    ),
    "both were asked for within the same second": (
        Asked(1, CAIRO, -6, -4, took_seconds=0),
        *HEALED[1:],
    ),
    "another program asked for a report just before a failing one": (
        Asked(0.1, CAIRO, -9, -7),
        late(1, NEW_YORK, -6, -4),
        *HEALED[2:],
    ),
}


@pytest.mark.parametrize("asked", NOTHING_LOST.values(), ids=NOTHING_LOST)
def test_where_nothing_is_lost_nothing_is_found(asked: Sequence[Asked]) -> None:
    assert found(asked, {CAIRO: 1, NEW_YORK: 1, PST: 1}) == []


def test_only_the_part_that_no_other_run_covers_is_found() -> None:
    earlier = Asked(-1440, CAIRO, -9, -5)
    later = Asked(1440, CAIRO, -4.5, 0)
    assert found((earlier, *HEALED, later), DELIVERED) == [(CAIRO, -5, -4.5)]


def test_a_run_that_was_itself_given_up_covers_nothing() -> None:
    asked = (*HEALED, late(1440, CAIRO, -9, 0), Asked(1446, CAIRO, -9, -8))
    assert found(asked, DELIVERED) == [(CAIRO, -6, -4)]


def day_in_minutes(number: int) -> float:
    """A moment of the data as minutes since the first run."""
    return (day(number) - FIRST) / 60


def test_with_rounds_that_start_over_only_data_as_new_as_the_known_runs_can_be_missing() -> None:
    """An earlier round may have delivered the rest, and its runs are not known any more."""
    known_since = {CAIRO: day_in_minutes(-5), NEW_YORK: day_in_minutes(-3)}
    assert found(HEALED, DELIVERED, initial_load=-30, known_since=known_since) == [(CAIRO, -5, -4)]
    assert found(HEALED, DELIVERED, known_since=known_since) == [(CAIRO, -6, -4)]


def test_from_before_all_accounts_runs_are_known_nothing_is_told() -> None:
    assert found(HEALED, DELIVERED, known_since={NEW_YORK: 0}) == [(CAIRO, -6, -4)]
    assert found(HEALED, DELIVERED, known_since={NEW_YORK: 0.5}) == []
    # None of the runs that are known there is of the connector's report types.
    assert found(HEALED, {**DELIVERED, PST: 0}, known_since={PST: 0.5}) == []


def test_a_partition_without_rounds_is_not_taken_into_a_round_that_just_begins() -> None:
    """The poll that began the next round failed; the one before it had delivered what has no part in any round."""
    asked = (
        Asked(0, CAIRO, -6, -4, report_type=OTHER_TYPE),
        late(1, NEW_YORK, -30, 0),
        Asked(7, CAIRO, -4, -2, report_type=OTHER_TYPE),
        Asked(8, NEW_YORK, -30, 0),
    )
    offsets = {ReportPartition(CAIRO, OTHER_TYPE): ReportOffset(day(-2), day(-2))}
    histories = {zone: history(asked, zone) for zone in (CAIRO, NEW_YORK)}
    partitions = (ReportPartition(CAIRO, OTHER_TYPE), report_partition(NEW_YORK))
    assert undelivered_spans(partitions, histories, offsets, {TYPE: day(-30)}) == ()
    (span,) = undelivered_spans(partitions, histories, offsets, {TYPE: day(-31)})
    assert (span.start, span.end) == (day(-6), day(-4))


def test_accounts_that_are_not_known_hide_nothing_of_the_others() -> None:
    partitions = tuple(map(report_partition, (CAIRO, NEW_YORK, PST)))
    histories = {zone: history(HEALED, zone) for zone in (CAIRO, NEW_YORK)}
    offsets = {report_partition(CAIRO): ReportOffset(day(0), day(0))}
    assert len(undelivered_spans(partitions, histories, offsets, {})) == 1
    assert undelivered_spans(partitions, {}, offsets, {}) == ()
