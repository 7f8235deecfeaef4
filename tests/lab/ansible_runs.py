# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab as Ansible sees it: an inventory of its clusters, and playbooks run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.lab import Lab

ROOT = Path(__file__).resolve().parents[2]


def write_inventory(lab: Lab, folder: Path, host_vars: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write an inventory into ``folder``: one host for each cluster, backups and bundles in the same folder. Returns its path.

    ``host_vars``: further variables by the name of the cluster.
    """
    hosts = {
        cluster.name: {
            "connectops_connect_url": list(cluster.urls),
            "connectops_stripe_api_url": lab.stripe.url,
            "connectops_backup_dir": str(folder / "backups"),
            "connectops_bundle_dir": str(folder / "bundles"),
            "verify_interval_seconds": 1,
            **(host_vars or {}).get(cluster.name, {}),
        }
        for cluster in lab.clusters
    }
    inventory = folder / "inventory.json"
    # A process that waits for the file must find it complete.
    partial = folder / "inventory.partial"
    partial.write_text(json.dumps({"all": {"hosts": hosts}}, indent=1), encoding="utf-8")
    return partial.replace(inventory)


def playbook_command(playbook: str, inventory: Path, *arguments: str) -> list[str]:
    """The command that runs a playbook of the collection with this Python's Ansible."""
    path = str(ROOT / "playbooks" / f"{playbook}.yml")
    return [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), path, *arguments]


def playbook_environment() -> dict[str, str]:
    """The environment in which Ansible finds the collection and none of the user's own configuration."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
        "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"),
    }


def run_playbook(
    playbook: str, inventory: Path, arguments: Sequence[str] = (), *, capture: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a playbook to its end, failed or not; its output is in ``stdout`` unless ``capture`` is false."""
    return subprocess.run(
        playbook_command(playbook, inventory, *arguments),
        env=playbook_environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.STDOUT if capture else None,
        check=False,
    )
