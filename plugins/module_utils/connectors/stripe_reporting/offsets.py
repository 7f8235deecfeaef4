# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset of the Stripe reporting connector: six keys, read as leniently as the connector reads them."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import LATEST_EPOCH_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import JsonScalar, Offset, Partition


class ReportPartition(NamedTuple):
    """A source partition of this connector; the order is the order of the connector's walk."""

    timezone: str
    report_type: str

    @classmethod
    def of(cls, partition: Partition) -> ReportPartition | None:
        """None for a partition that this connector could not have written, as one with more fields, which it never reads."""
        timezone, report_type = partition.values.get("timezone"), partition.values.get("report_type")
        if not isinstance(timezone, str) or not isinstance(report_type, str) or len(partition.fields) != 2:
            return None
        return cls(timezone, report_type)

    def __str__(self) -> str:
        return f"{self.timezone} {self.report_type}"


_NUMBER_KEYS = ("interval_start", "interval_end", "last_committed_row", "round_id")
# Those of them that are epoch seconds.
EPOCH_FIELDS = frozenset({"interval_start", "interval_end", "round_id"})


class Misread(NamedTuple):
    """A stored value that is not a number to the connector, which takes it for null. ``meant``: the number it shows a person.

    ``meant`` is None where that is not certain, as for ``"last night"`` or half a second.
    """

    key: str
    stored: JsonScalar
    meant: int | None

    def __str__(self) -> str:
        return f"{self.key} {json.dumps(self.stored, ensure_ascii=False)}"


class ReportOffset(NamedTuple):
    """An offset as the connector understands it. Intervals and rounds are epoch seconds; None is null or unreadable.

    ``run_id`` keeps the empty string: it is not null to the connector, which then aborts every poll. ``misread``: the values
    that are null to the connector alone.
    """

    interval_start: int | None = None
    interval_end: int | None = None
    run_id: str | None = None
    row: int | None = None
    round_id: int | None = None
    processed: bool = False
    misread: tuple[Misread, ...] = ()

    @classmethod
    def read(cls, offset: Offset) -> ReportOffset:
        run_id = offset.get("in_progress_report_run_id")
        start = java_number(offset.get("interval_start"), 64)
        end = java_number(offset.get("interval_end"), 64)
        row = java_number(offset.get("last_committed_row"), 32)
        round_id = java_number(offset.get("round_id"), 64)
        numbers = zip(_NUMBER_KEYS, (start, end, row, round_id), strict=True)
        nulls = [key for key, number in numbers if number is None and offset.get(key) is not None]
        return cls(
            start,
            end,
            None if run_id is None else str(run_id),
            row,
            round_id,
            _truth(offset.get("processed_in_round")),
            tuple(Misread(key, offset[key], _meant(offset[key])) for key in nulls) if nulls else (),
        )

    @property
    def next_row(self) -> int:
        """The row at which the connector continues within a report."""
        return 0 if self.row is None else max(0, self.row + 1)

    def is_done_in(self, round_id: int) -> bool:
        """Whether the connector has nothing left to do for it in the round ``round_id``."""
        return self.processed and self.round_id == round_id

    def misread_in(self, round_id: int) -> tuple[Misread, ...]:
        """The misread values that the connector looks at when it works on the round ``round_id``."""
        if not self.misread:
            return ()
        looked_at = {"round_id"}
        if self.round_id == round_id and not self.processed:
            looked_at |= {"interval_start", "last_committed_row"} if self.run_id else {"interval_end"}
        return tuple(one for one in self.misread if one.key in looked_at)

    def as_meant(self) -> ReportOffset:
        """The offset as a person reads it."""
        if not self.misread:
            return self
        meant = {one.key: one.meant for one in self.misread}
        return self._replace(
            interval_start=meant.get("interval_start", self.interval_start),
            interval_end=meant.get("interval_end", self.interval_end),
            row=meant.get("last_committed_row", self.row),
            round_id=meant.get("round_id", self.round_id),
            misread=(),
        )

    @property
    def delivered_to(self) -> int | None:
        """Up to where (epoch seconds, exclusive) every row is delivered: an open run counts from its start.

        None where it does not say, or says it in another unit. An empty run id may stand for a run that was open.
        """
        meant = self.as_meant() if self.misread else self
        moment = meant.interval_end if self.run_id is None else meant.interval_start
        if self.run_id == "" and moment is None:
            moment = meant.interval_end
        return None if moment is None or moment > LATEST_EPOCH_SECONDS else moment

    @property
    def goes_on_at(self) -> int | None:
        """Where the connector itself continues in the offset's round (epoch seconds); an empty run id is not an open
        run to it.
        """
        moment = self.interval_start if self.run_id else self.interval_end
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
    """The offset that makes the connector continue at ``moment`` (epoch seconds) when it works on ``round_id``."""
    return ReportOffset(interval_start=moment, interval_end=moment, round_id=round_id, processed=False)


def java_number(value: JsonScalar, bits: int) -> int | None:
    """A value as the connector's Java reads it into an int or a long; None for null.

    A JSON number is cut to its whole part; what is too large keeps its lowest bits, or as a float becomes the nearest that
    there is. In strings, Java's parseLong and parseInt accept only a sign and digits, of any script whose digits fit into one
    char.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int) and 0 <= value < 2**31:
        # As nearly all are.
        return value
    largest = (1 << (bits - 1)) - 1
    smallest = -largest - 1
    if isinstance(value, int):
        return (value - smallest) % (1 << bits) + smallest
    if isinstance(value, float):
        if math.isnan(value):
            return 0
        return smallest if value <= smallest else largest if value >= largest else int(value)
    if not re.fullmatch(r"[+-]?\d+", value) or max(value) > "\uffff":
        return None
    digits = "".join(str(int(one)) for one in value.lstrip("+-")).lstrip("0") or "0"
    if len(digits) > len(str(largest)):
        return None
    number = -int(digits) if value.startswith("-") else int(digits)
    return number if smallest <= number <= largest else None


def _meant(value: JsonScalar) -> int | None:
    """The whole number that a value shows a person; None where it shows none for certain."""
    if not isinstance(value, str) or not re.fullmatch(
        r"\s*[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE]\+?[0-9]{1,2})?\s*", value
    ):
        return None
    number = Decimal(value.strip())
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else None


def _truth(value: JsonScalar) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes")
    return bool(value)
