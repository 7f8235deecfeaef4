# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts and results with fewer details, so that those of hundreds of clusters and connectors stay small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition

Details = Literal["problems", "all", "none"]
DETAIL_LEVELS: tuple[Details, ...] = get_args(Details)
Data = Mapping[str, Any]

# A list of a connector's facts that names partitions, but only those with which something is wrong.
_FINDINGS = "findings"
# What a summary says of each connector.
_OF_A_SUMMARY = ("verdict", "counts")
# What a remedy does to each partition; the sums beside them stay.
_OF_A_REMEDY = ("offsets", "ignored", "partitions")

# The keys of the results of a change and of a verification that have an entry for each partition.
_OF_A_RESULT = ("forecast", "preflight", "partitions", "history")
_OF_A_PLAN = ("offsets", "presumed", "request")

# The number of printed lines that stay in a result: AWX drops a result that is too large.
_MOST_LINES = 500


def with_details(facts: Data, details: Details) -> dict[str, Any]:
    """The facts that connect_offsets_facts returns, with the entries of fewer partitions; no verdict, count or line changes."""
    if details == "all":
        return dict(facts)
    return {**facts, "connectors": {name: _fewer(one, details) for name, one in facts["connectors"].items()}}


def summary_of(facts: Data) -> dict[str, Any]:
    """The facts with the verdict and the counts of each connector and nothing else of it, and with the first lines for people."""
    connectors = {name: {key: one[key] for key in _OF_A_SUMMARY} for name, one in facts["connectors"].items()}
    return {**facts, "connectors": connectors, "preview": first_lines(facts["preview"])}


def first_lines(lines: Sequence[str]) -> list[str]:
    """The beginning of what was printed, and how much more there is."""
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], f"... and {more} more lines."] if more > 0 else list(lines)


def in_short(connectors: Mapping[str, Data]) -> dict[str, dict[str, Any]]:
    """The connectors of a result of a change or of a verification, without what has an entry for each partition."""
    return {name: _in_short(one) for name, one in connectors.items()}


def _in_short(connector: Data) -> dict[str, Any]:
    short = {key: value for key, value in connector.items() if key not in _OF_A_RESULT}
    if plan := connector.get("plan"):
        short["plan"] = {key: value for key, value in plan.items() if key not in _OF_A_PLAN}
    return short


def _fewer(connector: Data, details: Details) -> dict[str, Any]:
    listed = set()
    if details == "problems":
        listed = {Partition.of(one["partition"]) for one in connector["verdicts"] if one["verdict"] != "ok"}

    def is_listed(entry: Data) -> bool:
        return bool(listed) and Partition.of(entry["partition"]) in listed

    fewer = {**connector, **_filtered(connector, is_listed), "records": []}
    if measures := connector.get("measures"):
        # Where the data ends is in the list "available" as well.
        fewer["measures"] = {**measures, "partitions": []}
    if remedies := connector.get("remedies"):
        compared = [
            {key: value for key, value in one.items() if key not in _OF_A_REMEDY} for one in remedies["compared"]
        ]
        fewer["remedies"] = {**remedies, "compared": compared}
    return fewer


def _filtered(of: Data, is_listed: Callable[[Data], bool]) -> dict[str, Any]:
    """The lists that have an entry for each partition, or several, whatever the connector's kind has found out."""
    return {
        key: [one for one in value if is_listed(one)]
        for key, value in of.items()
        if key != _FINDINGS
        and isinstance(value, list)
        and value
        and isinstance(value[0], Mapping)
        and "partition" in value[0]
    }
