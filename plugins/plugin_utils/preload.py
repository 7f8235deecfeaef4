# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading, before Ansible forks, what the tasks of each cluster need: each fork then has it, and need not load it again."""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module

from ansible.plugins.loader import filter_loader, lookup_loader, test_loader
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables

_ACTIONS = "ansible_collections.connectops.recovery.plugins.action"
# What a look and a change of a connector need, and what they would load later.
_MODULES = (
    f"{_ACTIONS}.connect_offsets_facts",
    f"{_ACTIONS}.connect_offset_reset",
    f"{_ACTIONS}.connect_recovery_info",
    "requests",
    "croniter",
    "stripe",
)
# What the templates of the playbooks and roles use.
_LOOKUPS = ("options", "variable", "variable_problems")


def preload() -> None:
    """Load it once. What is not installed is left out: the task that needs it says so."""
    for name in _MODULES:
        with suppress(ImportError):
            import_module(name)
    for name in _LOOKUPS:
        lookup_loader.get(f"connectops.recovery.{name}", class_only=True)
    # Asking for one of Ansible's own loads them all.
    filter_loader.get("ansible.builtin.bool")
    test_loader.get("ansible.builtin.defined")
    # Reads the argument specs of all roles.
    known_variables()
    # All of it stays until the run ends: a search for garbage in it would only copy the memory of each fork.
    gc.freeze()
