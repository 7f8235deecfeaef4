# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of a Stripe reporting connector alone: its report runs, the wait for them, and the dropped timezones."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import MAX_WAIT
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import (
    NO_DATA,
    Data,
    Results,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    KindReport,
    SourceReport,
    SourceRun,
    Wait,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.partitions import partition_names


def report(results: Results) -> KindReport:
    """From the results of the steps, each of which may be missing."""
    facts, forecast = results.facts, results.change.get("forecast") or NO_DATA
    found = facts.get("suggested_wait") or NO_DATA
    left_alone = forecast.get("left_alone") or facts.get("left_alone") or NO_DATA
    dropped = (facts.get("dropped_timezones") or NO_DATA).items()
    return KindReport(
        partitions="timezones",
        source=SourceReport(
            noun="report run",
            wait=Wait(MAX_WAIT, found.get("current_milliseconds"), found.get("sufficient")),
            runs=tuple(_runs(facts)),
            runs_needed=forecast.get("report_runs"),
            runs_left_alone=left_alone.get("report_runs"),
        ),
        notes=(
            *(forecast.get("notes") or ()),
            *(f"the task has dropped the timezone {timezone}: {reason}" for timezone, reason in dropped),
        ),
    )


def _runs(facts: Data) -> Iterator[SourceRun]:
    names = partition_names([Partition.of(one["partition"]) for one in facts.get("verdicts") or ()])
    for one in facts.get("report_runs") or ():
        partition = Partition.of(one["partition"])
        yield SourceRun(names.get(partition, str(partition)), one["created"], one["status"], one["seconds"])
