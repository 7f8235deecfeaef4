# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_document
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import plan_file_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_file import ClusterPlans, PlanFile
from ansible_collections.connectops.recovery.plugins.plugin_utils.agreed_plans import FILE, PLAYBOOK_OF, check_writable
from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import left_by, plain_variable, selected_in
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import whole_result

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "role": {"type": "str", "choices": sorted(PLAYBOOK_OF), "default": "reset"},
}
_NOT_PLANNED = "It was not planned: see its error in the output of the run."


class ActionModule(ControllerAction):
    """Write the plans of all clusters of this run into one file."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        path, role = Path(options["path"]).absolute(), options["role"]
        labels = variables["ansible_play_hosts_all"]
        clusters = {label: _planned(label, left_by(label, variables), f"{role}_result") for label in labels}
        document = PlanFile(int(time.time()), clusters)
        check_writable(str(path))
        write_document(path, document.as_data(), FILE)
        labels = [label for label, one in clusters.items() if one.plans]
        limit = context.CLIARGS.get("subset")
        lines = plan_file_lines(str(path), document.count, len(labels), limit, PLAYBOOK_OF[role])
        return {"changed": False, "path": str(path), "lines": lines}


def _planned(label: str, variables: Mapping[str, Any], name: str) -> ClusterPlans:
    """What the role has planned for one host in this run, and registered under this name."""
    selected = selected_in(label, variables)
    planned = whole_result(plain_variable(variables, name))
    problem = plain_variable(variables, "connectops_failure") or selected.get("refused")
    if not problem and selected.get("connectors") == []:
        return ClusterPlans.of({}, [], None)
    if problem or "connectors" not in planned:
        return ClusterPlans.of({}, [], str(problem or _NOT_PLANNED))
    return ClusterPlans.of(planned["connectors"], planned["preview"], None)
