# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of connectors and tasks, in Connect's words."""

from __future__ import annotations

from typing import Any, Literal, get_args

# Those that a person can order, so a change can return a connector to them.
LastingState = Literal["RUNNING", "PAUSED", "STOPPED"]
# UNKNOWN is not Connect's: no worker could be asked.
State = Literal[LastingState, "FAILED", "RESTARTING", "UNASSIGNED", "DESTROYED", "UNKNOWN"]

LASTING_STATES: tuple[LastingState, ...] = get_args(LastingState)
STATES: tuple[State, ...] = get_args(State)


def state_of(text: Any) -> State:
    """The state of this name. Raises ValueError for any other: what it means is not known."""
    return STATES[STATES.index(text)]


def lasting_state_of(text: Any) -> LastingState:
    """The state of this name that a connector can be returned to. Raises ValueError for any other."""
    return LASTING_STATES[LASTING_STATES.index(text)]
