# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible itself makes of the collection's metadata, under whichever ansible-core the tests run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from lab.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parents[2]
MODULES = {f"connectops.recovery.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plugins that ansible-doc finds, by kind and name."""
    collections = ROOT / ".cache" / "collections"
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--metadata-dump", "connectops.recovery"],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_HOME": str(tmp_path_factory.mktemp("ansible")),
        },
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["all"]
    return found


@pytest.mark.core_matrix
@pytest.mark.core_smoke
def test_ansible_documents_every_module(documented: dict[str, Any]) -> None:
    assert set(documented["module"]) == MODULES


@pytest.mark.core_matrix
def test_the_action_group_holds_the_modules_that_say_so(documented: dict[str, Any]) -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    members = {f"connectops.recovery.{name}" for name in runtime["action_groups"]["all"]}
    modules = documented["module"]
    assert members == {name for name in modules if "action_group" in modules[name]["doc"].get("attributes", {})}


def test_the_role_identify_ranks_verdicts_as_the_core_does() -> None:
    ranks = yaml.safe_load((ROOT / "roles/identify/vars/main.yml").read_text(encoding="utf-8"))[
        "identify_at_least_as_bad"
    ]
    assert ranks.pop("never") == []
    assert ranks == {verdict: list(VERDICTS[VERDICTS.index(verdict) :]) for verdict in VERDICTS if verdict != "ok"}
    specs = yaml.safe_load((ROOT / "roles/identify/meta/argument_specs.yml").read_text(encoding="utf-8"))
    choices = specs["argument_specs"]["main"]["options"]["identify_fail_on"]["choices"]
    assert choices == [*VERDICTS[1:], "never"]


@pytest.mark.parametrize("playbook", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_each_play_waits_for_all_its_clusters_whatever_strategy_is_configured(playbook: Path) -> None:
    plays = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    assert {play.get("strategy") for play in plays} == {"ansible.builtin.linear"}
