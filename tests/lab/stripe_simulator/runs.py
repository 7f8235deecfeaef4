# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report run as tests read it, and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One report run as it is at the moment of reading.

    `interval_start` (inclusive), `interval_end` (exclusive), `created` and `succeeded_at` are epoch seconds;
    `status` is pending, succeeded or failed; `error` holds the words of a failed run.
    """

    id: str
    report_type: str
    interval_start: int
    interval_end: int
    created: int
    status: str
    succeeded_at: int | None
    error: str | None


@dataclass
class RunRecord:
    """What is kept of a run; `ready_at` is when it leaves pending, infinity for never.

    `looks_left` is how many requests for the run make it ready sooner; None is not a number.
    """

    run_id: str
    file_id: str
    sequence: int
    report_type: str
    interval_start: int
    interval_end: int
    columns: tuple[str, ...] | None
    timezone: str | None
    created: int
    ready_at: float
    failure: str | None
    file_lost: bool = False
    forgotten: bool = False
    file_size: int | None = None
    looks_left: int | None = None

    @property
    def order(self) -> tuple[int, int]:
        """The greatest is the newest, also among those of one second."""
        return self.created, self.sequence

    def view(self, now: float) -> Run:
        status = "pending"
        if now >= self.ready_at:
            status = "succeeded" if self.failure is None else "failed"
        return Run(
            id=self.run_id,
            report_type=self.report_type,
            interval_start=self.interval_start,
            interval_end=self.interval_end,
            created=self.created,
            status=status,
            succeeded_at=int(self.ready_at) if status == "succeeded" else None,
            error=self.failure if status == "failed" else None,
        )
