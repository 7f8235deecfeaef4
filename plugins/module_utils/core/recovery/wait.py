# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a recovery may take, from what the connectors still have to do."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook

SHORTEST_WAIT_SECONDS = 600
LONGEST_WAIT_SECONDS = 4 * 3600


def seconds_to_wait(outlooks: Iterable[Outlook]) -> int:
    """The time limit. A connector waits for the runs of its source one after the other; connectors work side by side."""
    needed = max((one.runs * one.longest_run_seconds for one in outlooks), default=0)
    return min(LONGEST_WAIT_SECONDS, max(SHORTEST_WAIT_SECONDS, needed))
