# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_test._internal.python_requirements import get_venv_packages
from tooling.sanity import copy_collection, pip_settings, provide_pip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    (root / ".gitignore").write_text(".cache/\n")
    (root / ".cache").mkdir()
    (root / ".cache" / "ignored").touch()
    (root / "plugins").mkdir()
    (root / "plugins" / "untracked.py").touch()
    (root / "script").write_text("#!/bin/sh\n")
    (root / "script").chmod(0o755)
    (root / "tracked").touch()
    subprocess.run(["git", "add", "script", "tracked"], check=True, cwd=root)
    return root


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_the_copy_holds_tracked_and_untracked_files_and_no_ignored_one(repository: Path, tmp_path: Path) -> None:
    target = copy_collection(repository, tmp_path / "home")
    assert target == tmp_path / "home/ansible_collections/connectops/recovery"
    assert _files(target) == {".gitignore", "plugins/untracked.py", "script", "tracked"}
    assert (target / "script").stat().st_mode & 0o111


def test_a_deleted_file_is_gone_from_the_next_copy(repository: Path, tmp_path: Path) -> None:
    copy_collection(repository, tmp_path / "home")
    (repository / "tracked").unlink()
    (repository / "plugins" / "untracked.py").unlink()
    target = copy_collection(repository, tmp_path / "home")
    assert _files(target) == {".gitignore", "script"}


def test_the_copy_is_a_content_root_of_its_own(repository: Path, tmp_path: Path) -> None:
    target = copy_collection(repository, repository / ".cache")
    top = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"], check=True, cwd=target, capture_output=True, text=True
    )
    assert Path(top.stdout.strip()) == target.resolve()
    assert tmp_path in target.parents


def test_pip_is_provided_under_the_name_that_ansible_test_asks_for(tmp_path: Path) -> None:
    provide_pip(tmp_path)
    version = get_venv_packages(SimpleNamespace(version="{}.{}".format(*sys.version_info)))["pip"]
    assert (tmp_path / f".ansible/test/cache/get_pip_{version.replace('.', '_')}.py").is_file()


def test_pips_settings_are_read_whatever_their_section_and_variables_outdo_files() -> None:
    listed = """\
:env:.timeout='9'
global.index-url='https://mirror.example/simple?a=b'
global.timeout='60'
install.find-links='\\n/one\\n/two'
"""
    assert pip_settings(listed) == {
        "index-url": "https://mirror.example/simple?a=b",
        "timeout": "9",
        "find-links": "\n/one\n/two",
    }
