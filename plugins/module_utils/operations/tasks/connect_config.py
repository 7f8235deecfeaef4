# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing settings of connectors of one cluster: exact values, and values that may only be raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import settings_data, show_settings
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import demand_not_held
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import (
    SettingsWriter,
    decide_with_server,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_connector,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    for_each_connector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import SettingsOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Change the settings of every named connector; one that has them already is neither written to nor restarted.

    Raises RecoveryError, after the last one, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return configure(client, params, context)


def configure(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    options = SettingsOptions.read(params)
    cluster.root()

    def change(name: str, outcome: Outcome) -> None:
        connector = read_connector(cluster, name, with_offsets=False)
        now, _warnings = workers_now(cluster, context.now)
        demand_not_held(connector, now)
        changes, _secret_keys = decide_with_server(cluster, connector, options.config, options.at_least)
        if changes and not context.check_mode:
            SettingsWriter(cluster, name, context.sleep).write(changes)
        outcome.result["connectors"][name] = {"changed": bool(changes), "settings": settings_data(changes)}
        if changes:
            outcome.result["changed"] = True
            outcome.result["diff"].append(
                {
                    "before_header": f"{name} (config)",
                    "after_header": f"{name} (config)",
                    "before": show_settings(changes, "before"),
                    "after": show_settings(changes, "after"),
                }
            )

    return for_each_connector(options.connectors, change, {"changed": False, "connectors": {}, "diff": []})
