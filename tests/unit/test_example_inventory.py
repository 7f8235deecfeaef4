# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory to begin with is one that Ansible reads, and the workflow runs what make has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
VARIABLES = json.loads((ROOT / "tests" / "unit" / "public_names.json").read_text(encoding="utf-8"))["variables"]


def test_each_variable_of_the_inventory_exists_and_each_secret_is_in_the_vault() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "-i", str(ROOT / "examples" / "inventory.yml"), "--list"],
        check=True,
        capture_output=True,
        text=True,
    )
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert len(hosts) == 2
    vault = yaml.safe_load((ROOT / "examples/group_vars/connect/vault.yml").read_text(encoding="utf-8"))
    used = set(re.findall(r"{{ (vault_\w+) }}", json.dumps(hosts)))
    assert used == set(vault)
    for names in hosts.values():
        assert {name for name in names if name.startswith("connectops_")} <= set(VARIABLES)
        assert "connectops_connect_url" in names


def test_the_workflow_runs_targets_that_make_has() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert steps == ["make test", "make ${{ matrix.target }}"]
    assert {"test", *workflow["jobs"]["everything"]["strategy"]["matrix"]["target"]} <= targets
