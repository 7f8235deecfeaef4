# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tooling.environment import ToolingError, environment, linked_collection


def test_the_repository_is_importable_as_a_collection(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text("name: recovery\n")
    collections = linked_collection(tmp_path)
    assert (collections / "ansible_collections/connectops/recovery/galaxy.yml").read_text() == "name: recovery\n"


def test_linking_twice_changes_nothing_and_the_repository_can_be_moved(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    assert linked_collection(here) == linked_collection(here)
    there = here.rename(tmp_path / "there")
    assert (there / ".cache/collections/ansible_collections/connectops/recovery").resolve() == there.resolve()


@pytest.mark.lengthy
def test_an_environment_is_made_once_for_the_same_pins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pins = tmp_path / "requirements" / "pins.txt"
    pins.parent.mkdir()
    pins.write_text("# nothing\n")
    python = environment(tmp_path / "venv", pins)
    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], check=True, capture_output=True, text=True)
    assert prefix.stdout.strip() == str(tmp_path / "venv")
    assert "Installing pins.txt into" in capsys.readouterr().out

    environment(tmp_path / "venv", pins)
    assert capsys.readouterr().out == ""

    (pins.parent / "included.txt").write_text("# nothing either\n")
    environment(tmp_path / "venv", pins)
    assert "Installing pins.txt into" in capsys.readouterr().out


@pytest.mark.lengthy
def test_an_environment_whose_interpreter_is_gone_is_made_anew(tmp_path: Path) -> None:
    pins = tmp_path / "requirements" / "pins.txt"
    pins.parent.mkdir()
    pins.write_text("# nothing\n")
    python = environment(tmp_path / "venv", pins)
    for name in (tmp_path / "venv" / "bin").glob("python*"):
        name.unlink()
        name.symlink_to(tmp_path / "gone")
    assert environment(tmp_path / "venv", pins) == python
    assert subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def test_a_failed_installation_is_told_and_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pins = tmp_path / "requirements" / "pins.txt"
    pins.parent.mkdir()
    pins.write_text("./absent.whl\n")
    for _attempt in range(2):
        with pytest.raises(ToolingError, match=r"absent\.whl"):
            environment(tmp_path / "venv", pins)
    assert capsys.readouterr().out.count("Installing") == 2
