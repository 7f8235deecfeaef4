# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alert rules on series that fire and series that must not, by the tools of Prometheus itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import cluster_families, look_families
from tooling.examples import blocks
from unit.monitoring.facts import NOW, cluster_facts
from unit.monitoring.tools import EXTENSIONS, tool

RULES = EXTENSIONS / "prometheus" / "connectops.rules.yml"
CASES = Path(__file__).with_name("alerts.yml")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(one) for one in command], check=False, capture_output=True, text=True)


def test_each_alert_fires_when_it_shall_and_only_then(tmp_path: Path) -> None:
    promtool = tool("promtool")
    for file in (RULES, CASES):
        shutil.copy(file, tmp_path)
    assert run(promtool, "check", "rules", tmp_path / RULES.name).returncode == 0
    done = run(promtool, "test", "rules", tmp_path / CASES.name)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> list[str]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule["alert"] for rule in group["rules"]]


@pytest.mark.parametrize("alert", alerts())
def test_each_alert_has_a_case_in_which_it_fires_and_a_word_on_the_page(alert: str) -> None:
    tests = yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"] if case["alertname"] == alert]
    assert any(case["exp_alerts"] for case in cases)
    page = (EXTENSIONS.parent / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert f"`{alert}`" in page


def test_the_alerts_ask_for_metrics_that_there_are() -> None:
    made = [*look_families("eu", NOW, 1, has_succeeded=True), *cluster_families("eu", cluster_facts(), 10)]
    asked = set(re.findall(r"connectops_\w+_\w+", "\n".join(_expressions())))
    assert asked <= {family.name for family in made}


def _expressions() -> list[str]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for rule in group["rules"]]


EXAMPLE = EXTENSIONS / "prometheus" / "alertmanager.example.yml"


def receivers(config: Path, *labels: str) -> list[str]:
    """Who gets an alert with these labels."""
    amtool = tool("amtool")
    done = run(amtool, "check-config", config)
    assert done.returncode == 0, done.stdout + done.stderr
    return run(amtool, "config", "routes", "test", f"--config.file={config}", *labels).stdout.strip().split(",")


def test_the_example_for_alertmanager_can_be_used() -> None:
    assert receivers(EXAMPLE, "alertname=ConnectopsStuck", "severity=critical") == ["connectors-on-call"]
    assert receivers(EXAMPLE, "alertname=ConnectopsFailedRuns", "severity=warning") == ["connectors"]
    assert receivers(EXAMPLE, "alertname=HostDown", "severity=critical") == ["team"]


def test_the_route_of_the_rulebook_takes_no_alert_from_people(tmp_path: Path) -> None:
    (page,) = (block.data() for block in blocks("yaml") if block.page == "docs/events.md" and "route:" in block.text)
    both = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    both["route"]["routes"] = page["route"]["routes"] + both["route"]["routes"]
    both["receivers"] += [one for one in page["receivers"] if one["name"] != page["route"]["receiver"]]
    config = tmp_path / "alertmanager.yml"
    config.write_text(yaml.safe_dump(both), encoding="utf-8")
    assert receivers(config, "alertname=ConnectopsStuck", "severity=critical") == ["recovery", "connectors-on-call"]
    assert receivers(config, "alertname=ConnectopsStale", "severity=warning") == ["connectors"]
