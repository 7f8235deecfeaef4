# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the config says of the connector's Stripe accounts: one for each timezone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import is_placeholder, looks_masked

API_KEYS = "stripe.api.keys"


def configured_keys(config: Mapping[str, str]) -> dict[str, str]:
    """Timezone to API key, as far as the config shows them: the values are secrets. Placeholders and masks show nothing."""
    text = config.get(API_KEYS, "")
    if is_placeholder(text) or looks_masked(text):
        return {}
    keys = {}
    for item in text.split(";"):
        timezone, colon, key = item.partition(":")
        if colon and timezone.strip():
            keys[timezone.strip()] = key.strip()
    return keys


def usable_keys(config: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """The keys that Stripe can be asked with: those of the task's options, else those that the config shows."""
    shown = {
        timezone: key
        for timezone, key in configured_keys(config).items()
        if not is_placeholder(key) and not looks_masked(key)
    }
    return {**shown, **options}


def expected_partitions(
    config: Mapping[str, str],
    report_types: Iterable[str],
    stored: Iterable[ReportPartition],
    timezones: Sequence[str],
) -> tuple[ReportPartition, ...]:
    """The partitions that the connector works on, in the order of its walk.

    The timezones come from the config where it shows them, else from ``timezones`` (the inventory), else from ``stored``.
    """
    known = set(configured_keys(config) or timezones or (partition.timezone for partition in stored))
    return tuple(sorted(ReportPartition(timezone, report_type) for timezone in known for report_type in report_types))
