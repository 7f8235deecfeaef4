# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connectors are to be seen to recover, what was planned for them, and how long that is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.wait import (
    LONGEST_WAIT_SECONDS,
    SHORTEST_WAIT_SECONDS,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
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

LONGEST_SOAK_HOURS = 30 * 24


@dataclass(frozen=True)
class RecoveryOptions:
    """``planned``: by name of the connector. ``timeout_seconds``: None for a limit that follows from the plan."""

    connectors: tuple[str, ...] = field_for(
        replace(
            CONNECTORS,
            required=False,
            default=[],
            description=("Names of the connectors. Required unless O(from_backups) is V(true).",),
        )
    )
    from_backups: bool = option(
        "from_backups",
        "bool",
        "Verify every connector of the cluster that has a backup. Refused together with O(connectors).",
        "Without this, an empty O(connectors) is an error.",
        default=False,
    )
    planned: Mapping[str, Any] = option(
        "planned",
        "dict",
        "Result of the reset, as returned by M(connectops.recovery.connect_offset_reset) in"
        " RV(connectops.recovery.connect_offset_reset#module:connectors).",
        "It shows which offsets and settings were written, so later commits of the connector can be distinguished from them.",
        "For a connector that is not in it, the last change among its backups is verified. Without a backup, only progress that"
        " is made while the module waits counts.",
        default={},
    )
    timeout_seconds: int | None = option(
        "timeout_seconds",
        "int",
        "Maximum time in seconds to wait for the recovery.",
        "By default it is the number of report runs to come, multiplied by one and a half times the duration of the slowest"
        " earlier run. If C(stripe.report.max.wait.ms) is shorter, or no earlier run is known, the number is multiplied by that"
        f" wait instead. It is at least {SHORTEST_WAIT_SECONDS} and at most {LONGEST_WAIT_SECONDS}.",
    )
    interval_seconds: int = option(
        "interval_seconds", "int", "Time in seconds between two readings of the offsets.", default=5
    )
    keep_samples: bool = option(
        "keep_samples",
        "bool",
        "Keep what is seen as a sample beside the backups of the connector, in O(backup_dir) or O(backup_topic), so that several"
        " verifications over a day or two show that the recovery lasts. At most 300 samples are kept, of the last change only.",
        "Nothing is kept in check mode.",
        default=False,
    )
    soak_hours: int = option(
        "soak_hours",
        "int",
        "For how many hours every sample must be good before the monitoring counts as complete. At most half of that"
        " time may pass between two consecutive samples.",
        default=24,
    )
    profiles: tuple[Mapping[str, Any], ...] = field_for(PROFILES)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> RecoveryOptions:
        """The options among a task's parameters. Raises InputError for what cannot work."""
        options = cls(**values_of(cls, params))
        if options.from_backups and options.connectors:
            raise InputError("from_backups is true, and connectors names some: set one of the two.")
        if not options.from_backups and not options.connectors:
            raise InputError("connectors is empty: name at least one connector, or set from_backups to true.")
        seconds("interval_seconds", options.interval_seconds)
        if not 1 <= options.soak_hours <= LONGEST_SOAK_HOURS:
            raise InputError(
                f"soak_hours is {options.soak_hours}: set it to 1 or more and at most {LONGEST_SOAK_HOURS}."
            )
        if options.timeout_seconds is not None:
            seconds("timeout_seconds", options.timeout_seconds)
        return options


RECOVERY_SPEC = argument_spec(options_of(RecoveryOptions))
