# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import (
    left_by,
    plain_variable,
    rendered,
    summary_of,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import RunNotes
from ansible_collections.connectops.recovery.plugins.plugin_utils.selection import (
    Selection,
    selection_lines,
    too_many,
)

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "role": {"type": "str", "choices": ["prevent", "reset", "rollback"], "default": "reset"},
    "agreed": {"type": "dict", "default": {"is_given": False}},
    "max_changes": {"type": "int", "default": 100},
}
_NAMED, _STAY_STOPPED = "connectops_connectors", "connectops_stay_stopped"
_FIX = ("prevent_fix", "connectops_fix")


class ActionModule(ControllerAction):
    """Select the connectors that this run may change, in all its clusters, before anything is changed.

    A cluster that is out of the run has none: its variables were refused, and may not even be readable.
    """

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        agreed = options["agreed"]["ids"] if options["agreed"]["is_given"] else None
        clusters, failed = {}, ""
        for label in variables["ansible_play_hosts_all"]:
            left, agreed_here = left_by(label, variables), None if agreed is None else agreed.get(label, {})
            clusters[label], takes_part = Selection(), label in variables["ansible_play_hosts"]
            if takes_part:
                of_host = rendered(label, variables, left, (_NAMED, _STAY_STOPPED, *_FIX))
                if options["role"] == "prevent":
                    clusters[label] = self._fixes(of_host, plain_variable(left, "prevent_look"))
                else:
                    clusters[label] = self._selection(options["role"], of_host, summary_of(left), agreed_here)
            failure = plain_variable(left, "connectops_failure") if takes_part else "see its error above."
            if failure and not failed:
                failed = f"{label}: {failure}"
        problem = too_many({label: one.connectors for label, one in clusters.items()}, options["max_changes"])
        to_change = tuple(label for label, one in clusters.items() if one.connectors)
        # For the batches, which have only these clusters. With too many there is no batch, and the run continues with
        # its report.
        RunNotes(to_change if problem is None else (), failed).write()
        return {
            "changed": False,
            "clusters": {
                label: {
                    **one.as_data(),
                    "refused": problem.sentence if problem is not None and label in to_change else "",
                }
                for label, one in clusters.items()
            },
            "lines": [*selection_lines(clusters), *(problem.lines if problem is not None else ())],
        }

    def _fixes(self, of_host: Mapping[str, Any], look: Mapping[str, Any]) -> Selection:
        asked = next((found for name in _FIX if (found := self.value(name, of_host)) is not None), False)
        return Selection.of_fixes(look) if boolean(asked, strict=False) else Selection()

    def _selection(
        self, role: str, of_host: Mapping[str, Any], facts: Mapping[str, Any], agreed: Mapping[str, str] | None
    ) -> Selection:
        named = self.value(_NAMED, of_host) or ()
        if role == "rollback":
            return Selection.of_rollback(named, agreed)
        return Selection.of_reset(facts, named, agreed, self.value(_STAY_STOPPED, of_host) or ())
