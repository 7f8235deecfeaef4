# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX does with the shipped objects: blank surveys, plan and approval in slices, and what its pages show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.awx_jobs import as_awx_passes, run_job
from integration.recovery.test_playbooks import is_delivered
from lab import Lab
from lab.ansible_runs import write_inventory
from lab.scenarios import StuckConnector, stuck_connector
from unit.awx.objects import questions, templates
from unit.awx.test_blank_surveys import ENDS_WITH, blank_answers

# With a look every 50 ms there are at most 31 within the connector's wait.
SLOW: dict[str, Any] = {"blocker_pending_seconds": 15.0, "blocker_ready_after_looks": 60}
# AWX's page of events shows this number of bytes of each, and drops a larger result.
SHOWN, LARGEST_RESULT = 1024, 700_000


@pytest.fixture(scope="module", name="lab")
def lab_of_two_clusters() -> Iterator[Lab]:
    with Lab(workers=1, clusters=2) as lab:
        yield lab


@pytest.fixture(scope="module", name="stuck")
def stuck_on_each_cluster(lab: Lab) -> list[StuckConnector]:
    return [stuck_connector(lab, f"stuck-{number}", cluster, **SLOW) for number, cluster in enumerate(lab.clusters)]


def template(name: str) -> tuple[str, dict[str, Any]]:
    """The playbook and the variables of a job template."""
    one = templates()[name]
    return one["playbook"], dict(one.get("extra_vars", {}))


@pytest.mark.lengthy
def test_a_blank_survey_makes_the_same_plan_and_awx_shows_what_to_read_first(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    inventory = write_inventory(lab, tmp_path)
    playbook, variables = template("Connect: plan")
    without = run_job(tmp_path / "without", playbook, inventory, variables)
    blank = run_job(tmp_path / "blank", playbook, inventory, blank_answers("Connect: plan"))
    assert (without.status, blank.status) == (0, 0)
    ids, of_blank = (
        {name: value for name, value in job.artifacts.items() if name.startswith("connectops_plan_ids_")}
        for job in (without, blank)
    )
    assert ids == of_blank
    assert {name: set(plans) for value in ids.values() for name, plans in value.items()} == {
        one.cluster.name: {one.name} for one in stuck
    }

    printed = zip(blank.events, blank.texts, strict=True)
    previews = [(one["stdout"], text) for one, text in printed if one["event"] == "verbose" and "  Plan " in text]
    assert len(previews) == len(stuck)
    for coloured, _text in previews:
        shown = coloured.encode()[:SHOWN].decode()
        assert all(words in shown for words in ("Skipped: nothing.  Read twice: nothing.", "Report runs to catch up:"))
    # The page of a host has the lines of this host, all of them.
    results = blank.results("Show the plan, and carry it out")
    for one in stuck:
        lines = results[one.cluster.name]["preview"]
        assert any(line.startswith(f"{one.cluster.name}  {one.name}") for line in lines)
        assert any(text.startswith("\n".join(lines).rstrip()) for _coloured, text in previews)
    sizes = [len(json.dumps(one["event_data"].get("res", ""))) for one in blank.events]
    assert max(sizes) < LARGEST_RESULT / 10


@pytest.mark.lengthy
# Nobody is asked what to prevent or to measure.
@pytest.mark.parametrize(
    "name",
    [name for name, one in templates().items() if questions(one) and name not in {*ENDS_WITH, "Connect: plan"}],
)
def test_a_blank_survey_is_no_answer(lab: Lab, stuck: list[StuckConnector], tmp_path: Path, name: str) -> None:
    """The other jobs; a job that changes something runs in check mode."""
    inventory = write_inventory(lab, tmp_path)
    playbook, variables = template(name)
    given = [variables, blank_answers(name)]
    jobs = [run_job(tmp_path / str(number), playbook, inventory, one, check=True) for number, one in enumerate(given)]
    assert [one.status for one in jobs] == [0, 0]
    first, second = ([(one["event"], one["event_data"].get("task")) for one in job.events] for job in jobs)
    # Which of two hosts is first is a matter of luck.
    assert sorted(map(str, first)) == sorted(map(str, second))
    # A bundle names the cluster only.
    said = [one.cluster.name if playbook == "support_bundle" else one.name for one in stuck]
    assert all(name in jobs[1].output for name in said)


@pytest.mark.lengthy
def test_what_was_approved_is_carried_out_in_slices_and_what_got_stuck_meanwhile_is_not_touched(
    lab: Lab, stuck: list[StuckConnector], tmp_path: Path
) -> None:
    inventory = write_inventory(lab, tmp_path)
    playbook, plan = template("Connect: plan")
    answers = blank_answers("Connect: plan")
    artifacts: dict[str, Any] = {}
    for one in stuck:
        job = run_job(tmp_path / f"plan-{one.name}", playbook, inventory, {**answers, **plan}, host=one.cluster.name)
        assert job.status == 0
        artifacts.update(job.artifacts)
    later = stuck_connector(lab, "later", stuck[0].cluster, **SLOW)
    before = later.cluster.config("later"), later.cluster.offsets("later")

    playbook, apply = template("Connect: apply")
    variables = {**as_awx_passes(artifacts), **answers, **apply}
    passed_on: dict[str, Any] = {}
    for one in stuck:
        job = run_job(tmp_path / f"apply-{one.name}", playbook, inventory, variables, host=one.cluster.name)
        assert job.status == 0
        assert is_delivered(lab, one)
        is_first = one is stuck[0]
        assert (
            f"Not among the agreed plans, so not changed: {one.cluster.name}: later" in " ".join(job.output.split())
        ) == is_first
        (backup,) = (value for name, value in job.artifacts.items() if name.startswith("connectops_made_backups_"))
        # It is printed too, for people.
        assert backup[one.cluster.name][one.name] in job.output
        passed_on.update(job.artifacts)
    assert before == (later.cluster.config("later"), later.cluster.offsets("later"))
    playbook, back = template("Connect: roll back")
    named = {"connectops_connectors": stuck[0].name, "rollback_allow_moved_offsets": "true"}
    job = run_job(tmp_path / "back", playbook, inventory, back | as_awx_passes(named), host=stuck[0].cluster.name)
    assert job.status == 0
    assert any(name.startswith("connectops_made_backups_") for name in job.artifacts)
    # One key for each cluster, and the next node takes them.
    assert len([name for name in passed_on if name.startswith("connectops_made_backups_")]) == len(stuck)
    playbook, look = template("Connect: identify")
    node = run_job(tmp_path / "next", playbook, inventory, {**as_awx_passes(artifacts | passed_on), **look})
    assert node.status == 0
