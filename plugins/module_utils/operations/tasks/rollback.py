# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking back changes of connectors of one cluster: settings and offsets in one stop, as a reset makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import carry_out_rollback_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.rollback import Consent
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.rollback import (
    FoundChange,
    find_change,
    plan_rollback,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.changes import Changes, Planner
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import carry_out
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.rollback import RollbackOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Take back one change of every named connector. After one that fails, the others still get their turn.

    Raises RecoveryError, after the last one, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return roll_back(client, params, context)


def roll_back(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    return carry_out(cluster, params, context, RollbackOptions.read(params).of_reset(), _Rollbacks)


class _Rollbacks(Changes):
    """A change like a reset, with another plan."""

    def _planner(self, options: ResetOptions, store: BackupStore, name: str) -> Planner:
        own = RollbackOptions.read(self._params)
        agreed = None if self._agreed is None else self._agreed[name].plan
        if agreed is not None:
            own = own.asking(agreed["request"])
        consent = Consent(
            own.allow_other_cluster,
            own.allow_other_connector,
            own.allow_changed_settings,
            own.allow_moved_offsets,
        )
        found: FoundChange | None = None

        def plan(cluster: Cluster, connector: Connector, begun_in: LastingState | None) -> Planned:
            nonlocal found
            if found is None:
                # Once: this rollback has a backup itself, later.
                found = find_change(store, connector, own.backup_file, self._cluster_id, begun_in)
            return plan_rollback(
                cluster,
                connector,
                found,
                consent,
                self._kinds,
                self._cluster_id,
                self._label,
                begun_in,
                self._clock(),
                options.write_to,
                replace(own, write_to=options.write_to).request(),
            )

        return plan

    def _carry_out_lines(self, plan: Plan) -> list[str]:
        return carry_out_rollback_lines(plan.as_data(), self._params)
