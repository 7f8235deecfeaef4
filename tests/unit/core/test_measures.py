# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures survive as data, and a kind may have none."""

from __future__ import annotations

import json

from ansible_collections.connectops.recovery.plugins.module_utils.core.measures import Measures, PartitionMeasures
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition


def test_measures_are_the_same_after_their_way_through_the_facts() -> None:
    measures = Measures(2, 0, {Partition.of({"table": "orders"}): PartitionMeasures(7, None)})
    assert Measures.of(json.loads(json.dumps(measures.as_data()))) == measures


def test_a_kind_without_measures_has_none() -> None:
    assert Measures.of(None) == Measures.of({}) == Measures(None, None, {})
