# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be measured of a Stripe reporting connector, from its report runs and its log."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.measures import Measures, PartitionMeasures

# The connector's own words, in the log.
_TIMED_OUT = "did not complete within"


def measures_of(situation: Situation) -> Measures:
    """What was not looked at is None."""
    evidence = situation.evidence
    since = situation.now - DAY_SECONDS
    runs = [run for history in evidence.histories.values() for run in history.runs]
    failed = sum(run.status == "failed" and run.created >= since for run in runs)
    failures = () if evidence.log is None else evidence.log.failures
    timeouts = sum(_TIMED_OUT in failure.message for failure in failures)
    return Measures(
        failed if evidence.histories else None,
        None if evidence.log is None else timeouts,
        {situation.source_of(one): _of_partition(situation, one) for one in situation.partitions},
    )


def _of_partition(situation: Situation, partition: ReportPartition) -> PartitionMeasures:
    stripe = situation.stripe[partition]
    return PartitionMeasures(
        stripe.available_to if stripe.asked else None, _oldest_without_result(situation, partition)
    )


def _oldest_without_result(situation: Situation, partition: ReportPartition) -> int | None:
    """When the oldest report run that is pending was asked for, epoch seconds."""
    stripe = situation.stripe[partition]
    created = [run.created for run in situation.evidence.runs_of(partition) or () if run.status == "pending"]
    if stripe.run_status == "pending" and stripe.run_created is not None:
        created.append(stripe.run_created)
    return min(created, default=None)
