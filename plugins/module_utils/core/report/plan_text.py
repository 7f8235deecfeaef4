# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a plan for people, from the plan as data; the parts that all kinds of connectors share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import show_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting_change

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
    changes = [counted(len(items), noun) for items, noun in ((settings, "setting"), (offsets, "offset")) if items]
    steps = [
        f"stop{wait}" if plan["state"] != "STOPPED" else "keep it stopped",
        f"back up {counted(plan['offsets_stored'], 'offset')}",
    ]
    if changes:
        steps.append(f"change {' and '.join(changes)}")
    steps.append({"RUNNING": "resume RUNNING", "PAUSED": "pause", "STOPPED": "leave STOPPED"}[plan["final_state"]])
    return wrapped(f"Order: {', '.join(steps)}, verify.")


def raw_plan_lines(plan: Data) -> list[str]:
    """The preview for a connector whose offsets are not understood: they are shown as they are."""

    def shown(offset: Data | None) -> str:
        return "(none)" if offset is None else json.dumps(offset, sort_keys=True)

    lines = [plan_headline(plan), *setting_lines(plan)]
    lines += table(
        [
            ("~", show_fields(one["partition"]), f"{shown(one['before'])} -> {shown(one['after'])}")
            for one in plan["offsets"]
        ]
    )
    if plan["offsets"]:
        lines.append("  What is skipped or read twice is not known: the offsets of this connector are not understood.")
    return [*lines, *order_lines(plan)]
