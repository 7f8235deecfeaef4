# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task in process, shipped, in the background and on another host: the same result, and one rule for relative paths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.core_matrix, pytest.mark.slow_file]

ROOT = Path(__file__).parents[3]
SHIPPED: Mapping[str, Mapping[str, Any]] = {
    "with an environment": {"environment": {"OF_ITS_OWN": "yes"}},
    "in the background": {"async": 60, "poll": 1},
}
HERE = {"in process": {}, **SHIPPED}
# Runs the commands on this machine, as another connection would on another one.
CONNECTION_TO_ANOTHER_HOST = """
DOCUMENTATION = "name: another_host\\nshort_description: x\\ndescription: x\\nauthor: x\\noptions: {}"
from ansible.plugins.connection import local
class Connection(local.Connection):
    transport = "another_host"
"""
ADDED_IN_THE_BACKGROUND = frozenset(
    {"ansible_job_id", "started", "finished", "results_file", "stdout", "stdout_lines", "stderr", "stderr_lines"}
)
OF_THE_WAY = frozenset({"exception", "invocation", "deprecations", "ansible_facts", "warnings"})


def run(folder: Path, options: Mapping[str, Any], way: Mapping[str, Any], **variables: Any) -> dict[str, Any]:
    """The failed task's result. The playbook is in a folder of its own, and started in ``folder / "start"``."""
    playbooks, start = folder / "playbooks", folder / "start"
    for one in (playbooks / "connection_plugins", start):
        one.mkdir(parents=True, exist_ok=True)
    (playbooks / "connection_plugins" / "another_host.py").write_text(CONNECTION_TO_ANOTHER_HOST, encoding="utf-8")
    task = {"connectops.recovery.connect_offset_reset": {"connect_url": "http://127.0.0.1:9", **options}, **way}
    copied = {"content": "{{ done | to_json }}", "dest": str(folder / "result.json"), "mode": "0600"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables},
        "tasks": [
            {**task, "register": "done", "ignore_errors": True},
            {"ansible.builtin.copy": copied, "delegate_to": "localhost", "vars": {"ansible_connection": "local"}},
        ],
    }
    playbook = playbooks / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOPS_")},
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
            # With less a module's options are not shown, and from core 2.21 on not without the second one.
            "ANSIBLE_VERBOSITY": "3",
            "ANSIBLE_INJECT_INVOCATION": "1",
            "ANSIBLE_ASYNC_DIR": str(folder / "async"),
        },
        cwd=start,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["failed"], result
    return result


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("with an environment", marks=pytest.mark.core_smoke),
        pytest.param("in the background", marks=pytest.mark.lengthy),
    ],
)
def test_a_failure_is_the_same_however_the_task_runs(tmp_path: Path, way: str) -> None:
    expected, found = (
        {
            key: value
            for key, value in run(tmp_path, {"connector": "a"}, HERE[one]).items()
            if key not in OF_THE_WAY | ADDED_IN_THE_BACKGROUND
        }
        for one in ("in process", way)
    )
    assert "Kafka Connect cannot be reached" in expected["msg"]
    # No owner, mode or size of a file, which Ansible adds to a module's failure that has a fact named path.
    assert set(expected) == {"changed", "failed", "msg", "url", "call"}
    assert found == expected


@pytest.mark.parametrize("way", HERE)
def test_a_relative_path_begins_where_the_playbook_was_started(tmp_path: Path, way: str) -> None:
    result = run(tmp_path, {"connector": "a", "ca_path": "certs/ca.pem"}, HERE[way])
    assert f"ca_path {tmp_path}/start/certs/ca.pem cannot be read" in result["msg"]


def test_another_host_takes_absolute_paths_only(tmp_path: Path) -> None:
    another = {"ansible_connection": "another_host"}
    refused = run(tmp_path, {"connector": "a", "backup_dir": "backups"}, {}, **another)
    assert refused["msg"] == (
        "backup_dir backups is a relative path, and this task does not run where ansible-playbook was started: "
        "give an absolute path on the host that runs the task."
    )
    taken = run(tmp_path, {"connector": "a", "backup_dir": str(tmp_path / "backups")}, {}, **another)
    assert "Kafka Connect cannot be reached" in taken["msg"]


def test_a_shipped_module_repeats_the_names_of_settings_and_none_of_their_values(tmp_path: Path) -> None:
    """Refused before it begins; tests of the integration see the same of one that runs."""
    options = {
        "connector": "a",
        "connect_url": "http://u:c4n4ry@127.0.0.1:9",
        "config": {"batch.size": "c4n4ry", "db.password": "c4n4ry"},
        "at_least": {"db.pin": "c4n4ry"},
        "stripe_api_keys": {"PST": "c4n4ry-key"},
        "strategy": "forward",
    }
    run(tmp_path, options, SHIPPED["with an environment"])
    output = (tmp_path / "output.txt").read_text(encoding="utf-8")
    assert "module_args" in output
    assert "batch.size" in output
    assert "db.pin" in output
    assert "c4n4ry" not in output
