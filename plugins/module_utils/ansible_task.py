# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only layer that knows AnsibleModule: it runs an operation as a module, or as a task in the controller's process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import libraries_of_kinds
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import shown_options
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import (
    Advice,
    MissingLibrary,
    all_missing,
    host_advice,
    missing_library,
    needed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Operation,
    TaskContext,
    say_nothing,
    show_nothing,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.paths import relative_path_problem
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import MAPS_OF_VALUES
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers


def perform(
    operation: Operation,
    params: Mapping[str, Any],
    *,
    check_mode: bool,
    with_diff: bool = True,
    progress: Callable[[str], None] = say_nothing,
    alert: Callable[[str], None] = say_nothing,
    show: Callable[[Sequence[str]], None] = show_nothing,
    advice: Advice = host_advice,
    run_folder: str | None = None,
    host: str | None = None,
) -> dict[str, Any]:
    """Run an operation and return the task's result: ``failed`` with one sentence in ``msg`` if it raised
    RecoveryError.

    ``advice`` says how to install missing libraries where the task runs. ``run_folder``: a folder that all tasks of the
    run see and that is removed when the run ends, if there is one; ``host``: the task's host in the inventory, if it is
    known. Without ``with_diff`` the result has no ``diff``.
    """
    cluster = [one for one in (host, *(params.get("connect_url") or ())) if one is not None]
    try:
        try:
            with SharedAnswers.of_task(run_folder, cluster) as shared:
                context = TaskContext(
                    check_mode, time.time(), progress, alert=alert, show=show, shared=shared, with_diff=with_diff
                )
                outcome = operation(params, context)
        except ImportError as error:
            raise missing_library(error.name or str(error), error) from error
        result = {**outcome.result, "warnings": outcome.warnings}
    except MissingLibrary as error:
        whole = all_missing(error, [*needed(params), *libraries_of_kinds(params)], advice)
        result = {"changed": False, **whole.facts, "failed": True, "msg": whole.sentence}
    except RecoveryError as error:
        result = {"changed": False, **error.facts, "failed": True, "msg": error.sentence}
    if not with_diff:
        result.pop("diff", None)
    return result


class _Module(AnsibleModule):
    """A module that shows its options without their secrets in the output of ``-vvv`` and in the host's log.

    Ansible itself hides options that are secrets as a whole. Any value in ``config`` may be a secret.
    """

    params: dict[str, Any]

    def exit_json(self, **kwargs: Any) -> None:
        super().exit_json(**self._with_invocation(kwargs))

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        super().fail_json(msg, **self._with_invocation(kwargs))

    def _with_invocation(self, result: dict[str, Any]) -> dict[str, Any]:
        return {"invocation": {"module_args": shown_options(self.params, MAPS_OF_VALUES)}, **result}

    def _log_invocation(self) -> None:
        params, self.params = self.params, shown_options(self.params, MAPS_OF_VALUES)
        try:
            super()._log_invocation()
        finally:
            self.params = params


def run_module(operation: Operation, argument_spec: Mapping[str, Any]) -> None:
    """The whole of a module's ``main``."""
    module = _Module(argument_spec=dict(argument_spec), supports_check_mode=True)
    problem = relative_path_problem(argument_spec, module.params)
    if problem is not None:
        module.fail_json(msg=problem)
    result = perform(operation, module.params, check_mode=module.check_mode, with_diff=module._diff)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
