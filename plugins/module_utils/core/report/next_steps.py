# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to go on: the command that carries out a plan that was shown, and the one that goes back after it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting_change

Data = Mapping[str, Any]

_PLAYBOOK = "ansible-playbook connectops.recovery.recover"
# The options of a reset that say what one run does, each with the variable that sets it in that playbook.
_VARIABLES = {
    "strategy": "reset_strategy",
    "partitions": "reset_partitions",
    "timestamp": "reset_timestamp",
    "offset": "reset_offset",
    "backup_file": "reset_backup_file",
    "allow_gap": "reset_allow_gap",
    "plan_id": "reset_plan_id",
}
# What needs no quoting, neither in a shell nor for Ansible.
_PLAIN = re.compile(r"[\w./:@%+-]+")


def carry_out_lines(plan: Data, options: Data) -> list[str]:
    """How to carry out a plan that was made with these options of the reset. No lines for an empty plan."""
    if plan["is_empty"]:
        return []
    wanted = {**options, "plan_id": plan["id"]}
    return _how("To carry out this plan", plan["connector"], wanted, f"plan_id: {plan['id']}")


def go_back_lines(plan: Data, backup_file: str, options: Data) -> list[str]:
    """How to go back to the offsets that were there before the plan was carried out with these options."""
    lines = [f"  {plan['connector']}: the offsets before plan {plan['id']} are in", f"    {backup_file}"]
    for one in plan["settings"]:
        lines += wrapped(f"Going back leaves the setting {one['key']} as it is ({show_setting_change(**one)}).")
    wanted: dict[str, Any] = {
        "cluster_label": options.get("cluster_label"),
        "write_to": options.get("write_to"),
        "strategy": "restore",
        "backup_file": backup_file,
        "at_least": {},
    }
    return [*lines, *_how("To go back", plan["connector"], wanted, f"strategy: restore, backup_file: {backup_file}")]


def _how(purpose: str, connector: str, options: Data, in_task: str) -> list[str]:
    label = options.get("cluster_label")
    # Without a label the task is not one of the playbook's, which has no variable for exact settings either.
    if not label or options.get("config"):
        return wrapped(f"{purpose}, run this task for {connector} with {in_task}")
    wanted: dict[str, Any] = {
        "connectops_hosts": label,
        "connectops_connectors": [connector],
        **_floors(options),
        **{variable: options[name] for name, variable in _VARIABLES.items() if options.get(name)},
    }
    if options.get("write_to") not in (None, "auto"):
        wanted["connectops_write_to"] = options["write_to"]
    if options["strategy"] == "restore":
        # The offsets of the backup may be stuck ones, for which the verification would wait to its end.
        wanted["verify_connectors"] = []
    parts = [_PLAYBOOK, *_extra_variables(wanted)]
    return [f"  {purpose}, with the inventory of this run (-i):", *_joined(parts)]


def _floors(options: Data) -> dict[str, Any]:
    """The playbook raises the default floors unless connectops_at_least is set, even to an empty map."""
    at_least = dict(options.get("at_least") or {})
    if not options.get("default_floors"):
        return {"connectops_at_least": at_least}
    return {"connectops_at_least": at_least, "reset_default_floors": True} if at_least else {}


def _extra_variables(values: Data) -> Iterator[str]:
    for name, value in values.items():
        plain = value[0] if isinstance(value, list) and len(value) == 1 else value
        plain = str(plain).lower() if isinstance(plain, bool) else plain
        is_plain = isinstance(plain, str) and _PLAIN.fullmatch(plain)
        text = f"{name}={plain}" if is_plain else json.dumps({name: value}, ensure_ascii=False)
        yield f"-e {shlex.quote(text)}"


def _joined(parts: Sequence[str]) -> list[str]:
    """One command for a shell, each part in a line of its own."""
    *first, last = (f"{'    ' if number == 0 else '      '}{part}" for number, part in enumerate(parts))
    return [*(f"{line} \\" for line in first), last]
