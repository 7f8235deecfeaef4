# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reset as a task: its result, check mode, what it reports meanwhile, and the failure of one connector."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Task as Task_
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.connectors.stripe_reporting import cases as stripe
from unit.fake_cluster import FakeConnector, Fault
from unit.operations.tasks.reset_task import (
    AFTER,
    BACKUPS,
    BEFORE,
    NEW,
    NOW,
    SECRET,
    Task,
    connector,
)


def test_the_result_names_the_backup_and_how_it_is_known_that_no_task_was_left(task: Task) -> None:
    done = task().result
    assert task.found() == (AFTER, NEW, "RUNNING")
    one = done["connectors"]["c"]
    (backup,) = task.files(BACKUPS)
    assert (done["changed"], one["changed"], one["backup_file"]) == (True, True, str(backup))
    assert one["evidence"]["workers_asked"] == ["connect-1:8083"]
    assert one["plan"]["write_to"] == "rest"
    assert SECRET not in json.dumps(done) + backup.read_text(encoding="utf-8")
    assert SECRET in task.cluster.hidden


def test_check_mode_says_the_same_and_writes_nothing(task: Task) -> None:
    shown = task(check_mode=True).result
    assert task.cluster.writes == []
    assert task.files() == []
    done = task(plan_id=shown["connectors"]["c"]["plan"]["id"]).result
    assert [done[part] for part in ("changed", "preview", "diff")] == [
        shown[part] for part in ("changed", "preview", "diff")
    ]


def test_the_plan_is_made_again_in_the_window_when_a_round_has_begun_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, since = "2026-11-22T06:00:30", "2026-11-23T06:00:30"
    of = stripe.connector(dict.fromkeys(("PST", "UTC"), stripe.offset("2026-11-20", before)), poll_cron="30 0 6 * * ?")
    for seconds, round_id in ((0, before), (60, since)):
        task = Task(tmp_path / str(seconds), FakeConnector("c", dict(of.config), dict(of.stored)))
        monkeypatch.setattr(task, "_show", lambda _lines, task=task, seconds=seconds: task.cluster.sleep(seconds))
        done = task(strategy="current", offset=None, config={}, ask_stripe=False).result["connectors"]["c"]
        written = task.found()[0].values()
        assert {one["round_id"] for one in written} == {stripe.at(round_id)}
        assert done["forecast"]["current_round"] == stripe.at(round_id)


def test_the_diff_is_made_only_where_it_is_asked_for(task: Task) -> None:
    assert [task(check_mode=True, with_diff=asked).result["diff"] != [] for asked in (True, False)] == [True, False]
    assert task(with_diff=False).result["diff"] == []


def test_the_steps_of_a_change_are_told_with_their_times_also_of_one_that_failed(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b"), connector("c"))
    assert [one["steps"] for one in task(check_mode=True).result["connectors"].values()] == [[], [], []]
    task.cluster.next_faults["alter_offsets"] = [None, Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError) as caught:
        task(connectors=["a", "b", "missing"])
    done = caught.value.facts["connectors"]
    words = {name: [step["message"].partition(" to ")[0] for step in one["steps"]] for name, one in done.items()}
    begun = ["backed up 1 offset", "stopping", "STOPPED, its tasks have ended"]
    assert words == {
        "a": [*begun, "1 setting and 1 offset written and read back", "RUNNING again"],
        "b": begun,
        "missing": [],
    }
    times = [step["at"] for step in (*done["a"]["steps"], *done["b"]["steps"])]
    assert times == sorted(times)
    assert NOW <= times[0] < times[-1]


def test_a_second_run_changes_nothing(task: Task) -> None:
    task()
    task.cluster.restarted()
    assert not task().result["changed"]
    assert task.cluster.writes == []


def test_a_plan_that_was_not_agreed_to_is_refused_before_the_stop(task: Task) -> None:
    with pytest.raises(RecoveryError, match="The plan 0123456789ab does not fit") as caught:
        task(plan_id="0123456789ab")
    assert "backup_file" not in caught.value.facts["connectors"]["c"]
    assert task.cluster.writes == []
    assert task.files() == []


def test_every_worker_of_the_cluster_is_asked(tmp_path: Path) -> None:
    task = Task(tmp_path / "backups", connector("a"), connector("b", worker="connect-2:8083"))
    task(connectors=["a"], connect_url=["http://connect-3:8083"])
    asked = {call.arguments[0] for call in task.cluster.calls if call.method == "worker_answer"}
    assert asked == {"connect-1:8083", "connect-2:8083", "connect-3:8083"}


def test_a_connect_that_cannot_change_offsets_is_refused(task: Task) -> None:
    task.cluster.verbs["offsets"] = {"GET"}
    with pytest.raises(RecoveryError, match=r"3\.9\.2 at http://connect-1:8083 cannot change offsets over REST"):
        task()


def test_after_a_change_the_command_that_goes_back_names_the_backup(task: Task) -> None:
    done = task(config={}, at_least={"max.wait.ms": "60m"}).result
    (backup,) = task.files("2*.json")
    text = "\n".join(done["next_steps"])
    assert "ansible-playbook connectops.recovery.rollback" in text
    assert (
        f"-e connectops_hosts=eu-1 \\\n      -e connectops_connectors=c \\\n      -e rollback_backup_file={backup}"
        in text
    )


def test_in_check_mode_the_command_carries_out_the_plan_that_was_shown(task: Task) -> None:
    shown = task(check_mode=True, config={}, at_least={"max.wait.ms": "60m"}).result
    plan_id = shown["connectors"]["c"]["plan"]["id"]
    assert shown["next_steps"] == [
        "  To carry out this plan, with the inventory of this run (-i):",
        "    ansible-playbook connectops.recovery.recover \\",
        "      -e connectops_hosts=eu-1 \\",
        "      -e connectops_connectors=c \\",
        """      -e '{"connectops_at_least": {"max.wait.ms": "60m"}}' \\""",
        "      -e reset_strategy=offset \\",
        """      -e '{"reset_offset": {"id": 1}}' \\""",
        f"      -e reset_plan_id={plan_id}",
    ]
    assert task(plan_id=plan_id, config={}, at_least={"max.wait.ms": "60m"}).result["changed"]


def test_without_a_change_there_is_nothing_to_go_on_with(task: Task) -> None:
    task()
    assert task().result["next_steps"] == []


# One connector's trouble


def unplannable() -> list[FakeConnector]:
    """Connectors that cannot be planned, each for a reason of its own."""
    null = connector("null-offset")
    null.offsets = {Partition.of({"b": 1, "a": 1}): None}
    sink = connector("sink")
    sink.type = "sink"
    empty = connector("without-offsets")
    empty.offsets = {}
    return [null, sink, empty]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_connector_that_cannot_be_planned_is_shown_with_its_problem_beside_the_plans(
    tmp_path: Path, check_mode: bool
) -> None:
    task = Task(tmp_path / "backups", connector("a"), *unplannable(), connector("z"))
    with pytest.raises(RecoveryError) as caught:
        task(connectors=[*task.cluster.by_name, "mistyped"], check_mode=check_mode)
    results = caught.value.facts["connectors"]
    failed = {name for name, one in results.items() if one.get("failed")}
    assert failed == {"null-offset", "sink", "without-offsets", "mistyped"}
    shown = " ".join(" ".join(caught.value.facts["preview"]).split())
    for name in failed:
        assert f"eu-1 {name} {results[name]['msg']}" in shown
    assert "eu-1 a RUNNING 1/1" in shown
    assert [task.found(name)[0] for name in "az"] == [BEFORE if check_mode else AFTER] * 2


def test_what_failed_after_a_change_that_stays_counts_as_changed(tmp_path: Path) -> None:
    trace = "java.lang.IllegalStateException: broken"
    failing = connector(trace=lambda offsets: trace)
    failing.tasks = (Task_(0, "FAILED", failing.worker, trace),)
    task = Task(tmp_path / "backups", failing)
    with pytest.raises(RecoveryError, match="as before the change") as caught:
        task()
    one = caught.value.facts["connectors"]["c"]
    assert (caught.value.facts["changed"], one["changed"], one["failed"]) == (True, True, True)
    assert Path(one["backup_file"]).is_file()


# Settings that belong to a class

STRIPE = {"connector.class": "StripeSourceConnector", "stripe.report.types": "balance.summary.1"}


def test_default_floors_are_for_the_class_that_they_belong_to(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", connector("orders"), stripe)
    options = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False}
    plans = task(check_mode=True, default_floors=True, **options).result["connectors"]
    assert plans["orders"]["plan"]["settings"] == []
    assert plans["stripe"]["plan"]["settings"] == [
        {"key": "stripe.report.max.wait.ms", "before": "1000", "after": "3600000"}
    ]
    assert not task(check_mode=True, **options).result["changed"]


def test_a_floor_that_is_named_counts_more_than_the_default(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", stripe)
    given = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False, "default_floors": True}
    plan = task(check_mode=True, at_least={"stripe.report.max.wait.ms": "5s"}, **given).result["connectors"]["stripe"]
    assert [one["after"] for one in plan["plan"]["settings"]] == ["5000"]


def test_a_floor_for_a_setting_that_one_connector_lacks_is_its_own_problem(tmp_path: Path) -> None:
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.report.max.wait.ms": "1000"}, {}, "PAUSED")
    task = Task(tmp_path / "backups", connector("orders"), stripe)
    given = {"strategy": "continue", "offset": None, "config": {}, "ask_stripe": False}
    with pytest.raises(RecoveryError, match="connector 'orders' has no such setting") as caught:
        task(at_least={"stripe.report.max.wait.ms": "60m"}, **given)
    results = caught.value.facts["connectors"]
    assert {name: one.get("failed", False) for name, one in results.items()} == {"orders": True, "stripe": False}
    assert task.found("stripe")[1]["stripe.report.max.wait.ms"] == "3600000"


# What Connect says of offsets that are kept elsewhere

EXTERNAL = "Altered. However, if this connector manages offsets externally, they must be altered there."


def test_that_offsets_may_be_kept_elsewhere_is_a_warning(task: Task) -> None:
    task.cluster.says = EXTERNAL
    assert task().warnings == [f"Kafka Connect says of connector 'c': {EXTERNAL}"]


def test_a_class_whose_offsets_are_known_to_be_in_connect_alone_has_no_such_warning(tmp_path: Path) -> None:
    partition = Partition.of({"report_type": "balance.summary.1", "timezone": "PST"})
    offset = {"interval_end": int(NOW) - 864000, "round_id": int(NOW) - 864000, "processed_in_round": False}
    stripe = FakeConnector("stripe", {**STRIPE, "stripe.timezones": "PST"}, {partition: offset}, "PAUSED")
    task = Task(tmp_path / "backups", stripe)
    task.cluster.says = EXTERNAL
    outcome = task(strategy="current", offset=None, config={}, ask_stripe=False)
    assert outcome.result["changed"]
    assert [warning for warning in outcome.warnings if "externally" in warning] == []
