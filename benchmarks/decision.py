# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to judge one stuck Stripe connector and to plan its reset, and to judge a fleet: CPU time alone.

Nothing is read: the connectors are made here, Stripe is not asked, and Connect is not there. The config is parsed, so the
number of times that it is parsed counts. Each run begins as a task does, with nothing kept from earlier ones.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from functools import partial
from unittest import mock

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting import rounds
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import NOW, connector, offset

RUNS = 15
CONNECTORS = 10
KIND = StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers())


# Eleven rounds behind, and done with the current one.
STUCK, WELL = offset("2026-11-11", "2026-11-12"), offset("2026-11-23", "2026-11-23", done=True)


def connector_with(stored: Offset, timezones: int, report_types: int, initial_load: str = "2026-10-01") -> Connector:
    """A connector with the same offset for each timezone and report type."""
    offsets = {(f"Zone/{zone:03}", f"type.{one}.1"): stored for zone in range(timezones) for one in range(report_types)}
    return connector(offsets, initial_load=initial_load)


def judge(*connectors: Connector) -> None:
    judge_one = Judge("connect-1", Limits(), (KIND,))
    for of in connectors:
        judge_one(Read(of, NOW))


def decide(of: Connector) -> None:
    KIND.decide(KIND.read_outside(Read(of, NOW)), ResetRequest("continue"))


def cpu_milliseconds(work: Callable[[], None]) -> float:
    """The median of several runs, each without a collection of garbage in between."""
    took = []
    for _run in range(RUNS + 1):
        rounds.kept_fires.cache_clear()
        gc.collect()
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took[1:])


def parsed(work: Callable[[], None]) -> int:
    """How often the config is parsed."""
    rounds.kept_fires.cache_clear()
    with mock.patch.object(rounds, "quartz_to_croniter", wraps=rounds.quartz_to_croniter) as count:
        work()
    return count.call_count


def print_one_connector() -> None:
    print(f"{'partitions':>10}  {'initial load':>12}  {'judge':>8}  {'plan':>8}  {'config parsed':>13}")
    for timezones, report_types, initial_load in ((10, 5, "2026-10-01"), (10, 5, "2026-01-01"), (200, 5, "2026-10-01")):
        of = connector_with(STUCK, timezones, report_types, initial_load)
        judged, decided = partial(judge, of), partial(decide, of)
        print(
            f"{timezones * report_types:>10}  {initial_load:>12}"
            f"  {cpu_milliseconds(judged):>5.1f} ms  {cpu_milliseconds(decided):>5.1f} ms"
            f"  {parsed(judged):>6} + {parsed(decided)}"
        )


def print_fleet() -> None:
    print(f"\n{CONNECTORS} connectors of 50 partitions, to judge:")
    for how, stored in (("all is well", WELL), ("all are stuck", STUCK)):
        fleet = [connector_with(stored, 10, 5) for _one in range(CONNECTORS)]
        milliseconds = cpu_milliseconds(partial(judge, *fleet))
        print(
            f"  {how:<14}{milliseconds:>6.1f} ms, {milliseconds * 1000 / CONNECTORS / 50:>4.0f} us for each partition"
        )


print_one_connector()
print_fleet()
