# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks a rule, with its severity and its fix: at most one deviation for each setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import (
    Checked,
    Deviation,
    Fix,
    fixes_together,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.given import Given
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.reading import read_rule
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Config
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.topics import TopicRule

KEY = "max.wait.ms"
DEFAULTS: Mapping[str, str | None] = {KEY: "300000", "mode": None, "tasks.max": "1"}


def checked(
    key: str, rule: Mapping[str, Any], *, secret_keys: frozenset[str] = frozenset(), **settings: str
) -> Deviation | None:
    """The deviation of a connector whose setting ``key`` has the value ``value``, if one is given, beside others."""
    config = {key if name == "value" else name: value for name, value in settings.items()}
    read = read_rule(key, Given(dict(rule), f"policy.orders.settings.{key}"), ())
    assert read is not None
    return read.check(Config(config, DEFAULTS, secret_keys, 0.0))


WAIT = {"minimum": "30m", "recommended": "60m", "maximum": "2h"}


@pytest.mark.parametrize(
    "value, rule, severity, fix",
    [
        ("1799999", "minimum", "error", Fix("at_least", KEY, 3_600_000)),
        ("-5", "minimum", "error", Fix("at_least", KEY, 3_600_000)),
        ("3599999", "recommended", "warning", Fix("at_least", KEY, 3_600_000)),
        ("7200001", "maximum", "error", Fix("config", KEY, "7200000")),
        ("soon", "number", "error", None),
        ("9" * 5000, "number", "error", None),
        ("${file:/run/s:wait}", "readable", "unknown", None),
        ("********", "readable", "unknown", None),
    ],
)
def test_a_number_out_of_bounds_deviates(value: str, rule: str, severity: str, fix: Fix | None) -> None:
    found = checked(KEY, WAIT, value=value)
    assert found is not None
    assert (found.rule, found.severity, found.fix) == (rule, severity, fix)


@pytest.mark.parametrize("value", ["3600000", "7200000", " 3600000 "])
def test_a_number_at_a_bound_keeps_the_rule(value: str) -> None:
    assert checked(KEY, WAIT, value=value) is None


def test_a_setting_that_is_not_in_the_config_counts_as_having_its_default() -> None:
    found = checked(KEY, {"minimum": "30m"})
    assert found is not None
    assert found.message == "max.wait.ms is 300000 (5 min), but must be at least 1800000 (30 min)"
    assert found.fix == Fix("at_least", KEY, 1_800_000)
    assert checked(KEY, {"minimum": "5m"}) is None


@pytest.mark.parametrize(
    "key, rule, value, broken, fix",
    [
        ("mode", {"required": True}, None, "required", None),
        ("mode", {"required": True}, " ", "required", None),
        ("mode", {"required": True, "fix": "all"}, None, "required", Fix("config", "mode", "all")),
        ("mode", {"required": True, "pattern": "[a-z]+"}, "A", "pattern", None),
        ("mode", {"pattern": "a"}, "ab", "pattern", None),
        ("mode", {"absent": True}, "a", "absent", Fix("config", "mode", None)),
        ("tasks.max", {"allowed": [1]}, "2", "allowed", Fix("config", "tasks.max", "1")),
        ("mode", {"allowed": ["a", "b"]}, "c", "allowed", None),
        ("mode", {"allowed": ["a", "b"], "fix": "b"}, "c", "allowed", Fix("config", "mode", "b")),
        ("mode", {"allowed": [True]}, "false", "allowed", Fix("config", "mode", "true")),
        ("mode", {"allowed": ["a"]}, "${env:MODE}", "readable", None),
        ("mode", {"pattern": "[a-z]+"}, "${env:MODE}", "readable", None),
        # What the connector does not know cannot be raised.
        ("unknown.ms", {"minimum": "5m"}, None, "minimum", None),
        ("unknown.ms", {"recommended": "5m"}, None, "recommended", None),
        ("unknown.ms", {"maximum": "5m"}, None, "readable", None),
    ],
)
def test_what_breaks_the_other_rules(
    key: str, rule: Mapping[str, Any], value: str | None, broken: str, fix: Fix | None
) -> None:
    found = checked(key, rule, **({} if value is None else {"value": value}))
    assert found is not None
    assert (found.rule, found.fix) == (broken, fix)


@pytest.mark.parametrize(
    "key, rule, value",
    [
        ("mode", {"absent": True}, None),
        ("mode", {"required": True, "pattern": "[a-z]+"}, "abc"),
        ("mode", {"pattern": "a"}, None),
        ("mode", {"allowed": ["${env:MODE}"]}, "${env:MODE}"),
        ("tasks.max", {"allowed": [1]}, None),
        ("tasks.max", {"allowed": [1, 2]}, "2"),
        ("password", {"pattern": r"\$\{.+\}"}, "${file:/run/s:password}"),
    ],
)
def test_what_keeps_them(key: str, rule: Mapping[str, Any], value: str | None) -> None:
    assert checked(key, rule, **({} if value is None else {"value": value})) is None


def test_a_secret_is_neither_shown_nor_written() -> None:
    secret = frozenset({"login"})
    found = checked("login", {"pattern": "x", "fix": "x"}, secret_keys=secret, value="s3cret-value")
    assert found is not None
    assert "s3cret" not in str(found.as_data())
    assert found.fix is None


@pytest.mark.parametrize(
    "key, value, beside",
    [
        ("api.token", "s3cret-value", {}),
        ("transforms.h.value.literal", "s3cret-value", {"transforms.h.header": "Cookie"}),
        ("connection.url", "jdbc:db://host/d?password=s3cret-value", {}),
    ],
)
def test_no_fix_replaces_a_secret_that_the_plugin_does_not_declare(
    key: str, value: str, beside: Mapping[str, str]
) -> None:
    found = checked(key, {"allowed": ["other"]}, value=value, **beside)
    assert found is not None
    assert "s3cret" not in str(found.as_data())
    assert (found.rule, found.fix) == ("allowed", None)


def test_a_rule_may_be_a_warning() -> None:
    found = checked("tasks.max", {"allowed": [1], "severity": "warning"}, value="2")
    assert found is not None
    assert (found.severity, found.message) == ("warning", "tasks.max is 2, but should be 1")


def test_connectors_that_need_the_same_are_changed_together() -> None:
    raised = Deviation("minimum", KEY, "1", "", "error", "", fix=Fix("at_least", KEY, 5))
    removed = Deviation("absent", "mode", "1", "", "error", "", fix=Fix("config", "mode", None))
    hopeless = Deviation("pattern", "mode", "1", "", "error", "")
    found = fixes_together(
        [
            Checked("a", "orders", (raised,)),
            Checked("b", "orders", (raised, removed)),
            Checked("c", "orders", (hopeless,)),
            Checked("d", "orders", (raised,)),
        ]
    )
    assert found == [
        {"connectors": ["a", "d"], "config": {}, "at_least": {KEY: 5}},
        {"connectors": ["b"], "config": {"mode": None}, "at_least": {KEY: 5}},
    ]


@pytest.mark.parametrize(
    "settings, rules",
    [
        ({"cleanup.policy": "delete", "retention.ms": "604800000"}, []),
        ({"cleanup.policy": "delete", "retention.ms": "-1"}, []),
        ({"cleanup.policy": "delete", "retention.ms": "604799999"}, ["topic_retention"]),
        ({"cleanup.policy": "compact", "retention.ms": "1"}, ["topic_compacted"]),
        ({"cleanup.policy": "compact,delete", "retention.ms": "1"}, ["topic_compacted", "topic_retention"]),
    ],
)
def test_a_topic_is_neither_compacted_nor_emptied_too_early(settings: Mapping[str, str], rules: list[str]) -> None:
    rule = TopicRule.read(Given({"compacted": False, "minimum_retention": "7d"}, "policy.orders.topics"))
    assert rule is not None
    found = list(rule.check("t", settings))
    assert [one.rule for one in found] == rules
    assert all(one.fix is None and one.topic == "t" for one in found)
