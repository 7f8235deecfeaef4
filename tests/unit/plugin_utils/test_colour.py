# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours: on a terminal, and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible.constants import COLOR_CODES
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from ansible_collections.connectops.recovery.plugins.plugin_utils.colour import VERDICT_COLOURS, coloured_parts
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
LINES = ["  Africa/Cairo      stuck    2026-11-11", "  ~  PST  changed", "  Skipped: nothing."]
ESCAPE = "\x1b["


def painted(line: str) -> dict[str, str]:
    return {part: colour for part, colour in coloured_parts(line) if colour is not None}


def test_every_verdict_has_a_colour_that_ansible_knows() -> None:
    assert set(VERDICT_COLOURS) == set(VERDICTS)
    assert set(VERDICT_COLOURS.values()) <= set(COLOR_CODES)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("  Africa/Cairo      ok        2026-11-23", {"ok": "green"}),
        ("  America/New_York  stuck     -", {"stuck": "red"}),
        ("  table=x           late", {"late": "yellow"}),
        ("  ~  Africa/Cairo  2026-11-11  1", {"  ~  Africa/Cairo  2026-11-11  1": "yellow"}),
        ("  *  continue        3", {"  *  continue        3": "green"}),
        ("  Skipped:", {"  Skipped:": "red"}),
        ("  Read twice:", {"  Read twice:": "yellow"}),
        ("  Skipped: nothing.  Read twice: nothing.", {}),
        ("  =  PST  2026-11-23", {}),
        ("  It stays stuck, and nothing is blocked.", {}),
        ("  stuck-connector  unknown-zone", {}),
    ],
)
def test_what_is_coloured(line: str, parts: Mapping[str, str]) -> None:
    assert painted(line) == parts


@given(st.text(" ~*okstuclate:-\n"))
def test_the_parts_are_the_line(line: str) -> None:
    assert "".join(part for part, _colour in coloured_parts(line)) == line


def shown(folder: Path, environment: Mapping[str, str], *, terminal: bool) -> str:
    """What a person sees of a preview: on a terminal, or through a pipe."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"connectops.recovery.show_preview": {"lines": LINES}}],
    }
    playbook = folder / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    leader, follower = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        env={
            **inherited,
            "TERM": "xterm",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=follower if terminal else subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    os.close(follower)
    if not terminal:
        os.close(leader)
        return done.communicate()[0].decode()
    output = b""
    # Reading a terminal whose last program has ended is an error.
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        output += part
    os.close(leader)
    assert done.wait() == 0
    return output.decode().replace("\r\n", "\n")


def test_a_terminal_shows_colours_and_a_log_file_has_none(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = shown(tmp_path, {"ANSIBLE_LOG_PATH": str(log)}, terminal=True)
    assert f"Africa/Cairo      {ESCAPE}0;31mstuck{ESCAPE}0m    2026-11-11" in text
    assert f"{ESCAPE}0;33m  ~  PST  changed{ESCAPE}0m" in text
    assert "\n  Skipped: nothing.\n" in text
    written = log.read_text(encoding="utf-8")
    assert all(line in written for line in LINES)
    assert ESCAPE not in written


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"ANSIBLE_NOCOLOR": "1"}], ids=lambda one: next(iter(one)))
def test_a_person_who_wants_no_colours_sees_none(tmp_path: Path, environment: Mapping[str, str]) -> None:
    text = shown(tmp_path, environment, terminal=True)
    assert "\n".join(LINES) in text
    assert ESCAPE not in text


def test_a_pipe_gets_no_colours(tmp_path: Path) -> None:
    text = shown(tmp_path, {}, terminal=False)
    assert "\n".join(LINES) in text
    assert ESCAPE not in text
