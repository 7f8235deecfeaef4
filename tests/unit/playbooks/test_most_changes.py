# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that would change more connectors than it may: it changes none, and says so once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab.connect_servers import SimulatedCluster
from unit.playbooks.fleet_runs import changed, recap, run


@pytest.mark.parametrize(
    "arguments", [pytest.param((), id="real"), pytest.param(("--check",), id="check mode", marks=pytest.mark.lengthy)]
)
def test_a_run_that_would_change_too_many_changes_none(
    tmp_path: Path, clusters: list[SimulatedCluster], arguments: tuple[str, ...]
) -> None:
    del clusters[0].connectors["stripe-00"]
    given = {"connectops_max_changes": 10, "connectops_report_dir": str(tmp_path / "reports")}
    status, output = run(tmp_path, clusters, "recover", *arguments, **given)
    assert status == 2
    assert changed(clusters) == []
    text = " ".join(output.split())
    refused = (
        "This run may change 11 connectors of 11 clusters, and connectops_max_changes allows 10: nothing is changed."
    )
    assert text.count(refused) == 1, "it is said once for all clusters"
    assert text.count("Limit the run to some clusters") == 1
    assert text.count("Not changed: this run may change 11 connectors, and connectops_max_changes allows 10.") >= 11
    # A cluster in which nothing was to be changed is well, and is told so.
    assert "12 clusters: 11 failed, 1 ok." in text
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] + [1] * 11
    (report,) = (tmp_path / "reports").glob("*/report.json")
    data = {one["label"]: one for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]}
    assert data["cluster-001"]["problem"] is None
    assert data["cluster-012"]["problem"] == (
        "Not changed: this run may change 11 connectors, and connectops_max_changes allows 10."
    )


def test_a_run_that_would_fix_too_many_changes_none(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    # The wait of all of them is too short.
    few = clusters[:3]
    given = {"connectops_fix": True, "connectops_max_changes": 5, "connectops_report_dir": str(tmp_path / "reports")}
    status, output = run(tmp_path, few, "prevent", **given)
    assert status == 2
    assert changed(few) == []
    (report,) = (tmp_path / "reports").glob("*/report.json")
    refused = "Not changed: this run may change 6 connectors, and connectops_max_changes allows 5."
    assert [one["problem"] for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]] == [refused] * 3
    assert output.count("Limit the run to some clusters") == 1
    assert [recap(output, one.label)["failed"] for one in few] == [1, 1, 1]
    status, output = run(tmp_path, few, "prevent", **{**given, "connectops_max_changes": 6})
    assert sorted(changed(few)) == [one.label for one in few], output
