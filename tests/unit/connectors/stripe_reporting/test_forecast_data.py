# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast of a decision as data."""

from __future__ import annotations

import json
from dataclasses import replace

from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    PST,
    TODAY,
    TYPE,
    accounts,
    at,
    connector,
    decided,
    forecast_of,
    offset,
)

STUCK = offset("2026-11-11", "2026-11-12")


def test_the_forecast_as_data() -> None:
    opened = offset("2026-11-11", "2026-11-12", start="2026-11-09", run="frr_1", row=41)
    of = connector({CAIRO: STUCK, PST: opened}, initial_load="2026-11-15")
    decision = decided(of, "current", accounts(of, runs={PST: "failed"}))
    data = forecast_of(decision)
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "worked_round": TODAY,
        "current_round": TODAY,
        "rounds_behind": 0,
        "report_runs": 0,
        "catches_up": True,
        "left_alone": {
            "worked_round": at("2026-11-12"),
            "current_round": TODAY,
            "rounds_behind": 11,
            "report_runs": None,
            "catches_up": False,
            "rounds_missed": 11,
            "report_runs_once_healed": 1,
            "blocked_by": f"every poll still fails at {PST} {TYPE}",
        },
        "stripe_asked": True,
        "notes": [],
        "partitions": [
            {
                "partition": {"report_type": TYPE, "timezone": zone},
                "changed": True,
                "has_offset": True,
                "delivered_to": TODAY,
                "next_request": None,
                "chunks": 0,
                "report_runs": 0,
                "skipped": [[at(start), TODAY]],
                "next_round_delivers_skipped": False,
                "redelivered_seconds": 0,
                "redelivered_rows": 0,
                "lost_rows": 0,
                "problem": None,
                "hangs": False,
                "stripe_asked": True,
                "redelivered_bytes": 0,
            }
            for zone, start in ((CAIRO, "2026-11-11"), (PST, "2026-11-09"))
        ],
        "requests": [],
        "requests_omitted": 0,
    }


def test_a_request_as_data() -> None:
    opened = offset("2026-11-11", TODAY, start="2026-11-09", run="frr_1", row=41)
    of = connector({PST: opened}, max_report_interval_days="2")
    data = forecast_of(decided(of, "continue", accounts(of, runs={PST: "succeeded"})))
    assert data["partitions"][0]["next_request"] == {
        "round": TODAY,
        "interval_start": at("2026-11-09"),
        "interval_end": at("2026-11-11"),
        "resumed_run": "frr_1",
        "first_row": 42,
    }


def test_the_whole_walk_as_data_in_the_order_of_asking() -> None:
    opened = offset("2026-11-21", TODAY, start="2026-11-19", run="frr_1", row=41)
    of = connector({CAIRO: offset("2026-11-20", TODAY), PST: opened}, max_report_interval_days="2")
    data = forecast_of(decided(of, "continue", accounts(of, runs={PST: "succeeded"})))
    assert [
        (one["timezone"], one["interval_start"], one["interval_end"], one["resumed_run"], one["first_row"])
        for one in data["requests"]
    ] == [
        (CAIRO, at("2026-11-20"), at("2026-11-22"), None, 0),
        (PST, at("2026-11-19"), at("2026-11-21"), "frr_1", 42),
        (CAIRO, at("2026-11-22"), TODAY, None, 0),
        (PST, at("2026-11-21"), TODAY, None, 0),
    ]
    assert {(one["report_type"], one["round"]) for one in data["requests"]} == {(TYPE, TODAY)}
    assert data["requests_omitted"] == 0
    assert [(one["chunks"], one["report_runs"]) for one in data["partitions"]] == [(2, 2), (2, 1)]


def test_chunks_are_those_of_the_round_of_the_next_request() -> None:
    of = connector({PST: offset("2026-11-19", "2026-11-22")}, initial_load="2026-11-20", max_report_interval_days="1")
    partition = forecast_of(decided(of, "offset", offset=next(iter(of.stored.values()))))["partitions"][0]
    assert (partition["chunks"], partition["report_runs"]) == (4, 4 + 3)


def test_of_a_very_long_walk_the_beginning_is_shown_and_the_rest_counted() -> None:
    of = connector({PST: offset("2026-11-19", TODAY)}, max_report_interval_days="1")
    one = decided(of, "continue").forecast.requests[0]
    decision = decided(of, "continue")
    whole, cut = (
        forecast_of(replace(decision, forecast=replace(decision.forecast, requests=(one,) * count)))
        for count in (500, 501)
    )
    assert (len(whole["requests"]), whole["requests_omitted"]) == (500, 0)
    assert (len(cut["requests"]), cut["requests_omitted"]) == (500, 1)
