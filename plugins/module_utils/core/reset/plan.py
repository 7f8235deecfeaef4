# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: the ordered changes for one connector, with what they presume, and an id derived from its content."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicKey
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import plan_id, secret_fingerprint
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState, State

Side = Literal["before", "after"]
Strategy = Literal["continue", "current", "available_end", "timestamp", "offset", "delete", "restore"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
# The strategies of plans that are not resets: ``rollback`` takes back an earlier change, ``settings`` changes settings alone.
PlanStrategy = Literal[Strategy, "rollback", "settings"]
PLAN_STRATEGIES: tuple[PlanStrategy, ...] = get_args(PlanStrategy)
ROLLBACK: Literal["rollback"] = "rollback"
SETTINGS_ONLY: Literal["settings"] = "settings"
# These restore offsets that were there, so what they skip is skipped by their name.
RETURNING = ("restore", ROLLBACK)
# Where a user lets offsets be written: auto takes the topic where Connect's REST API does not reach the stored key.
WriteTo = Literal["auto", "rest", "topic"]
WRITE_TO: tuple[WriteTo, ...] = get_args(WriteTo)


@dataclass(frozen=True)
class OffsetChange:
    """One source partition's change; ``before`` None: it has no offset now, ``after`` None: its offset is deleted.

    ``topic_keys``: where it is written in the offsets topics. Empty: it is written through Connect's REST API.
    """

    partition: Partition
    before: Offset | None
    after: Offset | None
    topic_keys: tuple[TopicKey, ...] = ()

    def as_data(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "partition": self.partition.as_dict(),
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
        }
        if self.topic_keys:
            found["topic_keys"] = [one.as_data() for one in self.topic_keys]
        return found


@dataclass(frozen=True)
class Plan:
    """What will be written to one connector, and nothing else will.

    ``cluster`` is the label of the Connect cluster, since several of them may share one Kafka cluster, ``cluster_id``.
    ``state`` is the state it was in when the plan was made, ``final_state`` the state it is returned to. ``presumed`` are the
    offsets the plan was made from. ``restart``: its tasks are restarted, even when nothing is written. ``request``: what the
    user asked for, as JSON data without secrets.
    """

    cluster: str
    cluster_id: str
    connector: str
    strategy: PlanStrategy
    state: State
    final_state: State
    settings: tuple[SettingChange, ...]
    offsets: tuple[OffsetChange, ...]
    presumed: Mapping[Partition, Offset]
    restart: bool = False
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def write_to(self) -> Literal["rest", "topic", "both"]:
        """How its offsets are written: through REST, to the topics, or some in each way."""
        ways = {bool(change.topic_keys) for change in self.offsets}
        if ways == {True, False}:
            return "both"
        return "topic" if ways == {True} else "rest"

    @property
    def is_empty(self) -> bool:
        return not self.settings and not self.offsets and self.state == self.final_state and not self.restart

    @property
    def id(self) -> str:
        """Equal plans from equal facts have equal ids. No secret can be read from it."""
        return self._content_and_id[1]

    def as_data(self) -> dict[str, Any]:
        """JSON data without secrets. All of it counts for the id, so that the id can be made again from it."""
        content, own_id = self._content_and_id
        return {"id": own_id, **content, "offsets_stored": len(self.presumed), "is_empty": self.is_empty}

    @cached_property
    def _content_and_id(self) -> tuple[dict[str, Any], str]:
        content = {
            "cluster": self.cluster,
            "cluster_id": self.cluster_id,
            "connector": self.connector,
            "strategy": self.strategy,
            "state": self.state,
            "final_state": self.final_state,
            "restart": self.restart,
            "write_to": self.write_to,
            "settings": settings_data(self.settings),
            "hidden_changes": {
                change.key: secret_fingerprint(
                    change.before, change.after, f"{self.cluster_id}/{self.connector}/{change.key}"
                )
                for change in self.settings
                if change.shown() != (change.before, change.after)
            },
            "offsets": [change.as_data() for change in self.offsets],
            "presumed": [
                {"partition": partition.as_dict(), "offset": dict(offset)}
                for partition, offset in self.presumed.items()
            ],
            "request": dict(self.request),
        }
        return content, plan_id(content)


def offset_changes(
    stored: Mapping[Partition, Offset], targets: Mapping[Partition, Mapping[str, JsonScalar] | None]
) -> tuple[OffsetChange, ...]:
    """The changes that bring the stored offsets to their targets; what is there already is left out."""
    return tuple(
        OffsetChange(partition, stored.get(partition), target)
        for partition, target in targets.items()
        if not same_offset(stored.get(partition), target)
    )


def final_state_of(connector: Connector, begun_in: LastingState | None) -> LastingState:
    """The state to return to: that before an unfinished earlier change, else the present one.

    A FAILED or UNASSIGNED connector is meant to run.
    """
    state = begun_in or connector.state
    return state if state in ("PAUSED", "STOPPED") else "RUNNING"


def settings_data(changes: Sequence[SettingChange]) -> list[dict[str, Any]]:
    """The changes as they may be shown: ``[{"key", "before", "after"}]``."""
    return [{"key": change.key, "before": change.shown()[0], "after": change.shown()[1]} for change in changes]


def show_settings(changes: Sequence[SettingChange], side: Side) -> str:
    """One side of a diff of settings, a line for each key that is set on it."""
    shown = ((change.key, change.shown()[0 if side == "before" else 1]) for change in changes)
    return "".join(f"config {key} = {value}\n" for key, value in shown if value is not None)


def show_changes(plan: Plan, side: Side, epoch_fields: Collection[str] = ()) -> str:
    """One side of the plan's diff: settings, and the fields of each offset that change.

    ``epoch_fields``: names of the fields that are epoch seconds; their moment stands after the raw value.
    """
    lines = []
    for change in sorted(plan.offsets, key=lambda change: str(change.partition)):
        one, other = (change.before, change.after) if side == "before" else (change.after, change.before)
        if one is not None:
            lines.append(f"offset of {change.partition}")
            lines += [
                f"  {name}: {_shown(one[name], name in epoch_fields)}"
                for name in sorted(one)
                if _differs(name, one, other)
            ]
    if plan.state != plan.final_state:
        lines.append(f"state {plan.state if side == 'before' else plan.final_state}")
    return show_settings(plan.settings, side) + "".join(f"{line}\n" for line in lines)


def _shown(value: JsonScalar, is_moment: bool) -> str:
    """``1794528000 (2026-11-13 00:00Z)``; only a whole number has a moment."""
    text = json.dumps(value)
    if not is_moment or not isinstance(value, int) or isinstance(value, bool):
        return text
    moment = show_moment(value)
    return text if moment == text else f"{text} ({moment})"


def _differs(name: str, one: Offset, other: Offset | None) -> bool:
    if other is None or name not in other:
        return True
    return not same_offset({name: one[name]}, {name: other[name]})
