# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far each partition was when its connector was changed, and at each look since: the figures of a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Reached, Sample, Soak

# With more points than this, a chart shows no more detail.
MOST_POINTS = 40


def history_of(soak: Soak, changed_at: float, before: Mapping[Partition, int]) -> list[dict[str, Any]]:
    """By partition its points, oldest first: epoch seconds of the look, delivered up to, available up to.

    ``before``: up to where each had delivered when it was changed, in epoch seconds.
    """
    looks: list[tuple[int, Mapping[Partition, Reached]]] = [
        (int(changed_at), {one: (moment, None) for one, moment in before.items()}),
        *((int(one.at), one.reached) for one in _thinned(soak.samples)),
    ]
    return [
        {
            "partition": partition.as_dict(),
            "points": [[at, *reached[partition]] for at, reached in looks if partition in reached],
        }
        for partition in soak.partitions
    ]


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    """A selection of at most MOST_POINTS samples, evenly spread, with the first and the last one."""
    if len(samples) <= MOST_POINTS:
        return samples
    return [samples[round(number * (len(samples) - 1) / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]
