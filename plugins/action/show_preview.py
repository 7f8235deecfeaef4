# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc
from ansible.utils.display import Display
from ansible_collections.connectops.recovery.plugins.plugin_utils.colour import coloured_parts

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {"lines": {"type": "list", "elements": "str", "required": True}}


class ActionModule(ActionBase):
    """Print a preview unchanged: in a task's result its lines would be quoted and indented, and lose their columns."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(dict(self._task.args))
        if checked.error_messages:
            return {**result, "failed": True, "msg": checked.errors.msg}
        lines = checked.validated_parameters["lines"]
        # In one call, so that the previews of clusters that run in parallel do not mix.
        Display().display("\n".join(map(_coloured, lines)), screen_only=True)
        # A log file gets no colours.
        Display().display("\n".join(lines), log_only=True)
        # AWX shows what is displayed without its host, and cuts it: the event of the host has all of it.
        return {**result, "changed": False, "lines": lines}


def _coloured(line: str) -> str:
    """The line for a terminal; the same line where Ansible shows no colours."""
    return "".join(part if colour is None else stringc(part, colour) for part, colour in coloured_parts(line))
