# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing connectors with a policy as a task: who is checked, what is not looked at, one connector's trouble."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.policies import BUILT_IN_POLICIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import read_policy
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import policy_info
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.policy_info import check_policy, run
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_POLICY_INFO
from ansible_collections.connectops.recovery.plugins.module_utils.options.policy import PolicyOptions
from unit.connectors.stripe_reporting.cases import NOW
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

KEY = "max.wait.ms"
POLICY = {"orders": {"connector_class": "Orders", "settings": {KEY: {"minimum": "5m"}}}}
SECRET = "sk_live_51abcdef"
UNTRACKED = "its topics, because the workers do not track which ones it writes to (topic.tracking.enable)."


class NoTopics:
    """Brokers without any topic."""

    cluster_id = "kafka-1"

    def __init__(self, *_arguments: object) -> None:
        """Nothing to connect to."""

    def __enter__(self) -> NoTopics:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing to end."""

    def topic_settings(self, _topics: object) -> dict[str, dict[str, str | None]]:
        return {}


def checked(**options: Any) -> dict[str, Any]:
    given = {"connect_url": ["http://connect-1:8083"], "policy": POLICY, **options}
    result = ArgumentSpecValidator(CONNECT_POLICY_INFO).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


def look(cluster: FakeCluster, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    read = PolicyOptions.read(checked(**options))
    policy = read_policy(read.policy, BUILT_IN_POLICIES)
    return check_policy(cluster, read, None, policy, TaskContext(check_mode, NOW, sleep=cluster.sleep)).result


@pytest.fixture
def cluster() -> FakeCluster:
    orders = {"connector.class": "Orders", "db.password": SECRET}
    cluster = FakeCluster(
        FakeConnector("low", {**orders, KEY: "1000"}),
        FakeConnector("good", {**orders, KEY: "300000"}),
        FakeConnector("other", {"connector.class": "Payments"}),
    )
    cluster.defaults = {KEY: "1000"}
    return cluster


def test_all_connectors_of_a_class_are_checked_and_nothing_is_written(cluster: FakeCluster) -> None:
    result = look(cluster)
    assert {name: one["severity"] for name, one in result["connectors"].items()} == {"good": None, "low": "error"}
    assert result["of_no_class"] == ["other"]
    assert result["classes"] == {"orders": ["good", "low"], "stripe_reporting": []}
    assert result["fixes"] == [{"connectors": ["low"], "config": {}, "at_least": {KEY: 300_000}}]
    assert result["unmatched"] == []
    assert cluster.writes == []
    assert SECRET not in json.dumps(result)


def test_the_result_for_a_person(cluster: FakeCluster) -> None:
    assert look(cluster, cluster_label="eu-1")["preview"] == [
        "eu-1  good  orders  complies with the policy",
        "",
        "eu-1  low  orders  1 deviation",
        "  error: max.wait.ms is 1000 (1 s), but must be at least 300000 (5 min).",
        "    fix: raise it to 300000 (5 min)",
        "",
        "eu-1: no connector is of the class stripe_reporting.",
        "eu-1: not checked, because no class of the policy fits: other.",
        "eu-1: 2 connectors checked, 1 deviates from the policy.",
    ]


def test_settings_that_would_be_written_count_as_written_in_check_mode_only(cluster: FakeCluster) -> None:
    planned = {"low": {"changed": True, "settings": [{"key": KEY, "before": "1000", "after": "300000"}]}}
    assert look(cluster, planned=planned, check_mode=True)["connectors"]["low"]["deviations"] == []
    assert look(cluster, planned=planned)["connectors"]["low"]["severity"] == "error"


def test_a_class_of_the_users_own_that_no_connector_has_is_told(cluster: FakeCluster) -> None:
    policy = {"payments": {"connector_class": "Paymnets", "settings": {KEY: {"minimum": "5m"}}}}
    assert look(cluster, policy=policy)["unmatched"] == ["payments"]


def test_a_named_connector_that_no_rule_holds_for_is_refused(cluster: FakeCluster) -> None:
    with pytest.raises(InputError) as caught:
        look(cluster, connectors=["low", "other"])
    assert caught.value.sentence == (
        "Connector 'other' is of no class of the policy (Payments): add its class to the policy, or do not name the connector."
    )


def test_the_trouble_of_one_connector_is_its_own_and_no_success(cluster: FakeCluster) -> None:
    cluster.next_faults["validate"] = [Fault(ConnectError("The plugin of it is not installed."))]
    first, second = look(cluster)["connectors"].values()
    troubled, judged = (first, second) if first["severity"] == "unknown" else (second, first)
    assert [one["message"] for one in troubled["deviations"]] == ["The plugin of it is not installed"]
    assert judged["severity"] in (None, "error")


def test_a_mistake_in_the_policy_is_refused_before_anything_is_read() -> None:
    policy = {"orders": {**POLICY["orders"], "setings": {}}}
    # The discard port: nothing listens there.
    with pytest.raises(InputError, match=r'^policy\.orders: "setings" is not known here: did you mean "settings"\?$'):
        run(checked(connect_url=["http://127.0.0.1:9"], policy=policy), TaskContext(False, NOW))


@pytest.mark.parametrize(
    "tracked, why", [(("orders",), "the topic orders, which does not exist (yet)."), (None, UNTRACKED)]
)
def test_the_topics_of_a_class_of_the_users_are_those_that_the_workers_have_seen(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, tracked: tuple[str, ...] | None, why: str
) -> None:
    monkeypatch.setattr(policy_info, "KafkaClient", NoTopics)
    cluster.by_name["good"].topics = tracked
    policy = {"orders": {"connector_class": "Orders", "topics": {"minimum_retention": "1d"}}}
    options = PolicyOptions.read(checked(policy=policy, connectors=["good"]))
    kafka = KafkaOptions.read({**checked(), "kafka_bootstrap_servers": ["b:9092"]})
    found = check_policy(
        cluster, options, kafka, read_policy(policy, BUILT_IN_POLICIES), TaskContext(False, NOW, sleep=cluster.sleep)
    )
    (one,) = found.result["connectors"].values()
    assert (one["deviations"], one["not_looked_at"]) == ([], [why])


STRIPE = {
    "connector.class": "StripeSourceConnector",
    "stripe.report.types": "a.1",
    "stripe.report.initial.load.dates": "a.1:2026-01-01",
    "stripe.report.max.wait.ms": "3600000",
}


@pytest.mark.parametrize(
    "settings, why",
    [
        ({}, "its topics, because kafka_bootstrap_servers is not set."),
        (
            {"producer.override.bootstrap.servers": "b:9092"},
            "its topics, which are on other brokers (producer.override.bootstrap.servers).",
        ),
    ],
)
def test_topics_that_cannot_be_looked_at_are_told_and_break_no_rule(settings: dict[str, str], why: str) -> None:
    cluster = FakeCluster(FakeConnector("s", {**STRIPE, **settings}))
    cluster.defaults = {"max.report.interval.days": "30", "tasks.max": "1"}
    (one,) = look(cluster, policy={})["connectors"].values()
    assert (one["severity"], one["not_looked_at"]) == (None, [why])
