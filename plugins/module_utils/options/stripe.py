# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether and how Stripe is asked: the options, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    option,
    options_of,
    values_of,
)

STRIPE_URL = "https://api.stripe.com"


@dataclass(frozen=True)
class StripeOptions:
    """Whether and how Stripe is asked; ``keys`` is timezone to API key, None or empty for those of the config."""

    ask: bool = option(
        "ask_stripe",
        "bool",
        "Whether to ask Stripe for the end of its data and for open report runs. Nothing is created or changed there.",
        "Only used for the Stripe reporting connector.",
        "With V(false), yesterday (UTC) is taken as the end of the data, and an open report run counts as one without a result.",
        default=True,
    )
    api_url: str = option("stripe_api_url", "str", "Base URL of Stripe's API.", default=STRIPE_URL)
    keys: Mapping[str, str] = option(
        "stripe_api_keys",
        "dict",
        "API key of each timezone of the connector, for example C(PST) with a key of its account.",
        "A restricted key with the permission C(report_runs_and_report_types_read) is enough.",
        "Without it, the keys of the connector's own config are used if the config shows them.",
        no_log=True,
    )
    timezones: tuple[str, ...] = option(
        "stripe_timezones",
        "list",
        "Timezones that the connector is expected to work on.",
        "Only used if the connector's config does not show them because its keys are a placeholder of a config provider.",
        "If neither shows them, the timezones that have an offset count as all timezones.",
        elements="str",
        default=[],
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> StripeOptions:
        """The options among a task's parameters. URLs lose their trailing slash, timezones their blanks."""
        values = values_of(cls, params)
        values["api_url"] = values["api_url"].rstrip("/")
        values["keys"] = {str(timezone): str(key) for timezone, key in (values["keys"] or {}).items()}
        values["timezones"] = tuple(text for one in values["timezones"] if (text := one.strip()))
        return cls(**values)


STRIPE_SPEC = argument_spec(options_of(StripeOptions))
