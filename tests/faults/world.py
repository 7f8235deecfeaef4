# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster and a disk whose every call can fail, and what must hold afterwards whatever has failed.

The calls are those of a run without faults: nobody lists them by hand, so a new call cannot be forgotten.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from unit.fake_cluster import FakeCluster, FakeConnector, Fault, Killed

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdefghijk"
ORDERS, BILLS = (Partition.of({"table": name}) for name in ("orders", "bills"))
OLD_OFFSETS: Mapping[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
NEW_OFFSETS: Mapping[Partition, Offset] = {ORDERS: {"id": 1}, BILLS: {"id": 1}}
OLD_CONFIG = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
NEW_CONFIG = {**OLD_CONFIG, "max.wait.ms": "3600000"}
STATES = ("RUNNING", "PAUSED", "STOPPED")
# Longer than any wait of a run: what was given up arrives when nobody expects it.
LATE_SECONDS = 30.0
# A mark counts for the time of a run and what is reserved for its returns.
LONGEST_HOLD_SECONDS = 600.0
WRITES = frozenset({"put_config", "patch_config", "stop", "pause", "resume", "alter_offsets"})

Kind = Literal["refused", "lost", "late", "killed before", "killed after"]
KINDS: tuple[Kind, ...] = ("refused", "lost", "late", "killed before", "killed after")


@dataclass
class World:
    """One connector in ``state``, and the folder where its backups are."""

    folder: Path
    state: str
    cluster: FakeCluster = field(init=False)

    def __post_init__(self) -> None:
        connector = FakeConnector("c", dict(OLD_CONFIG), dict(OLD_OFFSETS), self.state)
        self.cluster = FakeCluster(connector)
        self.cluster.password_keys = frozenset({"db.password"})

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def run(self, **options: Any) -> Mapping[str, Any] | None:
        """One run of the module in a process of its own; its result, or None if the process was killed."""
        given = {
            "connect_url": ["http://connect-1:8083"],
            "connectors": ["c"],
            "backup_dir": str(self.folder),
            "cluster_label": "eu-1",
            "strategy": "offset",
            "partitions": [one.as_dict() for one in NEW_OFFSETS],
            "offset": {"id": 1},
            "config": {"max.wait.ms": 3_600_000},
        }
        checked = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**given, **options})
        assert not checked.error_messages

        def operation(params: Mapping[str, Any], context: TaskContext) -> Outcome:
            clock = TaskContext(
                False, NOW + self.cluster.seconds, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds
            )
            return reset(self.cluster, params, clock)

        try:
            with calls_of_files(self.cluster):
                return perform(operation, checked.validated_parameters, check_mode=False)
        except Killed:
            return None

    def calls(self) -> list[str]:
        """The methods of a run without faults, in order."""
        self.run()
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
        return self._found == (OLD_OFFSETS, OLD_CONFIG)

    @property
    def is_new(self) -> bool:
        return self._found == (NEW_OFFSETS, NEW_CONFIG)

    @property
    def _found(self) -> tuple[Any, Any]:
        return self.connector.offsets, without_hold(self.connector.config)

    @property
    def is_marked(self) -> bool:
        return HOLD_KEY in self.connector.config

    @property
    def has_journal(self) -> bool:
        return any(self.folder.rglob("journal.json"))

    def leaks(self, *results: Mapping[str, Any] | None) -> bool:
        """Whether the secret is in a file or in a result."""
        files = [path.read_text(encoding="utf-8") for path in self.folder.rglob("*") if path.is_file()]
        return any(SECRET in text for text in [*files, *map(json.dumps, results)])

    def unreadable_backups(self) -> list[Path]:
        found = []
        for path in self.folder.rglob("2*.json"):
            try:
                Backup.from_data(json.loads(path.read_text(encoding="utf-8")), path.name)
            except (ValueError, InputError):
                found.append(path)
        return found


def fault(kind: Kind, method: str) -> Fault:
    """What befalls a call of this kind."""
    if kind in ("killed before", "killed after"):
        return Fault(Killed(), acts=kind == "killed after")
    if "." in method:
        # Of a file: a lost answer is a call that has acted all the same.
        return Fault(OSError(errno.EIO, os.strerror(errno.EIO)), acts=kind != "refused")
    if kind == "refused" or method not in WRITES:
        return Fault(ConnectError("Kafka Connect failed at it (status 500): no."))
    error = UnknownOutcome("It was sent, and whether it was done is not known.")
    return Fault(error, acts=True) if kind == "lost" else Fault(error, late_seconds=LATE_SECONDS)


@contextmanager
def calls_of_files(cluster: FakeCluster) -> Iterator[None]:
    """Let every call that changes a file be one of the numbered calls of the cluster."""

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            return cluster.call(name, lambda: original(*arguments, **options), is_remote=False)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, names in ((os, ("replace", "fsync")), (tempfile, ("mkstemp",)), (Path, ("unlink", "mkdir"))):
            for name in names:
                patch.setattr(module, name, counted(f"{module.__name__}.{name}", getattr(module, name)))
        yield
