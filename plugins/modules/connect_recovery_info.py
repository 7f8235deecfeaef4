#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_recovery_info
short_description: Wait until connectors are seen to have recovered
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Waits until the named connectors of one cluster have recovered, and returns what was seen.
  - A partition has recovered if the connector has committed an offset of its own since the change and the partition is not stuck.
    The offset that the change wrote does not count. A partition with nothing to do until the next round needs no commit.
  - Verdicts are those of M(connectops.recovery.connect_offsets_facts), with the same limits. A verdict V(unknown) is never a
    recovery.
  - A setting that has its old value again is reported. A tool that manages the connector may have put it back.
  - The module does not wait for what cannot recover, such as the partitions of an API key that Stripe refuses, or a task that is
    FAILED.
  - The module verifies the change in O(planned), or else the last change among the connector's backups, also days after it.
  - Six checkpoints show what was seen, each with a status, one sentence and its evidence. If a checkpoint has failed, a connector
    whose offsets look recovered is V(not_proven).
  - New records, restarts of tasks and rebalances are looked at only with O(kafka_bootstrap_servers). New records are counted only
    if the change was made with it too, because the ends of the topics are noted before the change.
  - With O(keep_samples), a schedule of verifications shows that the recovery lasts. A good sample has recovered, its offsets are
    near the end of the data, and no checkpoint has failed.
  - The module changes nothing in the cluster, and RV(ignore:changed) is always V(false).
  - The module does not fail if a connector has not recovered. Use RV(recovered) and RV(message).
  - In check mode the module looks once and does not wait.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.limits
  - connectops.recovery.options.worker_logs
  - connectops.recovery.options.recovery
  - connectops.recovery.options.show
  - connectops.recovery.options.short
  - connectops.recovery.attributes.waits
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_offset_reset
  - module: connectops.recovery.connect_offsets_facts
"""

EXAMPLES = r"""
- name: Recover a stuck connector without losing data
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    at_least:
      stripe.report.max.wait.ms: 60m
  register: recovered

- name: Wait until it has stored progress of its own
  connectops.recovery.connect_recovery_info:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    planned: "{{ recovered.connectors }}"
  register: verified
  failed_when: not (verified.recovered | default(false))

- name: Verify the last change of every connector that has a backup, with the logs of workers in Kubernetes
  connectops.recovery.connect_recovery_info:
    connect_url: http://connect-1:8083
    from_backups: true
    kafka_bootstrap_servers: [kafka-1:9092]
    worker_log_command: [kubectl, logs, --selector=strimzi.io/cluster=connect, --since=24h, --tail=-1, --timestamps]
  register: verified
"""

RETURN = r"""
recovered:
  description: Whether all connectors have recovered, except those with the outcome V(not_verified).
  returned: always
  type: bool
message:
  description: The result as one sentence for a person.
  returned: always
  type: str
  sample: "Recovered: stripe-reporting-source-connector."
timeout_seconds:
  description: The time limit of the wait, in seconds.
  returned: always
  type: int
waited_seconds:
  description: Time in seconds that it has waited.
  returned: always
  type: int
ended_at:
  description: Time at which the wait ended, in epoch seconds.
  returned: always
  type: int
result_file:
  description:
    - File on the control node with all of RV(connectors), as JSON. It is in Ansible's own temporary folder of this run, and is
      deleted when the run ends. The lookup P(connectops.recovery.whole_result#lookup) reads it.
  returned: if O(in_short) is V(true)
  type: str
connectors:
  description: Result for each connector, by name.
  returned: always
  type: dict
  contains:
    outcome:
      description:
        - V(recovered), V(recovering), V(not_recovered), V(not_proven) or V(not_verified). The worst outcome of its partitions,
          unless the connector as a whole has a RV(connectors.reason).
        - V(recovering) if the time was over before the connector stored anything for a partition with work to do, or if it has
          stored something and is still stuck.
        - V(not_proven) if nothing shows whether it works, if a checkpoint has failed although the offsets look recovered, or if
          the change was begun but not finished.
        - V(not_verified) if the connector was PAUSED or STOPPED before, so it delivers nothing, or if its change failed, or if it
          is a sink connector.
      type: str
    reason:
      description: Why the connector as a whole has this outcome. V(null) if the outcome is that of its partitions.
      type: str
    profile:
      description:
        - "What the connector is judged by: V(stripe_reporting), V(sink), the name of one of the O(profiles), or V(generic)."
      type: str
    state: {type: str, description: State of the connector.}
    tasks:
      description: Its tasks.
      type: list
      elements: dict
      contains:
        id: {type: int, description: Number of the task.}
        state: {type: str, description: State of the task.}
    settings:
      description: The settings that the change wrote. Secrets are hidden.
      type: list
      elements: dict
      contains:
        key: {type: str, description: Name of the setting.}
        written: {type: str, description: Value that the change wrote. V(null) if it removed the setting.}
        value: {type: str, description: Value now. V(null) if the setting is not in the config.}
        found:
          description: V(as_written), V(old_value), V(other_value), or V(hidden) for a secret, which is not compared.
          type: str
    partitions:
      description: The result for each partition.
      type: list
      elements: dict
      contains:
        partition: {type: dict, description: "The source partition, as the connector wrote it."}
        outcome:
          description: V(recovered), V(recovering), V(not_recovered) or V(not_proven), as for the connector.
          type: str
        reason: {type: str, description: Why. V(null) if the partition has recovered and there is nothing to add.}
        verdict: {type: str, description: Verdict on the partition. V(null) if there is none.}
        moved: {type: bool, description: Whether the connector has committed another offset since the change.}
        moved_by: {type: dict, description: How far each number of the offset has moved since the change.}
        offset_after_change: {type: dict, description: Offset right after the change. V(null) if there was none.}
        offset: {type: dict, description: Offset now. V(null) if there is none.}
        delivered_to:
          description: Time up to which the partition has delivered, in epoch seconds. V(null) if it is not known.
          type: int
        available_to:
          description: Time up to which there is data to deliver, in epoch seconds. V(null) if it is not known.
          type: int
    change:
      description: The change that is verified, from its backup. V(null) if no backup describes it.
      type: dict
      contains:
        backup_file: {type: str, description: The backup.}
        plan_id: {type: str, description: Id of the plan that was carried out.}
        strategy: {type: str, description: Its strategy. Empty for a backup of an older format.}
        made_by: {type: str, description: "Who made the change, and on which host."}
        taken_at: {type: float, description: "Time of the backup, in epoch seconds."}
        returned_at:
          description:
            - Time at which the connector was returned to its state, in epoch seconds. Only what happened after this time
              counts. For a change of an older version it is the time of the backup.
          type: float
    estimate_seconds:
      description:
        - Estimated time in seconds until all data that is there is delivered, from the speed that was measured while the module
          waited, or else from how long earlier report runs took. V(null) if nothing shows it.
      type: int
    checkpoints:
      description: What was seen, always these six, in this order.
      type: list
      elements: dict
      contains:
        checkpoint:
          description:
            - V(logs), whether polls have failed or records were committed; V(offsets), whether offsets move and are near the end
              of the data; V(data), the new records in the topics; V(partitions), every expected partition, also blocked and
              dropped ones; V(tasks), restarts and rebalances; V(settings), whether the settings are still as written.
          type: str
        status:
          description:
            - V(passed), V(open) if it has not passed yet, V(failed), or V(not_looked_at) if there was nothing to look at.
          type: str
        message: {type: str, description: One sentence for a person.}
        evidence: {type: dict, description: "What was seen, as data. The keys depend on the checkpoint."}
    soak:
      description: What this and earlier verifications of the change show together. V(null) if no backup describes the change.
      type: dict
      contains:
        complete:
          description: Whether every sample of the last O(soak_hours) hours was good, at most half of that time apart.
          type: bool
        samples: {type: int, description: "Number of samples, this one included."}
        good_since:
          description: Since when every sample was good, in epoch seconds. V(null) if the last one is not.
          type: float
        good_seconds: {type: int, description: "For how long every sample was good, in seconds."}
        needed_seconds: {type: int, description: "For how long every sample must be good, in seconds."}
        message: {type: str, description: The same as one sentence for a person.}
    history:
      description:
        - How far each partition was at the change and at each look since, for a chart. At most 24 partitions and 41 points of
          each. Empty if no backup describes the change.
      type: list
      elements: dict
      contains:
        partition: {type: dict, description: "The source partition, as the connector wrote it."}
        points:
          description:
            - Oldest first, each a list of three numbers in epoch seconds. The time of the look, the time up to which the
              partition had delivered then, and the time up to which there was data. V(null) if not known.
          type: list
          elements: list
preview:
  description: The result as lines of text for a person.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.recovery_info import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_RECOVERY_INFO


def main() -> None:
    run_module(run, CONNECT_RECOVERY_INFO)


if __name__ == "__main__":
    main()
