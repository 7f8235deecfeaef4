# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said while a run is being ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.utils.display import Display
from ansible_collections.connectops.recovery.plugins.plugin_utils.last_words import LastWords

# A child without a terminal of its own speaks where its parent does.
SCRIPT = """
import os, sys
from ansible_collections.connectops.recovery.plugins.plugin_utils.last_words import LastWords
child = os.fork()
if child == 0:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with LastWords() as say:
        say("returning orders")
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the parent's files are found on Linux only")
def test_a_process_without_a_terminal_speaks_through_that_of_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "stderr"
    file.write_text("before\n", encoding="utf-8")
    with file.open("a", encoding="utf-8") as stream:
        subprocess.run([sys.executable, "-c", SCRIPT], check=True, stderr=stream)
    assert file.read_text(encoding="utf-8") == "before\nreturning orders\n"


def test_elsewhere_the_sentence_takes_the_usual_way(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(os, "getppid", lambda: -1)
    monkeypatch.setattr(Display, "display", lambda _self, text, stderr: shown.append(text))
    with LastWords() as say:
        say("returning orders")
    assert shown == ["returning orders"]
