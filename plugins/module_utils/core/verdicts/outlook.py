# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector still has to do, by partition, and how long one run of its source takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition


@dataclass(frozen=True)
class Work:
    """What one partition still has to do until the connector has caught up.

    ``runs``: number of runs of the source. ``is_due``: whether the connector has something to do for it now, and not only when
    the source has new data. ``never``: why nothing will be stored at all, None if something will. ``available_to``: up to when
    (epoch seconds) there is data to deliver, None where that is not known.
    """

    runs: int
    is_due: bool
    never: str | None = None
    available_to: int | None = None


@dataclass(frozen=True)
class Outlook:
    """The work of all partitions. ``longest_run_seconds``: within which a run is ready, or the connector gives up.

    ``usual_run_seconds``: what the slowest of the earlier runs took; None where there were none. ``step_seconds``: the length of
    the data that a source adds at once, by which a partition may be behind without being late.
    """

    work: Mapping[Partition, Work] = field(default_factory=dict)
    longest_run_seconds: int = 0
    usual_run_seconds: int | None = None
    step_seconds: int = 0

    @property
    def runs(self) -> int:
        return sum(one.runs for one in self.work.values())
