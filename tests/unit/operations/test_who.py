# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs this, also where the user has a number only."""

from __future__ import annotations

import os
import pwd

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import who_runs_this


def test_it_is_the_user_and_the_host_or_the_number_of_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "control-1")
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4711)

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert who_runs_this() == "4711@control-1"
    monkeypatch.setenv("LOGNAME", "ann")
    assert who_runs_this() == "ann@control-1"
