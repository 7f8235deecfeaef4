# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated accounts that the tests use, and calls to them as Stripe's own package makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stripe

DAY = 86_400
NOW = 20_700 * DAY + 43_200
START = 20_000 * DAY
END = 20_700 * DAY
BALANCE = "balance.summary.1"
PAYOUTS = "payouts.itemized.3"
CAIRO = "sk_test_cairo_0123456789"
DENVER = "sk_test_denver_9876543210"


class ManualClock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


Connect = Callable[..., stripe.StripeClient]


def create(client: stripe.StripeClient, report_type: str = BALANCE, start: int = START, end: int = END) -> Any:
    return client.v1.reporting.report_runs.create(
        {"report_type": report_type, "parameters": {"interval_start": start, "interval_end": end}}
    )


def retrieve(client: stripe.StripeClient, run_id: str) -> Any:
    return client.v1.reporting.report_runs.retrieve(run_id)


def bearer(key: str = CAIRO) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
