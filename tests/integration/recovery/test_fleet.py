# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run over three real Connect clusters in batches. ``tests/unit/playbooks/test_fleet.py`` has twelve simulated ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab import Lab
from lab.ansible_runs import run_playbook, write_inventory
from lab.scenarios import stuck_connector

pytestmark = [pytest.mark.slow_file, pytest.mark.lengthy]
NAME = "stripe"


def test_a_batch_that_is_not_seen_to_recover_is_the_last_one(tmp_path: Path) -> None:
    slow: dict[str, Any] = {"blocker_pending_seconds": 15.0, "blocker_ready_after_looks": 60}
    with Lab(workers=1, clusters=3) as lab:
        stuck = [stuck_connector(lab, NAME, cluster, **slow) for cluster in lab.clusters]
        # Its wait stays shorter than the reports take.
        second = {"connectops_at_least": {"stripe.report.max.wait.ms": 1600}, "verify_timeout_seconds": 2}
        inventory = write_inventory(lab, tmp_path, {stuck[1].cluster.name: second})

        preview = run_playbook("recover", inventory, ["--check"])
        assert preview.returncode == 0, preview.stdout
        assert "3 clusters: 3 planned." in preview.stdout

        done = run_playbook("recover", inventory)
        assert done.returncode == 2, done.stdout
        waits = [one.cluster.config(NAME)["stripe.report.max.wait.ms"] for one in stuck]
        assert waits == ["3600000", "1600", "1500"], "the third one was not changed"
        text = " ".join(done.stdout.split())
        assert (
            "Not changed: the run stopped after 2 of 3 clusters. 1 of 1 changed clusters of the batch are not" in text
        )
        assert "3 clusters: 1 failed, 1 not recovered, 1 recovered." in text

        # The third one is still there to be recovered, and the others do not matter to it.
        alone = run_playbook("recover", inventory, ["--limit", stuck[2].cluster.name])
        assert alone.returncode == 0, alone.stdout
        assert stuck[2].cluster.config(NAME)["stripe.report.max.wait.ms"] == "3600000"
