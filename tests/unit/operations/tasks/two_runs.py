# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets of one connector as two control nodes run them, each with a home folder of its own, on one cluster in memory.

Two runs take turns by the number of calls that each may make before it is the other's turn, so any interleaving can be made
again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from lab.waiting import LIMIT_SECONDS
from unit.fake_cluster import FakeCluster, FakeConnector

NOW = 1_795_413_600.0
ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}, BILLS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000"}
NEW = {**OLD, "max.wait.ms": "3600000"}


class World:
    """The cluster, and what is found of its connector."""

    def __init__(self, state: str = "RUNNING") -> None:
        self.prior = state
        self.connector = FakeConnector("c", dict(OLD), dict(BEFORE), state)
        self.cluster = FakeCluster(self.connector, timeout_seconds=1000)
        # Of all runs that ended well, and of all.
        self.warnings: list[str] = []
        self.shown: list[str] = []

    def run(self, home: Path, cluster: Any = None, *, check_mode: bool = False, **options: Any) -> str:
        """One reset from a home folder: ``ok``, or the message of its failure."""
        given = {
            "connect_url": ["http://connect-1:8083"],
            "connectors": ["c"],
            "backup_dir": str(home),
            "cluster_label": "eu-1",
            "strategy": "offset",
            "offset": {"id": 1},
            "partitions": [ORDERS.as_dict(), BILLS.as_dict()],
            "config": {"max.wait.ms": 3_600_000},
        }
        checked = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**given, **options})
        used = cluster or self.cluster
        now = NOW + self.cluster.seconds
        context = TaskContext(check_mode, now, self.shown.append, used.sleep, lambda: self.cluster.seconds)
        try:
            outcome = reset(used, checked.validated_parameters, context)
        except RecoveryError as error:
            return error.message
        self.warnings += outcome.warnings
        return "ok"

    @property
    def hold(self) -> str | None:
        return self.connector.config.get(HOLD_KEY)

    @property
    def content(self) -> tuple[Any, Any]:
        """Offsets and settings."""
        return self.connector.offsets, without_hold(self.connector.config)

    @property
    def state(self) -> str:
        self.cluster.settle()
        return self.connector.state


class Turns:
    """Whose turn it is: ``plan`` says how many calls each run may make in turn, the last one without an end."""

    def __init__(self, plan: Sequence[int]) -> None:
        self._plan = list(plan)
        self._now = 0
        self._ended: set[int] = set()
        self._changed = threading.Condition()

    def take(self, who: int) -> None:
        """Wait for a turn to make one call. It lasts until the next call, with what the run does in between."""
        with self._changed:
            self._wait_for(who)
            if self._plan and self._plan[0] == 0 and self._now == who:
                self._plan.pop(0)
                self._now = 1 - who
                self._changed.notify_all()
                self._wait_for(who)
            if self._plan and self._now == who:
                self._plan[0] -= 1

    def _wait_for(self, who: int) -> None:
        self._changed.wait_for(lambda: self._now == who or 1 - who in self._ended, timeout=LIMIT_SECONDS)

    def end(self, who: int) -> None:
        with self._changed:
            self._ended.add(who)
            self._now = 1 - who
            self._changed.notify_all()


class Client:
    """A cluster whose calls wait for their turn."""

    def __init__(self, cluster: FakeCluster, turns: Turns, who: int) -> None:
        self._cluster, self._turns, self._who = cluster, turns, who

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cluster, name)
        if not callable(found) or name in ("remaining_seconds", "extend", "hide"):
            return found

        def called(*arguments: Any) -> Any:
            if name in ("within", "within_share"):
                return Client(found(*arguments), self._turns, self._who)
            self._turns.take(self._who)
            return found(*arguments)

        return called


def interleaved(world: World, homes: Sequence[Path], plan: Sequence[int]) -> list[str]:
    """Two resets at once; the results of both."""
    turns = Turns(plan)
    results = ["", ""]

    def one(who: int) -> None:
        try:
            results[who] = world.run(homes[who], Client(world.cluster, turns, who))
        finally:
            turns.end(who)

    threads = [threading.Thread(target=one, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_SECONDS)
    return results


def calls_of(make: Callable[[], World], home: Path) -> list[str]:
    """The calls of a run without faults."""
    world = make()
    assert world.run(home) == "ok"
    return world.cluster.methods()
