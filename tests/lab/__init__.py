# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Kafka, real Connect and a stand-in for Stripe, for tests on one machine."""

from __future__ import annotations

from lab.connect import ConnectCluster, ConnectRequestError, Worker
from lab.lab import Lab
from lab.scenarios import StuckConnector, stuck_connector
from lab.stripe_simulator import StripeSimulator
from lab.waiting import await_condition

__all__ = [
    "ConnectCluster",
    "ConnectRequestError",
    "Lab",
    "StripeSimulator",
    "StuckConnector",
    "Worker",
    "await_condition",
    "stuck_connector",
]
