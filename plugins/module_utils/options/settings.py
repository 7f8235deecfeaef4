# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of a connector change: exact values, and values that are only raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_at_once
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import AT_ONCE, CONNECTORS
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    Option,
    argument_spec,
    field_for,
    options_of,
    values_of,
)

CONFIG = Option(
    "config",
    "dict",
    (
        "Settings to set to exact values.",
        'Connect stores strings, so V(3) and V("3") are the same. V(null) removes a setting.',
        "M(connectops.recovery.connect_offset_reset) changes them while the connector is stopped for the reset.",
    ),
    default={},
)
AT_LEAST = Option(
    "at_least",
    "dict",
    (
        "Settings to raise to at least this value. A higher value stays; no setting is lowered.",
        "A value is a number in the setting's own unit.",
        "If the setting's name ends with its unit, such as C(.ms), a duration such as V(60m), V(90s) or V(1h 30m) is possible.",
        "A setting that is not in the config counts as having the connector's default.",
        "M(connectops.recovery.connect_offset_reset) raises them while the connector is stopped for the reset.",
    ),
    default={},
)

# Options whose values may be secrets, while the keys must stay readable.
MAPS_OF_VALUES = frozenset({CONFIG.name, AT_LEAST.name})


@dataclass(frozen=True)
class SettingsOptions:
    """The connectors, and the settings to change; ``config`` may hold secrets. A value of None removes a setting."""

    connectors: tuple[str, ...] = field_for(CONNECTORS)
    config: Mapping[str, Any] = field_for(CONFIG)
    at_least: Mapping[str, Any] = field_for(AT_LEAST)
    at_once: int = field_for(AT_ONCE)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> SettingsOptions:
        """The options among a task's parameters. Raises InputError when no setting is named."""
        options = cls(**values_of(cls, params))
        if not options.config and not options.at_least:
            raise InputError("Neither config nor at_least names a setting: set at least one.")
        check_at_once(options.at_once)
        return options


SETTINGS_SPEC = argument_spec(options_of(SettingsOptions))
