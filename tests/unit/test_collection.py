# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible itself makes of the collection's metadata, under whichever ansible-core the tests run."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import SEVERITIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from lab.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parents[2]
MODULES = {f"connectops.recovery.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
FACTS_OF_AN_OPTION = {"type": "str", "required": False, "default": None, "choices": None, "elements": None}


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


@pytest.mark.parametrize("module", sorted(MODULES))
def test_an_action_takes_the_options_that_its_module_documents(documented: dict[str, Any], module: str) -> None:
    action = importlib.import_module(
        f"ansible_collections.connectops.recovery.plugins.action.{module.rpartition('.')[2]}"
    )
    taken, told = (
        {
            option: {fact: one.get(fact, unset) for fact, unset in FACTS_OF_AN_OPTION.items()}
            for option, one in of.items()
        }
        for of in (action.ActionModule.argument_spec, documented["module"][module]["doc"]["options"])
    )
    assert taken == told


@pytest.mark.parametrize("role, ranked", [("identify", VERDICTS[1:]), ("prevent", SEVERITIES)])
def test_a_role_ranks_as_the_core_does(role: str, ranked: tuple[str, ...]) -> None:
    """``ranked``: from good to bad, without what is never a failure."""
    ranks = yaml.safe_load((ROOT / f"roles/{role}/vars/main.yml").read_text(encoding="utf-8"))[
        f"{role}_at_least_as_bad"
    ]
    assert ranks.pop("never") == []
    assert ranks == {one: list(ranked[ranked.index(one) :]) for one in ranked}
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))
    choices = specs["argument_specs"]["main"]["options"][f"{role}_fail_on"]["choices"]
    assert choices == [*ranked, "never"]


@pytest.mark.parametrize("playbook", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_each_play_waits_for_all_its_clusters_whatever_strategy_is_configured(playbook: Path) -> None:
    plays = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    assert {play.get("strategy") for play in plays} == {"ansible.builtin.linear"}
