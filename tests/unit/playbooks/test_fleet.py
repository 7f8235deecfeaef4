# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks on twelve simulated clusters: batches, what stops them, how many may be changed, and what a person sees."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.ansible_runs import playbook_command, playbook_environment
from lab.connect_servers import ConnectServers, SimulatedCluster, SimulatedConnector
from lab.simulated_fleet import fleet, write_inventory

pytestmark = pytest.mark.slow_file
CLUSTERS = 12


@pytest.fixture
def clusters() -> Iterator[list[SimulatedCluster]]:
    """Each has one connector that is stuck and one that is well."""
    found = fleet(CLUSTERS, connectors=2, timezones=1, report_types=1)
    with ConnectServers(found):
        yield found


def imported(playbook: str, **variables: Any) -> dict[str, Any]:
    """A playbook of the collection, as a part of a user's own."""
    return {"import_playbook": playbook_command(playbook, Path("unused"))[-1], "vars": variables}


def run(
    folder: Path,
    clusters: list[SimulatedCluster],
    playbook: str | list[dict[str, Any]],
    *arguments: str,
    of_hosts: dict[str, dict[str, Any]] | None = None,
    **variables: Any,
) -> tuple[int, str]:
    """The status and the output of a run on all clusters.

    ``playbook``: one of the collection, or the parts of a user's own. ``of_hosts``: variables of some clusters, by label.
    """
    inventory = write_inventory(clusters, folder, {"verify_interval_seconds": 1, "verify_timeout_seconds": 60})
    data = json.loads(inventory.read_text(encoding="utf-8"))
    for label, given in (of_hosts or {}).items():
        data["all"]["hosts"][label].update(given)
    inventory.write_text(json.dumps(data), encoding="utf-8")
    own = folder / "own.json"
    own.write_text(json.dumps(playbook), encoding="utf-8")
    path = str(own) if isinstance(playbook, list) else imported(playbook)["import_playbook"]
    command = [
        *playbook_command("recover", inventory)[:-1],
        path,
        "--forks",
        "6",
        "-e",
        json.dumps(variables),
        *arguments,
    ]
    done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


def run_imported(
    folder: Path, inventory: Path, playbook: str, variables: dict[str, Any], *arguments: str
) -> tuple[int, str]:
    """The same of a user's own playbook, which imports the one of the collection and gives it variables."""
    *command, imported = playbook_command(playbook, inventory)
    own = folder / "own.json"
    own.write_text(json.dumps([{"import_playbook": imported, "vars": variables}]), encoding="utf-8")
    command = [*command, str(own), *arguments]
    done = subprocess.run(command, env=playbook_environment(), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


def changed(clusters: list[SimulatedCluster]) -> list[str]:
    """The clusters that were written to, in order of their first write."""
    moments = {
        one.label: min(
            (at for at, method, path in one.calls if method in ("PUT", "PATCH") and not path.endswith("/validate")),
            default=None,
        )
        for one in clusters
    }
    written = {label: at for label, at in moments.items() if at is not None}
    return sorted(written, key=lambda label: written[label])


def recap(output: str, label: str) -> dict[str, int]:
    (line,) = (line for line in output.splitlines() if line.startswith(f"{label} ") and "failed=" in line)
    return {key: int(value) for key, value in (part.split("=") for part in line.split(":")[1].split())}


def fails_at_resume(connector: SimulatedConnector) -> None:
    connector.task_state, connector.trace = "FAILED", "org.apache.kafka.connect.errors.ConnectException: no more"


def test_one_cluster_is_changed_first_then_a_tenth_then_the_others(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    # A cluster that needs nothing is of no use as the first one.
    del clusters[0].connectors["stripe-00"]
    status, output = run(tmp_path, clusters, "recover")
    assert status == 0, output
    assert len(changed(clusters)) == CLUSTERS - 1
    assert changed(clusters)[:2] == ["cluster-002", "cluster-003"]
    # The next batch begins when the one before has been verified.
    first_write = {one.label: min(at for at, method, _path in one.calls if method == "PATCH") for one in clusters[1:]}
    for number in (1, 2):
        ended = max(at for at, method, _path in clusters[number].calls if method == "GET")
        assert all(first_write[one.label] > ended for one in clusters[number + 1 :])
    assert output.count("PLAY [Recover stuck connectors]") == 3
    assert "12 clusters: 11 recovered, 1 ok." in output
    # A cluster that was never changed is not a failure beside those that were, and is one alone.
    status, output = run(tmp_path, clusters, "verify", connectops_report_dir=str(tmp_path / "reports"))
    assert status == 0, output
    assert "12 clusters: 1 not verified, 11 recovered." in output
    (page,) = (tmp_path / "reports").glob("*/cluster-cluster-001.md")
    assert "No connector of cluster cluster-001 has a backup" in page.read_text(encoding="utf-8")
    # Nor is it one beside a cluster that is not well.
    clusters[1].connectors["stripe-00"].task_state = "FAILED"
    clusters[1].forget_answers()
    status, output = run(tmp_path, clusters[:3], "verify", verify_timeout_seconds=1)
    assert status == 2
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [0, 1, 0]
    status, output = run(tmp_path, clusters, "verify", "--limit", "cluster-001")
    assert status == 2
    assert "No connector of cluster cluster-001 has a backup" in " ".join(output.split())


def test_nothing_is_changed_after_a_batch_that_made_it_worse(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    clusters[1].connectors["stripe-00"].on_resume = fails_at_resume
    # Whatever share of the batch may not be well.
    given = {"connectops_report_dir": str(tmp_path / "reports"), "connectops_max_fail_percentage": 100}
    status, output = run(tmp_path, clusters, "recover", **given)
    assert status == 2
    assert changed(clusters) == ["cluster-001", "cluster-002"]
    text = " ".join(output.split())
    assert "Not changed: the run stopped after 2 of 12 clusters. stripe-00 of cluster-002 is worse than before." in text
    assert text.count("Find out why, then run the playbook again") == 1, "what to do is said once for all clusters"
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] + [1] * 11
    (report,) = (tmp_path / "reports").glob("*/report.json")
    data = {one["label"]: one for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]}
    assert len(data) == CLUSTERS, "every cluster is in the report, also those that the run did not come to"
    assert data["cluster-001"]["outcome"] == "recovered"
    assert data["cluster-012"]["problem"].startswith("Not changed: the run stopped")


@pytest.mark.parametrize("set_for", ["hosts", "command line"])
def test_a_run_that_only_plans_goes_on_after_any_failure(
    tmp_path: Path, clusters: list[SimulatedCluster], set_for: str
) -> None:
    of_hosts: dict[str, dict[str, Any]] = {one.label: {} for one in clusters[:3]}
    if set_for == "hosts":
        of_hosts = {label: {"connectops_mode": "plan"} for label in of_hosts}
    # It needs a time, which is not given.
    of_hosts["cluster-001"]["reset_strategy"] = "timestamp"
    arguments = () if set_for == "hosts" else ("--check",)
    given = {"connectops_stop_on_failure": True}
    status, output = run(tmp_path, clusters[:3], "recover", *arguments, of_hosts=of_hosts, **given)
    assert status == 2
    assert changed(clusters) == []
    assert "3 clusters: 1 failed, 2 planned." in output
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [1, 0, 0]


@pytest.mark.parametrize("playbook", ["recover", "prevent"])
def test_a_run_that_stops_at_any_failure_stops_at_a_cluster_whose_variables_were_refused(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str
) -> None:
    of_hosts = {"cluster-003": {"reset_strateggy": "current"}}
    given = {"connectops_stop_on_failure": True, "connectops_fix": True}
    status, output = run(tmp_path, clusters[:3], playbook, of_hosts=of_hosts, **given)
    assert status == 2
    assert changed(clusters) == []
    text = " ".join(output.split())
    assert "A cluster failed, and connectops_stop_on_failure is set. cluster-003: see its error above." in text
    assert [recap(output, one.label)["failed"] for one in clusters[:3]] == [1, 1, 1]


@pytest.mark.parametrize(
    "arguments", [pytest.param((), id="real"), pytest.param(("--check",), id="check mode", marks=pytest.mark.lengthy)]
)
def test_a_run_that_would_change_too_many_changes_none(
    tmp_path: Path, clusters: list[SimulatedCluster], arguments: tuple[str, ...]
) -> None:
    del clusters[0].connectors["stripe-00"]
    given = {"connectops_max_changes": 10, "connectops_report_dir": str(tmp_path / "reports")}
    status, output = run(tmp_path, clusters, "recover", *arguments, **given)
    assert status == 2
    assert changed(clusters) == []
    text = " ".join(output.split())
    refused = (
        "This run may change 11 connectors of 11 clusters, and connectops_max_changes allows 10: nothing is changed."
    )
    assert text.count(refused) == 1, "it is said once for all clusters"
    assert text.count("Limit the run to some clusters") == 1
    assert text.count("Not changed: this run may change 11 connectors, and connectops_max_changes allows 10.") >= 11
    # A cluster in which nothing was to be changed is well, and is told so.
    assert "12 clusters: 11 failed, 1 ok." in text
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] + [1] * 11
    (report,) = (tmp_path / "reports").glob("*/report.json")
    data = {one["label"]: one for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]}
    assert data["cluster-001"]["problem"] is None
    assert data["cluster-012"]["problem"] == (
        "Not changed: this run may change 11 connectors, and connectops_max_changes allows 10."
    )


def test_a_run_that_would_fix_too_many_changes_none(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    # The wait of all of them is too short.
    few = clusters[:3]
    given = {"connectops_fix": True, "connectops_max_changes": 5, "connectops_report_dir": str(tmp_path / "reports")}
    status, output = run(tmp_path, few, "prevent", **given)
    assert status == 2
    assert changed(few) == []
    (report,) = (tmp_path / "reports").glob("*/report.json")
    refused = "Not changed: this run may change 6 connectors, and connectops_max_changes allows 5."
    assert [one["problem"] for one in json.loads(report.read_text(encoding="utf-8"))["clusters"]] == [refused] * 3
    assert output.count("Limit the run to some clusters") == 1
    assert [recap(output, one.label)["failed"] for one in few] == [1, 1, 1]
    status, output = run(tmp_path, few, "prevent", **{**given, "connectops_max_changes": 6})
    assert sorted(changed(few)) == [one.label for one in few], output


@pytest.mark.core_matrix
def test_a_rollback_by_agreed_plans_reports_no_failure_of_a_cluster_that_has_none(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    few = clusters[:3]
    status, output = run(tmp_path, few, "recover")
    assert status == 0, output
    plans = {"connectops_plan_file": str(tmp_path / "plans.json")}
    named = {"connectops_connectors": "stripe-00", "rollback_allow_moved_offsets": True}
    status, output = run(tmp_path, few[:2], "rollback", "--check", **named, **plans)
    assert status == 0, output
    # A cluster whose variables are refused has failed, whatever was agreed to.
    status, output = run(
        tmp_path,
        few,
        "rollback",
        of_hosts={"cluster-002": {"connectops_typo": 1}},
        connectops_report_dir=str(tmp_path / "reports"),
        **plans,
    )
    assert status == 2
    (report,) = (tmp_path / "reports").glob("*/report.json")
    found = json.loads(report.read_text(encoding="utf-8"))["clusters"]
    assert {one["label"]: one["outcome"] for one in found} == {
        "cluster-001": "changed",
        "cluster-002": "failed",
        "cluster-003": "unknown",
    }
    (open_points,) = (one["open_points"] for one in found if one["label"] == "cluster-003")
    assert open_points == ["No plan was agreed to for this cluster, so nothing was changed."]
    assert [recap(output, one.label)["failed"] for one in few] == [0, 1, 0]


def test_a_look_ends_with_the_worst_and_counts_what_could_not_be_read(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    clusters[4].url = "http://127.0.0.1:9"
    status, output = run(tmp_path, clusters, "identify")
    assert status == 2
    summary = output.partition("TASK [Write the report]")[2]
    assert "12 clusters: 1 failed, 11 stuck." in summary
    assert "  connectors: 11 stuck, 11 ok" in summary
    assert summary.index("cluster-005") < summary.index("cluster-001")
    # What is well takes one line.
    assert "cluster-001  stripe-01  RUNNING 1/1  ok (partitions: 1 ok)" in output
    assert [recap(output, one.label)["failed"] for one in clusters] == [0] * 4 + [1] + [0] * 7


@pytest.mark.parametrize("playbook, most", [("identify", 3), ("recover", 6)])
def test_each_cluster_costs_few_tasks(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str, most: int
) -> None:
    """Each task takes a process for each cluster. The last cluster of two does nothing for the others.

    A blank answer to the question at which verdict to fail asks for none.
    """
    status, output = run(tmp_path, clusters[:2], playbook, connectops_set_stats=True, identify_fail_on="")
    assert status == 0, output
    counts = recap(output, "cluster-002")
    assert counts["ok"] + counts["skipped"] <= most, output
    assert "skipping: no hosts matched" in output or playbook != "identify"


@pytest.mark.parametrize("set_for", ["hosts", "play"])
def test_a_verdict_that_was_asked_about_fails_wherever_that_was_set(
    tmp_path: Path, clusters: list[SimulatedCluster], set_for: str
) -> None:
    clusters[1].connectors["stripe-00"].offsets = clusters[1].connectors["stripe-01"].offsets
    of_hosts, of_play = ({"identify_fail_on": "stuck"} if set_for == one else {} for one in ("hosts", "play"))
    inventory = write_inventory(clusters[:2], tmp_path, of_hosts)
    status, output = run_imported(tmp_path, inventory, "identify", of_play)
    assert status == 2, output
    assert [recap(output, one.label)["failed"] for one in clusters[:2]] == [1, 0]
    assert "the verdict is stuck or worse (identify_fail_on)" in " ".join(output.split())


def test_a_blank_for_a_role_replaces_nothing_that_the_playbook_gives_to_it(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    blanks = dict.fromkeys(("reset_plan_ids", "reset_agreed_plans", "reset_connectors", "verify_connectors"), "")
    agreed = {"cluster-001": {"stripe-00": "0123456789ab"}}
    status, output = run(tmp_path, clusters[:1], "recover", **blanks, connectops_plan_ids=agreed)
    assert status == 2, output
    assert changed(clusters) == []
    assert "The plan 0123456789ab does not fit" in " ".join(output.split())
    # The mistake in the variables of another cluster is its own.
    stay = "{{ '' if inventory_hostname == 'cluster-001' else not_there }}"
    status, output = run(tmp_path, clusters[:2], "recover", **blanks, connectops_stay_stopped=stay)
    assert status == 2, output
    assert changed(clusters) == ["cluster-001"]
    assert "Recovered: stripe-00." in output
    assert "The variable connectops_stay_stopped cannot be read ('not_there' is undefined)" in " ".join(
        output.replace("''", "'").split()
    )
    assert [recap(output, label)["failed"] for label in ("cluster-001", "cluster-002")] == [0, 1]


def test_playbooks_of_one_run_tell_each_of_its_own(tmp_path: Path, clusters: list[SimulatedCluster]) -> None:
    several = [imported(one) for one in ("recover", "rollback", "identify")]
    reports = tmp_path / "reports"
    given = {"connectops_connectors": "stripe-00", "rollback_allow_moved_offsets": True}
    status, output = run(tmp_path, clusters[:1], several, connectops_report_dir=str(reports), **given)
    assert status == 0, output
    found = [json.loads(file.read_text(encoding="utf-8")) for file in reports.glob("*/report.json")]
    assert {(one["playbook"], one["outcome"]) for one in found} == {
        ("recover", "recovered"),
        ("rollback", "changed"),
        ("identify", "ok"),
    }


@pytest.mark.parametrize("playbook", ["recover", "verify", "identify"])
def test_a_cluster_that_failed_ends_nothing_that_follows_for_those_that_are_well(
    tmp_path: Path, clusters: list[SimulatedCluster], playbook: str
) -> None:
    of_hosts: dict[str, dict[str, Any]] = {}
    if playbook == "identify":
        of_hosts = {clusters[number].label: {"identify_fail_on": "stuck"} for number in (1, 3)}
    else:
        clusters[1].url, clusters[3].url = "http://127.0.0.1:9", "http://127.0.0.1:7"
    task = {"name": "Go on", "ansible.builtin.debug": {"msg": "Next for {{ inventory_hostname }}"}}
    then = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [task]}
    # Batches of one: the third cluster comes after one that failed.
    before = [imported("recover")] if playbook == "verify" else []
    several = [*before, imported(playbook), then]
    status, output = run(tmp_path, clusters[:4], several, of_hosts=of_hosts, connectops_serial=["1"])
    assert status == 2
    assert [f"Next for {one.label}" in output for one in clusters[:4]] == [True, False, True, False]
    assert [recap(output, one.label)["failed"] for one in clusters[:4]] == [0, 1, 0, 1]
    # No cluster is left of a run on one that fails.
    status, output = run(tmp_path, clusters[1:2], several, of_hosts=dict(list(of_hosts.items())[:1]))
    assert status == 2
    assert "Next for" not in output
    assert recap(output, "cluster-002")["failed"] == 1


@pytest.mark.parametrize(
    "given, raises",
    [
        ({}, True),
        ({"connectops_at_least": {}}, False),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": True}, True),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": "yes"}, True),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": " "}, False),
        ({"connectops_at_least": {"tasks.max": 1}, "reset_default_floors": None}, False),
    ],
)
def test_default_floors_are_raised_unless_others_are_named_without_them(
    tmp_path: Path, clusters: list[SimulatedCluster], given: dict[str, Any], *, raises: bool
) -> None:
    """Set for the host, where a variable of a task would count before it."""
    status, output = run(tmp_path, clusters[:1], "recover", "--check", of_hosts={"cluster-001": given})
    assert status == 0, output
    assert ("stripe.report.max.wait.ms" in output.partition("PLAY [Recover")[2]) is raises


@pytest.mark.parametrize("value, verifies", [([], False), ("[ ]", False), (" ", True), (None, True)])
def test_an_empty_list_of_connectors_to_verify_means_none(
    tmp_path: Path, clusters: list[SimulatedCluster], value: Any, *, verifies: bool
) -> None:
    status, output = run(tmp_path, clusters[:1], "recover", verify_connectors=value)
    assert status == 0, output
    assert changed(clusters) == ["cluster-001"]
    assert ("Recovered: stripe-00." in output) is verifies


def test_named_connectors_are_the_only_ones_that_are_looked_at(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    status, output = run(
        tmp_path, clusters[:1], "identify", connectops_connectors="stripe-01", identify_fail_on="stuck"
    )
    assert status == 0, output
    assert "stripe-01" in output
    assert "stripe-00" not in output


@pytest.mark.core_matrix
def test_what_the_vars_of_import_playbook_set_holds_for_the_whole_run(
    tmp_path: Path, clusters: list[SimulatedCluster]
) -> None:
    quick = {"verify_interval_seconds": 1, "verify_timeout_seconds": 60}
    inventory = write_inventory(clusters[:2], tmp_path, quick)
    status, output = run_imported(tmp_path, inventory, "recover", {"connectops_mode": "plan"})
    assert status == 0, output
    assert "2 clusters: 2 planned." in output
    # The value may differ from cluster to cluster. One of the two connectors is not stuck, and is changed as it is named. What
    # the inventory sets may refer to what the play sets, which counts more than the same of the inventory.
    named = "stripe-0{{ others if inventory_hostname == 'cluster-002' else 0 }}"
    write_inventory(clusters[:2], tmp_path, {**quick, "connectops_connectors": named, "others": 0})
    given = {"others": 1, "reset_strategy": "current", "connectops_mode": "apply"}
    status, output = run_imported(tmp_path, inventory, "recover", given)
    assert status == 0, output
    assert "2 clusters: 2 recovered." in output
    assert changed(clusters) == ["cluster-001", "cluster-002"]
    write_inventory(clusters[:2], tmp_path, quick)
    of_rollback = {**given, "connectops_connectors": named, "rollback_allow_moved_offsets": True}
    status, output = run_imported(tmp_path, inventory, "rollback", of_rollback, "--check")
    assert status == 0, output
    assert "2 clusters: 2 planned." in output
    status, output = run_imported(tmp_path, inventory, "recover", {"connectops_connect_url": clusters[0].url})
    assert status == 2, output
    assert "cluster-001 and cluster-002 are the same Connect cluster" in " ".join(output.split())


def test_agreed_plans_are_narrowed_to_the_connectors_that_the_vars_of_import_playbook_name(tmp_path: Path) -> None:
    clusters = fleet(1, connectors=2, timezones=1, report_types=1, stuck=2)
    with ConnectServers(clusters):
        plans = {"connectops_plan_file": str(tmp_path / "plans.json")}
        status, output = run(tmp_path, clusters, "recover", "--check", **plans)
        assert status == 0, output
        given = {"connectops_connectors": "stripe-01", **plans}
        status, output = run_imported(tmp_path, tmp_path / "inventory.json", "recover", given)
        assert status == 0, output
        assert {path.split("/")[2] for _at, method, path in clusters[0].calls if method == "PATCH"} == {"stripe-01"}


@pytest.mark.parametrize("agreed", ["file", "ids"])
def test_agreed_plans_are_narrowed_to_the_connectors_that_are_looked_at(tmp_path: Path, agreed: str) -> None:
    clusters = fleet(1, connectors=3, timezones=1, report_types=1, stuck=2)
    with ConnectServers(clusters):
        file = tmp_path / "plans.json"
        status, output = run(tmp_path, clusters, "recover", "--check", connectops_plan_file=str(file))
        assert status == 0, output
        plans = json.loads(file.read_text(encoding="utf-8"))["clusters"]["cluster-001"]["plans"]
        ids = {"cluster-001": {name: one["id"] for name, one in plans.items()}}
        given: dict[str, Any] = (
            {"connectops_plan_file": str(file)} if agreed == "file" else {"connectops_plan_ids": ids}
        )
        status, output = run(tmp_path, clusters, "recover", identify_connectors="stripe-02", **given)
        assert status == 2, output
        assert "has no plan for any connector that identify_connectors names, so there is nothing to do" in " ".join(
            output.split()
        )
        assert changed(clusters) == []
        # One that is well has no plan, and is no mistake.
        status, output = run(tmp_path, clusters, "recover", identify_connectors="stripe-01,stripe-02", **given)
        assert status == 0, output
        assert {path.split("/")[2] for _at, method, path in clusters[0].calls if method == "PATCH"} == {"stripe-01"}
