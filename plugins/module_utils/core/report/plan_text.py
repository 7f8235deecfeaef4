# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a plan for people, from the plan as data; the parts that all kinds of connectors share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import show_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import ROLLBACK, PlanStrategy
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting_change
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState

Data = Mapping[str, Any]


def plan_headline(plan: Data, remark: str = "") -> str:
    return "  ".join(filter(None, (f"  Plan {plan['id']}", f"strategy {plan['strategy']}", remark)))


def setting_lines(plan: Data) -> list[str]:
    return table([("~", one["key"], show_setting_change(**one)) for one in plan["settings"]])


def order_lines(plan: Data, wait: str = "") -> list[str]:
    """What will be done, in order; ``wait`` is a remark on the stop. An empty plan says so."""
    settings, offsets = plan["settings"], plan["offsets"]
    if plan["is_empty"]:
        return ["  Nothing to change."]
    steps = [f"back up {counted(plan['offsets_stored'], 'offset')}"]
    changes = [counted(len(items), noun) for items, noun in ((settings, "setting"), (offsets, "offset")) if items]
    if plan["restart"] and not changes:
        steps += [f"stop and start its tasks again{wait}", "verify"]
        return wrapped(f"Order: {', '.join(steps)}.")
    steps.append("keep it STOPPED" if plan["state"] == "STOPPED" else f"stop{wait}")
    if changes:
        steps.append(f"change {' and '.join(changes)}{_to_the_topic(offsets)}")
    return wrapped(f"Order: {', '.join(steps)}, {_return_to(plan['final_state'], plan['strategy'])}.")


def _to_the_topic(offsets: Sequence[Data]) -> str:
    """`` (written to the topic, 2 keys)``, or how many of the offsets; empty where all go through REST."""
    written = [one for one in offsets if one.get("topic_keys")]
    if not written:
        return ""
    keys = {key["key"] for one in written for key in one["topic_keys"]}
    some = "" if len(written) == len(offsets) else f"{len(written)} of them "
    return f" ({some}written to the topic, {counted(len(keys), 'key')})"


def _return_to(state: LastingState, strategy: PlanStrategy) -> str:
    """The last steps: only a connector that runs can show that it has recovered, and a rollback is not a recovery."""
    if strategy == ROLLBACK:
        return f"return it to {state}, read back" if state != "STOPPED" else "leave it STOPPED, read back"
    if state == "PAUSED":
        return "return it to PAUSED (not verified: it delivers nothing until you resume it)"
    if state == "STOPPED":
        return "leave it STOPPED (not verified: it delivers nothing until you resume it)"
    return "resume RUNNING, verify"


def raw_plan_lines(plan: Data) -> list[str]:
    """The preview for a connector whose offsets are not understood: they are shown as they are."""

    def shown(offset: Data | None) -> str:
        return "(none)" if offset is None else json.dumps(offset, sort_keys=True)

    lines = [plan_headline(plan)]
    if plan["offsets"]:
        lines += wrapped(
            "Skipped, read twice: not known, because the collection cannot interpret the offsets of this connector."
        )
    changes = [
        *setting_lines(plan),
        *table(
            [
                ("~", show_fields(one["partition"]), f"{shown(one['before'])} -> {shown(one['after'])}")
                for one in plan["offsets"]
            ]
        ),
    ]
    return [*lines, *([""] if changes else []), *changes, *([""] if changes else []), *order_lines(plan)]
