# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import rollback
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_ROLLBACK
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    argument_spec = CONNECT_ROLLBACK
    changes = True
    role = "rollback"
    judged_by_role = True

    def operation(self, params: Mapping[str, Any], context: TaskContext) -> Outcome:
        return rollback.run(params, context)
