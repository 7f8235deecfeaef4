# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial, from a stuck lab to ticked steps: every command as it is printed, in two shells, as a reader does it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.ansible_runs import ROOT
from lab.waiting import LIMIT_SECONDS, await_condition
from tooling.examples import Block, blocks

BLOCKS = sorted(
    (block for language in ("console", "") for block in blocks(language) if block.page == "docs/tutorial.md"),
    key=lambda block: block.number,
)


def shell(text: str, folder: Path) -> subprocess.Popen[str]:
    """A shell that carries out the lines; it has nothing that a reader would not have."""
    kept = {
        name: os.environ[name] for name in ("HOME", "PATH", "LANG", "JAVA_HOME", "KAFKA_VERSION") if name in os.environ
    }
    return subprocess.Popen(
        ["bash", "-e"],
        cwd=folder,
        env={**kept, "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible")},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Path]:
    """A folder as the repository's, in which the first block of the tutorial keeps a lab running."""
    for name in (".cache", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    # What it installs is there.
    text = "".join(line for line in BLOCKS[0].text.splitlines(keepends=True) if line != "make setup\n")
    first = shell(text, tmp_path)
    assert first.stdin is not None
    first.stdin.write(text.replace(".cache/venv/bin/python", "exec .cache/venv/bin/python"))
    first.stdin.close()
    await_condition(
        lambda: (tmp_path / "lab-files" / "inventory.json").exists() or first.poll() is not None, "the lab's inventory"
    )
    yield tmp_path
    first.send_signal(signal.SIGINT)
    assert first.stdout is not None
    output = first.stdout.read()
    assert first.wait(LIMIT_SECONDS) == 0, output
    assert output.endswith("The lab has ended.\n")


def lines(text: str) -> set[str]:
    """Each line, with N for every number and id. What goes on in the next line is one with it: numbers move the break."""
    unbroken = re.sub(r"\n {8}(?=\S)", " ", text)
    named = re.sub(r"\b\d\d:\d\d(:\d\d)?Z|\b[0-9a-f]{12}\b|\d+", "N", unbroken)
    return {" ".join(line.split()) for line in named.splitlines()}


def typed(exports: Block, block: Block, folder: Path) -> str:
    """The output of the block's commands, which must all succeed."""
    process = shell(block.text, folder)
    output, _none = process.communicate(exports.text + block.text)
    print(block.text, output, sep="\n")
    assert process.returncode == 0, output
    return output


@pytest.mark.lengthy
def test_the_tutorial_leads_from_a_stuck_lab_to_ticked_steps(desk: Path) -> None:
    exports, *rest = BLOCKS[1:]
    shown = ""
    for block in rest:
        if block.language == "console":
            shown = typed(exports, block, desk)
        else:
            assert lines(block.text) - lines(shown) == set(), f"{block} shows what did not come"
    (report,) = desk.glob("reports/verify-*/report.json")
    (cluster,) = json.loads(report.read_text(encoding="utf-8"))["clusters"]
    assert [one["status"] for one in cluster["checklist"]] == ["done"] * 5
    assert all(one["done"] is not None for one in cluster["phases"])
    (connector,) = cluster["connectors"]
    for part in connector["partitions"]:
        moments = [look["at"] for look in part["history"]]
        assert len(moments) == 5
        assert moments == sorted(moments)
        assert part["history"][0]["delivered_to"] == part["delivered_before"]
        assert part["history"][0]["delivered_to"] < part["history"][1]["delivered_to"] == part["delivered_after"]
