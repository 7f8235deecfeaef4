# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The remedies compared for a situation of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    make_forecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import judge
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    Remedies,
    Remedy,
    compare_remedies,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import StripeState
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import has_failed
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from unit.connectors.stripe_reporting.cases import (
    PST,
    TYPE,
    situation,
)

BLOCKER = f"{PST} {TYPE}"


def compared(
    of: Connector,
    stripe: Mapping[ReportPartition, StripeState] | None = None,
    blocker: str | None = None,
    given: Sequence[ResetRequest] = (),
) -> Remedies:
    return compared_in(situation(of, stripe), blocker, given)


def compared_in(it: Situation, blocker: str | None = None, requests: Sequence[ResetRequest] = ()) -> Remedies:
    restarted = make_forecast(it)
    found = judge(it, Limits(), restarted)
    left_alone = found.left_alone
    if blocker is not None:
        left_alone = replace(left_alone, blocked_by=f"every poll still fails at {blocker}")
    elif not has_failed(it.connector) and not found.dropped:
        left_alone = replace(left_alone, blocked_by=None)
    return compare_remedies(it, restarted, left_alone, requests)


def named(remedies: Remedies, strategy: str) -> Remedy:
    return next(remedy for remedy in remedies.compared if remedy.strategy == strategy)


def default(remedies: Remedies) -> str | None:
    return None if remedies.default is None else remedies.default.strategy
