# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the pages and of ``ansible-doc`` name what exists. Those that need a cluster run in the integration tests."""

from __future__ import annotations

import ast
import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.action.next_batch import ARGUMENT_SPEC as NEXT_BATCH_SPEC
from ansible_collections.connectops.recovery.plugins.action.report import ARGUMENT_SPEC as REPORT_SPEC
from ansible_collections.connectops.recovery.plugins.action.select_changes import ARGUMENT_SPEC as SELECT_CHANGES_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.policies import BUILT_IN_POLICIES
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import read_profiles
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import read_policy
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_CONFIG,
    CONNECT_METRICS,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
    CONNECT_POLICY_INFO,
    CONNECT_RECOVERY_INFO,
    CONNECT_ROLLBACK,
    CONNECT_SUPPORT_BUNDLE,
    MODULES,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    PREFIXES,
    known_variables,
    variable_problems,
)
from lab import cli
from tooling.environment import ROOT
from tooling.examples import Block, blocks, documented

SPECS = {
    **MODULES,
    "agreed_plans_info": {"is_plan": {"type": "bool", "required": True}},
    "next_batch": NEXT_BATCH_SPEC,
    "plan_file": {"path": {"type": "path", "required": True}},
    "report": REPORT_SPEC,
    "select_changes": SELECT_CHANGES_SPEC,
    "show_preview": {"lines": {"type": "list", "elements": "str", "required": True}},
}
GROUPS = {
    "all": (
        CONNECT_CONFIG,
        CONNECT_METRICS,
        CONNECT_OFFSET_RESET,
        CONNECT_OFFSETS_FACTS,
        CONNECT_POLICY_INFO,
        CONNECT_RECOVERY_INFO,
        CONNECT_ROLLBACK,
        CONNECT_SUPPORT_BUNDLE,
    ),
    "offsets": (
        CONNECT_METRICS,
        CONNECT_OFFSET_RESET,
        CONNECT_OFFSETS_FACTS,
        CONNECT_RECOVERY_INFO,
        CONNECT_ROLLBACK,
        CONNECT_SUPPORT_BUNDLE,
    ),
}
PREFIX = "connectops.recovery."
PLUGINS = sorted([*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "lookup").glob("*.py")])
# Shortened results of real runs: what a person sees, not what a person writes.
RESULTS = {"evidence", "cluster_id", "changed"}


def is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def variables_in(data: Any) -> Iterator[tuple[str, Any]]:
    """Every key of ours in an inventory, a play or a file of variables, with its value."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(key, str) and key.startswith(PREFIXES):
                yield key, value
            else:
                yield from variables_in(value)
    elif isinstance(data, list):
        for one in data:
            yield from variables_in(one)


def has_roles(play: Mapping[str, Any]) -> bool:
    return "roles" in play or any("ansible.builtin.include_role" in task for task in play.get("tasks", []))


def assert_variables_can_be_set(variables: Mapping[str, Any], *, for_roles: bool = False) -> None:
    """``for_roles``: for a play that has roles, each of which checks its own variables."""
    names = {name: value for name, value in variables.items() if not is_template(value)}
    for prefixes in [(one,) for one in PREFIXES] if for_roles else [PREFIXES]:
        assert list(variable_problems(names, prefixes, names.__getitem__)) == []
    assert set(variables) <= set(known_variables())


def assert_task_can_run(task: Mapping[str, Any], defaults: set[str]) -> None:
    """The module takes the options; ``defaults`` are options that module_defaults set."""
    for name, options in task.items():
        if not name.startswith(PREFIX):
            continue
        spec = SPECS[name.removeprefix(PREFIX)]
        given = options or {}
        names = {alias: key for key, facts in spec.items() for alias in (key, *facts.get("aliases", ()))}
        assert set(given) <= set(names), name
        assert {key for key, facts in spec.items() if facts.get("required")} <= defaults | {names[key] for key in given}
        values = {key: value for key, value in given.items() if not is_template(value)}
        kept = {names[key] for key in values}
        checked = ArgumentSpecValidator({key: spec[key] for key in kept}).validate(values)
        assert checked.error_messages == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.stem)
def test_the_examples_of_a_plugin_take_its_options(plugin: Path) -> None:
    for task in documented(plugin):
        if "hosts" not in task:
            assert_task_can_run(task, set())
        for name in re.findall(r"connectops\.recovery\.(\w+)'", yaml.safe_dump(task)):
            assert (ROOT / "plugins" / "lookup" / f"{name}.py").exists()


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=str)
def test_the_yaml_of_the_pages_can_be_used(block: Block) -> None:
    data = block.data()
    if isinstance(data, Mapping) and RESULTS & set(data):
        return
    plays = data if isinstance(data, list) else [data]
    assert_variables_can_be_set(dict(variables_in(data)), for_roles=any(map(has_roles, plays)))
    for play in plays:
        defaults = play.get("module_defaults", {})
        set_there: set[str] = set()
        for target, options in defaults.items():
            group = target.removeprefix(f"group/{PREFIX}")
            specs = GROUPS[group] if target.startswith("group/") else (SPECS[target.removeprefix(PREFIX)],)
            assert all(set(options) <= set(spec) for spec in specs), target
            set_there.update(options)
        for task in play.get("tasks", []):
            assert_task_can_run(task, set_there)
            if role := task.get("ansible.builtin.include_role"):
                assert (ROOT / "roles" / role["name"].removeprefix(PREFIX)).is_dir()
        for role in play.get("roles", []):
            assert (ROOT / "roles" / role["role"].removeprefix(PREFIX)).is_dir()
    for name, value in variables_in(data):
        if name.endswith("_profiles"):
            assert read_profiles(value)
        if name.endswith("_policy"):
            assert read_policy(value, BUILT_IN_POLICIES).classes


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def environment_names() -> set[str]:
    specs = (CONNECT_CONFIG, CONNECT_OFFSET_RESET, CONNECT_OFFSETS_FACTS)
    return {name for spec in specs for option in spec.values() for name in option.get("fallback", (None, ()))[1]}


@pytest.mark.parametrize("block", list(blocks("console")), ids=str)
def test_the_commands_of_the_pages_exist(block: Block) -> None:
    commands = block.commands()
    assert commands
    for words in commands:
        while words and re.match(r"[A-Z_]+=", words[0]):
            assert words[0].partition("=")[0] in {"KAFKA_VERSION", "PYTHONPATH"}
            words = words[1:]
        match words:
            case ["make", *named]:
                assert set(named) <= targets()
            case ["ansible-playbook", *_]:
                assert_playbook_can_run(words)
            case ["export", *assigned]:
                names = {setting.partition("=")[0] for setting in assigned}
                assert names <= environment_names() | {"PYTHONPATH", "PATH", "ANSIBLE_CONFIG"}
            case ["pytest", *arguments]:
                assert all((ROOT / one).exists() for one in arguments if one.startswith("tests/"))
            case [".cache/venv/bin/python" | "python", "-m", "lab", *arguments]:
                cli._parser().parse_args(arguments)
            case ["grep", *_]:
                # test_tutorial.py runs it.
                assert block.page == "docs/tutorial.md"
            case ["ansible-galaxy", "collection", "install", name]:
                galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
                assert name == f"{galaxy['namespace']}.{galaxy['name']}"
            case ["python3", "-m", "pip", "install", *names]:
                assert set(names) <= set((ROOT / "requirements.txt").read_text(encoding="utf-8").split()) | {"requests"}
            case ["apt-get", "install", *_]:
                # For the prerequisites, whose own test is test_prerequisites.py.
                continue
            case _:
                pytest.fail(f"no test knows how to check this command: {words}")


def assert_playbook_can_run(words: list[str]) -> None:
    line = PlaybookCLI(words)
    line.init_parser()
    parser: ArgumentParser = line.parser
    options = parser.parse_args(words[1:])
    for playbook in options.args:
        assert (ROOT / "playbooks" / f"{playbook.removeprefix(PREFIX)}.yml").exists()
    variables: dict[str, Any] = {}
    for text in options.extra_vars or []:
        if text.startswith("{"):
            variables.update(json.loads(text))
        else:
            name, _equals, value = text.partition("=")
            variables[name] = value
    assert_variables_can_be_set(variables)


@pytest.mark.parametrize("block", list(blocks("python")), ids=str)
def test_the_python_of_the_pages_compiles(block: Block) -> None:
    ast.parse(block.text)
