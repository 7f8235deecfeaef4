#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write the report on a run
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Writes what the roles P(connectops.recovery.identify#role), P(connectops.recovery.reset#role),
    P(connectops.recovery.verify#role), P(connectops.recovery.rollback#role) and P(connectops.recovery.prevent#role) have found
    and done in this run, for all hosts of the play, as HTML pages, as Markdown and as one JSON document. It reads the results of
    those roles that O(playbook) has.
  - Each run gets a new folder. With several clusters there is a page for each, and one for all of them with the worst first.
  - The pages need no network and no script. Secrets are hidden.
  - Use it with C(run_once) in a play over all clusters of the run, without C(serial).
  - The module runs on the control node only. It writes the report in check mode too. The files are readable by their owner only.
extends_documentation_fragment:
  - connectops.recovery.attributes
options:
  dir:
    description:
      - Folder on the control node in which the folder of this report is made. It is created if it does not exist. A relative path
        begins where C(ansible-playbook) was started.
      - If unset, nothing is written, and the summary that is passed on is returned anyway.
    type: path
  playbook:
    description: The playbook that the report is about.
    type: str
    required: true
    choices: [identify, recover, verify, rollback, prevent]
  is_preview:
    description: Whether the run only shows what it would change.
    type: bool
    default: false
attributes:
  diff_mode:
    support: N/A
    description: No cluster is changed, so there is nothing to show.
seealso:
  - module: connectops.recovery.connect_offsets_facts
  - module: connectops.recovery.connect_offset_reset
  - module: connectops.recovery.connect_recovery_info
  - module: connectops.recovery.connect_rollback
"""

EXAMPLES = r"""
- name: Write what was found in all clusters
  connectops.recovery.report:
    dir: reports
    playbook: identify
  run_once: true
"""

RETURN = r"""
folder:
  description: Absolute path of the folder with the files. V(null) if nothing was written.
  returned: success
  type: str
outcome:
  description: Worst outcome of a cluster.
  returned: success
  type: str
  sample: recovered
must_be_changed:
  description:
    - Whether the run fails if no connector was ever changed. A run of the playbook C(verify) does, unless an earlier job of
      a workflow has passed on that there was nothing to change.
  returned: success
  type: bool
passed_on:
  description:
    - "What is passed on to the next job of a workflow, by the name of a variable for each cluster: its outcome
      (C(connectops_outcome_) and the name of the cluster), the names of the backups that the run made
      (C(connectops_made_backups_)), and the ids of the plans of a run that only plans (C(connectops_plan_ids_))."
    - An outcome has the keys C(playbook), C(is_preview), C(outcome) and C(message).
  returned: success
  type: dict
lines:
  description:
    - With several clusters, the number of clusters with each outcome and the ten worst; then where the report is, if one was
      written. Lines of text for a person, which are shown as well.
  returned: success
  type: list
  elements: str
"""
