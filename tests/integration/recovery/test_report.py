# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of real runs: a look, a preview, a recovery and a rollback, with a cluster that cannot be reached beside it."""

from __future__ import annotations

import json
import shlex
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lab import Lab
from lab.ansible_runs import ROOT, run_playbook, write_inventory
from lab.scenarios import BLOCKER, StuckConnector, same_interval_runs, stuck_connector
from lab.waiting import await_condition

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
MISSING = "connect-2"


@pytest.fixture
def stuck(lab: Lab) -> Iterator[StuckConnector]:
    connector = stuck_connector(lab, "reported")
    await_condition(lambda: same_interval_runs(connector.accounts[BLOCKER]) >= 4, "four report runs of the blocker")
    yield connector
    lab.connect.delete(connector.name)


class Reports:
    """Runs of playbooks in a folder of their own, and the report of each."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.folder = folder / "reports"
        inventory = write_inventory(lab, folder)
        hosts = json.loads(inventory.read_text(encoding="utf-8"))
        hosts["all"]["hosts"][MISSING] = {"connectops_connect_url": ["http://127.0.0.1:9"]}
        inventory.write_text(json.dumps(hosts), encoding="utf-8")
        self._inventory = inventory

    def run(self, playbook: str, *arguments: str, status: int = 0) -> dict[str, Any]:
        before, begun = set(self.folder.glob("*")), time.time()
        given = ("-e", f"connectops_report_dir={self.folder}", "-e", "connectops_set_stats=true", *arguments)
        done = run_playbook(playbook, self._inventory, given)
        assert done.returncode == status, done.stdout
        (made,) = set(self.folder.glob("*")) - before
        assert f"    {made}/report.html" in done.stdout
        for file in made.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        assert not list(made.glob("*.partial"))
        data: dict[str, Any] = json.loads((made / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(data, SCHEMA)
        assert begun - 1 <= data["made_at"] <= time.time() + 1
        return data


def one_of(data: dict[str, Any], label: str = "connect-1") -> dict[str, Any]:
    (found,) = [one for one in data["clusters"] if one["label"] == label]
    return dict(found)


def ticks(cluster: dict[str, Any]) -> list[str]:
    return [item["status"] for item in cluster["checklist"]]


@pytest.mark.lengthy
def test_every_run_is_reported_as_it_was(lab: Lab, stuck: StuckConnector, tmp_path: Path) -> None:
    reports = Reports(lab, tmp_path)

    looked = reports.run("identify", status=2)
    assert [one["label"] for one in looked["clusters"]] == [MISSING, "connect-1"]
    assert one_of(looked, MISSING)["problem"].startswith("Kafka Connect cannot be reached at http://127.0.0.1:9")
    (found,) = one_of(looked)["connectors"]
    assert (found["outcome"], one_of(looked)["outcome"]) == ("stuck", "stuck")
    assert [part["name"] for part in found["partitions"] if part["is_blocker"]] == [BLOCKER]
    for part in found["partitions"]:
        assert (part["delivered_before"], part["available_to"]) == (stuck.delivered_until, stuck.available_until)
    source = found["kind"]["source"]
    assert {run["name"] for run in source["runs"]} >= {BLOCKER}
    assert source["wait"] == {"key": "stripe.report.max.wait.ms", "milliseconds": 1500, "is_enough": False}

    limit = ("--limit", "connect-1")
    planned = one_of(reports.run("recover", "--check", *limit))
    assert (planned["outcome"], ticks(planned)) == ("planned", ["open", "done", "open", "open", "open"])

    begun = time.time()
    recovered = one_of(reports.run("recover", *limit))
    (connector,) = recovered["connectors"]
    assert (recovered["outcome"], ticks(recovered)) == ("recovered", ["done", "done", "done", "open", "open"])
    assert connector["plan_id"] == planned["connectors"][0]["plan_id"]
    assert all(part["delivered_after"] == stuck.available_until for part in connector["partitions"])
    steps = [one["message"] for one in connector["moments"]]
    assert [step.partition(",")[0].partition(" to ")[0] for step in steps] == [
        "backed up 3 offsets",
        "stopping",
        "STOPPED",
        "1 setting and 3 offsets written and read back",
        "RUNNING again",
    ]
    assert all(begun - 1 <= one["at"] <= time.time() for one in connector["moments"])
    assert recovered["timeline"][-1]["message"].startswith("Recovered")

    command = shlex.split("".join(line.removesuffix("\\") for line in connector["rollback_command"]))
    assert command[:2] == ["ansible-playbook", "connectops.recovery.rollback"]
    rolled_back = one_of(reports.run("rollback", *command[2:], "-e", "rollback_allow_moved_offsets=true"))
    assert ticks(rolled_back) == ["done", "done"]
    assert lab.connect.config(stuck.name)["stripe.report.max.wait.ms"] == "1500"

    files = [file for file in reports.folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".html", ".md", ".json"}
    keys = [account.key for account in stuck.accounts.values()]
    assert not [file for file in files for key in keys if key in file.read_text(encoding="utf-8")]
