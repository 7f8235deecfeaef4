# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: Problems with the variables of this collection's playbooks and roles
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Finds variables that begin like those of this collection and do not exist, with the closest name that does.
  - Finds variables with another beginning that are probably meant for one of these, such as C(conectops_connectors).
  - Finds values that refer to an undefined variable or cannot be rendered, and values of the wrong type.
  - With the prefix V(connectops_), as in the playbooks, it also finds variables for a whole run that are set where the
    run does not read them, or that differ between its hosts.
options:
  _terms:
    description: Prefixes of the variables to check, for example V(reset_).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse misspelt variables
  ansible.builtin.assert:
    that: query('connectops.recovery.variable_problems', 'connectops_', 'reset_') | length == 0
"""

RETURN = r"""
_raw:
  description: One sentence for each problem.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.connectops.recovery.plugins.plugin_utils.play_vars import seen_by
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import is_blank, variable_problems
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import (
    difference_problems,
    inventory_problems,
)
from jinja2.exceptions import UndefinedError


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        known = variables or {}

        def value_of(name: str) -> Any:
            return self._templar.template(known[name])

        problems = list(variable_problems(known, tuple(terms), value_of, load_extra_vars(self._loader)))
        if "connectops_" in terms:
            problems += [*inventory_problems(known), *_differences(known, value_of)]
        return problems


def _differences(known: Mapping[str, Any], value_of: Callable[[str], Any]) -> Iterator[str]:
    """What is set differently for this host than for the first one of the run."""
    first = next(iter(known.get("ansible_play_hosts_all", ())), None)
    if first in (None, known.get("inventory_hostname")):
        return
    of_first = seen_by(first, known)

    def is_other(name: str) -> bool:
        try:
            values = [value_of(name) if name in known else None, of_first.get(name)]
            mine, theirs = (None if is_blank(value) else value for value in values)
            return bool(mine != theirs)
        except (AnsibleError, UndefinedError):
            # What cannot be read has a sentence of its own.
            return False

    yield from difference_problems(first, is_other)
