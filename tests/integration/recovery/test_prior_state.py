# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state before a reset is the state after it, also when something fails on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import (
    ConnectClient,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import ConfigMark
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    PST,
    TOO_SHORT_WAIT,
    ZONES,
    Tasks,
    Written,
    failed,
    initial_load,
    partition,
    stuck,
    succeeded,
    today_in_the_current_round,
    unfinished,
)
from lab import Lab, await_condition
from lab.days import MIDNIGHT, ago
from lab.scenarios import finished
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

LONGER_WAIT = {MAX_WAIT: "60m"}
RUNNING_TASK = ["RUNNING"]


def task_states(trial: Trial) -> list[str]:
    return [task["state"] for task in trial.cluster.status(trial.name)["tasks"]]


@pytest.mark.parametrize("state, running_tasks", [("RUNNING", RUNNING_TASK), ("PAUSED", []), ("STOPPED", [])])
def test_a_reset_returns_the_connector_to_its_state(
    trial: Trial, tasks: Tasks, state: str, running_tasks: list[str]
) -> None:
    today = today_in_the_current_round()
    stuck(trial, state=state)
    if state != "RUNNING":
        trial.cluster.await_state(trial.name, state)
    done = tasks.previewed_reset(strategy="current", at_least=LONGER_WAIT)
    assert (done["plan"]["state"], done["plan"]["final_state"]) == (state, state)
    assert tasks.state() == state
    assert [one for one in task_states(trial) if one == "RUNNING"] == running_tasks
    assert tasks.offsets() == dict.fromkeys(ZONES, today)
    assert trial.cluster.config(trial.name)[MAX_WAIT] == "3600000"


def test_the_status_that_an_ended_task_has_left_behind_is_not_waited_for(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    """Connect deletes a task's status when it stops the connector; what the task notes at its end may come after that."""
    stuck(trial, state="STOPPED")
    trial.cluster.await_state(trial.name, "STOPPED", tasks=0)
    left = {"state": "UNASSIGNED", "trace": None, "worker_id": "connect-9:8083", "generation": 1}
    producer = Producer({"bootstrap.servers": lab.bootstrap_servers, "partitioner": "murmur2_random"})
    producer.produce(trial.cluster.status_topic, key=f"status-task-{trial.name}-0", value=json.dumps(left))
    assert producer.flush(60) == 0
    await_condition(lambda: task_states(trial) == ["UNASSIGNED"], "a task without a worker")
    tasks.previewed_reset(strategy="current")
    assert tasks.offsets() == dict.fromkeys(ZONES, today_in_the_current_round())
    assert (tasks.state(), task_states(trial)) == ("STOPPED", ["UNASSIGNED"])


def test_a_paused_connector_that_has_a_task_is_paused_again(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    trial.cluster.request("PUT", f"/connectors/{trial.name}/pause")
    trial.cluster.await_state(trial.name, "PAUSED", tasks=1)
    tasks.previewed_reset(strategy="current", at_least=LONGER_WAIT)
    trial.cluster.await_state(trial.name, "PAUSED")
    assert "RUNNING" not in task_states(trial)


def test_a_failed_connector_runs_when_its_cause_is_removed_in_the_same_window(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, state="STOPPED", settings={"lab.start": "fail_connector"})
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    trial.cluster.await_state(trial.name, "FAILED")
    done = tasks.previewed_reset(config={"lab.start": "ok"}, at_least=LONGER_WAIT)
    assert (done["plan"]["state"], done["plan"]["final_state"]) == ("FAILED", "RUNNING")
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    trial.await_delivered(60)


def test_a_failed_task_is_stuck_and_started_again_although_nothing_else_has_to_change(
    trial: Trial, tasks: Tasks
) -> None:
    """The marker of an empty report has no key, which a compacted topic does not take."""
    trial.account(PST, rows_per_day=0)
    trial.create({PST: unfinished(2, 0)}, {"topic.creation.default.cleanup.policy": "compact"})
    await_condition(lambda: task_states(trial) == ["FAILED"], lambda: f"a failed task; it is {task_states(trial)}")
    facts = succeeded(tasks.look())["ansible_facts"]["connectops_offsets"]
    assert facts["recoverable"] == [trial.name]
    policy = ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, trial.topic, incremental_configs=[policy])
    admin = AdminClient({"bootstrap.servers": tasks.lab.bootstrap_servers})
    admin.incremental_alter_configs([resource])[resource].result()
    done = tasks.previewed_reset()
    assert (done["plan"]["state"], done["plan"]["final_state"]) == ("FAILED", "RUNNING")
    assert (done["plan"]["settings"], done["plan"]["offsets"]) == ([], [])
    trial.await_offset(PST, processed_in_round=True)
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    assert not tasks.reset()["changed"]


@pytest.mark.parametrize("what_fails", ["fail_connector", "fail_task"])
def test_a_connector_that_fails_again_is_said_to_and_is_not_left_stopped(
    trial: Trial, tasks: Tasks, what_fails: str
) -> None:
    today = today_in_the_current_round()
    stuck(trial, state="STOPPED", settings={"lab.start": what_fails})
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    state = "FAILED" if what_fails == "fail_connector" else "RUNNING"
    trial.cluster.await_state(trial.name, state)
    if what_fails == "fail_task":
        await_condition(lambda: task_states(trial) == ["FAILED"], "the task to fail")
    result = failed(tasks.reset(strategy="current"))
    assert "was resumed, but" in result["msg"]
    assert "FAILED (org.apache.kafka.connect.errors.ConnectException" in result["msg"]
    assert "as before the change. The change stays" in result["msg"]
    trial.cluster.await_state(trial.name, state)
    assert tasks.offsets() == dict.fromkeys(ZONES, today)


# Something fails on the way


def refuse(*_arguments: object) -> None:
    raise ConnectError("The change was refused by a test.")


def half_done(alter: Any) -> Any:
    """An alter_offsets that writes the first of several offsets and then fails, once; an undo is let through."""
    calls: list[str] = []

    def altered(client: ConnectClient, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        calls.append(name)
        if len(calls) > 1:
            return str(alter(client, name, offsets))
        alter(client, name, offsets[:1])
        raise ConnectError("The change was refused half way by a test.")

    return altered


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED"])
@pytest.mark.parametrize(
    "method, broken", [("alter_offsets", half_done), ("alter_offsets", None), ("patch_config", None)]
)
def test_after_a_failure_config_offsets_and_state_are_as_before(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch, state: str, method: str, broken: Any
) -> None:
    stuck(trial, state=state)
    trial.cluster.await_state(trial.name, state)
    offsets, config = tasks.stored_bytes(), trial.cluster.config(trial.name)
    monkeypatch.setattr(ConnectClient, method, broken(getattr(ConnectClient, method)) if broken else refuse)
    result = failed(tasks.reset(strategy="current", at_least=LONGER_WAIT))
    assert result["msg"].startswith("The change was refused")
    assert "Undoing" not in result["msg"]
    assert not result["changed"]
    assert tasks.stored_bytes() == offsets
    assert trial.cluster.config(trial.name) == config
    trial.cluster.await_state(trial.name, state)
    assert not tasks.journals


def test_when_undoing_fails_as_well_the_backup_is_named_and_the_state_returns(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck(trial, state="PAUSED")
    offsets, alter = tasks.offsets(), ConnectClient.alter_offsets

    calls = []

    def half_done_once(client: ConnectClient, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        calls.append(name)
        if len(calls) == 1:
            alter(client, name, offsets[:1])
        raise ConnectError("The change was refused by a test.")

    monkeypatch.setattr(ConnectClient, "alter_offsets", half_done_once)
    result = failed(tasks.reset(strategy="current", at_least=LONGER_WAIT))
    assert "Undoing it failed as well" in result["msg"]
    assert str(tasks.backup_dir) in result["msg"]
    # What can be undone is, and the backup that was named brings back the rest.
    assert trial.cluster.config(trial.name)[MAX_WAIT] == str(TOO_SHORT_WAIT)
    trial.cluster.await_state(trial.name, "PAUSED")
    monkeypatch.undo()
    (backup,) = tasks.backup_dir.rglob("2*.json")
    succeeded(tasks.reset(strategy="restore", backup_file=str(backup)))
    assert tasks.offsets() == offsets


def test_an_answer_that_was_lost_is_settled_by_reading(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is made, and its answer never comes."""

    def deaf(method: str) -> None:
        real = getattr(ConnectClient, method)

        def write(client: ConnectClient, *arguments: Any) -> None:
            real(client, *arguments)
            raise UnknownOutcome(f"The answer to {method} was lost by a test.")

        monkeypatch.setattr(ConnectClient, method, write)

    today = today_in_the_current_round()
    stuck(trial)
    deaf("alter_offsets")
    deaf("patch_config")
    succeeded(tasks.reset(strategy="current", at_least=LONGER_WAIT))
    assert tasks.offsets() == dict.fromkeys(ZONES, today)
    assert trial.cluster.config(trial.name)[MAX_WAIT] == "3600000"
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)


@pytest.mark.parametrize("answer, words", [("throw", "refuses these offsets"), ("unsupported", "support external")])
def test_a_connector_that_refuses_the_offsets_keeps_its_own_and_its_state(
    trial: Trial, tasks: Tasks, answer: str, words: str
) -> None:
    stuck(trial)
    trial.stop()
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/config", {"lab.alter.offsets": answer})
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    offsets, config = tasks.stored_bytes(), trial.cluster.config(trial.name)
    result = failed(tasks.reset(strategy="current", at_least=LONGER_WAIT))
    assert words in result["msg"]
    assert "Undoing" not in result["msg"]
    assert tasks.stored_bytes() == offsets
    assert trial.cluster.config(trial.name) == config
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)


def test_settings_that_the_connector_refuses_stop_nothing(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    before = Written.now(tasks.lab)
    result = failed(tasks.reset(strategy="current", config={"batch.size": 0}))
    assert "batch.size" in result["msg"]
    assert Written.now(tasks.lab) == before


def test_a_partition_that_rest_cannot_address_is_refused_before_the_stop(trial: Trial, tasks: Tasks) -> None:
    trial.account(PST)
    trial.create(settings={**initial_load(2), "lab.partition.map": "linked"})
    trial.await_delivered(8)
    trial.await_log("Committing offsets")
    before = Written.now(tasks.lab)
    result = failed(tasks.reset(strategy="current"))
    assert "cannot address" in result["msg"]
    assert Written.now(tasks.lab) == before


def test_what_moved_while_the_connector_was_being_stopped_is_not_rewound(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target is decided again from what is read once the task has ended."""
    settings = {MAX_WAIT: 600_000, "in.progress.poll.interval.ms": 500}
    stuck(trial, settings=settings, zones=(CAIRO, NEW_YORK), state="STOPPED")
    account = trial.accounts[NEW_YORK]
    account.pending_seconds, account.ready_after_looks = math.inf, None
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    trial.await_runs(NEW_YORK, 1)
    stop = ConnectClient.stop

    def stop_then_finish(client: ConnectClient, name: str) -> None:
        stop(client, name)
        # The run succeeds while the task is being ended: both zones deliver up to midnight, in the old round.
        if account.runs[0].status == "pending":
            trial.await_log(f"Stopping task {name}-0")
            account.pending_seconds = 0
            account.finish_run(account.runs[0].id)

    monkeypatch.setattr(ConnectClient, "stop", stop_then_finish)
    done = tasks.of(succeeded(tasks.reset(at_least=LONGER_WAIT)))
    for change in done["plan"]["offsets"]:
        assert change["before"] == finished(0, 4)
        assert change["after"] == unfinished(0, 0)
    trial.await_polls(3)
    for zone in (CAIRO, NEW_YORK):
        assert sorted(trial.delivered(zone)) == trial.expected(zone, ago(5), MIDNIGHT)


def test_somebody_who_resumes_the_connector_is_noticed_and_not_overruled(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connector is read as STOPPED, marked, and then it starts."""
    stuck(trial, state="STOPPED")
    trial.cluster.await_state(trial.name, "STOPPED", tasks=0)
    take = ConfigMark.take

    def then_resumed(mark: ConfigMark) -> str | None:
        warning = take(mark)
        trial.cluster.await_state(trial.name, "STOPPED", tasks=0)
        trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
        trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
        return warning

    monkeypatch.setattr(ConfigMark, "take", then_resumed)
    result = failed(tasks.reset(strategy="current"))
    said = f"Connector '{trial.name}' was resumed while it was being changed, by a person or by another run."
    assert said in result["msg"]
    assert "left RUNNING" in result["msg"]
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    assert not tasks.journals
    assert HOLD_KEY not in trial.cluster.config(trial.name)


def test_an_offset_that_falls_back_after_the_return_is_no_success(
    trial: Trial, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a task that Connect had given up comes back and commits."""
    stuck(trial, state="PAUSED")
    before = tasks.offsets()
    leave = StopWindow.leave

    def overwritten_on_leaving(window: StopWindow, *arguments: Any) -> Status | None:
        change = {"offsets": [{"partition": partition(NEW_YORK), "offset": before[NEW_YORK]}]}
        trial.cluster.request("PATCH", f"/connectors/{trial.name}/offsets", change)
        return leave(window, *arguments)

    monkeypatch.setattr(StopWindow, "leave", overwritten_on_leaving)
    result = failed(tasks.reset())
    assert (
        f"timezone={NEW_YORK} of connector '{trial.name}' were overwritten by a task that had not ended"
        in result["msg"]
    )
    # Two workers may show different states for a moment.
    trial.cluster.await_state(trial.name, "PAUSED")
