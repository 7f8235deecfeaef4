# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task costs: in the controller's process or shipped, one for the cluster or one for each connector.

``make bench`` runs it on the lab. The ways of one comparison are run in turn, round after round, so that a drifting
machine speed affects all of them alike; the median is printed, and the ratio to the first way.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cost import Cost, measured
from lab.ansible_runs import playbook_environment, write_inventory
from lab.lab import Lab
from lab.scenarios import REPORT_TYPE, utc_day

CONNECTORS = 10
ROUNDS = 5


def main() -> None:
    with Lab(workers=1) as lab, tempfile.TemporaryDirectory(prefix="connectops-bench-") as folder:
        names = [f"connector-{number}" for number in range(CONNECTORS)]
        for name in names:
            _create(lab, name)
        inventory = write_inventory(lab, Path(folder))
        nothing = _playbook(Path(folder), "nothing", [])
        facts: dict[str, Any] = {"connectops.recovery.connect_offsets_facts": {"connectors": names}}
        each = {"connectops.recovery.connect_offsets_facts": {"connectors": ["{{ item }}"]}, "loop": names}
        # A separate environment makes Ansible ship the task.
        ways = {
            "one task for 10 connectors, in process": [facts],
            "one task for 10 connectors, shipped": [{**facts, "environment": {"BENCHMARK": "shipped"}}],
            "10 tasks of one connector, in process": [each],
            "10 tasks of one connector, shipped": [{**each, "environment": {"BENCHMARK": "shipped"}}],
        }
        playbooks = {way: _playbook(Path(folder), way, tasks) for way, tasks in ways.items()}
        costs: dict[str, list[Cost]] = {way: [] for way in ("ansible-playbook without a task", *playbooks)}
        for _round in range(ROUNDS + 1):
            costs["ansible-playbook without a task"].append(_run(nothing, inventory))
            for way, playbook in playbooks.items():
                costs[way].append(_run(playbook, inventory))
        _report({way: runs[1:] for way, runs in costs.items()})


def _create(lab: Lab, name: str) -> None:
    midnight = int(time.time()) // 86_400 * 86_400
    account = lab.stripe.account(f"sk_test_{name}")
    account.add_report_type(REPORT_TYPE, data_available_start=midnight - 864_000, data_available_end=midnight)
    loads = {"stripe.report.initial.load.dates": f"{REPORT_TYPE}:{utc_day(midnight - 172_800)}"}
    lab.connect.create(name, lab.stripe_config({"PST": account.key}, [REPORT_TYPE], **loads))


def _playbook(folder: Path, name: str, tasks: list[dict[str, Any]]) -> Path:
    connection = {
        "connect_url": "{{ connectops_connect_url }}",
        "stripe_api_url": "{{ connectops_stripe_api_url }}",
    }
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {"connectops.recovery.connect_offsets_facts": connection},
        "tasks": tasks,
    }
    path = folder / f"{name.replace(' ', '-').replace(',', '')}.json"
    path.write_text(json.dumps([play]), encoding="utf-8")
    return path


def _run(playbook: Path, inventory: Path) -> Cost:
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(playbook)]
    return measured(command, playbook_environment(), keeps_output=True)


def _report(costs: dict[str, list[Cost]]) -> None:
    def median(way: str, figure: str) -> float:
        return statistics.median(getattr(cost, figure) for cost in costs[way])

    first = list(costs)[1]
    idle = {figure: median(next(iter(costs)), figure) for figure in ("wall_seconds", "cpu_seconds")}
    print(f"Median of {ROUNDS} runs; in brackets the cost beyond a run without a task, and its ratio to the first way.")
    for way in costs:
        columns = []
        for figure, unit in (("wall_seconds", "s"), ("cpu_seconds", "s CPU")):
            beyond = median(way, figure) - idle[figure]
            ratio = beyond / (median(first, figure) - idle[figure])
            extra = f" ({beyond:5.2f}, x{ratio:4.1f})" if way in list(costs)[1:] else " " * 15
            columns.append(f"{median(way, figure):6.2f} {unit}{extra}")
        print(f"  {way:<42}{'  '.join(columns)}  {median(way, 'peak_mebibytes'):5.0f} MiB")


if __name__ == "__main__":
    main()
