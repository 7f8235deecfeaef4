# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a closed set, such as the verdicts, where they are read from data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

Word = TypeVar("Word", bound=str)


def word_of(words: Sequence[Word], text: Any) -> Word:
    """The one of the words that the text is. Raises ValueError for any other text: what it means is not known."""
    for word in words:
        if word == text:
            return word
    raise ValueError(f"no word of {', '.join(words)}")


def word_or_none(words: Sequence[Word], text: Any) -> Word | None:
    """The same; None for None."""
    return None if text is None else word_of(words, text)
