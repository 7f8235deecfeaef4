# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on two Connect clusters: one inventory host each, in batches, and none hides the other's result."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, await_condition
from lab.ansible_runs import playbook_command, playbook_environment, run_playbook, write_inventory
from lab.scenarios import StuckConnector, stuck_connector

pytestmark = pytest.mark.slow_file

TASK_START = "Task started with report types"


@pytest.fixture(scope="module", name="lab")
def lab_of_two_clusters() -> Iterator[Lab]:
    with Lab(workers=1, clusters=2) as lab:
        yield lab


@pytest.fixture
def stuck(lab: Lab, request: pytest.FixtureRequest) -> Iterator[list[StuckConnector]]:
    """A stuck connector on each cluster, of the same name on both."""
    name = re.sub(r"\W+", "-", request.node.name)
    # With a look every 50 ms there are at most 31 within the connector's wait.
    slow: dict[str, Any] = {"blocker_pending_seconds": 15.0, "blocker_ready_after_looks": 60}
    connectors = [stuck_connector(lab, name, cluster, **slow) for cluster in lab.clusters]
    yield connectors
    for connector in connectors:
        connector.cluster.delete(name)


def outcome(output: str) -> dict[str, dict[str, int]]:
    """The recap of a playbook's run, by host."""
    found = {}
    for host, counts in re.findall(r"^(\S+)\s+: (ok=.*)$", output.partition("PLAY RECAP")[2], re.MULTILINE):
        found[host] = {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
    return found


def is_delivered(lab: Lab, stuck: StuckConnector) -> bool:
    """Whether every row that was due is in the topic, each once."""
    due = {zone: Counter(rows) for zone, rows in stuck.due_rows().items()}
    return lab.delivered_rows(stuck.topic) == due


def task_starts(stuck: StuckConnector) -> int:
    lines = stuck.cluster.workers[0].log_text().splitlines()
    return sum(TASK_START in line and stuck.name in line for line in lines)


def record_counts(lab: Lab) -> list[int]:
    topics = [topic for cluster in lab.clusters for topic in (cluster.config_topic, cluster.offsets_topic)]
    return [len(lab.broker.messages(topic)) for topic in topics]


@pytest.mark.core_matrix
@pytest.mark.core_smoke
def test_recover_heals_every_cluster_with_one_stop_each_and_a_second_run_changes_nothing(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    inventory = write_inventory(lab, tmp_path)
    before = record_counts(lab)

    preview = run_playbook("recover", inventory, ["--check", "--diff"])
    assert preview.returncode == 0, preview.stdout
    assert record_counts(lab) == before, "a preview writes nothing"
    assert not any(is_delivered(lab, one) for one in stuck)

    first = run_playbook("recover", inventory, ["-e", "connectops_serial=1"])
    assert first.returncode == 0, first.stdout
    starts = {}
    for one in stuck:
        assert outcome(first.stdout)[one.cluster.name]["changed"] == 1
        assert is_delivered(lab, one)
        starts[one.name] = task_starts(one)
        assert starts[one.name] <= 4, "the start in which it got stuck, the mark, the resume, and the mark's end"
    assert _plan_ids(first.stdout) == _plan_ids(preview.stdout)
    # A batch each, so that the first cluster is done before the second is touched.
    assert first.stdout.count("PLAY [Recover stuck connectors]") == 2

    second = run_playbook("recover", inventory)
    assert second.returncode == 0, second.stdout
    assert {counts["changed"] for counts in outcome(second.stdout).values()} == {0}
    assert {one.name: task_starts(one) for one in stuck} == starts


def _plan_ids(output: str) -> set[str]:
    return set(re.findall(r"^  Plan (\w{12})", output, re.MULTILINE))


@pytest.mark.parametrize("serial", ["1", pytest.param("100%", marks=pytest.mark.lengthy)])
def test_a_cluster_that_cannot_be_reached_does_not_keep_the_other_from_its_recovery(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path, serial: str
) -> None:
    unreachable, reached = stuck
    done = run_playbook("recover", _with_broken(lab, tmp_path, unreachable), ["-e", f"connectops_serial={serial}"])
    assert done.returncode != 0
    assert is_delivered(lab, reached)
    assert not is_delivered(lab, unreachable)
    assert outcome(done.stdout)[unreachable.cluster.name]["failed"] == 1
    assert outcome(done.stdout)[reached.cluster.name]["failed"] == 0
    report = done.stdout.partition("PLAY [Report]")[2]
    assert "Kafka Connect cannot be reached at http://127.0.0.1:9" in report


def test_the_first_cluster_that_fails_ends_the_run_when_that_is_asked_for(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    arguments = ["-e", "connectops_serial=1", "-e", "connectops_stop_on_failure=true"]
    done = run_playbook("recover", _with_broken(lab, tmp_path, stuck[0]), arguments)
    assert done.returncode != 0
    assert not is_delivered(lab, stuck[1])
    untouched = outcome(done.stdout)[stuck[1].cluster.name]
    assert (untouched["changed"], untouched["failed"]) == (0, 1)
    report = " ".join(done.stdout.partition("PLAY [Report]")[2].split())
    assert (
        "Not changed: the run stopped after 0 of 1 clusters. A cluster failed, and connectops_stop_on_failure is set."
        in report
    )


def test_a_paused_connector_is_healed_and_paused_again(lab: Lab, stuck: list[StuckConnector], tmp_path: Path) -> None:
    for one in stuck:
        one.cluster.request("PUT", f"/connectors/{one.name}/pause")
        one.cluster.await_state(one.name, "PAUSED")
    done = run_playbook("recover", write_inventory(lab, tmp_path))
    assert done.returncode == 0, done.stdout
    for one in stuck:
        assert one.cluster.status(one.name)["connector"]["state"] == "PAUSED"
        assert one.cluster.config(one.name)["stripe.report.max.wait.ms"] == "3600000"


@pytest.mark.lengthy
def test_a_recovery_that_is_not_seen_in_time_is_said_to_be_none(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    # The wait stays shorter than the reports take.
    arguments = ["-e", '{"connectops_at_least": {"stripe.report.max.wait.ms": 1600}}', "-e", "verify_timeout_seconds=2"]
    done = run_playbook("recover", write_inventory(lab, tmp_path), arguments)
    assert done.returncode != 0
    assert not any(is_delivered(lab, one) for one in stuck)
    report = " ".join(done.stdout.partition("PLAY [Report]")[2].split())
    assert re.search(
        rf"Not recovered( yet)? after 2 s: {stuck[0].name} of {stuck[0].cluster.name}: 0 of 3 partitions", report
    )
    assert "Unknown error" not in done.stdout
    assert "RETRYING" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 2000, "one readable sentence, and no whole result"


SINK = {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    "topics": "of-a-sink",
    "file": "/dev/null",
}


def test_a_connector_that_cannot_be_planned_does_not_keep_the_others_of_its_cluster_from_recovery(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    """Among them one of another class: a default that is Stripe's own does not fail on it."""
    recovered, untouched = stuck
    file = tmp_path / "lines.txt"
    file.write_text("one\n", encoding="utf-8")
    of_a_file = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file": str(file),
        "topic": "of-a-file",
        "topic.creation.default.partitions": 1,
        "topic.creation.default.replication.factor": 1,
    }
    created = {"a-sink": SINK, "a-file": of_a_file}
    for name, config in created.items():
        recovered.cluster.create(name, config)
    try:
        await_condition(lambda: recovered.cluster.offsets("a-file"), "the file connector's offset")
        named = {
            "connectops_connectors": ["a-sink", "a-file", recovered.name],
            # Without the times of its commits nothing would show that a quiet connector works.
            "connectops_kafka_bootstrap_servers": [lab.bootstrap_servers],
            "verify_timeout_seconds": 60,
        }
        inventory = write_inventory(lab, tmp_path, {recovered.cluster.name: named})
        done = run_playbook("recover", inventory, ["--limit", recovered.cluster.name])
    finally:
        for name in created:
            recovered.cluster.delete(name)
    assert done.returncode == 2, done.stdout
    assert is_delivered(lab, recovered)
    assert not is_delivered(lab, untouched)
    assert "PLAY RECAP" in done.stdout
    assert outcome(done.stdout)[recovered.cluster.name]["changed"] == 1
    plans, report = done.stdout.partition("Show the plan")[2], done.stdout.partition("PLAY [Report]")[2]
    for text in (plans.partition("Wait until the connectors")[0], report):
        assert "Connector 'a-sink' is a sink connector, not a source connector" in " ".join(text.split())
    assert "a-file" not in report, report
    assert plans.index("Wait until the connectors") < plans.index("PLAY [Report]")


@pytest.mark.lengthy
def test_a_stopped_connector_that_would_be_stuck_fails_the_run_unless_it_was_named(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    one = stuck[0]
    one.cluster.request("PUT", f"/connectors/{one.name}/stop")
    one.cluster.await_state(one.name, "STOPPED")
    limit = ["--limit", one.cluster.name]
    found = run_playbook("recover", write_inventory(lab, tmp_path), limit)
    assert found.returncode == 2, found.stdout
    report = " ".join(found.stdout.partition("PLAY [Report]")[2].split())
    assert (
        f"STOPPED, and stuck after a resume: {one.name}. To recover, run this playbook with -e"
        f" connectops_connectors={one.name}, then send PUT /connectors/{one.name}/resume. If it is meant to stay STOPPED, name"
        " it in connectops_stay_stopped."
    ) in report
    assert one.cluster.config(one.name)["stripe.report.max.wait.ms"] == "1500"
    stay = ["-e", json.dumps({"connectops_stay_stopped": [one.name]})]
    wanted = run_playbook("recover", write_inventory(lab, tmp_path), [*limit, *stay])
    assert wanted.returncode == 0, wanted.stdout
    named = run_playbook("recover", write_inventory(lab, tmp_path), [*limit, "-e", f"connectops_connectors={one.name}"])
    assert named.returncode == 2, named.stdout
    assert f"Reset and left STOPPED, as before: {one.name}." in " ".join(named.stdout.split())
    assert one.cluster.config(one.name)["stripe.report.max.wait.ms"] == "3600000"
    assert one.cluster.status(one.name)["connector"]["state"] == "STOPPED"
    one.cluster.request("PUT", f"/connectors/{one.name}/resume")
    await_condition(lambda: is_delivered(lab, one), "the rows that were due")


def _with_broken(lab: Lab, folder: Path, stuck: StuckConnector) -> Path:
    # The discard port: nothing listens there.
    broken: dict[str, Any] = {"connectops_connect_url": ["http://127.0.0.1:9"]}
    return write_inventory(lab, folder, {stuck.cluster.name: broken})


def test_identify_names_the_stuck_connector_and_what_would_help_and_changes_nothing(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    before = record_counts(lab)
    kafka = {"connectops_kafka_bootstrap_servers": [lab.bootstrap_servers]}
    done = run_playbook("identify", write_inventory(lab, tmp_path), ["-e", json.dumps(kafka)])
    assert done.returncode == 0, done.stdout
    assert record_counts(lab) == before
    for one in stuck:
        assert f"{one.cluster.name}  {one.name}  RUNNING 1/1\n  works on round" in done.stdout
        assert outcome(done.stdout)[one.cluster.name]["changed"] == 0
    assert f"Blocked by {stuck[0].blocker}" in done.stdout
    assert re.search(r"^  \*  continue ", done.stdout, re.MULTILINE), "the default among the remedies"
    shown = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert all(len(line) <= 80 for line in shown)


def shown_command(output: str, purpose: str, inventory: Path) -> list[str]:
    """The words of the command that the output shows for a purpose, made to run on the playbook of this folder."""
    lines = output.partition(f"  {purpose}, with the inventory of this run (-i):\n")[2].splitlines()
    end = next(number for number, line in enumerate(lines) if not line.endswith("\\")) + 1
    words = shlex.split(" ".join(line.removesuffix("\\") for line in lines[:end]))
    assert words[0] == "ansible-playbook"
    return playbook_command(words[1].removeprefix("connectops.recovery."), inventory, *words[2:])


@pytest.mark.lengthy
def test_the_commands_that_are_shown_carry_out_the_plan_and_go_back(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    inventory = write_inventory(lab, tmp_path)
    one, other = stuck
    before = one.cluster.offsets(one.name)
    limits = ["-e", f"connectops_hosts={one.cluster.name}"]
    checked = run_playbook("recover", inventory, ["--check", *limits])
    assert checked.returncode == 0, checked.stdout
    assert one.cluster.offsets(one.name) == before

    def run(output: str, purpose: str, *arguments: str) -> str:
        command = [*shown_command(output, purpose, inventory), *arguments]
        done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    carried_out = run(checked.stdout, "To carry out this plan")
    assert outcome(carried_out)[one.cluster.name]["changed"] == 1
    assert one.cluster.offsets(one.name) != before
    steps = [line.split(": ", 1)[1] for line in carried_out.splitlines() if line.startswith(f"{one.name}: ")]
    assert [step.split()[0] for step in steps] == ["backed", "stopping;", "STOPPED,", "1", "RUNNING"]
    assert other.cluster.name not in outcome(carried_out)
    # It has recovered, and so moved on.
    rolled_back = run(carried_out, "To take this change back", "-e", "rollback_allow_moved_offsets=true")
    assert outcome(rolled_back)[one.cluster.name]["changed"] == 1
    assert one.cluster.offsets(one.name) == before


@pytest.mark.parametrize(
    "fail_on, status",
    [
        pytest.param("never", 0, marks=pytest.mark.lengthy),
        ("stuck", 2),
        pytest.param("late", 2, marks=pytest.mark.lengthy),
    ],
)
def test_identify_has_an_exit_status_and_a_report_for_scripts(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path, fail_on: str, status: int
) -> None:
    report = str(tmp_path / "{{ inventory_hostname }}.json")
    arguments = ["-e", f"identify_fail_on={fail_on}", "-e", json.dumps({"identify_report_file": report})]
    done = run_playbook("identify", write_inventory(lab, tmp_path), arguments)
    assert done.returncode == status, done.stdout
    for one in stuck:
        told = json.loads((tmp_path / f"{one.cluster.name}.json").read_text(encoding="utf-8"))
        assert told["stuck"] == told["recoverable"] == [one.name]
        assert told["counts"]["stuck"] >= 1
        assert told["connectors"][one.name]["remedies"]["default"] == "continue"
        assert not any(account.key in json.dumps(told) for account in one.accounts.values())
        is_told = f"{one.name} of {one.cluster.name}: the verdict is {fail_on} or worse" in " ".join(
            done.stdout.split()
        )
        assert is_told == (status != 0)


def test_identify_does_not_fail_for_a_cluster_where_all_is_well(lab: Lab, tmp_path: Path) -> None:
    done = run_playbook("identify", write_inventory(lab, tmp_path), ["-e", "identify_fail_on=late"])
    assert done.returncode == 0, done.stdout
