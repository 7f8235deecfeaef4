# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into a plan: the connector's state, its settings and its offsets; from reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Decision, Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.kind import Sinks
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import DAY, NOW, PST, TODAY, TYPE, offset, situation
from unit.connectors.stripe_reporting.cases import connector as stripe_connector
from unit.fake_cluster import FakeCluster, FakeConnector

ORDERS = Partition.of({"table": "orders"})
CONFIG = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": "s3cret-word"}
KINDS = (StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers()), Sinks(), Profiles())
DELETE = ResetRequest("delete")
CONTINUE = ResetRequest("continue")


def connector(state: str = "RUNNING", offset: Offset | None = None, **fields: Any) -> Connector:
    made = Connector("c", "source", state, "w:1", (), CONFIG, (StoredOffset(ORDERS, offset or {"id": 5}),))
    return replace(made, **fields)


def planned(
    of: Connector,
    reset: ResetRequest = DELETE,
    config: Mapping[str, Any] | None = None,
    begun_in: str | None = None,
) -> tuple[Planned, FakeCluster]:
    """The plan, and the cluster that was asked for it."""
    cluster = FakeCluster(FakeConnector(of.name, dict(of.config), {}, "RUNNING"))
    request = ChangeRequest(reset, config or {}, {}, "eu-1")
    return make_plan(cluster, of, request, KINDS, "kafka-1", begun_in, NOW), cluster


def test_settings_and_offsets_are_one_plan_and_nothing_is_written() -> None:
    found, cluster = planned(connector(), config={"max.wait.ms": 3_600_000})
    plan = found.plan
    assert [(one.key, one.before, one.after) for one in plan.settings] == [("max.wait.ms", "1000", "3600000")]
    assert [(one.partition, one.before, one.after) for one in plan.offsets] == [(ORDERS, {"id": 5}, None)]
    assert (plan.state, plan.final_state, plan.is_empty) == ("RUNNING", "RUNNING", False)
    assert {call.method for call in cluster.calls} <= {"validate", "hide"}
    assert "s3cret" not in str(found)


def test_with_nothing_to_change_the_plan_is_empty() -> None:
    found, _cluster = planned(connector(), CONTINUE)
    assert found.plan.is_empty
    assert found.preview[-1].strip() == "Nothing to change."


@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_the_state_before_is_the_state_after(state: str) -> None:
    plan = planned(connector(state))[0].plan
    assert (plan.state, plan.final_state) == (state, state)


def test_a_failed_connector_is_started_again_with_nothing_else_to_change() -> None:
    plan = planned(connector("FAILED"), CONTINUE)[0].plan
    assert (plan.state, plan.final_state, plan.is_empty) == ("FAILED", "RUNNING", False)


def test_a_connector_that_a_killed_run_left_stopped_returns_to_the_state_before() -> None:
    plan = planned(connector("STOPPED"), CONTINUE, begun_in="RUNNING")[0].plan
    assert (plan.state, plan.final_state, plan.is_empty) == ("STOPPED", "RUNNING", False)


def test_the_offsets_of_a_sink_are_refused_before_anything_is_asked() -> None:
    with pytest.raises(InputError, match="is a sink connector, not a source connector"):
        planned(connector(type="sink"))
    with pytest.raises(InputError, match="is a sink connector, not a source connector"):
        planned(connector(type="sink"), ResetRequest("rollback", backup={ORDERS: {"id": 4}}))


def test_settings_of_a_sink_are_taken_back_in_a_plan_without_offsets() -> None:
    sink = connector(type="sink", offsets=())
    found, _cluster = planned(sink, ResetRequest("rollback", backup={}), {"max.wait.ms": "500"})
    assert [(one.key, one.after) for one in found.plan.settings] == [("max.wait.ms", "500")]
    assert found.plan.offsets == ()
    assert "~  max.wait.ms  1000 (1 s) -> 500 (500 ms)" in "\n".join(found.preview)


def test_a_partition_without_an_offset_is_one_that_rest_cannot_address() -> None:
    hidden = StoredOffset(Partition.of({"b": 1, "a": 2}), None)
    of = connector()
    with pytest.raises(RecoveryError, match="Connect lists a=2 b=1 without an offset"):
        planned(replace(of, offsets=(*of.offsets, hidden)))


def test_offsets_are_decided_for_the_config_that_the_connector_will_start_with() -> None:
    of = stripe_connector({"PST": offset("2026-11-03", TODAY)}, max_report_interval_days="30")
    before = planned(of, CONTINUE)[0].forecast
    after = planned(of, CONTINUE, {"max.report.interval.days": 2})[0].forecast
    assert before is not None
    assert after is not None
    assert (before["report_runs"], after["report_runs"]) == (1, 10)


@pytest.mark.parametrize("state, restarts", [("RUNNING", True), ("PAUSED", False), ("STOPPED", False)])
def test_tasks_are_started_anew_only_where_the_connector_runs_afterwards(
    state: str, restarts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profiles, "decide", lambda *_arguments: Decision({}, needs_restart=True))
    plan = planned(connector(state), CONTINUE)[0].plan
    assert (plan.restart, plan.is_empty) == (restarts, not restarts)


@pytest.mark.parametrize("state", ["UNASSIGNED", "RESTARTING"])
def test_a_restart_returns_a_connector_that_was_read_in_passing_to_a_state_that_can_be_ordered(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profiles, "decide", lambda *_arguments: Decision({}, needs_restart=True))
    plan = planned(connector(state), CONTINUE)[0].plan
    assert (plan.restart, plan.final_state) == (True, "RUNNING")


def test_the_warnings_of_the_decision_reach_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Profiles, "decide", lambda *_arguments: Decision({}, warnings=("Mind the gap.",)))
    assert planned(connector(), CONTINUE)[0].warnings == ("Mind the gap.",)


@pytest.mark.parametrize("took_minutes, minutes", [(10, 60), (45, 90)], ids=["short runs", "long runs"])
def test_the_wait_that_is_written_is_the_wait_that_is_suggested(
    monkeypatch: pytest.MonkeyPatch, took_minutes: int, minutes: int
) -> None:
    run = ReportRun("frr_1", TYPE, TODAY - DAY, TODAY, NOW - DAY, "succeeded", NOW - DAY + took_minutes * 60)
    evidence = Evidence({PST: RunHistory((run,), NOW - 14 * DAY)})
    monkeypatch.setattr(
        StripeReporting, "read_outside", lambda kind, read: situation(read.connector, evidence=evidence, now=read.now)
    )
    stuck = stripe_connector({PST: offset(TODAY - 12 * DAY, TODAY - 12 * DAY)})
    of = replace(stuck, config={**stuck.config, "stripe.report.max.wait.ms": "300000"})

    def written(**request: Any) -> list[str]:
        cluster = FakeCluster(FakeConnector(of.name, dict(of.config), {}, "RUNNING"))
        asked = ChangeRequest(CONTINUE, {}, request.pop("at_least", {}), "eu-1", **request)
        return [one.after for one in make_plan(cluster, of, asked, KINDS, "kafka-1", None, NOW).plan.settings]

    facts = Judge("eu-1", Limits(), KINDS)(Read(of, NOW)).facts
    assert written(default_floors=True) == [str(facts["suggested_wait"]["milliseconds"])] == [str(minutes * 60_000)]
    # What somebody names counts.
    assert written(default_floors=True, at_least={"stripe.report.max.wait.ms": "61m"}) == ["3660000"]
    assert written() == []
