# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suggestions for misspelt names."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean, nearest

NAMES = ["debezium", "Stripe-eu", "Stripe", "stripe-us", "stripe-uk"]


@pytest.mark.parametrize(
    ("word", "limit", "found"),
    [
        ("strpe", 2, ["Stripe", "stripe-us"]),
        ("STRIPE", 1, ["Stripe"]),
        ("DEBEZIUM", 3, ["debezium"]),
        ("nothing", 3, []),
        ("", 3, []),
    ],
)
def test_similar_names_come_first_whatever_their_case(word: str, limit: int, found: list[str]) -> None:
    assert nearest(word, NAMES, limit=limit) == found


def test_names_that_differ_only_in_case_are_all_named() -> None:
    assert nearest("stripes", ["stripe", "Stripe", "other"]) == ["stripe", "Stripe"]


def test_without_a_cutoff_something_is_found_unless_there_is_nothing() -> None:
    assert nearest("xyz", ["abc"], limit=1, cutoff=0.0) == ["abc"]
    assert nearest("xyz", [], limit=1, cutoff=0.0) == []


def test_a_suggestion_ends_a_sentence() -> None:
    assert did_you_mean("strip", ["stripe", "strip-2", "other"], "check it.") == 'did you mean "stripe" or "strip-2"?'
    assert did_you_mean("strip", ["stripe", "strip-2", "other"], "check it.", limit=1) == 'did you mean "stripe"?'
    assert did_you_mean("strip", ["other"], "check it.") == "check it."
