# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook metrics on a real cluster with a stuck connector, and on the same cluster when it cannot be reached."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.recovery.tasks import Written
from lab import Lab, await_condition
from lab.ansible_runs import run_playbook, write_inventory
from lab.days import MIDNIGHT, ago
from lab.scenarios import BLOCKER, ZONES, StuckConnector, stuck_connector
from prometheus_client.parser import text_string_to_metric_families
from unit.monitoring.prometheus import DASHBOARD, as_grafana_asks, asked, scraping

Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture
def stuck(lab: Lab) -> Iterator[StuckConnector]:
    connector = stuck_connector(lab, "measured", blocker_pending_seconds=60.0)
    yield connector
    lab.connect.delete("measured")


def samples(file: Path) -> Samples:
    """By metric, and by the values of the labels besides those of cluster and connector."""
    families = text_string_to_metric_families(file.read_text(encoding="utf-8"))
    return {
        family.name: {
            tuple(value for label, value in one.labels.items() if label not in ("cluster", "connector")): one.value
            for one in family.samples
        }
        for family in families
    }


def _prometheus_shows(file: Path, folder: Path) -> None:
    """Each panel of the dashboard has something to show, and the alert for a stuck connector begins; if it is installed."""
    if shutil.which("prometheus") is None:
        return
    with scraping(file, folder) as url:
        for panel in DASHBOARD["panels"]:
            for target in panel["targets"]:
                assert asked(url, as_grafana_asks(target["expr"])), panel["title"]
        # These fire when they have lasted for half an hour, and an hour.
        for alert in ("ConnectopsStuck", "ConnectopsStale"):
            pending = f'ALERTS{{alertname="{alert}", alertstate="pending", connector="measured"}}'
            await_condition(lambda query=pending: bool(asked(url, query)), pending)


def test_a_stuck_connector_and_then_its_unreachable_cluster_are_seen(
    lab: Lab, stuck: StuckConnector, tmp_path: Path
) -> None:
    folder = tmp_path / "node-exporter"
    folder.mkdir()
    log = str(lab.logs / "connect-1-worker-0.log")
    given = {"connectops_metrics_dir": str(folder), "connectops_worker_logs": [log]}
    # The brokers tell when offsets were stored.
    kafka = {"connectops_kafka_bootstrap_servers": [lab.bootstrap_servers]}
    reached = write_inventory(lab, tmp_path, {"connect-1": {**given, **kafka}})
    before = Written.now(lab)
    assert run_playbook("metrics", reached, ["--check"]).returncode == 0
    assert list(folder.iterdir()) == []
    done = run_playbook("metrics", reached)
    assert done.returncode == 0, done.stdout
    assert Written.now(lab) == before

    (file,) = folder.iterdir()
    assert file.name == "connectops_connect-1.prom"
    found = samples(file)
    assert found["connectops_connector_verdict"][("stuck",)] == 1
    assert found["connectops_connector_rounds_behind"][()] == 11
    assert found["connectops_connector_timeouts"][()] >= 1
    assert found["connectops_connector_failed_runs"][()] == 0
    behind = found["connectops_partition_behind_seconds"]
    assert set(behind.values()) == {MIDNIGHT - ago(12)}
    assert len(behind) == len(ZONES)
    ((late,),) = found["connectops_partition_run_created_timestamp_seconds"]
    assert BLOCKER in late
    assert (f'{{"report_type":"{stuck.report_type}","timezone":"{BLOCKER}"}}', "stuck") in found[
        "connectops_partition_verdict_info"
    ]
    assert not any(account.key in file.read_text(encoding="utf-8") for account in stuck.accounts.values())

    _prometheus_shows(file, tmp_path)

    gone = {**given, "connectops_connect_url": ["http://127.0.0.1:9"]}
    failed = run_playbook("metrics", write_inventory(lab, tmp_path, {"connect-1": gone}))
    assert failed.returncode == 2
    assert "Kafka Connect cannot be reached" in failed.stdout
    after = samples(file)
    assert after["connectops_look_success"][()] == 0
    for name in ("connectops_last_good_look_timestamp_seconds", "connectops_partition_behind_seconds"):
        assert after[name] == found[name]
