#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_backups_info
short_description: List the backups of connectors
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Lists the backups that M(connectops.recovery.connect_offset_reset), M(connectops.recovery.connect_rollback) and
    M(connectops.recovery.connect_config) made of the connectors of one cluster, newest first.
  - Kafka Connect is not asked, so this also works while no worker answers.
  - A backup that is damaged is listed with the reason.
  - If a named connector has no backup, the module fails and names the closest name that has one.
extends_documentation_fragment:
  - connectops.recovery.options.brokers
  - connectops.recovery.options.listing
  - connectops.recovery.options.show
  - connectops.recovery.attributes.lists
seealso:
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: List the backups of a connector
  connectops.recovery.connect_backups_info:
    cluster_label: connect-eu-1
    connector: stripe-reporting-source-connector
  register: kept

- name: Show the name of the newest one
  ansible.builtin.debug:
    msg: "{{ kept.connectors['stripe-reporting-source-connector'].backups[0].name }}"

- name: List the backups of all connectors of a cluster in a Kafka topic
  connectops.recovery.connect_backups_info:
    cluster_label: connect-eu-1
    backup_topic: connectops-backups
    kafka_bootstrap_servers: kafka-1:9092
"""

RETURN = r"""
connectors:
  description: What is kept of each connector, by name.
  returned: always
  type: dict
  contains:
    unfinished_plan:
      description: Id of the plan of a change that was begun but not finished. V(null) if there is none.
      type: str
    backups:
      description: The backups, newest first.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the backup, for the option C(backup_file). A path, or C(topic:) with the topic and the key.
          type: str
        taken_at: {type: str, description: "When it was made, an ISO 8601 time in UTC."}
        plan_id: {type: str, description: Id of the plan for which it was made.}
        named_by_journal: {type: bool, description: Whether it is the backup of the unfinished change. It is not deleted then.}
        problem: {type: str, description: Why it cannot be read. V(null) if it can.}
        cluster_id: {type: str, description: Id of the Kafka cluster of the connector. V(null) if the backup cannot be read.}
        state: {type: str, description: State of the connector when the backup was made. V(null) if the backup cannot be read.}
        offsets: {type: int, description: How many offsets are in it. V(null) if the backup cannot be read.}
        settings:
          description: Names of the settings that the change touches. V(null) if that is not known.
          type: list
          elements: str
        result:
          description: What became of the change, V(done), V(undone) or V(replaced). V(null) if that is not known.
          type: str
        made_by: {type: str, description: "Who made it, on which host. V(null) if that is not known."}
preview:
  description: The list as lines of text for a person.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.backups_info import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_BACKUPS_INFO


def main() -> None:
    run_module(run, CONNECT_BACKUPS_INFO)


if __name__ == "__main__":
    main()
