# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agreed plans of a fleet: which of them a run carries out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.simulated_fleet import fleet
from unit.playbooks.fleet_runs import changed, recap, run, run_imported

pytestmark = pytest.mark.slow_file


@pytest.mark.core_matrix
def test_a_rollback_by_agreed_plans_reports_no_failure_of_a_cluster_that_has_none(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    few = clusters[:3]
    status, output = run(tmp_path, few, "recover")
    assert status == 0, output
    plans = {"connectops_plan_file": str(tmp_path / "plans.json")}
    named = {"connectops_connectors": "stripe-00", "rollback_allow_moved_offsets": True}
    status, output = run(tmp_path, few[:2], "rollback", "--check", **named, **plans)
    assert status == 0, output
    # A cluster whose variables are refused has failed, whatever was agreed to.
    status, output = run(
        tmp_path,
        few,
        "rollback",
        of_hosts={"cluster-002": {"connectops_typo": 1}},
        connectops_report_dir=str(tmp_path / "reports"),
        **plans,
    )
    assert status == 2
    (report,) = (tmp_path / "reports").glob("*/report.json")
    found = json.loads(report.read_text(encoding="utf-8"))["clusters"]
    assert {one["label"]: one["outcome"] for one in found} == {
        "cluster-001": "changed",
        "cluster-002": "failed",
        "cluster-003": "unknown",
    }
    (open_points,) = (one["open_points"] for one in found if one["label"] == "cluster-003")
    assert open_points == ["No plan was agreed to for this cluster, so nothing was changed."]
    assert [recap(output, one.label)["failed"] for one in few] == [0, 1, 0]


def test_agreed_plans_are_narrowed_to_the_connectors_that_the_vars_of_import_playbook_name(tmp_path: Path) -> None:
    clusters = fleet(1, connectors=2, timezones=1, report_types=1, stuck=2)
    with ConnectServers(clusters):
        plans = {"connectops_plan_file": str(tmp_path / "plans.json")}
        status, output = run(tmp_path, clusters, "recover", "--check", **plans)
        assert status == 0, output
        given = {"connectops_connectors": "stripe-01", **plans}
        status, output = run_imported(tmp_path, tmp_path / "inventory.json", "recover", given)
        assert status == 0, output
        assert {path.split("/")[2] for _at, method, path in clusters[0].calls if method == "PATCH"} == {"stripe-01"}


@pytest.mark.parametrize("agreed", ["file", "ids"])
def test_agreed_plans_are_narrowed_to_the_connectors_that_are_looked_at(tmp_path: Path, agreed: str) -> None:
    clusters = fleet(1, connectors=3, timezones=1, report_types=1, stuck=2)
    with ConnectServers(clusters):
        file = tmp_path / "plans.json"
        status, output = run(tmp_path, clusters, "recover", "--check", connectops_plan_file=str(file))
        assert status == 0, output
        plans = json.loads(file.read_text(encoding="utf-8"))["clusters"]["cluster-001"]["plans"]
        ids = {"cluster-001": {name: one["id"] for name, one in plans.items()}}
        given: dict[str, Any] = (
            {"connectops_plan_file": str(file)} if agreed == "file" else {"connectops_plan_ids": ids}
        )
        status, output = run(tmp_path, clusters, "recover", identify_connectors="stripe-02", **given)
        assert status == 2, output
        assert "has no plan for any connector that identify_connectors names, so there is nothing to do" in " ".join(
            output.split()
        )
        assert changed(clusters) == []
        # One that is well has no plan, and is no mistake.
        status, output = run(tmp_path, clusters, "recover", identify_connectors="stripe-01,stripe-02", **given)
        assert status == 0, output
        assert {path.split("/")[2] for _at, method, path in clusters[0].calls if method == "PATCH"} == {"stripe-01"}
