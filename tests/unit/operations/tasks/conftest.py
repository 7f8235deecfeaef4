# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from unit.operations.tasks.reset_task import Task
from unit.operations.tasks.verification import Verification


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path / "backups")


@pytest.fixture
def verification(tmp_path: Path) -> Verification:
    return Verification(tmp_path)
