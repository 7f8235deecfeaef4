# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees before agreeing, word for word."""

from __future__ import annotations

import json
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.decision import (
    StripeDecision,
    decide,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.judge import (
    StripeJudgement,
    judge,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.plan_text import (
    plan_lines,
    round_remark,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.state_text import (
    state_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.plan_text import raw_plan_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    OffsetChange,
    Plan,
    final_state_of,
    offset_changes,
    show_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given, reject
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    accounts,
    connector,
    decided,
    forecast_of,
    offset,
    situation,
)
from unit.connectors.stripe_reporting.worlds import World, worlds
from unit.examples import examples

STUCK = offset("2026-11-11", "2026-11-12")
RAISED = SettingChange("stripe.report.max.wait.ms", "300000", "3600000", secret=False)
LONG_TYPES = ("balance_change_from_activity.itemized.3", "ending_balance_reconciliation.itemized.4")


def plan_of(
    of: Connector, decision: StripeDecision, strategy: str, changes: tuple[SettingChange, ...] = (RAISED,)
) -> Plan:
    return Plan(
        cluster="connect-eu-1",
        cluster_id="kafka-1",
        connector=of.name,
        strategy=strategy,
        state=of.state,
        final_state=final_state_of(of, None),
        settings=changes,
        offsets=offset_changes(of.stored, decision.targets),
        presumed=of.stored,
    )


def task_states(of: Connector) -> list[str]:
    return [task.state for task in of.tasks]


def state_text(of: Connector, judgement: StripeJudgement) -> list[str]:
    """The headline and the lines of a judgement, without remedies."""
    facts = {
        "verdict": judgement.verdict,
        "verdict_after_resume": None,
        "verdicts": [verdict.as_data() for verdict in judgement.verdicts],
        **judgement.as_data(),
        "remedies": None,
    }
    return [*headline("connect-eu-1", of.name, of.state, task_states(of), round_remark(facts)), "", *state_lines(facts)]


def raw_preview(of: Connector, plan: Plan) -> list[str]:
    return [*headline("connect-eu-1", of.name, of.state, task_states(of)), "", *raw_plan_lines(plan.as_data())]


def preview(of: Connector, decision: StripeDecision, plan: Plan) -> str:
    return "\n".join(
        [
            *headline(
                "connect-eu-1", of.name, of.state, task_states(of), round_remark(forecast_of(decision)["left_alone"])
            ),
            "",
            *plan_lines(plan.as_data(), forecast_of(decision), of.config),
        ]
    )


def test_continue_eleven_rounds_behind() -> None:
    of = connector(dict.fromkeys((CAIRO, NEW_YORK, PST), STUCK))
    decision = decided(of, "continue")
    plan = plan_of(of, decision, "continue")
    assert (
        preview(of, decision, plan)
        == f"""\
connect-eu-1  stripe-reporting-source-connector  RUNNING 1/1
  works on round 2026-11-12 00:00Z, 11 rounds behind

  Plan {plan.id}  strategy continue  round 2026-11-23 00:00Z
  Skipped: nothing.  Read twice: nothing.
  Report runs to catch up: 3 (left alone: never catches up without help).

  ~  stripe.report.max.wait.ms  300000 (5 min) -> 3600000 (60 min)
     Report type balance.summary.1
     timezone          continues at  runs  next request
  ~  Africa/Cairo      2026-11-11    1     2026-11-11..2026-11-23
  ~  America/New_York  2026-11-11    1     2026-11-11..2026-11-23
  ~  PST               2026-11-11    1     2026-11-11..2026-11-23

  Order: back up 3 offsets, stop (a hanging poll is abandoned; it may keep
    asking Stripe for up to 5 min), change 1 setting and 3 offsets, resume
    RUNNING, verify."""
    )


def test_a_wait_that_is_no_number_leaves_the_rest_of_the_preview() -> None:
    of = replace(
        connector({PST: STUCK}), config={**connector({PST: STUCK}).config, "stripe.report.max.wait.ms": "soon"}
    )
    decision = decided(of, "continue")
    assert "Order: back up 1 offset, stop, change 1 offset" in preview(
        of, decision, plan_of(of, decision, "continue", ())
    )


def test_current_with_long_report_types_on_a_paused_connector() -> None:
    of = connector(
        {(zone, one): STUCK for zone in (CAIRO, NEW_YORK) for one in LONG_TYPES}, state="PAUSED", initial_load=None
    )
    decision = decided(of, "current")
    plan = plan_of(of, decision, "current", ())
    assert (
        preview(of, decision, plan)
        == f"""\
connect-eu-1  stripe-reporting-source-connector  PAUSED 0/0
  works on round 2026-11-12 00:00Z, 11 rounds behind

  Plan {plan.id}  strategy current  round 2026-11-23 00:00Z
  Skipped:
    all partitions: 2026-11-11..2026-11-23 (12 d), for good
  Read twice: nothing.
  Report runs to catch up: 0 (left alone: never catches up without help).

     report type                               continues at  runs  next request
  Africa/Cairo
  ~  balance_change_from_activity.itemized.3   2026-11-23    0     none
  ~  ending_balance_reconciliation.itemized.4  2026-11-23    0     none
  America/New_York
  ~  balance_change_from_activity.itemized.3   2026-11-23    0     none
  ~  ending_balance_reconciliation.itemized.4  2026-11-23    0     none

  Order: back up 4 offsets, stop, change 4 offsets, return it to PAUSED (not
    verified: it delivers nothing until you resume it)."""
    )


def test_continue_from_a_failed_run_without_having_asked_stripe() -> None:
    opened = offset("2026-11-11", "2026-11-12", start="2026-11-09", run="frr_1", row=41)
    of = connector({CAIRO: STUCK, NEW_YORK: opened, PST: STUCK})
    decision = decided(of, "continue", accounts(of, asked=False, runs={NEW_YORK: "failed"}))
    plan = plan_of(of, decision, "continue")
    assert (
        preview(of, decision, plan)
        == f"""\
connect-eu-1  stripe-reporting-source-connector  RUNNING 1/1
  works on round 2026-11-12 00:00Z, 11 rounds behind

  Plan {plan.id}  strategy continue  round 2026-11-23 00:00Z
  Skipped: nothing.
  Read twice:
    America/New_York: 42 rows
  Report runs to catch up: 3 (left alone: never catches up without help). Stripe
    was not asked: its data is assumed to end with yesterday.

  ~  stripe.report.max.wait.ms  300000 (5 min) -> 3600000 (60 min)
     Report type balance.summary.1
     timezone          continues at  runs  next request
  ~  Africa/Cairo      2026-11-11    1     2026-11-11..(data end)
  ~  America/New_York  2026-11-09    1     2026-11-09..(data end)
  ~  PST               2026-11-11    1     2026-11-11..(data end)

  Order: back up 3 offsets, stop (a hanging poll is abandoned; it may keep
    asking Stripe for up to 5 min), change 1 setting and 3 offsets, resume
    RUNNING, verify."""
    )


def test_one_offset_deleted_of_a_stopped_connector_beside_an_open_run() -> None:
    opened = offset("2026-11-13", TODAY, start="2026-11-11", run="frr_1", row=41)
    of = connector(
        {CAIRO: offset(TODAY, TODAY, done=True), NEW_YORK: opened, PST: offset("2026-11-11", TODAY)},
        state="STOPPED",
        max_report_interval_days="2",
        initial_load="2026-11-10",
    )
    decision = decided(
        of, "delete", accounts(of, runs={NEW_YORK: "succeeded"}), partitions=({"timezone": PST},), allow_gap=True
    )
    plan = plan_of(of, decision, "delete", ())
    assert (
        preview(of, decision, plan)
        == f"""\
connect-eu-1  stripe-reporting-source-connector  STOPPED 0/0
  works on round 2026-11-23 00:00Z, the current one

  Plan {plan.id}  strategy delete  round 2026-11-23 00:00Z
  Skipped: nothing.
  Read twice:
    PST: 1 d
  Report runs to catch up: 12 (left alone: never catches up without help).

     Report type balance.summary.1
     timezone          continues at  runs  next request
  =  Africa/Cairo      2026-11-23    0     none
  =  America/New_York  2026-11-11    5     resumes frr_1 at row 42
  ~  PST               (deleted)     7     2026-11-10..2026-11-12

  Order: back up 3 offsets, keep it STOPPED, change 1 offset, leave it STOPPED
    (not verified: it delivers nothing until you resume it)."""
    )


def test_nothing_to_change_is_said_in_so_many_words() -> None:
    of = connector({PST: offset(TODAY, TODAY, done=True)})
    decision = decided(of, "continue")
    plan = plan_of(of, decision, "continue", ())
    assert (
        preview(of, decision, plan)
        == f"""\
connect-eu-1  stripe-reporting-source-connector  RUNNING 1/1
  works on round 2026-11-23 00:00Z, the current one

  Plan {plan.id}  strategy continue  round 2026-11-23 00:00Z
  Skipped: nothing.  Read twice: nothing.
  Report runs to catch up: 0 (left alone: 0).

     Report type balance.summary.1
     timezone  continues at  runs  next request
  =  PST       2026-11-23    0     none

  Nothing to change."""
    )


def test_what_is_in_trouble_is_said_with_its_note() -> None:
    of = connector(dict.fromkeys((CAIRO, PST), offset("2026-11-11", TODAY)))
    broken = {**offset("2026-11-11", TODAY), "in_progress_report_run_id": ""}
    decision = decided(of, "restore", backup={**of.stored, next(iter(of.stored)): broken})
    text = preview(of, decision, plan_of(of, decision, "restore", ()))
    unwrapped = " ".join(text.split())
    assert "none (an empty report run id aborts every poll)" in unwrapped
    assert "Note: Africa/Cairo balance.summary.1: an empty report run id aborts every poll." in unwrapped
    assert "Note: PST balance.summary.1: blocked by Africa/Cairo balance.summary.1." in unwrapped
    assert (
        "Report runs to catch up: never catches up without help (left alone: never catches up without help)."
        in unwrapped
    )


def test_rows_that_get_lost_are_told_as_skipped() -> None:
    of = connector({PST: offset("2026-11-11", TODAY)})
    decision = decided(of, "offset", offset=offset("2026-11-11", TODAY, row=41), allow_gap=True)
    lines = preview(of, decision, plan_of(of, decision, "offset")).splitlines()
    assert lines[lines.index("  Skipped:") + 1] == "    PST: 42 rows"


def test_the_look_at_a_stuck_connector() -> None:
    of = connector(
        {CAIRO: offset(TODAY, TODAY, done=True), PST: STUCK, "Mars/Base": STUCK}, zones=[CAIRO, NEW_YORK, PST]
    )
    judgement = judge(situation(of, accounts(of), NOW), Limits())
    assert (
        "\n".join(state_text(of, judgement))
        == """\
connect-eu-1  stripe-reporting-source-connector  RUNNING 1/1
  works on round 2026-11-23 00:00Z, the current one

  Report type balance.summary.1
  timezone          verdict   delivered up to
  Africa/Cairo      ok        2026-11-23
  America/New_York  stuck     -
      may be the one that blocks the others, expected, but it has no offset
  PST               stuck     2026-11-11
      may be the one that blocks the others, 12 d behind, older than 7 d
  Mars/Base         orphaned  -
      has an offset, but the connector is not configured to work on it

  Blocked by one of America/New_York balance.summary.1, PST balance.summary.1:
    only their report runs, or the workers' logs, show which.
  Left alone: 0 rounds missed so far, and every new one will be missed too; once
    the polls succeed again, 4 report runs to catch up."""
    )


# Any connector


def test_the_preview_for_a_connector_whose_offsets_are_not_understood() -> None:
    old: Offset = {"pos": 4, "file": "binlog.000001"}
    entry = StoredOffset(Partition.of({"server": "eu"}), old)
    of = replace(connector({}, zones=[PST]), name="orders", config={}, offsets=(entry,), state="FAILED", tasks=())
    changes = (
        OffsetChange(entry.partition, old, {"pos": 1, "file": "binlog.000001"}),
        OffsetChange(Partition.of({"server": "us"}), None, {"pos": 1}),
    )
    plan = Plan("connect-eu-1", "kafka-1", "orders", "restore", "FAILED", "RUNNING", (), changes, of.stored)
    assert (
        "\n".join(raw_preview(of, plan))
        == f"""\
connect-eu-1  orders  FAILED 0/0

  Plan {plan.id}  strategy restore
  Skipped, read twice: not known, because the collection cannot interpret the
    offsets of this connector.

  ~  server=eu
         {{"file": "binlog.000001", "pos": 4}} -> {{"file": "binlog.000001", "pos":
           1}}
  ~  server=us  (none) -> {{"pos": 1}}

  Order: back up 1 offset, stop, change 2 offsets, resume RUNNING, verify."""
    )


def test_long_offsets_go_to_lines_of_their_own() -> None:
    before: Offset = {f"field_{number}": number * 1000 for number in range(20)}
    entry = StoredOffset(Partition.of({"server": "eu"}), before)
    of = replace(connector({}, zones=[PST]), offsets=(entry,))
    plan = Plan(
        "c", "k", of.name, "delete", "RUNNING", "RUNNING", (), (OffsetChange(entry.partition, before, None),), {}
    )
    lines = raw_preview(of, plan)
    assert max(map(len, lines)) <= WIDTH
    assert f"{json.dumps(before, sort_keys=True)} -> (none)" in " ".join(line.strip() for line in lines)


# Width and secrets


@examples(50)
@given(
    worlds(all_types=LONG_TYPES),
    st.sampled_from(["current", "available_end", "timestamp", "delete"]),
)
def test_no_line_is_wider_than_80_columns_and_none_has_a_secret(world: World, strategy: str) -> None:
    of = world.connector
    request = ResetRequest(strategy, moment=TODAY - 3600 if strategy == "timestamp" else None, allow_gap=True)
    try:
        decision = decide(world.situation, request)
    except InputError:
        # One on which the connector would hang is refused, and has no preview.
        reject()
    plan = plan_of(of, decision, strategy)
    lines = preview(of, decision, plan).splitlines()
    look = state_text(of, judge(world.situation, Limits()))
    assert [line for line in [*lines, *look] if len(line) > WIDTH] == []
    text = "\n".join([*lines, *look, json.dumps(forecast_of(decision)), json.dumps(plan.as_data())])
    assert "sk_live" not in text + show_changes(plan, "before") + show_changes(plan, "after")
