# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts and remedies as JSON: times in epoch seconds, lengths in seconds; what is null does not apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PartitionForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.left_alone import (
    LeftAlone,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    Remedies,
    Remedy,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import Request
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import Cost

# A walk of thousands of requests would hide everything else in a task's result.
_MOST_REQUESTS = 500


def forecast_data(decision: StripeDecision, left_alone: LeftAlone) -> dict[str, Any]:
    """What a decision makes the connector do: for all partitions together, for each, and request by request."""
    return {
        **_totals(decision.forecast),
        "left_alone": {**_totals(left_alone.forecast), **left_alone.as_data()},
        "stripe_asked": all(stripe.asked for stripe in decision.situation.stripe.values()),
        "notes": list(decision.notes),
        "partitions": [_partition_data(one, decision) for one in decision.forecast.partitions],
        **_walk_data(decision.forecast.requests),
    }


def remedies_data(remedies: Remedies) -> dict[str, Any]:
    """The comparison of the remedies, and the name of the default one."""
    default = remedies.default
    return {
        "default": None if default is None else default.strategy,
        "compared": [_remedy_data(remedy) for remedy in remedies.compared],
    }


def _totals(forecast: Forecast) -> dict[str, Any]:
    return {
        "worked_round": forecast.worked_round,
        "current_round": forecast.current_round,
        "rounds_behind": forecast.rounds_behind,
        "report_runs": forecast.runs,
        "catches_up": forecast.is_complete,
    }


def _partition_data(one: PartitionForecast, decision: StripeDecision) -> dict[str, Any]:
    offset = decision.after.get(one.partition)
    return {
        "partition": decision.situation.source_of(one.partition).as_dict(),
        "changed": one.partition in decision.changed,
        "has_offset": offset is not None,
        "delivered_to": None if offset is None else offset.delivered_to,
        "next_request": None if one.next_request is None else _request_data(one.next_request),
        "chunks": one.chunks,
        "report_runs": one.runs,
        **_cost(one, decision).as_data(),
        "next_round_delivers_skipped": one.next_round_delivers_skipped,
        "problem": one.problem,
        "hangs": one.hangs,
        "stripe_asked": decision.situation.stripe[one.partition].asked,
    }


def _cost(one: PartitionForecast, decision: StripeDecision) -> Cost:
    return Cost(
        one.skipped,
        one.redelivered_seconds,
        decision.situation.evidence.bytes_of(one.partition, one.redelivered_seconds),
        one.redelivered_rows,
        one.lost_rows,
    )


def _remedy_data(remedy: Remedy) -> dict[str, Any]:
    decision = remedy.decision
    affected = remedy.affected
    return {
        "strategy": remedy.strategy,
        "problem": remedy.problem,
        "blocked_by": remedy.blocked_by,
        "requires": remedy.requires,
        "lossless": remedy.is_lossless,
        "catches_up": remedy.catches_up,
        "report_runs": remedy.runs if remedy.catches_up else None,
        "offsets": [change.as_data() for change in remedy.changes],
        "ignored": [change.partition.as_dict() for change in remedy.ignored],
        "notes": [] if decision is None else list(decision.notes),
        "partitions": []
        if decision is None
        else [{**_partition_data(one, decision), "affected": one.partition in affected} for one in remedy.partitions],
    }


def _walk_data(requests: Sequence[Request]) -> dict[str, Any]:
    """The first ``requests`` in order, and ``requests_omitted``, how many more there are."""
    shown = [{**request.partition._asdict(), **_request_data(request)} for request in requests[:_MOST_REQUESTS]]
    return {"requests": shown, "requests_omitted": len(requests) - len(shown)}


def _request_data(request: Request) -> dict[str, Any]:
    return {
        "round": request.round_id,
        "interval_start": request.start,
        "interval_end": request.end,
        "resumed_run": request.run_id,
        "first_row": request.first_row,
    }
