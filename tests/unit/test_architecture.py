# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core stays pure: no Ansible, no network, no clock, and nothing of the layers above it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = Path(__file__).parents[2] / "plugins/module_utils"
CORE = ROOMS / "core"
# What is read outside Connect for a class of connectors is in one file of its folder.
FILES = sorted(
    [*CORE.rglob("*.py"), *(file for file in (ROOMS / "connectors").rglob("*.py") if file.name != "outside.py")]
)
COLLECTION = "ansible_collections.connectops.recovery.plugins.module_utils"
ALLOWED = tuple(f"{COLLECTION}.{room}" for room in ("core.", "connectors.", "options.", "errors"))
# Parts of the standard library that reach out of the process, or look at the clock.
IMPURE = {"asyncio", "ftplib", "http", "os", "pathlib", "select", "shutil", "smtplib", "socket", "socketserver", "ssl"}
IMPURE |= {"subprocess", "tempfile", "threading", "time", "urllib", "uuid", "random", "secrets"}


def imports_of(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Import):
            yield from (alias.name for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            yield str(one.module)


def at_module_level(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from imports_of(node)


def test_the_core_is_found() -> None:
    assert CORE / "reset" / "plan.py" in FILES


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOMS)) for file in FILES])
def test_the_core_imports_itself_and_pure_parts_of_the_standard_library_only(file: Path) -> None:
    foreign = []
    for name in imports_of(ast.parse(file.read_text(encoding="utf-8"))):
        top = name.partition(".")[0]
        if top == "ansible_collections":
            is_fine = name.startswith(ALLOWED)
        else:
            is_fine = (top in sys.stdlib_module_names and top not in IMPURE) or top == "croniter"
        if not is_fine:
            foreign.append(name)
    assert foreign == []


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOMS)) for file in FILES])
def test_third_party_libraries_are_imported_where_they_are_used(file: Path) -> None:
    """A file that imported one at its top could not even be loaded without it."""
    names = at_module_level(ast.parse(file.read_text(encoding="utf-8")))
    assert [name for name in names if name.partition(".")[0] == "croniter"] == []


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOMS)) for file in FILES])
def test_the_core_does_not_look_at_the_clock(file: Path) -> None:
    looks = {"now", "utcnow", "today"}
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    assert [
        ast.unparse(call) for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in looks
    ] == []


def test_only_the_transport_to_connect_uses_an_http_library() -> None:
    users = {
        file.name
        for file in (ROOMS / "connect").glob("*.py")
        for name in imports_of(ast.parse(file.read_text(encoding="utf-8")))
        if name.partition(".")[0] in {"requests", "urllib3", "http"}
    }
    assert users == {"transport.py"}


@pytest.mark.parametrize("name", ["answers", "errors", "replies"])
def test_what_an_answer_means_is_decided_without_io_and_clock(name: str) -> None:
    imports = set(imports_of(ast.parse((ROOMS / "connect" / f"{name}.py").read_text(encoding="utf-8"))))
    assert {module for module in imports if module.partition(".")[0] in IMPURE} == set()
    assert f"{COLLECTION}.connect.transport" not in imports
