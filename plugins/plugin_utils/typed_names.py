# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages with the names that the user typed: the variables of the roles in place of the options that they set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    OPTIONS_OF_A_RUN,
    is_blank,
    known_variables,
)

# A name with an underscore is never a word of a sentence. A name without one is an option if it begins a sentence with
# the wording of sentences about options, or if the sentence calls it an option.
_LONG = r"(?<![\w./:-]){name}(?![\w/-])"
_SHORT = (
    r"(?:(?:^|(?<=[.:;?!] ))(?={name}(?:\[\d+\]|\.[\w.]+)?(?::| is | are ))"
    r"|(?<=option )|(?<=raise )|(?<=named in )|(?<=leave )){name}(?![\w/-])"
)


def typed_names(role: str, options: Iterable[str], variables: Mapping[str, Any]) -> dict[str, str]:
    """The variable of each option that can be set by one; ``role`` is the short name of the role that the task is in.

    Of several variables of one option it is the one that is set; ``variables`` are those of the task.
    """
    known = known_variables()
    found = {}
    for option in options:
        names = [
            name for prefix in (role, "identify", "reset", "connectops") if (name := f"{prefix}_{option}") in known
        ]
        if option in OPTIONS_OF_A_RUN:
            # A playbook passes its own variable on to the role's.
            names.sort(key=lambda name: is_blank(variables.get(name)) or not name.startswith("connectops_"))
        if names:
            found[option] = next((name for name in names if not is_blank(variables.get(name))), names[0])
    return found


def in_typed_names(message: str, names: Mapping[str, str]) -> str:
    """The message with the variables in place of the options; other words of the same spelling stay."""
    for option, variable in names.items():
        pattern = _LONG if "_" in option else _SHORT
        message = re.sub(pattern.replace("{name}", re.escape(option)), variable, message)
    return message


def result_in_typed_names(result: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A task's result with the variables in its messages: its own, those of its connectors, and its warnings."""
    changed = dict(result)
    if isinstance(result.get("msg"), str):
        changed["msg"] = in_typed_names(result["msg"], names)
    if isinstance(result.get("warnings"), list):
        # From core 2.19 on, those of a shipped module are objects of Ansible's own.
        changed["warnings"] = [
            in_typed_names(warning, names) if isinstance(warning, str) else warning for warning in result["warnings"]
        ]
    if isinstance(result.get("connectors"), Mapping):
        changed["connectors"] = {
            name: {**one, "msg": in_typed_names(one["msg"], names)} if "msg" in one else one
            for name, one in result["connectors"].items()
        }
    return changed
