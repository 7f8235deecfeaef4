# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab starts, does what tests ask of it and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import requests
from lab import ConnectRequestError, Lab, await_condition, jars, processes, stuck_connector
from lab.days import MIDNIGHT, ago
from lab.scenarios import REPORT_TYPE, same_interval_runs, stripe_offset
from lab.trial import Trial
from lab.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.slow_file


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that is dead and only not yet waited for is not running."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text(encoding="utf-8").split()]


# Start and end


def test_leaving_the_block_leaves_no_process_and_no_file() -> None:
    before = set(children(os.getpid()))
    with Lab(workers=1) as lab:
        started = set(children(os.getpid())) - before
        folder = lab.logs.parent
        assert len(started) == 3, "a broker, a worker and a watchdog"
        assert folder.is_dir()
        stripe = lab.stripe.url
    assert not [pid for pid in started if is_running(pid)]
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(stripe, timeout=5)


def test_an_error_in_the_block_keeps_the_logs_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="a test's error"), Lab(workers=1):
        raise ValueError("a test's error")
    kept = Path(capsys.readouterr().err.strip().removeprefix("The lab's logs are kept in "))
    assert sorted(path.name for path in kept.iterdir()) == ["broker.log", "connect-1-worker-0.log"]
    shutil.rmtree(kept)


@pytest.fixture
def command_line_lab() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(Path(jars.__file__).parents[1]), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "lab", "up"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.lengthy),
        pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.lengthy),
        pytest.param(signal.SIGKILL, id="SIGKILL"),
    ],
)
def test_however_the_command_line_ends_nothing_is_left(
    command_line_lab: subprocess.Popen[str], end: signal.Signals
) -> None:
    assert command_line_lab.stdout is not None
    lines = []
    for line in command_line_lab.stdout:
        lines.append(line)
        if "Ctrl-C ends the lab" in line:
            break
    text = "".join(lines)
    folder = Path(text.partition("Logs, until the lab ends: ")[2].splitlines()[0]).parent
    started = children(command_line_lab.pid)
    assert len(started) == 3, text
    assert folder.is_dir()
    assert f"-i {folder}/inventory.json" in text, "the inventory is to go with the lab"
    command_line_lab.send_signal(end)
    code = command_line_lab.wait(LIMIT_SECONDS)
    assert code == (-end if end == signal.SIGKILL else 0)
    await_condition(lambda: not any(is_running(pid) for pid in started), "the end of the lab's processes")
    await_condition(lambda: not folder.exists(), "the end of the lab's folder")


@pytest.mark.lengthy
@pytest.mark.parametrize("victim", ["broker", "worker"])
def test_a_port_that_gets_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch, victim: str) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        choices: list[Sequence[int]] = []

        def choose(count: int) -> Sequence[int]:
            ports = processes.free_ports(count)
            if not choices:
                ports[0 if victim == "broker" else 2] = taken
            choices.append(ports)
            return ports

        monkeypatch.setattr("lab.lab.free_ports", choose)
        with Lab(workers=1) as lab:
            assert len(choices) == 2
            assert lab.connect.request("GET", "/connectors").json() == []


@pytest.mark.lengthy
def test_labs_side_by_side_and_clusters_on_one_broker_know_nothing_of_each_other(lab: Lab, trial: Trial) -> None:
    trial.account("PST")
    trial.create(state="STOPPED")
    with Lab(workers=1, clusters=2) as other:
        assert other.bootstrap_servers != lab.bootstrap_servers
        first, second = other.clusters
        first.create("only-here", lab.stripe_config({}, [REPORT_TYPE]), state="STOPPED")
        await_condition(lambda: first.request("GET", "/connectors").json() == ["only-here"], "the connector")
        assert second.request("GET", "/connectors").json() == []
        assert "only-here" not in lab.connect.request("GET", "/connectors").json()
        assert first.offsets_topic != second.offsets_topic
        assert first.group_id != second.group_id


@pytest.mark.lengthy
def test_worker_settings_can_be_given() -> None:
    with Lab(workers=1, worker_config={"exactly.once.source.support": "enabled"}) as lab:
        trial = Trial(lab, "exactly-once")
        trial.account("PST")
        trial.create({"PST": stripe_offset(end=ago(2), round_id=MIDNIGHT, processed=False)})
        trial.await_offset("PST", processed_in_round=True)
        assert trial.delivered() == trial.expected("PST", ago(2), MIDNIGHT)
        assert "transactional.id = connect-1-exactly-once-0" in lab.connect.workers[0].log_text()


def test_jars_are_built_once_until_something_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    builds: list[str] = []

    def pretend_to_build(made: jars.Jars) -> None:
        made.home.mkdir()
        builds.append(made.kafka_version)

    monkeypatch.setattr(jars, "CACHE", tmp_path)
    monkeypatch.setattr(jars, "_run_maven", pretend_to_build)
    jars.build("3.8.1")
    jars.build("3.8.1")
    assert builds == ["3.8.1"]
    monkeypatch.setenv("KAFKA_VERSION", "4.1.1")
    assert jars.build().kafka_version == "4.1.1"
    source = shutil.copytree(jars.CONNECTOR, tmp_path / "connector")
    monkeypatch.setattr(jars, "CONNECTOR", source)
    jars.build("3.8.1")
    assert builds == ["3.8.1", "4.1.1"]
    (source / "pom.xml").write_text("<project/>", encoding="utf-8")
    jars.build("3.8.1")
    assert builds == ["3.8.1", "4.1.1", "3.8.1"]


# Connectors and workers


@pytest.mark.parametrize("state, tasks", [("STOPPED", 0), ("PAUSED", 0), ("RUNNING", 1)])
def test_a_connector_is_created_in_the_state_asked_for_with_its_offsets(trial: Trial, state: str, tasks: int) -> None:
    trial.account("PST")
    offset = stripe_offset(end=MIDNIGHT, round_id=MIDNIGHT, processed=True)
    trial.create({"PST": offset}, state=state)
    trial.cluster.await_state(trial.name, state, tasks=tasks)
    assert trial.offset("PST") == offset
    assert trial.intervals("PST") == []


def test_an_error_of_connect_is_raised_with_its_body(lab: Lab) -> None:
    with pytest.raises(ConnectRequestError, match="Connector nobody not found") as caught:
        lab.connect.config("nobody")
    assert caught.value.response.status_code == 404


@pytest.mark.lengthy
def test_a_killed_worker_hands_its_task_over_and_comes_back(lab: Lab, trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": stripe_offset(end=MIDNIGHT, round_id=MIDNIGHT, processed=True)})
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    holder = trial.cluster.status(trial.name)["tasks"][0]["worker_id"]
    worker = next(worker for worker in lab.connect.workers if worker.worker_id == holder)
    worker.kill()
    try:
        await_condition(lambda: trial.cluster.status(trial.name)["tasks"][0]["worker_id"] != holder, "the task's move")
        trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    finally:
        worker.restart()
    assert trial.name in lab.connect.request("GET", "/connectors", worker=worker).json()


@pytest.mark.lengthy
def test_a_suspended_worker_answers_only_after_it_is_resumed(lab: Lab) -> None:
    worker = lab.connect.workers[1]
    worker.suspend()
    try:
        with pytest.raises(requests.ReadTimeout):
            requests.get(worker.url, timeout=0.3)
    finally:
        worker.resume()
    assert lab.connect.request("GET", "/", worker=worker).json()["version"] == lab.kafka_version


# The stuck connector


def test_the_stuck_connector_is_running_and_heals_without_loss_once_its_wait_is_raised(
    lab: Lab, connector_name: str
) -> None:
    stuck = stuck_connector(lab, connector_name)
    blocker = stuck.accounts[stuck.blocker]
    stuck.cluster.await_state(connector_name, "RUNNING", tasks=1)
    assert same_interval_runs(blocker) >= 2
    old = stripe_offset(end=stuck.delivered_until, round_id=stuck.round_id, processed=False)
    assert [entry["offset"] for entry in stuck.cluster.offsets(connector_name)] == [old] * 3

    stuck.cluster.request("PUT", f"/connectors/{connector_name}/stop")
    stuck.cluster.await_state(connector_name, "STOPPED", tasks=0)
    # One poll does it all; the next would begin with a further round.
    changes = {"stripe.report.max.wait.ms": "600000", "in.progress.poll.interval.ms": "600000"}
    config = {**stuck.cluster.config(connector_name), **changes}
    stuck.cluster.request("PUT", f"/connectors/{connector_name}/config", config)
    stuck.cluster.request("PUT", f"/connectors/{connector_name}/resume")
    await_condition(
        lambda: all(entry["offset"]["processed_in_round"] for entry in stuck.cluster.offsets(connector_name)),
        "all three partitions to finish the round",
    )
    delivered = sorted(value["row_id"] for _key, value in lab.topic_records(stuck.topic))
    expected = [
        row["row_id"]
        for account in stuck.accounts.values()
        for row in account.rows(stuck.report_type, stuck.delivered_until, stuck.available_until)
    ]
    assert delivered == sorted(expected)
