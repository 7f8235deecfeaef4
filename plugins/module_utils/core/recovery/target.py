# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recovery must lead to: what a change wrote, from its result or its backup. Offsets that differ later are progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, plain_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import iso_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    looks_masked,
    redacted_value,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import PlanStrategy
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State, state_of
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

SettingFound = Literal["as_written", "old_value", "other_value", "hidden"]
SETTINGS_FOUND: tuple[SettingFound, ...] = get_args(SettingFound)


@dataclass(frozen=True)
class WrittenSetting:
    """A setting that the change wrote; the values are as they may be shown, None where it is not set."""

    key: str
    before: str | None
    after: str | None

    @property
    def is_hidden(self) -> bool:
        return any(
            value is not None and (HIDDEN in value or looks_masked(value)) for value in (self.before, self.after)
        )

    def seen_in(self, config: Mapping[str, str]) -> SeenSetting:
        value = config.get(self.key)
        found: SettingFound
        if self.is_hidden:
            found = "hidden"
        elif value == self.after:
            found = "as_written"
        elif value == self.before:
            found = "old_value"
        else:
            found = "other_value"
        return SeenSetting(self, redacted_value(self.key, value, (self.key,) if self.is_hidden else ()), found)


@dataclass(frozen=True)
class SeenSetting:
    """A written setting and its value now. ``found``: hidden if it is a secret."""

    written: WrittenSetting
    value: str | None
    found: SettingFound

    @property
    def problem(self) -> str | None:
        """One sentence if the setting has its old value again."""
        if self.found != "old_value":
            return None
        key = self.written.key
        return (
            f"its setting {key} has its old value {show_setting(key, self.value)} again: a tool that manages the connector, "
            "such as the Strimzi operator or Terraform, may have put it back; change it there"
        )

    def as_data(self) -> dict[str, Any]:
        return {"key": self.written.key, "written": self.written.after, "value": self.value, "found": self.found}


@dataclass(frozen=True)
class KnownChange:
    """The change that is verified, as its backup describes it. Moments are epoch seconds.

    ``returned_at``: when the connector was returned to its state; before that was noted, the moment of the backup.
    ``target_ends``: the ends of its topics before the change; empty where these were not read. ``offsets``: those before it.
    """

    backup_file: str
    plan_id: str
    strategy: PlanStrategy | None
    made_by: str
    taken_at: float
    returned_at: float
    target_ends: tuple[TopicEnd, ...] = ()
    offsets: Mapping[Partition, Offset] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, backup: Backup, returned_at: float | None) -> KnownChange:
        taken_at = iso_seconds(backup.taken_at) or 0.0
        strategy = None if backup.change is None else backup.change.strategy
        since = taken_at if returned_at is None else returned_at
        return cls(name, backup.plan_id, strategy, backup.made_by, taken_at, since, backup.target_ends, backup.offsets)

    def as_data(self) -> dict[str, Any]:
        return {
            "backup_file": self.backup_file,
            "plan_id": self.plan_id,
            "strategy": self.strategy or "",
            "made_by": self.made_by,
            "taken_at": self.taken_at,
            "returned_at": self.returned_at,
        }


@dataclass(frozen=True)
class Target:
    """What is known about the change of a connector. Without a result of it ``final_state`` is None.

    ``changed_nothing``: the plan was empty. ``offsets``: the offsets it wrote, None for one that it deleted. ``baseline``:
    the offset of every partition right after it; a partition that is not in it had none. ``failure``: why the change failed.
    ``unfinished``: the plan of a change that was begun and not finished. ``is_unknown``: there may be a change, and it cannot be
    read. ``change``: None where no backup describes it.
    """

    final_state: State | None = None
    changed_nothing: bool = False
    settings: tuple[WrittenSetting, ...] = ()
    offsets: Mapping[Partition, Offset | None] = field(default_factory=dict)
    backup_file: str | None = None
    failure: str | None = None
    baseline: Mapping[Partition, Offset] = field(default_factory=dict)
    unfinished: str | None = None
    is_unknown: bool = False
    change: KnownChange | None = None

    @classmethod
    def of_change(cls, change: Change, backup_file: str) -> Target:
        """The target of a change that was carried out, as its backup has it."""
        return cls(
            final_state=change.final_state,
            changed_nothing=change.touches_nothing,
            settings=tuple(
                WrittenSetting(one.key, HIDDEN, HIDDEN)
                if one.is_secret
                else WrittenSetting(one.key, one.before, one.after)
                for one in change.settings
            ),
            offsets={one.partition: one.after for one in change.offsets},
            backup_file=backup_file,
        )

    @classmethod
    def read(cls, data: Any, name: str) -> Target:
        """The target of a connector from its part of the result of a change. Raises InputError for what is not such a result."""
        if not isinstance(data, Mapping):
            raise InputError(_NOT_A_RESULT.format(name=name))
        if data.get("failed"):
            return cls(failure=str(data.get("msg")))
        try:
            plan = data["plan"]
            return cls(
                final_state=state_of(plan["final_state"]),
                changed_nothing=bool(plan["is_empty"]),
                settings=tuple(map(_written, plan["settings"])),
                offsets=dict(map(_planned, plan["offsets"])),
                backup_file=data.get("backup_file"),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(_NOT_A_RESULT.format(name=name)) from None

    def baseline_from(self, stored: Mapping[Partition, Offset]) -> Mapping[Partition, Offset]:
        """The baseline, from what was stored before the change or, where that is not known, at the first look."""
        merged = {**stored, **self.offsets}
        return {partition: offset for partition, offset in merged.items() if offset is not None}

    def is_meant_to_run(self, connector: Connector) -> bool:
        """Whether the connector should be RUNNING; without a change PAUSED or STOPPED is taken as deliberate."""
        return (self.final_state or connector.state) not in ("PAUSED", "STOPPED")


def _written(one: Mapping[str, Any]) -> WrittenSetting:
    """Raises ValueError, as the next one does."""
    key, before, after = one["key"], one["before"], one["after"]
    if not isinstance(key, str) or not all(isinstance(value, (str, type(None))) for value in (before, after)):
        raise ValueError("settings")
    return WrittenSetting(key, before, after)


def _planned(one: Mapping[str, Any]) -> tuple[Partition, Offset | None]:
    partition, after = plain_fields(one["partition"]), one["after"]
    if partition is None or (after is not None and plain_fields(after) is None):
        raise ValueError("offsets")
    return Partition.of(partition), after


_NOT_A_RESULT = (
    "planned.{name} is not the result of a reset: set planned to the connectors that connect_offset_reset has returned."
)
