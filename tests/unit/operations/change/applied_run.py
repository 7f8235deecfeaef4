# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for one connector on a cluster in memory, and what a run of the applier leaves.

The calls at which something fails are not chosen by hand: each run without a fault says which calls there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    Plan,
    final_state_of,
    offset_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import RestOffsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector
from unit.fake_cluster import WORKER, FakeCluster, FakeConnector, Killed

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdef"
ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
TARGETS: dict[Partition, Offset | None] = {ORDERS: {"id": 1}, BILLS: None}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
NEW = {**OLD, "max.wait.ms": "3600000"}
WRITES = ("put_config", "patch_config", "stop", "pause", "resume", "alter_offsets")
STORE = ("back_up", "begin", "note_writes", "end")
STATES = ("RUNNING", "PAUSED", "STOPPED")
EVIDENCE = {"settings_kept": 1, "offsets_kept": 0, "offsets_moved_on": 0, "offsets_read_to_end": 0}


class Store:
    """A :class:`BackupStore` in memory, whose calls are numbered together with those of the cluster."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self.backups: dict[str, Backup] = {}
        self.journal: Journal | None = None
        self.written: dict[Partition, OwnWrite] = {}
        self.results: dict[str, ChangeResult] = {}
        # When the changes of other runs have returned the connector, by their backups.
        self.returned: dict[str, float] = {}

    def back_up(self, backup: Backup) -> str:
        name = f"/backups/{backup.plan_id}.json"

        def act() -> str:
            self.backups[name] = backup
            return name

        return self._cluster.call("back_up", act, is_remote=False)

    def list(self) -> tuple[BackupEntry, ...]:
        return tuple(BackupEntry(name, one.taken_at, one.plan_id, 0) for name, one in self.backups.items())

    def read(self, name: str, *, any_cluster: bool = False) -> Backup:
        return self.backups[name]

    def note_result(self, name: str, result: ChangeResult, returned_at: float | None = None) -> None:
        self._cluster.call("note_result", lambda: self.results.update({name: result}), is_remote=False)

    def result(self, name: str) -> ChangeResult | None:
        return self.results.get(name)

    def returned_at(self, name: str) -> float | None:
        return self.returned.get(name)

    def begin(self, journal: Journal) -> None:
        self._cluster.call("begin", lambda: setattr(self, "journal", journal), is_remote=False)

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        self._cluster.call(
            "note_writes", lambda: self.written.update({one.partition: one for one in writes}), is_remote=False
        )

    def own_writes(self) -> tuple[OwnWrite, ...]:
        return tuple(self.written.values())

    def current(self) -> Journal | None:
        return self.journal

    def end(self) -> None:
        self._cluster.call("end", lambda: setattr(self, "journal", None), is_remote=False)


@dataclass
class Run:
    """One connector that is to be changed, and what became of it."""

    cluster: FakeCluster
    store: Store
    prior: str
    agreed: str | None = None
    # Each line that was shown, with the state in which the connector was by then.
    shown: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, state: str = "RUNNING", **fields: Any) -> Run:
        connector = FakeConnector(config=dict(OLD), offsets=dict(BEFORE), state=state, **fields)
        cluster = FakeCluster(connector)
        return cls(cluster, Store(cluster), state)

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def assert_the_result_is_true(self) -> None:
        """What is kept of the change is what has become of it; nothing is kept where that is not known."""
        made = {"done": (AFTER, NEW), "undone": (BEFORE, OLD)}
        for name, result in self.store.results.items():
            assert result == "replaced" or made[result] == (self.connector.offsets, self.connector.config), name

    def apply(self) -> Applied:
        connector = read_connector(self.cluster, "c", with_offsets=True)
        planned = self._plan(connector)
        self.cluster.calls.clear()
        window = StopWindow(self.cluster, connector, 10.0, self.cluster.sleep)
        applier = Applier(
            self.cluster,
            self.store,
            window,
            lambda: read_connector(self.cluster, "c", with_offsets=True),
            self._plan,
            lambda plan: RestOffsets(self.cluster, plan.connector, self.cluster.sleep),
            cluster_id="kafka-1",
            clock=lambda: NOW + self.cluster.seconds,
            sleep=self.cluster.sleep,
            progress=lambda line: self.shown.append((self.connector.state, line)),
        )
        agreed = planned.plan.id if self.agreed == "shown" else self.agreed
        return applier.apply(connector, planned, frozenset({WORKER}), agreed)

    def _plan(self, read: Connector) -> Planned:
        wait = SettingChange("max.wait.ms", read.config["max.wait.ms"], "3600000", secret=False)
        plan = Plan(
            cluster="eu-1",
            cluster_id="kafka-1",
            connector="c",
            strategy="offset",
            state=read.state,
            final_state=final_state_of(read, self.prior),
            settings=(wait,) if wait.before != wait.after else (),
            offsets=offset_changes(read.stored, TARGETS),
            presumed=read.stored,
        )
        return Planned(plan, (), None, "generic", frozenset())

    def assert_nothing_is_mixed(self) -> None:
        """All is as before, or all is as planned; the connector is in its state, and no unfinished change is reported."""
        self.cluster.settle()
        found = self.connector.offsets, self.connector.config
        assert found in ((BEFORE, OLD), (AFTER, NEW))
        assert self.connector.state == self.prior
        assert self.store.journal is None


def calls_of_a_run(state: str) -> list[str]:
    run = Run.of(state)
    run.apply()
    return run.cluster.methods()


def every_call(*faults: str) -> list[Any]:
    """Every call of a run from every state, with every kind of fault that can befall it."""
    found = []
    for state in STATES:
        for number, method in enumerate(calls_of_a_run(state), start=1):
            for fault in faults:
                if fault == "lost" and method not in WRITES:
                    continue
                for acts in (False, True):
                    name = f"{state}-{number}-{method}-{fault}-{'after' if acts else 'before'}"
                    found.append(pytest.param(state, number, method, fault, acts, id=name))
    return found


def an_error(fault: str) -> BaseException:
    errors: dict[str, BaseException] = {
        "refused": ConnectError("Kafka Connect failed at it (status 500): no."),
        "lost": UnknownOutcome("It was sent, and whether it was done is not known."),
        "ctrl-c": KeyboardInterrupt(),
        "exit": SystemExit(1),
        "killed": Killed(),
    }
    return errors[fault]
