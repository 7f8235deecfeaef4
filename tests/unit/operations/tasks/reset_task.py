# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reset as a task on a cluster in memory, with a folder for its backups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import (
    reset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET
from unit.fake_cluster import FakeCluster, FakeConnector

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdef"
ORDERS = Partition.of({"table": "orders"})
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000", "db.password": SECRET}
BACKUPS = "2*Z-*.json"
NEW = {**OLD, "max.wait.ms": "3600000"}


def connector(name: str = "c", state: str = "RUNNING", **fields: Any) -> FakeConnector:
    return FakeConnector(name, dict(OLD), dict(BEFORE), state, **fields)


class Task:
    """The task on a cluster, with a folder for its backups."""

    def __init__(self, folder: Path, *connectors: FakeConnector) -> None:
        self.folder = folder
        self.cluster = FakeCluster(*(connectors or (connector(),)))
        # What was shown to a person, with the number of writes before.
        self.shown: list[tuple[int, str]] = []

    def _show(self, lines: Sequence[str]) -> None:
        self.shown += [(len(self.cluster.writes), line) for line in lines]

    def __call__(self, *, check_mode: bool = False, with_diff: bool = True, **options: Any) -> Outcome:
        given = {
            "connect_url": ["http://connect-1:8083"],
            "connectors": sorted(self.cluster.by_name),
            "backup_dir": str(self.folder),
            "cluster_label": "eu-1",
            "strategy": "offset",
            "offset": {"id": 1},
            "config": {"max.wait.ms": 3_600_000},
            # One after the other, so that the calls have a certain order.
            "at_once": 1,
        }
        checked = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate({**given, **options})
        assert not checked.error_messages
        context = TaskContext(
            check_mode,
            NOW,
            sleep=self.cluster.sleep,
            clock=lambda: self.cluster.seconds,
            show=self._show,
            with_diff=with_diff,
        )
        return reset(self.cluster, checked.validated_parameters, context)

    def found(self, name: str = "c") -> tuple[Any, ...]:
        self.cluster.settle()
        one = self.cluster.by_name[name]
        return one.offsets, one.config, one.state

    def files(self, pattern: str = "*") -> list[Path]:
        return sorted(file for file in self.folder.rglob(pattern) if file.is_file())

    def journal(self, text: str, name: str = "c") -> Path:
        file = self.folder / "eu-1" / name / "journal.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


def count_calls(folder: Path, state: str) -> list[str]:
    task = Task(folder, connector(state=state))
    task()
    return task.cluster.methods()
