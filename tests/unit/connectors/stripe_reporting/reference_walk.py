# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second, deliberately naive account of the Stripe reporting connector, to hold the collection's own against.

It shares no code with the collection: offsets are the raw JSON maps, fires are a list, and the task is run poll by poll
with its memory in a dict, as the connector does, until a poll changes nothing.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DAY = 24 * 60 * 60

Where = tuple[str, str]
"""Timezone and report type."""


class PollAborted(Exception):
    """One partition's failure, which ends the poll for all of them."""


@dataclass(frozen=True)
class Asked:
    """One report that the connector reads: all times are epoch seconds.

    ``end`` is what the connector will call delivered, ``covers_to`` is where the report really ends.
    """

    round: int
    start: int
    end: int
    covers_to: int
    resumed: str | None
    first_row: int


@dataclass
class Remembered:
    start: int | None
    end: int | None
    run: str | None
    row: int | None
    round: int | None
    done: bool


@dataclass
class ReferenceTask:
    """One task from its start, at a moment that stands still.

    ``fires`` holds every fire of ``poll.cron`` in order. ``available_starts``: where Stripe's data begins, if it is known;
    a report that begins earlier cannot be asked for. ``without_result`` holds the open runs, pending, failed or not known
    to Stripe any more, that cannot be resumed; ``without_file`` those whose file alone is gone; all the others can.
    """

    timezones: Sequence[str]
    report_types: Sequence[str]
    initial_loads: Mapping[str, int]
    max_days: int
    fires: Sequence[int]
    now: float
    available_ends: Mapping[Where, int]
    stored: Mapping[Where, Mapping[str, Any]]
    available_starts: Mapping[Where, int]
    without_result: Collection[str] = ()
    without_file: Collection[str] = ()

    def __post_init__(self) -> None:
        self.memory: dict[Where, Remembered] = {where: remembered(raw) for where, raw in self.stored.items()}
        self.asked: dict[Where, list[Asked]] = {where: [] for where in self.walked()}
        self.aborted_by: Where | None = None
        self.aborted_ever: set[Where] = set()
        self.left_out_ever: set[Where] = set()

    def walked(self) -> list[Where]:
        return sorted((timezone, report_type) for timezone in self.timezones for report_type in self.report_types)

    def current(self) -> int:
        return max(fire for fire in self.fires if fire < self.now)

    def worked_round(self) -> int:
        last = None
        for where in self.walked():
            if where in self.memory and self.memory[where].round is not None:
                last = self.memory[where].round
                break
        if last is None:
            return self.current()
        for where in self.walked():
            if where in self.memory and self.memory[where].round == last and not self.memory[where].done:
                return last
        if last < self.current():
            return min(fire for fire in self.fires if fire > last)
        return self.current()

    def run(self, polls: int = 5000) -> ReferenceTask:
        """Poll until nothing moves any more. Raises AssertionError when that takes longer than ``polls``."""
        for _poll in range(polls):
            before = repr(self.memory)
            self.aborted_by = None
            round_id = self.worked_round()
            for where in self.walked():
                try:
                    self.visit(where, round_id)
                except PollAborted:
                    self.aborted_by = where
                    self.aborted_ever.add(where)
                    break
            if repr(self.memory) == before:
                return self
        raise AssertionError(f"the reference is still moving after {polls} polls")

    def visit(self, where: Where, round_id: int) -> None:
        state = self.memory.get(where)
        resumed, first_row, covers_to = None, 0, None
        if state is not None and state.round == round_id:
            if state.done:
                return
            resumed = state.run
            if resumed is None or resumed == "":
                start = state.end
            else:
                start, covers_to = state.start, state.end
            if state.row is not None and state.row >= 0:
                first_row = state.row + 1
        else:
            start = self.initial_loads.get(where[1])
        if start is None:
            self.left_out_ever.add(where)
            return

        available = self.available_ends[where]
        end = min(available, start + self.max_days * DAY)
        if start < end:
            if resumed == "" or resumed in self.without_result:
                raise PollAborted
            if resumed in self.without_file:
                resumed = covers_to = None
            if resumed is None and start < self.available_starts.get(where, start):
                raise PollAborted
            covered = end if resumed is None or covers_to is None else covers_to
            self.asked[where].append(Asked(round_id, start, end, covered, resumed, first_row))
        self.memory[where] = Remembered(end, end, None, None, round_id, end >= available)

    def is_current(self) -> bool:
        """Whether, when nothing moves any more, the current round is worked on and nothing is unfinished in it."""
        current = self.current()
        known = [self.memory[where] for where in self.walked() if where in self.memory]
        unfinished = [state for state in known if state.round == current and not state.done]
        return self.aborted_by is None and self.worked_round() == current and not unfinished

    def goes_on_at(self, where: Where) -> int | None:
        """Where the partition would go on if nothing blocked the task any more; None: nowhere."""
        state = self.memory.get(where)
        if state is not None and state.round == self.worked_round():
            if not state.done:
                return state.start if state.run else state.end
            if state.round == self.current():
                return self.available_ends[where]
        return self.initial_loads.get(where[1], self.available_ends[where])


def remembered(raw: Mapping[str, Any]) -> Remembered:
    run = raw.get("in_progress_report_run_id")
    return Remembered(
        start=as_long(raw.get("interval_start")),
        end=as_long(raw.get("interval_end")),
        run=None if run is None else f"{run}",
        row=as_long(raw.get("last_committed_row"), 32),
        round=as_long(raw.get("round_id")),
        done=as_flag(raw.get("processed_in_round")),
    )


def as_long(raw: Any, bits: int = 64) -> int | None:
    """As Java reads it into a long, or with 32 ``bits`` into an int."""
    beyond = 1 << (bits - 1)
    if raw.__class__ is int:
        low = raw & (2 * beyond - 1)
        return low - 2 * beyond if low >= beyond else low
    if raw.__class__ is float:
        return 0 if math.isnan(raw) else int(max(-beyond, min(beyond - 1, raw)))
    if raw.__class__ is str:
        digits = [unicodedata.decimal(one, -1) for one in (raw[1:] if raw[:1] in ("+", "-") else raw)]
        if not digits or -1 in digits or any(ord(one) > 0xFFFF for one in raw):
            return None
        number = 0
        for digit in digits:
            number = 10 * number + digit
        number = -number if raw[0] == "-" else number
        return number if -beyond <= number < beyond else None
    return None


def as_meant(raw: Any) -> int | None:
    """As a person reads it."""
    if raw.__class__ is str and as_long(raw) is None:
        if "_" in raw or not raw.isascii():
            return None
        try:
            number = float(raw.strip())
        except ValueError:
            return None
        return int(number) if number.is_integer() and abs(number) < 2**63 else None
    return as_long(raw)


def meant_to_be_delivered_to(raw: Mapping[str, Any]) -> int | None:
    """Up to where a person who reads the offset takes its rows for delivered."""
    start, end = as_meant(raw.get("interval_start")), as_meant(raw.get("interval_end"))
    run = raw.get("in_progress_report_run_id")
    if run is None or (run == "" and start is None):
        return end
    return start


def as_flag(raw: Any) -> bool:
    if raw.__class__ is str:
        return raw.lower() in {"true", "1", "yes"}
    return raw is True or (type(raw) in {int, float} and raw != 0)
