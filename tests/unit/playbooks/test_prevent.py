# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prevent on simulated clusters: what is said of a setting that was not fixed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, Holder
from lab.connect_servers import ConnectServers, SimulatedCluster
from lab.simulated_fleet import fleet
from unit.playbooks.fleet_runs import run


def test_why_a_setting_was_not_fixed_is_in_the_report(tmp_path: Path) -> None:
    clusters = fleet(1, connectors=3, timezones=1, report_types=1)
    (cluster,) = clusters
    now = int(time.time())
    hold = Hold("1", "0000-00000000", "RUNNING", Holder("control-1", 1), now, now + 3600)
    cluster.connectors["stripe-01"].config[HOLD_KEY] = hold.as_text()
    with ConnectServers(clusters):
        given = {"connectops_fix": True, "connectops_report_dir": str(tmp_path / "reports")}
        status, output = run(tmp_path, clusters, "prevent", **given)
    assert status == 2
    assert "Stuck, so not changed: stripe-00. Recover with the playbook recover." in " ".join(output.split())
    (folder,) = (tmp_path / "reports").iterdir()
    (read,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))["clusters"]
    why = {one["name"]: (one["outcome"], (one["why"] or "").partition("not fixed: ")[2]) for one in read["connectors"]}
    assert why["stripe-00"] == (
        "deviates",
        "it is stuck, so it was not changed: recover it with the playbook recover",
    )
    assert why["stripe-01"][0] == "deviates"
    assert "on control-1" in why["stripe-01"][1]
    assert why["stripe-02"][1] == ""
    for page in ("report.html", "report.md"):
        assert "on control-1" in (folder / page).read_text(encoding="utf-8")


class LoginExpires(SimulatedCluster):
    """One that knows nobody any more after its offsets were read."""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        if any(path.endswith("/offsets") for _at, _method, path in self.calls):
            return 401, b"", {}
        return super().answer(method, path, body)


def test_why_no_setting_could_be_fixed_is_said(tmp_path: Path) -> None:
    (good,) = fleet(1, connectors=1, timezones=1, report_types=1, stuck=0)
    cluster = LoginExpires(good.label, tuple(good.connectors.values()), good.password_keys)
    with ConnectServers([cluster]):
        given = {"connectops_fix": True, "connectops_report_dir": str(tmp_path / "reports")}
        status, output = run(tmp_path, [cluster], "prevent", **given)
    assert status == 2, output
    (report,) = (tmp_path / "reports").glob("*/report.json")
    (read,) = json.loads(report.read_text(encoding="utf-8"))["clusters"]
    assert "401" in read["problem"]
