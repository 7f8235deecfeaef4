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
  - Fails if either of them has a name that no host and no group of the inventory has. Ansible itself would ignore it.
  - Fails if a file of group_vars or host_vars beside a playbook of your own sets a variable of this collection. Ansible would
    not read that file for a playbook of this collection that your playbook imports.
  - Fails if C(--tags), C(--skip-tags) or C(--start-at-task) would leave out steps of a playbook of this collection, and if C(-e)
    sets a variable that only the playbooks set.
options:
  selected:
    description:
      - Whether to return only the clusters in which M(connectops.recovery.select_changes) has selected something in this run. If
        there are none, the pattern matches no host, and Ansible skips the play.
    type: bool
    default: false
  troubled:
    description:
      - Whether to leave out the clusters in which nothing failed, as M(connectops.recovery.report) has found in this run. Before
        that module has run, no cluster is left out.
      - One such cluster is kept anyway. Ansible ends the run after a play in which every host has failed.
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
from ansible.utils.vars import load_extra_vars
from ansible_collections.connectops.recovery.plugins.plugin_utils.beside_playbook import unread_file_problem
from ansible_collections.connectops.recovery.plugins.plugin_utils.play_vars import note_play_vars
from ansible_collections.connectops.recovery.plugins.plugin_utils.preload import preload
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import RunNotes
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    is_blank,
    plain_value,
    set_by_us,
    unreadable,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import (
    command_line_problem,
    is_our_folder,
    note_head,
    pattern_problem,
)

# The pattern that matches no host.
_NO_HOST = ["all", "!all"]


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        known = variables or {}
        pattern = self._pattern(known)
        if context.CLIARGS.get("syntax"):
            return [pattern]
        typed = load_extra_vars(self._loader)
        self._check_command_line(typed)
        groups: dict[str, list[str]] = known.get("groups", {})
        # The user's own plays read these files.
        if is_our_folder(known.get("playbook_dir", "")) and (
            problem := unread_file_problem(context.CLIARGS, groups, typed, self._loader.load_from_file)
        ):
            raise AnsibleError(problem)
        note_head(known)
        note_play_vars(known, typed, self._loader)
        if kwargs.get("selected"):
            return list(RunNotes.read().selected) or _NO_HOST
        if kwargs.get("troubled") and (troubled := RunNotes.read().troubled) is not None:
            return list(troubled) or _NO_HOST
        if not groups.get("all"):
            raise AnsibleError(
                "The inventory has no hosts: name the Connect clusters in an inventory and pass it with -i."
            )
        # The run's own inventory cannot be reached here; this one has the same hosts and groups.
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        limit = context.CLIARGS.get("subset")
        names = {"all", "ungrouped", "localhost", *groups, *inventory.hosts}
        for source, one in (("connectops_hosts", pattern), ("--limit", limit or "all")):
            # The inventory of a part of a sliced job of AWX lacks the hosts of the other parts. It has no limit of its own.
            if source == "connectops_hosts" and "awx_job_id" in known:
                continue
            if problem := pattern_problem(source, one, names):
                raise AnsibleError(problem)
        if not inventory.get_hosts(pattern):
            raise AnsibleError(
                f"No host of the inventory matches connectops_hosts ({pattern}): name a host or group of the inventory."
            )
        inventory.subset(limit)
        if not inventory.get_hosts(pattern):
            raise AnsibleError(
                f"--limit {limit} excludes every host that matches connectops_hosts ({pattern}): limit the run to one of them."
            )
        # A play looks up its hosts before it forks.
        preload()
        return [pattern]

    def _pattern(self, known: dict[str, Any]) -> str:
        try:
            value: Any = self._templar.template(known["connectops_hosts"]) if "connectops_hosts" in known else None
        except AnsibleError as error:
            raise AnsibleError(unreadable("connectops_hosts", error)) from None
        if is_blank(value):
            return "all"
        value = plain_value("connectops_hosts", value)
        if value in ([], {}):
            raise AnsibleError("The variable connectops_hosts is empty: leave it out for all hosts of the inventory.")
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    def _check_command_line(self, typed: dict[str, Any]) -> None:
        if problem := command_line_problem(context.CLIARGS, self._loader.load_from_file):
            raise AnsibleError(problem)
        if ours := set_by_us(typed):
            raise AnsibleError(f"The variable {ours[0]} is set by the playbooks themselves: leave it out.")
