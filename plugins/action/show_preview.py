# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.plugin_utils.controller_action import ControllerAction

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {"lines": {"type": "list", "elements": "str", "required": True}}


class ActionModule(ControllerAction):
    """Print a preview."""

    argument_spec = ARGUMENT_SPEC

    def result_of(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"changed": False, "lines": options["lines"]}
