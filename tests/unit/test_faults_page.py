# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of faults names tests that exist, and all tests of the file of faults."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "integration" / "recovery"
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "`test_" in line
]


def names_of_tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_row_names_a_fault_a_test_that_exists_and_what_is_seen() -> None:
    assert len(ROWS) >= 30
    for row in ROWS:
        assert len(row) == 3, row
        assert all(row), row
        found = re.fullmatch(r"`(test_\w+)::(test_\w+)`", row[1])
        assert found is not None, row
        assert found[2] in names_of_tests(TESTS / f"{found[1]}.py"), row


def test_no_fault_of_the_file_of_faults_is_left_out() -> None:
    named = {row[1].strip("`").partition("::")[2] for row in ROWS}
    assert names_of_tests(TESTS / "test_real_faults.py") <= named
