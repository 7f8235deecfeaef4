# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For every call of a reset and of a rollback, to Connect, to Kafka and of files: it fails, its answer is lost, it acts later,
the process dies at it. Then a second run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from faults.world import KINDS, SCENARIOS, STATES, Kind, Scenario, World, fault

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

# How many cases of each scenario the ordinary run of the tests takes, and how many pairs of faults ``make faults`` does.
SAMPLE = 40
PAIRS = 400

Report = Callable[[str, object], None]


class Case(NamedTuple):
    state: str
    number: int
    method: str
    kind: Kind

    @property
    def to(self) -> str:
        """What is called."""
        kind, dot, _name = self.method.partition(".")
        return "Connect" if not dot else "Kafka" if kind == "kafka" else "files"


def every_case(folder: Path, scenario: Scenario) -> list[Case]:
    return [
        Case(state, number, method, kind)
        for state in STATES
        for number, method in enumerate(World(folder / f"calls-{state}", state, scenario).calls(), start=1)
        for kind in KINDS
    ]


def what_is_lost(world: World, *faults: Case) -> Iterator[str]:
    """What does not hold after a run with these faults, and after the run that follows it."""
    # After the first fault the calls are others, so the second one fits whatever is called then.
    world.cluster.faults = {one.number: partial(fault, one.kind) for one in faults}
    first = world.run()
    world.cluster.settle()
    if first is not None and not first.get("failed") and not (world.is_new and world.connector.state == world.state):
        yield "a run that says it has done it has not"
    if first is not None and first.get("failed") and not (world.is_old or world.is_new or world.has_journal):
        yield f"a mix, and no journal: {first['msg']}"
    if world.connector.state != world.state and not world.has_journal:
        yield f"{world.connector.state}, and no journal"
    second = world.rerun()
    if second.get("failed"):
        yield f"the second run fails: {second['msg']}"
    elif not (world.is_new and world.connector.state == world.state):
        yield f"after the second run it is {world.connector.state}, with {world.connector.offsets}, {world.connector.config}"
    if world.has_journal or world.is_marked:
        yield "a journal or a mark is left"
    if world.leaks(first, second):
        yield "the secret is out"
    if world.unreadable_backups():
        yield "a backup cannot be read"


def assert_nothing_is_lost(folder: Path, scenario: Scenario, cases: Sequence[tuple[Case, ...]], report: Report) -> None:
    failures = []
    for count, faults in enumerate(cases):
        lost = list(what_is_lost(World(folder / str(count), faults[0].state, scenario), *faults))
        if lost:
            failures.append(
                f"{' and '.join(f'{one.kind} at {one.number} {one.method}' for one in faults)}, {faults[0].state}: {lost}"
            )
    calls = {(one.state, one.number, one.to) for faults in cases for one in faults}
    by_callee = ", ".join(f"{to} {count}" for to, count in sorted(Counter(to for _state, _number, to in calls).items()))
    report(
        "faults",
        f"{len(calls):>4} calls ({by_callee}), {len(cases)} runs with faults, {len(cases) - len(failures)} survived",
    )
    assert not failures, "\n".join([f"{len(failures)} of {len(cases)}", *failures])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_fault_at_some_calls(tmp_path: Path, scenario: Scenario, record_property: Report) -> None:
    cases = random.Random(1).sample(every_case(tmp_path, scenario), SAMPLE)
    assert_nothing_is_lost(tmp_path, scenario, [(one,) for one in cases], record_property)


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_fault_at_every_call(tmp_path: Path, scenario: Scenario, record_property: Report) -> None:
    assert_nothing_is_lost(tmp_path, scenario, [(one,) for one in every_case(tmp_path, scenario)], record_property)


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_two_faults_in_one_run(tmp_path: Path, scenario: Scenario, record_property: Report) -> None:
    draw = random.Random(2)
    cases = every_case(tmp_path, scenario)
    of_state = {state: [one for one in cases if one.state == state] for state in STATES}
    pairs: list[tuple[Case, ...]] = []
    while len(pairs) < PAIRS:
        first, second = draw.sample(of_state[draw.choice(STATES)], 2)
        if first.number != second.number:
            pairs.append((first, second))
    assert_nothing_is_lost(tmp_path, scenario, pairs, record_property)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_half_made_change_stays_in_the_journal_until_a_run_has_finished_it(
    tmp_path: Path, scenario: Scenario
) -> None:
    """One run is killed between settings and offsets; the next run, which should finish the change, fails at the offsets."""
    writes = "alter_offsets" if scenario.offsets == "rest" else "kafka.write"
    first = World(tmp_path / "counted", "RUNNING", scenario).calls().index(writes) + 1
    world = World(tmp_path / "killed", "RUNNING", scenario)
    world.cluster.faults = {first: partial(fault, "killed before")}
    assert world.run() is None
    world.cluster.restarted().settle()
    world.cluster.broken[writes] = fault("refused", writes).error
    failed = world.run()
    assert failed is not None
    assert "run this again to finish the change, or roll it back." in failed["msg"]
    assert (world.is_old, world.is_new, world.has_journal, world.is_marked) == (False, False, True, False)
    world.cluster.settle()
    assert world.connector.state == "RUNNING"
    assert not world.rerun().get("failed")
    assert (world.is_new, world.has_journal) == (True, False)
