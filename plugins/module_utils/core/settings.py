# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a connector's config must change: exact values, and values that may only be raised.

A setting is one key of a connector's config. Connect keeps strings, so all comparing is between strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    parse_duration,
    show_milliseconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import looks_masked, redacted_value
from ansible_collections.connectops.recovery.plugins.module_utils.core.secret_keys import (
    is_secret_key,
    keys_named_by_others,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

_KEY_UNIT_MILLISECONDS = {
    "ms": 1,
    "millis": 1,
    "milliseconds": 1,
    "s": 1000,
    "sec": 1000,
    "seconds": 1000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
}
LONGEST_WAIT_MILLISECONDS = 7 * 86_400_000
# Blanks within a name are possible, for example in the name of a header; around it they are a typing error.
_SETTING_NAME = re.compile(r"(?!\s)[^\x00-\x1f\x7f]+(?<!\s)")


@dataclass(frozen=True)
class SettingChange:
    """One key's change; ``before`` None: the key is new, ``after`` None: the key goes. ``secret``: never to be shown."""

    key: str
    before: str | None
    after: str | None
    secret: bool

    def shown(self) -> tuple[str | None, str | None]:
        """Before and after as they may be shown; a hidden change of a hidden value is still seen to be one."""
        secret_keys = (self.key,) if self.secret else ()
        before = redacted_value(self.key, self.before, secret_keys)
        after = redacted_value(self.key, self.after, secret_keys)
        if before is not None and before == after:
            after = f"{after} (changed)"
        return before, after


def as_setting(value: Any, key: str) -> str | None:
    """A YAML value as Connect stores it. None removes the key. Lists become Connect's comma separated lists."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, (str, int)) and not isinstance(item, bool) for item in value):
        return ",".join(map(str, value))
    raise InputError(
        f"config.{key}: a {type(value).__name__} cannot be a setting of a connector: write it as a string."
    )


def as_number(value: Any, key: str, where: str) -> int:
    """A number in the unit of ``key``, from a number or a duration such as ``60m``.

    Raises InputError, which names ``where`` it stood, for anything else.
    """
    unit = _KEY_UNIT_MILLISECONDS.get(re.split(r"[._-]", key)[-1])
    text = str(value).strip()
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        raise InputError(f"{where}: {value!r} is neither a number nor a duration: write 3600000 or 60m.")
    if (whole := whole_number(text)) is not None:
        return whole
    if unit is None:
        raise InputError(
            f"{where}: the unit of {key} is not known, so '{text}' cannot be converted to it: write a number."
        )
    milliseconds = parse_duration(text, where)
    number, left_over = divmod(milliseconds, unit)
    if left_over:
        raise InputError(f"{where}: '{text}' is not a whole number of the key's unit ({show_milliseconds(unit)}).")
    return number


def as_floor(value: Any, key: str, where: str | None = None) -> int:
    """The lowest value wanted for ``key``, as :func:`as_number`; above zero, and no longer than a wait should be."""
    where = where or f"at_least.{key}"
    unit = _KEY_UNIT_MILLISECONDS.get(re.split(r"[._-]", key)[-1])
    text = str(value).strip()
    floor = as_number(value, key, where)
    if floor <= 0:
        raise InputError(
            f"{where}: {text} is not above zero, so it would make every wait end at once: write 60m or more."
        )
    # A setting in days is a span of data, not a wait.
    if unit is not None and unit < DAY_SECONDS * 1000 and floor * unit > LONGEST_WAIT_MILLISECONDS:
        longest = show_milliseconds(LONGEST_WAIT_MILLISECONDS)
        raise InputError(
            f"{where}: {text} is {show_milliseconds(floor * unit)}, longer than the maximum of {longest}: the unit of"
            f" {key} is {show_milliseconds(unit)}."
        )
    return floor


def decide_settings(
    current: Mapping[str, str],
    exact: Mapping[str, Any],
    at_least: Mapping[str, Any],
    *,
    defaults: Mapping[str, str | None],
    secret_keys: frozenset[str],
    name: str,
) -> tuple[SettingChange, ...]:
    """The changes, in key order, that make ``current`` satisfy ``exact`` and ``at_least``; none where it does already.

    ``defaults`` are the connector's own defaults: a key that is not set has that value, and raising must not lower it.
    Raises InputError for a value that cannot be set or raised.
    """
    for option, settings in (("config", exact), ("at_least", at_least)):
        for key in settings:
            if not isinstance(key, str) or not _SETTING_NAME.fullmatch(key):
                raise InputError(f"{option}: {key!r} cannot be the name of a setting: correct it, or remove it.")
    both = sorted(set(exact) & set(at_least))
    if both:
        raise InputError(f"{both[0]} is in both config and at_least: keep it in one of them.")
    wanted: dict[str, str | None] = {key: as_setting(value, key) for key, value in exact.items()}
    if HOLD_KEY in wanted:
        raise InputError(f"config.{HOLD_KEY}: this key belongs to the collection; leave it out.")
    if "name" in wanted and wanted["name"] != name:
        raise InputError(f"config.name: a connector cannot be renamed; leave name out, or write '{name}'.")
    for key, value in wanted.items():
        if looks_masked(value):
            raise InputError(f"config.{key}: the value is a mask, not a secret; writing it would destroy the real one.")
    for key, value in at_least.items():
        floor = as_floor(value, key)
        if key not in current and key not in defaults and key not in secret_keys:
            raise InputError(
                f"at_least.{key}: connector '{name}' has no such setting, neither in its config nor in its definition: check"
                " the name, or set it with config."
            )
        effective = current.get(key, defaults.get(key))
        number = None if effective is None else whole_number(effective)
        if effective is not None and number is None:
            shown = redacted_value(key, effective, secret_keys | keys_named_by_others(current))
            raise InputError(f"at_least.{key}: the connector's value '{shown}' is not a number: set it with config.")
        if number is None or number < floor:
            wanted[key] = str(floor)
    after = {key: value for key, value in {**current, **wanted}.items() if value is not None}
    secrets = secret_keys | keys_named_by_others(current) | keys_named_by_others(after)
    return tuple(
        SettingChange(key, current.get(key), value, is_secret_key(key, secrets))
        for key, value in sorted(wanted.items())
        if current.get(key) != value
    )


def changed_config(current: Mapping[str, str], changes: tuple[SettingChange, ...]) -> dict[str, str]:
    """The whole config after the changes."""
    wanted = dict(current)
    for change in changes:
        if change.after is None:
            wanted.pop(change.key, None)
        else:
            wanted[change.key] = change.after
    return wanted


def masked_keys(config: Mapping[str, str]) -> list[str]:
    """Keys whose value is a mask: a config with one must not be written back as a whole."""
    return sorted(key for key, value in config.items() if looks_masked(value))


def show_setting(key: str, value: str | None) -> str:
    """``300000 (5 min)``: with the length in words where the key's unit is known. ``value`` is as it may be shown."""
    unit = _KEY_UNIT_MILLISECONDS.get(re.split(r"[._-]", key)[-1])
    if value is None:
        return "(not set)"
    if unit is not None and re.fullmatch(r"-?\d+", value) and (number := whole_number(value)) is not None:
        return f"{value} ({show_milliseconds(number * unit)})"
    return value


def show_setting_change(key: str, before: str | None, after: str | None) -> str:
    """``300000 (5 min) -> 3600000 (60 min)``. The values are as they may be shown."""
    return f"{show_setting(key, before)} -> {show_setting(key, after)}"
