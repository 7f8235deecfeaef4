# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of an operation in a task, and what a shipped module writes into the log of its host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import _Module, perform
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_CONFIG


@pytest.mark.parametrize("with_diff", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_a_result_has_a_diff_only_where_one_is_asked_for(with_diff: bool, fails: bool) -> None:
    def operation(_params: Any, context: TaskContext) -> Outcome:
        result = {"changed": True, "diff": [{"before": str(context.with_diff)}]}
        if fails:
            raise RecoveryError("It failed.", **result)
        return Outcome(result)

    result = perform(operation, {}, check_mode=True, with_diff=with_diff)
    assert result.get("diff") == ([{"before": "True"}] if with_diff else None)
    assert result.get("failed", False) is fails


def test_the_log_of_the_host_gets_no_value_of_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "__init__", lambda _self: None)
    monkeypatch.setattr(AnsibleModule, "log", lambda _self, msg, log_args: logged.append(f"{msg} {log_args}"))
    module: Any = _Module()
    module.params = {"connect_url": ["http://u:s3cret@h"], "config": {"batch.size": "s3cret"}, "url_password": "s3cret"}
    module.aliases, module.argument_spec, module.no_log_values = {}, CONNECT_CONFIG, set()
    module._log_invocation()
    (line,) = logged
    assert "batch.size" in line
    assert "s3cret" not in line
    assert module.params["config"] == {"batch.size": "s3cret"}
