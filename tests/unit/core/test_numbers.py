# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts are whole numbers; no text may crash or stall the one who asks."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (" +7\n", 7),
        ("-007", -7),
        ("9" * 100, int("9" * 100)),
        ("9" * 5000, None),
        ("", None),
        ("+", None),
        ("1.0", None),
        ("1e3", None),
        ("1_000", None),
        ("0x10", None),
        ("1 2", None),
    ],
)
def test_a_whole_number_is_digits_with_a_sign(text: str, number: int | None) -> None:
    assert whole_number(text) == number
