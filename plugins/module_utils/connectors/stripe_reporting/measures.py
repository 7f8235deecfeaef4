# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be measured of a connector besides its verdicts, for the monitoring."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS

# The connector's own words, in the log.
_TIMED_OUT = "did not complete within"


def measures_data(situation: Situation) -> dict[str, Any]:
    """JSON, part of the connector's facts. What was not looked at is None."""
    evidence = situation.evidence
    since = situation.now - DAY_SECONDS
    runs = [run for history in evidence.histories.values() for run in history.runs]
    failed = sum(run.status == "failed" and run.created >= since for run in runs)
    failures = () if evidence.log is None else evidence.log.failures
    timeouts = sum(_TIMED_OUT in failure.message for failure in failures)
    return {
        "failed_runs": failed if evidence.histories else None,
        "timeouts": None if evidence.log is None else timeouts,
        "partitions": [_of_partition(situation, partition) for partition in situation.partitions],
    }


def _of_partition(situation: Situation, partition: ReportPartition) -> dict[str, Any]:
    stripe = situation.stripe[partition]
    return {
        "partition": situation.source_of(partition).as_dict(),
        "available_to": stripe.available_to if stripe.asked else None,
        "run_created": _oldest_without_result(situation, partition),
    }


def _oldest_without_result(situation: Situation, partition: ReportPartition) -> int | None:
    """When the oldest report run that is pending was asked for, epoch seconds."""
    stripe = situation.stripe[partition]
    created = [run.created for run in situation.evidence.runs_of(partition) or () if run.status == "pending"]
    if stripe.run_status == "pending" and stripe.run_created is not None:
        created.append(stripe.run_created)
    return min(created, default=None)
