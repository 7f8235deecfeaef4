# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: options
short_description: The options of a module that the variables of this collection set
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Returns, for C(module_defaults), the options of a module of this collection whose variables are set and not blank. The
    variable of the option C(timeout) is C(connectops_timeout), and so on.
  - An option that says what one run does, such as C(connectors), is left out. The task sets it.
  - Any further option of the lookup is an option of the module, and is returned with its value.
options:
  _terms:
    description: Name of the module, for example V(connect_offsets_facts).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look at the clusters
  hosts: all
  connection: local
  module_defaults:
    connectops.recovery.connect_offsets_facts: "{{ lookup('connectops.recovery.options', 'connect_offsets_facts') }}"
  tasks:
    - name: Find stuck connectors
      connectops.recovery.connect_offsets_facts:
"""

RETURN = r"""
_raw:
  description: One dictionary of options and values.
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import first_value, variables_of_module


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        (module,) = terms
        found = {
            option: first_value(names, variables or {}, self._templar.template)
            for option, names in variables_of_module(module).items()
        }
        return [{option: value for option, value in found.items() if value is not None} | kwargs]
