# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Stripe connector on a lab, and what tests check of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from lab.days import ago
from lab.lab import Lab
from lab.scenarios import REPORT_TYPE, stripe_partition
from lab.stripe_simulator import Account
from lab.waiting import await_condition


class Trial:
    """One connector and its accounts. The newest data is of the day before MIDNIGHT, with which the current round begins."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.cluster = lab.connect
        self.name = name
        self.accounts: dict[str, Account] = {}
        self._earlier_runs: set[str] = set()
        self._lab = lab

    @property
    def topic(self) -> str:
        return f"{self.name}_balance_summary_1"

    def account(
        self, zone: str, *, available: tuple[int, int] = (60, 0), rows_per_day: int | Callable[[date], int] = 4
    ) -> Account:
        """Add a timezone; ``available`` is how many days ago its data begins and ends."""
        account = self._lab.stripe.account(f"sk_test_{self.name}_{zone}")
        account.add_report_type(
            REPORT_TYPE,
            data_available_start=ago(available[0]),
            data_available_end=ago(available[1]),
            rows_per_day=rows_per_day,
        )
        self.accounts[zone] = account
        return account

    def earlier_run(self, zone: str, start: int, end: int, status: str = "succeeded") -> str:
        """A report run from before the connector's start; its id."""
        run = self.accounts[zone].add_run(REPORT_TYPE, start, end, status=status)
        self._earlier_runs.add(run.id)
        return run.id

    def create(
        self,
        offsets: Mapping[str, Mapping[str, Any]] | None = None,
        settings: Mapping[str, object] | None = None,
        state: str = "RUNNING",
    ) -> None:
        """Create the connector with the offset per timezone; the topic prefix is its name. Only STOPPED is waited for."""
        keys = {zone: account.key for zone, account in self.accounts.items()}
        config = self._lab.stripe_config(keys, [REPORT_TYPE], **{"topic.prefix": f"{self.name}_", **(settings or {})})
        seeds = [{"partition": stripe_partition(zone), "offset": offset} for zone, offset in (offsets or {}).items()]
        self.cluster.create(self.name, config, seeds, state)
        if state == "STOPPED":
            # Until its worker says so it is UNASSIGNED, and a look judges it as one that will run.
            self.cluster.await_state(self.name, state, tasks=0)

    def stop(self) -> None:
        self.cluster.request("PUT", f"/connectors/{self.name}/stop")
        self.cluster.await_state(self.name, "STOPPED", tasks=0)

    def restart_task(self) -> None:
        """Returns when the new task has started; it reads its offsets in its first poll."""
        starts = self.count_log("Task started with report types")
        self.cluster.request("POST", f"/connectors/{self.name}/tasks/0/restart")
        self.await_log("Task started with report types", starts + 1)

    def delivered(self, zone: str | None = None) -> list[str]:
        """The row ids in the topic, repeats included, in order; of all timezones by default."""
        return [
            value["row_id"]
            for _key, value in self.records()
            if value and zone in {None, value["timezone_aka_platform"]}
        ]

    def records(self) -> list[tuple[Any, Any]]:
        """Key and value of every record, including markers; empty while there is no topic."""
        try:
            return self._lab.topic_records(self.topic)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
            return []

    def await_delivered(self, count: int) -> list[str]:
        """Wait until the topic holds that many records, not counting markers, and return their row ids."""
        await_condition(
            lambda: len(self.delivered()) >= count, lambda: f"{count} records; there are {len(self.delivered())}"
        )
        return self.delivered()

    def expected(self, zone: str, start: int, end: int) -> list[str]:
        return [row["row_id"] for row in self.accounts[zone].rows(REPORT_TYPE, start, end)]

    def offset(self, zone: str) -> dict[str, Any] | None:
        """The stored offset as Connect shows it."""
        found = [
            entry["offset"] for entry in self.cluster.offsets(self.name) if entry["partition"] == stripe_partition(zone)
        ]
        return found[0] if found else None

    def await_offset(self, zone: str, **expected: object) -> dict[str, Any]:
        """Wait until the stored offset has these values, and return it."""

        def reached() -> dict[str, Any] | None:
            offset = self.offset(zone)
            return offset if offset and expected.items() <= offset.items() else None

        found = await_condition(reached, lambda: f"offset {expected} of {zone}; it is {self.offset(zone)}")
        assert found is not None
        return found

    def intervals(self, zone: str) -> list[tuple[int, int]]:
        """The intervals of the report runs that the connector asked for, in order of asking."""
        runs = [run for run in self.accounts[zone].runs if run.id not in self._earlier_runs]
        return [(run.interval_start, run.interval_end) for run in runs]

    def await_runs(self, zone: str, count: int) -> list[tuple[int, int]]:
        await_condition(
            lambda: len(self.intervals(zone)) >= count, lambda: f"{count} runs; there are {self.intervals(zone)}"
        )
        return self.intervals(zone)

    def workers_log(self) -> str:
        """All that the workers logged, about other connectors as well."""
        return "".join(worker.log_text() for worker in self.cluster.workers)

    def log(self) -> list[str]:
        """The lines that the workers logged about this connector."""
        return [line for line in self.workers_log().splitlines() if self.name in line]

    def count_log(self, text: str) -> int:
        """How many lines about this connector contain the text."""
        return sum(text in line for line in self.log())

    def await_log(self, text: str, count: int = 1) -> None:
        await_condition(lambda: self.count_log(text) >= count, lambda: f"{text!r} {count} times in the log")

    def await_polls(self, count: int) -> None:
        """Wait until the task has begun that many more polls."""
        self.await_log("Current round ID", self.count_log("Current round ID") + count)
