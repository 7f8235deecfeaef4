# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one rule for relative paths: they begin where ansible-playbook was started, on the control node.

The controller makes them absolute. A module that finds one left must refuse it: the folder in which it happens to run
belongs to the way it was started, so a journal or a backup would be looked for elsewhere the next time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.options.option import Spec

# How the name of a backup in a Kafka topic begins. Such a name may stand in place of a path to a backup, but is not a
# path.
IN_TOPIC = "topic:"


def relative_path_problem(spec: Spec | Mapping[str, Any], params: Mapping[str, Any]) -> str | None:
    """A sentence about the first option whose path is relative; None where there is none. ``params`` are validated ones."""
    for name in spec:
        for path in filter(_is_relative, _paths(spec[name], params.get(name))):
            if path.startswith("$"):
                return (
                    f"{name} {path} begins with an environment variable that is not set on the host that runs the task: "
                    "set it, or give an absolute path."
                )
            return (
                f"{name} {path} is a relative path, and this task does not run where ansible-playbook was started: "
                "give an absolute path on the host that runs the task."
            )
    return None


def with_absolute_paths(spec: Spec | Mapping[str, Any], params: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The parameters, or a task's arguments, with every relative path taken from ``folder``.

    A path that begins with ``~`` or ``$`` stays: the user or environment that runs the task decides what it means.
    """

    def absolute(path: Any) -> Any:
        return os.path.normpath(os.path.join(folder, path)) if _is_relative(path) and path[:1] != "$" else path

    return {name: _mapped(spec[name], value, absolute) if name in spec else value for name, value in params.items()}


def _is_relative(path: Any) -> bool:
    if not isinstance(path, str) or not path.strip() or path.startswith(("~", IN_TOPIC)):
        return False
    return not os.path.isabs(path)


def _paths(option: Mapping[str, Any], value: Any) -> list[Any]:
    found: list[Any] = []
    _mapped(option, value, found.append)
    return found


def _mapped(option: Mapping[str, Any], value: Any, change: Callable[[Any], Any]) -> Any:
    """The value of an option with ``change`` made to each of its paths."""
    if option.get("type") == "path":
        return change(value)
    if option.get("elements") == "path":
        # As Ansible itself reads a list that is given as text.
        entries = value.split(",") if isinstance(value, str) else value
        return [change(one) for one in entries] if isinstance(entries, (list, tuple)) else value
    return value
