#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: plan_file
short_description: Write the plans of all clusters of a run into one file
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Writes the plans that the role P(connectops.recovery.reset#role) or P(connectops.recovery.rollback#role) has made in this run,
    for all hosts of the play, into one JSON document on the control node.
  - The playbook C(recover) or C(rollback) carries out exactly these plans when C(connectops_plan_file) names the file.
  - Use it with C(run_once) in a play over all clusters of the run, without C(serial).
  - The file is readable by its owner only, has no secrets, and is replaced as a whole. A file that is not a plan file is never
    replaced.
  - The module runs on the control node only. It writes the file in check mode too.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  path:
    description: File to write, on the control node. A relative path begins where C(ansible-playbook) was started.
    type: path
    required: true
  role:
    description: The role that has made the plans.
    type: str
    choices: [reset, rollback]
    default: reset
attributes:
  diff_mode:
    support: N/A
    description: No cluster is changed, so there is nothing to show.
seealso:
  - module: connectops.recovery.agreed_plans_info
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Write what was planned for all clusters
  connectops.recovery.plan_file:
    path: plans.json
  run_once: true
"""

RETURN = r"""
path:
  description: Absolute path of the file.
  returned: success
  type: str
lines:
  description: How many plans were written, and the command that carries them out, as lines of text for a person.
  returned: success
  type: list
  elements: str
"""
