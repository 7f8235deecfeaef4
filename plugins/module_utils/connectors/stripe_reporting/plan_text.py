# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a plan for people: what the connector will do next, skip, and deliver twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.partition_table import (
    PartitionRow,
    partition_table,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    DEFAULT_MAX_WAIT_MILLISECONDS,
    MAX_WAIT,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_day,
    show_milliseconds,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import (
    order_lines,
    plan_headline,
    setting_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import length

Data = Mapping[str, Any]


def round_remark(progress: Data) -> str:
    """On which round the connector works, from a forecast or the facts of a connector."""
    behind = f"{counted(progress['rounds_behind'], 'round')} behind" if progress["rounds_behind"] else "the current one"
    return f"works on round {show_moment(progress['worked_round'])}, {behind}"


def plan_lines(plan: Data, forecast: Data, config: Mapping[str, str]) -> list[str]:
    """The plan: first what it costs, then what changes for each partition. ``config`` is the present one."""
    rows = [
        PartitionRow(
            one["partition"]["timezone"],
            one["partition"]["report_type"],
            (_continues(one), str(one["report_runs"]), _next(one)),
            mark="~" if one["changed"] else "=",
        )
        for one in forecast["partitions"]
    ]
    return [
        plan_headline(plan, f"round {show_moment(forecast['worked_round'])}"),
        *_totals(forecast),
        *(line for note in forecast["notes"] for line in wrapped(f"Note: {note}")),
        "",
        *setting_lines(plan),
        *partition_table(("continues at", "runs", "next request"), rows),
        "",
        *order_lines(plan, _abandoned_poll(config) if plan["state"] == "RUNNING" else ""),
    ]


def skipped_text(skipped: list[list[int]]) -> str:
    """``2026-11-11..2026-11-23 (12 d)``."""
    spans = ", ".join(show_span(start, end) for start, end in skipped)
    return f"{spans} ({show_seconds(length(skipped))})"


def _abandoned_poll(config: Mapping[str, str]) -> str:
    wait = config.get(MAX_WAIT, str(DEFAULT_MAX_WAIT_MILLISECONDS)).strip()
    # A connector without a number there has no task that could be waiting.
    milliseconds = whole_number(wait)
    if milliseconds is None or milliseconds < 0:
        return ""
    return f" (a hanging poll is abandoned; it may keep asking Stripe for up to {show_milliseconds(milliseconds)})"


def _continues(one: Data) -> str:
    if not one["has_offset"]:
        return "(deleted)" if one["changed"] else "(no offset)"
    return show_day(one["delivered_to"])


def _next(one: Data) -> str:
    request = one["next_request"]
    if request is None:
        return f"none ({one['problem']})" if one["problem"] else "none"
    return _request_text(request, one["stripe_asked"])


def _request_text(request: Data, stripe_asked: bool) -> str:
    start, end = request["interval_start"], request["interval_end"]
    if request["resumed_run"] is not None:
        return f"resumes {request['resumed_run']} at row {request['first_row']}"
    return show_span(start, end) if stripe_asked else f"{show_day(start)}..(data end)"


def _totals(forecast: Data) -> list[str]:
    partitions = forecast["partitions"]
    skipped = [
        (
            one,
            skipped_text(one["skipped"])
            + (", which the next round delivers" if one["next_round_delivers_skipped"] else ", for good"),
        )
        for one in partitions
        if one["skipped"]
    ]
    skipped += [(one, counted(one["lost_rows"], "row")) for one in partitions if one["lost_rows"]]
    again = [(one, show_seconds(one["redelivered_seconds"])) for one in partitions if one["redelivered_seconds"]]
    again += [(one, counted(one["redelivered_rows"], "row")) for one in partitions if one["redelivered_rows"]]
    if skipped or again:
        lines = [*_listed("Skipped", skipped, partitions), *_listed("Read twice", again, partitions)]
    else:
        lines = ["  Skipped: nothing.  Read twice: nothing."]
    runs = f"Report runs to catch up: {_runs(forecast)} (left alone: {_runs(forecast['left_alone'])})."
    if not forecast["stripe_asked"]:
        runs += " Stripe was not asked: its data is assumed to end with yesterday."
    return [*lines, *wrapped(runs)]


def _listed(head: str, costs: list[tuple[Data, str]], partitions: Sequence[Data]) -> list[str]:
    """What is skipped or read twice, with the partitions of each; those with the same cost share a paragraph."""
    if not costs:
        return [f"  {head}: nothing."]
    one_type = len({one["partition"]["report_type"] for one in partitions}) == 1
    names: dict[str, list[str]] = {}
    for one, text in costs:
        partition = one["partition"]
        name = partition["timezone"] if one_type else f"{partition['timezone']} {partition['report_type']}"
        names.setdefault(text, []).append(name)
    lines = [f"  {head}:"]
    for text, of in names.items():
        whose = "all partitions" if 1 < len(of) == len(partitions) else ", ".join(of)
        lines += wrapped(f"{whose}: {text}", "    ")
    return lines


def _runs(totals: Data) -> str:
    if not totals["catches_up"]:
        return "never catches up without help"
    return str(totals["report_runs"])
