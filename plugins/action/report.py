# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import new_folder, write_texts
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.run import run_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import who_runs_this
from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.report_pages import DATA, PAGE, TEXT, report_files
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import found_in
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    OUTCOME_OF_ONE_CLUSTER,
    handed_on_as,
)

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "dir": {"type": "path"},
    "playbook": {
        "type": "str",
        "required": True,
        "choices": ["identify", "recover", "verify", "rollback", "prevent"],
    },
    "is_preview": {"type": "bool", "default": False},
}
_VARIABLE = "connectops_report_dir"


class ActionModule(ControllerAction):
    """Write the report on this run, of all its clusters together."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        report = run_report(
            given["playbook"],
            [found_in(label, variables["hostvars"][label]) for label in variables["ansible_play_hosts_all"]],
            made_at=int(time.time()),
            run_by=who_runs_this(),
            is_preview=given["is_preview"],
        )
        result: dict[str, Any] = {"changed": False, "outcome": report.outcome, "folder": None, "lines": []}
        result["outcomes"] = {
            handed_on_as(one.label, OUTCOME_OF_ONE_CLUSTER): one.summary(report.playbook, is_preview=report.is_preview)
            for one in report.clusters
        }
        if given["dir"] is None:
            return result
        try:
            folder = new_folder(Path(given["dir"]).absolute(), f"{report.playbook}-{report.stamp}", _VARIABLE)
            write_texts(folder, report_files(report), _VARIABLE)
        except RecoveryError as error:
            return {**result, "failed": True, "msg": error.sentence}
        # A path has a line of its own, to be copied whole.
        lines = [
            *wrapped(f"Report: {report.message}"),
            f"    {folder / PAGE}",
            f"    (as text: {TEXT}, as data: {DATA})",
        ]
        return {**result, "folder": str(folder), "lines": lines}
