# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated Stripe with two accounts that have data of one report type, and a clock for those who ask it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from lab.stripe_simulator import Account, StripeSimulator

TYPE = "balance.summary.1"
START, END = 1_790_000_000, 1_795_000_000
# Their ends are no digits, which could be those of a moment by chance.
KEYS = {"Africa/Cairo": "sk_test_of_cairo_zqxw", "PST": "sk_test_of_pst_vkjy"}
RUNS = "/v1/reporting/report_runs"


class Clock:
    """Seconds that pass at once when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def two_accounts() -> Iterator[StripeSimulator]:
    with StripeSimulator() as running:
        for key in KEYS.values():
            running.account(key).add_report_type(TYPE, data_available_start=START, data_available_end=END)
        yield running


def requests_of(account: Account) -> Counter[str]:
    return Counter(entry.path for entry in account.journal)
