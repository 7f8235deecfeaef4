# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to go on: the command that carries out a plan that was shown, and the one that takes its change back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped

Data = Mapping[str, Any]

# The options of a reset that say what one run does, each with the variable that sets it in that playbook.
_VARIABLES = {
    "strategy": "reset_strategy",
    "partitions": "reset_partitions",
    "timestamp": "reset_timestamp",
    "offset": "reset_offset",
    "offsets": "reset_offsets",
    "backup_file": "reset_backup_file",
    "allow_gap": "reset_allow_gap",
    "plan_id": "reset_plan_id",
}
# Those of a rollback; the variable of its playbook begins with ``rollback_``.
_OF_A_ROLLBACK = (
    "backup_file",
    "allow_other_cluster",
    "allow_other_connector",
    "allow_changed_settings",
    "allow_moved_offsets",
    "plan_id",
)
# Texts that a shell and Ansible take without quotes.
_PLAIN = re.compile(r"[\w./:@%+-]+")


def carry_out_lines(plan: Data, options: Data) -> list[str]:
    """How to carry out a plan that was made with these options of the reset. No lines for an empty plan."""
    if plan["is_empty"]:
        return []
    wanted = {**options, "plan_id": plan["id"]}
    return _how("To carry out this plan", plan["connector"], wanted, f"plan_id: {plan['id']}")


def carry_out_rollback_lines(plan: Data, options: Data) -> list[str]:
    """How to carry out a rollback that was planned with these options of it. No lines for an empty plan."""
    if plan["is_empty"]:
        return []
    wanted = {**options, "plan_id": plan["id"]}
    in_task = f"run this task for {plan['connector']} with plan_id: {plan['id']}"
    return _how_to_roll_back("To carry out this plan", plan["connector"], wanted, in_task)


def go_back_lines(plan: Data, backup_file: str, options: Data) -> list[str]:
    """How to take back a plan that was carried out with these options, a rollback included. No lines where it wrote nothing."""
    if not plan["settings"] and not plan["offsets"]:
        return []
    lines = [f"  {plan['connector']}: the backup made before plan {plan['id']} is", f"    {backup_file}"]
    wanted = {"cluster_label": options.get("cluster_label"), "backup_file": backup_file}
    in_task = f"run connect_rollback for {plan['connector']} with backup_file: {backup_file}"
    return [*lines, *_how_to_roll_back("To take this change back", plan["connector"], wanted, in_task)]


def rollback_command(cluster: str, connector: str, backup_file: str) -> list[str]:
    """The command of the playbook that takes back the change of this backup, in lines for a shell."""
    wanted = {"cluster_label": cluster, "backup_file": backup_file}
    return [line.removeprefix("    ") for line in _how_to_roll_back("", connector, wanted, "")[1:]]


def _how_to_roll_back(purpose: str, connector: str, options: Data, in_task: str) -> list[str]:
    label = options.get("cluster_label")
    # Without a label the task is not one of the playbook's.
    if not label:
        return wrapped(f"{purpose}, {in_task}")
    wanted: dict[str, Any] = {
        "connectops_hosts": label,
        "connectops_connectors": [connector],
        **{f"rollback_{name}": options[name] for name in _OF_A_ROLLBACK if options.get(name)},
        **_way(options),
    }
    return _command(purpose, "rollback", wanted)


def plan_file_lines(path: str, plans: int, clusters: int, limit: str | None, playbook: str = "recover") -> list[str]:
    """Where the plans of a run were written, and the command that carries out exactly these.

    ``plans`` and ``clusters`` are counts; ``limit``: the value of --limit of the run, if it had one; ``playbook``: its name.
    """
    if not plans:
        return wrapped(f"No plan changes anything; {path} says so.")
    parts = [_playbook(playbook), *_extra_variables({"connectops_plan_file": path})]
    if limit:
        parts.append(f"--limit {shlex.quote(limit)}")
    counted = f"{plans} plan{'' if plans == 1 else 's'} of {clusters} cluster{'' if clusters == 1 else 's'}"
    return [
        f"  {counted} written to",
        f"    {path}",
        "  To carry out exactly this, with the inventory of this run (-i):",
        *_joined(parts),
    ]


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
    wanted.update(_way(options))
    if options["strategy"] == "restore":
        # The offsets of the backup may be stuck ones, for which the verification would wait to its end.
        wanted["verify_connectors"] = []
    return _command(purpose, "recover", wanted)


def _way(options: Data) -> dict[str, Any]:
    return {"connectops_write_to": options["write_to"]} if options.get("write_to") not in (None, "auto") else {}


def _command(purpose: str, playbook: str, variables: Data) -> list[str]:
    parts = [_playbook(playbook), *_extra_variables(variables)]
    return [f"  {purpose}, with the inventory of this run (-i):", *_joined(parts)]


def _playbook(name: str) -> str:
    return f"ansible-playbook connectops.recovery.{name}"


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
