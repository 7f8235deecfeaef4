#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_offsets_facts
short_description: Read connectors and their offsets, tell which of them are stuck and why, and compare the remedies
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Reads the connectors of one Kafka Connect cluster with their state, tasks, config and offsets, and gives every source
    partition a verdict with its reasons.
  - For the Stripe reporting connector an offset is judged against the end of Stripe's data, not against the clock; the partition
    that keeps the others waiting is named from evidence; and every strategy of M(connectops.recovery.connect_offset_reset) is
    compared with the others and with doing nothing.
  - Other source connectors are judged by O(profiles) or, without one, by the times at which they stored their offsets; sink
    connectors by their lag. Both need O(kafka_bootstrap_servers).
  - With O(kafka_bootstrap_servers) the offsets topics are read as well. They are compared with what the REST API says, and
    stand in for it when no worker can be reached or the version is older than 3.5.
  - Changes nothing. Secrets of the configs are hidden, placeholders of config providers stay visible.
extends_documentation_fragment:
  - connectops.recovery.connection
  - connectops.recovery.kafka
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
  max_commit_age_hours:
    description:
      - A partition with something to do is stuck when nothing was stored for it for so many hours.
      - Only known with O(kafka_bootstrap_servers).
    type: int
    default: 24
  max_run_age_hours:
    description: A partition is stuck when its open report run is older than so many hours.
    type: int
    default: 24
  profiles:
    description:
      - What is known of the offsets of other source connectors. Each is a dictionary; the first one that fits a connector counts.
      - The keys are C(name), C(connector_class), C(settings), C(partition), C(time), C(open_run), C(expected), C(max_age),
        C(max_commit_age) and C(max_run_age).
    type: list
    elements: dict
    default: []
  worker_logs:
    description:
      - Log files of the workers, readable on the host that the task runs on. Of each the last 8 MiB are read.
      - They tell at which partition the polls of the Stripe reporting connector fail, and which timezones a task has dropped.
    type: list
    elements: path
    default: []
  timestamp:
    description:
      - A moment to compare the strategy V(timestamp) of M(connectops.recovery.connect_offset_reset) at, beside the strategies
        that need no more than their name. An ISO 8601 date or time, UTC unless it says otherwise, or epoch seconds.
    type: str
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

- name: Read the offsets topics as well, and judge a JDBC connector by the newest row it has seen
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
          description: Version that the worker gives. Empty where no worker could be reached.
          type: str
        read_at:
          description: When the cluster was read, in epoch seconds.
          type: float
        sources:
          description:
            - What was read, C(rest) and C(topic), each with C(read) and, where it was not, C(problem).
            - C(topic) also has C(topics), for each C(topic) the records C(scanned), the C(malformed) live ones, and the positions
              C(hidden_by_transaction), because a transaction stays open.
          type: dict
        verdict:
          description: The worst verdict on a connector of the cluster, V(unknown) without any connector.
          type: str
          sample: stuck
        counts:
          description: How many partitions of the cluster there are of each verdict.
          type: dict
          sample: {"stuck": 1, "blocked": 2}
        connectors:
          description:
            - "By name: C(type), C(state), C(target_state), C(worker_id), C(tasks), C(config) (secrets hidden), C(offsets),
              C(profile), C(verdict) (the worst of its partitions, V(unknown) where it cannot be judged), C(verdicts),
              C(counts) (of them), C(findings), C(records) and C(unfinished_plan)."
            - "C(state) is V(UNKNOWN) when no worker could be reached. Then C(target_state) is the state that the connector is
              meant to have, read from the config topic, V(STARTED), V(PAUSED) or V(STOPPED). It is null otherwise."
            - "Each of C(verdicts) has C(partition), C(verdict) (from good to bad V(ok), V(orphaned), V(late), V(missing),
              V(unknown), V(blocked), V(stuck)), C(delivered_to), C(committed_at) (epoch seconds) and C(reasons) with C(code),
              C(message), C(value) and C(limit) (seconds, rounds, runs or records) and C(since) (epoch seconds)."
            - "C(findings) are the disagreements between the REST API and the topics, each with C(code), C(message) and what
              belongs to it. C(records) are the raw records of the topics: C(key), C(value), C(topic), C(topic_partition),
              C(position) and C(committed_at)."
            - "For the Stripe reporting connector also C(worked_round) and C(current_round) (epoch seconds), C(rounds_behind),
              C(blocker) with C(partitions), C(certainty) (V(proven), V(likely) or V(one_of)) and C(reason), C(dropped_timezones),
              C(left_alone) (what doing nothing costs), C(remedies) and C(suggested_wait)."
          type: dict
        stuck:
          description: Names of the connectors with a stuck or blocked partition.
          type: list
          elements: str
          sample: [stripe-reporting-source-connector]
        recoverable:
          description: Those of them that M(connectops.recovery.connect_offset_reset) understands and can get going again.
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
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offsets_facts import (
    ARGUMENT_SPEC,
    run,
)


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
