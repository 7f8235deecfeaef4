# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the sanity tests of this Python's ansible-test, without a container, on a copy of the repository.

ansible-test accepts a collection only in a real folder ansible_collections/connectops/recovery that is its own content
root. Its tests run in virtual environments of their own, which it keeps below the home folder: here a folder in
.cache/sanity for each ansible-core.
"""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tooling.environment import CACHE, DEVELOPMENT_PYTHON, ROOT

PYTHON_VERSION = "{}.{}".format(*sys.version_info)


def copy_collection(root: Path, home: Path) -> Path:
    """Copy everything that git tracks or would track in ``root`` below ``home``, replacing an older copy."""
    target = home / "ansible_collections" / "connectops" / "recovery"
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = root / name
        if source.is_symlink() or source.exists():  # a file may be deleted and still be tracked
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    # Without it ansible-test takes the surrounding repository, which ignores .cache, for the content root.
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    return target


def provide_pip(home: Path) -> None:
    """Put get_pip.py where ansible-test looks for it before it downloads one from a host of Ansible's."""
    # Part of ansible-core, which mypy's environment and editors need not have.
    from ansible_test._internal.python_requirements import get_venv_packages

    version = get_venv_packages(SimpleNamespace(version=PYTHON_VERSION))["pip"]
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("get_pip.py").read_text(encoding="utf-8")
    script = script.replace('PYTHON_WITH_PIP = ""', f"PYTHON_WITH_PIP = {str(DEVELOPMENT_PYTHON)!r}")
    (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(script, encoding="utf-8")


def provide_pip_settings(home: Path) -> None:
    """Write pip's settings of this machine and this environment below ``home``.

    ansible-test passes neither the real home folder nor variables such as PIP_INDEX_URL to pip.
    """
    listed = subprocess.run(
        [DEVELOPMENT_PYTHON, "-m", "pip", "config", "list"], check=True, stdout=subprocess.PIPE, text=True
    )
    settings = configparser.RawConfigParser()
    # One cache for the environments of all sanity tests. What is imported is compiled by Python itself, which takes less; to
    # pip's settings, "no" is what switches a --no- option on. Newer Python warns of old escapes when it does so, and ansible-test
    # takes what is printed for a failure.
    settings["global"] = {
        **pip_settings(listed.stdout),
        "quiet": "1",
        "cache-dir": str(CACHE / "sanity" / "pip"),
        **({"no-compile": "no"} if sys.version_info < (3, 12) else {}),
    }
    path = home / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # the address of a mirror may hold a password
    with path.open("w") as file:
        settings.write(file)


def pip_settings(listed: str) -> dict[str, str]:
    """The settings in what ``pip config list`` prints: lines such as ``global.timeout='60'``, ``:env:.timeout='9'``."""
    entries = [line.partition("=") for line in listed.splitlines()]
    entries.sort(key=lambda entry: entry[0].startswith(":env:"))  # variables win over files
    return {name.rpartition(".")[2]: str(ast.literal_eval(value)) for name, _equals, value in entries}


def main() -> None:
    home = CACHE / "sanity" / importlib.metadata.version("ansible-core")
    target = copy_collection(ROOT, home)
    provide_pip(home)
    provide_pip_settings(home)
    ansible_test = Path(sys.executable).with_name("ansible-test")
    environ = {**os.environ, "HOME": str(home)}
    for name in ("ANSIBLE_CONFIG", "PYTHONPATH"):
        environ.pop(name, None)
    # Only this Python: "default" would also take every python3.x on PATH, of which a shim may not run.
    command = [str(ansible_test), "sanity", "--python", PYTHON_VERSION, "--color", "no", *sys.argv[1:]]
    sys.exit(subprocess.run(command, check=False, cwd=target, env=environ).returncode)


if __name__ == "__main__":
    main()
