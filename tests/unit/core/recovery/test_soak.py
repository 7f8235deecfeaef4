# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A soak: when its samples show that a recovery lasts, and that it never grows without end."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import (
    CHECKPOINTS,
    Checkpoint,
    CheckpointName,
    CheckpointStatus,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.history import (
    MOST_POINTS,
    history_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OutcomeName, Recovery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import (
    MOST_PARTITIONS,
    MOST_SAMPLES,
    Sample,
    Soak,
    SoakState,
)
from unit.spoilt import read_or_refused

HOUR = 3600.0
BACKUP = "/backups/a.json"


def soak(*moments: float, bad: tuple[float, ...] = ()) -> Soak:
    """Samples at these hours."""
    found = Soak(BACKUP)
    for hour in moments:
        is_good = hour not in bad
        found = found.with_sample(Sample(hour * HOUR, "recovered" if is_good else "not_recovered", is_good))
    return found


def state(*moments: float, bad: tuple[float, ...] = (), hours: int = 24) -> SoakState:
    return SoakState.of(soak(*moments, bad=bad), hours)


def sampled(outcome: OutcomeName = "recovered", **statuses: CheckpointStatus) -> Sample:
    connector = Connector("orders", "source", "RUNNING", "w:1", (), {})
    names: dict[CheckpointName, CheckpointStatus] = {"logs": "passed", "offsets": "passed", "tasks": "open"}
    checkpoints = [Checkpoint(name, statuses.get(name, status), "Any.") for name, status in names.items()]
    return Sample.of(Recovery(connector, outcome, True, None), checkpoints, 5.0)


def test_a_good_sample_has_recovered_is_near_the_end_of_the_data_and_nothing_has_failed() -> None:
    assert sampled().is_good
    assert sampled(logs="not_looked_at").is_good
    assert not sampled("not_verified").is_good
    assert not sampled("recovering").is_good
    assert not sampled(offsets="open").is_good
    assert not sampled(offsets="not_looked_at").is_good
    assert not sampled(logs="failed").is_good
    assert sampled(tasks="failed").as_data(()) == {
        "at": 5.0,
        "outcome": "recovered",
        "good": False,
        "checkpoints": {"logs": "passed", "offsets": "passed", "tasks": "failed"},
        "reached": [],
    }


def test_a_day_of_good_samples_closes_it() -> None:
    found = state(0, 12, 24)
    assert found.is_complete
    assert found.good_seconds == 24 * HOUR
    assert found.message == "Good since 1970-01-01 00:00Z, seen in 3 samples: the 24 h of monitoring are complete."


@pytest.mark.parametrize(
    ("moments", "bad", "since_hour"),
    [
        ((0, 12, 23), (), 0),
        # Nobody looked for 13 hours.
        ((0, 13, 24), (), 13),
        # After a bad one it begins again.
        ((0, 6, 12, 18, 24), (6,), 12),
        ((0, 24), (), 24),
        ((5,), (), 5),
    ],
)
def test_less_than_that_does_not(moments: tuple[float, ...], bad: tuple[float, ...], since_hour: float) -> None:
    found = state(*moments, bad=bad)
    assert not found.is_complete
    assert found.good_since == since_hour * HOUR
    assert "to go; verify again within 12 h." in found.message


def test_a_last_sample_that_is_bad_opens_it_again() -> None:
    found = state(0, 12, 24, 30, bad=(30,))
    assert (found.is_complete, found.good_seconds) == (False, 0)
    assert found.message == "The last sample is not good (not recovered): the 24 h begin with the next good sample."


def test_the_length_is_the_users() -> None:
    assert state(0, 12, 24, 36, 48, hours=48).is_complete
    assert not state(0, 12, 24, 36, 47, hours=48).is_complete
    assert state(0, 1, hours=1).good_seconds == 0


def test_it_is_bounded_and_keeps_its_ends_and_what_is_bad() -> None:
    moments = [number / 20 for number in range(2 * MOST_SAMPLES)]
    found = soak(*moments, bad=(10.0,))
    assert len(found.samples) == MOST_SAMPLES
    assert found.samples[0].at == 0
    assert found.samples[-1].at == moments[-1] * HOUR
    assert [one.at for one in found.samples if not one.is_good] == [10 * HOUR]
    gaps = [after.at - before.at for before, after in zip(found.samples, found.samples[1:], strict=False)]
    assert max(gaps) <= 0.2 * HOUR


def test_of_bad_ones_alone_the_oldest_goes() -> None:
    moments = tuple(range(MOST_SAMPLES + 1))
    assert soak(*moments, bad=moments).samples[0].at == HOUR


def partition(number: int) -> Partition:
    return Partition.of({"zone": number})


def test_what_was_reached_comes_back_in_the_order_of_the_partitions() -> None:
    moments = ({partition(1): (10, 20)}, {partition(2): (5, None), partition(1): (20, 20)}, {})
    found = Soak(BACKUP, tuple(Sample(at, "recovered", True, {}, one) for at, one in enumerate(moments)))
    data = json.loads(json.dumps(found.as_data()))
    assert [one["reached"] for one in data["samples"]] == [[[10, 20], None], [[20, 20], [5, None]], [None, None]]
    assert Soak.from_data(data) == found


def test_a_document_of_many_partitions_fits_into_a_message_of_kafka() -> None:
    reached = {partition(number): (1_795_392_000, 1_795_392_000) for number in range(1000)}
    found = Soak(
        BACKUP, (Sample(1.5, "recovered", True, dict.fromkeys(CHECKPOINTS, "passed"), reached),) * MOST_SAMPLES
    )
    assert len(found.partitions) == MOST_PARTITIONS
    assert len(json.dumps(found.as_data())) < 500_000


def test_the_history_begins_with_the_change_and_has_no_more_points_than_a_chart_shows() -> None:
    samples = tuple(Sample(float(at), "recovered", True, {}, {partition(1): (at, 900)}) for at in range(300))
    found = history_of(Soak(BACKUP, samples), -5.5, {partition(1): 1, partition(2): 2})
    assert [one["partition"] for one in found] == [{"zone": 1}]
    points = found[0]["points"]
    assert (points[0], points[1], points[-1]) == ([-5, 1, None], [0, 0, 900], [299, 299, 900])
    assert len(points) == MOST_POINTS + 1
    assert points == sorted(points)


def test_it_comes_back_as_it_was() -> None:
    found = soak(0, 1, bad=(1,))
    assert Soak.from_data(json.loads(json.dumps(found.as_data()))) == found


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"format": 2, "backup_file": "a", "samples": []},
        {"format": 1, "samples": []},
        {"format": 1, "backup_file": "a", "samples": [7]},
        {"format": 1, "backup_file": "a", "samples": [], "partitions": [7]},
        {
            "format": 1,
            "backup_file": "a",
            "samples": [{"at": 1, "outcome": "a", "good": True, "checkpoints": {}, "reached": [["x", 1]]}],
            "partitions": [{"zone": 1}],
        },
        {"format": 1, "backup_file": "a", "samples": [{"at": "x", "outcome": "a", "good": True, "checkpoints": {}}]},
        *(
            {"format": 1, "backup_file": "a", "samples": [{"at": 1, "good": True, **words}]}
            for words in (
                {"outcome": "well", "checkpoints": {}},
                {"outcome": "recovered", "checkpoints": {"logs": "fine"}},
                {"outcome": "recovered", "checkpoints": {"moon": "passed"}},
            )
        ),
    ],
)
def test_what_is_damaged_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        Soak.from_data(data)


def test_a_document_of_which_any_part_is_damaged_is_read_or_refused() -> None:
    recovered = Sample(1.0, "recovered", True, {"logs": "passed"}, {partition(1): (1, 2)})
    whole = Soak("b", (recovered, recovered)).as_data()
    read, refused = read_or_refused(whole, Soak.from_data, ValueError)
    assert refused > 100
    assert read
    for one in read:
        json.dumps(one.as_data())
        assert not one.samples or SoakState.of(one, 24).message


@pytest.mark.parametrize(
    "of_sample", [{"at": math.inf}, {"at": math.nan}, {"at": 10**400}, {"reached": 5}, {"reached": [[10**400, 1]]}]
)
def test_no_figure_is_read_that_cannot_be_reckoned_with(of_sample: Mapping[str, Any]) -> None:
    whole = Soak("b", (Sample(1.0, "recovered", True, {}, {partition(1): (1, 2)}),)).as_data()
    whole["samples"][0].update(of_sample)
    with pytest.raises(ValueError, match="no "):
        Soak.from_data(whole)
