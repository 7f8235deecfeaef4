#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_offsets_facts
short_description: Read connectors and their offsets, and tell which of them are stuck
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Reads the connectors of one Kafka Connect cluster with their state, tasks, config and offsets.
  - For the Stripe reporting connector every source partition gets a verdict with its reasons. An offset is judged against
    the end of Stripe's data, not against the clock.
  - Changes nothing. Secrets of the configs are hidden, placeholders of config providers stay visible.
extends_documentation_fragment:
  - connectops.recovery.connection
  - connectops.recovery.stripe
  - connectops.recovery.attributes.facts
  - connectops.recovery.attributes.offsetsgroup
options:
  connectors:
    description: Names of the connectors to read. All of the cluster if empty.
    type: list
    elements: str
    default: []
    aliases: [connector]
  max_age_days:
    description: A partition is stuck when it is behind Stripe's data and has delivered up to more than so many days ago.
    type: int
    default: 7
  max_rounds_behind:
    description:
      - A partition is stuck when its connector works on a round that so many later rounds have followed, and that is more
        than a day older than the current one.
    type: int
    default: 2
  backup_dir:
    description:
      - Folder where M(connectops.recovery.connect_offset_reset) keeps its journal, to find changes not finished. It is found
        under the same O(cluster_label) only.
    type: path
    default: ~/.connectops/backups
  cluster_label:
    description:
      - Name of the cluster in the text for people, and of its folder in O(backup_dir), so it should stay the same.
      - The host and port of the first URL if not given.
    type: str
seealso:
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Look at all connectors of a cluster
  connectops.recovery.connect_offsets_facts:
    connect_url: http://connect-1:8083

- name: Name those that are stuck
  ansible.builtin.debug:
    msg: "{{ ansible_facts['connectops_offsets'].stuck }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts.
  returned: success
  type: dict
  contains:
    connectops_offsets:
      description: What was read of the cluster.
      type: dict
      contains:
        cluster_id:
          description: Id of the Kafka cluster that the workers belong to.
          type: str
        version:
          description: Version that the worker gives.
          type: str
        connectors:
          description:
            - "By name: C(type), C(state), C(worker_id), C(tasks), C(config) (secrets hidden), C(offsets), C(profile),
              C(verdict) (the worst of its partitions, V(unknown) where the connector is not understood), C(verdicts) and
              C(unfinished_plan)."
            - "Each verdict has C(partition), C(verdict) (V(ok), V(late), V(stuck), V(missing) or V(orphaned)),
              C(delivered_to) (epoch seconds) and C(reasons) with C(code), C(words), C(figure) and C(limit) (seconds or
              rounds)."
            - "For the Stripe reporting connector also C(worked_round) and C(current_round) (epoch seconds) and
              C(rounds_behind)."
          type: dict
        stuck:
          description: Names of the connectors with a stuck partition.
          type: list
          elements: str
          sample: [stripe-reporting-source-connector]
        unfinished:
          description: Names of the connectors whose reset was begun and not finished, because the run was killed.
          type: list
          elements: str
          sample: []
        preview:
          description: The same for a person, in lines.
          type: list
          elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.offsets_facts import ARGUMENT_SPEC, run


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
