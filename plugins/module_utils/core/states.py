# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of connectors and tasks, in Connect's words."""

from __future__ import annotations

from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of

# Those that a person can order, so a change can return a connector to them.
LastingState = Literal["RUNNING", "PAUSED", "STOPPED"]
# UNKNOWN is not Connect's: no worker could be asked.
State = Literal[LastingState, "FAILED", "RESTARTING", "UNASSIGNED", "DESTROYED", "UNKNOWN"]
# What a connector is meant to be, as the config topic has it.
TargetState = Literal["STARTED", "PAUSED", "STOPPED"]

LASTING_STATES: tuple[LastingState, ...] = get_args(LastingState)
STATES: tuple[State, ...] = get_args(State)
TARGET_STATES: tuple[TargetState, ...] = get_args(TargetState)


def state_of(text: Any) -> State:
    """The state of this name. Raises ValueError for any other: what it means is not known."""
    return word_of(STATES, text)


def lasting_state_of(text: Any) -> LastingState:
    """The state of this name that a connector can be returned to. Raises ValueError for any other."""
    return word_of(LASTING_STATES, text)
