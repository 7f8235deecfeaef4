# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.plugin_utils.agreed_plans import (
    FILE,
    IDS,
    MAX_AGE,
    PLAYBOOK_OF,
    REQUEST,
    AgreedPlans,
    check_writable,
    from_file,
    from_variables,
    longest_age,
    request_problem,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import plain
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import handed_on_as, is_blank, plain_value

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "is_plan": {"type": "bool", "required": True},
    "cluster": {"type": "str"},
    "role": {"type": "str", "choices": sorted(PLAYBOOK_OF), "default": "reset"},
}


class ActionModule(ControllerAction):
    """Read which plans this run may carry out, before anything is read from a cluster."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        agreed = self._agreed(given["is_plan"], given["cluster"], variables)
        if agreed is not None:
            agreed.check_role(given["role"])
        found = (
            self._of_all(agreed, variables)
            if given["cluster"] is None
            else self._of_one(agreed, given["cluster"], given["role"], variables)
        )
        return {"changed": False, "is_given": agreed is not None, **found}

    def _of_all(self, agreed: AgreedPlans | None, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Check the plans of all clusters of the run together."""
        if agreed is None:
            return {"lines": []}
        in_run, names = variables["ansible_play_hosts_all"], self._value("connectops_connectors", variables) or ()
        agreed.check(in_run, variables["groups"]["all"])
        agreed.check_names(names, in_run)
        return {"lines": agreed.narrowed(names).lines(in_run)}

    def _of_one(
        self, agreed: AgreedPlans | None, label: str, role: str, variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"handed_on_as": handed_on_as(label), "plans": {}, "ids": {}}
        if agreed is None:
            return found
        agreed = agreed.narrowed(self._value("connectops_connectors", variables) or ())
        plans = dict(agreed.plans.get(label, {}))
        asked = {name: self._value(name, variables) for name in REQUEST[role] if name in variables}
        problem = request_problem(plans, asked, REQUEST[role])
        if problem is not None:
            raise RecoveryError(problem)
        return {**found, "plans": plans, "ids": dict(agreed.ids.get(label, {}))}

    def _agreed(self, is_plan: bool, cluster: str | None, variables: Mapping[str, Any]) -> AgreedPlans | None:
        now, max_age = time.time(), longest_age(self._value(MAX_AGE, variables))
        by_id = from_variables(variables, lambda name: self._value(name, variables), now, max_age)
        path, only_agreed = self._value(FILE, variables), self._value("connectops_mode", variables) == "agreed"
        if path is not None and by_id is not None:
            raise RecoveryError(f"{FILE} and {by_id.source} are both set: set one of them.")
        if path is not None and is_plan and not only_agreed:
            check_writable(path)
        elif path is not None:
            return from_file(path, now, max_age, cluster)
        elif by_id is None and only_agreed:
            raise RecoveryError(f"connectops_mode is agreed, and no plan was agreed to: set {FILE} or {IDS}.")
        return by_id

    def _value(self, name: str, variables: Mapping[str, Any]) -> Any:
        """The value of a variable; None if it is not set, or blank."""
        value = plain(self._templar.template(variables[name])) if name in variables else None
        return None if is_blank(value) else plain_value(name, value)
