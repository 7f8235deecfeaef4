# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on one run, from what it has left of each cluster."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.cluster import (
    cluster_report,
    without_report,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.connectors import ReportOfKind
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    Playbook,
    RunReport,
)


def run_report(
    playbook: Playbook,
    clusters: Iterable[Found],
    of_kind: ReportOfKind,
    *,
    made_at: int,
    run_by: str,
    is_preview: bool,
    in_short: bool = False,
) -> RunReport:
    """``made_at``: epoch seconds. ``run_by``: user and host. ``in_short``: without what only a page of a cluster shows.

    One cluster is taken after the other, since what was found of each is large.
    """
    whole = (_of_cluster(found, playbook, made_at, of_kind, is_preview=is_preview) for found in clusters)
    reports = tuple(one.in_short() if in_short else one for one in whole)
    return RunReport(playbook, is_preview, made_at, run_by, reports)


def _of_cluster(
    found: Found, playbook: Playbook, made_at: int, of_kind: ReportOfKind, *, is_preview: bool
) -> ClusterReport:
    try:
        return cluster_report(found, playbook, made_at, of_kind, is_preview=is_preview)
    except Exception as error:
        # What is wrong with the report on one cluster must not take those on the others.
        return without_report(found.label, error)
