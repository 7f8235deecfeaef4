# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
short_description: The pattern of the inventory hosts that are Connect clusters
version_added: 1.0.0
author: connectops.recovery contributors (@connectops)
description:
  - Returns the value of the variable C(connectops_hosts), or V(all) if it is unset or blank.
  - Fails if no host of the inventory matches it, or if C(--limit) excludes all that match. Ansible itself would do nothing
    and succeed.
options:
  selected:
    description:
      - Whether to return only the clusters in which M(connectops.recovery.select_changes) has selected something in this run. If
        there are none, the pattern matches no host, and Ansible skips the play.
    type: bool
    default: false
  troubled:
    description:
      - Whether to leave out the clusters of which M(connectops.recovery.report) has found in this run that nothing failed. None
        is left out before it has looked.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Work on the clusters
  hosts: "{{ lookup('connectops.recovery.clusters') }}"

- name: Work on those in which something is to be changed
  hosts: "{{ lookup('connectops.recovery.clusters', selected=true) }}"

- name: Work on those in which something failed
  hosts: "{{ lookup('connectops.recovery.clusters', troubled=true) }}"
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase
from ansible_collections.connectops.recovery.plugins.plugin_utils.preload import preload
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import RunNotes
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import is_blank

# The pattern that matches none.
_NO_HOST = ["all", "!all"]


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        known = variables or {}
        value: Any = self._templar.template(known["connectops_hosts"]) if "connectops_hosts" in known else None
        pattern: str = "all" if is_blank(value) else value
        if context.CLIARGS.get("syntax"):
            return [pattern]
        if kwargs.get("selected"):
            return list(RunNotes.read().selected) or _NO_HOST
        if kwargs.get("troubled") and (troubled := RunNotes.read().troubled) is not None:
            return list(troubled) or _NO_HOST
        groups: dict[str, list[str]] = known.get("groups", {})
        if not groups.get("all"):
            raise AnsibleError(
                "The inventory has no hosts: name the Connect clusters in an inventory and pass it with -i."
            )
        # The run's own inventory is not at hand here; this one has the same hosts and groups.
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        if not inventory.get_hosts(pattern):
            raise AnsibleError(
                f"No host of the inventory matches connectops_hosts ({pattern}): name a host or group of the inventory."
            )
        limit = context.CLIARGS.get("subset")
        inventory.subset(limit)
        if not inventory.get_hosts(pattern):
            raise AnsibleError(
                f"--limit {limit} excludes every host that matches connectops_hosts ({pattern}): limit the run to one of them."
            )
        # A play asks for its hosts before it forks.
        preload()
        return [pattern]
