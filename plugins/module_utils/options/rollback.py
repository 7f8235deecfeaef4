# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which change is taken back, and what the user agrees to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import AT_ONCE, CONNECTORS
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import PLAN_ID, SETTLE_SECONDS, WAY


@dataclass(frozen=True)
class RollbackOptions:
    """``backup_file``: None for the last change of each connector. ``plan_id``: None carries out any plan."""

    connectors: tuple[str, ...] = field_for(CONNECTORS)
    backup_file: str | None = option(
        "backup_file",
        "path",
        "Backup of the change to take back, on the host that runs the task. Works with one connector only.",
        "Without it, the last change of each connector is taken back. If that was taken back already, nothing is changed.",
        "To bring back a change that was taken back, name the backup of the rollback.",
    )
    allow_other_cluster: bool = option(
        "allow_other_cluster",
        "bool",
        "Allow a backup of another Kafka cluster, for example after the cluster was replaced.",
        default=False,
    )
    allow_other_connector: bool = option(
        "allow_other_connector",
        "bool",
        "Allow the rollback although settings that the change did not touch have changed since.",
        "Kafka Connect gives a connector no id. Its class and its settings are all that tells a connector from another one that"
        " was created later with the same name.",
        default=False,
    )
    allow_changed_settings: bool = option(
        "allow_changed_settings",
        "bool",
        "Write the old values over settings of the change that somebody has changed since.",
        default=False,
    )
    allow_moved_offsets: bool = option(
        "allow_moved_offsets",
        "bool",
        "Set back offsets of the change that have moved on since, as those of a recovered connector do.",
        "The preview shows what is read twice or skipped.",
        default=False,
    )
    plan_id: str | None = field_for(PLAN_ID)
    write_to: Literal["auto", "rest", "topic"] = field_for(WAY)
    settle_seconds: float = field_for(SETTLE_SECONDS)
    at_once: int = field_for(AT_ONCE)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> RollbackOptions:
        """The options among a task's parameters. Raises InputError."""
        options = cls(**values_of(cls, params))
        if options.backup_file is not None and len(set(options.connectors)) > 1:
            raise InputError(
                "backup_file belongs to one connector, but connectors names several: run them one at a time."
            )
        return options


ROLLBACK_SPEC = argument_spec(options_of(RollbackOptions))
