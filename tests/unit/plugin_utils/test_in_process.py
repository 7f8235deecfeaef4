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


def output_of(folder: Path, play: dict[str, object], status: int) -> str:
    """What a play on the controller shows, in one line."""
    playbook = folder / "play.json"
    whole = {"hosts": "localhost", "connection": "local", "gather_facts": False, **play}
    playbook.write_text(json.dumps([whole]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
        },
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done.stdout
    return " ".join(done.stdout.split())


def test_in_a_role_a_message_names_the_variable_and_elsewhere_the_option(tmp_path: Path) -> None:
    defaults = {"connectops.recovery.connect_offset_reset": {"connect_url": "http://127.0.0.1:9", "timeout": 0}}
    role = {"include_role": {"name": "connectops.recovery.reset"}, "vars": {"reset_connectors": ["a"]}}
    shown = output_of(tmp_path, {"module_defaults": defaults, "tasks": [role]}, 2)
    assert "connectops_timeout is 0 s: set it to more" in shown
    task = {"connectops.recovery.connect_offset_reset": {"connectors": ["a"]}}
    shown = output_of(tmp_path, {"module_defaults": defaults, "tasks": [task]}, 2)
    assert "timeout is 0 s: set it to more" in shown
    assert "connectops_timeout" not in shown


def test_in_its_role_the_options_are_those_of_the_role_whatever_the_defaults_of_the_module_say(tmp_path: Path) -> None:
    defaults = {"connect_url": "http://127.0.0.1:9", "timeout": 0, "connectors": [], "strategy": "typo"}
    play = {"module_defaults": {"connectops.recovery.connect_offset_reset": defaults}}
    role = {"include_role": {"name": "connectops.recovery.reset"}, "vars": {"reset_connectors": ["a"]}}
    assert "connectops_timeout is 0 s" in output_of(tmp_path, {**play, "tasks": [role]}, 2)
    task = {"connectops.recovery.connect_offset_reset": {"connectors": ["a"]}}
    assert "value of strategy must be one of" in output_of(tmp_path, {**play, "tasks": [task]}, 2)


def test_a_short_password_does_not_garble_names(tmp_path: Path) -> None:
    options = {
        "connect_url": "http://127.0.0.1:9/orders-connect",
        "url_username": "a",
        "url_password": "orders",
        "connectors": ["stripe-orders"],
        "at_least": {"x": 1},
    }
    shown = output_of(tmp_path, {"tasks": [{"connectops.recovery.connect_config": options}]}, 2)
    assert "http://127.0.0.1:9/orders-connect" in shown


@pytest.mark.parametrize("way", [{}, {"environment": {"OF_ITS_OWN": "yes"}}], ids=["in process", "shipped"])
def test_an_option_set_under_two_names_is_refused(tmp_path: Path, way: dict[str, object]) -> None:
    options = {"connect_url": "http://127.0.0.1:9", "connector": "a", "connectors": ["b"], "at_least": {"x": 1}}
    words = output_of(tmp_path, {"tasks": [{"connectops.recovery.connect_config": options, **way}]}, 2)
    assert "connectors and connector are two names of one option and both are set: set one of them." in words
