# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Costs survive as data, and a kind may leave out what it does not forecast."""

from __future__ import annotations

import json

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import Cost, costs_of

ORDERS, ITEMS = Partition.of({"table": "orders"}), Partition.of({"table": "items"})


def test_costs_are_the_same_after_their_way_through_a_result() -> None:
    costs = {ORDERS: Cost(((3, 7), (9, 11)), 60, 512, 4, 2), ITEMS: Cost()}
    forecast = {"partitions": [{"partition": one.as_dict(), **cost.as_data()} for one, cost in costs.items()]}
    assert costs_of(json.loads(json.dumps(forecast))) == costs


def test_what_a_kind_does_not_forecast_costs_nothing_and_without_a_forecast_nothing_is_known() -> None:
    assert costs_of({"partitions": [{"partition": ORDERS.as_dict()}]}) == {ORDERS: Cost()}
    assert costs_of({"to_count": 7}) == {}
    assert costs_of(None) is None
