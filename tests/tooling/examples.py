# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the pages and of the plugins' documentation, for the tests that run them as printed."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tooling.environment import ROOT


@dataclass(frozen=True)
class Block:
    """A block of a page. ``language``: what stands behind its first fence; ``number`` counts the blocks of its page from 1."""

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    def data(self) -> Any:
        """What a block of YAML holds."""
        return yaml.safe_load(self.text)

    def commands(self) -> list[list[str]]:
        """The commands of a block for a shell, each as words and without its comment."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks(language: str) -> Iterator[Block]:
    """The blocks of one language in the README and in every page below docs."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))):
        found = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for number, (kind, text) in enumerate(found, start=1):
            if kind == language:
                yield Block(str(page.relative_to(ROOT)), number, kind, text)


def documented(plugin: Path) -> list[dict[str, Any]]:
    """The tasks or plays in the EXAMPLES of a module or lookup."""
    for node in ast.parse(plugin.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES":
            found: list[dict[str, Any]] = yaml.safe_load(ast.literal_eval(node.value))
            return found
    raise ValueError(f"{plugin} has no EXAMPLES")
