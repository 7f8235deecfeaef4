# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets and rollbacks, faults, a second run at the same time and a person who interferes, in any order.

After each of them: offsets and settings are those of one plan or those from before, the state is the one before or the one
that somebody has chosen, every backup can be read, and the secret is nowhere. In the end no mark and no journal is left.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import without_hold
from faults.world import KINDS, LATE_SECONDS, LONGEST_HOLD_SECONDS, OLD_CONFIG, STATES, Kind, Scenario, World, fault
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lab.waiting import LIMIT_SECONDS
from unit.examples import examples
from unit.operations.tasks.two_runs import Client, Turns

# Many cases of the same lines, which others cover: measuring would double their time.
pytestmark = pytest.mark.no_cover

HOMES = ("a", "b")
# No run of one connector has more calls than this.
MOST_CALLS = 110
# A run that says so has left something as it was found, and nothing is known to be a mix.
SAYS_WHAT_STAYS = (
    "What was already written stays",
    "Undoing it failed",
    "Undoing the change failed",
    "were overwritten by a task",
    "no longer has the value that was written",
)
Content = tuple[Any, Any]

numbers = st.integers(1, MOST_CALLS)
offsets = st.integers(1, 3)
homes = st.sampled_from(HOMES)
some_faults = st.dictionaries(numbers, st.sampled_from(KINDS), max_size=2)


def _wait(offset: int) -> int:
    """The wait that goes with an offset; never the old one, so each reset changes all that there is."""
    return (offset + 1) * 1000


class AnyOrder(RuleBasedStateMachine):
    """One connector, two control nodes with a disk of their own, and a person."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._may_be_mixed = False

    @initialize(state=st.sampled_from(STATES), backups=st.sampled_from(("folder", "topic")))
    def begin(self, state: str, backups: Any) -> None:
        self.world = World(self._folder, state, Scenario("reset", backups, "rest"))
        self.wanted = {state}
        self.legal = [self.content]

    # What happens

    @rule(home=homes, offset=offsets, faults=some_faults)
    def reset(self, home: str, offset: int, faults: Mapping[int, Kind]) -> None:
        self._with_faults(faults)
        self._ended(self._reset(home, offset), offset)

    @precondition(lambda self: len(self.legal) > 1)
    @rule(home=homes, consents=st.booleans(), faults=some_faults)
    def roll_back(self, home: str, consents: bool, faults: Mapping[int, Kind]) -> None:
        self._with_faults(faults)
        allowed = {f"allow_{what}": consents for what in ("changed_settings", "moved_offsets", "other_connector")}
        with self.world.counted():
            result = self.world.roll_back(backup_dir=self._home(self._only_home or home), **allowed)
        self._ended(result)

    @rule(home=homes, offset=offsets, number=numbers, what=st.sampled_from(("resume", "pause", "config")))
    def reset_while_somebody_meddles(self, home: str, offset: int, number: int, what: str) -> None:
        self.world.cluster.meddling = {number: partial(self._meddle, what)}
        result = self._reset(home, offset)
        self.world.cluster.meddling = {}
        self._ended(result, offset)

    @precondition(lambda self: self.world.scenario.backups == "folder" and self._only_home is None)
    @rule(first=offsets, second=offsets, plan=st.lists(st.integers(1, 40), max_size=4))
    def two_resets_at_once(self, first: int, second: int, plan: list[int]) -> None:
        turns = Turns(plan)
        results: dict[int, Mapping[str, Any] | None] = {}

        def one(who: int, offset: int) -> None:
            try:
                results[who] = self._run_reset(HOMES[who], offset, Client(self.world.cluster, turns, who))
            finally:
                turns.end(who)

        threads = [threading.Thread(target=one, args=each) for each in ((0, first), (1, second))]
        with self.world.counted():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT_SECONDS)
        for who, offset in ((0, first), (1, second)):
            self._ended(results[who], offset, is_alone=False)

    @precondition(lambda self: not self._is_begun)
    @rule(state=st.sampled_from(STATES))
    def somebody_chooses_a_state(self, state: str) -> None:
        self.world.connector.show(state)
        self.wanted = {state}

    @rule(value=st.sampled_from(("5", "6")))
    def somebody_changes_another_setting(self, value: str) -> None:
        self.world.connector.config["batch.size"] = value

    @rule(seconds=st.sampled_from((1.0, LATE_SECONDS, LONGEST_HOLD_SECONDS)))
    def time_passes(self, seconds: float) -> None:
        self.world.cluster.sleep(seconds)
        self.world.cluster.restarted()

    # What must hold

    @invariant()
    def offsets_and_settings_are_of_one_plan(self) -> None:
        if not self._is_begun and not self._may_be_mixed:
            assert self.content in self.legal

    @invariant()
    def the_state_is_the_one_before_or_a_chosen_one(self) -> None:
        if not self._is_begun:
            assert self.world.connector.state in self.wanted

    @invariant()
    def every_backup_can_be_read_and_the_secret_is_nowhere(self) -> None:
        assert not self.world.unreadable_backups()
        assert not self.world.leaks()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._finish()
        finally:
            shutil.rmtree(self._folder)

    def _finish(self) -> None:
        """When nothing fails any more, a run from each control node ends well, and nothing is left of those before."""
        self._new_process()
        self.world.cluster.sleep(LONGEST_HOLD_SECONDS)
        for home in sorted(HOMES, key=lambda one: not self._has_journal(one)):
            self._new_process()
            result = self._reset(home, 9)
            assert result is not None
            assert not result.get("failed"), result["msg"]
        self.world.cluster.settle()
        assert self.content == self._content_of(9)
        assert self.world.connector.state in self.wanted
        assert not self._is_begun

    # Within

    def _home(self, home: str) -> str:
        return str(self._folder / home)

    def _has_journal(self, home: str) -> bool:
        return any((self._folder / home).rglob("journal.json")) or self.world.has_journal_in_topic

    @property
    def _is_begun(self) -> bool:
        return self.world.is_marked or any(map(self._has_journal, HOMES))

    @property
    def _only_home(self) -> str | None:
        """The control node that alone knows of a killed run, whose mark was not written yet or removed already."""
        if self.world.is_marked or self.world.connector.state != "STOPPED":
            return None
        return next(filter(self._has_journal, HOMES), None)

    @property
    def content(self) -> Content:
        """Offsets and settings, without what somebody else does."""
        config = without_hold(self.world.connector.config)
        config.pop("batch.size", None)
        return dict(self.world.connector.offsets), config

    def _content_of(self, offset: int) -> Content:
        offsets = {partition: {"id": offset} for partition in self.world.connector.offsets}
        return offsets, {**OLD_CONFIG, "max.wait.ms": str(_wait(offset))}

    def _with_faults(self, faults: Mapping[int, Kind]) -> None:
        self.world.cluster.faults = {number: partial(fault, kind) for number, kind in faults.items()}

    def _new_process(self) -> None:
        """What is late arrives, and the next run has no faults but its own."""
        self.world.cluster.restarted()
        self.world.cluster.sleep(LATE_SECONDS + 1)
        self.world.cluster.settle()

    def _reset(self, home: str, offset: int) -> Mapping[str, Any] | None:
        home = self._only_home or home
        with self.world.counted():
            return self._run_reset(home, offset)

    def _run_reset(self, home: str, offset: int, cluster: Any = None) -> Mapping[str, Any] | None:
        return self.world.reset(
            cluster, backup_dir=self._home(home), offset={"id": offset}, config={"max.wait.ms": _wait(offset)}
        )

    def _meddle(self, what: str) -> None:
        if what == "config":
            self.world.connector.config["batch.size"] = "7"
        else:
            state = "RUNNING" if what == "resume" else "PAUSED"
            self.world.connector.show(state)
            # Right before the stop the run cannot notice the choice, so the state from before is accepted as well.
            self.wanted |= {state}

    def _ended(self, result: Mapping[str, Any] | None, offset: int | None = None, *, is_alone: bool = True) -> None:
        """Check what a run says of itself, and let a new process begin."""
        if offset is not None:
            self.legal.append(self._content_of(offset))
        self._new_process()
        if result is None:
            return
        assert not self.world.leaks(result)
        if result.get("failed"):
            message = result["msg"]
            assert message == " ".join(message.split())
            assert "Traceback" not in message
            self._may_be_mixed = self._may_be_mixed or any(text in message for text in SAYS_WHAT_STAYS)
        elif offset is not None:
            self._may_be_mixed = self._may_be_mixed and not is_alone
            assert not is_alone or self.content == self._content_of(offset)
            # A stop whose answer was lost may be carried out later: then the journal stays, and a warning says so.
            assert not is_alone or self._is_begun or self.world.connector.state in self.wanted


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = examples(25)
