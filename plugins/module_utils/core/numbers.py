# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole numbers as texts of others hold them."""

from __future__ import annotations

import re

# Python turns no text of thousands of digits into a number, and no number of hundreds into a float. A Java long has 19.
_WHOLE = re.compile(r"\s*[+-]?\d{1,100}\s*")


def whole_number(text: str) -> int | None:
    """None if it is not a whole number, or is too large to be meant."""
    return int(text) if _WHOLE.fullmatch(text) else None
