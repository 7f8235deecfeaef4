# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab of a single worker. Without the traps that are tested here a recovery proves nothing."""

from __future__ import annotations

import pytest
from lab import Lab


@pytest.fixture(scope="session", name="lab")
def lab_of_one_worker(single_worker_lab: Lab) -> Lab:
    return single_worker_lab
