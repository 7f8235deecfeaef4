# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the artifact has: whole addresses, the roles' README and metadata, and nothing of the development."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from tooling.environment import ROOT
from tooling.package import completed, role_metadata, role_readme, run, unwanted, with_whole_addresses
from tooling.sanity import copy_collection

SPECS = sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))


@pytest.mark.parametrize(
    "text, whole",
    [
        ("[a page](docs/a.md#part)", "[a page](https://here/blob/1.2.0/docs/a.md#part)"),
        ("![a picture](docs/a.svg)", "![a picture](https://here/raw/1.2.0/docs/a.svg)"),
        ("[elsewhere](https://there/a) [below](#part)", "[elsewhere](https://there/a) [below](#part)"),
    ],
)
def test_relative_links_become_addresses_of_this_version(text: str, whole: str) -> None:
    assert with_whole_addresses(text, "https://here", "1.2.0") == whole


def test_no_link_of_the_readme_stays_relative() -> None:
    text = with_whole_addresses((ROOT / "README.md").read_text(encoding="utf-8"), "https://here", "1.0.0")
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert len(targets) > 20
    assert [target for target in targets if not target.startswith("https://")] == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parents[1].name)
def test_the_readme_of_a_role_has_a_row_for_each_variable(path: Path) -> None:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
    text = role_readme("one", spec)
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(spec["options"])
    choices = [f"`{choice}`" for option in spec["options"].values() for choice in option.get("choices", [])]
    assert [choice for choice in choices if choice not in text] == []
    assert not re.search(r"\b[A-Z]{1,2}\(", text), "markup of Ansible"
    assert len({line.count(" | ") for line in text.splitlines() if line.startswith("| ")}) == 1, "a row in pieces"


def test_the_readme_of_a_role_says_what_is_required_and_what_is_the_default() -> None:
    options = {
        "one_names": {"type": "list", "required": True, "description": ["Names.", "Not C(all)."]},
        "one_times": {"type": "int", "default": 5, "description": "V(a) | V(b)."},
        "one_asks": {"type": "bool", "default": False, "description": "Ask."},
    }
    assert role_readme("one", {"description": "Does it.", "options": options}).splitlines()[-3:] == [
        "| `one_names` | list | required | Names. Not `all`. |",
        "| `one_times` | int | `5` | `a` \\| `b`. |",
        "| `one_asks` | bool | `false` | Ask. |",
    ]


def test_a_role_gets_the_metadata_of_the_collection() -> None:
    text = role_metadata("one", {"short_description": "Do it"}, {"authors": ["us"], "license": ["GPL"]}, "2.16.0")
    assert yaml.safe_load(text)["galaxy_info"] == {
        "author": "us",
        "description": "Do it",
        "license": "GPL",
        "min_ansible_version": "2.16.0",
        "role_name": "one",
    }


def test_what_belongs_to_the_development_is_not_in_an_artifact() -> None:
    wanted = [
        "README.md",
        "plugins/modules/a.py",
        "roles/a/README.md",
        "changelogs/changelog.yaml",
        "docs/testing.md",
        ".ansible-lint",
    ]
    others = ["tests/unit/a.py", ".ci/run", "Makefile", "changelogs/.plugin-cache.yaml", "benchmarks/a.py"]
    assert unwanted([*wanted, *others]) == sorted(others)


def test_what_a_release_writes_passes_the_linters_and_leaves_nothing_to_commit_by_mistake(tmp_path: Path) -> None:
    copy, python = copy_collection(ROOT, tmp_path), Path(sys.executable)
    completed(copy, python)
    run([python.parent / "yamllint", "--strict", "changelogs"], copy, python)
    listed = run(["git", "ls-files", "--others", "--exclude-standard", "changelogs"], copy, python)
    assert set(listed.split()) == {"changelogs/changelog.yaml", "changelogs/config.yaml"}


def test_the_public_address_is_written_in_one_place() -> None:
    address = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("plugins/modules/*.py"),
    ]
    assert [page for page in pages if address in page.read_text(encoding="utf-8")] == []
