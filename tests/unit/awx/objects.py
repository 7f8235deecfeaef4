# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that the collection ships for AWX, as data, and the variables that each of its playbooks reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import MODULES
from ansible_collections.connectops.recovery.plugins.plugin_utils.role_options import variables_of_role
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables
from tooling.environment import ROOT

AWX = ROOT / "extensions" / "awx"
# These name variables that only others read.
NAMES_ALL = ("role_options", "variable_problems", "variables")
PLAYBOOKS = {path.stem: path for path in (ROOT / "playbooks").glob("*.yml")}


class Unsafe(str):
    """A text that Ansible does not render."""


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))


@cache
def objects() -> dict[str, Any]:
    """The file of objects; templates are not rendered."""
    found: dict[str, Any] = yaml.load((AWX / "objects.yml").read_text(encoding="utf-8"), Loader=_Loader)
    return found


@cache
def templates() -> dict[str, dict[str, Any]]:
    """The job templates by name."""
    return {one["name"]: one for one in objects()["awx_job_templates"]}


def questions(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The questions of a survey by variable."""
    return {one["variable"]: one for one in template.get("questions", [])}


@cache
def variables_of(playbook: str) -> frozenset[str]:
    """The variables that a playbook of the collection reads, itself or through what it uses."""
    files = list(_files_of(PLAYBOOKS[playbook]))
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    parts: dict[str, Any] = yaml.safe_load((ROOT / "playbooks" / "vars" / "run.yml").read_text(encoding="utf-8"))
    text += "".join(yaml.safe_dump(part) for name, part in parts.items() if name in text)
    of_roles = {name for path in files for name in _of_role(path)}
    return frozenset(set(re.findall(r"\w+", text)) & set(known_variables()) | of_roles)


def _of_role(path: Path) -> Iterator[str]:
    """The variables that set the options of the modules in a task file of a role."""
    if path.parents[2].name == "roles":
        for module in set(re.findall(r"connectops\.recovery\.(\w+):", path.read_text(encoding="utf-8"))) & set(MODULES):
            for names in variables_of_role(path.parents[1].name, module).values():
                yield from names


def _files_of(playbook: Path) -> Iterator[Path]:
    """The playbook, and the task files, roles, lookups and action plugins that it names."""
    waiting, seen = [playbook], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        text = path.read_text(encoding="utf-8")
        # What its documentation refers to, it does not use.
        for name in re.findall(r"(?<![MP]\()connectops\.recovery\.(?:plugins\.plugin_utils\.)?(\w+)", text):
            waiting += (ROOT / "roles" / name / "tasks").glob("*.yml")
            own = [ROOT / "plugins" / room / f"{name}.py" for room in ("lookup", "action", "plugin_utils")]
            waiting += [one for one in own if one.exists() and one.stem not in NAMES_ALL]
        waiting += [
            path.parent / name for name in re.findall(r"(?:include|import)_tasks: (\S+\.yml)", text) if "{" not in name
        ]
