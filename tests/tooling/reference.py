# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that lists every option, made from the modules and the roles' argument specs: ``python -m tooling.reference``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import option_variables

from tooling.environment import COLLECTIONS, ROOT

PAGE = ROOT / "docs" / "reference.md"
_HEAD = """# Options

Every variable of the playbooks and roles, and every option of the modules. This page is made from the code by `make reference`;
do not edit it.

Of a variable that says nothing about a default, the default is that of the option. The variables that say what one run does, such
as `connectops_mode`, are on the pages of the playbooks: [`recover`](playbooks/recover.md#variables),
[`rollback`](playbooks/rollback.md#variables).
"""
# Ansible's own markup.
_NAMES = re.compile(r"\b(?:O|V|C|RV|E|M|P)\(((?:[^()]|\([^()]*\))*)\)")
_LINKS = re.compile(r"\bL\(([^,]+),\s*([^)]+)\)")


def reference() -> str:
    """The text of the page."""
    modules = _modules()
    parts = [_HEAD, *_variables(modules)]
    for role in sorted((ROOT / "roles").iterdir()):
        spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"][
            "main"
        ]
        parts.append(f"## Role `{role.name}`\n\n{_text(spec['short_description'])}.\n\n{table(spec['options'])}")
    parts += [_module(name, documented) for name, documented in sorted(modules.items())]
    return "\n".join(parts)


def _module(name: str, documented: Mapping[str, Any]) -> str:
    """A section: the options of the module's own, and the names of those that are described above."""
    above = {name for name in documented["options"] if f"connectops_{name}" in option_variables()}
    own = {name: option for name, option in documented["options"].items() if name not in above}
    text = f"## Module `{name}`\n\n{_text(documented['short_description'])}.\n\n{table(own)}"
    return f"{text}\nDescribed above, as `connectops_...`: {_listed(sorted(above))}.\n" if above else text


def _modules() -> dict[str, Any]:
    """The documentation of each module, with what it takes from the fragments."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--metadata-dump", "connectops.recovery"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)},
    )
    found = json.loads(done.stdout)["all"]["module"]
    return {name.rpartition(".")[2]: one["doc"] for name, one in found.items()}


def _variables(modules: Mapping[str, Any]) -> Iterator[str]:
    options: dict[str, Any] = {}
    for documented in modules.values():
        options = {**documented["options"], **options}
    known = {name: options[name.removeprefix("connectops_")] for name in sorted(option_variables())}
    yield "## Variables of every playbook\n\nEach sets the option of the same name, in every task that has it.\n"
    yield table(known)


def table(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Options with their types, defaults, choices and meaning, as a table in Markdown."""
    if not options:
        return "It has no options.\n"
    rows = ["| name | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, option in options.items():
        elements = f" of {option['elements']}" if "elements" in option else ""
        rows.append(f"| `{name}` | {option.get('type', 'str')}{elements} | {_default(option)} | {_meaning(option)} |")
    return "\n".join([*rows, ""])


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None:
        return ""
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"


def _meaning(option: Mapping[str, Any]) -> str:
    description = option["description"]
    sentences = [description] if isinstance(description, str) else list(description)
    if option.get("choices"):
        sentences.append(f"One of {_listed(option['choices'])}.")
    if option.get("aliases"):
        sentences.append(f"Also called {_listed(option['aliases'])}.")
    return _text(" ".join(sentences))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(text: str) -> str:
    """Ansible's markup as Markdown, in one cell of a table."""
    text = _LINKS.sub(r"[\1](\2)", " ".join(text.split()))
    return _NAMES.sub(lambda found: f"`{_short(found[1])}`", text).replace("|", "\\|")


def _short(name: str) -> str:
    """The name without what a page of this collection need not say: the collection, and of what kind it is."""
    name = re.sub(r"#(?:role|module|playbook)$", "", name.strip())
    return re.sub(r"^connectops\.recovery\.(?:(\w+)#module:)?", "", name)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    print(PAGE)
