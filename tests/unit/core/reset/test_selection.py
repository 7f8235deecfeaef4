# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing source partitions from those that Connect listed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.selection import choose_partitions
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import CAIRO, NEW_YORK, PST, TYPE, partition

LISTED = [partition(zone, one) for zone in (CAIRO, NEW_YORK, PST) for one in (TYPE, "payout.x.1")]


def refused(listed: list[Partition], *wanted: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        choose_partitions(listed, wanted, "c")
    return caught.value.message


def test_nothing_wanted_means_all() -> None:
    assert choose_partitions(LISTED, [], "c") == tuple(LISTED)
    assert choose_partitions([], [], "c") == ()


def test_exactly_one_is_chosen_by_all_its_fields_in_any_order() -> None:
    wanted = {"timezone": PST, "report_type": TYPE}
    assert choose_partitions(LISTED, [wanted], "c") == (partition(PST),)


def test_all_that_share_a_field_are_chosen_by_it() -> None:
    assert choose_partitions(LISTED, [{"report_type": TYPE}], "c") == tuple(LISTED[::2])


def test_a_partition_that_is_wanted_twice_is_chosen_once() -> None:
    wanted = [{"timezone": CAIRO}, {"report_type": TYPE}, {"timezone": CAIRO}]
    assert choose_partitions(LISTED, wanted, "c") == (LISTED[0], LISTED[1], LISTED[2], LISTED[4])


@pytest.mark.parametrize("wanted, position", [(0, 0), ("0", 1), (False, 2), (0.0, 3), (None, 4)])
def test_the_json_type_of_a_value_counts(wanted: Any, position: int) -> None:
    listed = [Partition.of({"shard": value}) for value in (0, "0", False, 0.0, None)]
    assert choose_partitions(listed, [{"shard": wanted}], "c") == (listed[position],)


def test_a_misspelt_one_is_refused_with_the_nearest_that_there_is() -> None:
    assert refused(LISTED, {"timezone": PST}, {"timezone": "America/NewYork", "report_type": TYPE}) == (
        "partitions[1]: connector 'c' has no offset for"
        ' {"report_type": "balance.summary.1", "timezone": "America/NewYork"}; the nearest that Connect lists is'
        ' {"report_type": "balance.summary.1", "timezone": "America/New_York"}.'
    )


def test_a_value_of_the_wrong_type_is_told_by_its_nearest() -> None:
    words = refused([Partition.of({"shard": 0})], {"shard": "0"})
    assert 'no offset for {"shard": "0"}' in words
    assert words.endswith('is {"shard": 0}.')


def test_no_letters_in_common_still_names_a_partition() -> None:
    assert refused([Partition.of({"q": 1})], {"wwww": "zzzz"}).endswith('the nearest that Connect lists is {"q": 1}.')


def test_a_field_that_is_not_there_matches_nothing() -> None:
    assert "has no offset for" in refused(LISTED, {"timezone": PST, "region": "eu"})


def test_without_any_offset_there_is_nothing_to_reset() -> None:
    assert refused([], {"timezone": PST}).endswith("it has no offsets at all, so there is nothing to reset.")


def test_an_empty_wish_does_not_mean_all() -> None:
    assert refused(LISTED, {}) == "partitions[0] is empty: name at least one field, or leave partitions out for all."
