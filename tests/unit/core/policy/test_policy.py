# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy as a user writes it: what it means, and the one sentence for each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.policies import BUILT_IN_POLICIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import Policy, read_policy
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

ORDERS: dict[str, Any] = {"connector_class": "OrdersSource", "settings": {"batch.size": {"maximum": 5}}}
NO_DURATION = "is not a duration: write a number with ms, s, m, h or d, such as 60m."


def read(data: Any) -> Policy:
    return read_policy(data, BUILT_IN_POLICIES)


def connector(plugin_class: str, **settings: str) -> Connector:
    return Connector("c", "source", "RUNNING", "w:1", (), {"connector.class": plugin_class, **settings})


def class_of(policy: Policy, of: Connector) -> str | None:
    found = policy.class_of(of)
    return None if found is None else found.name


STRIPE = connector("com.example.StripeSourceConnector", **{"stripe.report.types": "a.1"})


def test_without_a_policy_the_rules_that_are_built_in_hold() -> None:
    policy = read({})
    assert class_of(policy, STRIPE) == "stripe_reporting"
    assert class_of(policy, connector("OrdersSource")) is None
    (stripe,) = policy.classes
    assert stripe.topics is not None
    assert {rule.key for rule in stripe.rules} == {
        "stripe.report.max.wait.ms",
        "max.report.interval.days",
        "stripe.report.initial.load.dates",
        "poll.cron",
        "tasks.max",
    }


def test_a_class_of_the_users_own_comes_first() -> None:
    own = {**ORDERS, "connector_class": ["OrdersSource", "StripeSourceConnector"]}
    policy = read({"ours": own})
    assert class_of(policy, STRIPE) == "ours"
    assert class_of(policy, connector("com.example.OrdersSourceConnector")) == "ours"
    assert [one.is_built_in for one in policy.classes] == [False, True]


def test_a_setting_that_is_named_has_the_users_rules_and_the_others_keep_theirs() -> None:
    policy = read(
        {
            "stripe_reporting": {
                "settings": {
                    "stripe.report.max.wait.ms": {"minimum": "90m"},
                    "tasks.max": {"check": False},
                    "batch.size": {"minimum": 5},
                },
                "topics": {"check": False},
            }
        }
    )
    (stripe,) = policy.classes
    rules = {rule.key: rule for rule in stripe.rules}
    wait = rules["stripe.report.max.wait.ms"]
    assert (wait.minimum, wait.recommended) == (5_400_000, None)
    assert "tasks.max" not in rules
    assert {"batch.size", "poll.cron"} <= set(rules)
    assert stripe.topics is None


def test_a_class_that_is_built_in_can_be_turned_off() -> None:
    assert read({"stripe_reporting": {"check": False}}).classes == ()


def rule(**parts: Any) -> dict[str, Any]:
    return {"orders": {**ORDERS, "settings": {"wait.ms": parts}}}


@pytest.mark.parametrize(
    "data, sentence",
    [
        ([], "policy: [] is not a map: write the name of a class of connectors and its rules."),
        ({1: {}}, "policy: 1 is not a name: write a text."),
        (
            {"stripe_reportng": {"settings": {"tasks.max": {"allowed": [1]}}}},
            'policy.stripe_reportng: connector_class is missing: did you mean "stripe_reporting"?',
        ),
        (
            {"orders": {"settings": {"a": {"required": True}}}},
            "policy.orders: connector_class is missing: write the class, or the classes, to which these rules apply.",
        ),
        ({"orders": None}, "policy.orders: null is not a map: its keys are connector_class, settings and topics."),
        (
            {"orders": {**ORDERS, "setting": {}}},
            'policy.orders: "setting" is not known here: did you mean "settings"?',
        ),
        (
            {"orders": {**ORDERS, "topics": {"compact": True}}},
            'policy.orders.topics: "compact" is not known here: did you mean "compacted"?',
        ),
        (
            {"orders": {"connector_class": "A"}},
            "policy.orders: settings is missing or empty, so nothing would be checked: add a rule.",
        ),
        ({"orders": {**ORDERS, "connector_class": []}}, "policy.orders: connector_class is []: write a list of texts."),
        ({"orders": {**ORDERS, "connector_class": ""}}, 'policy.orders: connector_class is "": write a text.'),
        (
            {"stripe_reporting": {"chek": False}},
            'policy.stripe_reporting: "chek" is not known here: did you mean "check"?',
        ),
        ({"stripe_reporting": {"check": "no"}}, 'policy.stripe_reporting: check is "no": write true or false.'),
        (
            {"stripe_reporting": {"topics": {"minimum_retention": "long"}}},
            f"policy.stripe_reporting.topics.minimum_retention: 'long' {NO_DURATION}",
        ),
        (
            {"stripe_reporting": {"topics": {"compact": True}}},
            'policy.stripe_reporting.topics: "compact" is not known here: did you mean "compacted"?',
        ),
        (
            {"stripe_reporting": {"settings": {"poll.cron": {"format": "cron"}}}},
            'policy.stripe_reporting.settings.poll.cron: format "cron" is not known: there are initial_load_dates, quartz_cron.',
        ),
        (rule(minimun="5m"), 'policy.orders.settings.wait.ms: "minimun" is not known here: did you mean "minimum"?'),
        (
            rule(minimum="5 minutes"),
            f"policy.orders.settings.wait.ms.minimum: '5 minutes' {NO_DURATION}",
        ),
        (rule(allowed=5), "policy.orders.settings.wait.ms: allowed is not a list of values: write one, such as [1]."),
        (rule(required="yes"), 'policy.orders.settings.wait.ms: required is "yes": write true or false.'),
        (
            rule(pattern="("),
            (
                "policy.orders.settings.wait.ms: pattern ( is not a regular expression (missing ), unterminated subpattern at"
                " position 0): correct it."
            ),
        ),
        (rule(format="x"), 'policy.orders.settings.wait.ms: format "x" is not known: this class has none.'),
        (
            rule(severity="bad", required=True),
            'policy.orders.settings.wait.ms: severity is "bad": write error or warning.',
        ),
        (
            rule(absent=True, required=True),
            "policy.orders.settings.wait.ms: absent cannot stand beside other rules: remove it, or remove the others.",
        ),
        (
            rule(minimum="5m", recommended="4m"),
            "policy.orders.settings.wait.ms: recommended is below minimum: raise it, or leave it out.",
        ),
        (
            rule(minimum="5m", maximum="4m"),
            "policy.orders.settings.wait.ms: maximum is below minimum or recommended: raise it, or leave it out.",
        ),
        (
            rule(maximum="5m", fix="400000"),
            (
                "policy.orders.settings.wait.ms: fix has a value that breaks this rule (wait.ms is 400000 (400 s), but must be"
                " at most 300000 (5 min)): correct it."
            ),
        ),
        (
            {"orders": {**ORDERS, "settings": {"db.password": {"required": True, "fix": "abc"}}}},
            "policy.orders.settings.db.password: fix is the value of a secret, which a policy must not contain: remove it.",
        ),
        (
            {"orders": {**ORDERS, "settings": {"name": {"required": True}}}},
            "policy.orders.settings.name: a policy cannot have a rule for this setting: remove it.",
        ),
    ],
)
def test_a_mistake_is_said_in_one_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.sentence == sentence


def test_a_rule_without_a_rule_is_refused() -> None:
    with pytest.raises(InputError, match=r"^policy\.orders\.settings\.wait\.ms: there is no rule: write minimum, "):
        read(rule(severity="warning"))
