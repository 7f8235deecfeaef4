#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: select_changes
short_description: Select the connectors that a run over several clusters may change
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Selects, for all hosts of the play, the connectors that C(connectops_connectors) names, those of the agreed plans, or else
    those that the role P(connectops.recovery.identify#role) has found to be stuck in this run.
  - If there are more than O(max_changes) of them, this run changes nothing. The playbooks then write their report, and fail
    for each cluster in which something would have been changed.
  - Use it with C(run_once) in a play over all clusters of the run, without C(serial), after they have been looked at.
  - The module runs on the control node only, and reads nothing from a cluster.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  role:
    description: The role that is to change the connectors. For V(prevent) those are selected that it would fix.
    type: str
    choices: [prevent, reset, rollback]
    default: reset
  agreed:
    description: Result of M(connectops.recovery.agreed_plans_info). Without it no plans were agreed to.
    type: dict
    default: {is_given: false}
  max_changes:
    description: Maximum number of connectors that one run may change in all clusters together.
    type: int
    default: 100
attributes:
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is nothing to show.
seealso:
  - module: connectops.recovery.agreed_plans_info
  - module: connectops.recovery.next_batch
"""

EXAMPLES = r"""
- name: Select the connectors to change
  connectops.recovery.select_changes:
    agreed: "{{ agreed }}"
    max_changes: 20
  run_once: true
  register: selected
"""

RETURN = r"""
clusters:
  description: What was selected, by cluster.
  returned: success
  type: dict
  contains:
    connectors: {type: list, elements: str, description: Connectors to change.}
    stuck_after_resume:
      description:
        - STOPPED connectors that would be stuck after a resume, and that nobody has asked to recover or to leave STOPPED.
      type: list
      elements: str
    not_agreed: {type: list, elements: str, description: "Connectors that are stuck, but have no agreed plan."}
    refused: {type: str, description: "Why the selected connectors are not changed, in short. Empty if they are."}
lines:
  description:
    - Connectors that are stuck but have no agreed plan, and whether more connectors were selected than one run may change, as
      lines of text for a person. They are shown too.
  returned: success
  type: list
  elements: str
"""
