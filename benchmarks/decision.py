# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to judge one stuck Stripe connector and to plan its reset: CPU time of the decisions alone.

Nothing is read: the connector is made here, Stripe is not asked, and Connect is not there. The config is parsed, so the
number of times that it is parsed counts.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from unittest import mock

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import rounds
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import NOW, connector, offset

RUNS = 15
KIND = StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers())


def stuck_connector(timezones: int, report_types: int, initial_load: str) -> Connector:
    """Eleven rounds behind, with an offset for each timezone and report type."""
    old = offset("2026-11-11", "2026-11-12")
    offsets = {(f"Zone/{zone:03}", f"type.{one}.1"): old for zone in range(timezones) for one in range(report_types)}
    return connector(offsets, initial_load=initial_load)


def judge(of: Connector) -> None:
    Judge("connect-1", Limits(), (KIND,))(Read(of, NOW))


def decide(of: Connector) -> None:
    KIND.decide(KIND.read_outside(Read(of, NOW)), ResetRequest("continue"))


def cpu_milliseconds(work: Callable[[Connector], None], of: Connector) -> float:
    """The median of several runs, each without a collection of garbage in between."""
    work(of)
    took = []
    for _run in range(RUNS):
        gc.collect()
        began = time.process_time()
        work(of)
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


def parsed(work: Callable[[Connector], None], of: Connector) -> int:
    """How often the config is parsed."""
    with mock.patch.object(rounds, "quartz_to_croniter", wraps=rounds.quartz_to_croniter) as count:
        work(of)
    return count.call_count


def main() -> None:
    print(f"{'partitions':>10}  {'initial load':>12}  {'judge':>8}  {'plan':>8}  {'config parsed':>13}")
    for timezones, report_types, initial_load in ((10, 5, "2026-10-01"), (10, 5, "2026-01-01"), (200, 5, "2026-10-01")):
        of = stuck_connector(timezones, report_types, initial_load)
        print(
            f"{timezones * report_types:>10}  {initial_load:>12}"
            f"  {cpu_milliseconds(judge, of):>5.1f} ms  {cpu_milliseconds(decide, of):>5.1f} ms"
            f"  {parsed(judge, of):>6} + {parsed(decide, of)}"
        )


main()
