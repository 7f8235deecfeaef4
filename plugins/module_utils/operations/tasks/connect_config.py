# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing settings of connectors of one cluster: exact values, and values that may only be raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import settings_data, show_settings
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import demand_not_held
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import (
    SettingsWriter,
    decide_with_server,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import (
    Interruption,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_connector,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import Say, side_by_side
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    each_once,
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
    names = each_once(options.connectors)
    cluster.root()

    now, _warnings = workers_now(cluster, context.now)

    def decide(name: str, _say: Say) -> tuple[SettingChange, ...]:
        own = cluster.within(Deadline(params["timeout"], context.clock, context.sleep))
        connector = read_connector(own, name, with_offsets=False)
        demand_not_held(connector, now)
        changes, _secret_keys = decide_with_server(own, connector, options.config, options.at_least)
        return changes

    decided = side_by_side(names, decide, at_once=options.at_once)
    written = {} if context.check_mode else _write(cluster, decided, params, context)

    def report(name: str, outcome: Outcome) -> None:
        ended = written.get(name, decided[name])
        if isinstance(ended, RecoveryError):
            raise ended
        outcome.result["connectors"][name] = {"changed": bool(ended), "settings": settings_data(ended)}
        if ended:
            outcome.result["changed"] = True
            outcome.result["diff"].append(
                {
                    "before_header": f"{name} (config)",
                    "after_header": f"{name} (config)",
                    "before": show_settings(ended, "before"),
                    "after": show_settings(ended, "after"),
                }
            )

    return for_each_connector(names, report, {"changed": False, "connectors": {}, "diff": []})


def _write(
    cluster: Cluster,
    decided: Mapping[str, tuple[SettingChange, ...] | RecoveryError],
    params: Mapping[str, Any],
    context: TaskContext,
) -> dict[str, tuple[SettingChange, ...] | RecoveryError]:
    """Write what was decided. A signal ends the task after the writes that have begun: each is short."""
    changes = {name: one for name, one in decided.items() if one and not isinstance(one, RecoveryError)}
    with Interruption(context.alert) as interruption:

        def write(name: str, _say: Say) -> tuple[SettingChange, ...]:
            interruption.begin(name)
            own = cluster.within(Deadline(params["timeout"], context.clock, context.sleep))
            SettingsWriter(own, name, context.sleep).write(changes[name])
            return changes[name]

        def left(name: str) -> RecoveryError | None:
            if not interruption.is_final:
                return None
            return RecoveryError(
                f"The change of connector '{name}' was interrupted twice ({interruption.cause}): its settings may have been"
                " written; run this task again.",
                changed=True,
            )

        return side_by_side(list(changes), write, at_once=SettingsOptions.read(params).at_once, left=left)
