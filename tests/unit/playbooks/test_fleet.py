# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run on a fleet costs, and what a person is told at its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab.connect_servers import SimulatedCluster
from unit.playbooks.fleet_runs import imported, recap, run


def test_a_look_ends_with_the_worst_and_counts_what_could_not_be_read(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    clusters[4].url = "http://127.0.0.1:9"
    status, output = run(tmp_path, clusters, "identify")
    assert status == 2
    summary = output.partition("TASK [Write the report]")[2]
    assert "12 clusters: 1 failed, 11 stuck." in summary
    assert "  connectors: 11 stuck, 11 ok" in summary
    assert summary.index("cluster-005") < summary.index("cluster-001")
    # What is well takes one line.
    assert "cluster-001  stripe-01  RUNNING 1/1  ok (partitions: 1 ok)" in output
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] * 4 + [1] + [0] * 7


@pytest.mark.parametrize("playbook, most", [("identify", 3), ("recover", 6)])
def test_each_cluster_costs_few_tasks(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str, most: int
) -> None:
    """Each task takes a process for each cluster. The last cluster of two does nothing for the others.

    A blank answer to the question at which verdict to fail asks for none.
    """
    status, output = run(tmp_path, clusters[:2], playbook, connectops_set_stats=True, identify_fail_on="")
    assert status == 0, output
    counts = recap(output, "cluster-002")
    assert counts["ok"] + counts["skipped"] <= most, output
    assert "skipping: no hosts matched" in output or playbook != "identify"


def test_playbooks_of_one_run_tell_each_of_its_own(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    several = [imported(one) for one in ("recover", "rollback", "identify")]
    reports = tmp_path / "reports"
    given = {"connectops_connectors": "stripe-00", "rollback_allow_moved_offsets": True}
    status, output = run(tmp_path, clusters[:1], several, connectops_report_dir=str(reports), **given)
    assert status == 0, output
    found = [json.loads(file.read_text(encoding="utf-8")) for file in reports.glob("*/report.json")]
    assert {(one["playbook"], one["outcome"]) for one in found} == {
        ("recover", "recovered"),
        ("rollback", "changed"),
        ("identify", "ok"),
    }
