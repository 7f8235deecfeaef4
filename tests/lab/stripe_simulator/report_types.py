# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report types of an account, and the rows of their data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timezone

DAY_SECONDS = 86_400
COLUMNS = ("row_id", "created", "amount", "currency", "reporting_category", "description")
_CATEGORIES = ("charge", "refund", "payout", "fee")

Clock = Callable[[], float]


class ReportType:
    """A report type of one account. `pending_seconds`, when not None, takes the place of the account's."""

    def __init__(
        self,
        type_id: str,
        *,
        data_available_start: int,
        data_available_end: int,
        rows_per_day: int | Callable[[date], int],
        clock: Clock,
    ) -> None:
        self.id = type_id
        self.data_available_start = data_available_start
        self.pending_seconds: float | None = None
        self._data_available_end = data_available_end
        self._rows_per_day = rows_per_day
        self._clock = clock
        self.updated = int(clock())

    @property
    def data_available_end(self) -> int:
        """Epoch seconds up to which (exclusive) runs can be asked for; setting it stands for a data load at Stripe."""
        return self._data_available_end

    @data_available_end.setter
    def data_available_end(self, moment: int) -> None:
        self._data_available_end = moment
        self.updated = int(self._clock())

    def rows_on(self, day: int) -> int:
        """How many rows the UTC day number `day` (days since the epoch) has."""
        if callable(self._rows_per_day):
            return self._rows_per_day(_utc_date(day))
        return self._rows_per_day

    def rows(self, account_id: str, start: int, end: int) -> list[dict[str, str]]:
        """The rows of an account with `start` <= created < `end` (epoch seconds), oldest first.

        Each is what `csv.DictReader` makes of the CSV, all values text. The available data does not limit them.
        """
        rows = []
        for day in range(start // DAY_SECONDS, -(-end // DAY_SECONDS)):
            count = self.rows_on(day)
            date_text = _utc_date(day).strftime("%Y%m%d")
            for number in range(count):
                created = day * DAY_SECONDS + number * DAY_SECONDS // count
                if start <= created < end:
                    rows.append(_row(f"{account_id}-{self.id}-{date_text}-{number:04d}", self.id, number, created))
        return rows


def _utc_date(day: int) -> date:
    return datetime.fromtimestamp(day * DAY_SECONDS, tz=timezone.utc).date()


def _row(row_id: str, report_type: str, number: int, created: int) -> dict[str, str]:
    chance = int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big")
    return {
        "row_id": row_id,
        "created": str(created),
        "amount": str(chance % 200_000 - 50_000),
        "currency": "usd",
        "reporting_category": _CATEGORIES[chance % len(_CATEGORIES)],
        # A comma, because a reader that does not honour CSV quoting must be found out.
        "description": f"{report_type}, entry {number}",
    }
