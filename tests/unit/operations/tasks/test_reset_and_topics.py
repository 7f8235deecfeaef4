# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset with access to Kafka: offsets that are written to their topic, and the topics that a connector delivers to."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import TargetTopic
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import changes, offset_reset
from unit.fake_topics import FakeTopics
from unit.operations.tasks.reset_task import (
    BEFORE,
    ORDERS,
    Task,
)

BROKERS = ["kafka-1:9092"]
UNBUILT = b'["c",{"b":"x","a":0}]'
HELD = Partition.of({"a": 0, "b": "x"})


@pytest.fixture
def topics(task: Task, monkeypatch: pytest.MonkeyPatch) -> FakeTopics:
    """The connector stores its only offset under a key that REST does not build."""
    found = FakeTopics({"offsets": 5}, {("offsets", 1, UNBUILT): b'{"id": 5}'})
    task.cluster.by_name["c"].offsets = {HELD: None}
    monkeypatch.setattr(offset_reset, "ConnectorTopics", lambda *_arguments: found)
    monkeypatch.setattr(changes, "find_workers", lambda *_arguments: frozenset())
    return found


def test_each_member_of_the_workers_group_is_asked_and_waited_for_where_one_does_not_answer(
    task: Task, topics: FakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = frozenset({"connect-1:8083", "connect-2:8083"})
    monkeypatch.setattr(changes, "find_workers", lambda *_arguments: members)
    evidence = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["evidence"]
    assert (evidence["workers_asked"], evidence["workers_may_be_missing"]) == (sorted(members), False)
    assert evidence["settled_seconds"] == 0
    task.cluster.worker_answers["connect-2:8083"] = [WorkerAnswer("unreachable", reason="refused")]
    topics.values["offsets", 1, UNBUILT] = b'{"id": 9}'
    evidence = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["evidence"]
    assert (evidence["workers_asked"], evidence["workers_not_reached"]) == (["connect-1:8083"], ["connect-2:8083"])
    assert evidence["settled_seconds"] == 10


def test_the_key_bytes_are_part_of_the_agreed_plan(task: Task, topics: FakeTopics) -> None:
    shown = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]["plan"]
    assert (shown["write_to"], topics.written) == ("topic", [])
    assert shown["offsets"][0]["topic_keys"] == [
        {"topic": "offsets", "topic_partition": 1, "key": UNBUILT.decode(), "before": '{"id": 5}'}
    ]
    agreed = {"kafka_bootstrap_servers": BROKERS, "plan_id": shown["id"]}
    topics.values["offsets", 2, UNBUILT] = b'{"id": 5}'
    with pytest.raises(RecoveryError, match="does not fit what is there now"):
        task(**agreed)
    del topics.values["offsets", 2, UNBUILT]
    task.cluster.by_name["c"].on_stopped = lambda: topics.values.update({("offsets", 2, UNBUILT): b'{"id": 5}'})
    with pytest.raises(RecoveryError, match="does not fit any more: the offsets are stored under other keys"):
        task(**agreed)
    task.cluster.by_name["c"].on_stopped = None
    del topics.values["offsets", 2, UNBUILT]
    done = task(**agreed).result["connectors"]["c"]
    assert topics.values == {("offsets", 1, UNBUILT): b'{"id":1}'}
    assert (done["plan"], done["evidence"]["offsets_kept"]) == (shown, 1)
    assert "alter_offsets" not in task.cluster.writes
    (record,) = json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))["topic_records"]
    assert (record["key"], record["value"]) == (UNBUILT.decode(), '{"id": 5}')


def test_a_key_that_moved_while_the_connector_was_being_stopped_is_planned_again(
    task: Task, topics: FakeTopics
) -> None:
    """The newest offset is the same, under another key."""
    other = b'["c",{"b": "x","a":0}]'
    task.cluster.by_name["c"].on_stopped = lambda: topics.values.update({("offsets", 3, other): b'{"id": 5}'})
    task(kafka_bootstrap_servers=BROKERS)
    assert topics.values == {("offsets", 1, UNBUILT): b'{"id":1}', ("offsets", 3, other): b'{"id":1}'}


class Targets:
    """The topics that the connector delivers to, as the brokers have them."""

    def __init__(self, *topics: TargetTopic) -> None:
        self.topics = topics
        self.fault: RecoveryError | None = None

    def look(self, topics: Sequence[str]) -> tuple[TargetTopic, ...]:
        assert topics == ("payouts",)
        if self.fault is not None:
            raise self.fault
        return self.topics


@pytest.fixture
def targets(task: Task, topics: FakeTopics, monkeypatch: pytest.MonkeyPatch) -> Targets:
    found = Targets(TargetTopic("payouts", True, (TopicEnd("payouts", 0, 7),), "compact", groups=("billing",)))
    monkeypatch.setattr(offset_reset, "BrokerTopics", lambda *_arguments: found)
    monkeypatch.setattr(
        Profiles, "delivery", lambda *_arguments: Delivery(topics={"any": "payouts"}, needs_keyless=True)
    )
    return found


def test_what_reads_the_topics_is_shown_beside_the_plan_and_counts_for_no_id(task: Task, targets: Targets) -> None:
    shown = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result
    one = shown["connectors"]["c"]
    assert one["preflight"]["topics"][0]["groups"] == ["billing"]
    assert "    payouts: compacted, read by billing" in shown["preview"]
    assert any(line.startswith("  Note: payouts is compacted") for line in shown["preview"])
    # Another group comes, and the plan that was agreed to is the same one.
    targets.topics = (replace(targets.topics[0], groups=("billing", "search")),)
    done = task(kafka_bootstrap_servers=BROKERS, plan_id=one["plan"]["id"]).result["connectors"]["c"]
    assert done["plan"] == one["plan"]
    backup = json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))
    assert backup["target_ends"] == [{"topic": "payouts", "topic_partition": 0, "end": 7}]


@pytest.mark.parametrize("tracked", [("payouts",), (), None])
def test_the_topics_of_any_class_are_those_that_the_workers_have_seen(
    task: Task, targets: Targets, monkeypatch: pytest.MonkeyPatch, tracked: tuple[str, ...] | None
) -> None:
    monkeypatch.setattr(Profiles, "delivery", lambda *_arguments: Delivery())
    task.cluster.by_name["c"].topics = tracked
    one = task(check_mode=True, kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]
    if not tracked:
        assert one["preflight"] is None
        return
    assert [topic["topic"] for topic in one["preflight"]["topics"]] == ["payouts"]
    # Its records have keys, so compaction is no danger; what it reads again is not known.
    (warning,) = one["preflight"]["warnings"]
    assert warning.startswith("It is not known what is read twice")
    assert "billing may see records twice" in warning


def test_topics_that_cannot_be_looked_at_are_a_warning_and_hold_nothing_up(task: Task, targets: Targets) -> None:
    targets.fault = KafkaFailed("This client is not allowed to read it.")
    outcome = task(kafka_bootstrap_servers=BROKERS)
    said = "The topics that connector 'c' delivers to were not looked at: This client is not allowed to read it."
    assert said in outcome.warnings
    done = outcome.result["connectors"]["c"]
    assert done["preflight"] is None
    assert "target_ends" not in json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))


def test_the_topics_of_a_connector_that_writes_to_another_kafka_are_not_looked_for_here(
    task: Task, targets: Targets
) -> None:
    task.cluster.by_name["c"].config["producer.override.bootstrap.servers"] = "other:9092"
    task.cluster.by_name["c"].offsets = dict(BEFORE)
    assert (
        task(check_mode=True, kafka_bootstrap_servers=BROKERS, write_to="rest").result["connectors"]["c"]["preflight"]
        is None
    )


def test_a_topic_that_may_not_be_written_is_refused_before_the_stop(task: Task, topics: FakeTopics) -> None:
    topics.denied = frozenset({"offsets"})
    for check_mode in (True, False):
        with pytest.raises(RecoveryError, match="not allowed to write to offsets"):
            task(check_mode=check_mode, kafka_bootstrap_servers=BROKERS)
    assert task.cluster.writes == []


@pytest.mark.parametrize(
    "verbs, options, words",
    [
        ({"GET"}, {}, "cannot change offsets over REST: it needs Kafka 3.6. Set kafka_bootstrap_servers (the variable"),
        ({"GET"}, {"kafka_bootstrap_servers": BROKERS, "write_to": "rest"}, "and leave write_to at auto, so that they"),
        (
            set(),
            {"kafka_bootstrap_servers": BROKERS},
            "has no state STOPPED (it needs Kafka 3.5), so its offsets cannot",
        ),
        ({"GET", "PATCH"}, {"write_to": "topic"}, "write_to is topic without kafka_bootstrap_servers: set"),
        ({"GET", "PATCH"}, {}, "set kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers)"),
        (
            {"GET", "PATCH"},
            {"kafka_bootstrap_servers": BROKERS, "write_to": "rest"},
            "leave write_to at auto, so that it is written to the offsets topic",
        ),
    ],
)
def test_where_offsets_cannot_be_written_the_sentence_says_what_to_set(
    task: Task, topics: FakeTopics, verbs: set[str], options: dict[str, Any], words: str
) -> None:
    task.cluster.verbs["offsets"] = verbs
    with pytest.raises(RecoveryError, match=re.escape(words)):
        task(**options)
    assert (task.cluster.writes, topics.written) == ([], [])


def test_a_connect_that_cannot_change_offsets_leaves_them_all_to_the_topic(task: Task, topics: FakeTopics) -> None:
    task.cluster.verbs["offsets"] = {"GET"}
    rest_key = b'["c",{"table":"orders"}]'
    topics.values = {("offsets", 0, rest_key): b'{"id":5}'}
    task.cluster.by_name["c"].offsets = {ORDERS: {"id": 1}}
    done = task(kafka_bootstrap_servers=BROKERS).result["connectors"]["c"]
    assert topics.values == {("offsets", 0, rest_key): b'{"id":1}'}
    assert done["plan"]["write_to"] == "topic"
    assert "alter_offsets" not in task.cluster.writes
