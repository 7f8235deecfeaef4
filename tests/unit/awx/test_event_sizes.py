# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX keeps of the jobs of a large connector that is stuck: it drops what is too large, and its list cuts each event."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import passed_on_as
from integration.recovery.awx_jobs import run_job
from lab.connect_servers import ConnectServers
from lab.simulated_fleet import fleet, write_inventory
from unit.awx.objects import templates

# AWX's list of events shows this number of bytes of each, and it drops the data of a larger event.
SHOWN, LARGEST = 1024, 700_000


@pytest.mark.parametrize("template", ["Connect: identify", "Connect: plan"])
def test_the_data_of_200_stuck_partitions_stay_far_below_what_awx_keeps(tmp_path: Path, template: str) -> None:
    clusters = fleet(1, connectors=1, timezones=40, report_types=5, stuck=1)
    with ConnectServers(clusters):
        inventory = write_inventory(clusters, tmp_path)
        one = templates()[template]
        job = run_job(tmp_path / "job", one["playbook"], inventory, one.get("extra_vars", {}))
    assert job.status == 0
    assert "200 stuck" in job.output
    sizes = {one["event_data"].get("task", ""): len(json.dumps(one["event_data"])) for one in job.events}
    print(sizes)
    assert max(sizes.values()) < LARGEST / 2
    if template == "Connect: identify":
        # However many partitions there are: all that is printed is in the output, and the beginning of it in the event.
        assert max(sizes.values()) < LARGEST / 15
        (result,) = job.results("Read the connectors and their offsets, and show the result").values()
        lines = result["summary"]["preview"]
        assert " ".join(lines[-2].split()) in job.output
        assert re.fullmatch(r"\.\.\. and \d+ more lines\.", lines[-1])
    else:
        # One key for each cluster: the parts of a sliced job would replace each other's.
        plans = job.artifacts[passed_on_as("cluster-001")]
        assert [(label, list(ids)) for label, ids in plans.items()] == [("cluster-001", ["stripe-00"])]
        (preview,) = (one["stdout"] for one in job.events if one["event"] == "verbose" and "  Plan " in one["stdout"])
        shown = preview.encode()[:SHOWN].decode(errors="ignore")
        assert all(words in shown for words in ("Skipped: ", "Read twice: ", "Report runs to catch up: "))
