# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a connector if nothing is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class LeftAlone:
    """The forecast for the task as it is, with its memory. ``blocked_by``: a sentence that says why it never catches up."""

    forecast: Forecast
    blocked_by: str | None

    @property
    def catches_up(self) -> bool:
        return self.forecast.is_complete and self.blocked_by is None

    def as_data(self) -> dict[str, Any]:
        """``report_runs`` is null where it never catches up; ``report_runs_once_healed`` counts from when nothing blocks it."""
        return {
            "rounds_missed": self.forecast.rounds_behind,
            "report_runs": self.forecast.runs if self.catches_up else None,
            "report_runs_once_healed": self.forecast.runs,
            "catches_up": self.catches_up,
            "blocked_by": self.blocked_by,
        }


def leave_alone(
    situation: Situation,
    walked: tuple[ReportPartition, ...],
    in_memory: Mapping[ReportPartition, ReportOffset],
    blocked_by: str | None,
    restarted: Forecast,
) -> LeftAlone:
    """``walked``: the partitions that the task works on; ``in_memory``: what it remembers of those it takes for done.

    ``restarted``: the forecast for a restart, which is the same where the task remembers nothing that is not stored.
    """
    forecast = restarted
    if in_memory or walked != situation.startable:
        forecast = make_forecast(situation, {**situation.offsets, **in_memory}, walked)
    if blocked_by is None and walked != situation.partitions:
        dropped = dict.fromkeys(one.timezone for one in situation.partitions if one not in walked)
        blocked_by = f"{', '.join(dropped)} is dropped until the task restarts"
    return LeftAlone(forecast, blocked_by)
