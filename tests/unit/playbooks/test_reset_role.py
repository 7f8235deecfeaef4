# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role reset in a playbook of the user's own, on a simulated cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.ansible_runs import playbook_command, playbook_environment
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.simulated_fleet import fleet, write_inventory

_CONNECTION = {name: f"{{{{ connectops_{name} }}}}" for name in ("connect_url", "ask_stripe", "backup_dir")}


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """It has one connector that is stuck and one that is well."""
    (found,) = fleet(1, connectors=2, timezones=1, report_types=1)
    with ConnectServers([found]):
        yield found


def reset(
    folder: Path, cluster: SimulatedCluster, connectors: Any, *, validate: bool = True, **variables: Any
) -> tuple[int, str]:
    """The status and the output of a playbook that resets the connectors, and has one more task behind the role.

    ``validate``: whether Ansible itself checks the role's variables; ``variables``: further ones of the role.
    """
    inventory = write_inventory([cluster], folder)
    own = folder / "own.json"
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {"connectops.recovery.connect_offset_reset": _CONNECTION},
        "tasks": [
            {
                "import_role": {"name": "connectops.recovery.reset", "rolespec_validate": validate},
                "vars": {"reset_connectors": connectors, "reset_default_floors": True, **variables},
            },
            {"ansible.builtin.debug": {"msg": "Went on."}},
        ],
    }
    own.write_text(json.dumps([play]), encoding="utf-8")
    command = [*playbook_command("recover", inventory)[:-1], str(own)]
    done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


def test_a_connector_that_failed_is_told_once_by_the_last_task_and_the_others_are_reset(
    tmp_path: Path, cluster: SimulatedCluster
) -> None:
    status, output = reset(tmp_path, cluster, ["stripe-00", "typo"])
    assert status == 2
    assert cluster.connectors["stripe-00"].config["stripe.report.max.wait.ms"] == "3600000"
    carried_out, _head, judged = output.partition("TASK [connectops.recovery.reset : Fail for the connectors")
    assert "fatal:" not in carried_out
    assert judged.count("fatal:") == 1
    assert 'typo: connector "typo" was not found' in judged
    assert "Went on." not in judged


@pytest.mark.parametrize("nothing", [[], "[]"], ids=["list", "text"])
def test_without_connectors_nothing_is_read_and_nothing_fails(
    tmp_path: Path, cluster: SimulatedCluster, nothing: Any
) -> None:
    status, output = reset(tmp_path, cluster, nothing)
    assert status == 0, output
    assert "skipping: [cluster-001]" in output
    assert "Went on." in output
    assert cluster.calls == []


@pytest.mark.core_matrix
def test_without_connectors_the_other_variables_may_refer_to_what_is_not_there(
    tmp_path: Path, cluster: SimulatedCluster
) -> None:
    # Ansible's own check would read them all.
    other = {"validate": False, "reset_backup_file": "{{ found_backup.path }}"}
    status, output = reset(tmp_path, cluster, [], **other)
    assert status == 0, output
    assert "skipping: [cluster-001]" in output
    status, output = reset(tmp_path, cluster, ["stripe-00"], **other)
    assert status == 2
    assert "The variable reset_backup_file cannot be read" in " ".join(output.split())
