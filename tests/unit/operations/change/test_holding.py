# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the run that has marked a connector is known to have ended."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change import holding

NOW = 1_795_413_600


def is_held_by(tmp_path: Path, holder: Holder) -> bool:
    """Whether a connector is held that this holder has marked, where the journal of that run is found."""
    hold = Hold("hold1", "plan1", "RUNNING", holder, NOW - 20, NOW + 600)
    store = FolderStore(tmp_path, "eu-1", "kafka-1", "c")
    store.begin(Journal("plan1", "RUNNING", "b.json", NOW - 20.0, "hold1"))
    connector = Connector("c", "source", "STOPPED", "w", (), {}, hold_text=hold.as_text())
    return holding.find_unfinished(connector, store, NOW).is_held


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_killed_run_of_this_machine_is_taken_over_at_once(tmp_path: Path, ended: int) -> None:
    own = holding.this_process()
    assert own.machine
    assert not is_held_by(tmp_path, replace(own, process=ended))
    # The number of this process was that of the killed one before.
    assert not is_held_by(tmp_path, own)
    assert is_held_by(tmp_path, replace(own, process=os.getppid()))


@pytest.mark.parametrize("machine", ["0123456789ab", ""], ids=["another", "not named"])
def test_with_the_same_host_name_a_process_of_another_machine_or_container_may_be_at_work(
    tmp_path: Path, ended: int, machine: str
) -> None:
    other = replace(holding.this_process(), machine=machine)
    assert is_held_by(tmp_path, replace(other, process=ended))
    assert is_held_by(tmp_path, other)


def test_where_the_system_does_not_name_the_machine_nobody_is_taken_for_dead(
    tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_BOOT_ID", tmp_path / "missing")
    own = holding.this_process()
    assert own.machine == ""
    assert is_held_by(tmp_path, replace(own, process=ended))
    assert is_held_by(tmp_path, own)
