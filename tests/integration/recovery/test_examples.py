# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the README, the pages and ``ansible-doc``, run as printed; only addresses, ids and files are the lab's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab import Lab
from lab.ansible_runs import ROOT, playbook_environment, write_inventory
from lab.scenarios import StuckConnector, stuck_connector, utc_day
from lab.trial import ago
from tooling.examples import Block, blocks, documented

pytestmark = pytest.mark.slow_file

NAME = "stripe-reporting-source-connector"
MODULES = (
    "connect_config",
    "connect_metrics",
    "connect_offsets_facts",
    "connect_offset_reset",
    "connect_policy_info",
    "connect_recovery_info",
    "connect_rollback",
    "connect_support_bundle",
    "report",
    "show_preview",
)
PLAYS = [
    block for block in blocks("yaml") if isinstance(block.data(), list) and all("hosts" in one for one in block.data())
]
# Each once, however many pages print it; those of the tutorial are in test_tutorial.py too.
COMMANDS = list(
    dict.fromkeys(
        tuple(command[1:])
        for block in blocks("console")
        for command in block.commands()
        if command[0] == "ansible-playbook" and "inventory.yml" in command
    )
)


@pytest.fixture
def stuck(lab: Lab, request: pytest.FixtureRequest) -> Iterator[StuckConnector]:
    """A connector for the one that the examples name."""
    name = re.sub(r"\W+", "-", request.node.name)
    yield stuck_connector(lab, name)
    lab.connect.delete(name)


class Folder:
    """A folder in which a person has an inventory and types commands."""

    def __init__(self, path: Path, lab: Lab, connector: str) -> None:
        self.path = path
        self._lab = lab
        self._connector = connector
        (path / "backups").mkdir()
        (path / "metrics").mkdir()
        folders = {"connectops_backup_dir": "backups", "connectops_bundle_dir": "bundles"}
        written = write_inventory(lab, path, {"connect-1": folders})
        written.rename(path / "inventory.yml")

    def here(self, text: str) -> str:
        """The text with the lab's addresses, names and files in place of those of the examples."""
        text = re.sub(r"https?://connect-\d:8083", self._lab.connect.urls[0], text)
        text = text.replace("kafka-1:9092", self._lab.bootstrap_servers).replace(NAME, self._connector)
        # A day that the connector has not delivered yet.
        text = text.replace("reset_timestamp=2026-11-20", f"reset_timestamp={utc_day(ago(6))}")
        text = text.replace("/var/lib/prometheus/node-exporter", str(self.path / "metrics"))
        return text.replace("/var/log/kafka/connect.log", str(self._lab.logs / "connect-1-worker-0.log"))

    def type(self, arguments: Sequence[str], status: int = 0) -> str:
        """The output of ``ansible-playbook`` with these arguments."""
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", *arguments],
            cwd=self.path,
            env={**playbook_environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            check=False,
        )
        print(*arguments, done.stdout, done.stderr, sep="\n")
        assert done.returncode == status, arguments
        return done.stdout

    def run(self, plays: Sequence[dict[str, Any]]) -> str:
        """The output of these plays, which ask the lab's Stripe."""
        local = {"stripe_api_url": self._lab.stripe.url}
        for play in plays:
            defaults = play.setdefault("module_defaults", {})
            # A folder of the example would be one of the machine.
            offsets = defaults.get("group/connectops.recovery.offsets", {})
            defaults["group/connectops.recovery.offsets"] = {**offsets, **local, "backup_dir": "backups"}
            defaults["connectops.recovery.connect_config"] = {"backup_dir": "backups"}
        (self.path / "play.yml").write_text(self.here(yaml.safe_dump(list(plays))), encoding="utf-8")
        return self.type(["-i", "inventory.yml", "play.yml"])

    def backup(self) -> Path:
        """The oldest backup."""
        return min((self.path / "backups").rglob("2*.json"), key=lambda path: path.name)


@pytest.fixture
def folder(tmp_path: Path, lab: Lab, stuck: StuckConnector) -> Folder:
    return Folder(tmp_path, lab, stuck.name)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_run(folder: Folder, module: str) -> None:
    play = {
        "hosts": "connect-1",
        "connection": "local",
        "gather_facts": False,
        "vars": {"connect_password": "any"},
        "tasks": documented(ROOT / "plugins" / "modules" / f"{module}.py"),
    }
    folder.run([play])


@pytest.mark.lengthy
@pytest.mark.parametrize("block", PLAYS, ids=str)
def test_the_plays_of_the_pages_run(folder: Folder, block: Block) -> None:
    if block.page.endswith(("verify.md", "rollback.md")):
        # Its play waits for a recovery, or takes one back.
        folder.type(["-i", "inventory.yml", "connectops.recovery.recover"])
    output = folder.run(block.data())
    assert "connect-1" in output.partition("PLAY RECAP")[2]


@pytest.mark.lengthy
def test_the_commands_of_the_pages_run(folder: Folder, stuck: StuckConnector) -> None:
    assert len(COMMANDS) >= 10

    def comes_later(command: Sequence[str]) -> bool:
        """Whether it is about a change that was carried out."""
        return bool({"connectops.recovery.rollback", "connectops.recovery.verify"}.intersection(command))

    def is_rollback(command: Sequence[str]) -> bool:
        return "connectops.recovery.rollback" in command

    def changes_nothing(command: Sequence[str]) -> bool:
        reading = ("identify", "metrics", "support_bundle", "backups")
        is_look = "connectops.recovery.prevent" in command and "connectops_fix=true" not in command
        return "--check" in command or is_look or any(f"connectops.recovery.{name}" in command for name in reading)

    def status_while_stuck(command: Sequence[str]) -> int:
        return 2 if "identify_fail_on=stuck" in command or "connectops.recovery.prevent" in command else 0

    output = ""
    for command in filter(changes_nothing, COMMANDS):
        if not comes_later(command):
            shown = folder.type([folder.here(word) for word in command], status_while_stuck(command))
            if command[-2:] == ("--check", "--diff"):
                output = shown
    # The README says where the report file comes, and the pages that it holds the facts.
    assert json.loads((folder.path / "report-connect-1.json").read_text(encoding="utf-8"))["stuck"] == [stuck.name]
    plan = re.search(r"Plan (\w+)", output)
    assert plan is not None
    agreed = [
        command
        for command in COMMANDS
        if any(re.search(r"^reset_plan_id=|connectops_plan_(ids|file)\b", word) for word in command)
        and not changes_nothing(command)
        and not is_rollback(command)
    ]
    assert len(agreed) >= 2
    planned_back = [
        command
        for command in COMMANDS
        if is_rollback(command) and any(word.startswith("connectops_plan_file=") for word in command)
    ]
    assert len(planned_back) == 2
    others = [
        command
        for command in COMMANDS
        if not changes_nothing(command) and command not in agreed and not comes_later(command)
    ]
    for command in agreed + planned_back + others:
        # What the first of them has carried out needs nothing when the next one comes.
        folder.type([folder.here(word).replace("d9aa21c64d60", plan[1]) for word in command])
    for command in COMMANDS:
        if "connectops.recovery.verify" in command:
            folder.type([folder.here(word) for word in command])
    # The connector has recovered, and so moved on.
    for command in COMMANDS:
        if not is_rollback(command) or command in planned_back:
            continue
        backup = str(folder.backup().relative_to(folder.path))
        status = 0 if "rollback_allow_moved_offsets=true" in command else 2
        folder.type([folder.here(word).replace("FILE", backup) for word in command], status)
