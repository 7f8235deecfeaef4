# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deviations of a connector from the policy, and their fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args

# From good to bad.
Severity = Literal["warning", "unknown", "error"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Fix:
    """A change of one setting as the module connect_config takes it; ``option`` is its option. A ``value`` of None removes it."""

    option: Literal["config", "at_least"]
    key: str
    value: Union[str, int, None]


@dataclass(frozen=True)
class Deviation:
    """One setting of a connector, or of one of its topics, that breaks a rule.

    ``value``: as it may be shown, None where it is not set or not known. ``wanted`` and ``message`` are for people.
    ``topic``: None for a setting of the connector itself. ``fix``: None where a person must decide or act elsewhere.
    """

    rule: str
    setting: str
    value: str | None
    wanted: str
    severity: Severity
    message: str
    topic: str | None = None
    fix: Fix | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "setting": self.setting,
            "topic": self.topic,
            "value": self.value,
            "wanted": self.wanted,
            "severity": self.severity,
            "message": self.message,
            "fix": None if self.fix is None else {self.fix.option: {self.fix.key: self.fix.value}},
        }


@dataclass(frozen=True)
class Checked:
    """One connector after its check by the rules of ``of_class``. ``not_looked_at``: sentences, none if all was seen."""

    name: str
    of_class: str
    deviations: tuple[Deviation, ...]
    not_looked_at: tuple[str, ...] = ()

    @property
    def worst(self) -> Severity | None:
        """The worst severity, None without a deviation."""
        return max((one.severity for one in self.deviations), key=SEVERITIES.index, default=None)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        return tuple(one.fix for one in self.deviations if one.fix is not None)

    def as_data(self) -> dict[str, Any]:
        return {
            "class": self.of_class,
            "severity": self.worst,
            "deviations": [one.as_data() for one in self.deviations],
            "not_looked_at": list(self.not_looked_at),
        }


def fixes_together(checked: Iterable[Checked]) -> list[dict[str, Any]]:
    """The options for a call of connect_config as data, once for all connectors that need the same fix."""
    together: dict[tuple[Fix, ...], list[str]] = {}
    for one in checked:
        if one.fixes:
            together.setdefault(one.fixes, []).append(one.name)
    return [{"connectors": names, **_options(fixes)} for fixes, names in together.items()]


def _options(fixes: Iterable[Fix]) -> Mapping[str, dict[str, Any]]:
    options: dict[str, dict[str, Any]] = {"config": {}, "at_least": {}}
    for fix in fixes:
        options[fix.option][fix.key] = fix.value
    return options
