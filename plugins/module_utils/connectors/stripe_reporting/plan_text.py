# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview of a plan for the Stripe reporting connector: what it will do next, skip, and deliver twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    skipped_words,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.forecast import (
    Forecast,
    PlaceForecast,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    DEFAULT_MAX_WAIT_MILLISECONDS,
    Account,
    Request,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_day,
    show_milliseconds,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import (
    headline,
    order_lines,
    plan_headline,
    setting_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, table, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan

# A walk of thousands of requests would bury all else in a task's result.
_MOST_SHOWN = 500


def stripe_headline(connector: Connector, progress: Forecast | StripeJudgement, cluster: str) -> str:
    behind = f"{counted(progress.rounds_behind, 'round')} behind" if progress.rounds_behind else "the current one"
    return headline(connector, cluster, f"works on round {show_moment(progress.worked_round)}, {behind}")


def plan_lines(plan: Plan, decision: StripeDecision, config: Mapping[str, str]) -> list[str]:
    """The plan: what changes for each place, and what the connector makes of it."""
    forecast = decision.forecast
    rows = []
    for one in forecast.places:
        mark = "~" if one.place in decision.changed else "="
        rows.append((mark, one.place.timezone, one.place.report_type, _continues(one, decision), _next(one, decision)))
    return [
        plan_headline(plan, f"round {show_moment(forecast.worked_round)}"),
        *setting_lines(plan),
        *table(rows),
        *_totals(forecast, decision),
        *(line for note in decision.notes for line in wrapped(f"Note: {note}")),
        *order_lines(plan, _holding_on(config) if plan.state == "RUNNING" else ""),
    ]


def forecast_data(decision: StripeDecision) -> dict[str, Any]:
    """The forecast as JSON: times in epoch seconds, lengths in seconds; what is null does not apply."""

    def data(forecast: Forecast) -> dict[str, Any]:
        return {
            "worked_round": forecast.worked_round,
            "current_round": forecast.current_round,
            "rounds_behind": forecast.rounds_behind,
            "report_runs": forecast.runs,
            "catches_up": forecast.is_complete,
        }

    return {
        **data(decision.forecast),
        "left_alone": data(decision.left_alone),
        "stripe_asked": all(account.asked for account in decision.accounts.values()),
        "notes": list(decision.notes),
        "partitions": [place_data(one, decision) for one in decision.forecast.places],
        **walk_data(decision.forecast.requests),
    }


def place_data(one: PlaceForecast, decision: StripeDecision) -> dict[str, Any]:
    """What awaits one place, as JSON."""
    return {
        **_named(one.place),
        "changed": one.place in decision.changed,
        "next_request": None if one.next_request is None else _request_data(one.next_request),
        "chunks": one.chunks,
        "report_runs": one.runs,
        "skipped": [list(span) for span in one.skipped],
        "next_round_delivers_skipped": one.next_round_delivers_skipped,
        "redelivered_seconds": one.redelivered_seconds,
        "redelivered_rows": one.redelivered_rows,
        "lost_rows": one.lost_rows,
        "trouble": one.trouble,
    }


def walk_data(requests: Sequence[Request]) -> dict[str, Any]:
    """A walk as JSON: its first ``requests`` in order, and ``requests_omitted``, how many more there are."""
    shown = [{**_named(request.place), **_request_data(request)} for request in requests[:_MOST_SHOWN]]
    return {"requests": shown, "requests_omitted": len(requests) - len(shown)}


def _named(place: Place) -> dict[str, Any]:
    return {"timezone": place.timezone, "report_type": place.report_type}


def _request_data(request: Request) -> dict[str, Any]:
    return {
        "round": request.round_id,
        "interval_start": request.start,
        "interval_end": request.end,
        "resumed_run": request.run_id,
        "first_row": request.first_row,
    }


def _holding_on(config: Mapping[str, str]) -> str:
    wait = config.get("stripe.report.max.wait.ms", str(DEFAULT_MAX_WAIT_MILLISECONDS)).strip()
    # A connector that has no number there has no task that could hold on.
    return (
        f" (a hanging poll is abandoned; it may ask Stripe for {show_milliseconds(int(wait))} more)"
        if wait.isdigit()
        else ""
    )


def _continues(one: PlaceForecast, decision: StripeDecision) -> str:
    offset = decision.after.get(one.place)
    if offset is None:
        return "offset deleted" if one.place in decision.changed else "no offset"
    verb = "continues at" if one.place in decision.changed else "stays at"
    return f"{verb} {show_day(offset.delivered_to)}"


def _next(one: PlaceForecast, decision: StripeDecision) -> str:
    if one.next_request is None:
        words = "no request until the next round"
        return f"{words} ({one.trouble})" if one.trouble else words
    return f"{_request_words(one.next_request, decision.accounts[one.place])}, {counted(one.runs, 'run')}"


def _request_words(request: Request, account: Account) -> str:
    span = show_span(request.start, request.end) if account.asked else f"{show_day(request.start)}..(data end)"
    if request.run_id is not None:
        return f"resumes {request.run_id} at row {request.first_row}"
    return f"next request {span}"


def _totals(forecast: Forecast, decision: StripeDecision) -> list[str]:
    skipped = [
        f"{one.place} {skipped_words(one.skipped)}"
        + (", which the next round delivers" if one.next_round_delivers_skipped else ", for good")
        for one in forecast.places
        if one.skipped
    ]
    skipped += [f"{one.place} {counted(one.lost_rows, 'row')}" for one in forecast.places if one.lost_rows]
    again = [
        f"{one.place} {show_seconds(one.redelivered_seconds)}" for one in forecast.places if one.redelivered_seconds
    ]
    again += [f"{one.place} {counted(one.redelivered_rows, 'row')}" for one in forecast.places if one.redelivered_rows]
    if skipped or again:
        lines = [*_listed("Skipped", skipped), *_listed("Read twice", again)]
    else:
        lines = ["  Skipped: nothing.  Read twice: nothing."]
    runs = f"Report runs until current: {_runs(forecast)} (left alone: {_runs(decision.left_alone)})."
    if not all(account.asked for account in decision.accounts.values()):
        runs += " Stripe was not asked: its data is taken to end with yesterday."
    return [*lines, *wrapped(runs)]


def _listed(head: str, items: list[str]) -> list[str]:
    if len(items) > 1:
        return [f"  {head}:", *(line for item in items for line in wrapped(item, "    "))]
    return wrapped(f"{head}: {items[0] if items else 'nothing'}.")


def _runs(forecast: Forecast) -> str:
    return str(forecast.runs) if forecast.is_complete else f"never current by itself, {forecast.runs} or more"
