# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_document
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import summary_of, with_details
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offsets_facts
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.details import DETAILS, SET_FACTS
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_OFFSETS_FACTS
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import InProcessAction, plain
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import keep_document


class ActionModule(InProcessAction):
    argument_spec = CONNECT_OFFSETS_FACTS
    role = "identify"

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
        """Write the whole result of a shipped module, and return what the options ``details`` and ``set_facts`` say."""
        if offsets_facts.FACT not in result.get("ansible_facts", {}):
            return result
        try:
            if self._report_file and not self._belongs_here():
                facts = plain(result["ansible_facts"][offsets_facts.FACT])
                path = Path(os.path.abspath(os.path.expanduser(self._report_file)))
                write_document(path, facts, "report_file")
                details = self._task.args.get("details") or DETAILS.default
                result = {**result, "ansible_facts": {offsets_facts.FACT: with_details(facts, details)}}
            if boolean(self._task.args.get("set_facts", SET_FACTS.default), strict=False):
                return result
            facts = result.pop("ansible_facts")[offsets_facts.FACT]
            return {**result, "summary": summary_of(facts), "facts_file": keep_document(facts)}
        except RecoveryError as error:
            return {"changed": False, "failed": True, "msg": error.sentence}

    @property
    def _report_file(self) -> str | None:
        return self._task.args.get("report_file") or None
