# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests marked core_matrix under the oldest supported and the newest ansible-core."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tooling.environment import CACHE, REQUIREMENTS, ROOT, ToolingError, environment, linked_collection


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


def run(row: Row) -> bool:
    """Run one row; true when its tests passed or no interpreter for it was found, which it says."""
    found = interpreter(row.pythons, os.environ)
    if found is None:
        print(f"Left out: ansible-core {row.core}, as none of Python {', '.join(row.pythons)} was found.", flush=True)
        return True
    folder = CACHE / f"venv-core-{row.core}"
    python = environment(folder, REQUIREMENTS / f"core-{row.core}.txt", found)
    print(f"ansible-core {row.core} on {found}", flush=True)
    environ = {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(folder),
    }
    command = [str(python), "-m", "pytest", "--quiet", "-m", "core_matrix"]
    return subprocess.run(command, check=False, cwd=ROOT, env=environ).returncode == 0


def main() -> None:
    linked_collection()
    try:
        passed = [run(row) for row in MATRIX]
    except ToolingError as error:
        sys.exit(str(error))
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
