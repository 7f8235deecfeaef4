# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflow of the shipped objects on simulated clusters: what each node hands on, and what the next ones make of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from integration.recovery.awx_jobs import Job, as_awx_passes, run_job
from lab.connect_servers import ConnectServers
from lab.simulated_fleet import fleet, write_inventory
from unit.awx.objects import objects, templates
from unit.awx.test_blank_surveys import blank_answers


def run_workflow(folder: Path, inventory: Path, *, backups_are_lost: bool = False) -> list[Job]:
    """The jobs of its nodes, with a blank survey; the approval is given."""
    artifacts = {}
    jobs = []
    for node in objects()["awx_workflow_nodes"]:
        if "template" not in node:
            continue
        template = templates()[node["template"]]
        given = {**as_awx_passes(artifacts), **blank_answers("Connect: plan"), **template.get("extra_vars", {})}
        job = run_job(folder / node["identifier"], template["playbook"], inventory, given)
        artifacts.update(job.artifacts)
        jobs.append(job)
        if backups_are_lost:
            shutil.rmtree(folder / "backups", ignore_errors=True)
    return jobs


@pytest.mark.parametrize(("stuck", "backups_are_lost", "last"), [(0, False, 0), (1, True, 2)])
def test_a_workflow_that_had_nothing_to_change_is_green_and_one_whose_backups_are_lost_is_not(
    tmp_path: Path, stuck: int, backups_are_lost: bool, last: int
) -> None:
    clusters = fleet(2, connectors=1, timezones=1, report_types=1, stuck=stuck)
    with ConnectServers(clusters):
        inventory = write_inventory(clusters, tmp_path)
        data = inventory.read_text(encoding="utf-8")
        # Each job has the hosts alone, with all that they need.
        of_all = f'"connectops_backup_dir": "{tmp_path}/backups", "connectops_ask_stripe": false, "verify_interval_seconds": 1'
        inventory.write_text(
            data.replace('"connectops_connect_url"', f'{of_all}, "connectops_connect_url"'), encoding="utf-8"
        )
        jobs = run_workflow(tmp_path, inventory, backups_are_lost=backups_are_lost)
    assert [one.status for one in jobs] == [0, 0, last]
    assert ("has a backup, so no change is known that could be verified" in jobs[-1].output) == bool(last)
