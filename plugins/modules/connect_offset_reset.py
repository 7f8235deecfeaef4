#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_offset_reset
short_description: Reset offsets of source connectors without losing data by accident
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Resets offsets of one or more source connectors of one cluster. The order is always the same. Back up, stop, prove that no
    task is left, read again, change, read back, return to the previous state, read once more.
  - Settings that must change as well, such as a wait that is too short, change while the connector is stopped.
  - Connect's REST API cannot change an offset whose key it does not build. With O(kafka_bootstrap_servers) such an offset is
    written to the offsets topic itself, see O(write_to).
  - All plans are made first. Then up to O(at_once) connectors are changed at the same time. One that fails does not stop the
    others.
  - Ctrl-C, SIGTERM, SIGHUP and the C(timeout) of the task undo what is unfinished and return each connector to its previous
    state. The same signal again ends that at once, and the next run finishes it.
  - In check mode all reads are made, and the returned plan is the plan that would be carried out.
  - If a step fails, the module undoes its changes and returns the connector to its previous state. A run that was killed is
    finished by the next run.
  - Connect answers 200 to changes that have no effect. So the module succeeds only if it has read the new offsets back, twice
    while stopped and once after the resume.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.keep
  - connectops.recovery.options.reset
  - connectops.recovery.options.show
  - connectops.recovery.options.short
  - connectops.recovery.attributes
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_config
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

- name: Plan several connectors
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connectors: [stripe-reporting-source-connector]
  check_mode: true
  register: planned

- name: Carry out exactly these plans
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connectors: "{{ planned.plan_ids.keys() | list }}"
    plan_ids: "{{ planned.plan_ids }}"
  when: planned.plan_ids | length > 0

- name: Let one timezone start over at the initial load date
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    strategy: delete
    partitions:
      - timezone: America/New_York
        report_type: balance.summary.1

- name: Recover a connector whose offsets the REST API cannot change, by writing to the offsets topic
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    kafka_bootstrap_servers: [kafka-1:9092]
    write_to: topic

- name: Restore the offsets from before the recovery
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    strategy: restore
    backup_file: "{{ recovered.connectors['stripe-reporting-source-connector'].backup_file }}"
"""

RETURN = r"""
result_file:
  description:
    - File on the controller with all of RV(connectors), as JSON. It is in Ansible's own temporary folder of this run, and is gone
      when the run ends. The lookup P(connectops.recovery.whole_result#lookup) reads it.
  returned: if O(in_short) is V(true)
  type: str
connectors:
  description: Result for each connector, by name. In check mode, what would be done.
  returned: always
  type: dict
  contains:
    changed:
      description: Whether this connector changed.
      type: bool
    plan:
      description: The plan.
      type: dict
      contains:
        id:
          description:
            - Id of the plan, made from all that it presumes and does. The same plan always has the same id.
          type: str
        cluster:
          description: Name of the Connect cluster, from O(cluster_label). It is part of the id.
          type: str
        cluster_id:
          description: Id of the Kafka cluster.
          type: str
        connector:
          description: Name of the connector.
          type: str
        strategy:
          description: The strategy.
          type: str
        state:
          description: State of the connector before the change.
          type: str
        final_state:
          description: State of the connector after the change.
          type: str
        request:
          description: What was asked for, by the names of the options. Of O(config) it has the names of the settings only.
          type: dict
        write_to:
          description:
            - How the offsets are written. V(rest) for Connect's REST API, V(topic) for the offsets topics, V(both) if some are
              written in each way.
          type: str
        restart:
          description: Whether the tasks are restarted, even if no setting and no offset changes.
          type: bool
        is_empty:
          description: Whether there is nothing to change.
          type: bool
        offsets_stored:
          description: Number of offsets that are stored before the change and are backed up.
          type: int
        settings:
          description: Settings that change. Secrets are hidden.
          type: list
          elements: dict
          contains:
            key:
              description: Name of the setting.
              type: str
            before:
              description: Value before the change. V(null) if the setting is not in the config.
              type: str
            after:
              description: Value after the change. V(null) if the setting is removed.
              type: str
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
            partition:
              description: The source partition, as the connector wrote it.
              type: dict
            offset:
              description: The stored offset.
              type: dict
        offsets:
          description: Offsets that change.
          type: list
          elements: dict
          contains:
            partition:
              description: The source partition, as the connector wrote it.
              type: dict
            before:
              description: Offset before the change. V(null) if there was none.
              type: dict
            after:
              description: Offset after the change. V(null) if it is deleted.
              type: dict
            topic_keys:
              description: Where the offset is written in the offsets topics. Missing if it is written through the REST API.
              type: list
              elements: dict
              contains:
                topic:
                  description: Name of the topic.
                  type: str
                topic_partition:
                  description: Number of the topic partition.
                  type: int
                key:
                  description: Key of the record, as text.
                  type: str
                before:
                  description: Value of the record before the change, as text. V(null) if there was none.
                  type: str
    preflight:
      description:
        - The topics that the connector delivers to, before the change. It is no part of the plan. V(null) without
          O(kafka_bootstrap_servers), for an empty plan, and where it is not known to which topics the connector delivers. For
          classes other than the Stripe reporting connector the workers tell that (C(topic.tracking.enable)).
      type: dict
      contains:
        topics:
          description: What is known of each topic.
          type: list
          elements: dict
          contains:
            topic:
              description: Name of the topic.
              type: str
            exists:
              description: Whether the topic exists.
              type: bool
            cleanup_policy:
              description: Its C(cleanup.policy). V(null) if its settings may not be read.
              type: str
            retention_seconds:
              description: For how long it keeps records, in seconds. V(null) for no limit.
              type: int
            retention_bytes:
              description: How many bytes of each topic partition it keeps. V(null) for no limit.
              type: int
            replicas:
              description: Number of replicas of each topic partition. V(0) if the topic does not exist.
              type: int
            records:
              description: Number of records that it holds, at most.
              type: int
            record_bytes:
              description:
                - Mean size of key and value of its newest records, in bytes, before compression. V(null) if it holds none, or
                  they may not be read.
              type: int
            groups:
              description: Consumer groups with committed offsets there.
              type: list
              elements: str
            groups_omitted:
              description: Number of consumer groups that were not looked at, because there are too many, or may not be read.
              type: int
        reread_seconds:
          description: The longest span of data that a partition delivers twice, in seconds.
          type: int
        reread_bytes:
          description:
            - How large the reports on what is delivered twice are, in bytes. V(null) if it is not known, as for classes other
              than the Stripe reporting connector.
          type: int
        warnings:
          description: One sentence for each thing to know before the change.
          type: list
          elements: str
    forecast:
      description:
        - What the connector will do with the new offsets. V(null) for connectors other than the Stripe reporting
          connector.
        - Times are epoch seconds, lengths are seconds.
      type: dict
      contains:
        worked_round:
          description: Round that the connector works on.
          type: int
        current_round:
          description: Newest round.
          type: int
        rounds_behind:
          description: Number of rounds between the two.
          type: int
        report_runs:
          description: Number of report runs until the connector is current.
          type: int
        catches_up:
          description: Whether the connector becomes current.
          type: bool
        left_alone:
          description: The same totals if nothing is changed.
          type: dict
          contains:
            worked_round:
              description: Round that the connector works on.
              type: int
            current_round:
              description: Newest round.
              type: int
            rounds_behind:
              description: Number of rounds between the two.
              type: int
            rounds_missed:
              description: Number of rounds missed so far.
              type: int
            report_runs:
              description: Number of report runs until the connector is current. V(null) if it never becomes current.
              type: int
            report_runs_once_healed:
              description: Number of report runs until the connector is current, counted from when nothing blocks it any more.
              type: int
            catches_up:
              description: Whether the connector becomes current.
              type: bool
            blocked_by:
              description: Why it never becomes current. V(null) if nothing blocks it.
              type: str
        stripe_asked:
          description: Whether Stripe was asked for all timezones. If not, yesterday (UTC) is taken as the end of the data.
          type: bool
        notes:
          description: Unexpected effects on a partition, for a person to read.
          type: list
          elements: str
        partitions:
          description: Forecast for each partition.
          type: list
          elements: dict
          contains:
            timezone:
              description: Timezone of the partition.
              type: str
            report_type:
              description: Report type of the partition.
              type: str
            changed:
              description: Whether the offset of this partition changes.
              type: bool
            has_offset:
              description: Whether the partition has an offset after the change.
              type: bool
            delivered_to:
              description: End of the delivered data after the change. V(null) without an offset.
              type: int
            next_request:
              description: First request to Stripe. V(null) if there is none.
              type: dict
              contains:
                round:
                  description: Round of the request.
                  type: int
                interval_start:
                  description: Start of the requested interval.
                  type: int
                interval_end:
                  description: End of the requested interval.
                  type: int
                resumed_run:
                  description: Id of the open report run that is resumed. V(null) for a new report run.
                  type: str
                first_row:
                  description: Number of the first row that is delivered.
                  type: int
            chunks:
              description: Number of requests that the connector splits the round of the next request into.
              type: int
            report_runs:
              description: Number of report runs until the partition is current.
              type: int
            skipped:
              description: Periods that are never delivered, each with start and end.
              type: list
              elements: list
            next_round_delivers_skipped:
              description: Whether the next round delivers what is skipped.
              type: bool
            redelivered_seconds:
              description: Length of the time for which all rows are delivered twice.
              type: int
            redelivered_bytes:
              description:
                - How large the reports on what is delivered twice are, in bytes, by the size of those of the last 14 days.
                  V(null) if none of these tells it.
              type: int
            redelivered_rows:
              description: Number of rows of one report that are delivered twice.
              type: int
            lost_rows:
              description: Number of rows of one report that are never delivered.
              type: int
            problem:
              description: Why this partition never becomes current. V(null) if it does.
              type: str
            hangs:
              description: Whether the connector never gets past this partition.
              type: bool
            stripe_asked:
              description: Whether Stripe was asked for this timezone.
              type: bool
        requests:
          description: The first 500 requests until the connector is current, in order.
          type: list
          elements: dict
          contains:
            timezone:
              description: Timezone of the partition.
              type: str
            report_type:
              description: Report type of the partition.
              type: str
            round:
              description: Round of the request.
              type: int
            interval_start:
              description: Start of the requested interval.
              type: int
            interval_end:
              description: End of the requested interval.
              type: int
            resumed_run:
              description: Id of the open report run that is resumed. V(null) for a new report run.
              type: str
            first_row:
              description: Number of the first row that is delivered.
              type: int
        requests_omitted:
          description: Number of further requests.
          type: int
    backup_file:
      description:
        - Backup that was written before the change, also if the change failed. V(null) in check mode and if nothing changed.
      type: str
    steps:
      description: What was done, in order, also if the change failed. Empty in check mode and if nothing changed.
      type: list
      elements: dict
      contains:
        at:
          description: Time of the step, in epoch seconds by the workers' clock.
          type: int
        message:
          description: The step, for a person to read.
          type: str
    evidence:
      description: What was read after the change. V(null) in check mode and if nothing changed.
      type: dict
      contains:
        settings_kept:
          description: Number of changed settings that still have the written value after the connector was returned.
          type: int
        offsets_kept:
          description: Number of changed offsets that still have the written value.
          type: int
        offsets_moved_on:
          description: Number of changed offsets that the connector has advanced since.
          type: int
        offsets_caught_up:
          description:
            - Number of changed offsets that have their previous value again although every worker confirmed that no task was
              left. The connector has read to the end of its data once more.
          type: int
        workers_asked:
          description:
            - Workers that confirmed that no task was left. Only workers that are known from the status of the connectors and from
              O(connect_url) can be asked.
          type: list
          elements: str
        workers_not_reached:
          description: Workers that could not be asked.
          type: list
          elements: str
        workers_may_be_missing:
          description:
            - Whether there may be workers that are not known, because O(connect_url) seems to be the address of a load balancer.
          type: bool
        settled_seconds:
          description: Seconds waited because a worker could not be asked or may be missing.
          type: float
    failed:
      description:
        - V(true) if this connector failed. Then RV(connectors.msg) and the details of the failure are returned for it. The other
          connectors are reset all the same.
      type: bool
    msg:
      description: Why this connector failed.
      type: str
next_steps:
  description:
    - How to go on, as lines of text for a person.
    - In check mode, the command that carries out exactly this plan. After a change, the command that goes back.
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
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSET_RESET


def main() -> None:
    run_module(run, CONNECT_OFFSET_RESET)


if __name__ == "__main__":
    main()
