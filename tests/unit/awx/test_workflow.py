# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflow of the shipped objects on simulated clusters: what each node passes on, and what the next ones make of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import OUTCOME_OF_ONE_CLUSTER, passed_on_as
from integration.recovery.awx_jobs import Job, as_awx_passes, run_job
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.simulated_fleet import fleet, write_inventory
from unit.awx.objects import objects, templates
from unit.awx.test_blank_surveys import blank_answers


def run_workflow(
    folder: Path, inventory: Path, answers: Mapping[str, Any] | None = None, *, backups_are_lost: bool = False
) -> list[Job]:
    """The jobs of its nodes up to the first that fails; the approval is given.

    ``answers``: of the survey, whose other questions are left blank.
    """
    artifacts: dict[str, Any] = {}
    answered = {**blank_answers("Connect: plan"), **as_awx_passes(answers or {})}
    jobs = []
    for node in objects()["awx_workflow_nodes"]:
        if "template" not in node:
            continue
        template = templates()[node["template"]]
        given = {**as_awx_passes(artifacts), **answered, **template.get("extra_vars", {})}
        job = run_job(folder / node["identifier"], template["playbook"], inventory, given)
        artifacts.update(job.artifacts)
        jobs.append(job)
        if job.status:
            break
        if backups_are_lost:
            shutil.rmtree(folder / "backups", ignore_errors=True)
    return jobs


def inventory_of(clusters: list[SimulatedCluster], folder: Path) -> Path:
    """A job has the hosts alone, with all that they need."""
    inventory = write_inventory(clusters, folder, {"verify_interval_seconds": 1, "verify_timeout_seconds": 60})
    data = json.loads(inventory.read_text(encoding="utf-8"))
    hosts = {name: {**data["all"]["vars"], **host} for name, host in data["all"]["hosts"].items()}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return inventory


@pytest.mark.parametrize(("stuck", "backups_are_lost", "last"), [(0, False, 0), (1, True, 2)])
def test_a_workflow_that_had_nothing_to_change_is_green_and_one_whose_backups_are_lost_is_not(
    tmp_path: Path, stuck: int, backups_are_lost: bool, last: int
) -> None:
    clusters = fleet(2, connectors=1, timezones=1, report_types=1, stuck=stuck)
    with ConnectServers(clusters):
        inventory = inventory_of(clusters, tmp_path)
        jobs = run_workflow(tmp_path, inventory, backups_are_lost=backups_are_lost)
    assert [one.status for one in jobs] == [0, 0, last]
    assert ("has a backup, so there is no known change to verify" in jobs[-1].output) == bool(last)


@pytest.mark.parametrize(("outcome", "status"), [("ok", 0), ("failed", 2)])
def test_a_verification_after_a_node_that_failed_does_not_count_as_one_of_nothing(
    tmp_path: Path, outcome: str, status: int
) -> None:
    clusters = fleet(1, connectors=1, timezones=1, report_types=1, stuck=1)
    passed_on = {"playbook": "recover", "is_preview": False, "outcome": outcome, "message": "1 connector."}
    with ConnectServers(clusters):
        given = {passed_on_as("cluster-001", OUTCOME_OF_ONE_CLUSTER): passed_on}
        job = run_job(tmp_path / "job", "verify", inventory_of(clusters, tmp_path), given)
    assert job.status == status, job.output


def test_of_the_named_connectors_one_that_needs_nothing_does_not_keep_the_approved_plan_from_being_carried_out(
    tmp_path: Path,
) -> None:
    clusters = fleet(1, connectors=2, timezones=1, report_types=1, stuck=1)
    # Nothing is to be raised, so the second one needs nothing.
    answers = {"connectops_connectors": "stripe-00, stripe-01", "connectops_at_least": "{}"}
    with ConnectServers(clusters):
        jobs = run_workflow(tmp_path, inventory_of(clusters, tmp_path), answers)
        again = run_workflow(tmp_path / "again", inventory_of(clusters, tmp_path), answers)
    assert [one.status for one in jobs] == [0, 0, 0]
    assert "1 agreed plan for 1 cluster of this run" in jobs[1].output
    assert "Named connectors without an agreed plan, which are not changed: stripe-01." in jobs[1].output
    assert [one.status for one in again] == [0, 0, 0]
    assert "Named connectors without an agreed plan, which are not changed: stripe-00, stripe-01." in again[1].output
