# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated Stripe knows of one account: its report types and runs, and the faults a test has ordered."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from lab.stripe_simulator.report_types import Clock, ReportType
from lab.stripe_simulator.runs import Run, RunRecord


@dataclass(frozen=True)
class JournalEntry:
    """One request that came with the account's key.

    `params` is the query or the form, flat, with names as they were sent (`parameters[interval_start]`), an
    array's empty brackets numbered. `status` is the HTTP status decided on arrival, `at` the arrival in epoch seconds.
    """

    method: str
    path: str
    params: Mapping[str, str]
    status: int
    at: float


@dataclass
class Fault:
    """An ordered misbehaviour; `remaining` None means for ever, `status` None a late but ordinary answer."""

    status: int | None
    remaining: int | None
    method: str | None
    path_contains: str | None
    retry_after: int | None
    delay_seconds: float

    def matches(self, method: str, path: str) -> bool:
        if self.remaining == 0:
            return False
        if self.method is not None and self.method != method:
            return False
        return self.path_contains is None or self.path_contains in path


class Account:
    """What one API key sees. Made by `StripeSimulator.account`; safe to use while requests are served.

    `pending_seconds` is how long runs asked for from now on stay pending; infinity is allowed. With
    `ready_after_looks` such a run is ready sooner: when it has been asked for that many times by its id. A client that
    gives up after fewer looks then never finds it ready, however slow the machine is. What a run will be (how long
    pending, failed with which words) is fixed when it is created.
    """

    def __init__(self, key: str, *, clock: Clock, lock: threading.RLock) -> None:
        self.key = key
        self.id = "acct_1" + hashlib.sha256(key.encode()).hexdigest()[:15]
        self.livemode = key.startswith(("sk_live_", "rk_live_"))
        self.pending_seconds = 0.0
        self.ready_after_looks: int | None = None
        self.lock = lock
        self.clock = clock
        self.idempotent: dict[str, tuple[tuple[str, dict[str, str]], bytes]] = {}
        self._types: dict[str, ReportType] = {}
        self._records: dict[str, RunRecord] = {}
        self._failures: dict[str | None, str] = {}
        self._faults: list[Fault] = []
        self._journal: list[JournalEntry] = []

    # What a test arranges

    def add_report_type(
        self,
        type_id: str,
        *,
        data_available_start: int,
        data_available_end: int,
        rows_per_day: int | Callable[[date], int] = 4,
    ) -> ReportType:
        """Offer a report type. `rows_per_day` may be a function of the UTC day, for days without any rows.

        Raises ValueError when the account has that report type already.
        """
        with self.lock:
            if type_id in self._types:
                raise ValueError(f"report type {type_id} exists already in this account: change the existing one")
            self._types[type_id] = ReportType(
                type_id,
                data_available_start=data_available_start,
                data_available_end=data_available_end,
                rows_per_day=rows_per_day,
                clock=self.clock,
            )
            return self._types[type_id]

    def report_type(self, type_id: str) -> ReportType:
        """The report type to read or change. Raises LookupError when the account does not have it."""
        with self.lock:
            try:
                return self._types[type_id]
            except KeyError:
                raise LookupError(f"report type {type_id} is not in this account: add it first") from None

    def fail_runs(self, words: str, report_type: str | None = None) -> None:
        """Let runs asked for from now on (of one report type, or of all) end as failed with these words."""
        with self.lock:
            self._failures[report_type] = words

    def succeed_runs(self) -> None:
        """Let runs asked for from now on succeed again, of every report type."""
        with self.lock:
            self._failures.clear()

    def finish_run(self, run_id: str, error: str | None = None) -> None:
        """End a pending run now: succeeded, or failed with the words `error`.

        Raises LookupError for an unknown run and ValueError for one that is not pending.
        """
        with self.lock:
            record, now = self._record(run_id), self.clock()
            if now >= record.ready_at:
                raise ValueError(f"run {run_id} has ended already: only a pending run can be finished")
            record.ready_at, record.failure = now, error

    def lose_file(self, run_id: str) -> None:
        """Let the run's CSV answer 404. Raises LookupError for an unknown run."""
        with self.lock:
            self._record(run_id).file_lost = True

    def forget_run(self, run_id: str) -> None:
        """Let the API know nothing of the run any more; `runs` keeps it. Raises LookupError for an unknown run."""
        with self.lock:
            self._record(run_id).forgotten = True

    def add_run(
        self,
        report_type: str,
        interval_start: int,
        interval_end: int,
        *,
        status: str = "succeeded",
        created: int | None = None,
        succeeded_at: int | None = None,
        error: str | None = None,
    ) -> Run:
        """Put a run into the account's history, as if it had been asked for at `created` (now, if None).

        A pending one stays pending until `finish_run`. The interval is not checked against the available data.
        Raises LookupError for an unknown report type and ValueError for facts that contradict each other.
        """
        with self.lock:
            now = self.clock()
            made = int(now) if created is None else created
            if status not in ("pending", "succeeded", "failed"):
                raise ValueError(f"status {status} of the run to add is unknown: use pending, succeeded or failed")
            if status != "succeeded" and succeeded_at is not None:
                raise ValueError(f"a {status} run cannot have succeeded_at: leave it out")
            if status != "failed" and error is not None:
                raise ValueError(f"a {status} run cannot have an error: leave it out")
            ended = made if succeeded_at is None else succeeded_at
            if not made <= ended <= now:
                raise ValueError(
                    f"created {made} <= succeeded_at {ended} <= now {int(now)} does not hold: correct them"
                )
            failure = (error or "The report could not be generated.") if status == "failed" else None
            ready_at = math.inf if status == "pending" else ended
            return self._add(report_type, interval_start, interval_end, made, ready_at, failure).view(now)

    def respond(
        self,
        *,
        status: int | None,
        times: int | None = 1,
        method: str | None = None,
        path_contains: str | None = None,
        retry_after: int | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        """Order a fault for the next `times` matching requests (None: for ever); the oldest matching one acts.

        With a status nothing is done and that error is answered. With None the request is done on arrival and
        its ordinary answer is held back, so that a client which gave up has changed something. `retry_after` is in
        seconds; delays are real time, whatever clock the simulator was given, and are cut short by its stop.
        """
        with self.lock:
            self._faults.append(Fault(status, times, method, path_contains, retry_after, delay_seconds))

    def clear_faults(self) -> None:
        """Forget every ordered fault; an answer already being held back stays so."""
        with self.lock:
            self._faults.clear()

    # What a test reads

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs in the order they came in, as of now."""
        with self.lock:
            now = self.clock()
            return tuple(record.view(now) for record in self._records.values())

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """All requests with this account's key since the start or the last `clear_journal`, oldest first."""
        with self.lock:
            return tuple(self._journal)

    def clear_journal(self) -> None:
        with self.lock:
            self._journal.clear()

    def rows(self, report_type: str, start: int, end: int) -> list[dict[str, str]]:
        """The rows with `start` <= created < `end` (epoch seconds), oldest first: what a delivery must contain.

        See `ReportType.rows`. Raises LookupError for an unknown report type.
        """
        return self.report_type(report_type).rows(self.id, start, end)

    # What the API does

    def report_types(self) -> tuple[ReportType, ...]:
        with self.lock:
            return tuple(self._types.values())

    def visible_records(self) -> list[RunRecord]:
        """The runs the API shows, newest first."""
        with self.lock:
            shown = [record for record in self._records.values() if not record.forgotten]
            return sorted(shown, key=lambda record: record.order, reverse=True)

    def visible_record(self, run_id: str) -> RunRecord | None:
        with self.lock:
            record = self._records.get(run_id)
            return None if record is None or record.forgotten else record

    def note_look(self, record: RunRecord) -> None:
        """Count a request for this run."""
        with self.lock:
            if record.looks_left is not None:
                record.looks_left -= 1
                if record.looks_left <= 0:
                    record.ready_at = min(record.ready_at, self.clock())

    def create_run(
        self,
        report_type: str,
        interval_start: int,
        interval_end: int,
        columns: tuple[str, ...] | None,
        timezone_name: str | None,
    ) -> RunRecord:
        with self.lock:
            now = self.clock()
            own = self.report_type(report_type).pending_seconds
            ready_at = now + (self.pending_seconds if own is None else own)
            failure = self._failures.get(report_type, self._failures.get(None))
            record = self._add(report_type, interval_start, interval_end, int(now), ready_at, failure)
            record.columns, record.timezone = columns, timezone_name
            record.looks_left = self.ready_after_looks
            return record

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The fault that acts on this request, counted down."""
        with self.lock:
            for fault in self._faults:
                if fault.matches(method, path):
                    if fault.remaining is not None:
                        fault.remaining -= 1
                    return fault
            return None

    def note(self, entry: JournalEntry) -> None:
        with self.lock:
            self._journal.append(entry)

    def _record(self, run_id: str) -> RunRecord:
        try:
            return self._records[run_id]
        except KeyError:
            raise LookupError(f"run {run_id} is not in this account: take an id from its runs") from None

    def _add(
        self,
        report_type: str,
        interval_start: int,
        interval_end: int,
        created: int,
        ready_at: float,
        failure: str | None,
    ) -> RunRecord:
        self.report_type(report_type)
        sequence = len(self._records) + 1
        suffix = f"1{self.id[-8:]}{sequence:012d}"
        record = RunRecord(
            run_id=f"frr_{suffix}",
            file_id=f"file_{suffix}",
            sequence=sequence,
            report_type=report_type,
            interval_start=interval_start,
            interval_end=interval_end,
            columns=None,
            timezone=None,
            created=created,
            ready_at=ready_at,
            failure=failure,
        )
        self._records[record.run_id] = record
        return record
