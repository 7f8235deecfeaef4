# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the config says of the connector's Stripe accounts: one for each timezone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import trimmed
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import is_placeholder, looks_masked
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import nearest, suggestion
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

API_KEYS = "stripe.api.keys"
# As "Africa/Ciro" from "Africa/Cairo"; those of two cities of one continent differ more.
_HARDLY_DIFFERS = 0.85


def configured_keys(config: Mapping[str, str]) -> dict[str, str]:
    """Timezone to API key, as far as the config shows them: the values are secrets. Placeholders and masks show nothing."""
    text = config.get(API_KEYS, "")
    keys = {}
    for item in () if is_placeholder(text) else text.split(";"):
        timezone, colon, key = item.partition(":")
        if colon and trimmed(timezone) and not _is_hidden(item):
            keys[trimmed(timezone)] = trimmed(key)
    return keys


def hides_timezones(config: Mapping[str, str]) -> bool:
    """Whether a placeholder or a mask may stand for timezones that the config does not show."""
    return any(map(_is_hidden, config.get(API_KEYS, "").split(";")))


def _is_hidden(item: str) -> bool:
    """Whether it is a placeholder for pairs of timezone and key, not such a pair."""
    return looks_masked(item) or "${" in item.partition(":")[0]


def usable_keys(config: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """The keys that Stripe can be asked with: those of the task's options, else those that the config shows."""
    shown = {
        timezone: key
        for timezone, key in configured_keys(config).items()
        if key and not is_placeholder(key) and not looks_masked(key)
    }
    return {**shown, **options}


def expected_partitions(
    config: Mapping[str, str],
    report_types: Iterable[str],
    stored: Iterable[ReportPartition],
    timezones: Sequence[str],
) -> tuple[ReportPartition, ...]:
    """The partitions that the connector works on, in the order of its walk.

    The timezones come from the config. Where it does not show them all, the others come from ``timezones`` (the inventory),
    else from ``stored``. Raises InputError for ``timezones`` that look mistyped.
    """
    with_offset = {partition.timezone for partition in stored}
    known = set(configured_keys(config))
    if not known or hides_timezones(config):
        if timezones:
            _refuse_typos((*known, *timezones), with_offset)
        known |= set(timezones) or with_offset
    return tuple(sorted(ReportPartition(timezone, report_type) for timezone in known for report_type in report_types))


def _refuse_typos(timezones: Sequence[str], with_offset: Collection[str]) -> None:
    """With a typo a partition that is stuck would count as one that the connector is not meant to work on."""
    left_out = sorted(set(with_offset).difference(timezones))
    if with_offset and len(left_out) == len(with_offset):
        raise InputError(
            f"stripe_timezones names no timezone that has an offset ({', '.join(left_out)}): correct it, or leave it out."
        )
    for one in timezones:
        # Two letters that changed places make a short name look like another one.
        swapped = [name for name in left_out if sorted(name.lower()) == sorted(one.lower())]
        for meant in () if one in with_offset else swapped or nearest(one, left_out, limit=1, cutoff=_HARDLY_DIFFERS):
            raise InputError(f"stripe_timezones: no offset is stored for {one}: {suggestion(meant)}")
