# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of the remedies for people: one table, the default marked with an asterisk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    LEAVE_ALONE,
    RAISE_WAIT,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day, show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import length

Data = Mapping[str, Any]

_NAMES = {LEAVE_ALONE: "leave alone", RAISE_WAIT: "raise the wait"}
_HEAD = ("", "remedy", "offsets", "skipped", "read twice", "runs", "next requests")


def remedies_lines(remedies: Data) -> list[str]:
    """The table; below a remedy what is to be known about it, or why it cannot be decided."""
    compared = remedies["compared"]
    rows = [_row(remedy, remedy["strategy"] == remedies["default"]) for remedy in compared]
    return table(rows, [remedy["problem"] or "; ".join(_remarks(remedy)) for remedy in compared], _HEAD)


def _row(remedy: Data, is_default: bool) -> tuple[str, ...]:
    strategy = str(remedy["strategy"])
    name = ("*" if is_default else "", _NAMES.get(strategy, strategy))
    if remedy["problem"] is not None:
        return (*name, "-", "-", "-", "-", "-")
    return (
        *name,
        str(len(remedy["offsets"])),
        _skipped(remedy["partitions"]),
        _again(remedy["partitions"]),
        str(remedy["report_runs"]) if remedy["catches_up"] else "no end",
        _next(remedy["partitions"]),
    )


def _skipped(partitions: Sequence[Data]) -> str:
    texts = []
    seconds = [length(one["skipped"]) for one in partitions if one["skipped"]]
    if seconds:
        texts.append(_of_each(seconds))
    lost = sum(one["lost_rows"] for one in partitions)
    if lost:
        texts.append(counted(lost, "row"))
    return ", ".join(texts) or "nothing"


def _again(partitions: Sequence[Data]) -> str:
    texts = []
    seconds = [one["redelivered_seconds"] for one in partitions if one["redelivered_seconds"]]
    if seconds:
        texts.append(_of_each(seconds))
    rows = sum(one["redelivered_rows"] for one in partitions)
    if rows:
        texts.append(counted(rows, "row"))
    return ", ".join(texts) or "nothing"


def _of_each(seconds: Sequence[int]) -> str:
    """``3 x 12 d``, or ``3 x <= 12 d`` where the partitions differ."""
    longest = show_seconds(max(seconds))
    at_most = "" if len(set(seconds)) == 1 else "<= "
    return f"{len(seconds)} x {at_most}{longest}" if len(seconds) > 1 else longest


def _next(partitions: Sequence[Data]) -> str:
    first = [one["next_request"] for one in partitions if one["next_request"] is not None]
    if not first:
        return "none"
    return f"{len(first)} from {show_day(min(request['interval_start'] for request in first))}"


def _remarks(remedy: Data) -> Iterator[str]:
    if remedy["blocked_by"] is not None:
        yield f"stays stuck: {remedy['blocked_by']}"
    if remedy["requires"] is not None:
        yield f"needs {remedy['requires']}" if remedy["requires"] != remedy["strategy"] else "only if you choose it"
    skipping = [one for one in remedy["partitions"] if one["skipped"]]
    if skipping:
        comes = all(one["next_round_delivers_skipped"] for one in skipping)
        yield "the next round delivers what is skipped" if comes else "skips data for good"
    requests = [one["next_request"] for one in remedy["partitions"] if one["next_request"] is not None]
    resumed = sum(request["resumed_run"] is not None for request in requests)
    if resumed:
        yield f"resumes {counted(resumed, 'run')}"
    if remedy["ignored"]:
        yield f"ignored in {counted(len(remedy['ignored']), 'partition')}"
    affected = sum(one["affected"] for one in remedy["partitions"])
    if affected:
        yield f"moves {counted(affected, 'other partition')}"
    for one in remedy["partitions"]:
        if one["hangs"]:
            yield f"hangs at {one['partition']['timezone']} {one['partition']['report_type']}"
