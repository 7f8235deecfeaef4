# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which change is taken back, and what the user agrees to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import ROLLBACK, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import AT_ONCE, CONNECTORS
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import (
    PLAN_ID,
    PLAN_IDS,
    SETTLE_SECONDS,
    WAY,
    ResetOptions,
)


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
        "Kafka Connect gives a connector no id. Only its class and its settings distinguish it from a connector that was created"
        " later with the same name.",
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
    plan_ids: Mapping[str, Any] | None = field_for(PLAN_IDS)
    agreed_plans: Mapping[str, Any] | None = option(
        "agreed_plans",
        "dict",
        "The agreed plan of each connector, whole, as the run in check mode returns it in RV(connectors.plan).",
        "Like O(plan_ids), but the request comes from the plan as well, so O(backup_file), O(allow_moved_offsets) and similar"
        " options are not used. If a plan is refused, the error names each value that has moved, before and now.",
    )
    write_to: WriteTo = field_for(WAY)
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

    def of_reset(self) -> ResetOptions:
        """The options that a rollback has in common with a reset, checked. Raises InputError."""
        options = ResetOptions(
            self.connectors,
            ROLLBACK,
            write_to=self.write_to,
            plan_id=self.plan_id,
            plan_ids=self.plan_ids,
            agreed_plans=self.agreed_plans,
            settle_seconds=self.settle_seconds,
            at_once=self.at_once,
        )
        options.check()
        return options

    def request(self) -> dict[str, Any]:
        """What is asked for, as JSON data: it is a part of the plan."""
        asked = ResetOptions(self.connectors, ROLLBACK, backup_file=self.backup_file, write_to=self.write_to).request()
        return {**asked, **{name: getattr(self, name) for name in CONSENTS}}

    def asking(self, request: Mapping[str, Any]) -> RollbackOptions:
        """These options with what a plan's request asks for."""
        consents: dict[str, Any] = {name: request.get(name) is True for name in CONSENTS}
        return replace(self, backup_file=request["backup_file"], write_to=request["write_to"], **consents)


# What a user may agree to.
CONSENTS = ("allow_other_cluster", "allow_other_connector", "allow_changed_settings", "allow_moved_offsets")
ROLLBACK_SPEC = argument_spec(options_of(RollbackOptions))
