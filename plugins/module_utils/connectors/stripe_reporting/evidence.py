# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a connector besides its offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import LogFacts


@dataclass(frozen=True)
class Evidence:
    """What is known besides the offsets; all of it may be empty.

    ``histories``: the report runs of each timezone whose account was asked. ``refused``: the timezones whose own key, the
    one in the connector's config, Stripe refuses. ``log``: what the worker's log says of the connector.
    """

    histories: Mapping[str, RunHistory]
    refused: frozenset[str] = frozenset()
    log: LogFacts | None = None

    def runs_of(self, partition: ReportPartition) -> Sequence[ReportRun] | None:
        """The report runs of a partition, newest first; None where its account was not asked."""
        if partition.timezone not in self.histories:
            return None
        return self._runs.get(partition, ())

    @cached_property
    def _runs(self) -> Mapping[ReportPartition, Sequence[ReportRun]]:
        found: dict[ReportPartition, list[ReportRun]] = {}
        for timezone, history in self.histories.items():
            for run in history.runs:
                found.setdefault(ReportPartition(timezone, run.report_type), []).append(run)
        return found

    def bytes_of(self, partition: ReportPartition, seconds: int) -> int | None:
        """The estimated size of the reports on that much data, from earlier reports; None if none of these has a size."""
        sized = [run for run in self.runs_of(partition) or () if run.file_bytes is not None and run.end > run.start]
        if not seconds or not sized:
            return None if seconds else 0
        return sum(run.file_bytes or 0 for run in sized) * seconds // sum(run.end - run.start for run in sized)


NO_EVIDENCE = Evidence({})
