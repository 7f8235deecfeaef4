#!/usr/bin/python
# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: connect_support_bundle
short_description: Write what is known about a cluster into one archive, with secrets hidden
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Reads one Kafka Connect cluster as M(connectops.recovery.connect_offsets_facts) does. Reads also the traces of FAILED
    connectors and tasks, the settings, the workers, the plugins, the backups and the last lines of the workers' logs. Writes all
    of it into one archive.
  - Secrets are hidden. The file C(README.txt) in the archive says what it holds, what is missing and why, and what is hidden.
    Look through the files before you send them.
  - What cannot be read is left out with a warning. If no connector can be read, the module writes the archive without them, and
    then fails.
  - Changes nothing in the cluster. Each run writes a new file, and RV(ignore:changed) is always V(false).
extends_documentation_fragment:
  - connectops.recovery.options.connect
  - connectops.recovery.options.kafka
  - connectops.recovery.options.stripe
  - connectops.recovery.options.backups
  - connectops.recovery.options.limits
  - connectops.recovery.options.worker_logs
  - connectops.recovery.options.bundle
  - connectops.recovery.options.show
  - connectops.recovery.attributes.bundle
  - connectops.recovery.attributes.offsetsgroup
seealso:
  - module: connectops.recovery.connect_offsets_facts
"""

EXAMPLES = r"""
- name: Write a support bundle of a cluster
  connectops.recovery.connect_support_bundle:
    connect_url: http://connect-1:8083
    bundle_dir: bundles
    worker_logs: [/var/log/kafka/connect.log]
  register: support

- name: Show where it is
  ansible.builtin.debug:
    msg: "{{ support.bundle_file }}"
"""

RETURN = r"""
bundle_file:
  description: Path of the archive on the host that runs the task. In check mode, the path that it would have had at that moment.
  returned: always
  type: str
  sample: /home/operator/.connectops/bundles/connectops-connect-1-20261126T101500.000000Z.tar.gz
parts:
  description: The files of the archive besides C(README.txt), also those that are missing.
  returned: always
  type: list
  elements: dict
  contains:
    file: {type: str, description: Name of the file in the archive.}
    about: {type: str, description: What the file holds.}
    problem: {type: str, description: Why the file is missing. V(null) if it is in the archive.}
preview:
  description: The result as lines of text for a person.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import run_module
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.support_bundle import run
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_SUPPORT_BUNDLE


def main() -> None:
    run_module(run, CONNECT_SUPPORT_BUNDLE)


if __name__ == "__main__":
    main()
