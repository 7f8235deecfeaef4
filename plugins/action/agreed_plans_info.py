# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import CONNECT_URL_ENV
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
from ansible_collections.connectops.recovery.plugins.plugin_utils.play_vars import seen_by
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import shared_url_problem

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "is_plan": {"type": "bool", "required": True},
    "role": {"type": "str", "choices": sorted(PLAYBOOK_OF), "default": "reset"},
}

_LOOKED_AT = "identify_connectors"


class ActionModule(ControllerAction):
    """Read which plans this run may carry out, before anything is read from a cluster."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        is_plan = options["is_plan"]
        agreed = self._agreed(is_plan, variables)
        in_run = variables["ansible_play_hosts_all"]
        # A host whose variables were refused is out of the run; the others continue.
        of_hosts = {label: seen_by(label, variables) for label in variables["ansible_play_hosts"]}
        if problem := shared_url_problem({label: self._urls(of_host) for label, of_host in of_hosts.items()}):
            raise RecoveryError(problem)
        if agreed is None:
            none: dict[str, dict[str, Any]] = {label: {} for label in in_run}
            given = {"is_given": False, "ids": none, "plans": none, "plan_ids": none, "lines": []}
            return {"changed": False, "is_plan": is_plan, **given}
        agreed.check_role(options["role"])
        agreed.check(in_run, variables["groups"]["all"])
        for label in variables["ansible_play_hosts"]:
            of_host = of_hosts[label]
            asked = {name: self.value(name, of_host) for name in REQUEST[options["role"]] if name in of_host}
            problem = request_problem(agreed.plans.get(label, {}), asked, REQUEST[options["role"]])
            if problem is not None:
                raise RecoveryError(problem)
        named = {label: self.value("connectops_connectors", of_host) or () for label, of_host in of_hosts.items()}
        names = list(dict.fromkeys(name for of_host in named.values() for name in of_host))
        agreed.check_names(names, in_run)
        agreed = agreed.narrowed(named)
        if options["role"] == "reset":
            # Without names the run looks only at these. A connector that is not stuck has no plan, so it needs none; a
            # named one does.
            looked_at = {
                label: self.value(_LOOKED_AT, one) or () for label, one in of_hosts.items() if not named[label]
            }
            agreed = agreed.narrowed(looked_at)
            agreed.check_left(_LOOKED_AT if any(looked_at.values()) else "connectops_connectors", in_run)
        ids = {label: dict(agreed.ids.get(label, {})) for label in in_run}
        plans = {label: dict(agreed.plans.get(label, {})) for label in in_run}
        return {
            "changed": False,
            "is_plan": is_plan,
            "is_given": True,
            "ids": ids,
            "plans": plans,
            "plan_ids": {label: {} if plans[label] else ids[label] for label in in_run},
            "lines": agreed.lines(in_run, names),
        }

    def _urls(self, of_host: Mapping[str, Any]) -> list[str]:
        """The URLs of a host; none if it has none: the task that reads the cluster then reports that."""
        found = self.value("connectops_connect_url", of_host) or os.environ.get(CONNECT_URL_ENV, "").split(",")
        return [url for url in map(str, found if isinstance(found, list) else [found]) if url.strip()]

    def _agreed(self, is_plan: bool, variables: Mapping[str, Any]) -> AgreedPlans | None:
        now, max_age = time.time(), longest_age(self.value(MAX_AGE, variables))
        by_id = from_variables(variables, lambda name: self.value(name, variables), now, max_age)
        path, only_agreed = self.value(FILE, variables), self.value("connectops_mode", variables) == "agreed"
        if path is not None and by_id is not None:
            raise RecoveryError(f"{FILE} and {by_id.source} are both set: set one of them.")
        if path is not None and is_plan and not only_agreed:
            check_writable(path)
        elif path is not None:
            return from_file(path, now, max_age)
        elif by_id is None and only_agreed:
            raise RecoveryError(f"connectops_mode is agreed, but no agreed plan is given: set {FILE} or {IDS}.")
        return by_id
