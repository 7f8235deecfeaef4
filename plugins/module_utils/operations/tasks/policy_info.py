# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing the settings of connectors, and of their topics, with the policy of the fleet. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.policies import BUILT_IN_POLICIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import (
    Checked,
    Deviation,
    fixes_together,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import (
    ClassPolicy,
    Policy,
    read_policy,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Config
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.text import policy_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import OTHER_CLUSTER
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_snapshot,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import Say, side_by_side
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.policy import PolicyOptions

_MOST_AT_ONCE = 8

TopicSettings = Mapping[str, Mapping[str, Union[str, None]]]


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Compare all named connectors with the policy. Raises RecoveryError where the cluster cannot be read."""
    options, kafka = PolicyOptions.read(params), KafkaOptions.read(params)
    # What is wrong with the policy is said before anything is asked.
    policy = read_policy(options.policy, BUILT_IN_POLICIES)
    with ConnectClient(ConnectOptions.read(params)) as client:
        return check_policy(client, options, kafka, policy, context)


def check_policy(
    cluster: Cluster, options: PolicyOptions, kafka: KafkaOptions | None, policy: Policy, context: TaskContext
) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    snapshot = read_snapshot(cluster, options.connectors or cluster.names(), context.now, with_offsets=False)
    now, warnings = workers_now(cluster, context.now)
    planned = options.planned if context.check_mode else {}
    connectors = {one.name: _as_planned(one, planned) for one in snapshot.connectors}
    of_class = {name: of for name, one in connectors.items() if (of := policy.class_of(one)) is not None}
    of_no_class = [name for name in connectors if name not in of_class]
    if options.connectors and of_no_class:
        one = connectors[of_no_class[0]]
        raise InputError(
            f"Connector '{one.name}' is of no class of the policy ({one.connector_class}): add its class to the policy, or do not"
            " name the connector."
        )
    written = {name: _topics_of(cluster, connectors[name], of) for name, of in of_class.items()} if kafka else {}
    topics = _Topics.read(kafka, snapshot.cluster_id, written)

    def check(name: str, _say: Say) -> Checked:
        return _check(cluster, connectors[name], of_class[name], topics, now)

    found = side_by_side(list(of_class), check, at_once=_MOST_AT_ONCE)
    checked = [one if isinstance(one, Checked) else _unread(name, of_class[name], one) for name, one in found.items()]
    by_class = {one.name: [name for name, of in of_class.items() if of is one] for one in policy.classes}
    result = {
        "changed": False,
        "connectors": {one.name: one.as_data() for one in checked},
        "classes": by_class,
        "unmatched": [one.name for one in policy.classes if not one.is_built_in and not by_class[one.name]],
        "of_no_class": of_no_class,
        "fixes": fixes_together(checked),
        "preview": policy_lines(options.cluster_label, checked, by_class, of_no_class),
    }
    return Outcome(result, list(warnings))


def _as_planned(connector: Connector, planned: Mapping[str, Any]) -> Connector:
    """The connector with the settings that connect_config would write."""
    changes = {one["key"]: one["after"] for one in planned.get(connector.name, {}).get("settings") or ()}
    config = {key: value for key, value in {**connector.config, **changes}.items() if value is not None}
    return replace(connector, config=config)


def _check(cluster: Cluster, connector: Connector, of: ClassPolicy, topics: _Topics, now: float) -> Checked:
    validation = cluster.validate(connector.connector_class, connector.config)
    cluster.hide(secret_values(connector.config, validation.secret_keys))
    config = Config(connector.config, validation.defaults, validation.secret_keys, now)
    deviations = [found for rule in of.rules if (found := rule.check(config)) is not None]
    deviations += topics.check(connector, of)
    return Checked(connector.name, of.name, tuple(deviations), tuple(topics.not_looked_at(connector, of)))


def _unread(name: str, of: ClassPolicy, error: RecoveryError) -> Checked:
    """A connector that Connect says nothing about must neither hide the others nor count as one that keeps the policy."""
    wanted = "a connector that can be read"
    return Checked(name, of.name, (Deviation("readable", "", None, wanted, "unknown", error.sentence.rstrip(".")),))


@dataclass(frozen=True)
class _Topics:
    """The settings of the topics that connectors write to. ``settings`` None: without access to Kafka, or for ``problem``.

    ``written``: by connector, the topics to look at; None where the workers do not show them.
    """

    settings: TopicSettings | None
    problem: str | None = None
    written: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)

    @classmethod
    def read(
        cls, options: KafkaOptions | None, cluster_id: str, written: Mapping[str, tuple[str, ...] | None]
    ) -> _Topics:
        wanted = {topic for topics in written.values() for topic in topics or ()}
        if options is None:
            return cls(None)
        if not wanted:
            return cls({}, None, written)
        try:
            with KafkaClient(options) as kafka:
                if cluster_id and kafka.cluster_id != cluster_id:
                    return cls(
                        None,
                        f"Kafka at {options.brokers} has the cluster id {kafka.cluster_id}, and Connect's workers use the "
                        f"Kafka cluster with the id {cluster_id}: set kafka_bootstrap_servers to the brokers behind Connect",
                        written,
                    )
                return cls(kafka.topic_settings(sorted(wanted)), None, written)
        except KafkaFailed as failure:
            return cls(None, failure.sentence.rstrip("."), written)

    def check(self, connector: Connector, of: ClassPolicy) -> Iterator[Deviation]:
        topics = self.written.get(connector.name) or ()
        if topics and self.problem is not None:
            wanted = "topics that can be read"
            yield Deviation("readable", "", None, wanted, "unknown", self.problem)
        if of.topics is not None and self.settings is not None:
            for topic in topics:
                if topic in self.settings:
                    yield from of.topics.check(topic, self.settings[topic])

    def not_looked_at(self, connector: Connector, of: ClassPolicy) -> Iterator[str]:
        """A sentence for each topic, or for all topics, about which nothing is known for a good reason."""
        if of.topics is None or self.problem is not None:
            return
        if connector.config.get(OTHER_CLUSTER):
            yield f"its topics, which are on other brokers ({OTHER_CLUSTER})."
        elif self.settings is None:
            yield "its topics, because kafka_bootstrap_servers is not set."
        elif self.written[connector.name] is None:
            yield "its topics, because the workers do not track which ones it writes to (topic.tracking.enable)."
        else:
            for topic in self.written[connector.name] or ():
                if topic not in self.settings:
                    yield f"the topic {topic}, which does not exist (yet)."


def _topics_of(cluster: Cluster, connector: Connector, of: ClassPolicy) -> tuple[str, ...] | None:
    """The topics of a connector to look at; None if the workers do not return them."""
    if of.topics is None or connector.config.get(OTHER_CLUSTER):
        return ()
    return cluster.active_topics(connector.name) if of.topics_of is None else of.topics_of(connector.config)
