#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_metrics
short_description: Write metrics of connectors for Prometheus
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Judges the connectors of one cluster as M(connectops.recovery.connect_offsets_facts) does, and writes what it found as
    metrics, for the textfile collector of C(node_exporter), for a Pushgateway, or for both.
  - Kafka Connect itself has no metric that shows a connector whose polls fail.
  - If the cluster cannot be read, the metric C(connectops_look_success) is 0, all metrics of the last good look are kept, and the
    module fails after that.
  - Nothing in the cluster is changed. In check mode nothing is written or pushed.
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.limits
  - connectops.recovery.options.worker_logs
  - connectops.recovery.options.metrics
  - connectops.recovery.attributes.measures
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_offsets_facts
"""

EXAMPLES = r"""
- name: Write the metrics of a cluster for node_exporter
  connectops.recovery.connect_metrics:
    connect_url: http://connect-1:8083
    cluster_label: connect-1
    metrics_dir: /var/lib/prometheus/node-exporter
    worker_logs:
      - /var/log/kafka/connect.log
"""

RETURN = r"""
look_success:
  description: Whether the cluster could be read.
  returned: always
  type: bool
metrics_file:
  description: Path of the file. V(null) without O(metrics_dir).
  returned: always
  type: str
  sample: /var/lib/prometheus/node-exporter/connectops_connect-1.prom
metrics:
  description: The metrics as they would be written.
  returned: in check mode
  type: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.metrics import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_METRICS


def main() -> None:
    run_module(run, CONNECT_METRICS)


if __name__ == "__main__":
    main()
