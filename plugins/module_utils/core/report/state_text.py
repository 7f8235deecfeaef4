# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a connector for people, from its facts; the parts that all kinds of connectors share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import show_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State, TargetState

Data = Mapping[str, Any]


def headline(cluster: str, connector: str, state: State, task_states: Sequence[State], remark: str = "") -> list[str]:
    """``connect-1  orders  RUNNING 1/1  remark``; a remark that does not fit goes to the next line."""
    running = sum(one == "RUNNING" for one in task_states)
    line = "  ".join(filter(None, (cluster, connector, f"{state} {running}/{len(task_states)}")))
    if not remark:
        return [line]
    if len(line) + len(remark) + 2 <= WIDTH:
        return [f"{line}  {remark}"]
    return [line, *wrapped(remark)]


def target_state_lines(target_state: TargetState | None) -> list[str]:
    """The state that a connector is meant to have, where its actual one is not known; nothing for None."""
    if target_state is None:
        return []
    return [f"  No worker could be asked for its state: it is meant to be {target_state}."]


def verdict_lines(verdicts: Sequence[Data]) -> list[str]:
    """A line for each verdict on a partition, and the reasons beside it or below it."""
    rows = []
    for verdict in verdicts:
        committed_at = verdict["committed_at"]
        rows.append(
            (
                show_fields(verdict["partition"]) or "-",
                verdict["verdict"],
                show_moment(None if committed_at is None else int(committed_at)),
                ", ".join(reason["message"] for reason in verdict["reasons"]),
            )
        )
    return table(rows, head=("partition", "verdict", "committed", ""))
