# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stuck connectors to recover, made on a running lab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.connect import ConnectCluster
from lab.days import MIDNIGHT, ago, utc_day
from lab.jars import chosen
from lab.lab import Lab
from lab.stripe_simulator import Account
from lab.waiting import await_condition

REPORT_TYPE = "balance.summary.1"
ZONES = ("Africa/Cairo", "America/New_York", "PST")
CAIRO, NEW_YORK, PST = ZONES
BLOCKER = NEW_YORK


@dataclass(frozen=True)
class StuckConnector:
    """A connector that is RUNNING and delivers nothing. Times in epoch seconds.

    ``round_id`` is the round it hangs in, ``delivered_until`` the old ``interval_end`` of every partition,
    ``available_until`` Stripe's ``data_available_end``, ``accounts`` the simulated account per timezone, ``blocker``
    the timezone whose report runs take longer than the connector waits.
    """

    name: str
    cluster: ConnectCluster
    topic: str
    report_type: str
    blocker: str
    accounts: dict[str, Account]
    round_id: int
    delivered_until: int
    available_until: int

    def due_rows(self) -> dict[str, list[str]]:
        """By timezone, the rows (``row_id``) that a complete recovery has to deliver."""
        return {
            zone: [row["row_id"] for row in account.rows(self.report_type, self.delivered_until, self.available_until)]
            for zone, account in self.accounts.items()
        }


def require_offsets_over_rest() -> None:
    """Raise RuntimeError if the chosen version of Kafka can neither make the stuck connector nor recover it."""
    jars = chosen()
    if jars.version_numbers < (3, 6):
        raise RuntimeError(
            f"Kafka Connect {jars.kafka_version} cannot change offsets over REST: set KAFKA_VERSION to 3.6.0 or newer."
        )


def stuck_connector(
    lab: Lab,
    name: str = "stripe-reporting-source-connector",
    cluster: ConnectCluster | None = None,
    rounds_behind: int = 11,
    max_wait_ms: int = 1500,
    blocker_pending_seconds: float = 4.0,
    blocker_ready_after_looks: int | None = None,
    settings: Mapping[str, object] | None = None,
) -> StuckConnector:
    """Create the connector and wait until it is stuck: two report runs of one interval in the blocker's account.

    All partitions are seeded unfinished in the round of ``rounds_behind`` days ago; the initial load date is 30 days
    ago. ``settings`` are further settings of the connector. Raises TimeoutError if the connector does not get stuck.
    """
    cluster = cluster or lab.connect
    round_id, delivered_until = ago(rounds_behind), ago(rounds_behind + 1)
    accounts = {}
    for zone in ZONES:
        account = lab.stripe.account(f"sk_test_{cluster.name}_{name}_{zone.replace('/', '_')}")
        account.add_report_type(REPORT_TYPE, data_available_start=ago(60), data_available_end=MIDNIGHT, rows_per_day=4)
        accounts[zone] = account
    accounts[BLOCKER].pending_seconds = blocker_pending_seconds
    accounts[BLOCKER].ready_after_looks = blocker_ready_after_looks
    topic_prefix = f"{cluster.name}_{name}_"
    config = lab.stripe_config(
        {zone: account.key for zone, account in accounts.items()},
        [REPORT_TYPE],
        **{
            "stripe.report.max.wait.ms": max_wait_ms,
            **initial_load(30),
            "topic.prefix": topic_prefix,
            **(settings or {}),
        },
    )
    offset = stripe_offset(end=delivered_until, round_id=round_id, processed=False)
    offsets = [{"partition": stripe_partition(zone), "offset": offset} for zone in ZONES]
    cluster.create(name, config, offsets)
    await_condition(
        lambda: same_interval_runs(accounts[BLOCKER]) >= 2,
        lambda: f"{name} to ask twice for the same interval; its status: {cluster.status(name)}",
    )
    return StuckConnector(
        name=name,
        cluster=cluster,
        topic=f"{topic_prefix}{REPORT_TYPE.replace('.', '_')}",
        report_type=REPORT_TYPE,
        blocker=BLOCKER,
        accounts=accounts,
        round_id=round_id,
        delivered_until=delivered_until,
        available_until=MIDNIGHT,
    )


def stripe_partition(timezone_label: str, report_type: str = REPORT_TYPE) -> dict[str, str]:
    """A source partition of the Stripe connector."""
    return {"timezone": timezone_label, "report_type": report_type}


def stripe_offset(
    *,
    end: int | None,
    round_id: int | None,
    processed: bool,
    start: int | None = None,
    run_id: str | None = None,
    row: int | None = None,
) -> dict[str, object]:
    """An offset of the Stripe connector, by default with ``interval_start`` at ``end``. Times in epoch seconds."""
    return {
        "interval_start": end if start is None else start,
        "interval_end": end,
        "in_progress_report_run_id": run_id,
        "last_committed_row": row,
        "round_id": round_id,
        "processed_in_round": processed,
    }


def unfinished(end_days: int, round_days: int, **others: Any) -> dict[str, object]:
    """An offset that has delivered up to ``end_days`` ago, in the unfinished round of ``round_days`` ago."""
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=False, **others)


def finished(end_days: int, round_days: int) -> dict[str, object]:
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=True)


def initial_load(days: int) -> dict[str, object]:
    """The setting with which every round begins that many days ago."""
    return {"stripe.report.initial.load.dates": f"{REPORT_TYPE}:{utc_day(ago(days))}"}


def same_interval_runs(account: Account) -> int:
    """How many report runs of this account ask for the interval asked for most often."""
    intervals = Counter((run.report_type, run.interval_start, run.interval_end) for run in account.runs)
    return max(intervals.values(), default=0)
