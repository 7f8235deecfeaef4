# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups of a connector are no longer kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS


def no_longer_kept(
    backups: Sequence[tuple[str, str]], keep: int | None, keep_days: float | None, now: float, named: Collection[str]
) -> list[str]:
    """The names of the backups to delete, oldest first.

    ``backups``: name and ISO time of each, newest first. A backup goes when it is not among the newest ``keep`` and is older than
    ``keep_days`` at ``now`` (epoch seconds); a limit of None does not apply, and without both all are kept. The newest stays,
    and so does one of ``named``.
    """
    if keep is None and keep_days is None:
        return []
    rest = backups[max(keep or 1, 1) :]
    if keep_days is not None:
        oldest = now - keep_days * DAY_SECONDS
        rest = [(name, taken_at) for name, taken_at in rest if datetime.fromisoformat(taken_at).timestamp() < oldest]
    return [name for name, _taken_at in reversed(rest) if name not in named]
