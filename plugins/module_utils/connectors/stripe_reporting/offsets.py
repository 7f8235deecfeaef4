# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset of the Stripe reporting connector: six keys, read as leniently as the connector reads them."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import LATEST_EPOCH_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import JsonScalar, Offset, Partition


class ReportPartition(NamedTuple):
    """A source partition of this connector; the order is the order of the connector's walk."""

    timezone: str
    report_type: str

    @classmethod
    def of(cls, partition: Partition) -> ReportPartition | None:
        """None for a partition that this connector could not have written."""
        timezone, report_type = partition.get("timezone"), partition.get("report_type")
        if not isinstance(timezone, str) or not isinstance(report_type, str):
            return None
        return cls(timezone, report_type)

    def __str__(self) -> str:
        return f"{self.timezone} {self.report_type}"


class ReportOffset(NamedTuple):
    """An offset as the connector understands it. Intervals and rounds are epoch seconds; None is null or unreadable.

    ``run_id`` keeps the empty string: it is not null to the connector, which then aborts every poll.
    """

    interval_start: int | None = None
    interval_end: int | None = None
    run_id: str | None = None
    row: int | None = None
    round_id: int | None = None
    processed: bool = False

    @classmethod
    def read(cls, offset: Offset) -> ReportOffset:
        run_id = offset.get("in_progress_report_run_id")
        return cls(
            interval_start=_number(offset.get("interval_start")),
            interval_end=_number(offset.get("interval_end")),
            run_id=None if run_id is None else str(run_id),
            row=_number(offset.get("last_committed_row")),
            round_id=_number(offset.get("round_id")),
            processed=_truth(offset.get("processed_in_round")),
        )

    @property
    def delivered_to(self) -> int | None:
        """Up to where (epoch seconds, exclusive) every row is delivered: an open run counts from its start.

        None where it does not say, or says it in another unit.
        """
        moment = self.interval_end if self.run_id is None else self.interval_start
        return None if moment is None or moment > LATEST_EPOCH_SECONDS else moment

    def written(self) -> dict[str, JsonScalar]:
        """The offset as the connector writes it: all six keys, nulls included."""
        return {
            "interval_start": self.interval_start,
            "interval_end": self.interval_end,
            "in_progress_report_run_id": self.run_id,
            "last_committed_row": self.row,
            "round_id": self.round_id,
            "processed_in_round": self.processed,
        }


def continuing_at(moment: int, round_id: int) -> ReportOffset:
    """The offset that makes the connector go on at ``moment`` (epoch seconds) when it works on ``round_id``."""
    return ReportOffset(interval_start=moment, interval_end=moment, round_id=round_id, processed=False)


def _number(value: JsonScalar) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return value if isinstance(value, int) else int(float(value))
    except (ValueError, OverflowError):
        return None


def _truth(value: JsonScalar) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes")
    return bool(value)
