# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery for people: one line for each change while it is waited for, and one sentence at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_day,
    show_minutes,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import Checkpoint
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    PartitionRecovery,
    Recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import SoakState
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import (
    counted,
    listed,
    table,
    wrapped,
)

_MOST_NAMED = 3
_HEADS = {
    "not_recovered": "Not recovered",
    "recovering": "Not recovered yet",
    "not_proven": "Recovery not proven",
}


def progress_line(cluster: str, recovery: Recovery, to_go_seconds: int | None = None) -> tuple[str, str]:
    """How far a connector has come, and how much longer it may take: an estimate, empty where there is none."""
    parts = recovery.partitions
    if recovery.reason is not None:
        return f"{cluster} {recovery.name}: {recovery.reason}", ""
    done = len(recovery.with_outcome("recovered"))
    line = f"{cluster} {recovery.name}: {done} of {counted(len(parts), 'partition')} {'has' if done == 1 else 'have'} recovered"
    waiting = [one for one in recovery.with_outcome("recovering") if not one.is_final]
    never = [one for one in parts if one.outcome == "not_recovered" and one.is_final]
    names = _short_names(recovery)
    if waiting:
        line += f", waiting for {listed([names[one.partition] for one in waiting])}"
    if never:
        line += f"; {listed([names[one.partition] for one in never])} will not recover: {never[0].reason}"
    return line, _to_go(waiting, to_go_seconds)


def _to_go(waiting: Sequence[PartitionRecovery], seconds: int | None) -> str:
    if not waiting or not seconds:
        return ""
    return f"; about {show_minutes(seconds)} to go"


def final_sentence(
    cluster: str, recoveries: Sequence[Recovery], waited_seconds: int, problem: str | None = None
) -> str:
    """What became of all connectors, with the reasons of those that have not recovered.

    ``problem``: why the cluster could not be read in the end.
    """
    bad = [one for one in recoveries if not one.is_good]
    if not bad:
        verified = [one.name for one in recoveries if one.outcome == "recovered"]
        others = "".join(f" {one.name}: {one.reason}." for one in recoveries if one.outcome == "not_verified")
        return (f"Recovered: {', '.join(verified)}.{others}" if verified else others).strip()
    worst = max((one for one in bad), key=lambda one: list(reversed(_HEADS)).index(one.outcome))
    waited = f" after {show_seconds(waited_seconds)}" if waited_seconds else ""
    told = " ".join(f"{one.name} of {cluster}: {_why(one)}." for one in bad)
    last = f" The last reading failed: {problem}" if problem else ""
    return f"{_HEADS[worst.outcome]}{waited}: {told}{last}"


def _why(recovery: Recovery) -> str:
    if recovery.reason is not None:
        return recovery.reason.rstrip(".")
    names = _short_names(recovery)
    bad = [one for one in recovery.partitions if one.outcome != "recovered"]
    by_reason: dict[str, list[str]] = {}
    # Those that only wait for another one come last.
    for one in sorted(bad, key=lambda one: one.verdict == "blocked"):
        by_reason.setdefault(_shortly(one), []).append(names[one.partition])
    shown = [f"{listed(of)}: {reason}" for reason, of in list(by_reason.items())[:_MOST_NAMED]]
    if len(by_reason) > _MOST_NAMED:
        shown.append(f"{counted(sum(map(len, list(by_reason.values())[_MOST_NAMED:])), 'further partition')}")
    done = len(recovery.partitions) - len(bad)
    return f"{done} of {counted(len(recovery.partitions), 'partition')} recovered; {'; '.join(shown)}"


def _shortly(one: PartitionRecovery) -> str:
    if one.verdict == "blocked" and not one.is_final:
        return "blocked"
    return (None if one.is_final else one.cause) or one.reason or one.outcome


def recovery_lines(cluster: str, recovery: Recovery) -> list[str]:
    """A connector with all its partitions, for a person."""
    states = [task.state for task in recovery.connector.tasks]
    head = headline(cluster, recovery.name, recovery.connector.state, states, recovery.outcome.replace("_", " "))
    names = _short_names(recovery)
    rows = [("partition", "outcome", "moved by", "delivered up to", "why")]
    rows += [
        (
            names[one.partition],
            one.outcome.replace("_", " "),
            _shown_move(one),
            show_day(one.delivered_to),
            one.reason or "",
        )
        for one in recovery.partitions
    ]
    return [
        *head,
        *([] if recovery.reason is None else wrapped(recovery.reason)),
        *(["", *table(rows)] if recovery.partitions else []),
        "",
    ]


def checkpoint_lines(checkpoints: Sequence[Checkpoint], soak: SoakState | None = None) -> list[str]:
    """The checkpoints of a connector with what each has shown, and how far its soak has come, for a person."""
    rows = [(str(one.checkpoint), one.status.replace("_", " "), one.message) for one in checkpoints]
    if soak is not None:
        rows.append(("soak", "complete" if soak.is_complete else "open", soak.message))
    head = ("checkpoint", "status")
    return [*table([row[:2] for row in rows], [row[2] for row in rows], head), ""]


def _shown_move(one: PartitionRecovery) -> str:
    if not one.has_moved:
        return "-"
    if one.before is None:
        return "new"
    unmeasured = "changed" if one.now != one.before else "stored again"
    return ", ".join(f"{name} {by:+}" for name, by in sorted(one.moved_by.items())[:1]) or unmeasured


def _short_names(recovery: Recovery) -> Mapping[Partition, str]:
    """The partitions by the fields in which they differ: ``orders`` where all are tables of the same database."""
    partitions = [one.partition for one in recovery.partitions]
    fields = sorted({name for one in partitions for name, _value in one.fields})
    telling = [name for name in fields if len({str(one.get(name)) for one in partitions}) > 1] or fields
    return {one: " ".join(str(one.get(name)) for name in telling if name in one.as_dict()) for one in partitions}
