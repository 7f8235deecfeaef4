#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_policy_info
short_description: Compare the settings of connectors with a policy
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Compares the settings of the connectors of one cluster with the rules of a policy, and returns what deviates.
  - The rules for the Stripe reporting connector are built in. That connector accepts, without an error, values with which it
    gets stuck, skips report types or delivers rows twice.
  - A setting that is not in the config counts as having the connector's default.
  - If O(kafka_bootstrap_servers) is set, the settings of the topics that the Stripe reporting connector writes to are compared as
    well. So are those of the topics of a class of your own, if the policy has rules for its topics.
  - A mistake in the policy is refused before anything is read.
  - What cannot be checked, such as a placeholder of a config provider, is returned with the severity V(unknown).
  - The module does not fail if something deviates. Use RV(connectors.severity), and M(connectops.recovery.connect_config) with
    the RV(fixes).
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.brokers
  - connectops.recovery.options.policy
  - connectops.recovery.options.show
  - connectops.recovery.attributes.compares
  - connectops.recovery.attributes.actiongroup
seealso:
  - module: connectops.recovery.connect_config
"""

EXAMPLES = r"""
- name: Compare all connectors of a cluster with the policy
  connectops.recovery.connect_policy_info:
    connect_url: http://connect-1:8083
    policy:
      stripe_reporting:
        settings:
          stripe.report.max.wait.ms:
            minimum: 45m
            recommended: 90m
      files:
        connector_class: FileStreamSource
        settings:
          batch.size:
            maximum: 5000
  register: compared

- name: Fix the settings that can be fixed
  connectops.recovery.connect_config:
    connect_url: http://connect-1:8083
    connectors: "{{ item.connectors }}"
    config: "{{ item.config }}"
    at_least: "{{ item.at_least }}"
  loop: "{{ compared.fixes }}"
"""

RETURN = r"""
connectors:
  description: Result for each connector that is of a class of the policy, by name.
  returned: success
  type: dict
  contains:
    class: {type: str, description: Class of the policy by which the connector was checked.}
    severity: {type: str, description: Worst severity of its deviations. V(null) if there is none.}
    deviations:
      description: What deviates from the policy. At most one for each setting.
      type: list
      elements: dict
      contains:
        rule:
          description:
            - The rule that is broken, such as V(minimum), V(recommended), V(maximum), V(allowed), V(required), V(pattern),
              V(absent), V(number), V(initial_load_dates), V(quartz_cron), V(topic_compacted) or V(topic_retention).
            - V(readable) if the value cannot be checked.
          type: str
        setting: {type: str, description: Name of the setting. Empty if nothing of the connector or of its topics can be read.}
        topic: {type: str, description: Name of the topic whose setting it is. V(null) for a setting of the connector.}
        value: {type: str, description: Value of the setting. V(null) if there is none. Secrets are hidden.}
        wanted: {type: str, description: What the policy wants.}
        severity: {type: str, description: "V(error), V(unknown) or V(warning), from bad to good."}
        message: {type: str, description: The deviation as a sentence.}
        fix:
          description:
            - Options of M(connectops.recovery.connect_config) that fix it. V(null) if a person must decide, or if it is a setting
              of a topic.
          type: dict
          sample:
            at_least:
              stripe.report.max.wait.ms: 3600000
    not_looked_at:
      description: A sentence for everything that could not be looked at, such as topics without access to Kafka.
      type: list
      elements: str
classes:
  description: Names of the connectors of each class of the policy. A class without connectors has an empty list.
  returned: success
  type: dict
  sample:
    stripe_reporting:
      - stripe-reporting-source-connector
unmatched:
  description: Names of your own classes to which no connector of the cluster belongs.
  returned: success
  type: list
  elements: str
of_no_class:
  description: Names of the connectors that belong to no class of the policy, so they were not checked.
  returned: success
  type: list
  elements: str
fixes:
  description: Fixes, as options of M(connectops.recovery.connect_config). Connectors that need the same fixes are in one entry.
  returned: success
  type: list
  elements: dict
  contains:
    connectors: {type: list, elements: str, description: Names of the connectors.}
    config: {type: dict, description: "Settings to set, or to remove if the value is V(null)."}
    at_least: {type: dict, description: Settings to raise.}
preview:
  description: The result as lines of text for a person.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.policy_info import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_POLICY_INFO


def main() -> None:
    run_module(run, CONNECT_POLICY_INFO)


if __name__ == "__main__":
    main()
