# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that passes in a lab: all that is kept of a change gets older by the same, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Sample, Soak
from lab.later import let_pass
from unit.backups.test_files import BACKUP


def test_a_change_and_its_samples_get_older_together(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "eu-1", "kafka-1", "c/1")
    name = store.back_up(BACKUP)
    store.note_result(name, "done", 1_795_413_700.0)
    store.note_samples(Soak(name, (Sample(1_795_413_800.0, "recovered", True),)))
    assert let_pass(tmp_path, 8) == (1, 1)
    assert store.read(name) == replace(BACKUP, taken_at="2026-11-22T22:00:00.500000+00:00")
    assert store.returned_at(name) == 1_795_413_700.0 - 8 * 3600
    soak = store.samples()
    assert soak is not None
    assert [one.at for one in soak.samples] == [1_795_413_800.0 - 8 * 3600]
