# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a connector may still need: from the speed that was measured, or from how long the runs of its source took before."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import Recovery


def delivered(recovery: Recovery) -> dict[Partition, int]:
    """Up to where each partition has delivered, in epoch seconds; without partitions for which this is not known."""
    return {one.partition: one.delivered_to for one in recovery.partitions if one.delivered_to is not None}


def seconds_to_go(recovery: Recovery, first: Mapping[Partition, int], elapsed_seconds: float) -> int | None:
    """How long until all that is there is delivered; None where nothing shows it, 0 where nothing is left.

    ``first``: what :func:`delivered` returned at the first look, ``elapsed_seconds`` before this one. One task delivers all
    partitions, one after the other, so what they have moved by together is the speed.
    """
    waiting = [one for one in recovery.partitions if one.work is not None and one.work.is_due and not one.work.never]
    behind = sum(one.behind_seconds or 0 for one in waiting)
    runs = sum(one.work.runs for one in waiting if one.work is not None)
    if not waiting or (behind == 0 and runs == 0):
        return 0 if recovery.outlook.work else None
    moved = sum(now - first.get(partition, now) for partition, now in delivered(recovery).items())
    if moved > 0 and behind > 0 and elapsed_seconds > 0:
        return round(behind * elapsed_seconds / moved)
    usual = recovery.outlook.usual_run_seconds
    return runs * usual if usual else None
