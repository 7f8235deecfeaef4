# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.next_batch import (
    ClusterOutcome,
    failed_before,
    reason_to_stop,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import left_by, plain_variable
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import RunNotes

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "role": {"type": "str", "choices": ["reset", "rollback"], "default": "reset"},
    "is_plan": {"type": "bool", "default": False},
    "max_fail_percentage": {"type": "int", "default": 50},
    "stop_on_failure": {"type": "bool", "default": False},
}


class ActionModule(ControllerAction):
    """Decide whether the run continues with this batch."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        notes, batch = RunNotes.read(), variables["ansible_play_batch"]
        message = notes.stopped
        lines: list[str] = []
        if not message and not options["is_plan"]:
            outcomes = [_outcome(label, options["role"], left_by(label, variables)) for label in notes.batch]
            stop = reason_to_stop(outcomes, options["max_fail_percentage"], stop_on_failure=options["stop_on_failure"])
            if stop is None and options["stop_on_failure"] and notes.failed:
                stop = failed_before(notes.failed)
            if stop is not None:
                message = stop.sentence(notes.done, len(notes.selected))
                lines = stop.lines(notes.done, len(notes.selected))
        notes.with_batch(tuple(batch), message).write()
        return {"changed": False, "goes_on": not message, "message": message, "lines": lines}


def _outcome(label: str, role: str, of_host: Mapping[str, Any]) -> ClusterOutcome:
    return ClusterOutcome.of(
        label,
        plain_variable(of_host, f"{role}_result"),
        # Rollbacks are not verified.
        plain_variable(of_host, "verify_result") if role == "reset" else {},
        plain_variable(of_host, "connectops_failure") or None,
    )
