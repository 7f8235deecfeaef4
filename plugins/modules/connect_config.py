#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_config
short_description: Change or raise settings of Kafka Connect connectors
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Sets settings of one or more connectors of one cluster to exact values, or raises settings that are too low.
  - Connect must accept the new config in its own validation before anything is written.
  - Kafka 3.8 and later write only the named settings. Older versions write the whole config. The module refuses that if a
    value looks masked, since the mask would replace the secret.
  - A connector that already has the settings is neither changed nor restarted. Otherwise Connect restarts it.
  - Before the write, the settings and the offsets of the connector are backed up, in the same place as before a reset.
    M(connectops.recovery.connect_rollback) takes the change back, which needs Kafka 3.5. For a sink connector no
    offsets are backed up, because they belong to a consumer group, which is never changed.
  - If the poll of a source connector hangs, its task does not end at that restart, and the new task runs at the same time. For
    such a connector use O(connectops.recovery.connect_offset_reset#module:at_least) of
    M(connectops.recovery.connect_offset_reset), which stops the connector first and proves that its task has ended.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.brokers
  - connectops.recovery.options.backups
  - connectops.recovery.options.settings
  - connectops.recovery.options.show
  - connectops.recovery.attributes
  - connectops.recovery.attributes.actiongroup
seealso:
  - module: connectops.recovery.connect_offset_reset
  - module: connectops.recovery.connect_rollback
"""

EXAMPLES = r"""
- name: Raise the wait for report runs to one hour if it is lower
  connectops.recovery.connect_config:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    at_least:
      stripe.report.max.wait.ms: 60m

- name: Set a batch size and remove a setting
  connectops.recovery.connect_config:
    connect_url:
      - https://connect-1:8083
      - https://connect-2:8083
    url_username: recovery
    url_password: "{{ connect_password }}"
    connectors:
      - stripe-reporting-source-connector
    config:
      batch.size: 500
      stripe.report.columns: null
"""

RETURN = r"""
connectors:
  description: Result for each connector, by name. In check mode, what would be done.
  returned: always
  type: dict
  contains:
    changed: {type: bool, description: Whether this connector changed.}
    settings:
      description: The settings that changed. Secrets are hidden.
      type: list
      elements: dict
      contains:
        key: {type: str, description: Name of the setting.}
        before: {type: str, description: Value before the change. V(null) if the setting was not in the config.}
        after: {type: str, description: Value after the change. V(null) if the setting was removed.}
    backup_file: {type: str, description: "Name of the backup. V(null) if nothing was changed, and in check mode."}
    failed:
      description: V(true) if this connector failed. Then RV(connectors.msg) and the details of the failure are returned for it.
      type: bool
    msg: {type: str, description: Why this connector failed.}
  sample:
    stripe-reporting-source-connector:
      changed: true
      settings:
        - key: stripe.report.max.wait.ms
          before: "300000"
          after: "3600000"
      backup_file: /backups/connect-1/stripe-reporting-source-connector/20261124T071649.173890Z-a023b263b866.json
next_steps:
  description: How to take the changes back, as lines of text for a person.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.connect_config import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_CONFIG


def main() -> None:
    run_module(run, CONNECT_CONFIG)


if __name__ == "__main__":
    main()
