# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a Stripe reporting connector, for a person."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.plan_text import (
    stripe_headline,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_day
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped


def state_lines(connector: Connector, judgement: StripeJudgement, cluster: str) -> list[str]:
    """The state of a connector: a headline, a verdict for each partition, who blocks, and what doing nothing costs."""
    rows = [("timezone", "report type", "verdict", "delivered up to", "why")]
    for verdict in judgement.verdicts:
        fields = verdict.partition.as_dict()
        # Of one that is blocked it matters by whom; how old it is says nothing about it.
        telling = verdict.reasons[:1] if verdict.verdict == "blocked" else verdict.reasons
        rows.append(
            (
                str(fields.get("timezone", "-")),
                str(fields.get("report_type", "-")),
                verdict.verdict,
                show_day(verdict.delivered_to),
                ", ".join(reason.message for reason in telling),
            )
        )
    lines = [stripe_headline(connector, judgement, cluster), "", *table(rows)]
    if judgement.verdict != "ok":
        lines += ["", *_blocker_lines(judgement), *_cost_lines(judgement)]
    return lines


def _blocker_lines(judgement: StripeJudgement) -> list[str]:
    blocker = judgement.blocker
    if blocker is None:
        return []
    if blocker.certainty == "one_of":
        return wrapped(f"Held up by {blocker}: only their report runs, or the workers' logs, tell by which.")
    return wrapped(f"Held up by {blocker} ({blocker.certainty}): {blocker.reason.message}.")


def _cost_lines(judgement: StripeJudgement) -> list[str]:
    runs = judgement.left_alone.runs
    missed = f"{counted(judgement.rounds_behind, 'round')} missed so far"
    if judgement.blocker is not None:
        runs_then = f"should the polls succeed again, {counted(runs, 'report run')} to get current"
        cost = f"{missed}, and every further one will be; {runs_then}"
    elif not judgement.left_alone.is_complete:
        cost = f"{missed}, and it never gets current by itself"
    else:
        cost = f"{missed}, {counted(runs, 'report run')} to get current"
    return wrapped(f"Left alone: {cost}.")
