# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a policy as the user wrote it; every complaint names its place, such as ``policy.orders.settings``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError


@dataclass(frozen=True)
class Given:
    """``data`` is YAML, a map unless the user is mistaken. Every method raises InputError for what it cannot read."""

    data: Any
    where: str

    def wrong(self, what: str) -> InputError:
        """Return (not raise) the complaint."""
        return InputError(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def demand_map(self, advice: str) -> None:
        if not isinstance(self.data, Mapping):
            raise self.wrong(f"{_shown(self.data)} is not a map: {advice}.")
        for key in self.data:
            if not isinstance(key, str) or not key.strip():
                raise self.wrong(f"{_shown(key)} is not a name: write a text.")

    def only(self, *keys: str) -> None:
        self.demand_map(f"its keys are {', '.join(keys)}")
        for key in self.data:
            if key not in keys:
                hint = did_you_mean(key, keys, f"there are {', '.join(keys)}.", limit=1)
                raise self.wrong(f'"{key}" is not known here: {hint}')

    def inner(self, key: str) -> Given:
        return Given(self.data.get(key), f"{self.where}.{key}")

    def map(self, key: str) -> Mapping[str, Any]:
        """A map, empty where it is not given."""
        if not self.has(key):
            return {}
        inner = self.inner(key)
        inner.demand_map("write names with their rules")
        found: Mapping[str, Any] = inner.data
        return found

    def truth(self, key: str, *, default: bool = False) -> bool:
        value = self.data.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(f"{key} is {_shown(value)}: write true or false.")
        return value

    def text(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{key} is {_shown(value)}: write a text.")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self.data.get(key)
        if not isinstance(value, list):
            return (self.text(key),)
        if not value or not all(isinstance(one, str) and one.strip() for one in value):
            raise self.wrong(f"{key} is {_shown(value)}: write a list of texts.")
        return tuple(one.strip() for one in value)


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)
