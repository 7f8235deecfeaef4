# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text is one of the known words, or it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of, word_or_none

WORDS = ("ok", "late")


def test_a_known_word_is_itself_and_none_stays_none() -> None:
    assert (word_of(WORDS, "late"), word_or_none(WORDS, "ok"), word_or_none(WORDS, None)) == ("late", "ok", None)


@pytest.mark.parametrize("text", ["", "OK", "ok ", 1, ["ok"]])
def test_any_other_text_is_refused_and_never_taken_for_none(text: Any) -> None:
    for read in (word_of, word_or_none):
        with pytest.raises(ValueError, match="no word of ok, late"):
            read(WORDS, text)
    with pytest.raises(ValueError, match="no word of"):
        word_of(WORDS, None)
