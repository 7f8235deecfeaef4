# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The soak of a change: samples of its verification over a day or two, which together show that the recovery lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ansible_collections.connectops.recovery.plugins.module_utils.core.change import plain_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    HOUR_SECONDS,
    kept_moment,
    show_moment,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import (
    CHECKPOINT_STATUSES,
    CHECKPOINTS,
    Checkpoint,
    CheckpointName,
    CheckpointStatus,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    OUTCOMES,
    OutcomeName,
    Recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of

# One every ten minutes for two days.
MOST_SAMPLES = 300
# As many partitions as a chart shows, so that the document stays small enough for a topic.
MOST_PARTITIONS = 24
FORMAT = 1

# Up to where a partition has delivered, and where its data ends (epoch seconds); None where that is not known.
Reached = tuple[Union[int, None], Union[int, None]]


@dataclass(frozen=True)
class Sample:
    """What one verification saw of a connector at one moment (epoch seconds). ``statuses``: by checkpoint.

    ``reached``: how far each partition was, without partitions for which this is not known.
    """

    at: float
    outcome: OutcomeName
    is_good: bool
    statuses: Mapping[CheckpointName, CheckpointStatus] = field(default_factory=dict)
    reached: Mapping[Partition, Reached] = field(default_factory=dict)

    @classmethod
    def of(cls, recovery: Recovery, checkpoints: Sequence[Checkpoint], at: float) -> Sample:
        """A good one has recovered, its offsets are where they should be, and no checkpoint has failed."""
        statuses = {one.checkpoint: one.status for one in checkpoints}
        is_good = (
            recovery.outcome == "recovered"
            and statuses.get("offsets") == "passed"
            and "failed" not in statuses.values()
        )
        return cls(
            at,
            recovery.outcome,
            is_good,
            statuses,
            {
                one.partition: (one.delivered_to, None if one.work is None else one.work.available_to)
                for one in recovery.partitions[:MOST_PARTITIONS]
                if one.delivered_to is not None
            },
        )

    def as_data(self, partitions: Sequence[Partition]) -> dict[str, Any]:
        """``partitions``: those of all samples, in whose order the figures stand."""
        return {
            "at": self.at,
            "outcome": self.outcome,
            "good": self.is_good,
            "checkpoints": dict(self.statuses),
            "reached": [self.reached.get(one) for one in partitions],
        }

    @classmethod
    def from_data(cls, data: Any, partitions: Sequence[Partition] = ()) -> Sample:
        """Read what :meth:`as_data` made; an older one has no figures. Raises ValueError."""
        if not isinstance(data, Mapping) or not isinstance(data.get("checkpoints"), Mapping):
            raise ValueError("no sample")
        at, outcome, is_good = data.get("at"), data.get("outcome"), data.get("good")
        if not isinstance(is_good, bool):
            raise ValueError("no sample")
        given = data.get("reached") or []
        if not isinstance(given, list):
            raise ValueError("no figures")
        reached = {one: _reached(found) for one, found in zip(partitions, given, strict=False) if found is not None}
        checkpoints = {
            word_of(CHECKPOINTS, name): word_of(CHECKPOINT_STATUSES, status)
            for name, status in data["checkpoints"].items()
        }
        return cls(float(kept_moment(at)), word_of(OUTCOMES, outcome), is_good, checkpoints, reached)


@dataclass(frozen=True)
class Soak:
    """The samples of one change, oldest first. ``backup_file``: the backup of the change."""

    backup_file: str
    samples: tuple[Sample, ...] = ()

    def with_sample(self, sample: Sample) -> Soak:
        """The soak with one more sample; beyond 300 samples the least informative one is dropped."""
        samples = (*self.samples, sample)
        return replace(self, samples=samples if len(samples) <= MOST_SAMPLES else _without_one(samples))

    def good_since(self, longest_gap_seconds: float) -> float | None:
        """Since when (epoch seconds) every sample was good, with no longer time between two; None where the last one is not."""
        since: float | None = None
        before: float | None = None
        for one in self.samples:
            is_gap = before is not None and one.at - before > longest_gap_seconds
            if not one.is_good:
                since = None
            elif since is None or is_gap:
                since = one.at
            before = one.at
        return since

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The partitions whose position any sample shows, in the order of their first appearance."""
        return tuple(dict.fromkeys(one for sample in self.samples for one in sample.reached))[:MOST_PARTITIONS]

    def as_data(self) -> dict[str, Any]:
        partitions = self.partitions
        return {
            "format": FORMAT,
            "backup_file": self.backup_file,
            "partitions": [one.as_dict() for one in partitions],
            "samples": [one.as_data(partitions) for one in self.samples],
        }

    @classmethod
    def from_data(cls, data: Any) -> Soak:
        """Read what :meth:`as_data` made. Raises ValueError."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT or not isinstance(data.get("samples"), list):
            raise ValueError("no samples")
        backup_file = data.get("backup_file")
        if not isinstance(backup_file, str):
            raise ValueError("no backup")
        partitions = data.get("partitions") or []
        fields = [plain_fields(one) for one in partitions] if isinstance(partitions, list) else [None]
        named = [Partition.of(one) for one in fields if one is not None]
        if len(named) < len(fields):
            raise ValueError("no partitions")
        return cls(backup_file, tuple(Sample.from_data(one, named) for one in data["samples"]))


@dataclass(frozen=True)
class SoakState:
    """How far a soak has come. Lengths are seconds; ``good_since`` is epoch seconds, None where the last sample is not good."""

    samples: int
    needed_seconds: int
    good_seconds: int
    good_since: float | None
    last_outcome: OutcomeName

    @classmethod
    def of(cls, soak: Soak, hours: int) -> SoakState:
        """The state of a soak that has at least one sample.

        ``hours``: how long all samples must be good. At most half of that time may pass between two consecutive samples.
        """
        needed = hours * HOUR_SECONDS
        since, last = soak.good_since(needed / 2), soak.samples[-1]
        return cls(len(soak.samples), needed, 0 if since is None else int(last.at - since), since, last.outcome)

    @property
    def is_complete(self) -> bool:
        """Whether the samples of the whole time were good."""
        return self.good_since is not None and self.good_seconds >= self.needed_seconds

    @property
    def message(self) -> str:
        needed = _hours(self.needed_seconds)
        if self.good_since is None:
            outcome = self.last_outcome.replace("_", " ")
            return f"The last sample is not good ({outcome}): the {needed} begin with the next good sample."
        good = f"Good since {show_moment(int(self.good_since))}, seen in {counted(self.samples, 'sample')}"
        if self.is_complete:
            return f"{good}: the {needed} of monitoring are complete."
        left = _hours(self.needed_seconds - self.good_seconds)
        return f"{good}: {left} of {needed} to go; verify again within {show_seconds(self.needed_seconds // 2)}."

    def as_data(self) -> dict[str, Any]:
        return {
            "complete": self.is_complete,
            "samples": self.samples,
            "good_since": self.good_since,
            "good_seconds": self.good_seconds,
            "needed_seconds": self.needed_seconds,
            "message": self.message,
        }


def _reached(data: Any) -> Reached:
    """Raises ValueError."""
    if not isinstance(data, list) or len(data) != 2 or not all(map(_is_moment, data)):
        raise ValueError("no figures")
    return data[0], data[1]


def _is_moment(data: Any) -> bool:
    """Whether it is a usable number, or None."""
    return data is None or (isinstance(data, int) and abs(data) < 2**63)


def _hours(seconds: int) -> str:
    """Begun hours count as whole ones."""
    return f"{-(-seconds // HOUR_SECONDS)} h"


def _without_one(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Without the good one between two good ones that are closest together, or else without the oldest."""
    gaps = {
        number: samples[number + 1].at - samples[number - 1].at
        for number in range(1, len(samples) - 1)
        if all(one.is_good for one in samples[number - 1 : number + 2])
    }
    dropped = min(gaps, key=gaps.__getitem__, default=0)
    return samples[:dropped] + samples[dropped + 1 :]
