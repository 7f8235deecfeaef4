# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a plan, and the look at a connector, for any connector."""

from __future__ import annotations

import json

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting_change


def headline(connector: Connector, cluster: str, remark: str = "") -> str:
    running = sum(task.state == "RUNNING" for task in connector.tasks)
    state = f"{connector.state} {running}/{len(connector.tasks)}"
    return "  ".join(filter(None, (cluster, connector.name, state, remark)))


def plan_headline(plan: Plan, remark: str = "") -> str:
    return "  ".join(filter(None, (f"  Plan {plan.id}", f"strategy {plan.strategy}", remark)))


def setting_lines(plan: Plan) -> list[str]:
    return table([("~", change.key, show_setting_change(change)) for change in plan.settings])


def order_lines(plan: Plan, wait: str = "") -> list[str]:
    """What will be done, in its order; an empty plan is said to be one."""
    if plan.is_empty:
        return ["  Nothing to change."]
    changes = [
        counted(len(items), noun) for items, noun in ((plan.settings, "setting"), (plan.offsets, "offset")) if items
    ]
    steps = [
        f"stop{wait}" if plan.state != "STOPPED" else "keep it stopped",
        f"back up {counted(len(plan.presumed), 'offset')}",
    ]
    if changes:
        steps.append(f"change {' and '.join(changes)}")
    steps.append({"RUNNING": "resume RUNNING", "PAUSED": "pause", "STOPPED": "leave STOPPED"}[plan.final_state])
    return wrapped(f"Order: {', '.join(steps)}, verify.")


def generic_preview(connector: Connector, plan: Plan, cluster: str) -> list[str]:
    """The preview for a connector whose offsets are not understood: they are shown as they are."""

    def shown(offset: Offset | None) -> str:
        return "(none)" if offset is None else json.dumps(dict(offset), sort_keys=True)

    lines = [headline(connector, cluster), "", plan_headline(plan), *setting_lines(plan)]
    lines += table([("~", str(c.partition), f"{shown(c.before)} -> {shown(c.after)}") for c in plan.offsets])
    if plan.offsets:
        lines.append("  What is skipped or read twice is not known: the offsets of this connector are not understood.")
    return [*lines, *order_lines(plan)]
