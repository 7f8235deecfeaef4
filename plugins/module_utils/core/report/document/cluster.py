# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster of a report: its connectors, what is open, the checklist and the timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.checklist import (
    recovery_checklist,
    rollback_checklist,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.connectors import (
    ReportOfKind,
    connector_report,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import (
    Found,
    is_without_change,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    ConnectorReport,
    Playbook,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import (
    ReportOutcome,
    badness,
    in_words,
    worst_outcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.timeline import phases, timeline
from ansible_collections.connectops.recovery.plugins.module_utils.errors import unexpected

# The outcomes of a connector for which a run fails.
_FAILURES = frozenset({"failed", "not_recovered", "not_proven", "recovering"})
NOT_REACHED = "The run did not process this cluster: see its error in the output of the run."
NOT_AGREED = "No plan was agreed to for this cluster, so nothing was changed."


def cluster_report(
    found: Found, playbook: Playbook, made_at: int, of_kind: ReportOfKind, *, is_preview: bool
) -> ClusterReport:
    """``made_at``: when the report is made, in epoch seconds."""
    connectors = sorted(
        (connector_report(found, name, of_kind, is_preview=is_preview) for name in found.names),
        key=lambda one: (badness(one.outcome), one.name),
    )
    problem = found.problem
    if problem is None and found.is_empty and not found.is_not_agreed:
        problem = NOT_REACHED
    is_rollback = playbook == "rollback"
    checklist = (
        rollback_checklist(connectors, is_preview=is_preview)
        if is_rollback
        else recovery_checklist(found, connectors, is_preview=is_preview)
    )
    return ClusterReport(
        label=found.label,
        outcome=_outcome(connectors, found, problem),
        problem=problem,
        connect_version=found.offsets.get("version") or None,
        read_at=None if "read_at" not in found.offsets else int(found.offsets["read_at"]),
        connectors=tuple(connectors),
        open_points=tuple(dict.fromkeys(_open_points(found, connectors, problem))),
        checklist=checklist,
        phases=() if is_rollback else phases(found, connectors, checklist, made_at),
        timeline=timeline(found, connectors),
        next_steps=tuple((found.changed or found.planned).get("next_steps") or ()),
    )


def without_report(label: str, error: Exception, outcome: ReportOutcome = "failed") -> ClusterReport:
    """All that is said of a cluster where the code fails to make its report."""
    problem = unexpected(label, error, "Cluster").sentence
    return ClusterReport(label, outcome, problem, open_points=(problem,))


def _outcome(connectors: Sequence[ConnectorReport], found: Found, problem: str | None) -> ReportOutcome:
    outcomes = [one.outcome for one in connectors]
    if found.stuck_after_resume:
        outcomes.append("stopped")
    # If a connector has failed, its own outcome shows that already.
    if problem is not None and not _FAILURES.intersection(outcomes):
        outcomes.append("failed")
    if not outcomes and is_without_change(found.verified):
        return "not_verified"
    return worst_outcome(outcomes)


def _open_points(found: Found, connectors: Sequence[ConnectorReport], problem: str | None) -> Iterator[str]:
    """What a person still has to know or to do, the most urgent first."""
    if problem is not None:
        yield problem
    elif is_without_change(found.verified):
        yield found.verified["msg"]
    elif found.is_not_agreed:
        yield NOT_AGREED
    for name in found.stuck_after_resume:
        yield (
            f"{name}: STOPPED, and it would be stuck after a resume; name it in connectops_connectors to recover it, or in"
            " connectops_stay_stopped to leave it STOPPED."
        )
    for one in connectors:
        if one.outcome in ("not_recovered", "not_proven", "recovering", "unknown", "stuck", "blocked"):
            yield f"{one.name}: {in_words(one.outcome)}{f': {_without_stop(one.why)}' if one.why else ''}."
        for evidence in one.evidence:
            if evidence.status in ("failed", "open"):
                yield f"{one.name}: {evidence.checkpoint}: {_without_stop(evidence.message)}."
        for deviation in found.policy(one.name).get("deviations") or ():
            yield f"{one.name}: {deviation['message']}"
        if one.name in found.not_fixed:
            yield f"{one.name}: not fixed: {_without_stop(found.not_fixed[one.name])}."
        for note in one.kind.notes:
            yield f"{one.name}: {note}"
        if any(part.skipped or part.lost_rows for part in one.partitions):
            yield f"{one.name}: the plan skips data, see the partitions."
    ended = {one.name for one in connectors if one.backup_file is not None and one.problem is None}
    for name in sorted({*(found.offsets.get("unfinished") or ())} - ended):
        yield f"{name}: an earlier change was begun but not finished when the connector was read."
    yield from found.warnings


def _without_stop(sentence: str) -> str:
    return sentence.removesuffix(".")
