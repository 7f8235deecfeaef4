# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report says of a run what its results show, and no more; worst first; as its schema has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OUTCOMES as RECOVERIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document import model
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.cluster import NOT_REACHED
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    RunReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import OUTCOMES
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from unit.core.report.document.cases import (
    MADE_AT,
    NAME,
    REPORTS,
    WAIT,
    fleet,
    identified,
    previewed,
    recorded,
    recovered,
    report,
    rolled_back,
    soaked,
    with_connector,
)

SCHEMA = json.loads((Path(__file__).parents[5] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
# The parts of the schema, each with the class that it describes.
PARTS = {
    "cluster": model.ClusterReport,
    "connector": model.ConnectorReport,
    "partition": model.PartitionReport,
    "setting": model.SettingReport,
    "kind": model.KindReport,
    "source": model.SourceReport,
    "wait": model.Wait,
    "run": model.SourceRun,
    "evidence": model.Evidence,
    "moment": model.Moment,
    "item": model.ChecklistItem,
    "phase": model.Phase,
}


def of(run: RunReport) -> ClusterReport:
    (cluster,) = run.clusters
    return cluster


def statuses(run: RunReport) -> list[str]:
    return [item.status for item in of(run).checklist]


def evidence(run: RunReport, step: int) -> str:
    return of(run).checklist[step - 1].evidence


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_every_report_fits_the_schema(made: Callable[[], RunReport]) -> None:
    data = json.loads(json.dumps(made().as_data(), allow_nan=False))
    jsonschema.validate(data, SCHEMA)


@pytest.mark.parametrize("part", PARTS)
def test_the_schema_describes_every_field_and_no_other(part: str) -> None:
    described = SCHEMA["$defs"][part]
    own = {"message"} if part == "cluster" else set()
    assert set(described["properties"]) == {one.name for one in fields(PARTS[part])} | own
    assert set(described["required"]) == set(described["properties"])
    assert all(one.get("description") for one in described["properties"].values())


def test_every_verdict_and_outcome_has_its_place_in_the_order() -> None:
    assert [one for one in OUTCOMES if one in VERDICTS] == list(reversed(VERDICTS))
    assert [one for one in OUTCOMES if one in RECOVERIES] == list(reversed(RECOVERIES))


def test_a_recovery_is_told_from_the_first_look_to_the_proof() -> None:
    run = report(recovered())
    (connector,) = of(run).connectors
    assert (run.outcome, run.message) == ("recovered", "connect-1: 1 connector: 1 recovered.")
    assert (connector.verdict, connector.outcome, connector.state) == ("stuck", "recovered", "RUNNING")
    assert connector.blocker is not None
    assert connector.blocker.startswith("America/New_York (proven): ")
    assert [(one.name, one.verdict, one.is_blocker) for one in connector.partitions] == [
        ("Africa/Cairo", "blocked", False),
        ("America/New_York", "stuck", True),
        ("PST", "blocked", False),
    ]
    for one in connector.partitions:
        assert one.delivered_before is not None
        assert one.delivered_before < one.delivered_after == one.available_to  # type: ignore[operator]
        assert one.offset_before != one.offset_after
    assert [(one.key, one.before, one.after, one.found) for one in connector.settings] == [
        (WAIT, "1500", "3600000", "as_written")
    ]
    assert {one.status for one in connector.evidence} == {"passed"}
    moments = of(run).timeline
    assert [one.at for one in moments] == sorted(one.at for one in moments)
    words = [one.message for one in moments]
    assert any(one.endswith("STOPPED, its tasks have ended") for one in words)
    assert words[-1].startswith("Recovered")
    assert connector.rollback_command[0].startswith("ansible-playbook connectops.recovery.rollback")
    assert any(str(connector.backup_file) in line for line in connector.rollback_command)


def test_the_checklist_is_ticked_by_facts_and_the_watch_stays_open_until_a_day_is_over() -> None:
    run = report(recovered())
    assert statuses(run) == ["done", "done", "done", "open", "open"]
    assert evidence(run, 4) == "recovered, but seen only once: run verify again until 24 hours are over"
    soak = {
        "complete": True,
        "samples": 144,
        "message": "Good since 2026-11-26 13:33Z: the 24 h of monitoring are complete.",
    }
    watched = with_connector(recorded("verified"), soak=soak)
    fine = {"connectors": {NAME: {"deviations": []}}}
    complete = report(recovered(verified=watched, prevented=fine))
    assert statuses(complete) == ["done"] * 5
    assert [phase.done is not None for phase in of(complete).phases] == [True] * 4
    assert [phase.done is not None for phase in of(run).phases] == [True, True, False, False]


def test_a_preview_ticks_nothing_that_it_only_plans() -> None:
    run = previewed()
    assert run.outcome == "planned"
    assert statuses(run) == ["open", "done", "open", "open", "open"]
    assert evidence(run, 3).startswith("planned: 3 offsets of ")
    assert of(run).connectors[0].rollback_command == ()
    assert any("recover" in line for line in of(run).next_steps)


def test_a_look_alone_says_what_is_stuck() -> None:
    run = identified()
    assert run.outcome == "stuck"
    assert statuses(run) == ["open", "done", "open", "open", "open"]
    assert evidence(run, 3) == f"stuck and not reset: {NAME}"
    assert any(one.startswith(f"{NAME}: stuck: ") for one in of(run).open_points)


def test_the_steps_of_the_plan_have_its_own_words() -> None:
    steps = [
        "Step 1: Increase stripe.report.max.wait.ms",
        "Step 2: Identify all stuck timezones",
        "Step 3: Reset stale offsets for stuck timezones",
        "Step 4: Verify recovery (monitor for 24-48 hours)",
        "Step 5: Implement preventive measures",
    ]
    for run in (previewed(), identified(), soaked(), report(recovered())):
        assert [item.step for item in of(run).checklist] == steps
    assert of(soaked()).phases[1].name == "Short-term (2-4 hours): identify and reset stuck timezones"


def test_of_a_connector_without_a_known_wait_nothing_of_stripe_is_said() -> None:
    table = {"partition": {"table": "orders"}, "verdict": "ok", "reasons": []}
    orders = {"profile": "generic", "verdict": "ok", "state": "RUNNING", "verdicts": [table]}
    run = report(Found("connect-1", offsets={"read_at": MADE_AT, "verdict": "ok", "connectors": {"orders": orders}}))
    assert [item.step for item in of(run).checklist][:3] == [
        "Step 1: Increase the wait for the source",
        "Step 2: Identify all stuck partitions",
        "Step 3: Reset stale offsets for stuck partitions",
    ]
    assert statuses(run) == ["not_needed", "done", "not_needed", "not_needed", "open"]
    assert "tripe" not in json.dumps(run.as_data())
    stripe = recorded("offsets")["connectors"]
    mixed = report(Found("connect-1", offsets={**recorded("offsets"), "connectors": {**stripe, "orders": orders}}))
    assert of(mixed).checklist[1].step == "Step 2: Identify all stuck timezones"
    unread = {**orders, "verdict": "unknown"}
    not_judged = report(Found("connect-1", offsets={"read_at": MADE_AT, "connectors": {"orders": unread}}))
    assert statuses(not_judged)[0] == "open"


def test_a_dropped_timezone_and_what_is_unexpected_of_a_plan_are_open() -> None:
    offsets = with_connector(recorded("offsets"), dropped_timezones={"PST": "Stripe refused its key."})
    forecast = {**recorded("planned")["connectors"][NAME]["forecast"], "notes": ["PST is read twice."]}
    planned = with_connector(recorded("planned"), forecast=forecast)
    points = of(report(Found("connect-1", offsets=offsets, planned=planned), is_preview=True)).open_points
    assert f"{NAME}: the task has dropped the timezone PST: Stripe refused its key." in points
    assert f"{NAME}: PST is read twice." in points


def test_a_rollback_has_the_checklist_of_a_rollback() -> None:
    run = rolled_back()
    assert [item.step for item in of(run).checklist] == ["Restore the previous configuration", "Restore the offsets"]
    assert statuses(run) == ["done", "done"]
    assert (run.outcome, of(run).phases) == ("changed", ())


@pytest.mark.parametrize(
    "found, status, words",
    [
        ("old_value", "open", "still too short"),
        ("other_value", "open", "still too short"),
        ("hidden", "open", "still too short"),
        ("as_written", "done", "raised and read back"),
    ],
)
def test_a_wait_that_was_put_back_does_not_count_as_raised(found: str, status: str, words: str) -> None:
    settings = [{"key": WAIT, "written": "3600000", "value": "1500", "found": found}]
    run = report(recovered(verified=with_connector(recorded("verified"), settings=settings)))
    assert statuses(run)[0] == status
    assert evidence(run, 1).startswith(words)


@pytest.mark.parametrize("outcome", ["recovering", "not_recovered", "not_proven", "not_verified"])
def test_a_recovery_that_was_not_seen_is_open(outcome: str) -> None:
    seen = with_connector(recorded("verified"), outcome=outcome, reason="it has stored nothing")
    run = report(recovered(verified=seen))
    assert run.outcome == outcome
    assert statuses(run)[3] == "open"


@pytest.mark.parametrize("status", ["failed", "open", "not_looked_at", "passed"])
def test_a_checkpoint_that_did_not_pass_keeps_the_verification_open(status: str) -> None:
    checkpoints = [{"checkpoint": "logs", "status": status, "message": "2 timeouts since the change", "evidence": {}}]
    seen = with_connector(recorded("verified"), checkpoints=checkpoints, soak={"complete": True, "message": "Good."})
    run = report(recovered(verified=seen))
    assert statuses(run)[3] == ("done" if status in ("passed", "not_looked_at") else "open")
    assert any("2 timeouts" in one for one in of(run).open_points) == (status in ("failed", "open"))


def test_a_soak_that_is_not_complete_says_how_far_it_is() -> None:
    soak = {"complete": False, "message": "Good since 13:33Z, seen in 3 samples: 23 h of 24 h to go."}
    run = report(recovered(verified=with_connector(recorded("verified"), soak=soak)))
    assert statuses(run)[3] == "open"
    assert evidence(run, 4) == f"{NAME}: {soak['message']}"


def test_one_connector_that_was_not_verified_keeps_the_verification_open() -> None:
    soak = {"complete": True, "message": "Good."}
    failed = {"failed": True, "msg": "Its plan does not fit any more.", "changed": False}
    changed = recorded("changed")
    changed["connectors"]["other"] = failed
    run = report(recovered(changed=changed, verified=with_connector(recorded("verified"), soak=soak)))
    assert run.outcome == "failed"
    assert statuses(run)[2:4] == ["open", "open"]
    assert evidence(run, 4) == "not verified in this run: other"


def test_a_verification_of_an_earlier_change_says_how_to_take_it_back() -> None:
    change = {
        "backup_file": "/backups/old.json",
        "plan_id": "abc",
        "made_by": "ann@control-1",
        "taken_at": 1_795_000_000.5,
        "returned_at": 1_795_000_009.5,
    }
    seen = with_connector(recorded("verified"), change=change)
    run = report(Found("connect-1", verified=seen), playbook="verify")
    (connector,) = of(run).connectors
    assert "-e rollback_backup_file=/backups/old.json" in connector.rollback_command[-1]
    assert [(one.key, one.after, one.found) for one in connector.settings] == [(WAIT, "3600000", "as_written")]
    assert of(run).timeline[0].message == f"{NAME}: changed by ann@control-1, plan abc"
    assert statuses(run) == ["done", "done", "done", "open", "open"]


def test_a_day_of_looks_closes_the_checklist_and_each_part_of_the_plans_timeline() -> None:
    run = soaked()
    assert statuses(run) == ["done"] * 5
    assert evidence(run, 1) == f"raised and read back: {NAME} to 60 min"
    (connector,) = of(run).connectors
    changed_at = connector.partitions[0].history[0].at
    assert [one.done for one in of(run).phases] == [changed_at + 9, changed_at + 9, MADE_AT - 1, MADE_AT]
    assert of(run).phases[0].due == changed_at + 2 * 3600
    assert {one.delivered_before for one in connector.partitions} == {1_794_614_400}
    assert of(run).open_points == ()


def test_what_deviates_from_the_policy_is_open() -> None:
    message = "stripe.report.max.wait.ms is 1500 (1.5 s), and the policy wants 1800000 (30 min) or more."
    checked = {"connectors": {NAME: {"severity": "error", "deviations": [{"message": message}]}}}
    run = report(Found("connect-1", prevented=checked), playbook="prevent")
    assert (run.outcome, statuses(run)[4]) == ("deviates", "open")
    assert of(run).open_points == (f"{NAME}: {message}",)


@pytest.mark.parametrize(
    "deviations, outcome, why",
    [
        (["a is 1, but must be 2."], "deviates", "a is 1, but must be 2.; not fixed: Connect refuses it."),
        ([], "failed", "not fixed: Connect refuses it."),
    ],
)
def test_why_a_setting_was_not_fixed_is_in_the_report(deviations: list[str], outcome: str, why: str) -> None:
    checked = {"connectors": {NAME: {"severity": "error", "deviations": [{"message": one} for one in deviations]}}}
    found = Found("connect-1", prevented=checked, not_fixed={NAME: "Connect refuses it."})
    (cluster,) = report(found, playbook="prevent").as_data()["clusters"]
    assert [(one["outcome"], one["why"]) for one in cluster["connectors"]] == [(outcome, why)]
    assert cluster["open_points"][-1] == f"{NAME}: not fixed: Connect refuses it."


def test_a_connector_that_failed_is_worse_than_any_verdict_and_open() -> None:
    problem = "Worker connect-1:8083 does not answer."
    failed = {"connectors": {NAME: {"failed": True, "msg": problem, "changed": False}}}
    run = report(Found("connect-1", offsets=recorded("offsets"), planned=recorded("planned"), changed=failed))
    (connector,) = of(run).connectors
    assert (run.outcome, connector.problem, connector.plan_id) == ("failed", problem, None)
    assert statuses(run)[2] == "open"


def test_read_back_evidence_that_is_missing_is_no_proof() -> None:
    kept = {**recorded("changed")["connectors"][NAME]["evidence"], "settings_kept": 0, "offsets_kept": 1}
    run = report(recovered(changed=with_connector(recorded("changed"), evidence=kept)))
    assert statuses(run)[:3] == ["open", "done", "open"]


@pytest.mark.parametrize("step, key", [("offsets", "verdict"), ("verified", "state"), ("verified", "outcome")])
def test_a_word_that_is_not_known_is_not_reported_on(step: str, key: str) -> None:
    known = report(recovered())
    assert of(known).outcome == "recovered"
    unknown = of(report(recovered(**{step: with_connector(recorded(step), **{key: "splendid"})})))
    assert (unknown.outcome, unknown.connectors) == ("failed", ())


def test_the_worst_cluster_comes_first_and_one_that_was_not_reached_is_there() -> None:
    run = fleet()
    assert [one.label for one in run.worst_first] == ["connect-2", "connect-3", "connect-1"]
    assert run.message == "3 clusters: 1 failed, 1 stuck, 1 recovered."
    assert run.outcome == "failed"
    never = report(Found("connect-9"))
    assert (never.outcome, of(never).problem) == ("failed", NOT_REACHED)


@pytest.mark.parametrize("step", ["verified", "prevented"])
def test_a_cluster_with_nothing_to_look_at_was_reached_all_the_same(step: str) -> None:
    run = report(Found("connect-1", **{step: {"connectors": {}, "changed": False}}))
    assert (of(run).problem, of(run).message) == (None, "It has no connector to report on.")


def test_a_run_that_failed_for_a_connector_is_as_bad_as_that_connector() -> None:
    seen = with_connector(recorded("verified"), outcome="recovering", reason="it has stored nothing")
    assert report(recovered(verified=seen, problem="Not recovered yet.")).outcome == "recovering"
    assert report(recovered(problem="The disk is full.")).outcome == "failed"


def test_a_change_that_this_run_has_finished_is_not_open() -> None:
    offsets = {**recorded("offsets"), "unfinished": [NAME, "other"]}
    points = of(report(recovered(offsets=offsets))).open_points
    assert points == ("other: an earlier change was begun but not finished when the connector was read.",)


def test_connectors_that_are_stuck_after_a_resume_are_open() -> None:
    run = report(recovered(stuck_after_resume=("orders",)))
    assert run.outcome == "stopped"
    assert "orders: STOPPED" in of(run).open_points[0]
    assert statuses(run)[2] == "open"


def test_nothing_of_a_cluster_that_is_well_has_to_be_done() -> None:
    offsets: dict[str, Any] = with_connector(recorded("offsets"), verdict="ok", blocker=None, verdicts=[])
    run = report(Found("connect-1", offsets={**offsets, "verdict": "ok"}))
    assert run.outcome == "ok"
    assert statuses(run)[2:4] == ["not_needed", "not_needed"]
    assert of(run).open_points == ()


def test_a_report_on_one_cluster_that_cannot_be_made_leaves_those_on_the_others() -> None:
    broken = recovered("eu-2", verified=with_connector(recorded("verified"), partitions=[None]))
    first, second = report(recovered("eu-1"), broken).clusters
    assert (first.outcome, second.label, second.outcome, second.connectors) == ("recovered", "eu-2", "failed", ())
    assert re.fullmatch(
        r"Cluster 'eu-2': an unexpected error \(\w+ at \w+\.py:\d+\): report it as a defect of connectops\.recovery\.",
        second.problem or "",
    )
    assert second.open_points == (second.problem,)
