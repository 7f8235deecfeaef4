# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of a fleet: which clusters are changed first, what stops a run, and what goes on after a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lab.connect_servers import SimulatedCluster, SimulatedConnector
from unit.playbooks.fleet_runs import CLUSTERS, changed, imported, recap, run

pytestmark = pytest.mark.slow_file


def fails_at_resume(connector: SimulatedConnector) -> None:
    connector.task_state, connector.trace = "FAILED", "org.apache.kafka.connect.errors.ConnectException: no more"


def test_one_cluster_is_changed_first_then_a_tenth_then_the_others(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    # A cluster that needs nothing is of no use as the first one.
    del clusters[0].connectors["stripe-00"]
    status, output = run(tmp_path, clusters, "recover")
    assert status == 0, output
    assert len(changed(clusters)) == CLUSTERS - 1
    assert changed(clusters)[:2] == ["cluster-002", "cluster-003"]
    # The next batch begins when the one before has been verified.
    first_write = {one.label: min(at for at, method, _path in one.calls if method == "PATCH") for one in clusters[1:]}
    for number in (1, 2):
        ended = max(at for at, method, _path in clusters[number].calls if method == "GET")
        assert all(first_write[one.label] > ended for one in clusters[number + 1 :])
    assert output.count("PLAY [Recover stuck connectors]") == 3
    assert "12 clusters: 11 recovered, 1 ok." in output
    # A cluster that was never changed is not a failure beside those that were, and is one alone.
    status, output = run(tmp_path, clusters, "verify", connectops_report_dir=str(tmp_path / "reports"))
    assert status == 0, output
    assert "12 clusters: 1 not verified, 11 recovered." in output
    (page,) = (tmp_path / "reports").glob("*/cluster-cluster-001.md")
    assert "No connector of cluster cluster-001 has a backup" in page.read_text(encoding="utf-8")
    # Nor is it one beside a cluster that is not well.
    clusters[1].connectors["stripe-00"].task_state = "FAILED"
    clusters[1].forget_answers()
    status, output = run(tmp_path, clusters[:3], "verify", verify_timeout_seconds=1)
    assert status == 2
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [0, 1, 0]
    status, output = run(tmp_path, clusters, "verify", "--limit", "cluster-001")
    assert status == 2
    assert "No connector of cluster cluster-001 has a backup" in " ".join(output.split())


def test_nothing_is_changed_after_a_batch_that_made_it_worse(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    clusters[1].connectors["stripe-00"].on_resume = fails_at_resume
    # Whatever share of the batch may not be well.
    given = {"connectops_report_dir": str(tmp_path / "reports"), "connectops_max_fail_percentage": 100}
    status, output = run(tmp_path, clusters, "recover", **given)
    assert status == 2
    assert changed(clusters) == ["cluster-001", "cluster-002"]
    text = " ".join(output.split())
    assert "Not changed: the run stopped after 2 of 12 clusters. stripe-00 of cluster-002 is worse than before." in text
    assert text.count("Find out why, then run the playbook again") == 1, "what to do is said once for all clusters"
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] + [1] * 11
    (report,) = (tmp_path / "reports").glob("*/report.json")
    data = {one["label"]: one for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]}
    assert len(data) == CLUSTERS, "every cluster is in the report, also those that the run did not come to"
    assert data["cluster-001"]["outcome"] == "recovered"
    assert data["cluster-012"]["problem"].startswith("Not changed: the run stopped")


@pytest.mark.parametrize("set_for", ["hosts", "command line"])
def test_a_run_that_only_plans_goes_on_after_any_failure(
    tmp_path: Path, clusters: list[SimulatedCluster], set_for: str
) -> None:
    of_hosts: dict[str, dict[str, Any]] = {one.label: {} for one in clusters[:3]}
    if set_for == "hosts":
        of_hosts = {label: {"connectops_mode": "plan"} for label in of_hosts}
    # It needs a time, which is not given.
    of_hosts["cluster-001"]["reset_strategy"] = "timestamp"
    arguments = () if set_for == "hosts" else ("--check",)
    given = {"connectops_stop_on_failure": True}
    status, output = run(tmp_path, clusters[:3], "recover", *arguments, of_hosts=of_hosts, **given)
    assert status == 2
    assert changed(clusters) == []
    assert "3 clusters: 1 failed, 2 planned." in output
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [1, 0, 0]


@pytest.mark.parametrize("playbook", ["recover", "prevent"])
def test_a_run_that_stops_at_any_failure_stops_at_a_cluster_whose_variables_were_refused(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str
) -> None:
    of_hosts = {"cluster-003": {"reset_strateggy": "current"}}
    given = {"connectops_stop_on_failure": True, "connectops_fix": True}
    status, output = run(tmp_path, clusters[:3], playbook, of_hosts=of_hosts, **given)
    assert status == 2
    assert changed(clusters) == []
    text = " ".join(output.split())
    assert "A cluster failed, and connectops_stop_on_failure is set. cluster-003: see its error above." in text
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [1, 1, 1]


@pytest.mark.parametrize("playbook", ["recover", "verify", "identify"])
def test_a_cluster_that_failed_ends_nothing_that_follows_for_those_that_are_well(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str
) -> None:
    of_hosts: dict[str, dict[str, Any]] = {}
    if playbook == "identify":
        of_hosts = {clusters[number].label: {"identify_fail_on": "stuck"} for number in (1, 3)}
    else:
        clusters[1].url, clusters[3].url = "http://127.0.0.1:9", "http://127.0.0.1:7"
    task = {"name": "Go on", "ansible.builtin.debug": {"msg": "Next for {{ inventory_hostname }}"}}
    then = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [task]}
    # Batches of one: the third cluster comes after one that failed.
    before = [imported("recover")] if playbook == "verify" else []
    several = [*before, imported(playbook), then]
    status, output = run(tmp_path, clusters[:4], several, of_hosts=of_hosts, connectops_serial=["1"])
    assert status == 2
    assert [f"Next for {one.label}" in output for one in clusters[:4]] == [True, False, True, False]
    assert [recap(output, one.label)["failed"] for one in clusters[:4]] == [0, 1, 0, 1]
    # No cluster is left of a run on one that fails.
    status, output = run(tmp_path, clusters[1:2], several, of_hosts=dict(list(of_hosts.items())[:1]))
    assert status == 2
    assert "Next for" not in output
    assert recap(output, "cluster-002")["failed"] == 1
