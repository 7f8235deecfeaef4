# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agreed plans: whether the present plan is one of them, and otherwise what has moved since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
    same_offset,
    show_fields,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import (
    is_plan_id,
    presumed_state,
    same_request,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError

Data = Mapping[str, Any]

# Nobody would read a sentence with more names to its end.
_NAMED = 3


@dataclass(frozen=True)
class Agreed:
    """The plan of one connector that somebody has agreed to; ``plan`` is its data, None where only the id is known."""

    id: str
    plan: Data | None = None

    def check(self, now: Plan, begun_in: LastingState | None = None) -> str | None:
        """None if the plan of now is the agreed one; a sentence if nothing is left to do for the same request.

        ``begun_in``: the state before a change that was not finished, None if there was none. Starting the agreed
        change again, or only returning the connector after it, counts as the agreed plan too. Raises RecoveryError for
        any other plan.
        """
        if now.id == self.id:
            return None
        only_returns = same_request(now.id, self.id) and not now.settings and not now.offsets
        if begun_in is not None and (only_returns or replace(now, state=begun_in).id == self.id):
            return None
        if now.is_empty and same_request(now.id, self.id):
            return (
                f"Plan {self.id} was agreed to, and nothing is left to change: the connector does not need it any more."
            )
        if not same_request(now.id, self.id):
            raise RecoveryError(
                f"The plan {self.id} does not fit what this run asks of connector '{now.connector}'; nothing was changed. "
                "The plan was made for another connector, strategy, partitions or settings: give the values with which the plan"
                " was made."
            )
        moved = (
            f" any more: {what_moved(self.plan, now.as_data())}. Nothing"
            if self.plan
            else " what is there now; nothing"
        )
        raise RecoveryError(
            f"The plan {self.id} does not fit{moved} was changed: look at the new plan {now.id} and agree to it.",
            plan=now.as_data(),
        )


def agreed_by_id(ids: Mapping[str, Any], option: str) -> dict[str, Agreed]:
    """The plans by connector. Raises InputError, which names ``option``, for what is not an id."""
    for connector, one in ids.items():
        if not is_plan_id(one):
            raise InputError(
                f"{option}: {_shown(one)} of connector '{connector}' is not an id of a plan: write the 12 characters after "
                "the word Plan in the output of a run in check mode, in quotes."
            )
    return {connector: Agreed(one) for connector, one in ids.items()}


def what_moved(old: Data, new: Data) -> str:
    """The facts by which two plans for the same connector differ, as the end of a sentence without a full stop."""
    facts = list(_differences(old, new))
    if not facts:
        return "the plan is a different one now"
    more = len(facts) - _NAMED
    return "; ".join(facts[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _differences(old: Data, new: Data) -> Iterator[str]:
    if old["cluster_id"] != new["cluster_id"]:
        yield f"it belongs to the Kafka cluster {old['cluster_id']}, and this is {new['cluster_id']}"
    if presumed_state(old["state"]) != presumed_state(new["state"]):
        yield f"the state was {old['state']} and is {new['state']}"
    yield from _moved_offsets(old["presumed"], new["presumed"])
    yield from _moved_settings(old, new)
    if old["final_state"] != new["final_state"]:
        yield f"it would be {new['final_state']} afterwards and not {old['final_state']}"
    for what in ("restart", "write_to"):
        if old[what] != new[what]:
            yield f"{what} was {_shown(old[what])} and would be {_shown(new[what])}"
    yield from _moved_targets(old["offsets"], new["offsets"])


def _moved_offsets(old: Sequence[Data], new: Sequence[Data]) -> Iterator[str]:
    before, now = _by_partition(old, "offset"), _by_partition(new, "offset")
    for partition in {**before, **now}:
        if not same_offset(before.get(partition), now.get(partition)):
            yield f"the offset of {partition} moved from {_moved(before.get(partition), now.get(partition))}"


def _moved_targets(old: Sequence[Data], new: Sequence[Data]) -> Iterator[str]:
    """Other offsets to write although nothing that is stored has moved: what was read outside of Connect has."""
    before, now = _by_partition(old, "after"), _by_partition(new, "after")
    if any(not same_offset(before.get(one), now.get(one)) for one in {**before, **now}):
        yield "the available data, the round or the backup moved on, so other offsets would be written"
    elif [one.get("topic_keys") for one in old] != [one.get("topic_keys") for one in new]:
        yield "the offsets are stored under other keys"


def _moved(before: Offset | None, now: Offset | None) -> str:
    """``a to b``: of both offsets only the fields that differ."""
    if before is None or now is None:
        return f"{_offset(before)} to {_offset(now)}"
    names = [name for name in {**before, **now} if not same_offset(_only(before, name), _only(now, name))]
    return " to ".join(_offset({name: one[name] for name in names if name in one}) for one in (before, now))


def _only(offset: Offset, name: str) -> Offset:
    return {name: offset[name]} if name in offset else {}


def _offset(offset: Offset | None) -> str:
    return "none" if offset is None else show_fields({name: _shown(value) for name, value in offset.items()}) or "{}"


def _by_partition(entries: Sequence[Data], side: str) -> dict[Partition, Offset | None]:
    return {Partition.of(entry["partition"]): entry[side] for entry in entries}


def _moved_settings(old: Data, new: Data) -> Iterator[str]:
    before, now = ({one["key"]: one for one in plan["settings"]} for plan in (old, new))
    for key in {**before, **now}:
        one, other = before.get(key), now.get(key)
        if one is None or other is None:
            yield f"{key} {'need not change any more' if other is None else 'would change as well'}"
        elif one["before"] != other["before"]:
            yield f"{key} was {show_setting(key, one['before'])} and is {show_setting(key, other['before'])}"
        elif one["after"] != other["after"]:
            yield f"{key} would become {show_setting(key, other['after'])} and not {show_setting(key, one['after'])}"
        elif old["hidden_changes"].get(key) != new["hidden_changes"].get(key):
            yield f"the hidden value of {key} is another one"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
