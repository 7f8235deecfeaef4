# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated Connect clusters with their inventory; most of their Stripe connectors are healthy, some are stuck.

``python -m lab.simulated_fleet 20 FOLDER`` serves 20 of them until its standard input ends, and writes ``inventory.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.connect_servers import ConnectServers, SimulatedCluster, SimulatedConnector
from lab.days import DAY_SECONDS, MIDNIGHT, ago, calm_cron

STUCK_FOR_DAYS = 11
PASSWORDS = ("stripe.api.keys",)


def fleet(
    clusters: int, connectors: int = 10, timezones: int = 10, report_types: int = 5, stuck: int = 1
) -> list[SimulatedCluster]:
    """Clusters ``cluster-001`` and so on; the first ``stuck`` connectors of each are stuck, and a reset repairs them."""
    return [
        SimulatedCluster(
            f"cluster-{number:03}",
            [
                stripe_connector(f"stripe-{one:02}", timezones, report_types, is_stuck=one < stuck)
                for one in range(connectors)
            ],
            PASSWORDS,
        )
        for number in range(1, clusters + 1)
    ]


def stripe_connector(name: str, timezones: int, report_types: int, *, is_stuck: bool) -> SimulatedConnector:
    """One that has delivered all up to MIDNIGHT; or one whose first timezone holds up all others for days."""
    zones = [f"Zone/{zone:02}" for zone in range(timezones)]
    types = [f"type.{one}.1" for one in range(report_types)]
    end = ago(STUCK_FOR_DAYS if is_stuck else 0)
    config = {
        "name": name,
        "connector.class": "com.mykaarma.connect.stripe.StripeSourceConnector",
        "tasks.max": "1",
        "poll.cron": calm_cron(),
        "stripe.api.keys": ";".join(f"{zone}:sk_live_{name}_{number}" for number, zone in enumerate(zones)),
        "stripe.report.types": ",".join(types),
        "stripe.report.max.wait.ms": "1800000",
        "stripe.report.initial.load.dates": ";".join(f"{one}:2026-01-01" for one in types),
        "topic.prefix": f"{name}_",
    }
    offsets = [
        ({"timezone": zone, "report_type": one}, _offset(end, is_done=not is_stuck)) for zone in zones for one in types
    ]
    return SimulatedConnector(name, config, offsets, on_resume=_deliver)


def _offset(end: int, *, is_done: bool) -> dict[str, Any]:
    return {
        "interval_start": end - DAY_SECONDS,
        "interval_end": end,
        "in_progress_report_run_id": None,
        "last_committed_row": None,
        "round_id": end,
        "processed_in_round": is_done,
    }


def _deliver(connector: SimulatedConnector) -> None:
    """What a connector does once it is not stuck any more: it delivers all partitions."""
    connector.offsets = [(where, _offset(MIDNIGHT, is_done=True)) for where, _offset_before in connector.offsets]


def write_inventory(clusters: list[SimulatedCluster], folder: Path, variables: Mapping[str, Any] | None = None) -> Path:
    """Write an inventory of the clusters, which must be served, into ``folder``; ``variables`` are for all hosts."""
    path = folder / "inventory.json"
    hosts = {one.label: {"connectops_connect_url": [one.url]} for one in clusters}
    of_all = {"connectops_backup_dir": str(folder / "backups"), "connectops_ask_stripe": False, **(variables or {})}
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": of_all}}), encoding="utf-8")
    return path


def main() -> None:
    clusters = fleet(int(sys.argv[1]))
    with ConnectServers(clusters) as servers:
        print(write_inventory(list(servers.clusters), Path(sys.argv[2])), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
