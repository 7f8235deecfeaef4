# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stateful stand-in for the part of Stripe's API that the reporting connector and the recovery use.

One server holds any number of accounts, one per API key. A run's status follows from its timestamps at the moment
it is read, so nothing runs in the background. Every moment is in epoch seconds.
"""

from __future__ import annotations

from lab.stripe_simulator.account import Account, JournalEntry
from lab.stripe_simulator.report_types import COLUMNS, ReportType
from lab.stripe_simulator.runs import Run
from lab.stripe_simulator.server import StripeSimulator

__all__ = ["COLUMNS", "Account", "JournalEntry", "ReportType", "Run", "StripeSimulator"]
