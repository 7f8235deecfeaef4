# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the artifact of a release from a copy of the repository, and checks it as Galaxy does when it imports one.

What Galaxy wants beside what people write is made here: a changelog of this version, a README for each role from its argument
spec, and whole addresses in the README, since Galaxy shows it away from its pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tooling.environment import CACHE, REQUIREMENTS, ROOT, ToolingError, environment
from tooling.reference import table
from tooling.sanity import copy_collection

FOLDER = CACHE / "package"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)")
# What a user has no use for, or what may not leave this repository.
_UNWANTED = re.compile(r"(^|/)(tests|benchmarks|molecule|\.(?!ansible-lint$)[^/]+|Makefile|pyproject\.toml)(/|$)")
_IMPORTER_SETTINGS = """[galaxy-importer]
CHECK_REQUIRED_TAGS = True
CHECK_CHANGELOG = True
REQUIRE_V1_OR_GREATER = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
"""


def with_whole_addresses(text: str, repository: str, version: str) -> str:
    """The page with its relative links as addresses below ``repository``: pages of this version, pictures as files."""

    def whole(found: re.Match[str]) -> str:
        is_picture, words, target = found.groups()
        kind = "raw" if is_picture else "blob"
        return f"{is_picture}[{words}]({repository}/{kind}/{version}/{target})"

    return _LINK.sub(whole, text)


def role_readme(role: str, spec: Mapping[str, Any]) -> str:
    """The README of a role, from the ``main`` part of its argument spec."""
    lines = [f"# Role `{role}`", "", *_paragraphs(spec["description"]), "## Variables", ""]
    return "\n".join([*lines, table(spec.get("options", {}))])


def _paragraphs(description: str | list[str]) -> list[str]:
    texts = [description] if isinstance(description, str) else description
    return [line for text in texts for line in (re.sub(r"\b[A-Z]{1,2}\(([^)]*)\)", r"`\1`", text), "")]


def role_metadata(role: str, spec: Mapping[str, Any], galaxy: Mapping[str, Any], requires: str) -> str:
    """``meta/main.yml`` of a role."""
    information = {
        "author": galaxy["authors"][0],
        "description": spec["short_description"],
        "license": galaxy["license"][0],
        "min_ansible_version": requires,
        "role_name": role,
    }
    text: str = yaml.safe_dump({"galaxy_info": information, "dependencies": []}, explicit_start=True, sort_keys=False)
    return text


def unwanted(names: list[str]) -> list[str]:
    """The files of an artifact that belong to the development of the collection."""
    return sorted(name for name in names if _UNWANTED.search(name))


def completed(copy: Path, python: Path) -> None:
    """Write into the copy what only the artifact has. Raises ToolingError."""
    galaxy = yaml.safe_load((copy / "galaxy.yml").read_text(encoding="utf-8"))
    requires = yaml.safe_load((copy / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    readme = copy / "README.md"
    text = with_whole_addresses(readme.read_text(encoding="utf-8"), galaxy["repository"], str(galaxy["version"]))
    readme.write_text(text, encoding="utf-8")
    for spec in sorted(copy.glob("roles/*/meta/argument_specs.yml")):
        main = yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"]["main"]
        role = spec.parents[1]
        (role / "README.md").write_text(role_readme(role.name, main), encoding="utf-8")
        metadata = role_metadata(role.name, main, galaxy, requires.removeprefix(">="))
        spec.with_name("main.yml").write_text(metadata, encoding="utf-8")
    released = yaml.safe_load((copy / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    action = ["generate"] if galaxy["version"] in released else ["release"]
    run([python.parent / "antsibull-changelog", *action], copy, python)


def built(copy: Path, python: Path) -> Path:
    """The artifact of the copy. Raises ToolingError for one that holds what no user needs."""
    for older in FOLDER.glob("*.tar.gz"):
        older.unlink()
    run([python.parent / "ansible-galaxy", "collection", "build", "--output-path", FOLDER], copy, python)
    (artifact,) = FOLDER.glob("*.tar.gz")
    with tarfile.open(artifact) as archive:
        names = [member.name for member in archive if member.isfile()]
    if unwanted(names):
        raise ToolingError(
            f"{artifact.name} holds {', '.join(unwanted(names)[:5])}: add them to build_ignore in galaxy.yml."
        )
    return artifact


def imported(artifact: Path, python: Path) -> None:
    """Import the artifact as Galaxy does. Raises ToolingError where galaxy-importer warns or refuses."""
    settings = FOLDER / "importer.cfg"
    settings.write_text(_IMPORTER_SETTINGS, encoding="utf-8")
    # The importer's ansible-lint finds playbooks of the collection in Ansible's home only, where Molecule may have left some.
    home = FOLDER / "home"
    home.mkdir(exist_ok=True)
    (home / "collections").unlink(missing_ok=True)
    (home / "collections").symlink_to(FOLDER)
    importer: list[str | Path] = [python, "-m", "galaxy_importer.main", artifact]
    said = run(importer, FOLDER, python, GALAXY_IMPORTER_CONFIG=str(settings), ANSIBLE_HOME=str(home))
    complaints = [line for line in said.splitlines() if re.match(r"(WARNING|ERROR)\b", line)]
    if complaints:
        raise ToolingError("\n".join(complaints))


def run(command: list[str | Path], folder: Path, python: Path, **environ: str) -> str:
    """The output of a command. Raises ToolingError if it fails."""
    kept = {name: value for name, value in os.environ.items() if name not in ("ANSIBLE_CONFIG", "PYTHONPATH")}
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        cwd=folder,
        env={**kept, "PATH": path, "VIRTUAL_ENV": str(python.parents[1]), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise ToolingError(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def main() -> None:
    try:
        python = environment(CACHE / "venv-publishing", REQUIREMENTS / "publishing.txt")
        copy = copy_collection(ROOT, FOLDER)
        completed(copy, python)
        artifact = built(copy, python)
        imported(artifact, python)
    except ToolingError as error:
        sys.exit(str(error))
    print(f"Built and checked: {artifact.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
