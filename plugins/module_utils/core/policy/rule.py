# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule of a policy: what the value of one setting must be, and whether a config keeps it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Union

from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import Deviation, Fix, Severity
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import looks_masked, redacted_value
from ansible_collections.connectops.recovery.plugins.module_utils.core.secret_keys import (
    is_secret_key,
    keys_named_by_others,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting


@dataclass(frozen=True)
class Format:
    """A form that a class of connectors gives to a setting. ``wanted`` goes after "must be".

    ``check``: from a config and the time (epoch seconds) to what is wrong, None where nothing is.
    """

    name: str
    wanted: str
    check: Callable[[Mapping[str, str], float], Union[str, None]]


@dataclass(frozen=True)
class Config:
    """The config of one connector with what its plugin declares, as in Connect's own validation. ``now`` is epoch seconds.

    ``defaults``: all settings that the plugin knows, but for secrets, with their defaults; ``secret_keys``: those.
    """

    settings: Mapping[str, str] = field(repr=False)
    defaults: Mapping[str, str | None]
    secret_keys: frozenset[str]
    now: float

    def effective(self, key: str) -> str | None:
        """The value that the connector works with; None where there is none."""
        return self.settings.get(key, self.defaults.get(key))

    def shown(self, key: str) -> str | None:
        return redacted_value(key, self.effective(key), (key,) if self.is_secret(key) else ())

    def is_secret(self, key: str) -> bool:
        """Whether the setting holds a secret, declared or not."""
        return is_secret_key(key, self._secret_keys)

    @cached_property
    def _secret_keys(self) -> frozenset[str]:
        return self.secret_keys | keys_named_by_others(self.settings)

    def knows(self, key: str) -> bool:
        """Whether the plugin declares the setting."""
        return key in self.defaults or key in self.secret_keys


@dataclass(frozen=True)
class SettingRule:
    """What one setting must be. Numbers are in the unit of the setting; a part that is None, or false, wants nothing.

    ``fix``: the value to write where it deviates.
    ``severity`` is that of every part but ``recommended``, which is a warning.
    """

    key: str
    minimum: int | None = None
    recommended: int | None = None
    maximum: int | None = None
    allowed: tuple[str, ...] | None = None
    required: bool = False
    pattern: str | None = None
    absent: bool = False
    format: Format | None = None
    fix: str | None = None
    severity: Severity = "error"

    def check(self, config: Config) -> Deviation | None:
        """The first part that the config does not keep; None where it keeps all."""
        value = config.settings.get(self.key)
        if self.absent:
            if value is None:
                return None
            fix = Fix("config", self.key, None)
            return self._deviation(config, "absent", "left out", fix, because="it is in the config")
        if self.required and not (value or "").strip():
            return self._deviation(config, "required", "set", because="it is not in the config")
        effective = config.effective(self.key)
        if effective is None:
            return self._check_missing(config)
        if looks_masked(effective):
            return self._unknown(config, "Connect shows a mask in its place")
        return self._check_value(effective, config)

    def _check_missing(self, config: Config) -> Deviation | None:
        """The deviation of a setting without any value or default."""
        if self.minimum is not None:
            return self._deviation(config, "minimum", self._at_least(self.minimum), self._raise(config))
        if self.recommended is not None:
            return self._below_recommended(config, self.recommended)
        if self.format is not None:
            return self._check_format(config, self.format)
        if not config.knows(self.key) and not self.required:
            return self._unknown(config, "the connector does not know this setting: check its name in the policy")
        return None

    def _check_value(self, value: str, config: Config) -> Deviation | None:
        is_bounded = self._floor is not None or self.maximum is not None
        is_allowed = self.allowed is None or value.strip() in self.allowed
        is_formed = self.pattern is None or re.fullmatch(self.pattern, value) is not None
        if "${" in value and (not is_allowed or not is_formed or is_bounded or self.format is not None):
            return self._unknown(config, "it is a placeholder")
        if not is_formed:
            return self._deviation(config, "pattern", f"of the pattern {self.pattern}")
        if self.allowed is not None and not is_allowed:
            fix = Fix("config", self.key, self.allowed[0]) if len(self.allowed) == 1 else None
            return self._deviation(config, "allowed", " or ".join(self.allowed), fix)
        if self.format is not None:
            return self._check_format(config, self.format)
        return self._check_number(value.strip(), config) if is_bounded else None

    def _check_format(self, config: Config, one: Format) -> Deviation | None:
        problem = one.check(config.settings, config.now)
        if problem is None:
            return None
        return self._deviation(config, one.name, one.wanted, because=problem)

    def _check_number(self, text: str, config: Config) -> Deviation | None:
        number = whole_number(text)
        if number is None:
            return self._deviation(config, "number", "a number")
        if self.minimum is not None and number < self.minimum:
            return self._deviation(config, "minimum", self._at_least(self.minimum), self._raise(config))
        if self.maximum is not None and number > self.maximum:
            wanted = f"at most {show_setting(self.key, str(self.maximum))}"
            return self._deviation(config, "maximum", wanted, Fix("config", self.key, str(self.maximum)))
        if self.recommended is not None and number < self.recommended:
            return self._below_recommended(config, self.recommended)
        return None

    def _below_recommended(self, config: Config, recommended: int) -> Deviation:
        wanted = self._at_least(recommended)
        return self._deviation(config, "recommended", wanted, self._raise(config), severity="warning")

    @property
    def _floor(self) -> int | None:
        """The value to which a value that is too low is raised."""
        return self.minimum if self.recommended is None else self.recommended

    def _raise(self, config: Config) -> Fix | None:
        floor = self._floor
        # What the plugin does not declare cannot be raised; it can be set by a fix of the policy.
        is_raisable = floor is not None and (config.knows(self.key) or self.key in config.settings)
        return Fix("at_least", self.key, floor) if is_raisable else None

    def _at_least(self, number: int) -> str:
        return f"at least {show_setting(self.key, str(number))}"

    def _unknown(self, config: Config, why: str) -> Deviation:
        shown = show_setting(self.key, config.shown(self.key))
        message = f"{self.key} is {shown}: it cannot be checked, because {why}"
        return Deviation(
            "readable", self.key, config.shown(self.key), "a value that can be checked", "unknown", message
        )

    def _deviation(
        self,
        config: Config,
        rule: str,
        wanted: str,
        fix: Fix | None = None,
        *,
        severity: Severity | None = None,
        because: str = "",
    ) -> Deviation:
        severity = severity or self.severity
        if self.fix is not None:
            fix = Fix("config", self.key, self.fix)
        shown = config.shown(self.key)
        hides_secret = config.is_secret(self.key) or shown != config.effective(self.key)
        if hides_secret and fix is not None and fix.value is not None:
            # A policy holds no secrets, and no backup could bring back the one that the fix would replace.
            fix = None
        verb = "should" if severity == "warning" else "must"
        message = f"{self.key} is {show_setting(self.key, shown)}, but {verb} be {wanted}"
        if because:
            message += f": {because}"
        return Deviation(rule, self.key, shown, wanted, severity, message, fix=fix)
