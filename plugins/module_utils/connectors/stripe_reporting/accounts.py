# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which timezones a connector works on, and with which key each of them is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import Place
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import WalkSettings
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import is_placeholder, looks_masked

API_KEYS = "stripe.api.keys"


def is_stripe_reporting(config: Mapping[str, str]) -> bool:
    """Whether a connector of this config is the Stripe reporting connector, whatever package its class is in."""
    simple_name = config.get("connector.class", "").rpartition(".")[2]
    return simple_name == "StripeSourceConnector" and "stripe.report.types" in config


def configured_keys(config: Mapping[str, str]) -> dict[str, str]:
    """Timezone to API key, as far as the config tells: the values are secrets. Placeholders and masks tell nothing."""
    text = config.get(API_KEYS, "")
    if is_placeholder(text) or looks_masked(text):
        return {}
    keys = {}
    for item in text.split(";"):
        timezone, colon, key = item.partition(":")
        if colon and timezone.strip():
            keys[timezone.strip()] = key.strip()
    return keys


def usable_keys(config: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The keys that Stripe can be asked with: those given by the user, else those that the config shows."""
    shown = {
        tz: key for tz, key in configured_keys(config).items() if not is_placeholder(key) and not looks_masked(key)
    }
    return {**shown, **given}


def expected_places(connector: Connector, timezones: Sequence[str]) -> tuple[Place, ...]:
    """The places the connector works on, in the order of its walk.

    Timezones are taken from the config where it shows them, else from ``timezones`` (the inventory), else from the offsets.
    """
    settings = WalkSettings.read(connector.config)
    known: Iterable[str] = configured_keys(connector.config) or timezones
    if not known:
        known = {place.timezone for place in map(Place.of, connector.stored) if place is not None}
    return tuple(
        sorted(Place(timezone, report_type) for timezone in set(known) for report_type in settings.report_types)
    )


def partitions_by_place(partitions: Iterable[Partition]) -> dict[Place, Partition]:
    found = ((Place.of(partition), partition) for partition in partitions)
    return {place: partition for place, partition in found if place is not None}
