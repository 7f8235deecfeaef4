# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets and rollbacks as tasks, on a cluster in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.rollback import roll_back
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_ROLLBACK,
)
from unit.fake_cluster import FakeCluster, FakeConnector, Fault, Killed

NOW = 1_795_413_600.0
SECRET = "sk_live_51abcdef"
ORDERS, BILLS = Partition.of({"table": "orders"}), Partition.of({"table": "bills"})
BEFORE: dict[Partition, Offset] = {ORDERS: {"id": 5}, BILLS: {"id": 7}}
AFTER: dict[Partition, Offset] = {ORDERS: {"id": 1}, BILLS: {"id": 1}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000", "old.only": "x", "db.password": SECRET}
SETTINGS = {"max.wait.ms": 3_600_000, "old.only": None, "new.only": "y"}
BOTH = [ORDERS.as_dict(), BILLS.as_dict()]
RESET = {"strategy": "offset", "offset": {"id": 1}, "partitions": BOTH, "config": SETTINGS}
NEW = {"connector.class": "Orders", "max.wait.ms": "3600000", "new.only": "y", "db.password": SECRET}


# ``reset`` or ``roll_back``.
Operation = Callable[[FakeCluster, Mapping[str, Any], TaskContext], Outcome]


class Task:
    """Resets and rollbacks on a cluster, with a folder for their backups."""

    def __init__(self, folder: Path, *names: str, state: str = "RUNNING", **fields: Any) -> None:
        self.folder = folder
        self.cluster = FakeCluster(
            *(FakeConnector(name, dict(OLD), dict(BEFORE), state, **fields) for name in names or ("c",))
        )

    def run(self, operation: Operation, spec: Any, options: Mapping[str, Any], check_mode: bool = False) -> Outcome:
        given = {
            "connect_url": ["http://connect-1:8083"],
            "connectors": sorted(self.cluster.by_name),
            "backup_dir": str(self.folder),
            "cluster_label": "eu-1",
        }
        checked = ArgumentSpecValidator(spec).validate({**given, **options})
        assert not checked.error_messages
        # A moment of its own for every run.
        self.cluster.sleep(1)
        context = TaskContext(
            check_mode, NOW + self.cluster.seconds, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds
        )
        self.cluster.calls.clear()
        return operation(self.cluster, checked.validated_parameters, context)

    def reset(self, **options: Any) -> dict[str, Any]:
        self.cluster.restarted()
        result = self.run(reset, CONNECT_OFFSET_RESET, {**RESET, **options}).result
        return result["connectors"]["c"]  # type: ignore[no-any-return]

    def roll_back(self, *, check_mode: bool = False, **options: Any) -> Outcome:
        self.cluster.restarted()
        return self.run(roll_back, CONNECT_ROLLBACK, options, check_mode)

    def killed(self, method: str, operation: Operation, spec: Any, options: Mapping[str, Any]) -> None:
        """Run a task that is killed right after the first call of this method."""
        self.cluster.restarted()
        self.cluster.next_faults[method] = [Fault(Killed(), acts=True)]
        with pytest.raises(Killed):
            self.run(operation, spec, options)
        # The folder does not know that the process is gone.
        self.backup().with_suffix(".result").unlink(missing_ok=True)
        self.cluster.restarted().settle()

    def refused(self, **options: Any) -> RecoveryError:
        """A rollback that must fail in planning, in check mode as well as without."""
        messages = []
        for check_mode in (True, False):
            with pytest.raises(RecoveryError) as caught:
                self.roll_back(check_mode=check_mode, **options)
            messages.append(caught.value.message)
            assert self.cluster.writes == []
        assert messages[0] == messages[1]
        assert SECRET not in json.dumps(caught.value.facts)
        return caught.value

    def found(self, name: str = "c") -> tuple[Any, ...]:
        self.cluster.settle()
        one = self.cluster.by_name[name]
        return one.offsets, one.config, one.state

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def backup(self) -> Path:
        """The newest one."""
        return max(self.folder.rglob("2*.json"), key=lambda path: path.name)
