# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools around AWX, in an environment of their own: they pin other versions than the tests do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from awx.programs import Run
from tooling.environment import CACHE, DEVELOPMENT_PYTHON, REQUIREMENTS, ROOT, environment, linked_collection


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of the programs: ansible-playbook with awx.awx, ansible-builder, ansible-rulebook."""
    linked_collection()
    return environment(CACHE / "awx", REQUIREMENTS / "awx.txt", pip_of=DEVELOPMENT_PYTHON).parent


@pytest.fixture(scope="session")
def tool_environment(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables with which the programs find one another, and the collection, and nothing of the user."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "CONNECTOPS_", "CONTROLLER_", "PYTHON", "TOWER_"))
    }
    return {
        **kept,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
    }


@pytest.fixture(scope="session")
def run(tools: Path, tool_environment: dict[str, str]) -> Run:
    """Run one of the programs to its end; its output is in ``stdout``."""

    def run_program(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(tools / program), *arguments],
            env={**tool_environment, **variables},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    return run_program
