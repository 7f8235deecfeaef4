# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup and a journal to keep in a folder."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

OFFSETS: dict[Partition, Offset] = {Partition.of({"table": "orders"}): {"id": 5}}
BACKUP = Backup(
    cluster_id="kafka-1",
    connector="c/1",
    taken_at="2026-11-23T06:00:00.500000+00:00",
    plan_id="abc123",
    state="RUNNING",
    config={"batch.size": "10"},
    offsets=OFFSETS,
)
JOURNAL = Journal("plan1", "PAUSED", "b.json", 1_795_413_600.0, "hold1")


def at(minute: int) -> Backup:
    return replace(BACKUP, taken_at=f"2026-11-23T06:{minute:02}:00.500000+00:00")


def problem_of(caught: pytest.ExceptionInfo[RecoveryError]) -> str:
    """The message, which must be one sentence on one line."""
    message = caught.value.message
    assert message == " ".join(message.split())
    assert message.endswith(".")
    assert "Traceback" not in message
    return message


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
