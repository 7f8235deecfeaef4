#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: agreed_plans_info
short_description: Read which plans a run may carry out
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Reads the plans that somebody has agreed to, from the file that C(connectops_plan_file) names, or as ids from
    C(connectops_plan_ids) and from the variables C(connectops_plan_ids_<cluster>) that a plan run has passed on.
  - Fails if the plans are damaged, altered or expired, if they belong to a cluster that is not in the inventory, and if this run
    has none of their clusters.
  - When the run makes plans, it checks that the plan file can be written.
  - Use it with C(run_once) in a play over all clusters of the run, before anything is read from them.
  - The module runs on the control node only, and reads nothing from a cluster.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  is_plan:
    description: Whether this run only makes plans and carries out none.
    type: bool
    required: true
  role:
    description: The role that is to carry out the plans. Plans of the other one are refused.
    type: str
    choices: [reset, rollback]
    default: reset
attributes:
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is nothing to show.
seealso:
  - module: connectops.recovery.plan_file
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Read the plans that were agreed to
  connectops.recovery.agreed_plans_info:
    is_plan: "{{ ansible_check_mode }}"
  run_once: true
  register: agreed
"""

RETURN = r"""
is_plan:
  description: Whether this run makes plans and carries out none, as O(is_plan) says.
  returned: success
  type: bool
is_given:
  description: Whether plans were agreed to. If not, any plan may be carried out.
  returned: success
  type: bool
ids:
  description: Id of the agreed plan of each connector of each cluster.
  returned: success
  type: dict
plans:
  description: The agreed plan of each connector of each cluster. Empty if only ids are known.
  returned: success
  type: dict
plan_ids:
  description: The ids of the clusters whose plans are not known. Empty for the others.
  returned: success
  type: dict
lines:
  description:
    - What was agreed for the clusters of this run, and what is left out, as lines of text for a person. They are shown as well.
  returned: success
  type: list
  elements: str
"""
