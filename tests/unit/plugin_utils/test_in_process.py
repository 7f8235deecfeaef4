# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action refuses itself, however its task is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("way", [{}, {"environment": {"OF_ITS_OWN": "yes"}}], ids=["in process", "shipped"])
def test_an_option_set_under_two_names_is_refused(tmp_path: Path, way: dict[str, object]) -> None:
    options = {"connect_url": "http://127.0.0.1:9", "connector": "a", "connectors": ["b"], "at_least": {"x": 1}}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [{"connectops.recovery.connect_config": options, **way}],
    }
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
        },
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    words = " ".join(done.stdout.split())
    assert "connectors and connector are two names of one option and both are set: set one of them." in words
