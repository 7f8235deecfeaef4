# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that a role of this collection gives to its module, from the role's variables.

They are read in one step: as a template in the role's task, each would be compiled again in the process of each host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import PROFILES
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import LIMITS_SPEC
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import MODULES
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WORKER_LOG_SPEC
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    first_value,
    is_blank,
    known_variables,
    unreadable,
    variables_of_module,
)

# They are the same in each role that judges.
_OF_JUDGING = frozenset({*LIMITS_SPEC, *WORKER_LOG_SPEC, PROFILES.name})


def options_of_role(
    role: str,
    module: str,
    variables: Mapping[str, Any],
    render: Callable[[Any], Any],
    *,
    needs_connectors: bool = True,
) -> dict[str, Any] | None:
    """The options of the module that the variables of the role set: ``reset_strategy`` sets ``strategy``, and so on.

    The label of the cluster is the name of the inventory host. A blank variable has the default of the role. An empty text or
    dict sets nothing, and a list that the module needs is empty then, so that it is refused by the variable's name.
    Without ``needs_connectors`` it returns None if the role is given none: it reads no other variable then, as that may
    refer to what is not there.

    Raises AnsibleActionFail for a variable that cannot be rendered.
    """
    found = {"cluster_label": variables["inventory_hostname"]}
    # The connectors first.
    for option, names in sorted(variables_of_role(role, module).items(), key=lambda one: one[0] != "connectors"):
        value = _value(names, variables, render)
        if option == "connectors" and not value and not needs_connectors:
            return None
        spec = MODULES[module][option]
        if not is_blank(value) and value != {}:
            found[option] = value
        elif spec.get("required") and spec["type"] == "list":
            found[option] = []
    return found


def _value(names: tuple[str, ...], variables: Mapping[str, Any], render: Callable[[Any], Any]) -> Any:
    try:
        value = first_value(names, variables, render)
    except AnsibleError as error:
        raise AnsibleActionFail(unreadable(names[0], error)) from error
    return known_variables()[names[0]].get("default") if value is None else value


@cache
def variables_of_role(role: str, module: str) -> dict[str, tuple[str, ...]]:
    """The variables of each option that the role sets, the preferred one first."""
    return dict(_names(role, module))


def _names(role: str, module: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = known_variables()
    for option in MODULES[module]:
        if f"{role}_{option}" in known:
            yield option, (f"{role}_{option}", *variables_of_module(module).get(option, ()))
        elif option in _OF_JUDGING:
            yield option, variables_of_module(module)[option]
