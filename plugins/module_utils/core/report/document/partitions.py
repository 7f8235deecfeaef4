# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partitions of a connector for a report: the verdict, the plan, the forecast and the recovery of each, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition, show_fields
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OUTCOMES
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import NO_DATA, Data
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    Look,
    PartitionReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import Cost, costs_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.blocker import BlockerFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_or_none


def partition_reports(facts: Data, change: Data, recovery: Data) -> tuple[PartitionReport, ...]:
    """In the order of the connector's walk, where it is known. Each of the three may be empty."""
    plan = change.get("plan") or NO_DATA
    verdicts = _by_partition(facts.get("verdicts"))
    stored = _by_partition(facts.get("offsets"))
    written = _by_partition(plan.get("offsets"))
    seen = _by_partition(recovery.get("partitions"))
    histories = _by_partition(recovery.get("history"))
    available = _by_partition(facts.get("available"))
    costs = costs_of(change.get("forecast")) or {}
    blocker = BlockerFacts.of(facts.get("blocker"))
    blocking = () if blocker is None else blocker.partitions
    names = partition_names([*verdicts, *(one for one in (*written, *seen) if one not in verdicts)])

    def report(partition: Partition, name: str) -> PartitionReport:
        verdict, target = verdicts.get(partition, NO_DATA), written.get(partition, NO_DATA)
        now, cost = seen.get(partition, NO_DATA), costs.get(partition, Cost())
        offset = stored.get(partition, NO_DATA).get("offset")
        looks = tuple(Look(*point) for point in histories.get(partition, NO_DATA).get("points") or ())
        # If this run has not looked before the change, the offset stored at that time shows it.
        before = looks[0].delivered_to if looks and not verdict else None
        return PartitionReport(
            name=name,
            partition=partition.as_dict(),
            verdict=word_or_none(VERDICTS, verdict.get("verdict")),
            reasons=tuple(reason["message"] for reason in verdict.get("reasons") or ()),
            is_blocker=partition in blocking,
            delivered_before=verdict.get("delivered_to", before),
            delivered_after=now.get("delivered_to"),
            available_to=available.get(partition, NO_DATA).get("available_to", now.get("available_to")),
            outcome=word_or_none(OUTCOMES, now.get("outcome")),
            outcome_reason=now.get("reason"),
            offset_before=target.get("before", offset) if target else offset,
            offset_after=target.get("after") if target else None,
            changed=bool(target),
            skipped=cost.skipped,
            redelivered_seconds=cost.redelivered_seconds,
            redelivered_rows=cost.redelivered_rows,
            lost_rows=cost.lost_rows,
            history=looks,
        )

    return tuple(report(partition, name) for partition, name in names.items())


def partition_names(partitions: Sequence[Partition]) -> dict[Partition, str]:
    """A short name for each: the values of those fields in which they differ; of a single one all fields."""
    fields = list(dict.fromkeys(name for one in partitions for name in one.as_dict()))
    differing = [name for name in fields if len({one.get(name) for one in partitions}) > 1]
    names = {}
    for one in partitions:
        values = [str(one.get(name)) for name in differing if one.get(name) is not None]
        names[one] = " ".join(values) or show_fields(one.as_dict()) or "all"
    return names


def _by_partition(entries: Iterable[Data] | None) -> dict[Partition, Data]:
    return {Partition.of(one["partition"]): one for one in entries or ()}
