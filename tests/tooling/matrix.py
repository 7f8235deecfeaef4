# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests marked core_matrix under the oldest supported and the newest ansible-core, side by side.

With ``--smoke`` those marked core_smoke: what differs between versions is then seen to work at all, in a quarter of the time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tooling.environment import (
    CACHE,
    DEVELOPMENT_PYTHON,
    REQUIREMENTS,
    ROOT,
    ToolingError,
    environment,
    linked_collection,
)


@dataclass(frozen=True)
class Row:
    """A series of ansible-core, and the Python versions that it runs on, the preferred one first."""

    core: str
    pythons: tuple[str, ...]


MATRIX = (
    Row(core="2.16", pythons=("3.11", "3.12")),
    Row(core="2.21", pythons=("3.13", "3.14", "3.12")),
)


def interpreter(pythons: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The first of these Python versions that runs and can make virtual environments: from PATH, or one of pyenv's."""
    return next((path for version in pythons for path in _candidates(version, environ) if _runs(path, version)), None)


def _candidates(version: str, environ: Mapping[str, str]) -> Iterator[str]:
    for folder in environ.get("PATH", "").split(os.pathsep):
        if path := shutil.which(f"python{version}", path=folder):
            yield path
    if root := environ.get("PYENV_ROOT"):
        yield from map(str, sorted(Path(root).glob(f"versions/{version}.*/bin/python")))


def _runs(path: str, version: str) -> bool:
    # A shim of pyenv is on PATH also for versions that are not switched on; it answers with an error.
    script = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([path, "-c", script], check=False, capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == version


@dataclass(frozen=True)
class Outcome:
    """What came of a row; a row that was left out, for want of an interpreter, counts as passed."""

    passed: bool
    output: str


# What ansible-test looks at with the code of its own ansible-core; its linters look at the same in every version.
_SANITY_SMOKE = ("action-plugin-docs", "ansible-doc", "import", "runtime-metadata", "validate-modules")


def commands(row: Row, *, smoke: bool) -> list[list[str]]:
    """The modules to run with the row's python, each with its arguments."""
    mark = "core_smoke" if smoke else "core_matrix"
    pytest = ["pytest", "--quiet", "-p", "no:cacheprovider", "-m", mark, *_files_with(mark)]
    oldest = MATRIX[0]
    if smoke:
        chosen = [word for name in _SANITY_SMOKE for word in ("--test", name)]
        return [pytest, ["tooling.sanity", *chosen]] if row == oldest else [pytest]
    # ruff checks the style; the stubs of protocols, each on one line, are an error only to this old pycodestyle.
    return [pytest, ["tooling.sanity", *(["--skip-test", "pep8"] if row == oldest else [])]]


def _files_with(mark: str) -> list[str]:
    # To import the others takes longer than many of the tests.
    return [
        str(path)
        for path in sorted((ROOT / "tests").glob("*/**/test_*.py"))
        if f"mark.{mark}" in path.read_text("utf-8")
    ]


def run(row: Row, *, smoke: bool) -> Outcome:
    """Run the tests of one row, and its sanity tests where it has them. Raises ToolingError if pip fails."""
    found = interpreter(row.pythons, os.environ)
    if found is None:
        return Outcome(
            True, f"Left out: ansible-core {row.core}, as none of Python {', '.join(row.pythons)} was found."
        )
    folder = CACHE / f"venv-core-{row.core}"
    python = environment(folder, REQUIREMENTS / f"core-{row.core}.txt", found, DEVELOPMENT_PYTHON)
    environ = {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(folder),
    }
    outcome = Outcome(True, f"ansible-core {row.core} on {found}")
    for command in commands(row, smoke=smoke):
        done = subprocess.run(
            [str(python), "-m", *command],
            check=False,
            cwd=ROOT,
            env=environ,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        outcome = Outcome(outcome.passed and done.returncode == 0, f"{outcome.output}\n{done.stdout.strip()}")
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="run only the tests marked core_smoke")
    smoke = parser.parse_args().smoke
    linked_collection()
    # Side by side: the tests mostly wait for Connect.
    with ThreadPoolExecutor(max_workers=len(MATRIX)) as pool:
        rows = [pool.submit(run, row, smoke=smoke) for row in MATRIX]
    passed = True
    for row in rows:
        try:
            outcome = row.result()
        except ToolingError as error:
            outcome = Outcome(False, str(error))
        print(outcome.output, flush=True)
        passed = passed and outcome.passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
