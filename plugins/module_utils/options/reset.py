# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset does to which partitions, and the settings that change with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import STRATEGIES
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_at_once
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import (
    AT_ONCE,
    CONNECTORS,
    TIMESTAMP,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import AT_LEAST, CONFIG

LONGEST_SETTLE_SECONDS = 600.0


@dataclass(frozen=True)
class ResetOptions:
    """``partitions``: empty for all. ``config`` may hold secrets. ``plan_id``: None carries out any plan."""

    connectors: tuple[str, ...] = field_for(CONNECTORS)
    strategy: str = option(
        "strategy",
        "str",
        "Which offset each partition gets.",
        "V(continue) loses no data and makes the smallest change that recovers the connector. It changes no offset if a restart"
        " with a longer wait is enough. Behind the current round, it moves all partitions to that round together; each continues"
        " from where it has delivered up to, so missed rounds are not loaded one by one.",
        "V(current) continues at the start of the current day (UTC). The data before it is skipped.",
        "V(available_end) continues where Stripe's data ends now, separately for each timezone. The data before it is skipped.",
        "V(timestamp) continues at O(timestamp).",
        "V(offset) writes O(offset) unchanged.",
        "V(delete) deletes the offset, so the connector starts over. Offsets of other partitions stay.",
        "V(restore) restores the offsets of O(backup_file). It deletes offsets that were added since. Settings and state are not"
        " restored.",
        "V(current), V(available_end) and V(timestamp) exist for the Stripe reporting connector only. V(continue) changes no"
        " offset of other connectors.",
        choices=STRATEGIES,
        default="continue",
    )
    partitions: tuple[Mapping[str, Any], ...] = option(
        "partitions",
        "list",
        "Source partitions to reset. Each entry is a whole partition, or some of its fields, and selects all partitions that"
        " have these fields.",
        "Only partitions that the server lists can be selected. An entry that selects none is an error that names the closest"
        " partition.",
        "If empty, all partitions are reset.",
        elements="dict",
        default=[],
    )
    timestamp: str | None = field_for(TIMESTAMP)
    offset: Mapping[str, Any] | None = option(
        "offset", "dict", "Offset to write with O(strategy=offset). JSON types are kept."
    )
    backup_file: str | None = option(
        "backup_file", "path", "Backup to restore with O(strategy=restore), on the host that runs the task."
    )
    allow_gap: bool = option(
        "allow_gap",
        "bool",
        "Allow a change that skips data, such as periods of time, rows of a report, or all future data of a partition.",
        "Not required for V(current), V(available_end) and V(restore), which skip data by definition.",
        default=False,
    )
    config: Mapping[str, Any] = field_for(CONFIG)
    at_least: Mapping[str, Any] = field_for(AT_LEAST)
    default_floors: bool = option(
        "default_floors",
        "bool",
        "Also raise the settings that the collection recommends for the class of the connector, in the same stop.",
        "For the Stripe reporting connector, C(stripe.report.max.wait.ms) is raised to 60 minutes. No other class has such a"
        " setting. A value in O(at_least) or O(config) takes precedence.",
        default=False,
    )
    plan_id: str | None = option(
        "plan_id",
        "str",
        "Id of the approved plan, as returned by a run in check mode. Any other plan is refused with an error that names what"
        " has changed since.",
        "Works with one connector only.",
    )
    settle_seconds: float = option(
        "settle_seconds",
        "float",
        "Seconds to wait after the stop when a worker cannot be asked whether its tasks have ended.",
        "Set it higher than the workers' C(task.shutdown.graceful.timeout.ms).",
        default=10.0,
    )
    at_once: int = field_for(AT_ONCE)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> ResetOptions:
        """The options among a task's parameters. Raises InputError."""
        options = cls(**values_of(cls, params))
        if options.plan_id is not None and len(set(options.connectors)) > 1:
            raise InputError("plan_id belongs to one connector, but connectors names several: run them one at a time.")
        if not 0 <= options.settle_seconds <= LONGEST_SETTLE_SECONDS:
            raise InputError(
                f"settle_seconds is {options.settle_seconds:g} s: set it to 0 s or more and at most 600 s."
            )
        check_at_once(options.at_once)
        return options


RESET_SPEC = argument_spec(options_of(ResetOptions))
