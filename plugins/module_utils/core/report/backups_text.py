# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of a connector as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import HOW_TO_FINISH


def backup_lines(cluster: str, connector: str, about: Mapping[str, Any]) -> list[str]:
    """``about``: what connect_backups_info returns for the connector. A name has a line of its own, to be copied whole."""
    lines = [f"{cluster}  {connector}"]
    if about["unfinished_plan"] is not None:
        lines += wrapped(f"A change (plan {about['unfinished_plan']}) was begun but not finished: {HOW_TO_FINISH}.")
    if not about["backups"]:
        lines += wrapped("No backups.")
    for backup in about["backups"]:
        lines += [f"  {_shown(backup)}", f"    {backup['name']}"]
        if backup["problem"] is not None:
            lines += wrapped(backup["problem"], indent="    ")
        elif backup["settings"]:
            lines += wrapped(f"changed {', '.join(backup['settings'])}", indent="    ")
    return [*lines, ""]


def _shown(backup: Mapping[str, Any]) -> str:
    """The moment, the plan and what is in it, in less than 80 columns."""
    parts = [f"{backup['taken_at'][:19].replace('T', ' ')}Z", f"plan {backup['plan_id']}"]
    if backup["problem"] is None:
        parts += [backup["state"], counted(backup["offsets"], "offset")]
    else:
        parts.append("cannot be read")
    if backup["named_by_journal"]:
        parts.append("of the unfinished change")
    elif backup["result"] is not None:
        parts.append(backup["result"])
    return "  ".join(parts)
