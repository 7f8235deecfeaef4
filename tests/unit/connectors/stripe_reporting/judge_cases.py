# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on connectors made in a line each."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
    judge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
)
from unit.connectors.stripe_reporting.cases import (
    DAY,
    NOW,
    PST,
    TODAY,
    accounts,
    connector,
    situation,
)

YESTERDAY = TODAY - DAY


def judged(
    of: Connector,
    available_end: str | int = TODAY,
    *,
    now: float = NOW,
    limits: Limits | None = None,
    **stripe: Any,
) -> StripeJudgement:
    return judge(situation(of, accounts(of, available_end, **stripe), now), limits or Limits())


def verdict_on(stored: Offset, available_end: str | int = TODAY, **options: Any) -> tuple[str, list[str]]:
    """The verdict on PST, the only partition, and the codes of its reasons."""
    verdict = judged(connector({PST: stored}), available_end, **options).verdicts[0]
    return verdict.verdict, [reason.code for reason in verdict.reasons]
