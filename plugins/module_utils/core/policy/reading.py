# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the rule of one setting from YAML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import Severity
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.given import Given
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Config, Format, SettingRule
from ansible_collections.connectops.recovery.plugins.module_utils.core.secret_keys import is_secret_by_name
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import as_floor, as_number, as_setting
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean

_PARTS = ("minimum", "recommended", "maximum", "allowed", "required", "pattern", "absent", "format")
_KEYS = ("check", *_PARTS, "fix", "severity")
# Of every connector; to change one is not a matter of a policy.
_NOT_SETTINGS = frozenset({HOLD_KEY, "connector.class", "name"})


def read_rule(key: str, given: Given, formats: Sequence[Format]) -> SettingRule | None:
    """The rule of the setting ``key``; None where it is turned off. Raises InputError."""
    given.only(*_KEYS)
    if key in _NOT_SETTINGS:
        raise given.wrong("a policy cannot have a rule for this setting: remove it.")
    if not given.truth("check", default=True):
        return None
    if not any(given.has(part) for part in _PARTS):
        raise given.wrong(
            f"there is no rule: write {', '.join(_PARTS[:-2])} or absent, or check: false to turn it off."
        )
    rule = SettingRule(
        key=key,
        minimum=_floor(given, "minimum", key),
        recommended=_floor(given, "recommended", key),
        maximum=as_number(given.data["maximum"], key, f"{given.where}.maximum") if given.has("maximum") else None,
        allowed=_allowed(given, key),
        required=given.truth("required"),
        pattern=_pattern(given),
        absent=given.truth("absent"),
        format=_format(given, formats),
        fix=_fix(given, key),
        severity=_severity(given),
    )
    _refuse_contradictions(rule, given)
    return rule


def _floor(given: Given, part: str, key: str) -> int | None:
    return as_floor(given.data[part], key, f"{given.where}.{part}") if given.has(part) else None


def _allowed(given: Given, key: str) -> tuple[str, ...] | None:
    if not given.has("allowed"):
        return None
    values = given.data["allowed"]
    if not isinstance(values, list) or not values or any(isinstance(one, (list, dict)) for one in values):
        raise given.wrong("allowed is not a list of values: write one, such as [1].")
    return tuple(str(as_setting(one, key)) for one in values if one is not None)


def _pattern(given: Given) -> str | None:
    if not given.has("pattern"):
        return None
    pattern = given.text("pattern")
    try:
        re.compile(pattern)
    except re.error as error:
        raise given.wrong(f"pattern {pattern} is not a regular expression ({error}): correct it.") from None
    return pattern


def _format(given: Given, formats: Sequence[Format]) -> Format | None:
    if not given.has("format"):
        return None
    name = given.text("format")
    known = {one.name: one for one in formats}
    if name not in known:
        there_are = f"there are {', '.join(known)}." if known else "this class has none."
        raise given.wrong(f'format "{name}" is not known: {did_you_mean(name, known, there_are, limit=1)}')
    return known[name]


def _fix(given: Given, key: str) -> str | None:
    if not given.has("fix"):
        return None
    if is_secret_by_name(key):
        raise given.wrong("fix is the value of a secret, which a policy must not contain: remove it.")
    return as_setting(given.data["fix"], key)


def _severity(given: Given) -> Severity:
    severity = given.text("severity") if given.has("severity") else "error"
    if severity == "error":
        return "error"
    if severity == "warning":
        return "warning"
    raise given.wrong(f'severity is "{severity}": write error or warning.')


def _refuse_contradictions(rule: SettingRule, given: Given) -> None:
    if rule.absent and any(given.has(part) for part in (*_PARTS, "fix") if part != "absent"):
        raise given.wrong("absent cannot stand beside other rules: remove it, or remove the others.")
    if rule.minimum is not None and rule.recommended is not None and rule.recommended < rule.minimum:
        raise given.wrong("recommended is below minimum: raise it, or leave it out.")
    floor = rule.recommended or rule.minimum
    if rule.maximum is not None and floor is not None and rule.maximum < floor:
        raise given.wrong("maximum is below minimum or recommended: raise it, or leave it out.")
    if rule.fix is not None:
        broken = rule.check(Config({rule.key: rule.fix}, {rule.key: None}, frozenset(), 0.0))
        if broken is not None and rule.format is None:
            raise given.wrong(f"fix has a value that breaks this rule ({broken.message}): correct it.")
