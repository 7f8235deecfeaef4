# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says became of a connector, a cluster or a run: one word, and how bad it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OutcomeName
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VerdictName

Tone = Literal["bad", "doubtful", "calm", "good"]

# Verdicts and outcomes of a recovery are among them, with the words that they have elsewhere.
ReportOutcome = Literal[OutcomeName, VerdictName, "failed", "planned", "changed", "deviates"]
# From bad to good.
TONES: dict[ReportOutcome, Tone] = {
    "failed": "bad",
    "not_recovered": "bad",
    "stuck": "bad",
    "blocked": "bad",
    "recovering": "doubtful",
    "not_proven": "doubtful",
    "unknown": "doubtful",
    "planned": "doubtful",
    "stopped": "doubtful",
    "missing": "doubtful",
    "late": "doubtful",
    "deviates": "doubtful",
    "changed": "calm",
    "not_verified": "calm",
    "orphaned": "calm",
    "recovered": "good",
    "ok": "good",
}
OUTCOMES = tuple(TONES)
# A cluster without a connector to report on.
NOTHING: ReportOutcome = "unknown"


def worst_outcome(outcomes: Iterable[ReportOutcome]) -> ReportOutcome:
    """The worst of them; ``unknown`` of nothing, since nothing seen is not a good sign."""
    return min(outcomes, key=badness, default=NOTHING)


def badness(outcome: ReportOutcome) -> int:
    """The rank of an outcome, 0 for the worst."""
    return OUTCOMES.index(outcome)


def counted_outcomes(outcomes: Iterable[ReportOutcome]) -> str:
    """``1 not recovered, 2 ok``, worst first; empty for nothing. A Counter of outcomes is one that was counted before."""
    found = Counter(outcomes)
    return ", ".join(f"{found[one]} {in_words(one)}" for one in sorted(found, key=badness))


def in_words(outcome: str) -> str:
    return outcome.replace("_", " ")
