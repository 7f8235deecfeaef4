# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a Stripe reporting connector for people, from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_table import (
    PartitionRow,
    partition_table,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies_text import (
    remedies_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped

Data = Mapping[str, Any]


def state_lines(facts: Data) -> list[str]:
    """A verdict for each partition, who blocks, what doing nothing costs, and the remedies compared."""
    rows = []
    for verdict in facts["verdicts"]:
        # For a blocked partition its blocker matters; its age says nothing.
        telling = verdict["reasons"][:1] if verdict["verdict"] == "blocked" else verdict["reasons"]
        rows.append(
            PartitionRow(
                str(verdict["partition"].get("timezone", "-")),
                str(verdict["partition"].get("report_type", "-")),
                (verdict["verdict"], show_day(verdict["delivered_to"])),
                remark=", ".join(reason["message"] for reason in telling),
            )
        )
    lines = partition_table(("verdict", "delivered up to"), rows)
    if facts["verdict"] != "ok":
        lines += ["", *_blocker_lines(facts["blocker"]), *_cost_lines(facts)]
    if facts["remedies"] is not None:
        wait = f"stripe.report.max.wait.ms: {facts['suggested_wait']['message']}."
        lines += ["", *remedies_lines(facts["remedies"]), "", *wrapped(wait)]
    return lines


def _blocker_lines(blocker: Data | None) -> list[str]:
    if blocker is None:
        return []
    names = [f"{one['timezone']} {one['report_type']}" for one in blocker["partitions"]]
    if blocker["certainty"] == "one_of":
        return wrapped(
            f"Blocked by one of {', '.join(names)}: only their report runs, or the workers' logs, show which."
        )
    return wrapped(f"Blocked by {names[0]} ({blocker['certainty']}): {blocker['reason']['message']}.")


def _cost_lines(facts: Data) -> list[str]:
    left_alone = facts["left_alone"]
    runs = counted(left_alone["report_runs_once_healed"], "report run")
    missed = f"{counted(facts['rounds_behind'], 'round')} missed so far"
    if facts["verdict_after_resume"] is not None:
        return wrapped(f"Left alone: it stays STOPPED. After a resume: {missed}, {runs} to catch up.")
    if facts["blocker"] is not None:
        cost = f"{missed}, and every new one will be missed too; once the polls succeed again, {runs} to catch up"
    elif left_alone["blocked_by"] is not None:
        cost = f"{missed}, and it never catches up without help: {left_alone['blocked_by']}"
    elif not left_alone["catches_up"]:
        cost = f"{missed}, and it never catches up without help"
    else:
        cost = f"{missed}, {runs} to catch up"
    return wrapped(f"Left alone: {cost}.")
