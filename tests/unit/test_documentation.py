# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages know what the code says, and their links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VerdictName
from tooling.reference import PAGE, reference

ROOT = Path(__file__).parents[2]
CODE = ROOT / "plugins" / "module_utils"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def codes() -> Iterator[str]:
    """The code of every reason, and of every trouble that becomes one."""
    position = {"Reason": 0, "Problem": 2}
    for file in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in position:
                code = node.args[position[node.func.id]]
                if isinstance(code, ast.Constant):
                    yield str(code.value)


@pytest.mark.parametrize("code", sorted(set(codes())))
def test_every_code_of_a_reason_is_explained(code: str) -> None:
    pages = [ROOT / "docs" / name for name in ("stuck.md", "profiles.md")]
    assert any(f"`{code}`" in page.read_text(encoding="utf-8") for page in pages)


def test_every_verdict_is_explained() -> None:
    page = (ROOT / "docs" / "stuck.md").read_text(encoding="utf-8")
    rows = page.partition("## The verdicts")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)) == set(get_args(VerdictName))


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _hash, anchor = target.partition("#")
        if "://" in path:
            continue
        file = page.parent / path if path else page
        if not file.exists():
            broken.append(target)
        elif anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            if anchor not in map(slug, headings):
                broken.append(target)
    assert broken == []


def test_the_page_of_options_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it again: make reference"
