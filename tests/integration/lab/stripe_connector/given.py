# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets and settings that a test of the lab's connector begins with."""

from __future__ import annotations

from typing import Any

from lab.days import ago, utc_day
from lab.scenarios import REPORT_TYPE, stripe_offset

ZONES = ("Africa/Cairo", "America/New_York", "PST")
CAIRO, NEW_YORK, PST = ZONES


def initial_load(days: int) -> dict[str, object]:
    return {"stripe.report.initial.load.dates": f"{REPORT_TYPE}:{utc_day(ago(days))}"}


def unfinished(end_days: int, round_days: int, **others: Any) -> dict[str, object]:
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=False, **others)


def finished(end_days: int, round_days: int) -> dict[str, object]:
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=True)
