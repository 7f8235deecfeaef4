# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of Connect, read from what others wrote."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import (
    LASTING_STATES,
    STATES,
    lasting_state_of,
    state_of,
)


def test_each_state_is_read_under_its_name() -> None:
    assert [state_of(one) for one in STATES] == list(STATES)
    assert [lasting_state_of(one) for one in LASTING_STATES] == ["RUNNING", "PAUSED", "STOPPED"]


@pytest.mark.parametrize("text", ["running", "SLEEPING", "", None, 1, ["RUNNING"]])
def test_anything_else_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="no word of"):
        state_of(text)


@pytest.mark.parametrize("text", ["FAILED", "UNASSIGNED", "UNKNOWN", None])
def test_a_connector_is_returned_to_no_state_that_nobody_can_order(text: Any) -> None:
    with pytest.raises(ValueError, match="no word of"):
        lasting_state_of(text)
