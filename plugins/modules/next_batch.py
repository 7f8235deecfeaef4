#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: next_batch
short_description: Decide whether a run over several clusters goes on with its next batch
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Looks at what the roles P(connectops.recovery.reset#role), P(connectops.recovery.verify#role) and
    P(connectops.recovery.rollback#role) have done in the batch before, and decides whether this batch may begin.
  - It may not begin if a connector is worse than before its change, or if too many of the changed clusters are not healthy.
    Then no further batch of the run begins.
  - A cluster in which nothing was changed does not count, unless O(stop_on_failure) is set.
  - Use it with C(run_once) as the first task of a play with C(serial) over the clusters that
    M(connectops.recovery.select_changes) has selected.
  - The module runs on the control node only, and reads nothing from a cluster.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  role:
    description: The role that changes the clusters.
    type: str
    choices: [reset, rollback]
    default: reset
  is_plan:
    description:
      - Whether this run makes plans and changes nothing. Then it always goes on, so that each cluster gets its plans.
    type: bool
    default: false
  max_fail_percentage:
    description:
      - Maximum percentage of the changed clusters of a batch that are not healthy afterwards. If there are more, the run stops.
    type: int
    default: 50
  stop_on_failure:
    description:
      - Whether the run stops as soon as anything has failed, also a cluster that could not be read before the first batch.
    type: bool
    default: false
attributes:
  diff_mode:
    support: N/A
    description: The module changes nothing, so there is nothing to show.
seealso:
  - module: connectops.recovery.select_changes
"""

EXAMPLES = r"""
- name: Decide whether the run goes on after the batch before
  connectops.recovery.next_batch:
    max_fail_percentage: 20
  run_once: true
  register: batch
"""

RETURN = r"""
goes_on:
  description: Whether this batch may begin.
  returned: success
  type: bool
message:
  description: Why it may not, as a short sentence. Empty if it may.
  returned: success
  type: str
lines:
  description: The same in full, with what to do, as lines of text for a person. They are shown as well.
  returned: success
  type: list
  elements: str
"""
