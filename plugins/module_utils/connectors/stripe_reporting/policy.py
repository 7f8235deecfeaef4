# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of the Stripe reporting connector: its server takes bad values of all these settings without a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import (
    HOW_TO_CORRECT,
    Rounds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.waits import DEFAULT_WAIT
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    DEFAULT_CRON,
    MAX_WAIT,
    TYPES,
    items,
    trimmed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import BuiltIn
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Format
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    hides_something,
    without_placeholders,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_DATES = "stripe.report.initial.load.dates"
PREFIX = "topic.prefix"
_DEFAULT_PREFIX = "stripe_reporting_"
# Of this kind, in facts, and of its class in a policy.
NAME = "stripe_reporting"


def is_stripe_reporting(connector: Connector) -> bool:
    """The class is known by its simple name, whatever its package, and by a setting that it cannot work without."""
    return connector.is_of_class("StripeSourceConnector") and TYPES in connector.config


def _check_dates(config: Mapping[str, str], now: float) -> str | None:
    """Without a date every round skips the report type; a bad one counts as none."""
    dates: dict[str, str] = {}
    for item in items(config.get(_DATES, ""), ";"):
        report_type, _colon, date = item.partition(":")
        dates[trimmed(report_type)] = trimmed(date)
    types = items(without_placeholders(config.get(TYPES, "")), ",")
    for report_type in types:
        if report_type not in dates:
            return f"{report_type} has none"
        problem = _date_problem(dates[report_type], now)
        if problem is not None:
            return f"that of {report_type} {problem}"
    others = [one for one in dates if one not in types and not hides_something(config.get(TYPES, ""))]
    return f"{others[0]} is not among {TYPES}" if others else None


def _date_problem(text: str, now: float) -> str | None:
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    except ValueError:
        day = None
    if day is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return f"is '{text}'"
    return f"is in the future ({text})" if day.timestamp() > now else None


def _check_cron(config: Mapping[str, str], now: float) -> str | None:
    try:
        Rounds(config.get("poll.cron", DEFAULT_CRON)).next(now)
    except InputError as error:
        # The policy says itself what to do.
        return error.message.removesuffix(HOW_TO_CORRECT)
    return None


def topics_by_type(config: Mapping[str, str]) -> dict[str, str]:
    """The topic of each report type."""
    prefix = config.get(PREFIX, _DEFAULT_PREFIX)
    return {one: prefix + one.replace(".", "_") for one in items(config.get(TYPES, ""), ",")}


STRIPE_POLICY = BuiltIn(
    name=NAME,
    defaults={
        "settings": {
            MAX_WAIT: {"minimum": "30m", "recommended": DEFAULT_WAIT},
            "max.report.interval.days": {"minimum": 1, "maximum": 31},
            _DATES: {"format": "initial_load_dates"},
            "poll.cron": {"format": "quartz_cron"},
            "tasks.max": {"allowed": [1]},
        },
        "topics": {"compacted": False, "minimum_retention": "7d"},
    },
    fits=is_stripe_reporting,
    topics=lambda config: tuple(topics_by_type(config).values()),
    formats=(
        Format("initial_load_dates", "a day (YYYY-MM-DD) for each report type", _check_dates),
        Format("quartz_cron", "a Quartz expression that can be read", _check_cron),
    ),
)
