# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as data that came from outside: is it whole, and does its id belong to its content?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import is_plan_id, plan_id
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import problem_of
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_TYPES: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "cluster": (str,),
    "cluster_id": (str,),
    "connector": (str,),
    "strategy": (str,),
    "state": (str,),
    "final_state": (str,),
    "write_to": (str,),
    "restart": (bool,),
    "is_empty": (bool,),
    "settings": (list,),
    "hidden_changes": (Mapping,),
    "offsets": (list,),
    "offsets_stored": (int,),
    "presumed": (list,),
    "request": (Mapping,),
}
_REQUEST_TYPES: Mapping[str, tuple[type, ...]] = {
    "strategy": (str,),
    "partitions": (list,),
    "timestamp": (str, type(None)),
    "offset": (Mapping, type(None)),
    "offsets": (list,),
    "backup_file": (str, type(None)),
    "allow_gap": (bool,),
    "config": (list,),
    "at_least": (Mapping,),
    "default_floors": (bool,),
    "write_to": (str,),
}
_SETTING_TYPES: Mapping[str, tuple[type, ...]] = {
    "key": (str,),
    "before": (str, type(None)),
    "after": (str, type(None)),
}


def checked_plan(data: Any, where: str) -> dict[str, Any]:
    """The data of a plan as :meth:`Plan.as_data` made it.

    Raises InputError with one sentence that begins with ``where`` for anything else, and for a plan that was altered.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where} is not a plan: give the whole plan as the run in check mode returned it.")
    try:
        problem = next(_problems(data), None)
        altered = problem is None and (not is_plan_id(data["id"]) or plan_id(data) != data["id"])
    except (TypeError, ValueError, RecursionError):
        problem, altered = "it has values that no plan can have", False
    if problem is not None:
        raise InputError(f"{where} is damaged ({problem}): make the plan again in check mode.")
    if altered:
        raise InputError(
            f"{where} was altered: its id {data['id']} does not belong to its content; make the plan again in check mode."
        )
    return dict(data)


def _problems(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong_types(data, _TYPES, "")
    yield from _wrong_types(data["request"], _REQUEST_TYPES, "request.")
    texts = (*data["hidden_changes"].values(), *data["request"]["config"])
    if not all(isinstance(one, str) for one in texts):
        yield "hidden_changes or request.config holds something that is not text"
    for name in ("partitions", "offsets"):
        if not all(isinstance(one, Mapping) for one in data["request"][name]):
            yield f"request.{name} has an entry that is not a map"
    for number, setting in enumerate(data["settings"], start=1):
        where = f"settings, entry {number}: "
        yield from _wrong_types(setting, _SETTING_TYPES, where) if isinstance(setting, Mapping) else [f"{where}no map"]
    for name, sides in (("offsets", ("before", "after")), ("presumed", ("offset",))):
        for number, entry in enumerate(data[name], start=1):
            pair = entry if isinstance(entry, Mapping) else {}
            is_whole = all(side in pair and (pair[side] is None or _is_flat(pair[side])) for side in sides)
            if not is_whole or not _is_flat(pair.get("partition")):
                yield f"{name}, entry {number}: no partition with its offset"


def _wrong_types(data: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], where: str) -> Iterator[str]:
    for name, allowed in types.items():
        value = data.get(name)
        if name not in data or not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            yield f"{where}{name} is missing or of another type"


def _is_flat(value: Any) -> bool:
    return isinstance(value, Mapping) and all(problem_of(one) is None for one in value.values())
