# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connectors are to be seen to recover, what was planned for them, and how long that is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.wait import (
    LONGEST_WAIT_SECONDS,
    SHORTEST_WAIT_SECONDS,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import seconds
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import CONNECTORS
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import PROFILES
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)


@dataclass(frozen=True)
class RecoveryOptions:
    """``planned``: by name of the connector. ``timeout_seconds``: None for a limit that follows from the plan."""

    connectors: tuple[str, ...] = field_for(CONNECTORS)
    planned: Mapping[str, Any] = option(
        "planned",
        "dict",
        "Result of the reset, as returned by M(connectops.recovery.connect_offset_reset) in"
        " RV(connectops.recovery.connect_offset_reset#module:connectors).",
        "It shows which offsets and settings were written, so later commits of the connector can be distinguished from them.",
        "Without it, only progress that is made while the module waits counts.",
        default={},
    )
    timeout_seconds: int | None = option(
        "timeout_seconds",
        "int",
        "Maximum time in seconds to wait for the recovery.",
        "By default it follows from what the connectors still have to do: the number of report runs to come, times the slowest"
        " earlier run and a half, or times C(stripe.report.max.wait.ms) if that is shorter or no run is known. It is at least"
        f" {SHORTEST_WAIT_SECONDS} and at most {LONGEST_WAIT_SECONDS}.",
    )
    interval_seconds: int = option(
        "interval_seconds", "int", "Time in seconds between two readings of the offsets.", default=5
    )
    profiles: tuple[Mapping[str, Any], ...] = field_for(PROFILES)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> RecoveryOptions:
        """The options among a task's parameters. Raises InputError for a time that is not above 0 s."""
        options = cls(**values_of(cls, params))
        seconds("interval_seconds", options.interval_seconds)
        if options.timeout_seconds is not None:
            seconds("timeout_seconds", options.timeout_seconds)
        return options


RECOVERY_SPEC = argument_spec(options_of(RecoveryOptions))
