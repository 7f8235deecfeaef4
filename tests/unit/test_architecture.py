# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each room may import (docs/architecture.md). The core stays pure: no Ansible, no network, no clock."""

from __future__ import annotations

import ast
import re
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
# Parts of the standard library that reach out of the process, or look at the clock.
IMPURE = {"asyncio", "ftplib", "http", "os", "pathlib", "select", "shutil", "smtplib", "socket", "socketserver", "ssl"}
IMPURE |= {"subprocess", "tempfile", "threading", "time", "urllib", "uuid", "random", "secrets"}


# The rooms from below to above, with those that each may import besides itself.
KINDS = {"connectors/stripe_reporting", "connectors/profiles", "connectors/sinks"}
OUTSIDE = {
    "kafka",
    "stripe",
    "connect",
    "backups",
    "shared_answers",
    "worker_logs",
    "monitoring",
    "bundles",
    "versions",
}
BELOW = {"core", "options", "connectors", *OUTSIDE, "libraries"}
STEPS = {f"operations/{one}" for one in ("read", "change", "judge", "plan", "rollback", "who")}
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "errors": set(),
    "libraries": set(),
    "options": {"core"},
    "connectors": {"core"},
    **{kind: {"core", "options", "connectors"} for kind in KINDS},
    "connect": {"core", "options", "libraries"},
    "kafka": {"core", "options"},
    "stripe": {"core", "options", "connectors", "connectors/stripe_reporting"},
    "shared_answers": set(),
    "worker_logs": {"core", "options"},
    "monitoring": {"core", "options", "backups"},
    "bundles": {"backups"},
    "versions": {"core"},
    "backups": {"core", "options", "kafka"},
    **dict.fromkeys(STEPS, STEPS | BELOW - {"stripe"}),
    "operations/interruption": {"core"},
    "operations/tasks": {*BELOW, *STEPS, "operations/interruption"},
    "ansible_task": {*BELOW, *STEPS, "operations/interruption", "operations/tasks"},
}
# What single files may import besides.
FILES_MAY_IMPORT = {
    "connectors/registry": KINDS,
    "connectors/policies": KINDS,
    "connectors/stripe_reporting/outside": {"stripe"},
}
# Everything that is not of the standard library, and the only files that import it.
LIBRARIES = {
    "ansible": {"ansible_task.py", "options/option.py", "versions.py"},
    "confluent_kafka": {"kafka/connection.py"},
    "croniter": {"connectors/stripe_reporting/rounds.py"},
    "prometheus_client": {"monitoring.py", "operations/tasks/metrics.py"},
    "requests": {"connect/transport.py", "stripe/client.py"},
    "stripe": {"stripe/asking.py", "stripe/client.py"},
    "urllib3": {"connect/transport.py"},
}


# They name the kinds, and the options of the modules.
KNOW_STRIPE = {"connectors/registry", "connectors/policies", "options/modules", "options/stripe"}


# What only the Stripe connector has, in names and in data. Every datetime has a timezone as well.
OF_STRIPE = re.compile(r"stripe|report.?(?:run|type)|time_?zone", re.IGNORECASE)


def names_in(tree: ast.AST) -> Iterator[str]:
    """What is defined or used in a file."""
    for one in ast.walk(tree):
        yield from (str(getattr(one, what)) for what in ("id", "attr", "arg", "name") if hasattr(one, what))


def room_of(path: str) -> str:
    """The room of a file below ``module_utils``; ``path`` is without its extension."""
    return max((one for one in MAY_IMPORT if f"{path}/".startswith(f"{one}/")), key=len)


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
def test_the_core_imports_only_pure_parts_of_the_standard_library(file: Path) -> None:
    foreign = []
    for name in imports_of(ast.parse(file.read_text(encoding="utf-8"))):
        top = name.partition(".")[0]
        if top != "ansible_collections" and (top not in sys.stdlib_module_names or top in IMPURE) and top != "croniter":
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


def test_each_room_imports_only_what_it_may() -> None:
    foreign = []
    for file in sorted(ROOMS.rglob("*.py")):
        path = file.relative_to(ROOMS).with_suffix("").as_posix()
        room = room_of(path)
        allowed = {room, "errors", *MAY_IMPORT[room], *FILES_MAY_IMPORT.get(path, ())}
        for name in imports_of(ast.parse(file.read_text(encoding="utf-8"))):
            is_ours = name.startswith(f"{COLLECTION}.")
            if is_ours and room_of(name.removeprefix(f"{COLLECTION}.").replace(".", "/")) not in allowed:
                foreign.append(f"{path}: {name}")
    assert foreign == []


def test_each_library_is_imported_by_few_files() -> None:
    users: dict[str, set[str]] = {}
    for file in ROOMS.rglob("*.py"):
        for name in imports_of(ast.parse(file.read_text(encoding="utf-8"))):
            library = name.partition(".")[0]
            if library not in sys.stdlib_module_names and library != "ansible_collections":
                users.setdefault(library, set()).add(file.relative_to(ROOMS).as_posix())
    assert users == LIBRARIES


def test_only_its_own_rooms_know_stripe() -> None:
    """Elsewhere nothing has a name of Stripe's: no function, no field, no variable."""
    found = []
    for file in sorted(ROOMS.rglob("*.py")):
        path = file.relative_to(ROOMS).with_suffix("").as_posix()
        if room_of(path) not in {"connectors/stripe_reporting", "stripe"} and path not in KNOW_STRIPE:
            names = names_in(ast.parse(file.read_text(encoding="utf-8")))
            found += [f"{path}: {name}" for name in names if OF_STRIPE.search(name) and name != "timezone"]
    assert found == []


def test_the_core_names_nothing_of_stripe_in_data() -> None:
    """No key of facts, setting or word for a person that only one kind of connector has."""
    found = []
    for file in sorted(CORE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        docstrings = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
        texts = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in docstrings)
        words = [str(one.value) for one in texts if OF_STRIPE.search(str(one.value))]
        found += [f"{file.name}: {word}" for word in words]
    assert found == []


@pytest.mark.parametrize("name", ["answers", "errors", "replies"])
def test_what_an_answer_means_is_decided_without_io_and_clock(name: str) -> None:
    imports = set(imports_of(ast.parse((ROOMS / "connect" / f"{name}.py").read_text(encoding="utf-8"))))
    assert {module for module in imports if module.partition(".")[0] in IMPURE} == set()
    assert f"{COLLECTION}.connect.transport" not in imports
