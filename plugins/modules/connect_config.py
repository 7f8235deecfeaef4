#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_config
short_description: Change settings of Kafka Connect connectors, or only raise them
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Sets exact values, and raises values that are too low, in the config of one or more connectors of one cluster.
  - The connector's own validation must accept the new config before anything is written.
  - Only the named keys are written where the workers can do that (Kafka 3.8 and later). Older workers take only a whole
    config. It is refused there when a value looks like a mask, as the mask would become the secret.
  - A connector that has the settings already is not touched and not restarted. Otherwise Connect restarts it.
  - A source connector whose poll hangs does not end at that restart, and its new task works beside the old one. Use
    M(connectops.recovery.connect_offset_reset) with O(connectops.recovery.connect_offset_reset#module:at_least) for such a
    one. It stops the connector first, and is sure that it has ended.
extends_documentation_fragment:
  - connectops.recovery.connection
  - connectops.recovery.attributes
  - connectops.recovery.attributes.actiongroup
options:
  connectors:
    description: Names of the connectors.
    type: list
    elements: str
    required: true
    aliases: [connector]
  config:
    description:
      - Settings with the exact values they shall have.
      - Connect keeps strings, so V(3) and V("3") are the same. V(null) removes a setting.
    type: dict
    default: {}
  at_least:
    description:
      - Settings that shall not be lower than this. A higher value stays, and a setting is never lowered.
      - A number in the setting's own unit, or a duration such as V(60m), V(90s) or V(1h 30m) for a setting whose name ends
        with its unit, as C(.ms) does.
      - For a setting that is not in the config, the connector's own default counts.
    type: dict
    default: {}
seealso:
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Raise the wait for report runs to an hour, if it is lower
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
  description: What was changed, or would be in check mode, by connector.
  returned: always
  type: dict
  contains:
    changed:
      description: Whether this connector changed.
      type: bool
    settings:
      description: Key, value before and value after of each setting that changed. Secrets are hidden.
      type: list
      elements: dict
  sample:
    stripe-reporting-source-connector:
      changed: true
      settings:
        - key: stripe.report.max.wait.ms
          before: "300000"
          after: "3600000"
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.connect_config import (
    ARGUMENT_SPEC,
    run,
)


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
