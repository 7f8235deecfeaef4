# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else's text as it may be shown: an error, a trace, a log, data. What a config may show is in ``redaction``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import entries_of, moment_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    SHORTEST_SECRET,
    SHORTEST_UNMISTAKABLE,
    without_what_looks_secret,
)

# The end of a value, as below, whose beginning is not in the log.
_CUT_BEFORE = re.compile(
    r"\A(?:(?!Invalid value |Connector config \{).){1,8000}?(?= for configuration | contains no connector type)",
    re.DOTALL,
)


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text without the given literals; the longest go first, so that no part of a longer one is left.

    A secret of fewer than 8 characters is hidden only as a whole word: "orders" stays in "stripe-orders".
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_UNMISTAKABLE:
            text = text.replace(secret, HIDDEN)
        elif secret in text:
            text = _whole_word(secret).sub(HIDDEN, text)
    return text


def quoted(text: str, secrets: Iterable[str] = ()) -> str:
    """Somebody else's text as it may be shown: without the given literals, and without what looks like a secret in it.

    A worker puts the values of config providers into its traces and logs, which no config shows.
    """
    return without_what_looks_secret(scrubbed(text, secrets))


def quoted_log(text: str, secrets: Iterable[str] = ()) -> str:
    """A trace or a line of a worker's log as it may be shown. Connect repeats there what a config provider gave it."""
    return quoted(without_values(text), secrets)


def log_without_secrets(lines: Iterable[str], secrets: Collection[str], most_lines: int) -> list[str]:
    """The last lines of a log as they may be shown. A secret may go over lines, and may begin before the log or before them."""
    kept: list[str] = []
    for entry in reversed(entries_of(lines)):
        if len(kept) >= most_lines:
            break
        kept[:0] = entry
    entries = entries_of(scrubbed("\n".join(kept), secrets).split("\n"))
    begun = next((number for number, entry in enumerate(entries) if moment_of(entry[0]) is not None), len(entries))
    head = _CUT_BEFORE.sub(HIDDEN, "\n".join(without_values("\n".join(entry)) for entry in entries[:begun]))
    texts = [quoted(head)] if head else []
    texts += [quoted_log("\n".join(entry)) for entry in entries[begun:]]
    shown = [line for text in texts for line in text.split("\n") if line]
    return shown[max(0, len(shown) - most_lines) :]


def without_values(text: str) -> str:
    """A text of Connect without the values of a config, wherever Connect is known to repeat them."""
    text = re.sub(r"Connector config \{.*\}", f"Connector config {HIDDEN}", text, flags=re.DOTALL)
    return "".join(_cut_value(part) for part in re.split(r"(?=Invalid value )", text))


def _cut_value(part: str) -> str:
    if not part.startswith("Invalid value "):
        return part
    # Greedy, because the value itself may contain " for configuration ". No match means that the split above cut a
    # value in two: hide all of it.
    match = re.fullmatch(r"Invalid value (.*) for configuration (.*)", part, flags=re.DOTALL)
    if match is None:
        return f"Invalid value {HIDDEN}"
    value, rest = match.groups()
    if value == "null":
        return part
    if len(value) >= SHORTEST_SECRET:
        rest = rest.replace(value, HIDDEN)
    return f"Invalid value {HIDDEN} for configuration {rest}"


def quoted_data(value: Any, secrets: Collection[str] = ()) -> Any:
    """JSON data with each of its texts as :func:`quoted` returns it. Names of fields and numbers stay."""
    # Most texts of a fleet's data are there many times.
    return _with_each_text(value, cache(lambda text: quoted(text, secrets)))


def _whole_word(secret: str) -> re.Pattern[str]:
    """The secret where no name goes on before or after it; a full stop goes on only before another letter or digit."""
    before = r"(?<![\w-])(?<!\w\.)" if re.match(r"\w", secret[0]) else ""
    after = r"(?![\w-])(?!\.\w)" if re.match(r"\w", secret[-1]) else ""
    return re.compile(before + re.escape(secret) + after)


def without_secrets(value: Any, secrets: Collection[str]) -> Any:
    """JSON data without the given literals in any text. Names of fields and numbers stay."""
    if not secrets:
        return value
    within = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    return _with_each_text(value, lambda text: HIDDEN if text in secrets else scrubbed(text, within))


def _with_each_text(value: Any, shown: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return shown(value)
    # What came from JSON is a dict: to ask whether it is any other mapping takes ten times as long.
    if isinstance(value, (dict, Mapping)):
        return {key: _with_each_text(item, shown) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_each_text(item, shown) for item in value]
    return value
