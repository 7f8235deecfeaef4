# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be measured of a connector besides its verdicts, for the monitoring. Moments are epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition

Data = Mapping[str, Any]


@dataclass(frozen=True)
class PartitionMeasures:
    """``available_to``: up to when the source has data. ``run_created``: when the oldest run of the source that is pending was
    asked for. None: not known, or there is none.
    """

    available_to: int | None = None
    run_created: int | None = None


@dataclass(frozen=True)
class Measures:
    """``failed_runs``: runs of the source that failed, of those asked for in the last 24 hours. ``timeouts``: polls that failed
    because a run was not ready in time, in the workers' logs. None: not looked at.
    """

    failed_runs: int | None = None
    timeouts: int | None = None
    partitions: Mapping[Partition, PartitionMeasures] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Data | None) -> Measures:
        """From the key ``measures`` of a connector's facts, which a kind without any does not have."""
        found = data or {}
        partitions = {
            Partition.of(one["partition"]): PartitionMeasures(one.get("available_to"), one.get("run_created"))
            for one in found.get("partitions") or ()
        }
        return cls(found.get("failed_runs"), found.get("timeouts"), partitions)

    def as_data(self) -> dict[str, Any]:
        return {
            "failed_runs": self.failed_runs,
            "timeouts": self.timeouts,
            "partitions": [
                {
                    "partition": partition.as_dict(),
                    "available_to": one.available_to,
                    "run_created": one.run_created,
                }
                for partition, one in self.partitions.items()
            ],
        }
