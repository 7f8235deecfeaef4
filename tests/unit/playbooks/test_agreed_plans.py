# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``recover`` refuses about agreed plans before it reads anything, and the plan file of clusters that cannot be reached."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from unit.core.reset.test_plan_file import WRITTEN
from unit.playbooks.test_options import NOT_REACHED, ROOT, Unsafe, play

RECOVER = str(ROOT / "playbooks" / "recover.yml")
BY_ID = {"connect-1": {"orders": "d9aa21c64d60"}}


@pytest.mark.parametrize(
    "variables, arguments, words",
    [
        (
            {"connectops_mode": "agreed", "connectops_plan_ids": Unsafe("")},
            [],
            "connectops_mode is agreed, but no agreed plan is given",
        ),
        (
            {"connectops_plan_ids": {"conect-1": BY_ID["connect-1"]}},
            [],
            "connectops_plan_ids has plans of the cluster conect-1, which the inventory does not have: did you mean",
        ),
        ({"connectops_plan_ids": BY_ID, "connectops_plan_file": "plans.json"}, [], "are both set: set one of them."),
        ({"connectops_plan_file": "hosts.yml"}, ["--check"], "hosts.yml exists and is not a plan file (not JSON)"),
        (
            {"connectops_plan_file": "plans.json", "connectops_plan_max_age": "90000d", "connectops_connectors": "d"},
            [],
            "connectops_connectors names d, but connectops_plan_file has no plan for it in this run",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, Any], arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans.json").write_text(WRITTEN, encoding="utf-8")
    inventory = tmp_path / "two.yml"
    hosts = {f"connect-{one}": {"connectops_connect_url": [f"http://127.0.0.1:{one}"]} for one in (1, 2)}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    status, output = play(RECOVER, tmp_path, variables, str(inventory), *arguments)
    assert status != 0
    assert words in output
    assert "Kafka Connect cannot be reached" not in output


def test_a_plan_run_says_in_the_file_which_clusters_it_could_not_plan_and_nothing_is_carried_out_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {"connectops_plan_file": "plans.json"}
    status, output = play(RECOVER, tmp_path, {**variables, "connectops_mode": "plan"})
    assert status == 2
    file = tmp_path / "plans.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"No plan changes anything; {file} says so." in output
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["clusters"]["connect-1"]["plans"] == {}
    assert document["clusters"]["connect-1"]["problem"].startswith(NOT_REACHED)
    status, output = play(RECOVER, tmp_path, variables)
    assert status == 2
    assert "has no plan that changes anything, so there is nothing to do." in output
