#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_rollback
short_description: Take back the last change of connectors
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Takes back what M(connectops.recovery.connect_offset_reset) or M(connectops.recovery.connect_config) has changed. Restores the
    old settings and offsets, deletes those that the change had added, and touches nothing else.
  - For a sink connector it restores the settings only. The offsets of its consumer group are never changed.
  - The rollback is a change itself. It is planned, backed up, made while the connector is stopped, and read back in the same way
    as a reset. It can be taken back too.
  - A second run changes nothing.
  - After the rollback the connector returns to its present state. If the run of the change was killed, the connector returns to
    the state that it had before the change.
  - A backup holds no secret. A changed secret stays as it is, and a warning says so before anything is changed.
  - Refuses a change if the same settings or offsets have changed since. This is normal after a while, because a
    recovered connector stores new offsets. The preview shows what a rollback then reads twice or skips.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.keep
  - connectops.recovery.options.rollback
  - connectops.recovery.options.show
  - connectops.recovery.options.short
  - connectops.recovery.attributes
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Reset a connector
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    at_least:
      stripe.report.max.wait.ms: 60m
  register: recovered

- name: Take it back, although the connector has moved on
  connectops.recovery.connect_rollback:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    allow_moved_offsets: true
  register: rolled_back

- name: Bring the change back after all
  connectops.recovery.connect_rollback:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    backup_file: "{{ rolled_back.connectors['stripe-reporting-source-connector'].backup_file }}"
    allow_moved_offsets: true
"""

RETURN = r"""
result_file:
  description:
    - File on the control node with all of RV(connectors), as JSON. It is in Ansible's own temporary folder of this run, and is
      deleted when the run ends. The lookup P(connectops.recovery.whole_result#lookup) reads it.
  returned: if O(in_short) is V(true)
  type: str
connectors:
  description: Result for each connector, by name. In check mode, what would be done.
  returned: always
  type: dict
  contains:
    changed: {type: bool, description: Whether this connector changed.}
    plan:
      description: The plan.
      type: dict
      contains:
        id:
          description:
            - Id of the plan, computed from everything that the plan presumes and changes. The same plan always has the same id.
          type: str
        cluster: {type: str, description: "Name of the Connect cluster, from O(cluster_label). It is part of the id."}
        cluster_id: {type: str, description: Id of the Kafka cluster.}
        connector: {type: str, description: Name of the connector.}
        strategy: {type: str, description: Always V(rollback).}
        state: {type: str, description: State of the connector before the change.}
        final_state: {type: str, description: State of the connector after the change.}
        request:
          description: The options that were given.
          type: dict
        write_to:
          description:
            - How the offsets are written. V(rest) for Connect's REST API, V(topic) for the offsets topics, V(both) if some are
              written in each way.
          type: str
        restart: {type: bool, description: "Whether the tasks are restarted, even if no setting and no offset changes."}
        is_empty: {type: bool, description: Whether there is nothing to change.}
        offsets_stored: {type: int, description: Number of offsets that are stored before the change and are backed up.}
        settings:
          description: Settings that change. Secrets are hidden.
          type: list
          elements: dict
          contains:
            key: {type: str, description: Name of the setting.}
            before: {type: str, description: Value before the change. V(null) if the setting is not in the config.}
            after: {type: str, description: Value after the change. V(null) if the setting is removed.}
        hidden_changes:
          description:
            - A fingerprint of each setting whose value is hidden, so that another secret gives another id. The secret cannot
              be read from it.
          type: dict
        presumed:
          description: All offsets that were stored when the plan was made.
          type: list
          elements: dict
          contains:
            partition: {type: dict, description: "The source partition, as the connector wrote it."}
            offset: {type: dict, description: The stored offset.}
        offsets:
          description: Offsets that change.
          type: list
          elements: dict
          contains:
            partition: {type: dict, description: "The source partition, as the connector wrote it."}
            before: {type: dict, description: Offset before the change. V(null) if there was none.}
            after: {type: dict, description: Offset after the change. V(null) if it is deleted.}
            topic_keys:
              description: Where the offset is written in the offsets topics. Missing if it is written through the REST API.
              type: list
              elements: dict
              contains:
                topic: {type: str, description: Name of the topic.}
                topic_partition: {type: int, description: Number of the topic partition.}
                key: {type: str, description: "Key of the record, as text."}
                before: {type: str, description: "Value of the record before the change, as text. V(null) if there was none."}
    preflight:
      description:
        - The topics that the connector delivers to, before the change. It is not part of the plan. V(null) without
          O(kafka_bootstrap_servers), for an empty plan, and if it is not known to which topics the connector delivers. For
          classes other than the Stripe reporting connector the workers show that (C(topic.tracking.enable)).
      type: dict
      contains:
        topics:
          description: What is known of each topic.
          type: list
          elements: dict
          contains:
            topic: {type: str, description: Name of the topic.}
            exists: {type: bool, description: Whether the topic exists.}
            cleanup_policy: {type: str, description: Its C(cleanup.policy). V(null) if its settings may not be read.}
            retention_seconds: {type: int, description: "For how long it keeps records, in seconds. V(null) for no limit."}
            retention_bytes: {type: int, description: How many bytes of each topic partition it keeps. V(null) for no limit.}
            replicas: {type: int, description: Number of replicas of each topic partition. V(0) if the topic does not exist.}
            records: {type: int, description: "Number of records that it holds, at most."}
            record_bytes:
              description:
                - Mean size of key and value of its newest records, in bytes, before compression. V(null) if it holds none, or
                  they may not be read.
              type: int
            groups: {type: list, elements: str, description: Consumer groups with committed offsets there.}
            groups_omitted:
              description: Number of consumer groups that were not looked at, because there are too many, or may not be read.
              type: int
        redelivered_seconds: {type: int, description: "The longest span of data that a partition delivers twice, in seconds."}
        redelivered_bytes:
          description:
            - Size in bytes of the reports that are delivered twice. V(null) if it is not known, as for classes other than the
              Stripe reporting connector.
          type: int
        warnings: {type: list, elements: str, description: One sentence for each thing to know before the change.}
    profile: {type: str, description: "What the connector is judged by: V(stripe_reporting), V(sink) or V(generic)."}
    forecast:
      description:
        - What the connector will do with the new offsets. V(null) for connectors other than the Stripe reporting
          connector.
        - Times are epoch seconds, lengths are seconds.
      type: dict
      contains:
        worked_round: {type: int, description: Round that the connector works on.}
        current_round: {type: int, description: Newest round.}
        rounds_behind: {type: int, description: Number of rounds between the two.}
        report_runs: {type: int, description: Number of report runs until the connector has caught up.}
        catches_up: {type: bool, description: Whether the connector catches up.}
        left_alone:
          description: The same totals if nothing is changed.
          type: dict
          contains:
            worked_round: {type: int, description: Round that the connector works on.}
            current_round: {type: int, description: Newest round.}
            rounds_behind: {type: int, description: Number of rounds between the two.}
            rounds_missed: {type: int, description: Number of rounds missed so far.}
            report_runs:
              description: Number of report runs until the connector has caught up. V(null) if it never catches up.
              type: int
            report_runs_once_healed:
              description: Number of report runs until the connector has caught up, counted from when nothing blocks it.
              type: int
            catches_up: {type: bool, description: Whether the connector catches up.}
            blocked_by: {type: str, description: Why it never catches up. V(null) if nothing blocks it.}
        stripe_asked:
          description: Whether Stripe was asked for all timezones. If not, yesterday (UTC) is taken as the end of the data.
          type: bool
        notes: {type: list, elements: str, description: "Unexpected effects on a partition, for a person to read."}
        partitions:
          description: Forecast for each partition.
          type: list
          elements: dict
          contains:
            partition: {type: dict, description: "The source partition, as the connector wrote it."}
            changed: {type: bool, description: Whether the offset of this partition changes.}
            has_offset: {type: bool, description: Whether the partition has an offset after the change.}
            delivered_to: {type: int, description: End of the delivered data after the change. V(null) without an offset.}
            next_request:
              description: First request to Stripe. V(null) if there is none.
              type: dict
              contains:
                round: {type: int, description: Round of the request.}
                interval_start: {type: int, description: Start of the requested interval.}
                interval_end: {type: int, description: End of the requested interval.}
                resumed_run: {type: str, description: Id of the open report run that is resumed. V(null) for a new report run.}
                first_row: {type: int, description: Number of the first row that is delivered.}
            chunks: {type: int, description: Number of requests that the connector splits the round of the next request into.}
            report_runs: {type: int, description: Number of report runs until the partition has caught up.}
            skipped: {type: list, elements: list, description: "Periods that this change skips, each with start and end."}
            next_round_delivers_skipped: {type: bool, description: Whether the next round delivers what is skipped.}
            redelivered_seconds: {type: int, description: Length of the time for which all rows are delivered twice.}
            redelivered_bytes:
              description:
                - Size in bytes of the reports that are delivered twice, estimated from those of the last 14 days. V(null) if
                  there are none to estimate it from.
              type: int
            redelivered_rows: {type: int, description: Number of rows of one report that are delivered twice.}
            lost_rows: {type: int, description: Number of rows of one report that are never delivered.}
            problem: {type: str, description: Why this partition never catches up. V(null) if it does.}
            hangs: {type: bool, description: Whether the connector never gets past this partition.}
            stripe_asked: {type: bool, description: Whether Stripe was asked for this timezone.}
        requests:
          description: The first 500 requests until the connector has caught up, in order.
          type: list
          elements: dict
          contains:
            timezone: {type: str, description: Timezone of the partition.}
            report_type: {type: str, description: Report type of the partition.}
            round: {type: int, description: Round of the request.}
            interval_start: {type: int, description: Start of the requested interval.}
            interval_end: {type: int, description: End of the requested interval.}
            resumed_run: {type: str, description: Id of the open report run that is resumed. V(null) for a new report run.}
            first_row: {type: int, description: Number of the first row that is delivered.}
        requests_omitted: {type: int, description: Number of further requests.}
    backup_file:
      description:
        - Backup that was written before the change, also if the change failed. V(null) in check mode and if nothing changed.
      type: str
    steps:
      description: What was done, in order, also if the change failed. Empty in check mode and if nothing changed.
      type: list
      elements: dict
      contains:
        at: {type: int, description: "Time of the step, in epoch seconds by the workers' clock."}
        message: {type: str, description: "The step, for a person to read."}
    evidence:
      description: What was read after the change. V(null) in check mode and if nothing changed.
      type: dict
      contains:
        settings_kept:
          description: Number of changed settings that still have the written value after the connector was returned.
          type: int
        offsets_kept: {type: int, description: Number of changed offsets that still have the written value.}
        offsets_moved_on: {type: int, description: Number of changed offsets that the connector has advanced since.}
        offsets_read_to_end:
          description:
            - Number of changed offsets that have their previous value again although every worker confirmed that no task was
              left. The connector has read to the end of its data again.
          type: int
        workers_asked:
          description:
            - Workers that confirmed that no task was left. Only workers that are known from the status of the connectors and from
              O(connect_url) can be asked. With O(kafka_bootstrap_servers) the members of the workers' group are asked too.
          type: list
          elements: str
        workers_not_reached: {type: list, elements: str, description: Workers that could not be asked.}
        workers_may_be_missing:
          description:
            - Whether there may be workers that are not known, because O(connect_url) seems to be the address of a load balancer.
          type: bool
        settled_seconds: {type: float, description: Seconds waited because a worker could not be asked or may be missing.}
    failed:
      description:
        - V(true) if this connector failed. Then RV(connectors.msg) and the details of the failure are returned for it. The other
          connectors are still changed.
      type: bool
    msg: {type: str, description: Why this connector failed.}
next_steps:
  description:
    - How to go on, as lines of text for a person.
    - In check mode, the command that carries out exactly this plan. After a change, the command that takes it back.
  returned: always
  type: list
  elements: str
plan_ids:
  description: Id of the plan of each connector that changes, as the option O(plan_ids) takes it.
  returned: always
  type: dict
preview:
  description: The plan as lines of text for a person.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.rollback import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_ROLLBACK


def main() -> None:
    run_module(run, CONNECT_ROLLBACK)


if __name__ == "__main__":
    main()
