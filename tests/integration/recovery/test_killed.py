# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset that is killed, at whichever of its steps, is finished by the next run."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from integration.recovery.killing import reset_killed_at
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    PST,
    Tasks,
    Written,
    initial_load,
    succeeded,
    unfinished,
)
from lab import ConnectRequestError, Lab
from lab.trial import MIDNIGHT, Trial, ago

LONGER_WAIT = {MAX_WAIT: "60m"}
ZONES = (CAIRO, PST)
# A reset of this size takes about forty steps; many more would mean that it never ended.
MOST_STEPS = 80


def new_trial(lab: Lab, name: str) -> Trial:
    trial = Trial(lab, name)
    for zone in ZONES:
        trial.account(zone)
    return trial


def create(trial: Trial, state: str) -> None:
    """Five rounds behind, and with a batch so small that it idles before anything of the old round is delivered."""
    trial.create(
        dict.fromkeys(ZONES, unfinished(5, 4)),
        {MAX_WAIT: 300_000, "lab.start": "ok", "in.progress.poll.interval.ms": 50, **initial_load(10)},
        state,
    )


def delete(lab: Lab, name: str) -> None:
    try:
        lab.connect.delete(name)
    except ConnectRequestError as error:
        if error.response.status_code != 404:
            raise


@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
def test_a_killed_reset_is_finished_by_the_next_run(
    lab: Lab, connector_name: str, tmp_path: Path, state: str
) -> None:
    seen_stopped = 0
    for step in itertools.count(1):
        assert step < MOST_STEPS
        trial = new_trial(lab, f"{connector_name}-{step}")
        tasks = Tasks(lab, trial, tmp_path / "backups")
        try:
            create(trial, "PAUSED")
            lab.connect.await_state(trial.name, "PAUSED")
            options: dict[str, object] = {**tasks.reset_options, "at_least": LONGER_WAIT}
            result = reset_killed_at(step, options)
            seen_stopped += tasks.state() == "STOPPED"
            if result is None:
                result = tasks.reset(at_least=LONGER_WAIT)
            succeeded(result)
            lab.connect.await_state(trial.name, "PAUSED")
        finally:
            delete(lab, trial.name)
        if not tasks.journals and result["warnings"] == [] and step > 60:
            break
