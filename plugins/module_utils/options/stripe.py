# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Stripe is asked: the options, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STRIPE_URL = "https://api.stripe.com"

STRIPE_SPEC: dict[str, dict[str, Any]] = {
    "ask_stripe": {"type": "bool", "default": True},
    "stripe_api_keys": {"type": "dict", "no_log": True},
    "stripe_api_url": {"type": "str", "default": STRIPE_URL},
    "stripe_timezones": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class StripeOptions:
    """Whether and how Stripe is asked; ``keys`` is timezone to API key."""

    ask: bool
    api_url: str
    keys: Mapping[str, str] = field(repr=False)
    timezones: Sequence[str] = ()

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> StripeOptions:
        keys = {str(timezone): str(key) for timezone, key in (params["stripe_api_keys"] or {}).items()}
        return cls(params["ask_stripe"], params["stripe_api_url"].rstrip("/"), keys, tuple(params["stripe_timezones"]))
