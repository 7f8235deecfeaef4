# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run over several clusters, in lines that fit one screen however many clusters there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    ConnectorReport,
    RunReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import (
    TONES,
    badness,
    counted_outcomes,
    in_words,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VerdictName

# More would not fit one screen together with the lines above and below.
_MOST = 10


def fleet_lines(run: RunReport, partitions: Mapping[VerdictName, int]) -> list[str]:
    """How many there are of each outcome, the ten worst, and how to see the rest; nothing for a single cluster.

    ``partitions``: how many of each verdict there are in all clusters; empty if nobody looked.
    """
    if len(run.clusters) < 2:
        return []
    connectors = [connector.outcome for cluster in run.clusters for connector in cluster.connectors]
    lines = wrapped(run.message, indent="")
    lines += wrapped(f"connectors: {counted_outcomes(connectors) or 'none'}")
    if partitions:
        # They were judged before anything was changed.
        before = " before" if run.playbook == "recover" and not run.is_preview else ""
        lines += wrapped(f"partitions{before}: {counted_outcomes(partitions)}")
    troubled = list(_worst_first(run.clusters))
    if not troubled:
        return [*lines, ""]
    shown = troubled[:_MOST]
    lines += ["", *_rows(shown)]
    if len(troubled) > len(shown):
        lines += wrapped(
            f"and {len(troubled) - len(shown)} more. To see one cluster, run this playbook with --limit <cluster>; for all, set"
            " connectops_report_dir to a folder."
        )
    return [*lines, ""]


def _worst_first(clusters: Sequence[ClusterReport]) -> Iterator[tuple[str, str, str, str]]:
    """Cluster, connector, outcome and reason of what is not healthy; a cluster that failed as a whole has no connector."""
    rows: list[tuple[int, str, str, str, str]] = []
    for cluster in clusters:
        troubled = [one for one in cluster.connectors if TONES[one.outcome] in ("bad", "doubtful")]
        for one in troubled:
            rows.append((badness(one.outcome), cluster.label, one.name, in_words(one.outcome), _why(one, cluster)))
        if cluster.problem is not None and not troubled:
            rows.append((badness(cluster.outcome), cluster.label, "", in_words(cluster.outcome), cluster.problem))
    for _badness, label, name, outcome, why in sorted(rows):
        yield label, name, outcome, why


def _why(connector: ConnectorReport, cluster: ClusterReport) -> str:
    # Why nothing was done about a verdict says more than the verdict.
    not_done = cluster.problem if connector.outcome == connector.verdict else None
    return connector.problem or not_done or connector.why or ""


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line for each, so that they stay on one screen: the rest of a reason is above, and in the report."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        line = "  ".join(["", *(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        yield line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
