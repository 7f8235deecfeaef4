# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done for a Stripe reporting connector, compared; and which of it is best."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.data import remedies_data
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies_text import (
    remedies_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Task
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    accounts,
    at,
    connector,
    offset,
    partition,
    report_partition,
)
from unit.connectors.stripe_reporting.remedy_cases import BLOCKER, compared, default, named

BEHIND = offset("2026-11-11", "2026-11-12")
ON_TODAY = offset("2026-11-11", TODAY)
DONE = offset(TODAY, TODAY, done=True)
OPEN = offset("2026-11-11", TODAY, start="2026-11-09", run="frr_1", row=41)
WITHOUT_END = {**ON_TODAY, "interval_end": None}
ZONES = (CAIRO, NEW_YORK, PST)


# The table


def test_a_blocked_connector_eleven_rounds_behind() -> None:
    remedies = compared(connector(dict.fromkeys(ZONES, BEHIND)), blocker=BLOCKER)
    assert (
        "\n".join(remedies_lines(remedies_data(remedies)))
        == """\
     remedy          offsets  skipped   read twice  runs    next requests
     leave alone     0        nothing   3 x 583 d   no end  3 from 2026-11-11
         stays stuck: every poll still fails at PST balance.summary.1
     raise the wait  0        nothing   3 x 583 d   69      3 from 2026-11-11
  *  continue        3        nothing   nothing     3       3 from 2026-11-11
     current         3        3 x 12 d  nothing     0       none
         only if you choose it; the next round delivers what is skipped
     available_end   3        3 x 12 d  nothing     0       none
         only if you choose it; the next round delivers what is skipped
     delete          3        nothing   3 x 41 d    6       3 from 2026-10-01"""
    )


def test_what_keeps_a_remedy_from_working_is_remarked() -> None:
    of = connector({CAIRO: OPEN, NEW_YORK: ON_TODAY, PST: WITHOUT_END}, initial_load=None)
    asked = ResetRequest("offset", ({"timezone": NEW_YORK},), offset=offset("2026-11-20", TODAY, row=6))
    remedies = compared(of, accounts(of, asked=False, runs={CAIRO: "succeeded"}), given=[asked])
    assert (
        "\n".join(remedies_lines(remedies_data(remedies)))
        == """\
    remedy          offsets  skipped              read twice  runs
    leave alone     0        12 d                 nothing     no end
        next requests: 2 from 2026-11-09
        skips data for good; resumes 1 run; hangs at PST balance.summary.1
    raise the wait  0        12 d                 nothing     no end
        next requests: 2 from 2026-11-09
        skips data for good; resumes 1 run; hangs at PST balance.summary.1
    continue        -        -                    -           -       -
        PST balance.summary.1: its offset does not show how far it has
          delivered. The strategy continue cannot reset it. Reset this partition
          alone, named in partitions, with timestamp, restore or delete. The
          strategy delete starts over at its initial load date.
    current         3        2 x <= 14 d          nothing     0       none
        only if you choose it; skips data for good
    available_end   -        -                    -           -       -
        Africa/Cairo balance.summary.1: Stripe could not be asked for its
          data_available_end: set stripe_api_keys with a key for Africa/Cairo,
          or choose another strategy.
    delete          3        2 x <= 14 d          nothing     0       none
        needs allow_gap; skips data for good
    offset          1        2 x <= 12 d, 7 rows  nothing     no end
        next requests: 2 from 2026-11-09
        needs allow_gap; skips data for good; resumes 1 run; hangs at PST
          balance.summary.1"""
    )


# What comes of a remedy


def test_left_alone_a_blocked_connector_never_gets_current_whatever_its_offsets_would_let_it() -> None:
    of = connector(dict.fromkeys(ZONES, ON_TODAY))
    assert named(compared(of), "leave_alone").catches_up
    blocked = named(compared(of, blocker=BLOCKER), "leave_alone")
    assert (blocked.catches_up, blocked.blocked_by) == (False, f"every poll still fails at {BLOCKER}")
    assert named(compared(of, blocker=BLOCKER), "raise_wait").catches_up


def test_left_alone_a_failed_task_stays_failed() -> None:
    of = replace(connector({PST: ON_TODAY}), tasks=(Task(0, "FAILED", "connect-2:8083"),))
    remedy = named(compared(of), "leave_alone")
    assert (remedy.catches_up, remedy.blocked_by) == (False, "task 0 is FAILED")
    assert default(compared(of)) == "continue"


def test_what_each_remedy_writes_is_what_the_reset_would_write() -> None:
    remedies = compared(connector(dict.fromkeys(ZONES, BEHIND)))
    written = {
        remedy.strategy: [(change.partition.get("timezone"), change.before, change.after) for change in remedy.changes]
        for remedy in remedies.compared
    }
    assert written == {
        "leave_alone": [],
        "raise_wait": [],
        "continue": [(zone, BEHIND, ON_TODAY) for zone in ZONES],
        "current": [(zone, BEHIND, offset(TODAY, TODAY)) for zone in ZONES],
        "available_end": [(zone, BEHIND, offset(TODAY, TODAY)) for zone in ZONES],
        "delete": [(zone, BEHIND, None) for zone in ZONES],
    }


@pytest.mark.parametrize(
    "initial_load, needed",
    [
        (
            "2026-10-01",
            {
                "continue": None,
                "current": "current",
                "available_end": "available_end",
                "delete": None,
                "timestamp": None,
            },
        ),
        (
            "2026-11-15",
            {
                "continue": None,
                "current": "current",
                "available_end": "available_end",
                "delete": "allow_gap",
                "timestamp": None,
            },
        ),
    ],
)
def test_the_word_that_is_needed_is_named_where_data_is_lost(initial_load: str, needed: dict[str, str | None]) -> None:
    of = connector({PST: BEHIND}, initial_load=initial_load)
    remedies = compared(of, given=[ResetRequest("timestamp", moment=at("2026-11-11"))])
    assert {strategy: named(remedies, strategy).requires for strategy in needed} == needed
    later = named(compared(of, given=[ResetRequest("timestamp", moment=at("2026-11-12"))]), "timestamp")
    assert (later.requires, later.is_lossless) == ("allow_gap", False)


def test_an_offset_of_another_round_or_of_a_partition_that_is_not_walked_is_ignored() -> None:
    of = connector({CAIRO: ON_TODAY, PST: ON_TODAY, "Mars/Base": BEHIND}, zones=[CAIRO, PST])
    wanted = ResetRequest(
        "offset", ({"timezone": PST}, {"timezone": "Mars/Base"}), offset=offset("2026-11-11", "2026-11-20")
    )
    remedies = compared(of, given=[wanted])
    assert [change.partition for change in named(remedies, "offset").ignored] == [
        partition(PST),
        partition("Mars/Base"),
    ]
    assert [change.partition for change in named(remedies, "delete").ignored] == [partition("Mars/Base")]
    assert named(remedies, "current").ignored == ()
    table = " ".join(" ".join(remedies_lines(remedies_data(remedies))).split())
    assert "ignored in 1 partition" in table.partition("delete")[2].partition(" offset ")[0]


def test_an_offset_that_the_connector_comes_to_in_a_later_round_is_not_ignored() -> None:
    """PST has no initial load date, so the connector passes it by until it works on the round of its offset."""
    offsets = {
        (CAIRO, TYPE): offset("2026-11-20", "2026-11-22"),
        (PST, "payout.x.1"): offset("2026-11-20", "2026-11-22"),
    }
    dates = {"stripe.report.initial.load.dates": f"{TYPE}:2026-10-01"}
    of = connector(offsets, initial_load=None, **dates)
    of = replace(of, config={**of.config, "stripe.report.types": f"{TYPE},payout.x.1"})
    wanted = ResetRequest("offset", ({"timezone": PST},), offset=offset("2026-11-20", TODAY))
    remedy = named(compared(of, given=[wanted]), "offset")
    assert remedy.ignored == ()
    assert remedy.decision is not None
    assert remedy.decision.notes == ()
    request = remedy.decision.forecast.of(report_partition(PST, "payout.x.1")).next_request
    assert request is not None
    assert (request.round_id, request.start) == (TODAY, at("2026-11-20"))


def test_partitions_that_are_not_changed_and_go_on_otherwise_are_told() -> None:
    of = connector({CAIRO: BEHIND, PST: BEHIND}, zones=ZONES)
    remedies = compared(of)
    assert named(remedies, "continue").affected == (report_partition(NEW_YORK),)
    assert named(remedies, "raise_wait").affected == ()
    assert named(remedies, "continue").requires is None
    assert "moves 1 other partition" in "\n".join(remedies_lines(remedies_data(remedies)))


def test_a_strategy_that_cannot_be_decided_says_why_and_the_others_are_compared_all_the_same() -> None:
    of = connector(dict.fromkeys(ZONES, BEHIND))
    remedies = compared(of, accounts(of, asked=False))
    problem = named(remedies, "available_end").problem
    assert problem is not None
    assert problem.startswith(f"{CAIRO} {TYPE}: Stripe could not be asked for its data_available_end")
    assert default(remedies) == "continue"


def test_a_config_that_the_connector_cannot_work_with_is_refused() -> None:
    with pytest.raises(InputError, match=r"max\.report\.interval\.days"):
        Situation.of(connector({PST: BEHIND}, max_report_interval_days="0"), NOW)


# The default

DEFAULTS = {
    # name: (offsets, initial load date, run status of PST, blocker, default)
    "behind and blocked": (dict.fromkeys(ZONES, BEHIND), "2026-10-01", "unknown", BLOCKER, "continue"),
    "behind and moving": (dict.fromkeys(ZONES, BEHIND), "2026-10-01", "unknown", None, "continue"),
    "behind, without a load date": (dict.fromkeys(ZONES, BEHIND), None, "unknown", None, "continue"),
    "blocked in the current round": (dict.fromkeys(ZONES, ON_TODAY), "2026-10-01", "unknown", BLOCKER, "continue"),
    "moving in the current round": (dict.fromkeys(ZONES, ON_TODAY), "2026-10-01", "unknown", None, "leave_alone"),
    "finished": (dict.fromkeys(ZONES, DONE), "2026-10-01", "unknown", None, "leave_alone"),
    "a run that can be resumed": ({PST: OPEN}, "2026-10-01", "succeeded", None, "continue"),
    "a run that has failed": ({PST: OPEN}, "2026-10-01", "failed", None, "continue"),
    "a run of which nothing is known": ({PST: OPEN}, "2026-10-01", "unknown", None, "continue"),
    "rows that would be skipped": (
        {PST: {**ON_TODAY, "last_committed_row": 9}},
        "2026-10-01",
        "unknown",
        None,
        "continue",
    ),
    "a partition that is left out for good": ({CAIRO: DONE, PST: BEHIND}, None, "unknown", None, "continue"),
    "an offset without an end": ({PST: WITHOUT_END}, "2026-10-01", "unknown", BLOCKER, "delete"),
    "an offset without an end or a load date": ({PST: WITHOUT_END}, None, "unknown", BLOCKER, None),
    "one round behind, without a load date": (
        {PST: offset("2026-11-21", "2026-11-22")},
        None,
        "unknown",
        BLOCKER,
        "raise_wait",
    ),
}


@pytest.mark.parametrize("offsets, initial_load, run, blocker, best", DEFAULTS.values(), ids=DEFAULTS)
def test_the_default_is_the_lossless_and_cheapest_remedy(
    offsets: dict[str, Offset], initial_load: str | None, run: str, blocker: str | None, best: str | None
) -> None:
    of = connector(offsets, initial_load=initial_load)
    assert default(compared(of, accounts(of, runs={PST: run}), blocker)) == best


def test_an_open_run_that_is_whole_is_resumed_by_restarting_alone() -> None:
    of = connector({PST: {**OPEN, "interval_end": TODAY}})
    stripe = accounts(of, runs={PST: "succeeded"})
    remedies = compared(of, stripe, BLOCKER)
    assert default(remedies) == "continue"
    assert (named(remedies, "continue").changes, named(remedies, "continue").runs) == ((), 0)


def test_of_two_remedies_with_the_same_runs_the_one_that_delivers_less_twice_is_cheaper() -> None:
    of = connector(dict.fromkeys(ZONES, BEHIND))
    back = compared(of, given=[ResetRequest("timestamp", moment=at("2026-11-08"))])
    assert named(back, "timestamp").is_lossless
    assert named(back, "continue").cost < named(back, "timestamp").cost
    of = connector({PST: OPEN}, max_report_interval_days="2")
    early, late = (
        named(
            compared(
                of,
                accounts(of, runs={PST: "succeeded"}),
                given=[ResetRequest("offset", offset={**OPEN, "last_committed_row": row})],
            ),
            "offset",
        )
        for row in (9, 20)
    )
    assert late.is_lossless
    assert late.cost < early.cost


# The same as data


def test_the_comparison_as_data() -> None:
    of = connector({CAIRO: BEHIND}, zones=[CAIRO, PST])
    data = remedies_data(compared(of, blocker=BLOCKER))
    assert json.loads(json.dumps(data)) == data
    assert data["default"] == "continue"
    by_strategy = {one["strategy"]: one for one in data["compared"]}
    assert list(by_strategy) == ["leave_alone", "raise_wait", "continue", "current", "available_end", "delete"]
    assert by_strategy["leave_alone"]["blocked_by"] == f"every poll still fails at {BLOCKER}"
    assert not by_strategy["leave_alone"]["catches_up"]
    assert by_strategy["continue"] == {
        "strategy": "continue",
        "problem": None,
        "blocked_by": None,
        "requires": None,
        "lossless": True,
        "catches_up": True,
        "report_runs": 3,
        "offsets": [{"partition": {"report_type": TYPE, "timezone": CAIRO}, "before": BEHIND, "after": ON_TODAY}],
        "ignored": [],
        "notes": [],
        "partitions": [
            {
                "partition": {"report_type": TYPE, "timezone": zone},
                "changed": zone == CAIRO,
                "has_offset": zone == CAIRO,
                "delivered_to": at("2026-11-11") if zone == CAIRO else None,
                "affected": zone == PST,
                "next_request": {
                    "round": TODAY,
                    "interval_start": at(start),
                    "interval_end": at(end),
                    "resumed_run": None,
                    "first_row": 0,
                },
                "chunks": chunks,
                "report_runs": chunks,
                "skipped": [],
                "next_round_delivers_skipped": False,
                "redelivered_seconds": 0,
                "redelivered_bytes": 0,
                "redelivered_rows": 0,
                "lost_rows": 0,
                "problem": None,
                "hangs": False,
                "stripe_asked": True,
            }
            for zone, start, end, chunks in (
                (CAIRO, "2026-11-11", "2026-11-23", 1),
                (PST, "2026-10-01", "2026-10-31", 2),
            )
        ],
    }


def test_a_strategy_that_cannot_be_decided_as_data() -> None:
    of = connector({PST: BEHIND})
    data = remedies_data(compared(of, accounts(of, asked=False)))
    refused = next(one for one in data["compared"] if one["strategy"] == "available_end")
    assert refused["problem"].startswith(f"{PST} {TYPE}: Stripe could not be asked")
    assert (refused["report_runs"], refused["partitions"], refused["offsets"]) == (None, [], [])
    assert not refused["lossless"]
