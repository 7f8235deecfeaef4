# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks on simulated clusters, and what became of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lab.ansible_runs import playbook_command, playbook_environment
from lab.connect_servers import SimulatedCluster
from lab.simulated_fleet import write_inventory

CLUSTERS = 12


def imported(playbook: str, **variables: Any) -> dict[str, Any]:
    """A playbook of the collection, as a part of a user's own."""
    return {"import_playbook": playbook_command(playbook, Path("unused"))[-1], "vars": variables}


def run(
    folder: Path,
    clusters: list[SimulatedCluster],
    playbook: str | list[dict[str, Any]],
    *arguments: str,
    of_hosts: dict[str, dict[str, Any]] | None = None,
    **variables: Any,
) -> tuple[int, str]:
    """The status and the output of a run on all clusters.

    ``playbook``: one of the collection, or the parts of a user's own. ``of_hosts``: variables of some clusters, by label.
    """
    inventory = write_inventory(clusters, folder, {"verify_interval_seconds": 1, "verify_timeout_seconds": 60})
    data = json.loads(inventory.read_text(encoding="utf-8"))
    for label, given in (of_hosts or {}).items():
        data["all"]["hosts"][label].update(given)
    inventory.write_text(json.dumps(data), encoding="utf-8")
    own = folder / "own.json"
    own.write_text(json.dumps(playbook), encoding="utf-8")
    path = str(own) if isinstance(playbook, list) else imported(playbook)["import_playbook"]
    command = [
        *playbook_command("recover", inventory)[:-1],
        path,
        "--forks",
        "6",
        "-e",
        json.dumps(variables),
        *arguments,
    ]
    done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


def run_imported(
    folder: Path, inventory: Path, playbook: str, variables: dict[str, Any], *arguments: str
) -> tuple[int, str]:
    """The same of a user's own playbook, which imports the one of the collection and gives it variables."""
    *command, imported = playbook_command(playbook, inventory)
    own = folder / "own.json"
    own.write_text(json.dumps([{"import_playbook": imported, "vars": variables}]), encoding="utf-8")
    command = [*command, str(own), *arguments]
    done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


def changed(clusters: list[SimulatedCluster]) -> list[str]:
    """The clusters that were written to, in order of their first write."""
    moments = {
        one.label: min(
            (at for at, method, path in one.calls if method in ("PUT", "PATCH") and not path.endswith("/validate")),
            default=None,
        )
        for one in clusters
    }
    written = {label: at for label, at in moments.items() if at is not None}
    return sorted(written, key=lambda label: written[label])


def recap(output: str, label: str) -> dict[str, int]:
    (line,) = (line for line in output.splitlines() if line.startswith(f"{label} ") and "failed=" in line)
    return {key: int(value) for key, value in (part.split("=") for part in line.split(":")[1].split())}
