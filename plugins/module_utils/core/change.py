# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change: what one plan does to a connector, as its backup keeps it. It holds no secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted_value
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    PLAN_STRATEGIES,
    OffsetChange,
    Plan,
    PlanStrategy,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import problem_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State, state_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of

# What became of a change. ``undone``: nothing of it is there, because it was undone or never made; ``replaced``: a later
# backup is that of the same change. Unknown (None) where the run was killed, or could not find out.
ChangeResult = Literal["done", "undone", "replaced"]
CHANGE_RESULTS: tuple[ChangeResult, ...] = ("done", "undone", "replaced")


@dataclass(frozen=True)
class KeptSetting:
    """A setting that a change touches; None: not set. For a secret neither value is kept."""

    key: str
    before: str | None
    after: str | None
    is_secret: bool = False

    @classmethod
    def of(cls, change: SettingChange) -> KeptSetting:
        secret_keys = (change.key,) if change.secret else ()
        values = (change.before, change.after)
        if any(redacted_value(change.key, value, secret_keys) != value for value in values):
            return cls(change.key, None, None, is_secret=True)
        return cls(change.key, *values)


@dataclass(frozen=True)
class Change:
    """Settings and offsets before and after, and the state before and the one to return to.

    ``rolls_back``: the moment (``taken_at``) of the backup whose change this one takes back; None for any other change.
    """

    strategy: PlanStrategy
    state: State
    final_state: State
    settings: tuple[KeptSetting, ...]
    offsets: tuple[OffsetChange, ...]
    rolls_back: str | None = None

    @classmethod
    def of(cls, plan: Plan, state: State, rolls_back: str | None = None) -> Change:
        """What the plan does to a connector that was in this state before."""
        settings = tuple(map(KeptSetting.of, plan.settings))
        return cls(plan.strategy, state, plan.final_state, settings, plan.offsets, rolls_back)

    @property
    def touches_nothing(self) -> bool:
        """Whether it only starts or stops the connector or its tasks."""
        return not self.settings and not self.offsets

    @property
    def has_nothing_to_take_back(self) -> bool:
        """Whether it touches nothing, or nothing but secrets."""
        return not self.offsets and all(one.is_secret for one in self.settings)

    def continuing(self, unfinished: Change, now: Connector) -> Change:
        """This change together with an unfinished one before it; ``now`` shows how much of that was made.

        For values that the unfinished change has written, ``before`` is their value from before that change. This
        change covers whatever the unfinished one had not reached.
        """
        stored = now.stored
        was_set = {one.key: one for one in unfinished.settings if _is_written(one, now.config)}
        was_stored = {
            one.partition: one for one in unfinished.offsets if same_offset(stored.get(one.partition), one.after)
        }
        settings = {**was_set, **{one.key: _joined(was_set.get(one.key), one) for one in self.settings}}
        offsets = dict(was_stored)
        for one in self.offsets:
            earlier = was_stored.get(one.partition)
            offsets[one.partition] = one if earlier is None else replace(one, before=earlier.before)
        return replace(
            self,
            settings=tuple(one for one in settings.values() if one.is_secret or one.before != one.after),
            offsets=tuple(one for one in offsets.values() if not same_offset(one.before, one.after)),
        )

    def is_absent(self, now: Connector, written: Collection[Partition]) -> bool:
        """Whether nothing of it is there, as of one that was killed before it wrote anything.

        ``written``: the partitions that were written since it began. An offset that moved without that has moved on its own.
        """
        stored, config = now.stored, now.config
        plain = [one for one in self.settings if not one.is_secret]
        if self.settings and not plain:
            # The result for secrets cannot be seen. All settings are written at once, so the other settings show it.
            return False
        return all(config.get(one.key) == one.before for one in plain) and all(
            one.partition not in written or same_offset(stored.get(one.partition), one.before) for one in self.offsets
        )

    def is_half_made(self, now: Connector) -> bool:
        """Whether ``now`` has a part of the change, and another part is as before. What became of secrets cannot be seen."""
        stored, config = now.stored, now.config
        settings = [one for one in self.settings if not one.is_secret]
        made = [config.get(one.key) == one.after for one in settings]
        made += [same_offset(stored.get(one.partition), one.after) for one in self.offsets]
        missing = [config.get(one.key) == one.before for one in settings]
        missing += [same_offset(stored.get(one.partition), one.before) for one in self.offsets]
        return any(made) and any(missing)

    def as_data(self) -> dict[str, Any]:
        return {
            "strategy": self.strategy,
            "state": self.state,
            "final_state": self.final_state,
            "rolls_back": self.rolls_back,
            "settings": [
                {"key": one.key, "before": one.before, "after": one.after, "secret": one.is_secret}
                for one in self.settings
            ],
            "offsets": [one.as_data() for one in self.offsets],
        }

    @classmethod
    def from_data(cls, data: Any) -> Change:
        """Read what :meth:`as_data` made. Raises ValueError with the name of the part that is wrong."""
        if not isinstance(data, Mapping):
            raise ValueError("change")
        try:
            state, final_state = state_of(data.get("state")), state_of(data.get("final_state"))
        except ValueError:
            raise ValueError("state") from None
        rolls_back = data.get("rolls_back")
        if not isinstance(rolls_back, (str, type(None))):
            raise ValueError("rolls_back")
        settings = tuple(map(_setting, _entries(data, "settings")))
        offsets = tuple(map(_offset_change, _entries(data, "offsets")))
        _refuse_twice([one.key for one in settings], "settings")
        _refuse_twice([one.partition for one in offsets], "offsets")
        try:
            strategy = word_of(PLAN_STRATEGIES, data.get("strategy"))
        except ValueError:
            raise ValueError("strategy") from None
        return cls(strategy, state, final_state, settings, offsets, rolls_back)


def plain_fields(value: Any) -> dict[str, JsonScalar] | None:
    """The fields of a partition or an offset; None unless it is a flat map of values that Connect can keep."""
    if not isinstance(value, Mapping) or any(problem_of(one) is not None for one in value.values()):
        return None
    return dict(value)


def _is_written(one: KeptSetting, config: Mapping[str, str]) -> bool:
    return one.is_secret or config.get(one.key) == one.after


def _joined(earlier: KeptSetting | None, one: KeptSetting) -> KeptSetting:
    if earlier is None:
        return one
    if earlier.is_secret or one.is_secret:
        return KeptSetting(one.key, None, None, is_secret=True)
    return replace(one, before=earlier.before)


def _entries(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = data.get(name)
    if not isinstance(entries, list) or not all(isinstance(one, Mapping) for one in entries):
        raise ValueError(name)
    return entries


def _setting(data: Mapping[str, Any]) -> KeptSetting:
    key, before, after, secret = (data.get(name) for name in ("key", "before", "after", "secret"))
    if not isinstance(key, str) or not isinstance(secret, bool):
        raise ValueError("settings")
    if not isinstance(before, (str, type(None))) or not isinstance(after, (str, type(None))):
        raise ValueError("settings")
    return KeptSetting(key, before, after, secret)


def _offset_change(data: Mapping[str, Any]) -> OffsetChange:
    partition = plain_fields(data.get("partition"))
    if partition is None:
        raise ValueError("offsets")

    def side(name: str) -> Offset | None:
        offset = data.get(name)
        fields = plain_fields(offset)
        if offset is not None and fields is None:
            raise ValueError("offsets")
        return fields

    return OffsetChange(Partition.of(partition), side("before"), side("after"))


def _refuse_twice(keys: Iterable[Any], name: str) -> None:
    seen = list(keys)
    if len(set(seen)) != len(seen):
        raise ValueError(name)
