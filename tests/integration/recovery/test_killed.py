# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The next run finishes a reset that was killed, at whichever step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.killing import At, RunningReset, kill, reset_killed_at
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    Tasks,
    Written,
    failed,
    initial_load,
    make_slow,
    stuck,
    succeeded,
    unfinished,
)
from lab import Lab
from lab.ansible_runs import run_playbook, write_inventory
from lab.days import MIDNIGHT, ago
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

LONGER_WAIT = {MAX_WAIT: "60m"}
ZONES = (CAIRO, NEW_YORK)
# A reset of this size takes about forty steps; many more would mean that it never ends.
MOST_STEPS = 80


@pytest.mark.parametrize("state", [pytest.param("PAUSED", marks=pytest.mark.lengthy), "RUNNING"])
def test_a_reset_killed_at_some_steps_is_finished_by_the_next_run(
    lab: Lab, connector_name: str, tmp_path: Path, state: str
) -> None:
    kill_at(range(3, MOST_STEPS, 5), lab, connector_name, tmp_path, state)


# About fifty resets, one after the other.
@pytest.mark.faults
@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
def test_a_reset_killed_at_any_step_is_finished_by_the_next_run(
    lab: Lab, connector_name: str, tmp_path: Path, state: str, record_property: Callable[[str, object], None]
) -> None:
    left_stopped, killed = kill_at(range(1, MOST_STEPS), lab, connector_name, tmp_path, state)
    record_property("faults", f"{killed} runs killed, {left_stopped} of them left it STOPPED, {killed} finished")


def kill_at(steps: Sequence[int], lab: Lab, connector_name: str, tmp_path: Path, state: str) -> tuple[int, int]:
    """At these steps, one after the other, until a reset ends before it is killed.

    Returns how many of the runs that were killed left the connector STOPPED, and how many there were.
    """
    left_stopped = killed = 0
    for step in steps:
        trial = Trial(lab, f"{connector_name}-{step}")
        tasks = Tasks(lab, trial, tmp_path / "backups")
        for zone in ZONES:
            trial.account(zone)
        make_slow(trial.accounts[NEW_YORK])
        settings = {MAX_WAIT: 50, "stripe.report.poll.interval.ms": 20, "in.progress.poll.interval.ms": 50}
        trial.create(dict.fromkeys(ZONES, unfinished(5, 4)), {**settings, **initial_load(10)}, state)
        lab.connect.await_state(trial.name, state)
        try:
            finished_by_itself = reset_killed_at(step, {**tasks.reset_options, "at_least": LONGER_WAIT})
            killed += finished_by_itself is None
            left_stopped += tasks.state() == "STOPPED"
            again = succeeded(tasks.reset(at_least=LONGER_WAIT))
            assert not tasks.journals
            assert lab.connect.config(trial.name)[MAX_WAIT] == "3600000"
            lab.connect.await_state(trial.name, state, tasks=1 if state == "RUNNING" else None)
            if state == "PAUSED":
                assert tasks.offsets() == dict.fromkeys(ZONES, unfinished(5, 0)), step
            else:
                trial.await_delivered(40)
                # Rows that come twice would come with the next polls.
                trial.await_polls(2)
                for zone in ZONES:
                    assert sorted(trial.delivered(zone)) == trial.expected(zone, ago(5), MIDNIGHT), step
        finally:
            lab.connect.delete(trial.name)
        if finished_by_itself is not None:
            assert not again["changed"] or state == "RUNNING"
            break
    else:
        raise AssertionError("the reset never ended")
    assert left_stopped >= 2
    return left_stopped, killed


def killed_while_stopped(tasks: Tasks, **options: Any) -> None:
    """Kill resets of the connector at later and later steps, until one leaves it STOPPED."""
    for step in itertools.count(10):
        assert reset_killed_at(step, {**tasks.reset_options, **options}) is None
        if tasks.state() == "STOPPED":
            break


def test_a_run_killed_between_the_stop_and_its_mark_is_never_taken_for_well_on_an_empty_disk(
    trial: Trial, tasks: Tasks, tmp_path: Path
) -> None:
    """Only its own disk knows of it, and that is gone."""
    stuck(trial)
    before = trial.cluster.config(trial.name)
    right_after_the_stop = At(1, kill, of_window=True)
    assert RunningReset({**tasks.reset_options, "at_least": LONGER_WAIT}, right_after_the_stop).result() is None
    trial.cluster.await_state(trial.name, "STOPPED", tasks=0)
    assert trial.cluster.config(trial.name) == before, "neither marked nor changed"
    assert tasks.journals

    facts = succeeded(tasks.look())["ansible_facts"]["connectops_offsets"]
    assert (facts["stuck_after_resume"], facts["unfinished"], facts["recoverable"]) == ([trial.name], [], [])
    one = facts["connectors"][trial.name]
    assert (one["state"], one["verdict"], one["verdict_after_resume"]) == ("STOPPED", "stopped", "stuck")

    empty = tmp_path / "empty"
    empty.mkdir()
    inventory = write_inventory(tasks.lab, empty)
    found = run_playbook("recover", inventory)
    assert found.returncode == 2, found.stdout
    said = " ".join(found.stdout.split())
    assert f"{trial.name} STOPPED" in said
    assert f"STOPPED, and stuck after a resume: {trial.name}. To recover, run this playbook with -e" in said
    assert f"-e connectops_connectors={trial.name}, then send PUT /connectors/" in said
    assert trial.cluster.config(trial.name) == before

    # The disk of the killed run knows what is to be done.
    succeeded(tasks.reset(at_least=LONGER_WAIT))
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    assert not tasks.journals


@pytest.mark.lengthy
def test_a_killed_reset_is_told_of_until_it_is_finished(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    killed_while_stopped(tasks, at_least=LONGER_WAIT)
    before = Written.now(tasks.lab)
    facts = succeeded(tasks.look(backup_dir=str(tasks.backup_dir)))["ansible_facts"]["connectops_offsets"]
    assert facts["unfinished"] == [trial.name]
    assert facts["connectors"][trial.name]["state"] == "STOPPED"
    preview = succeeded(tasks.reset(check_mode=True, at_least=LONGER_WAIT))
    (warning,) = preview["warnings"]
    assert "has an unfinished change" in warning
    assert "will be returned to RUNNING" in warning
    assert tasks.of(preview)["plan"]["final_state"] == "RUNNING"
    assert Written.now(tasks.lab) == before
    assert tasks.journals
    succeeded(tasks.reset(at_least=LONGER_WAIT))
    assert tasks.state() == "RUNNING"
    assert succeeded(tasks.look())["ansible_facts"]["connectops_offsets"]["unfinished"] == []


@pytest.mark.lengthy
def test_another_reset_than_the_killed_one_returns_the_connector_as_well(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    killed_while_stopped(tasks, at_least=LONGER_WAIT)
    succeeded(tasks.reset(strategy="current"))
    assert tasks.state() == "RUNNING"
    assert not tasks.journals


@pytest.mark.lengthy
def test_a_refused_request_does_not_forget_the_killed_reset(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    killed_while_stopped(tasks, at_least=LONGER_WAIT)
    failed(tasks.reset(config={"batch.size": 0}))
    assert tasks.journals
    succeeded(tasks.reset(at_least=LONGER_WAIT))
    assert tasks.state() == "RUNNING"
