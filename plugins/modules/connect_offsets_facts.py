#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_offsets_facts
short_description: Read connectors and their offsets, find the stuck ones, and compare the remedies
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Reads the connectors of one Kafka Connect cluster with state, tasks, config and offsets, and judges every source partition.
    Each verdict has its reasons.
  - For the Stripe reporting connector, offsets are compared with the end of Stripe's data, not with the clock. The module names
    the partition that blocks the others, with the evidence. It compares all strategies of
    M(connectops.recovery.connect_offset_reset) with one another and with doing nothing.
  - Other source connectors are judged by O(profiles) or, without a matching profile, by the times of their commits. Sink
    connectors are judged by their lag. Commit times and lags require O(kafka_bootstrap_servers).
  - With O(kafka_bootstrap_servers) the offsets topics are read as well. They are compared with the REST API, and replace it when
    no worker can be reached or the version is older than 3.5.
  - Changes nothing. From a connector's config, only the settings on which a verdict or a plan depends are returned. Secrets
    among them are hidden; placeholders of config providers are visible.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.limits
  - connectops.recovery.options.worker_logs
  - connectops.recovery.options.facts
  - connectops.recovery.options.details
  - connectops.recovery.options.show
  - connectops.recovery.attributes.facts
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_offset_reset
"""

EXAMPLES = r"""
- name: Read all connectors of a cluster
  connectops.recovery.connect_offsets_facts:
    connect_url: http://connect-1:8083

- name: Show the names of the stuck connectors
  ansible.builtin.debug:
    msg: "{{ ansible_facts['connectops_offsets'].stuck }}"

- name: Read the offsets topics as well, and judge a JDBC connector by its newest row
  connectops.recovery.connect_offsets_facts:
    connect_url: http://connect-1:8083
    kafka_bootstrap_servers: [kafka-1:9092]
    profiles:
      - name: orders
        connector_class: JdbcSourceConnector
        settings:
          mode: timestamp
        partition: [table]
        time:
          field: timestamp
          unit: milliseconds
        max_age: 6h
"""

RETURN = r"""
summary:
  description:
    - The same as RV(ansible_facts.connectops_offsets), but with only C(verdict) and C(counts) of each connector, and the first
      500 lines of C(preview).
  returned: success, if O(set_facts) is V(false)
  type: dict
facts_file:
  description:
    - File on the control node with what RV(ansible_facts.connectops_offsets) would have been, as JSON. It is in Ansible's own
      temporary folder of this run, and is deleted when the run ends.
  returned: success, if O(set_facts) is V(false)
  type: str
ansible_facts:
  description: The facts. Times are epoch seconds.
  returned: success, unless O(set_facts) is V(false)
  type: dict
  contains:
    connectops_offsets:
      description: What was read of the cluster.
      type: dict
      contains:
        cluster_id: {type: str, description: Id of the Kafka cluster that the workers belong to.}
        version: {type: str, description: Version of Kafka Connect. Empty if no worker could be reached.}
        read_at: {type: float, description: Time at which the cluster was read.}
        sources:
          description: What was read.
          type: dict
          contains:
            rest:
              description: The REST API.
              type: dict
              contains:
                read: {type: bool, description: Whether it was read.}
                problem: {type: str, description: Why it could not be read. V(null) if it was read.}
            topic:
              description: The offsets topics.
              type: dict
              contains:
                read: {type: bool, description: Whether they were read.}
                problem:
                  description:
                    - Why they could not be read. V(null) if they were read or O(kafka_bootstrap_servers) is not set.
                  type: str
                topics:
                  description: The topics that were read.
                  type: list
                  elements: dict
                  contains:
                    topic: {type: str, description: Name of the topic.}
                    scanned: {type: int, description: Number of records read.}
                    malformed: {type: int, description: Number of live records that are not offsets.}
                    hidden_by_transaction:
                      description: Number of positions that cannot be read because a transaction stays open.
                      type: int
        verdict:
          description: Worst verdict on a connector of the cluster. V(unknown) if there is no connector.
          type: str
          sample: stuck
        counts:
          description: Number of partitions of the cluster for each verdict that occurs.
          type: dict
          sample: {"stuck": 1, "blocked": 2}
        connectors:
          description: The connectors, by name.
          type: dict
          contains:
            type: {type: str, description: V(source) or V(sink).}
            state:
              description: State of the connector, for example V(RUNNING). V(UNKNOWN) if no worker could be reached.
              type: str
            target_state:
              description:
                - State that the connector is meant to have, V(STARTED), V(PAUSED) or V(STOPPED).
                - It is read from the config topic if no worker could be reached, and is V(null) otherwise.
              type: str
            worker_id: {type: str, description: Worker of the connector.}
            tasks:
              description: Tasks of the connector.
              type: list
              elements: dict
              contains:
                id: {type: int, description: Number of the task.}
                state: {type: str, description: State of the task.}
                worker_id: {type: str, description: Worker of the task.}
            config:
              description:
                - Settings of the connector on which its verdicts and plans depend. The others are not returned.
                - Secrets are hidden; placeholders of config providers are visible.
              type: dict
            offsets:
              description: Stored offsets.
              type: list
              elements: dict
              contains:
                partition: {type: dict, description: "The source partition, as the connector wrote it."}
                offset: {type: dict, description: The offset. V(null) if Connect lists the partition without one.}
            profile:
              description:
                - "How the connector was judged: V(stripe_reporting), V(sink), the name of one of the O(profiles), or
                  V(generic)."
              type: str
            verdict: {type: str, description: Worst verdict on a partition of the connector. V(unknown) if it cannot be judged.}
            verdict_after_resume:
              description: Verdict that the connector would have if it were resumed. V(null) if it is not STOPPED.
              type: str
            verdicts:
              description: Verdict on each partition.
              type: list
              elements: dict
              contains:
                partition: {type: dict, description: "The source partition, as the connector wrote it."}
                verdict:
                  description:
                    - V(ok), V(orphaned), V(late), V(missing), V(stopped), V(unknown), V(blocked) or V(stuck), from good to bad.
                  type: str
                reasons:
                  description: Reasons for the verdict.
                  type: list
                  elements: dict
                  contains:
                    code: {type: str, description: "What the reason is, for example V(interval_end_old)."}
                    message: {type: str, description: The reason as a sentence.}
                    value:
                      description: Measured figure, in seconds, rounds, report runs or records. V(null) if there is none.
                      type: int
                    limit: {type: int, description: "Limit for the figure, in the same unit. V(null) if there is none."}
                    since: {type: int, description: Since when the reason applies. V(null) if unknown.}
                delivered_to: {type: int, description: End of the delivered data. V(null) if unknown.}
                committed_at:
                  description: Time of the newest commit. V(null) if the offsets topics were not read.
                  type: float
            last_log_problem:
              description:
                - Last warning or error of the connector in the workers' logs, in one line. Secrets in it are hidden.
                - V(null) if no log was given, if it has none, or if the verdict is V(ok).
              type: str
            counts: {type: dict, description: Number of partitions for each verdict that occurs.}
            findings:
              description: Differences between the REST API and the offsets topics.
              type: list
              elements: dict
              contains:
                code: {type: str, description: What the finding is.}
                message: {type: str, description: The finding as a sentence.}
                connector: {type: str, description: Name of the connector.}
                partition: {type: dict, description: The source partition. V(null) if the finding is about more than one.}
                facts: {type: dict, description: "Details, such as the records that the finding is about."}
            records:
              description: Newest record of each key in the offsets topics, as raw text.
              type: list
              elements: dict
              contains:
                key: {type: str, description: Key of the record.}
                value: {type: str, description: Value of the record. V(null) if it deletes the offset.}
                topic: {type: str, description: Topic of the record.}
                topic_partition: {type: int, description: Partition of the topic.}
                position: {type: int, description: Position in the partition of the topic.}
                committed_at: {type: float, description: Time of the record.}
            unfinished_plan:
              description: Id of the plan of a change that was begun but not finished. V(null) if there is none.
              type: str
            hold:
              description:
                - Who is changing the connector, or whose run ended without removing its mark. V(null) if there is no mark.
              type: dict
              contains:
                plan_id: {type: str, description: Id of the plan.}
                prior_state: {type: str, description: State to which the connector will be returned.}
                host: {type: str, description: Host of the run.}
                process: {type: int, description: Id of the process on that host.}
                user: {type: str, description: User of the process.}
                job: {type: str, description: Id of the AWX job. Empty if it is none.}
                since: {type: str, description: "ISO 8601 time at which it began, in UTC."}
                until: {type: str, description: "ISO 8601 time, in UTC, after which another run may finish the change."}
            worked_round:
              description:
                - Round that the connector works on. Only for the Stripe reporting connector, as are all following keys.
              type: int
            current_round: {type: int, description: Newest round.}
            rounds_behind: {type: int, description: Number of rounds between the two.}
            blocker:
              description: Partitions at which the polls fail. V(null) if there is none.
              type: dict
              contains:
                partitions:
                  description: The partition, or all candidates if the evidence does not single one out.
                  type: list
                  elements: dict
                certainty: {type: str, description: "V(proven), V(likely) or V(one_of)."}
                reason: {type: dict, description: "Reason, with the same keys as an entry of C(reasons)."}
            dropped_timezones:
              description: Timezones that the task dropped at its start, with the reason for each.
              type: dict
            left_alone:
              description: What happens if nothing is changed.
              type: dict
              contains:
                rounds_missed: {type: int, description: Number of rounds missed so far.}
                report_runs:
                  description: Number of report runs until the connector has caught up. V(null) if it never catches up.
                  type: int
                report_runs_once_healed:
                  description: Number of report runs until the connector has caught up, counted from when nothing blocks it.
                  type: int
                catches_up: {type: bool, description: Whether the connector catches up.}
                blocked_by: {type: str, description: Why it never catches up. V(null) if nothing blocks it.}
            measures:
              description: What the monitoring shows besides the verdicts.
              type: dict
              contains:
                failed_runs:
                  description:
                    - Number of report runs that failed, of those asked for in the last 24 hours. V(null) if Stripe was not asked.
                  type: int
                timeouts:
                  description:
                    - Number of polls that failed because a report was not ready in time, in the O(worker_logs) since the task's
                      start. V(null) without them.
                  type: int
                partitions:
                  description: The partitions that the connector works on.
                  type: list
                  elements: dict
                  contains:
                    partition: {type: dict, description: "The source partition, as the connector wrote it."}
                    available_to: {type: int, description: End of Stripe's data. V(null) if Stripe was not asked.}
                    run_created:
                      description: When the oldest report run that is pending was asked for. V(null) if there is none.
                      type: int
            suggested_wait:
              description: Suggested value of C(stripe.report.max.wait.ms).
              type: dict
              contains:
                milliseconds: {type: int, description: The suggested value.}
                current_milliseconds: {type: int, description: The current value.}
                sufficient: {type: bool, description: Whether the current value is sufficient.}
                runs: {type: int, description: Number of finished report runs that the suggestion is based on.}
                p99_seconds: {type: int, description: Duration within which 99 % of them finished. V(null) if there are none.}
                slowest_seconds: {type: int, description: Duration of the slowest one. V(null) if there are none.}
                pending: {type: int, description: Number of pending report runs.}
                pending_since:
                  description: Creation time of the oldest pending report run. V(null) if there is none.
                  type: int
                message: {type: str, description: The suggestion as a sentence.}
            available:
              description: How far Stripe's data goes, for each partition in the order of the connector's walk.
              type: list
              elements: dict
              contains:
                partition: {type: dict, description: "The source partition, as the connector wrote it."}
                available_to: {type: int, description: End of Stripe's data.}
                stripe_asked:
                  description: Whether Stripe was asked. If not, yesterday (UTC) is taken as the end of the data.
                  type: bool
            report_runs:
              description: The newest report runs of each partition whose account was asked, at most 20.
              type: list
              elements: dict
              contains:
                partition: {type: dict, description: "The source partition, as the connector wrote it."}
                created: {type: int, description: Time at which the report run was asked for.}
                status: {type: str, description: "V(succeeded), V(pending) or V(failed)."}
                seconds: {type: int, description: How long Stripe took for it. V(null) if it has not succeeded.}
            remedies:
              description: Comparison of the remedies. V(null) if the verdict is V(ok).
              type: dict
              contains:
                default: {type: str, description: Recommended strategy. V(null) if there is none.}
                compared:
                  description: The remedies.
                  type: list
                  elements: dict
                  contains:
                    strategy:
                      description: A strategy of M(connectops.recovery.connect_offset_reset), or one that changes no offset.
                      type: str
                    problem: {type: str, description: Why the remedy is impossible. V(null) if it is possible.}
                    blocked_by: {type: str, description: Partition that would still block the connector. V(null) if none would.}
                    requires:
                      description:
                        - What must be set to carry it out, for example
                          O(connectops.recovery.connect_offset_reset#module:allow_gap). V(null) if nothing.
                      type: str
                    lossless: {type: bool, description: Whether all data is delivered.}
                    catches_up: {type: bool, description: Whether the connector catches up.}
                    report_runs:
                      description: Number of report runs until the connector has caught up. V(null) if it never catches up.
                      type: int
                    offsets:
                      description: Offsets that change.
                      type: list
                      elements: dict
                      contains:
                        partition: {type: dict, description: "The source partition, as the connector wrote it."}
                        before: {type: dict, description: Offset before the change. V(null) if there was none.}
                        after: {type: dict, description: Offset after the change. V(null) if it is deleted.}
                    ignored: {type: list, elements: dict, description: Partitions whose new offset the connector would ignore.}
                    notes: {type: list, elements: str, description: "Unexpected effects on a partition, for a person to read."}
                    partitions:
                      description:
                        - Forecast for each partition, with the same keys as
                          RV(connectops.recovery.connect_offset_reset#module:connectors.forecast.partitions), and with
                          C(affected).
                      type: list
                      elements: dict
        stuck:
          description: Names of the connectors with a stuck or blocked partition.
          type: list
          elements: str
          sample: [stripe-reporting-source-connector]
        recoverable:
          description: Names of the stuck connectors that M(connectops.recovery.connect_offset_reset) can recover.
          type: list
          elements: str
          sample: [stripe-reporting-source-connector]
        unfinished:
          description:
            - Names of the connectors that another run is changing, or that a killed run may have left STOPPED. A connector that
              somebody has resumed or paused since is not among them.
          type: list
          elements: str
        left_stopped:
          description:
            - Names of the connectors that an ended run has left STOPPED in the middle of a change. The next reset finishes or
              undoes the change.
          type: list
          elements: str
        stuck_after_resume:
          description:
            - Names of the STOPPED connectors that would be stuck after a resume and that
              M(connectops.recovery.connect_offset_reset) can recover.
          type: list
          elements: str
        preview: {type: list, elements: str, description: The result as lines of text for a person.}
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offsets_facts import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSETS_FACTS


def main() -> None:
    run_module(run, CONNECT_OFFSETS_FACTS)


if __name__ == "__main__":
    main()
