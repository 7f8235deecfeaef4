# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset on a cluster in memory, and the verification after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.recovery_info import (
    wait_for_recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_RECOVERY_INFO,
)
from unit.fake_cluster import FakeCluster, FakeConnector

NOW = 1_795_413_600.0
ORDERS, ITEMS = Partition.of({"table": "orders"}), Partition.of({"table": "items"})
BEFORE: dict[Partition, Offset | None] = {ORDERS: {"id": 5}, ITEMS: {"id": 2}}
OLD = {"connector.class": "Orders", "max.wait.ms": "1000"}


class Verification:
    """A reset of the offset of orders, and the wait for the recovery after it."""

    def __init__(self, folder: Path, *, state: str = "RUNNING") -> None:
        self.cluster = FakeCluster(FakeConnector("c", dict(OLD), dict(BEFORE), state))
        self.said: list[str] = []
        self.folder = folder
        # What others do after a number of seconds of waiting.
        self.later: list[tuple[float, Callable[[], None]]] = []

    @property
    def connector(self) -> FakeConnector:
        return self.cluster.by_name["c"]

    def options(self, **options: Any) -> dict[str, Any]:
        given = {"connect_url": ["http://connect-1:8083"], "connectors": ["c"], "backup_dir": str(self.folder)}
        return {**given, "cluster_label": "eu-1", **options}

    def context(self) -> TaskContext:
        now = NOW + self.cluster.seconds
        return TaskContext(False, now, sleep=self.cluster.sleep, clock=lambda: self.cluster.seconds)

    def reset(self) -> dict[str, Any]:
        change = {"strategy": "offset", "offset": {"id": 1}, "partitions": [{"table": "orders"}]}
        options = self.options(**change, config={"max.wait.ms": 5000})
        checked = ArgumentSpecValidator(CONNECT_OFFSET_RESET).validate(options)
        assert not checked.error_messages
        result = reset(self.cluster, checked.validated_parameters, self.context())
        done: dict[str, Any] = result.result["connectors"]
        # What the task of Ansible registers has been through JSON.
        return dict(json.loads(json.dumps(done)))

    def after(self, seconds: float, offsets: dict[Partition, Offset | None]) -> None:
        self.later.append((seconds, lambda: self.cluster.store("c", offsets)))

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder, "eu-1", self.cluster.root().kafka_cluster_id, "c")

    def wait(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return self.outcome(check_mode=check_mode, **options).result

    def outcome(self, *, check_mode: bool = False, **options: Any) -> Outcome:
        checked = ArgumentSpecValidator(CONNECT_RECOVERY_INFO).validate(self.options(**options))
        assert not checked.error_messages, checked.error_messages
        begun = self.cluster.seconds
        self.cluster.calls = []

        def sleep(seconds: float) -> None:
            self.cluster.sleep(seconds)
            due = [one for one in self.later if one[0] <= self.cluster.seconds - begun]
            self.later = [one for one in self.later if one not in due]
            for _moment, act in due:
                act()

        context = TaskContext(check_mode, NOW, self.said.append, sleep, lambda: self.cluster.seconds)
        return wait_for_recovery(self.cluster, checked.validated_parameters, context)


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {one["partition"]["table"]: one["outcome"] for one in result["connectors"]["c"]["partitions"]}
