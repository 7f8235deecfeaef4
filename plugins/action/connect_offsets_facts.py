# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_document
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import with_details
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offsets_facts
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.details import DETAILS
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSETS_FACTS
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import InProcessAction, plain


class ActionModule(InProcessAction):
    argument_spec = CONNECT_OFFSETS_FACTS

    def operation(self, params: Mapping[str, Any], context: TaskContext) -> Outcome:
        return offsets_facts.run(params, context)

    def shipped_args(self, args: dict[str, Any]) -> dict[str, Any]:
        if not self._report_file:
            return args
        # The file is one of this machine.
        return {**{name: value for name, value in args.items() if name != "report_file"}, "details": "all"}

    def preview_of(self, result: Mapping[str, Any]) -> list[str]:
        return list(result.get("ansible_facts", {}).get(offsets_facts.FACT, {}).get("preview", ()))

    def kept(self, result: dict[str, Any]) -> dict[str, Any]:
        """Write the whole result of a shipped module, and keep what the option ``details`` says."""
        if self._belongs_here() or not self._report_file or offsets_facts.FACT not in result.get("ansible_facts", {}):
            return result
        facts = plain(result["ansible_facts"][offsets_facts.FACT])
        path = Path(os.path.abspath(os.path.expanduser(self._report_file)))
        try:
            write_document(path, facts, "report_file")
        except RecoveryError as error:
            return {"changed": False, "failed": True, "msg": error.sentence}
        details = self._task.args.get("details") or DETAILS.default
        return {**result, "ansible_facts": {offsets_facts.FACT: with_details(facts, details)}}

    @property
    def _report_file(self) -> str | None:
        return self._task.args.get("report_file") or None
