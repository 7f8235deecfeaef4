# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import new_folder, write_texts
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import report_of_kind
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import iso_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import PLAYBOOKS
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.run import run_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.fleet_text import fleet_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VerdictName
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import who_runs_this
from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.report_pages import DATA, PAGE, TEXT, report_files
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import found_in, left_by
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import RunNotes
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    BACKUPS_OF_ONE_CLUSTER,
    OUTCOME_OF_ONE_CLUSTER,
    PLANNED_AT,
    is_blank,
    passed_on_as,
)

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "dir": {"type": "path"},
    "playbook": {"type": "str", "required": True, "choices": list(PLAYBOOKS)},
    "is_preview": {"type": "bool", "default": False},
}
_VARIABLE, _FAIL_ON, _VERIFIED = "connectops_report_dir", "identify_fail_on", "verify_result"


class ActionModule(ControllerAction):
    """Write the report on this run, for all its clusters together."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        now = int(time.time())
        # The role decides whether identify_fail_on is reached, wherever it is set: for the play here, for a host below.
        asked = _is_asked(variables)
        troubled: list[str] = []
        partitions: Counter[VerdictName] = Counter()
        passed_on: dict[str, Any] = {}
        labels = variables["ansible_play_hosts_all"]
        # Only verify can find that nothing was changed. Asking for the results of a host gathers its variables again each time.
        must_be_changed = (
            options["playbook"] == "verify"
            and not any("connectors" in left_by(label, variables).get(_VERIFIED, ()) for label in labels)
            and not all(self._was_left_as_it_was(label, variables) for label in labels)
        )

        def each_found() -> Iterator[Found]:
            for label in labels:
                left = left_by(label, variables)
                found = found_in(
                    label,
                    left,
                    variables,
                    playbook=options["playbook"],
                    is_preview=options["is_preview"],
                    must_be_changed=must_be_changed,
                )
                partitions.update(found.offsets.get("counts") or {})
                passed_on.update(_names_and_ids(found, options["playbook"], now, is_preview=options["is_preview"]))
                if asked or _is_asked(left) or not found.is_plainly_healthy:
                    troubled.append(label)
                yield found

        report = run_report(
            options["playbook"],
            each_found(),
            report_of_kind,
            made_at=now,
            run_by=who_runs_this(),
            is_preview=options["is_preview"],
            in_short=options["dir"] is None,
        )
        # For the play that fails for them. Ansible ends the whole run after a play in which no host is left.
        well = [label for label in variables["ansible_play_hosts"] if label not in troubled]
        replace(RunNotes.read(), troubled=(*troubled, *well[:1]) if troubled else ()).write()
        for cluster in report.clusters:
            summary = cluster.summary(report.playbook, is_preview=report.is_preview)
            passed_on[passed_on_as(cluster.label, OUTCOME_OF_ONE_CLUSTER)] = summary
        result: dict[str, Any] = {
            "changed": False,
            "outcome": report.outcome,
            "must_be_changed": must_be_changed,
            "folder": None,
            "lines": fleet_lines(report, partitions),
            "passed_on": passed_on,
        }
        if options["dir"] is None:
            return result
        try:
            folder = new_folder(Path(options["dir"]).absolute(), f"{report.playbook}-{report.stamp}", _VARIABLE)
            write_texts(folder, report_files(report), _VARIABLE)
        except RecoveryError as error:
            return {**result, "failed": True, "msg": error.sentence}
        # A path is on a separate line, so that it can be copied whole.
        lines = [
            *result["lines"],
            *wrapped(f"Report: {report.message}"),
            f"    {folder / PAGE}",
            f"    (as text: {TEXT}, as data: {DATA})",
        ]
        return {**result, "folder": str(folder), "lines": lines}

    def _was_left_as_it_was(self, label: str, variables: Mapping[str, Any]) -> bool:
        """Whether an earlier node of a workflow has carried out what was agreed to, and it was nothing for this cluster."""
        outcome = self.value(passed_on_as(label, OUTCOME_OF_ONE_CLUSTER), variables) or {}
        return (
            outcome.get("playbook") == "recover"
            and outcome.get("outcome") != "failed"
            and not outcome.get("is_preview")
            and passed_on_as(label, BACKUPS_OF_ONE_CLUSTER) not in variables
        )


def _is_asked(variables: Mapping[str, Any]) -> bool:
    """Whether a verdict must fail the run, as far as the value shows it: the value may be a template."""
    value = variables.get(_FAIL_ON)
    return not is_blank(value) and value != "never"


def _names_and_ids(found: Found, playbook: str, now: int, *, is_preview: bool) -> Iterator[tuple[str, Any]]:
    """What the next job of a workflow gets: one value per cluster, since the slices of a job would overwrite a common
    one.
    """
    backups = {
        name: change["backup_file"]
        for name, change in (found.changed.get("connectors") or {}).items()
        if change.get("backup_file")
    }
    if backups:
        # For a person who looks at a job whose disk is lost. A node that verifies asks only whether there are any.
        yield passed_on_as(found.label, BACKUPS_OF_ONE_CLUSTER), {found.label: backups}
    if is_preview and playbook in ("recover", "rollback") and found.problem is None:
        # A cluster that needs nothing is passed on as well: its slice of the job has been planned.
        yield passed_on_as(found.label), {found.label: found.planned.get("plan_ids", {})}
        yield PLANNED_AT, iso_moment(now)
