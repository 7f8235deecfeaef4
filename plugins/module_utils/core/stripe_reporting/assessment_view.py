# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a Stripe reporting connector, for a person."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.assess import StripeAssessment
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.preview import stripe_headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.view import counted, table, wrapped


def assessment_lines(connector: Connector, assessment: StripeAssessment, cluster: str) -> list[str]:
    """The state of a connector: a headline, a verdict for each partition, who blocks, and what doing nothing costs."""
    rows = [("timezone", "report type", "verdict", "delivered up to", "why")]
    for verdict in assessment.verdicts:
        fields = verdict.partition.as_dict()
        # Of one that is blocked it matters by whom; how old it is says nothing about it.
        telling = verdict.reasons[:1] if verdict.verdict == "blocked" else verdict.reasons
        rows.append(
            (
                str(fields.get("timezone", "-")),
                str(fields.get("report_type", "-")),
                verdict.verdict,
                show_day(verdict.delivered_to),
                ", ".join(reason.words for reason in telling),
            )
        )
    lines = [stripe_headline(connector, assessment, cluster), "", *table(rows)]
    if assessment.verdict != "ok":
        lines += ["", *_blocker_lines(assessment), *_cost_lines(assessment)]
    return lines


def _blocker_lines(assessment: StripeAssessment) -> list[str]:
    blocker = assessment.blocker
    if blocker is None:
        return []
    if blocker.certainty == "one of":
        return wrapped(f"Held up by {blocker}: only their report runs, or the workers' logs, tell by which.")
    return wrapped(f"Held up by {blocker} ({blocker.certainty}): {blocker.reason.words}.")


def _cost_lines(assessment: StripeAssessment) -> list[str]:
    runs = assessment.left_alone.runs
    missed = f"{counted(assessment.rounds_behind, 'round')} missed so far"
    if assessment.blocker is not None:
        runs_then = f"should the polls succeed again, {counted(runs, 'report run')} to get current"
        cost = f"{missed}, and every further one will be; {runs_then}"
    elif not assessment.left_alone.is_complete:
        cost = f"{missed}, and it never gets current by itself"
    else:
        cost = f"{missed}, {counted(runs, 'report run')} to get current"
    return wrapped(f"Left alone: {cost}.")
