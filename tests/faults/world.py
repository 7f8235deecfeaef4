# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster, a disk and brokers whose every call can fail, and what must hold afterwards whatever has failed.

The calls are those of a run without faults: they are not listed by hand, so a new call cannot be forgotten.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.rollback import roll_back
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_ROLLBACK,
)
from faults.kafka_in_memory import BACKUP_TOPIC, COMMIT, READ, WRITE, KafkaInMemory
from unit.fake_cluster import FakeCluster, FakeConnector, Fault, Killed

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdefghijk"
ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
OLD_OFFSETS: Mapping[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
NEW_OFFSETS: Mapping[Partition, Offset] = {ORDERS: {"id": 1}, BILLS: {"id": 1}}
OLD_CONFIG = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
NEW_CONFIG = {**OLD_CONFIG, "max.wait.ms": "3600000"}
OF_RESET: Mapping[str, Any] = {
    "strategy": "offset",
    "partitions": [one.as_dict() for one in NEW_OFFSETS],
    "offset": {"id": 1},
    "config": {"max.wait.ms": 3_600_000},
}
STATES = ("RUNNING", "PAUSED", "STOPPED")
# Longer than any wait of a run: an abandoned call arrives when nobody expects it.
LATE_SECONDS = 30.0
# Later than this the brokers would have aborted the transaction.
LATE_COMMIT_SECONDS = 20.0
# A mark counts for the time of a run and what is reserved for its returns.
LONGEST_HOLD_SECONDS = 600.0
WRITES = frozenset({"put_config", "patch_config", "stop", "pause", "resume", "alter_offsets"})

Kind = Literal["refused", "lost", "late", "killed before", "killed after"]
KINDS: tuple[Kind, ...] = ("refused", "lost", "late", "killed before", "killed after")
Content = tuple[Mapping[Partition, Offset], Mapping[str, str]]
_BACKUP = re.compile(r"\d{8}T[\d.]+Z-\w+(\.json)?")


class Scenario(NamedTuple):
    """Which change is made, where its backups are kept, and how its offsets are written."""

    change: Literal["reset", "rollback"]
    backups: Literal["folder", "topic"]
    offsets: Literal["rest", "topic"]

    def __str__(self) -> str:
        return f"{self.change}, backups in a {self.backups}, offsets by {'REST' if self.offsets == 'rest' else 'topic'}"


SCENARIOS = (
    Scenario("reset", "folder", "rest"),
    Scenario("reset", "topic", "rest"),
    Scenario("reset", "topic", "topic"),
    Scenario("rollback", "folder", "rest"),
    Scenario("rollback", "topic", "rest"),
    Scenario("rollback", "folder", "topic"),
)


@dataclass
class World:
    """One connector in ``state``, and the folder or the topic where its backups are. A rollback finds a reset that is done."""

    folder: Path
    state: str
    scenario: Scenario = SCENARIOS[0]
    cluster: FakeCluster = field(init=False)
    kafka: KafkaInMemory = field(init=False)
    old: Content = (OLD_OFFSETS, OLD_CONFIG)
    new: Content = (NEW_OFFSETS, NEW_CONFIG)

    def __post_init__(self) -> None:
        connector = FakeConnector("c", dict(OLD_CONFIG), dict(OLD_OFFSETS), self.state)
        self.cluster = FakeCluster(connector)
        self.cluster.password_keys = frozenset({"db.password"})
        self.kafka = KafkaInMemory(self.cluster)
        if self.scenario.change == "rollback":
            with self.counted():
                done = self.reset()
            assert done is not None
            assert not done.get("failed"), done
            self.old, self.new = self.new, self.old
            self.cluster.restarted()
            self.cluster.settle()

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def run(self, **options: Any) -> Mapping[str, Any] | None:
        """One run of the module in a process of its own; its result, or None if the process was killed."""
        with self.counted():
            return self.roll_back(**options) if self.scenario.change == "rollback" else self.reset(**options)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Let the calls of files and brokers be numbered as those to Connect are."""
        with calls_of_files(self.cluster), self.kafka.instead_of_brokers():
            yield

    def reset(self, cluster: Any = None, **options: Any) -> Mapping[str, Any] | None:
        """See :meth:`run`, within :meth:`counted`; ``cluster``: what stands before the cluster."""
        return self._perform(reset, CONNECT_OFFSET_RESET, {**OF_RESET, **options}, cluster)

    def roll_back(self, cluster: Any = None, **options: Any) -> Mapping[str, Any] | None:
        """The same for a rollback."""
        return self._perform(roll_back, CONNECT_ROLLBACK, options, cluster)

    @property
    def _of_every_change(self) -> Mapping[str, Any]:
        brokers = {} if self.scenario[1:] == ("folder", "rest") else {"kafka_bootstrap_servers": ["kafka-1:9092"]}
        topic = {"backup_topic": BACKUP_TOPIC, "backup_topic_create": True} if self.scenario.backups == "topic" else {}
        return {
            "connect_url": ["http://connect-1:8083"],
            "connectors": ["c"],
            "backup_dir": str(self.folder),
            "cluster_label": "eu-1",
            "write_to": self.scenario.offsets,
            **brokers,
            **topic,
        }

    def _perform(
        self, change: Callable[..., Outcome], spec: Mapping[str, Any], options: Mapping[str, Any], cluster: Any
    ) -> Mapping[str, Any] | None:
        checked = ArgumentSpecValidator(spec).validate({**self._of_every_change, **options})
        assert not checked.error_messages, checked.error_messages

        def operation(params: Mapping[str, Any], context: TaskContext) -> Outcome:
            now = NOW + self.cluster.seconds
            clock = TaskContext(False, now, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds)
            return change(cluster or self.cluster, params, clock)

        try:
            return perform(operation, checked.validated_parameters, check_mode=False)
        except Killed:
            return None

    def calls(self) -> list[str]:
        """The methods of a run without faults, in order."""
        done = self.run()
        assert done is not None
        assert not done.get("failed"), done
        return self.cluster.methods()

    def rerun(self) -> Mapping[str, Any]:
        """Let all that is under way arrive, then run once more as a new process."""
        self.cluster.restarted()
        self.cluster.sleep(LATE_SECONDS + 1)
        self.cluster.settle()
        result = self.run()
        assert result is not None
        if result.get("failed") and "is being changed by another run" in result["msg"]:
            # The mark of the first run came late, and that run is not known to be dead: its time must pass.
            self.cluster.sleep(LONGEST_HOLD_SECONDS)
            self.cluster.restarted()
            result = self.run()
            assert result is not None
        self.cluster.settle()
        return result

    @property
    def is_old(self) -> bool:
        return self._found == self.old

    @property
    def is_new(self) -> bool:
        return self._found == self.new

    @property
    def _found(self) -> tuple[Any, Any]:
        return self.connector.offsets, without_hold(self.connector.config)

    @property
    def is_marked(self) -> bool:
        return HOLD_KEY in self.connector.config

    @property
    def has_journal(self) -> bool:
        return any(name in ("journal", "journal.json") for name in self._documents)

    @property
    def has_journal_in_topic(self) -> bool:
        return any(key.endswith(b"/journal") for key in self.kafka.live())

    def leaks(self, *results: Mapping[str, Any] | None) -> bool:
        """Whether the secret is in a file, in a topic or in a result."""
        files = [path.read_text(encoding="utf-8") for path in self.folder.rglob("*") if path.is_file()]
        records = [value.decode() for value in self.kafka.written]
        return any(SECRET in text for text in [*files, *records, *map(json.dumps, results)])

    def unreadable_backups(self) -> list[str]:
        found = []
        for name, text in self._documents.items():
            try:
                if _BACKUP.fullmatch(name):
                    Backup.from_data(json.loads(text), name)
            except (ValueError, InputError):
                found.append(name)
        return found

    @property
    def _documents(self) -> dict[str, str]:
        """What the store keeps of the connector, by name."""
        if self.scenario.backups == "folder":
            return {path.name: path.read_text(encoding="utf-8") for path in self.folder.rglob("*") if path.is_file()}
        return {key.decode().rpartition("/")[2]: value.decode() for key, value in self.kafka.live().items()}


def fault(kind: Kind, method: str) -> Fault:
    """The faults that can happen to a call of this kind."""
    if kind in ("killed before", "killed after"):
        return Fault(Killed(), acts=kind == "killed after")
    if method.startswith("kafka."):
        return _fault_of_kafka(kind, method)
    if "." in method:
        # Of a file: a lost answer is a call that has acted nevertheless.
        return Fault(OSError(errno.EIO, os.strerror(errno.EIO)), acts=kind != "refused")
    if kind == "refused" or method not in WRITES:
        return Fault(ConnectError("Kafka Connect failed at it (status 500): no."))
    error = UnknownOutcome("It was sent, and whether it was done is not known.")
    return Fault(error, acts=True) if kind == "lost" else Fault(error, late_seconds=LATE_SECONDS)


def _fault_of_kafka(kind: Kind, method: str) -> Fault:
    """Of a write it may not be known whether it was made; anything else is known to have failed, also where it has acted."""
    if method in (COMMIT, WRITE) and kind != "refused":
        error = UnknownOutcome("It was sent, and whether it was written is not known.")
        return Fault(error, acts=True) if kind == "lost" else Fault(error, late_seconds=LATE_COMMIT_SECONDS)
    return Fault(KafkaFailed("The brokers failed at it: no."), acts=method != READ and kind != "refused")


@contextmanager
def calls_of_files(cluster: FakeCluster) -> Iterator[None]:
    """Let every call that changes a file be one of the numbered calls of the cluster."""

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            return cluster.call(name, lambda: original(*arguments, **options), is_remote=False)

        return call

    with pytest.MonkeyPatch.context() as patch:
        # Skip fsync: no machine loses its power here, and there are thousands of runs.
        patch.setattr(os, "fsync", lambda descriptor: None)
        for module, names in ((os, ("replace", "fsync")), (tempfile, ("mkstemp",)), (Path, ("unlink", "mkdir"))):
            for name in names:
                patch.setattr(module, name, counted(f"{module.__name__}.{name}", getattr(module, name)))
        yield
