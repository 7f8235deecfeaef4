# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time: two runs in any order of their calls, a run that dies at any call, somebody who meddles at any call."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change import holding
from unit.fake_cluster import FakeConnector, Fault, Killed
from unit.operations.tasks.two_runs import AFTER, BEFORE, NEW, NOW, OLD, World, calls_of, interleaved

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

STATES = ("RUNNING", "PAUSED", "STOPPED")
HOUR_SECONDS = 3600.0
# The last one: the other run has come and gone between the request to stop and the mark.
LEFT_TO_THE_OTHER = ("nother run", "while it", "did not become STOPPED without tasks in time")


def assert_ends_well(world: World, results: list[str], plan: object) -> None:
    """In its prior state, all as planned or all as before, marked by nobody; and what both say is true."""
    assert world.state == world.prior, (plan, results)
    assert world.content in ((AFTER, NEW), (BEFORE, OLD)), (plan, results)
    assert world.hold is None, (plan, results)
    if "ok" in results:
        assert world.content == (AFTER, NEW), (plan, results)
    for result in results:
        assert result == "ok" or any(one in result for one in LEFT_TO_THE_OTHER), (plan, results)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine loses its power here, and there are thousands of runs."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def schedules(first: int, second: int) -> list[tuple[int, int]]:
    """A number of calls of the one, then a number of the other, then the rest of both."""
    return list(itertools.product(range(1, first + 1), range(1, second + 1)))


def try_schedules(tmp_path: Path, state: str, chosen: list[tuple[int, int]]) -> None:
    for number, plan in enumerate(chosen):
        world = World(state)
        results = interleaved(world, [tmp_path / f"{number}-a", tmp_path / f"{number}-b"], plan)
        assert_ends_well(world, results, (state, plan))


@pytest.mark.parametrize("state", STATES)
def test_two_runs_at_once_end_well(tmp_path: Path, state: str) -> None:
    """A sample of all orders; ``make faults`` tries every one."""
    calls = len(calls_of(lambda: World(state), tmp_path / "counted"))
    try_schedules(tmp_path, state, random.Random(7).sample(schedules(calls, calls), 25))


def test_of_two_runs_with_one_folder_the_one_that_writes_has_its_journal_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the other one has begun or ended: if it were killed then, the next run would find what to finish."""
    # Both are at work, in one process here.
    monkeypatch.setattr(holding, "_has_ended", lambda hold_text: False)
    calls = len(calls_of(World, tmp_path / "counted"))
    for number, plan in enumerate(random.Random(8).sample(schedules(calls, calls), 120)):
        world, home = World(), tmp_path / f"{number}"
        look = partial(writes_without_its_journal, world, home)
        lost: list[str] = []
        world.cluster.meddling = {at: lambda look=look, lost=lost: lost.extend(look()) for at in range(1, 3 * calls)}  # type: ignore[misc]
        results = interleaved(world, [home, home], plan)
        assert_ends_well(world, results, plan)
        assert lost == [], (plan, results)
        assert not list(home.rglob("journal*")), (plan, results)


def writes_without_its_journal(world: World, home: Path) -> list[str]:
    """The mark of a connector whose offsets are written now, and which has no journal of that run."""
    if world.cluster.methods()[-1] != "alter_offsets":
        return []
    hold = Hold.from_text(world.hold or "")
    texts = [file.read_text(encoding="utf-8") for file in home.rglob("journal.json")]
    return [] if any(hold.id in text for text in texts) else [str(hold)]


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("state", STATES)
def test_two_runs_at_once_end_well_in_every_order(
    tmp_path: Path, state: str, record_property: Callable[[str, object], None]
) -> None:
    calls = len(calls_of(lambda: World(state), tmp_path / "counted"))
    chosen = schedules(calls, calls)
    try_schedules(tmp_path, state, chosen)
    record_property("faults", f"{len(chosen)} orders of the calls of two runs, all ended well")


@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", STATES)
def test_a_run_that_dies_at_any_call_is_finished_from_an_empty_disk(tmp_path: Path, state: str, acts: bool) -> None:
    """While the time of its mark lasts, others change nothing and say who holds it; then they finish it."""
    held = in_the_gap = 0
    for number, method in enumerate(calls_of(lambda: World(state), tmp_path / "counted"), start=1):
        world = World(state)
        world.cluster.faults = {number: Fault(Killed(), acts)}
        with pytest.raises(Killed):
            world.run(tmp_path / f"{number}")
        world.cluster.restarted(1000)
        world.cluster.settle()
        fresh = tmp_path / f"{number}-fresh"
        if world.hold is None and world.state == "STOPPED" != state:
            # Between an order and the mark that belongs to it: only the journal tells of it.
            in_the_gap += 1
            fresh = tmp_path / f"{number}"
        if world.hold is not None:
            held += 1
            for check_mode in (True, False):
                told = world.run(fresh, check_mode=check_mode)
                assert told.startswith("Connector 'c' is being changed by another run, plan "), (number, method)
            assert world.cluster.writes == []
            world.cluster.seconds += HOUR_SECONDS
            world.cluster.restarted(1000)
        assert world.run(fresh) == "ok", (number, method)
        assert (world.state, world.content, world.hold) == (state, (AFTER, NEW), None), (number, method)
    assert held > 10
    assert in_the_gap <= 4


def test_a_connector_is_stopped_only_while_it_is_marked(tmp_path: Path) -> None:
    """At every call of a run: what is STOPPED has the mark, with the state that it is to be returned to.

    But for the calls between an order and the mark that belongs to it: a task must not start twice.
    """
    methods = calls_of(World, tmp_path / "counted")
    # Nothing is read between the request to stop and the mark: what is supported is known by then.
    assert methods[methods.index("stop") : methods.index("patch_config")] == ["stop", "supports"]
    gaps = [range(methods.index("stop") + 2, methods.index("patch_config") + 3)]
    gaps += [range(released_at(methods) + 1, methods.index("resume") + 3)]
    for number in set(range(1, len(methods) + 1)).difference(*gaps):
        world = World()
        seen = []
        world.cluster.meddling = {number: lambda world=world, seen=seen: seen.append((world.state, world.hold))}  # type: ignore[misc]
        assert world.run(tmp_path / f"{number}") == "ok"
        for state, hold in seen:
            assert state != "STOPPED" or (hold is not None and Hold.from_text(hold).prior_state == "RUNNING"), number


def released_at(methods: list[str]) -> int:
    """The number of the call that removes the mark."""
    before_the_return = methods[: methods.index("resume")]
    return len(before_the_return) - before_the_return[::-1].index("patch_config")


MEDDLERS = ("resume", "pause", "config", "put back", "delete", "create anew")


def meddle(world: World, what: str) -> None:
    one = world.connector
    if what == "resume":
        one.show("RUNNING")
    elif what == "pause":
        one.show("PAUSED")
    elif what == "config":
        one.config["batch.size"] = "5"
    elif what == "put back":
        one.config = dict(OLD)
    else:
        del world.cluster.by_name["c"]
        if what == "create anew":
            world.connector = FakeConnector("c", dict(OLD), dict(one.offsets), "PAUSED")
            world.cluster.by_name["c"] = world.connector


@pytest.mark.parametrize("what", MEDDLERS)
def test_nothing_is_written_on_top_of_what_somebody_does_in_the_window(tmp_path: Path, what: str) -> None:
    """At every call between the stop and the return."""
    methods = calls_of(World, tmp_path / "counted")
    noticed = 0
    last = len(methods) if what == "delete" else methods.index("resume") + 1
    for number in range(methods.index("worker_answer") + 1, last + 1):
        world = World()
        world.cluster.meddling = {number: lambda world=world: meddle(world, what)}  # type: ignore[misc]
        result = world.run(tmp_path / f"{number}")
        where = (what, number, methods[number - 1], result)
        assert result.count("deleted") <= 1, where
        noticed += result != "ok"
        if what == "delete":
            assert "was deleted while it was being changed: nothing more was done" in result, where
            assert "resume" not in result, where
            continue
        wanted = {"pause": "PAUSED", "create anew": "PAUSED"}.get(what, "RUNNING")
        # Its state is looked at right before the mark is removed.
        if number <= released_at(methods) - 2:
            assert world.state == wanted, where
        assert world.hold is None, where
        assert world.connector.config.get("batch.size") == ("5" if what == "config" else None), where
        if result == "ok":
            assert world.connector.offsets == AFTER, where
        elif "was left PAUSED" not in result and "no longer has the value that was written" not in result:
            assert world.connector.offsets in (BEFORE, AFTER), where
        assert not list((tmp_path / f"{number}").rglob("journal*")), where
    assert noticed > 3


def test_what_another_run_has_written_is_not_put_back(tmp_path: Path) -> None:
    """One writes the same settings and ends; the other one, refused at that, does not take them for its own."""
    world = World()
    methods = calls_of(World, tmp_path / "counted")
    # The setting is written by the second PATCH of the config.
    patch = [number for number, method in enumerate(methods, start=1) if method == "patch_config"][1]
    refusal = ConnectError("Kafka Connect refuses it (status 409).", status=409)
    world.cluster.faults = {patch: Fault(refusal, instead=lambda: world.connector.config.update(NEW))}
    assert world.run(tmp_path / "a").startswith("Kafka Connect refuses it (status 409)")
    assert world.content == (BEFORE, NEW)
    assert (world.state, world.hold) == ("RUNNING", None)


def test_where_the_mark_cannot_be_written_the_journal_does_alone_and_a_warning_says_what_is_lost(
    tmp_path: Path,
) -> None:
    world = World()
    world.cluster.verbs["config"] = {"GET", "PUT"}
    number = calls_of(lambda: _without_patch(World()), tmp_path / "counted").index("resume") + 1
    world.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        world.run(tmp_path / "a")
    world.cluster.restarted(1000)
    assert (world.state, world.hold) == ("STOPPED", None)
    assert world.run(tmp_path / "a") == "ok"
    assert (world.state, world.content) == ("RUNNING", (AFTER, NEW))


def _without_patch(world: World) -> World:
    world.cluster.verbs["config"] = {"GET", "PUT"}
    return world


def test_a_mark_that_cannot_be_read_is_of_somebody_who_is_at_work(tmp_path: Path) -> None:
    world = World()
    world.connector.config[HOLD_KEY] = "{}"
    told = world.run(tmp_path / "a")
    assert told.startswith(f"Connector 'c': its setting {HOLD_KEY} says that a run is changing it, but cannot be read.")
    assert world.cluster.writes == []


@pytest.mark.parametrize("prior", ["RUNNING", "PAUSED"])
def test_a_connector_stopped_by_a_run_of_last_week_may_be_so_because_a_person_wants_it(
    tmp_path: Path, prior: str
) -> None:
    world = World(prior)
    number = calls_of(lambda: World(prior), tmp_path / "counted").index("alter_offsets") + 1
    world.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        world.run(tmp_path / "a")
    world.cluster.seconds += 7 * 86_400
    world.cluster.restarted(1000)
    for home in ("a", "b"):
        for check_mode in (True, False):
            assert "it is not known why: the run that has ended" in world.run(tmp_path / home, check_mode=check_mode)
    assert world.cluster.writes == []
    assert world.state == "STOPPED"


def test_a_stop_that_may_be_carried_out_later_keeps_journal_and_mark_and_the_next_run_heals_it(tmp_path: Path) -> None:
    """As with a frozen worker: it takes the request, does not answer, and carries it out when it is thawed."""
    world = World()
    world.cluster.next_faults["stop"] = [Fault(UnknownOutcome("no answer"))]
    assert world.run(tmp_path / "a") == "ok"
    assert (world.state, world.content) == ("RUNNING", (AFTER, NEW))
    assert "The answer to the request to stop connector 'c' was lost" in world.warnings[-1]
    assert list(tmp_path.rglob("journal.json"))
    world.connector.show("STOPPED")
    world.cluster.restarted(1000)
    assert world.run(tmp_path / "b").startswith("Connector 'c' is being changed by another run")
    assert world.run(tmp_path / "a") == "ok"
    assert (world.state, world.content, world.hold) == ("RUNNING", (AFTER, NEW), None)
    assert not list(tmp_path.rglob("journal.json"))


def test_a_failed_run_whose_stop_may_come_later_says_so(tmp_path: Path) -> None:
    world = World()
    world.cluster.broken["stop"] = UnknownOutcome("no answer")
    message = world.run(tmp_path / "a")
    assert "did not become STOPPED without tasks in time" in message
    assert message.endswith("run this again to return it to RUNNING. The journal stays until then.")
    assert list(tmp_path.rglob("journal.json"))


def test_a_connector_that_was_created_anew_does_not_inherit_the_journal(tmp_path: Path) -> None:
    world = World()
    number = calls_of(World, tmp_path / "counted").index("alter_offsets") + 1
    world.cluster.faults = {number: Fault(Killed())}
    with pytest.raises(Killed):
        world.run(tmp_path / "a")
    world.connector = FakeConnector("c", dict(OLD), dict(BEFORE), "STOPPED")
    world.cluster.by_name["c"] = world.connector
    world.cluster.restarted(1000)
    assert "it is not known why: a run of" in world.run(tmp_path / "a")
    assert world.cluster.writes == []
    assert world.run(tmp_path / "b") == "ok"
    assert world.state == "STOPPED"


def test_a_stale_mark_of_a_connector_that_is_well_is_removed(tmp_path: Path) -> None:
    world = World()
    world.connector.config, world.connector.offsets = dict(NEW), dict(AFTER)
    hold = Hold("1", "p", "RUNNING", Holder("gone", 1), int(NOW) - 1000, int(NOW) - 1)
    world.connector.config[HOLD_KEY] = hold.as_text()
    assert world.run(tmp_path / "a", check_mode=True) == "ok"
    assert world.cluster.writes == []
    assert world.run(tmp_path / "a") == "ok"
    assert (world.cluster.writes, world.hold) == (["patch_config"], None)


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named"])
def test_a_run_in_a_container_says_that_its_backups_may_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/runner")
    monkeypatch.setenv("HOME", str(tmp_path))
    home = tmp_path / "named" if is_named else tmp_path / ".connectops" / "backups"
    world = World()
    assert world.run(home) == "ok"
    said = [line for line in (*world.warnings, *world.shown) if "connectops_backup_dir" in line]
    assert len(said) == (0 if is_named else 2)
    # Before the first change, and so before the line about the backup.
    assert is_named or said[0] == world.shown[0]
