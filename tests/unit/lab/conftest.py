# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator with one account, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import stripe
from lab.stripe_simulator import Account, StripeSimulator
from lab.waiting import LIMIT_SECONDS
from unit.lab.stripe_calls import (
    BALANCE,
    CAIRO,
    END,
    PAYOUTS,
    START,
    Connect,
    ManualClock,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sim(clock: ManualClock) -> Iterator[StripeSimulator]:
    with StripeSimulator(clock=clock) as running:
        yield running


@pytest.fixture
def cairo(sim: StripeSimulator) -> Account:
    account = sim.account(CAIRO)
    account.add_report_type(BALANCE, data_available_start=START, data_available_end=END)
    account.add_report_type(PAYOUTS, data_available_start=START, data_available_end=END, rows_per_day=3)
    return account


@pytest.fixture
def connect(sim: StripeSimulator) -> Iterator[Connect]:
    with requests.Session() as session:
        session.trust_env = False

        def make(key: str = CAIRO, *, timeout_seconds: float = LIMIT_SECONDS, retries: int = 0) -> stripe.StripeClient:
            return stripe.StripeClient(
                key,
                base_addresses={"api": sim.url},
                http_client=stripe.RequestsClient(timeout=timeout_seconds, session=session),
                max_network_retries=retries,
            )

        yield make


@pytest.fixture
def client(connect: Connect) -> stripe.StripeClient:
    return connect()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
