# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from lab.waiting import LIMIT_SECONDS

SCRIPT = Path(__file__).parents[3] / "tests" / "tooling" / "prerequisites.sh"
ANSWERS = {
    "python3": "Python 3.11.2",
    "git": "git version 2.39.5",
    "javac": "javac 17.0.15",
    "mvn": "\033[1mApache Maven 3.8.7\033[m",
}


class Machine:
    """A PATH that holds the tools the script itself uses, and stand-ins that answer with a version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for tool in ("sh", "sed", "sort", "head"):
            found = shutil.which(tool)
            assert found is not None
            (folder / tool).symlink_to(found)
        for command, answer in ANSWERS.items():
            self.install(command, answer)

    def install(self, command: str, answer: str, status: int = 0) -> None:
        """Make ``command`` answer the question for its version, and end with ``status`` when called otherwise."""
        path = self.folder / command
        path.write_text(
            f"#!{self.folder}/sh\nfor last; do :; done\n"
            f'case $last in *-version) printf "%s\\n" "{answer}" ;; *) exit {status} ;; esac\n'
        )
        path.chmod(0o755)

    def remove(self, command: str) -> None:
        (self.folder / command).unlink()

    def check(self, *prerequisites: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.folder / "sh"), str(SCRIPT), "make test", *prerequisites],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": str(self.folder), **environ},
            timeout=LIMIT_SECONDS,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_has_everything_is_told_nothing(machine: Machine) -> None:
    done = machine.check("python", "git", "jdk", "maven")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "prerequisite, command, package",
    [
        ("python", "python3", "python3"),
        ("git", "git", "git"),
        ("jdk", "javac", "default-jdk-headless"),
        ("maven", "mvn", "maven"),
    ],
)
def test_what_is_missing_is_named_with_its_debian_package(
    machine: Machine, prerequisite: str, command: str, package: str
) -> None:
    machine.remove(command)
    done = machine.check(prerequisite)
    assert done.returncode == 1
    assert done.stderr.startswith("make test needs ")
    assert f"({command}): install the Debian package {package}" in done.stderr


def test_missing_maven_is_one_sentence(machine: Machine) -> None:
    machine.remove("mvn")
    assert machine.check("maven").stderr == ("make test needs Maven >= 3.8 (mvn): install the Debian package maven.\n")


@pytest.mark.parametrize(
    "prerequisite, command, answer, found",
    [
        ("python", "python3", "Python 3.9.2", "3.9.2"),
        ("git", "git", "git version 2.11.0", "2.11.0"),
        ("jdk", "javac", "javac 1.8.0_392", "1.8.0"),
        ("jdk", "javac", "javac 11.0.2", "11.0.2"),
        ("maven", "mvn", "Apache Maven 3.6.3", "3.6.3"),
    ],
)
def test_what_is_too_old_is_named_with_the_version_found(
    machine: Machine, prerequisite: str, command: str, answer: str, found: str
) -> None:
    machine.install(command, answer)
    done = machine.check(prerequisite)
    assert done.returncode == 1
    assert f"({command}), but found {found}: install" in done.stderr


def test_the_minimum_itself_and_a_bare_major_version_are_enough(machine: Machine) -> None:
    machine.install("python3", "Python 3.11")
    machine.install("javac", "javac 21")
    assert machine.check("python", "jdk").returncode == 0


def test_words_before_the_version_do_not_hide_it(machine: Machine) -> None:
    machine.install("javac", "Picked up JAVA_TOOL_OPTIONS: -Xmx512m\njavac 17.0.15")
    assert machine.check("jdk").returncode == 0


def test_everything_missing_is_said_at_once(machine: Machine) -> None:
    machine.remove("javac")
    machine.remove("mvn")
    assert len(machine.check("jdk", "maven").stderr.splitlines()) == 2


def test_a_python_without_venv_is_told_which_package_brings_it(machine: Machine) -> None:
    machine.install("python3", "Python 3.11.2", status=1)
    done = machine.check("python")
    assert done.returncode == 1
    assert done.stderr == (
        "make test needs Python's venv module (python3 -m venv): install the Debian package python3-venv.\n"
    )


def test_another_python_can_be_named(machine: Machine) -> None:
    machine.install("python3", "Python 3.9.2")
    machine.install("python3.12", "Python 3.12.1")
    assert machine.check("python", PYTHON="python3.12").returncode == 0
