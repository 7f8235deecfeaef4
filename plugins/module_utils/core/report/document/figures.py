# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in a few figures, for the top of its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    PartitionReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import Tone
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.spans import length
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import STUCK


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    tone: Tone


def figures(cluster: ClusterReport) -> tuple[Figure, ...]:
    return tuple(_figures(cluster))


def _figures(cluster: ClusterReport) -> Iterator[Figure]:
    partitions = [part for one in cluster.connectors for part in one.partitions]
    stuck = sum(part.verdict in STUCK for part in partitions)
    if cluster.read_at is not None:
        yield Figure("stuck partitions found", f"{stuck} of {len(partitions)}", "bad" if stuck else "good")
    verified = [part for part in partitions if part.outcome is not None]
    if verified:
        good = sum(part.outcome == "recovered" for part in verified)
        yield Figure("recovered", f"{good} of {len(verified)}", "good" if good == len(verified) else "bad")
    planned = [one for one in cluster.connectors if one.plan_id is not None]
    if not planned:
        return
    changes = (
        counted(sum(len(one.settings) for one in planned), "setting"),
        counted(sum(part.changed for one in planned for part in one.partitions), "offset"),
    )
    is_preview = all(one.outcome == "planned" for one in planned)
    yield Figure("to change" if is_preview else "changed", ", ".join(changes), "calm")
    if all(one.understood for one in planned):
        parts = [part for one in planned for part in one.partitions]
        skipped, again = skipped_of(parts), redelivered_of(parts)
        yield Figure("data skipped", skipped or "nothing", "bad" if skipped else "good")
        yield Figure("read twice", again or "nothing", "doubtful" if again else "good")


def skipped_of(parts: list[PartitionReport]) -> str:
    """What is never delivered, of all these partitions together; empty for nothing."""
    seconds = sum(length(part.skipped) for part in parts)
    rows = sum(part.lost_rows for part in parts)
    return _shown(seconds, rows)


def redelivered_of(parts: list[PartitionReport]) -> str:
    """What is delivered twice, of all these partitions together; empty for nothing."""
    return _shown(sum(part.redelivered_seconds for part in parts), sum(part.redelivered_rows for part in parts))


def _shown(seconds: int, rows: int) -> str:
    found = [show_seconds(seconds)] if seconds else []
    return " and ".join([*found, counted(rows, "row")] if rows else found)
