# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large reports are is said only by the size of earlier ones of the same partition."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)

DAY = 86_400
PST = ReportPartition("PST", "payouts.1")


def run(days: int, size: int | None, report_type: str = "payouts.1") -> ReportRun:
    return ReportRun("frr", report_type, 0, days * DAY, 5, "succeeded", file_bytes=size)


@pytest.mark.parametrize(
    "runs, seconds, size",
    [
        ((run(1, 100), run(3, 700), run(5, None), run(1, 9999, "fees.1")), 2 * DAY, 400),
        ((run(1, 100),), 0, 0),
        ((run(1, None), run(0, 70)), DAY, None),
        ((run(1, 0),), DAY, 0),
        ((), DAY, None),
        ((), 0, 0),
    ],
)
def test_the_size_of_reports_follows_from_earlier_ones(
    runs: tuple[ReportRun, ...], seconds: int, size: int | None
) -> None:
    assert Evidence({"PST": RunHistory(runs, 0)}).bytes_of(PST, seconds) == size


def test_of_an_account_that_was_not_asked_nothing_is_known() -> None:
    assert Evidence({}).bytes_of(PST, DAY) is None
