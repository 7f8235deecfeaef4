# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two control nodes, one that dies, and somebody who meddles: nothing ends silently STOPPED, mixed, or on top of another.

Each run is a process with a home folder of its own. ``make faults`` tries all; a few are tried with the other tests.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from integration.recovery.killing import At, RunningReset, kill, terminate
from integration.recovery.meddling import MEDDLERS, meddle
from integration.recovery.tasks import CAIRO, MAX_WAIT, PST, Result, Tasks
from lab import ConnectRequestError, Lab
from lab.days import ago
from lab.scenarios import finished
from lab.trial import Trial

ZONES = (CAIRO, PST)
OLD_WAIT, NEW_WAIT = "1500", "3600000"
# Longer than any mark lasts.
LATER_SECONDS = 3600.0
MOST_STEPS = 120
# ``record_property``: what is recorded as "faults" is printed at the end of the tests.
Report = Callable[[str, object], None]


class Pair:
    """One connector, the two runs that are about it, and how it ended."""

    def __init__(self, lab: Lab, name: str, folder: Path, state: str) -> None:
        self.trial = Trial(lab, name)
        self.prior = state
        self._folder = folder
        for zone in ZONES:
            self.trial.account(zone)
        # Nothing is due, so offsets move by nothing but a reset.
        self.trial.create(dict.fromkeys(ZONES, finished(2, 0)), {MAX_WAIT: OLD_WAIT}, state)
        lab.connect.await_state(name, state, tasks=1 if state == "RUNNING" else None)
        self._tasks = Tasks(lab, self.trial, folder)

    def start(self, home: str, at: At | None = None, ahead_seconds: float = 0.0) -> RunningReset:
        options = {
            **self._tasks.reset_options,
            "backup_dir": str(self._folder / self.trial.name / home),
            "strategy": "timestamp",
            "timestamp": str(ago(3)),
            "at_least": {MAX_WAIT: NEW_WAIT},
        }
        return RunningReset(options, at, ahead_seconds)

    def url(self) -> str:
        return f"{self.trial.cluster.workers[0].url}/connectors/{self.trial.name}"

    def content(self) -> tuple[str, str]:
        """Offsets and settings, each ``old``, ``new`` or something else. A RUNNING connector may have moved on since."""
        ends = {offset["interval_end"] for offset in self._tasks.offsets().values()}
        offsets = "new" if ago(2) not in ends else "old" if ends == {ago(2)} else f"mixed {ends}"
        wait = self.trial.cluster.config(self.trial.name)[MAX_WAIT]
        return offsets, {OLD_WAIT: "old", NEW_WAIT: "new"}.get(wait, wait)

    def has_journal(self, home: str) -> bool:
        return any((self._folder / self.trial.name / home).rglob("journal.json"))

    def is_marked(self) -> bool:
        return HOLD_KEY in self.trial.cluster.config(self.trial.name)

    def await_prior_state(self) -> None:
        self.trial.cluster.await_state(self.trial.name, self.prior, tasks=1 if self.prior == "RUNNING" else None)

    def demand_end(self, *results: Result | None) -> None:
        """In its prior state, unmarked, and as one of the runs that ended well says."""
        self.await_prior_state()
        content = self.content()
        assert content in (("old", "old"), ("new", "new")), (content, results)
        if any(result is not None and not result.get("failed") for result in results):
            assert content == ("new", "new"), results
        assert not self.is_marked(), results

    def end(self) -> None:
        try:
            self.trial.cluster.delete(self.trial.name)
        except ConnectRequestError as error:
            if error.response.status_code != 404:
                raise


def told(result: Result | None) -> str:
    """How a run ended, in a word for the table."""
    if result is None:
        return "killed"
    if not result.get("failed"):
        return "ok"
    message = result["msg"]
    known = {
        "is being changed by another run": "told who holds it",
        "Another run has begun": "backed off",
        "Somebody has removed the mark": "backed off",
    }
    return next((word for words, word in known.items() if words in message), message)


def saw_the_return(result: Result | None, state: str) -> bool:
    verb = {"RUNNING": "resumed", "PAUSED": "paused"}.get(state, "stopped")
    return f"was {verb} while it was being changed, by a person or by another run" in told(result)


def two_runs(pair: Pair, offset_seconds: float) -> str:
    first = pair.start("a")
    time.sleep(offset_seconds)
    results = [run.result() for run in (pair.start("b"), first)]
    pair.demand_end(*results)
    # Where both change it one right after the other, the return of the one is somebody's order to the other.
    words = sorted("backed off" if saw_the_return(result, pair.prior) else told(result) for result in results)
    assert "ok" in words, results
    assert set(words) <= {"ok", "told who holds it", "backed off"}, results
    return " + ".join(words)


def dies(pair: Pair, step: int, die: Callable[[], None]) -> str | None:
    """None when the run had fewer steps. The next runs have an empty disk."""
    first = pair.start("a", At(step, die)).result()
    if first is not None:
        return after_its_end(pair, first) if first["was_reached"] else None
    was_marked = pair.is_marked()
    if was_marked:
        held = pair.start("b").result()
        assert told(held) == "told who holds it", held
    # Between an order and the mark that belongs to it only the journal tells of it.
    only_home = "a" if not was_marked and pair.has_journal("a") else None
    # An order that was given may come into force a moment later, even if nobody sees it.
    after = pair.start(only_home or "b", ahead_seconds=LATER_SECONDS).result()
    assert told(after) == "ok", after
    pair.demand_end(after)
    return f"killed with {'a mark' if was_marked else 'a journal alone' if only_home else 'nothing'} + ok"


def after_its_end(pair: Pair, first: Result) -> str:
    """While it changes a connector, a run that gets a signal does not die: it undoes the change, or has made it already."""
    pair.demand_end(first)
    after = pair.start("b").result()
    assert told(after) == "ok", after
    pair.demand_end(after)
    return f"{'undone' if first.get('failed') else 'ok'} after SIGTERM + ok"


def meddled(pair: Pair, what: str, step: int) -> str | None:
    """None when the window of the run had fewer steps."""
    log = pair.trial.cluster
    result = pair.start("a", At(step, functools.partial(meddle, pair.url(), what), of_window=True)).result()
    assert result is not None
    if not result["was_reached"]:
        return None
    word = told(result)
    if what == "delete":
        assert not requests.get(f"{pair.url()}/config", timeout=60).ok
        assert word == "ok" or word.count("deleted") == 1, result
        assert "resume" not in word, result
        return "noticed" if word != "ok" else "after the end"
    if what == "config":
        assert log.config(pair.trial.name)["batch.size"] == "7"
    offsets, settings = pair.content()
    if word == "ok":
        assert (offsets, settings) == ("new", "new"), result
    else:
        assert offsets in ("old", "new"), result
        assert settings == offsets or "What was written" in word or "Undoing" in word, (offsets, settings, result)
    state = log.status(pair.trial.name)["connector"]["state"]
    assert state != "STOPPED", result
    assert not pair.is_marked(), result
    return "ok" if word == "ok" else "noticed"


class Table:
    """The results of many pairs, for the report at the end of the tests."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, result: str) -> None:
        self._counts[result] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    def __str__(self) -> str:
        """None is in it that ended badly: that would have failed the test."""
        counts = ", ".join(f"{count} {result}" for result, count in self._counts.most_common())
        return f"{self.total} pairs, all ended well ({counts})"


def try_pair(lab: Lab, name: str, folder: Path, state: str, act: Callable[[Pair], str | None]) -> str | None:
    pair = Pair(lab, name, folder, state)
    try:
        return act(pair)
    finally:
        pair.end()


# A few of each


def test_two_runs_at_once_end_well(lab: Lab, connector_name: str, tmp_path: Path) -> None:
    for number, offset in enumerate((0.0, 0.25, 1.0)):
        state = "PAUSED" if number == 1 else "RUNNING"
        act = functools.partial(two_runs, offset_seconds=offset)
        assert try_pair(lab, f"{connector_name}-{number}", tmp_path, state, act)


def test_a_run_that_dies_is_finished_from_an_empty_disk(lab: Lab, connector_name: str, tmp_path: Path) -> None:
    for step in (26, 34):
        act = functools.partial(dies, step=step, die=kill)
        assert try_pair(lab, f"{connector_name}-{step}", tmp_path, "RUNNING", act) == "killed with a mark + ok"


@pytest.mark.parametrize("what", MEDDLERS)
def test_somebody_who_meddles_is_noticed(lab: Lab, connector_name: str, tmp_path: Path, what: str) -> None:
    act = functools.partial(meddled, what=what, step=9)
    # Another config is planned for, as long as nothing is written.
    expected = {"noticed", "ok"} if what == "config" else {"noticed"}
    assert try_pair(lab, connector_name, tmp_path, "RUNNING", act) in expected


# All of them


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED"])
def test_two_runs_at_any_offset_end_well(
    lab: Lab, connector_name: str, tmp_path: Path, state: str, record_property: Report
) -> None:
    table = Table()
    for number in range(17):
        act = functools.partial(two_runs, offset_seconds=number * 0.25)
        table.add(str(try_pair(lab, f"{connector_name}-{number}", tmp_path, state, act)))
    record_property("faults", str(table))


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("state", ["RUNNING", "PAUSED"])
def test_a_run_that_dies_at_any_step_is_finished_from_an_empty_disk(
    lab: Lab, connector_name: str, tmp_path: Path, state: str, record_property: Report
) -> None:
    table = Table()
    for step in itertools.count(1):
        assert step < MOST_STEPS
        act = functools.partial(dies, step=step, die=terminate if step % 2 else kill)
        result = try_pair(lab, f"{connector_name}-{step}", tmp_path, state, act)
        if result is None:
            break
        table.add(result)
    record_property("faults", str(table))
    assert table.total > 30


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", MEDDLERS)
def test_somebody_who_meddles_at_any_step_of_the_window_is_noticed(
    lab: Lab, connector_name: str, tmp_path: Path, what: str, record_property: Report
) -> None:
    table = Table()
    for step in itertools.count(1):
        assert step < MOST_STEPS
        act = functools.partial(meddled, what=what, step=step)
        result = try_pair(lab, f"{connector_name}-{step}", tmp_path, "RUNNING", act)
        if result is None:
            break
        table.add(result)
    record_property("faults", str(table))
    assert table.total > 10
