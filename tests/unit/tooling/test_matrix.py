# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from tooling.environment import ROOT
from tooling.matrix import MATRIX, commands, interpreter


def _executable(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_on_path_is_found(tmp_path: Path) -> None:
    python = _executable(tmp_path / "bin/python3.13", "echo 3.13")
    assert interpreter(("3.13",), {"PATH": str(tmp_path / "bin")}) == python


@pytest.mark.parametrize("script", ["exit 127", "echo 3.12"])
def test_one_that_does_not_run_or_is_another_version_is_passed_over_for_the_next_on_path(
    tmp_path: Path, script: str
) -> None:
    _executable(tmp_path / "shims/python3.13", script)
    python = _executable(tmp_path / "bin/python3.13", "echo 3.13")
    assert interpreter(("3.13",), {"PATH": f"{tmp_path}/shims:{tmp_path}/bin"}) == python


def test_a_version_that_pyenv_holds_is_found_behind_its_shim(tmp_path: Path) -> None:
    _executable(tmp_path / "shims/python3.13", "exit 127")
    python = _executable(tmp_path / "versions/3.13.0/bin/python", "echo 3.13")
    _executable(tmp_path / "versions/3.1.4/bin/python", "echo 3.1")
    assert interpreter(("3.13",), {"PATH": f"{tmp_path}/shims", "PYENV_ROOT": str(tmp_path)}) == python


def test_the_preferred_version_comes_first_wherever_it_is(tmp_path: Path) -> None:
    _executable(tmp_path / "bin/python3.12", "echo 3.12")
    python = _executable(tmp_path / "versions/3.13.0/bin/python", "echo 3.13")
    assert interpreter(("3.13", "3.12"), {"PATH": f"{tmp_path}/bin", "PYENV_ROOT": str(tmp_path)}) == python


def test_nothing_found_is_none(tmp_path: Path) -> None:
    assert interpreter(("3.13", "3.14"), {"PATH": str(tmp_path)}) is None


def test_each_version_runs_real_tests_in_a_smoke_test_too() -> None:
    for row in MATRIX:
        for smoke, mark in ((False, "core_matrix"), (True, "core_smoke")):
            command, *files = " ".join(commands(row, smoke=smoke)[0]).split(f" -m {mark} ")
            assert command.startswith("pytest ")
            # Every file with the mark is imported, and none of the others.
            marked = {
                str(path)
                for path in (ROOT / "tests").rglob("test_*.py")
                if f"pytest.mark.{mark}" in path.read_text("utf-8")
            }
            assert set(" ".join(files).split()) == marked


def test_only_a_smoke_test_leaves_out_linters_of_sanity() -> None:
    oldest, newest = MATRIX
    assert commands(oldest, smoke=False)[1] == ["tooling.sanity", "--skip-test", "pep8"]
    assert commands(newest, smoke=False)[1] == ["tooling.sanity"]
    _pytest, few = commands(oldest, smoke=True)
    assert {"import", "validate-modules"} <= set(few)
    assert "pylint" not in few
    assert len(commands(newest, smoke=True)) == 1
