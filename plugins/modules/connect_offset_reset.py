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
  - Resets the offsets of one or more source connectors of one cluster, in this order. Back up, stop, be sure that no task is
    left, read again, change, read back, return to the state before, look again.
  - Settings that must change as well, such as a wait that was too short, change in the same stop.
  - In check mode every read is made, and the plan is the one that would be carried out.
  - If something fails on the way, what was changed is undone and the connector is returned to its state before. A run that
    was killed is finished by the next one.
  - Connect answers 200 to changes that have no effect. Success here means that the new offsets were read back, twice and
    after the connector was resumed.
extends_documentation_fragment:
  - connectops.recovery.connection
  - connectops.recovery.stripe
  - connectops.recovery.attributes
  - connectops.recovery.attributes.offsetsgroup
options:
  connectors:
    description: Names of the connectors.
    type: list
    elements: str
    required: true
    aliases: [connector]
  strategy:
    description:
      - Which offset a partition gets.
      - V(continue) loses nothing and makes the smallest change that heals. It changes no offset where a restart with a
        longer wait is enough. Behind the current round all partitions move to it together, each from where it has delivered
        up to, so that missed rounds are not loaded one by one.
      - V(current) goes on at the start of the current day (UTC). What lies between is skipped.
      - V(available_end) goes on where Stripe's data ends now, for each timezone. What lies between is skipped.
      - V(timestamp) goes on at O(timestamp).
      - V(offset) writes O(offset) as it is.
      - V(delete) deletes the offset, so that the connector starts over. The other partitions stay.
      - V(restore) goes back to the offsets of O(backup_file). Offsets that have come since are deleted. Settings and state
        stay as they are.
      - V(current), V(available_end) and V(timestamp) are known for the Stripe reporting connector only. V(continue) changes
        no offset of other connectors.
    type: str
    default: continue
    choices: [continue, current, available_end, timestamp, offset, delete, restore]
  partitions:
    description:
      - Source partitions to reset. Each entry is the whole partition, or some of its fields, and stands for all partitions
        that have these fields.
      - Only partitions that the server lists can be chosen. One that matches none is an error, which names the nearest.
      - All partitions if empty.
    type: list
    elements: dict
    default: []
  timestamp:
    description:
      - Where to go on with O(strategy=timestamp), as an ISO 8601 date or time, UTC unless it says otherwise, or as epoch
        seconds.
    type: str
  offset:
    description: The offset to write with O(strategy=offset). JSON types are kept.
    type: dict
  backup_file:
    description: The backup to go back to with O(strategy=restore), on the host that the task runs on.
    type: path
  allow_gap:
    description:
      - Agree to a change that skips data, be it spans of time, rows of a report, or all that is to come of a partition.
      - Not needed for V(current), V(available_end) and V(restore), whose names say so.
    type: bool
    default: false
  config:
    description: Settings to change in the same stop, as in M(connectops.recovery.connect_config).
    type: dict
    default: {}
  at_least:
    description: Settings to raise in the same stop, as in M(connectops.recovery.connect_config).
    type: dict
    default: {}
  plan_id:
    description:
      - Id of the plan that was agreed to, as a run in check mode returned it. Anything but exactly this plan is refused, and
        the error names what has moved since.
      - Only with one connector.
    type: str
  backup_dir:
    description:
      - Folder for backups and for the journal of a change under way, on the host that the task runs on.
      - A run that was killed can be finished only where its journal is still there.
      - Each connector has a folder of its own below it, in one named after O(cluster_label). A journal that was left under
        another label is not found.
    type: path
    default: ~/.connectops/backups
  settle_seconds:
    description:
      - Seconds to wait after the stop when a worker cannot be asked whether its tasks have ended. Should not be less than
        the workers' C(task.shutdown.graceful.timeout.ms) with some margin.
    type: float
    default: 10.0
  cluster_label:
    description:
      - Name of the cluster in the text for people, and of its folder in O(backup_dir), so it should stay the same.
      - The host and port of the first URL if not given.
    type: str
seealso:
  - module: connectops.recovery.connect_config
  - module: connectops.recovery.connect_offsets_facts
"""

EXAMPLES = r"""
- name: Heal a stuck connector, losing nothing
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    at_least:
      stripe.report.max.wait.ms: 60m

- name: Let one timezone start over at the initial load date
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    strategy: delete
    partitions:
      - timezone: America/New_York
        report_type: balance.summary.1

- name: Go back to how it was
  connectops.recovery.connect_offset_reset:
    connect_url: http://connect-1:8083
    connector: stripe-reporting-source-connector
    strategy: restore
    backup_file: "{{ healed.connectors['stripe-reporting-source-connector'].backup_file }}"
"""

RETURN = r"""
connectors:
  description: What was done, or would be in check mode, by connector.
  returned: always
  type: dict
  contains:
    changed:
      description: Whether this connector changed.
      type: bool
    plan:
      description:
        - The plan, with its C(id), C(settings) and C(offsets), each with C(before) and C(after). C(write_to) says how offsets
          are written, V(rest) for Connect's REST API.
      type: dict
    forecast:
      description:
        - What the connector will make of it, for the Stripe reporting connector. The next request of every partition, what
          is skipped and what comes twice, and the number of report runs until it is current.
        - C(chunks) of a partition is by how many requests it gets through the round of its next request.
        - C(requests) is the whole walk until the connector is current, in order, each with C(timezone), C(report_type),
          C(round), C(interval_start), C(interval_end), C(resumed_run) and C(first_row). After 500 the rest is only counted, in
          C(requests_omitted).
        - Times are epoch seconds, lengths are seconds.
      type: dict
    backup_file:
      description:
        - Backup that was taken before the change, also when the change failed. None in check mode and when nothing changed.
      type: str
    evidence:
      description:
        - What was read after the change. None in check mode and when nothing changed.
        - C(offsets_kept) and C(offsets_moved_on) count the changed offsets that are as written, and those that the connector
          has moved on since. C(workers_asked), C(workers_not_reached) and C(settled_seconds) tell how it is known that no
          task was left.
      type: dict
preview:
  description: The plan for a person, in lines of at most 120 columns.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.offset_reset import (
    ARGUMENT_SPEC,
    run,
)


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
