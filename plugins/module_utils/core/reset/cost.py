# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan costs for one partition: the data that it skips, and the data that is read twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import Spans

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """``skipped``: spans of data that are left out. ``redelivered_seconds``: length of the data that is delivered twice.

    ``redelivered_bytes``: its size, None where that is not known. ``redelivered_rows`` and ``lost_rows``: rows of a single
    answer of the source that are delivered twice, or not at all, whatever their time.
    """

    skipped: Spans = ()
    redelivered_seconds: int = 0
    redelivered_bytes: int | None = None
    redelivered_rows: int = 0
    lost_rows: int = 0

    @classmethod
    def of(cls, data: Data) -> Cost:
        """From an entry of a forecast's ``partitions``; what a kind does not forecast is left out there."""
        return cls(
            tuple((span[0], span[1]) for span in data.get("skipped") or ()),
            data.get("redelivered_seconds") or 0,
            data.get("redelivered_bytes"),
            data.get("redelivered_rows") or 0,
            data.get("lost_rows") or 0,
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "skipped": [list(span) for span in self.skipped],
            "redelivered_seconds": self.redelivered_seconds,
            "redelivered_bytes": self.redelivered_bytes,
            "redelivered_rows": self.redelivered_rows,
            "lost_rows": self.lost_rows,
        }


def costs_of(forecast: Data | None) -> dict[Partition, Cost] | None:
    """The costs by partition; None where there is no forecast, so that they are not known."""
    if not forecast:
        return None
    return {Partition.of(one["partition"]): Cost.of(one) for one in forecast.get("partitions") or ()}
