# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of what was wrong before names tests that exist, and the files that were broken to see them fail."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "regressions.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| what was wrong"))
]
FOLDERS = ("docs", "extensions", "playbooks", "plugins", "roles", "tests/lab", "tests/tooling")
FILES = [
    f"/{file.relative_to(ROOT)}"
    for found in (ROOT.glob("*.*"), *((ROOT / folder).rglob("*.*") for folder in FOLDERS))
    for file in found
]


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_a_test_that_exists_and_how_it_was_seen_to_fail(row: str) -> None:
    found = re.fullmatch(r"\| \S.* \| `([\w/]+\.py)`: `(test_\w+)` \| (`.+) \|", row)
    assert found is not None
    tree = ast.parse((ROOT / "tests" / found[1]).read_text(encoding="utf-8"))
    assert found[2] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    # "`a.py`: what was broken; `roles/b.yml`: and what else"
    broken = re.findall(r"(?:^|; )`([\w./]*\.\w+)`: ", found[3])
    assert broken
    assert [one for one in broken if not any(file.endswith(f"/{one}") for file in FILES)] == []


def test_the_rows_are_found() -> None:
    assert len(ROWS) >= 100
