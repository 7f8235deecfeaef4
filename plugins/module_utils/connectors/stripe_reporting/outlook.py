# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the connector still has to do for each partition, and how long one report run takes: how long a recovery may take."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.dropped import Dropped
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PartitionForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import (
    WaitSuggestion,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook, Work

# The next report run may be slower than every earlier one.
_SLOWER = 1.5


def make_outlook(
    situation: Situation, forecast: Forecast, dropped: Mapping[str, Dropped], wait: WaitSuggestion
) -> Outlook:
    """The outlook for the task that runs. ``forecast``: for the stored offsets; ``dropped``: by timezone."""
    slowest = wait.slowest_seconds
    longest = -(-wait.current_milliseconds // 1000)
    if slowest is not None:
        longest = min(longest, int(slowest * _SLOWER) + 1)
    work = {}
    for one in forecast.partitions:
        never = _never(one, situation, forecast, dropped)
        is_due = one.next_request is not None or one.problem is not None
        stripe = situation.stripe[one.partition]
        available_to = stripe.available_to if stripe.asked else None
        work[situation.source_of(one.partition)] = Work(0 if never else one.runs, is_due, never, available_to)
    # Stripe has new data once a day.
    return Outlook(work, longest, slowest, DAY_SECONDS)


def _never(
    one: PartitionForecast, situation: Situation, forecast: Forecast, dropped: Mapping[str, Dropped]
) -> str | None:
    """Why the task that runs will never store anything for the partition."""
    # A complete walk ends without this one, so it does not wait for another partition.
    is_left_out = one.next_request is None and not one.hangs and forecast.is_complete
    if one.partition not in situation.startable or is_left_out:
        return one.problem
    drop = dropped.get(one.partition.timezone)
    return None if drop is None else drop.reason.message
