# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Known names that look like a misspelt one. Every "did you mean" of the collection comes from here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str], *, limit: int = 3, cutoff: float = 0.6) -> list[str]:
    """At most ``limit`` of ``choices`` that look like ``word``, the most similar first; upper and lower case count as equal.

    ``cutoff`` (0.0 to 1.0) is the lowest similarity that counts. With 0.0 the list is empty only without choices.
    """
    by_lower: dict[str, list[str]] = {}
    for choice in choices:
        by_lower.setdefault(choice.lower(), []).append(choice)
    close = difflib.get_close_matches(word.lower(), by_lower, n=limit, cutoff=cutoff)
    return [choice for lower in close for choice in by_lower[lower]][:limit]


def did_you_mean(word: str, choices: Iterable[str], otherwise: str, *, limit: int = 3) -> str:
    """The end of a sentence, ``did you mean "x" or "y"?``, or ``otherwise`` when no choice looks like ``word``."""
    found = nearest(word, choices, limit=limit)
    return suggestion(*found) if found else otherwise


def suggestion(*choices: str) -> str:
    """The end of a sentence that suggests these choices, at least one."""
    quoted = (f'"{choice}"' for choice in choices)
    return f"did you mean {' or '.join(quoted)}?"
