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
  - Finds values that refer to an undefined variable, and values of the wrong type.
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

from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible.plugins.lookup import LookupBase
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import variable_problems


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        known = variables or {}

        def value_of(name: str) -> Any:
            return self._templar.template(known[name])

        return list(variable_problems(known, tuple(terms), value_of, AnsibleUndefinedVariable))
