# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that work on the controller alone, and never ask the host of the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import plain
from ansible_collections.connectops.recovery.plugins.plugin_utils.screen import show_lines
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import is_blank, plain_value


class ControllerAction(ActionBase):
    """An action that checks its options, shows the ``lines`` of its result, and fails with one sentence."""

    argument_spec: ClassVar[Mapping[str, Any]]

    _requires_connection = False
    _supports_check_mode = True

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """The result of the task. ``options``: its checked options. Raises RecoveryError."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        checked = ArgumentSpecValidator(self.argument_spec).validate(plain(self._task.args))
        if checked.error_messages:
            return {**result, "failed": True, "msg": checked.errors.msg}
        try:
            result.update(self.result_of(checked.validated_parameters, task_vars or {}))
        except RecoveryError as error:
            return {**result, "failed": True, "msg": error.sentence}
        # AWX shows displayed text without its host and cuts it; the event of the host has all of it.
        show_lines(result.get("lines", ()))
        return result

    def value(self, name: str, variables: Mapping[str, Any]) -> Any:
        """The value of a variable of the playbooks; None if it is not set, or blank. ``variables``: those of a task or host."""
        value = plain(self._templar.template(variables[name])) if name in variables else None
        return None if is_blank(value) else plain_value(name, value)
