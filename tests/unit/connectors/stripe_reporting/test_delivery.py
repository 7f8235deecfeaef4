# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which topics the connector delivers, as its config says."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import connector, partition

TYPES = "balance.summary.1, payouts.itemized.3,,balance.summary.1"


@pytest.mark.parametrize(
    ("settings", "topics"),
    [
        ({}, ("stripe_reporting_balance_summary_1", "stripe_reporting_payouts_itemized_3")),
        ({"topic_prefix": "eu."}, ("eu.balance_summary_1", "eu.payouts_itemized_3")),
        ({"transforms": " "}, ("stripe_reporting_balance_summary_1", "stripe_reporting_payouts_itemized_3")),
        # One that sends records elsewhere cannot be told from others.
        ({"transforms": "route"}, ()),
        # Nor can what the config does not show.
        ({"topic_prefix": "${env:PREFIX}"}, ()),
    ],
)
def test_the_topics_follow_from_prefix_and_report_types(settings: dict[str, str], topics: tuple[str, ...]) -> None:
    of = connector({}, stripe_report_types=TYPES, **settings)
    delivery = StripeReporting(StripeOptions(), SharedAnswers()).delivery(of)
    assert delivery.topic_names == topics
    destination = delivery.destination_of(partition("PST", "payouts.itemized.3"))
    assert destination == ((topics[1], "PST") if topics else None)
