# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Read = TypeVar("Read")


def spoilt(data: Any) -> Iterator[Any]:
    """The data with each part of it, however deep, left out once and of another type."""
    parts = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    for key, value in parts:
        if isinstance(data, dict):
            yield {name: one for name, one in data.items() if name != key}
        for other in (None, True, 3, -0.5, 10**400, "x", [], [3], {}, {"a": 1}, *spoilt(value)):
            copied: Any = data.copy()
            copied[key] = other
            yield copied


def read_or_refused(data: Any, read: Callable[[Any], Read], refusal: type[Exception]) -> tuple[list[Read], int]:
    """What ``read`` makes of the data with any part damaged, and how often it raised ``refusal`` instead."""
    found, refused = [], 0
    for one in spoilt(data):
        try:
            found.append(read(one))
        except refusal:
            refused += 1
    return found, refused
