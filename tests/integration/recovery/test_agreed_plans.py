# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans are agreed to once and carried out by another run: exactly these, on two clusters, by a file and by ids."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from integration.recovery.test_playbooks import is_delivered, outcome, record_counts
from lab import Lab
from lab.ansible_runs import ROOT, run_playbook, write_inventory
from lab.connect import ConnectCluster
from lab.scenarios import StuckConnector, stuck_connector

pytestmark = pytest.mark.slow_file

SCHEMA = json.loads((ROOT / "docs" / "plan-file.schema.json").read_text(encoding="utf-8"))
# With a look every 50 ms there are at most 31 within the connector's wait.
SLOW: dict[str, Any] = {"blocker_pending_seconds": 15.0, "blocker_ready_after_looks": 60}


@pytest.fixture(scope="module", name="lab")
def lab_of_two_clusters() -> Iterator[Lab]:
    with Lab(workers=1, clusters=2) as lab:
        yield lab


def recover(inventory: Path, *arguments: str, **variables: Any) -> tuple[int, str]:
    """The status of a run of ``recover``, and its output in one line."""
    done = run_playbook("recover", inventory, [*arguments, "-e", json.dumps(variables)])
    print(done.stdout)
    return done.returncode, " ".join(done.stdout.split())


def move_one_offset(one: StuckConnector) -> None:
    """Somebody sets the offset of one partition back by a day, and resumes the connector."""
    entry = one.cluster.offsets(one.name)[0]
    entry["offset"]["interval_end"] -= 86_400
    one.cluster.request("PUT", f"/connectors/{one.name}/stop")
    one.cluster.await_state(one.name, "STOPPED", tasks=0)
    one.cluster.request("PATCH", f"/connectors/{one.name}/offsets", {"offsets": [entry]})
    one.cluster.request("PUT", f"/connectors/{one.name}/resume")
    one.cluster.await_state(one.name, "RUNNING", tasks=1)


def test_a_plan_file_is_carried_out_exactly_and_what_moved_or_came_later_is_named_and_left(
    lab: Lab, tmp_path: Path
) -> None:
    first, second = lab.clusters
    moved, kept, other = (
        stuck_connector(lab, name, cluster, **SLOW)
        for name, cluster in (("moved", first), ("kept", first), ("other", second))
    )
    inventory, file = write_inventory(lab, tmp_path), tmp_path / "made" / "plans.json"
    before = record_counts(lab)

    status, shown = recover(inventory, "--check", connectops_plan_file=str(file), connectops_serial=1)
    assert status == 0
    assert record_counts(lab) == before
    text = file.read_text(encoding="utf-8")
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    planned = {label: set(one["plans"]) for label, one in document["clusters"].items()}
    assert planned == {first.name: {"moved", "kept"}, second.name: {"other"}}
    accounts = [account for one in (moved, kept, other) for account in one.accounts.values()]
    assert not any(account.key in text for account in accounts)
    assert f"3 plans of 2 clusters written to {file}" in shown
    assert f"-e connectops_plan_file={file}" in shown

    move_one_offset(moved)
    later = stuck_connector(lab, "later", second, **SLOW)
    untouched = {one.name: (one.cluster.config(one.name), one.cluster.offsets(one.name)) for one in (moved, later)}

    status, done = recover(inventory, connectops_plan_file=str(file))
    assert status == 2
    assert is_delivered(lab, kept)
    assert is_delivered(lab, other)
    assert untouched == {
        one.name: (one.cluster.config(one.name), one.cluster.offsets(one.name)) for one in (moved, later)
    }
    report = done.partition("PLAY [Report]")[2]
    day = moved.delivered_until
    assert "moved: The plan" in report
    assert re.search(rf"the offset of report_type=\S+ timezone=\S+ moved from interval_end={day} to", report)
    assert f"interval_end={day - 86_400}" in report
    assert "kept:" not in report
    assert f"Not among the agreed plans, so not changed: {second.name}: later" in done
    changed = {name: counts["changed"] for name, counts in outcome(_lines(done)).items()}
    assert changed == {first.name: 1, second.name: 1}

    # Once more: what was carried out needs nothing, and that is said.
    status, again = recover(inventory, "--limit", second.name, connectops_plan_file=str(file))
    assert status == 0, again
    assert f"The plans of {first.name} (2) are left out, because this cluster is not in this run." in again
    assert "was agreed to, and nothing is left to change" in again
    assert "changed=0" in again

    _assert_expired_before_anything_is_read(inventory, file, document)
    for one in (moved, kept, other, later):
        one.cluster.delete(one.name)


def _lines(output: str) -> str:
    """The recap with a line for each host again."""
    head, recap, hosts = output.partition("PLAY RECAP")
    return head + recap + re.sub(r"\s(\S+\s+: ok=)", r"\n\1", hosts)


def _assert_expired_before_anything_is_read(inventory: Path, file: Path, document: dict[str, Any]) -> None:
    """Where no cluster can be reached the sentence is still the one about the file."""
    dead = {"connectops_plan_file": str(file), "connectops_connect_url": "http://127.0.0.1:9"}
    file.write_text(json.dumps({**document, "made_at": "2026-01-01T00:00:00Z"}), encoding="utf-8")
    status, refused = recover(inventory, **dead)
    assert status == 2
    assert "has expired: it was made at 2026-01-01 00:00Z, more than 24 h ago (connectops_plan_max_age)" in refused
    assert "cannot be reached" not in refused


# Ids, as AWX passes them on


class Unsafe(str):
    """A text as AWX passes an extra variable."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="'"))


def _passed_on(output: str) -> dict[str, Any]:
    """The statistics that a run has set."""
    found: dict[str, Any] = json.loads(output.partition("RUN: ")[2])
    return found


@pytest.fixture
def of_files(lab: Lab, tmp_path: Path) -> Iterator[dict[str, ConnectCluster]]:
    """A connector that reads a file on each cluster, stopped behind its first line."""
    file = tmp_path / "lines.txt"
    file.write_text("one\n", encoding="utf-8")
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file": str(file),
        "topic": "of-a-file",
        "topic.creation.default.partitions": 1,
        "topic.creation.default.replication.factor": 1,
    }
    offset = {"partition": {"filename": str(file)}, "offset": {"position": 4}}
    for cluster in lab.clusters:
        cluster.create("a-file", config, [offset], "STOPPED")
        cluster.await_state("a-file", "STOPPED")
    yield {cluster.name: cluster for cluster in lab.clusters}
    for cluster in lab.clusters:
        # Connect keeps them, and the connector of the next test has this name too.
        cluster.request("PUT", "/connectors/a-file/stop")
        cluster.await_state("a-file", "STOPPED", tasks=0)
        cluster.request("DELETE", "/connectors/a-file/offsets")
        cluster.delete("a-file")


def position(cluster: ConnectCluster) -> int:
    (entry,) = cluster.offsets("a-file")
    found: int = entry["offset"]["position"]
    return found


@pytest.mark.lengthy
def test_the_ids_of_a_sliced_plan_job_let_the_next_job_carry_out_these_plans_and_no_others(
    lab: Lab, of_files: dict[str, ConnectCluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "1")
    monkeypatch.setenv("ANSIBLE_CALLBACK_RESULT_FORMAT", "json")
    inventory = write_inventory(lab, tmp_path)
    asked: dict[str, Any] = {
        "connectops_connectors": ["a-file"],
        "connectops_stay_stopped": ["a-file"],
        "reset_strategy": "offset",
        "reset_offset": {"position": 0},
        "reset_allow_gap": True,
        "connectops_at_least": {},
        "verify_connectors": [],
    }
    artifacts: dict[str, Any] = {}
    for name in of_files:
        plan = {**asked, "connectops_mode": "plan", "connectops_set_stats": True}
        done = run_playbook("recover", inventory, ["--limit", name, "-e", json.dumps(plan)])
        assert done.returncode == 0, done.stdout
        artifacts.update(_passed_on(done.stdout))
    assert [position(cluster) for cluster in of_files.values()] == [4, 4]
    ids = {
        label: one
        for key, value in artifacts.items()
        if key.startswith("connectops_plan_ids_")
        for label, one in value.items()
    }
    assert set(ids) == set(of_files)

    def apply(**variables: Any) -> tuple[int, str]:
        extra = tmp_path / "extra.yml"
        given = {**asked, **artifacts, "connectops_mode": "agreed", "connectops_plan_file": Unsafe(""), **variables}
        extra.write_text(yaml.dump(given, Dumper=_Dumper), encoding="utf-8")
        return recover(inventory, "-e", f"@{extra}")

    status, other = apply(reset_offset={"position": 2})
    assert status == 2
    assert "was made for another connector, strategy, partitions or settings" in other
    first, second = of_files.values()
    first.request(
        "PATCH", "/connectors/a-file/offsets", {"offsets": [{**first.offsets("a-file")[0], "offset": {"position": 3}}]}
    )
    status, carried_out = apply()
    assert status == 2
    assert "does not fit what is there now" in carried_out
    assert [position(cluster) for cluster in (first, second)] == [3, 0]


@pytest.mark.lengthy
def test_rollbacks_are_agreed_to_by_a_file_and_one_cluster_that_moved_does_not_keep_the_other(
    lab: Lab, of_files: dict[str, ConnectCluster], tmp_path: Path
) -> None:
    inventory, file = write_inventory(lab, tmp_path), str(tmp_path / "back.json")
    named = {"connectops_connectors": ["a-file"], "connectops_stay_stopped": ["a-file"]}
    status, _done = recover(
        inventory,
        **named,
        reset_strategy="offset",
        reset_offset={"position": 0},
        reset_allow_gap=True,
        connectops_at_least={},
        verify_connectors=[],
    )
    assert status == 0
    first, second = of_files.values()
    assert [position(cluster) for cluster in (first, second)] == [0, 0]

    def back(*arguments: str, **variables: Any) -> tuple[int, str]:
        done = run_playbook("rollback", inventory, [*arguments, "-e", json.dumps(variables)])
        print(done.stdout)
        return done.returncode, " ".join(done.stdout.split())

    before = record_counts(lab)
    given = {"connectops_connectors": ["a-file"], "connectops_plan_file": file, "connectops_serial": 1}
    status, shown = back("--check", **given)
    assert status == 0
    assert record_counts(lab) == before
    document = json.loads(Path(file).read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert [set(document["clusters"][label]["plans"]) for label in of_files] == [{"a-file"}, {"a-file"}]
    assert "ansible-playbook connectops.recovery.rollback" in shown

    status, refused = recover(inventory, connectops_plan_file=file)
    assert status == 2
    assert "was made by the playbook rollback, and this is recover" in refused

    moved = {**first.offsets("a-file")[0], "offset": {"position": 3}}
    first.request("PATCH", "/connectors/a-file/offsets", {"offsets": [moved]})
    status, done = back(connectops_plan_file=file, connectops_serial=1)
    assert status == 2
    assert [position(cluster) for cluster in (first, second)] == [3, 4]
    report = done.partition("PLAY [Report]")[2]
    assert "Since plan" in report or "does not fit any more" in report
    assert f"{first.name} : ok=" in done

    status, again = back("--limit", second.name, connectops_plan_file=file)
    assert status == 0, again
    assert "changed=0" in again
    assert position(second) == 4
