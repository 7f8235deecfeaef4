# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual environments and the folder that makes this repository importable as a collection.

Runs before anything is installed: ``python3 -m tooling.environment``, with ``tests`` on PYTHONPATH.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"
REQUIREMENTS = ROOT / "tests" / "requirements"
# That of development has a pip of its own, which fills the others too: to install pip takes longer than what it installs.
DEVELOPMENT_PYTHON = CACHE / "venv" / "bin" / "python"


class ToolingError(Exception):
    """One sentence for the person who ran make."""


def linked_collection(root: Path = ROOT) -> Path:
    """Return the folder of collections in which ``root`` is connectops.recovery; create it if it is missing."""
    collections = root / ".cache" / "collections"
    link = collections / "ansible_collections" / "connectops" / "recovery"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(root, link.parent))
    return collections


def environment(
    folder: Path, requirements: Path, interpreter: str = sys.executable, pip_of: Path | None = None
) -> Path:
    """Make ``folder`` a virtual environment with what ``requirements`` pins, and return its python.

    ``pip_of`` is the python whose pip installs them; by default the environment gets a pip of its own. Does nothing when a
    stamp in the folder shows that this was done for the same pins and the same interpreter.
    """
    python = folder / "bin" / "python"
    stamp = folder / "pins.sha256"
    version = _version(interpreter)
    # All pin files, as one may include another.
    pins = [path.read_bytes() for path in sorted(requirements.parent.glob("*.txt"))]
    wanted = hashlib.sha256(b"\0".join([requirements.name.encode(), version.encode(), *pins])).hexdigest()
    with _locked(folder):
        if python.exists() and stamp.exists() and stamp.read_text() == wanted:
            return python
        print(f"Installing {requirements.name} into {os.path.relpath(folder, ROOT)}", flush=True)
        stamp.unlink(missing_ok=True)
        # Without --clear an environment keeps its old interpreter, which may be another or gone.
        kept = python.exists() and _version(str(python)) == version
        options = [*([] if kept else ["--clear"]), *(["--without-pip"] if pip_of else [])]
        _run([interpreter, "-m", "venv", *options, str(folder)])
        pip = [str(pip_of), "-m", "pip", "--python", str(python)] if pip_of else [str(python), "-m", "pip"]
        # Python itself compiles what is imported; that is a small part of what is installed.
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-compile", "-r", str(requirements)]
        _run([*pip, *install])
        stamp.write_text(wanted)
    return python


def _version(interpreter: str) -> str:
    return _run([interpreter, "-c", "import sys; print(sys.version)"])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise ToolingError(f"{' '.join(command)} ended with {done.returncode} and said:\n{done.stdout.strip()}")
    return done.stdout


def main() -> None:
    linked_collection()
    try:
        environment(DEVELOPMENT_PYTHON.parents[1], REQUIREMENTS / "development.txt")
    except ToolingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
