# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.operations import offsets_facts
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    operation = staticmethod(offsets_facts.run)
    argument_spec = offsets_facts.ARGUMENT_SPEC
