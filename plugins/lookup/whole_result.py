# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: whole_result
short_description: All of a result that a module returned in short
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Returns the registered result of a module of this collection whose option C(in_short) was true, with all that the module has
    found. Any other result is returned as it is. For a variable that is not set, an empty result is returned.
  - Works in the run of ansible-playbook that has registered the result.
options:
  _terms:
    description: Name of the variable with the result.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the offsets that the reset has planned
  ansible.builtin.debug:
    var: lookup('connectops.recovery.whole_result', 'reset_result').connectors
"""

RETURN = r"""
_raw:
  description: The result, in a list.
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_facts import plain_variable
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import whole_result


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        (name,) = terms
        return [whole_result(plain_variable(variables or {}, name))]
