# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of a run that share Stripe accounts: playbooks ask each account once in a look, and again after a reset."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.ansible_runs import run_playbook
from lab.connect_servers import ConnectServers, SimulatedCluster, SimulatedConnector
from lab.days import MIDNIGHT, ago, calm_cron, utc_day
from lab.stripe_simulator import Account, StripeSimulator

ZONES = {"Africa/Cairo": "sk_test_of_cairo_4711", "PST": "sk_test_of_pst_0815"}
TYPES = ("balance.summary.1", "payouts.summary.1")
RUNS, TYPE = "/v1/reporting/report_runs", "/v1/reporting/report_types"
ONCE = {RUNS: 1, **{f"{TYPE}/{one}": 1 for one in TYPES}}


def stuck_cluster(label: str) -> SimulatedCluster:
    """A cluster with one connector that has delivered nothing for ten days, and delivers all at once when it is resumed."""

    def offsets(until: int, *, done: bool) -> list[tuple[dict[str, str], dict[str, object]]]:
        offset = {
            "interval_start": until - 86_400,
            "interval_end": until,
            "round_id": until,
            "processed_in_round": done,
        }
        rest = {"in_progress_report_run_id": None, "last_committed_row": None}
        return [({"timezone": zone, "report_type": one}, {**offset, **rest}) for zone in ZONES for one in TYPES]

    def deliver(connector: SimulatedConnector) -> None:
        connector.offsets = offsets(MIDNIGHT, done=True)

    config = {
        "connector.class": "com.mykaarma.connect.stripe.StripeSourceConnector",
        "tasks.max": "1",
        "poll.cron": calm_cron(),
        "stripe.api.keys": ";".join(f"{zone}:{key}" for zone, key in ZONES.items()),
        "stripe.report.types": ",".join(TYPES),
        "stripe.report.max.wait.ms": "1800000",
        "stripe.report.initial.load.dates": ";".join(f"{one}:{utc_day(ago(30))}" for one in TYPES),
    }
    connector = SimulatedConnector("orders", {"name": "orders", **config}, offsets(ago(10), done=False), deliver)
    return SimulatedCluster(label, [connector], ["stripe.api.keys"])


@pytest.fixture
def stripe() -> Iterator[StripeSimulator]:
    with StripeSimulator() as running:
        for key in ZONES.values():
            for one in TYPES:
                running.account(key).add_report_type(one, data_available_start=ago(60), data_available_end=MIDNIGHT)
        yield running


@pytest.fixture
def accounts(stripe: StripeSimulator) -> list[Account]:
    return [stripe.account(key) for key in ZONES.values()]


@pytest.fixture
def inventory(stripe: StripeSimulator, tmp_path: Path) -> Iterator[Path]:
    with ConnectServers([stuck_cluster(f"connect-{number}") for number in range(3)]) as servers:
        hosts = {one.label: {"connectops_connect_url": [one.url]} for one in servers.clusters}
        shared = {"connectops_stripe_api_url": stripe.url, "connectops_backup_dir": str(tmp_path / "backups")}
        path = tmp_path / "inventory.json"
        path.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}), encoding="utf-8")
        yield path


def requests_of(account: Account) -> Counter[str]:
    return Counter(entry.path for entry in account.journal)


@pytest.mark.core_matrix
def test_a_look_at_three_clusters_asks_each_account_once_also_when_it_is_told_that_it_is_too_fast(
    inventory: Path, accounts: list[Account]
) -> None:
    accounts[0].respond(status=429, times=1, retry_after=1)
    done = run_playbook("identify", inventory, ["--forks", "3"])
    assert done.returncode == 0, done.stdout
    assert "rate limit" not in done.stdout
    assert "Stripe" not in done.stdout.partition("WARNING")[2]
    assert [requests_of(account) for account in accounts] == [{**ONCE, RUNS: 2}, ONCE]


@pytest.mark.lengthy
def test_a_recovery_of_three_clusters_asks_no_more_than_that_of_one(inventory: Path, accounts: list[Account]) -> None:
    asked = []
    # In one batch each: the next batch begins with a look of its own.
    for limit in ("connect-0", "connect-1,connect-2"):
        before = [requests_of(account) for account in accounts]
        done = run_playbook("recover", inventory, ["--forks", "3", "--limit", limit, "-e", "connectops_serial=100%"])
        assert done.returncode == 0, done.stdout
        asked.append([requests_of(account) - old for account, old in zip(accounts, before, strict=True)])
    assert asked[0] == asked[1]
    # At least before the reset, and after it: what was true before says nothing of that.
    assert all(requests_of(account)[RUNS] >= 2 * 2 for account in accounts)
