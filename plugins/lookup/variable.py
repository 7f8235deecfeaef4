# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: variable
short_description: Value of a variable, or a default if it is unset or blank
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Returns the value of the first variable that is set and not blank. V(null), and a text that has only
    blanks, count as blank.
  - Unlike the filter P(ansible.builtin.default#filter) it fails if the value itself refers to an undefined variable.
  - A value that a playbook of this collection gives to a role, in C(connectops_given), takes precedence over the user's value.
  - Text for a variable of the type list or dict is read as JSON, or as a list separated by commas.
options:
  _terms:
    description: Names of variables, the preferred one first.
    type: list
    elements: str
    required: true
  default:
    description: Value if no variable is set. By default, the default of the first variable in the role's argument specs.
    type: raw
"""

EXAMPLES = r"""
- name: Read the connectors that connectops_connectors names, or all
  connectops.recovery.connect_offsets_facts:
    connect_url: http://connect-1:8083
    connectors: "{{ lookup('connectops.recovery.variable', 'connectops_connectors', default=[]) }}"
"""

RETURN = r"""
_raw:
  description: The value, in a list.
  type: list
  elements: raw
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import first_value, known_variables


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        value = first_value(terms, variables or {}, self._templar.template)
        if value is not None:
            return [value]
        return [kwargs["default"] if "default" in kwargs else known_variables()[terms[0]].get("default")]
