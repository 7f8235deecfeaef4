# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job that AWX ends while a connector is STOPPED: the next jobs, each with an empty disk, see it, and one finishes it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.awx_jobs import Job, run_job
from integration.recovery.test_playbooks import is_delivered
from lab import Lab
from lab.scenarios import stuck_connector
from unit.awx.objects import templates

pytestmark = pytest.mark.lengthy

SLOW: dict[str, Any] = {"blocker_pending_seconds": 15.0, "blocker_ready_after_looks": 60}


def inventory_of(lab: Lab, folder: Path) -> Path:
    """As extensions/awx/objects.yml describes it: backups are in a topic of the cluster."""
    variables = {
        "connectops_connect_url": list(lab.connect.urls),
        "connectops_stripe_api_url": lab.stripe.url,
        "connectops_kafka_bootstrap_servers": [lab.bootstrap_servers],
        "connectops_backup_topic": "connectops-backups",
        "connectops_backup_topic_create": True,
        "verify_interval_seconds": 1,
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {lab.connect.name: variables}}}), encoding="utf-8")
    return inventory


class Clock:
    """That of AWX, which ends a job at its time limit."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.mark.parametrize("end", ["canceled", "timeout"])
def test_the_jobs_after_one_that_was_ended_in_the_window_see_it_and_the_next_recovery_finishes_it(
    lab: Lab, connector_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    stuck = stuck_connector(lab, connector_name, **SLOW)
    inventory = inventory_of(lab, tmp_path)
    clock = Clock()
    monkeypatch.setattr("ansible_runner.runner.time", clock)

    def job(template: str, **limits: Any) -> Job:
        found = templates()[template]
        folder = tmp_path / f"job-{time.monotonic_ns()}"
        return run_job(folder, found["playbook"], inventory, found.get("extra_vars", {}), **limits)

    def is_stopped() -> bool:
        return bool(lab.connect.status(connector_name)["connector"]["state"] == "STOPPED")

    def is_cancelled() -> bool:
        if is_stopped() and end == "timeout":
            clock.ahead = 3601
        return is_stopped() and end == "canceled"

    ended = job("Connect: recover without approval", is_cancelled=is_cancelled, time_limit=3600)
    clock.ahead = 0
    assert ended.word == end
    assert is_stopped()
    (plan_id,) = set(re.findall(r"  Plan ([0-9a-f]{12})", "\n".join(ended.texts)))

    look, plan = job("Connect: identify"), job("Connect: plan")
    for found in (look, plan):
        assert f"{plan_id}) was begun but not finished" in found.output
    # A plan goes on to an approval; a look must not be green beside what we have left STOPPED.
    assert look.status != 0
    assert "left STOPPED by a run that was not finished. Run the playbook recover" in " ".join(look.output.split())
    assert is_stopped()
    finished = job("Connect: recover without approval")
    assert finished.status == 0
    assert "has an unfinished change" in finished.output
    assert is_delivered(lab, stuck)
    assert lab.connect.status(connector_name)["connector"]["state"] == "RUNNING"
    assert "not finished" not in job("Connect: identify").output
