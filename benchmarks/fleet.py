# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run over many clusters costs in CPU seconds of ansible-playbook and all its processes, compared with
alternatives.

``make bench`` runs it on 20 simulated clusters of ten connectors with 50 partitions each, of which one connector is
stuck. The ways are run in turn, so that a drifting machine speed affects all of them alike; the median is printed.
``fleet.py 1000`` runs ``identify`` once on 100 clusters and once on this number: what each costs, and the largest
process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cost import Cost, measured
from lab.ansible_runs import playbook_command, playbook_environment

CLUSTERS = 20
ROUNDS = 3
# The reads of a look, without anything that judges them.
READS = """
import json, sys, requests
for host in json.load(open(sys.argv[1]))["all"]["hosts"].values():
    url = host["connectops_connect_url"][0]
    with requests.Session() as session:
        session.get(f"{url}/").json()
        session.get(f"{url}/connectors?expand=info&expand=status").json()
        for name in session.get(f"{url}/connectors").json():
            session.get(f"{url}/connectors/{name}/offsets").json()
"""


@contextmanager
def served(clusters: int, folder: Path) -> Iterator[Path]:
    """The inventory of simulated clusters, which a separate process serves."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.simulated_fleet", str(clusters), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Path(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait()


def play(folder: Path, name: str, tasks: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.json"
    head = {"hosts": "all", "connection": "local", "gather_facts": False}
    path.write_text(json.dumps([{**head, "tasks": tasks}]), encoding="utf-8")
    return path


def with_uri() -> list[dict[str, Any]]:
    """The same reads as tasks of Ansible."""
    url = "{{ connectops_connect_url[0] }}"

    def get(path: str, **more: Any) -> dict[str, Any]:
        return {"ansible.builtin.uri": {"url": f"{url}{path}"}, **more}

    return [
        get("/"),
        get("/connectors?expand=info&expand=status"),
        get("/connectors", register="names"),
        get("/connectors/{{ item }}/offsets", loop="{{ names.json }}"),
    ]


def run(playbook: Path | str, inventory: Path, *arguments: str) -> Cost:
    if isinstance(playbook, str):
        command = playbook_command(playbook, inventory, *arguments)
    else:
        command = [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(playbook), *arguments]
    return measured(command, playbook_environment())


def compare() -> None:
    """The ways side by side, on 20 clusters."""
    with tempfile.TemporaryDirectory(prefix="connectops-bench-") as name, served(CLUSTERS, Path(name)) as inventory:
        folder = Path(name)
        empty = play(folder, "empty", [{"ansible.builtin.assert": {"that": "true", "quiet": True}}] * 3)
        uri = play(folder, "uri", with_uri())
        costs: dict[str, list[Cost]] = {}
        for _round in range(ROUNDS):
            for way, cost in (
                ("bare keep-alive loop", lambda: measured([sys.executable, "-c", READS, str(inventory)])),
                ("three empty tasks", lambda: run(empty, inventory)),
                ("the reads with ansible.builtin.uri", lambda: run(uri, inventory)),
                ("identify", lambda: run("identify", inventory)),
                ("recover --check", lambda: run("recover", inventory, "--check")),
            ):
                costs.setdefault(way, []).append(cost())
        costs["recover"] = [run("recover", inventory)]
        costs["a second recover"] = [run("recover", inventory)]
    print(f"{CLUSTERS} clusters of 10 connectors with 50 partitions, one connector of each stuck; CPU seconds:")
    medians = {way: statistics.median(one.cpu_seconds for one in runs) for way, runs in costs.items()}
    for way, seconds in medians.items():
        print(f"  {way:<36}{seconds:7.2f}  {seconds / CLUSTERS * 1000:6.0f} ms for each cluster")
    floor = medians["bare keep-alive loop"] + medians["three empty tasks"]
    look = medians["identify"]
    print(f"  identify costs 1/{medians['the reads with ansible.builtin.uri'] / look:.1f} of the reads with uri")
    print(f"  identify costs {look / floor:.1f} times the floor (empty tasks and bare loop)")
    print(f"  recover --check costs {medians['recover --check'] / look:.2f} times identify")


def grow(clusters: int) -> None:
    """What each cluster costs when there are many more of them."""
    each = {}
    for number in (100, clusters):
        with tempfile.TemporaryDirectory(prefix="connectops-bench-") as name, served(number, Path(name)) as inventory:
            cost = run("identify", inventory, "--forks", "10")
        each[number] = cost.cpu_seconds / number
        print(
            f"{number} clusters: {each[number] * 1000:.0f} ms of CPU and {cost.wall_seconds / number * 1000:.0f} ms for each,"
            f" {cost.peak_mebibytes:.0f} MiB"
        )
    print(f"for each cluster {each[clusters] / each[100]:.2f} times that at 100")


if __name__ == "__main__":
    grow(int(sys.argv[1])) if len(sys.argv) > 1 else compare()
