# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Offsets that REST cannot address are written to the offsets topic, and the connector continues from there.

The lab's connector with ``lab.partition.map=linked`` builds its keys with a LinkedHashMap, in an order that REST never builds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.partitioner import (
    topic_partition_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import ConnectorTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import Message, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from integration.recovery.tasks import (
    CAIRO,
    PST,
    Tasks,
    Written,
    failed,
    initial_load,
    partition,
    succeeded,
    unfinished,
)
from lab import Lab, await_condition
from lab.broker import secured_broker
from lab.days import MIDNIGHT, ago
from lab.kafka_security import PASSWORDS
from lab.scenarios import REPORT_TYPE
from lab.scenarios import finished as finished_offset
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

LOAD_DAYS = 4
TARGET = str(ago(2))
FINISHED = finished_offset(0, 0)
TOPIC_PARTITIONS = 5


def key_of(name: str, zone: str, *, linked: bool = True) -> bytes:
    """The key as the connector writes it with a LinkedHashMap, or with a HashMap, as REST does."""
    fields = {"report_type": REPORT_TYPE, "timezone": zone}
    ordered = fields if linked else dict(reversed(fields.items()))
    return json.dumps([name, ordered], separators=(",", ":")).encode()


def kafka(lab: Lab, **more: Any) -> dict[str, Any]:
    return {"kafka_bootstrap_servers": [lab.bootstrap_servers], **more}


def create(trial: Trial, *zones: str, **settings: Any) -> None:
    for zone in zones:
        trial.account(zone)
    trial.create(settings={"lab.partition.map": "linked", **initial_load(LOAD_DAYS), **settings})


def stored(lab: Lab, name: str, topic: str) -> dict[bytes, tuple[int, Any]]:
    """Topic partition and offset of each key of a connector, read without Connect and without the collection."""
    head = f'["{name}",'.encode()
    last: dict[bytes, Message] = {
        one.key(): one for one in lab.broker.messages(topic) if (one.key() or b"").startswith(head)
    }
    return {key: (one.partition(), one.value() and json.loads(one.value())) for key, one in last.items()}


def offsets(lab: Lab, name: str, topic: str) -> dict[bytes, Any]:
    return {key: offset for key, (_number, offset) in stored(lab, name, topic).items()}


def await_finished(lab: Lab, trial: Trial, topic: str) -> None:
    """Wait until the connector has stored under its own keys that all is delivered."""
    expected = {key_of(trial.name, zone): FINISHED for zone in trial.accounts}
    await_condition(lambda: lab.broker.has_topic(topic), f"the topic {topic}")
    await_condition(
        lambda: offsets(lab, trial.name, topic) == expected,
        lambda: f"{expected} in {topic}; it has {offsets(lab, trial.name, topic)}",
    )


def write(lab: Lab, topic: str, key: bytes, offset: Any, number: int = -1) -> None:
    producer = Producer({"bootstrap.servers": lab.bootstrap_servers, "partitioner": "murmur2_random"})
    producer.produce(topic, key=key, value=json.dumps(offset), partition=number)
    assert producer.flush(120) == 0


def await_delivered_again(trial: Trial, zone: str) -> None:
    """Wait until the connector has delivered once more what is between TARGET and the end, and nothing else."""
    expected = [*trial.expected(zone, ago(LOAD_DAYS), MIDNIGHT), *trial.expected(zone, int(TARGET), MIDNIGHT)]
    await_condition(lambda: len(trial.delivered(zone)) >= len(expected), f"the rows of {zone} once more")
    trial.await_polls(2)
    assert trial.delivered(zone) == expected


def test_the_connector_continues_from_what_was_written_under_its_own_keys(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    topic = lab.connect.offsets_topic
    create(trial, CAIRO, PST)
    await_finished(lab, trial, topic)
    before = stored(lab, trial.name, topic)
    assert all(entry["offset"] is None for entry in lab.connect.offsets(trial.name)), "as REST shows them"
    preview = succeeded(tasks.reset(check_mode=True, strategy="timestamp", timestamp=TARGET, **kafka(lab)))
    assert "(written to the topic, 2 keys)" in " ".join(" ".join(preview["preview"]).split())
    done = tasks.previewed_reset(strategy="timestamp", timestamp=TARGET, **kafka(lab))
    assert done["plan"]["write_to"] == "topic"
    for zone in (CAIRO, PST):
        await_delivered_again(trial, zone)
    await_finished(lab, trial, topic)
    after = stored(lab, trial.name, topic)
    assert after == before, "the same keys in the same topic partitions"
    backup = json.loads(Path(done["backup_file"]).read_text(encoding="utf-8"))
    assert {one["key"].encode(): json.loads(one["value"]) for one in backup["topic_records"]} == {
        key: offset for key, (_number, offset) in before.items()
    }


@pytest.mark.lengthy
def test_what_was_deleted_in_the_topic_comes_back_under_the_key_of_the_backup(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    topic = lab.connect.offsets_topic
    create(trial, CAIRO, PST)
    await_finished(lab, trial, topic)
    trial.stop()
    before = tasks.stored_bytes()
    options = {"strategy": "delete", "partitions": [partition(PST)], **kafka(lab)}
    deleted = tasks.previewed_reset(**options)
    assert offsets(lab, trial.name, topic) == {key_of(trial.name, CAIRO): FINISHED, key_of(trial.name, PST): None}
    assert "has no offset for" in failed(tasks.reset(**options))["msg"], "a second run finds nothing to delete"
    restore = {"strategy": "restore", "backup_file": deleted["backup_file"]}
    tasks.previewed_reset(**restore, **kafka(lab))
    assert tasks.stored_bytes() == before
    assert not succeeded(tasks.reset(**restore, **kafka(lab)))["changed"]


def test_every_key_of_a_partition_is_written_where_it_is(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    """REST's key and the connector's own, which a foreign writer has put into another topic partition than Connect would."""
    topic = lab.connect.offsets_topic
    create(trial, PST)
    await_finished(lab, trial, topic)
    trial.stop()
    mine, of_rest = key_of(trial.name, PST), key_of(trial.name, PST, linked=False)
    change = {"offsets": [{"partition": partition(PST), "offset": unfinished(3, 0)}]}
    lab.connect.request("PATCH", f"/connectors/{trial.name}/offsets", change)
    usual = topic_partition_of(mine, TOPIC_PARTITIONS)
    elsewhere = (usual + 1) % TOPIC_PARTITIONS
    write(lab, topic, mine, FINISHED, elsewhere)
    result = succeeded(tasks.reset(strategy="timestamp", timestamp=TARGET, allow_gap=True, **kafka(lab)))
    (warning,) = [one for one in result["warnings"] if "default partitioner" in one]
    assert f"its key is in the topic partition {elsewhere} of {topic}" in warning
    target = unfinished(2, 0)
    found = {(one.key(), one.partition()): json.loads(one.value()) for one in lab.broker.messages(topic) if one.value()}
    assert [found[mine, usual], found[mine, elsewhere]] == [target, target]
    assert offsets(lab, trial.name, topic)[of_rest] == target
    assert trial.offset(PST) == target
    lab.connect.request("PUT", f"/connectors/{trial.name}/resume")
    await_delivered_again(trial, PST)


def test_a_topic_of_the_connectors_own_and_the_copy_in_the_common_one_are_both_written(
    lab: Lab, trial: Trial, tasks: Tasks
) -> None:
    own, common = f"{trial.name}-offsets", lab.connect.offsets_topic
    create(trial, PST, **{"offsets.storage.topic": own})
    for topic in (own, common):
        await_finished(lab, trial, topic)
    unread = key_of(trial.name, CAIRO, linked=False)
    write(lab, common, unread, unfinished(1, 0))
    refused = failed(tasks.reset(strategy="timestamp", timestamp=TARGET))["msg"]
    assert f"or its offset is not in the connector's own topic {own}" in refused
    result = succeeded(tasks.reset(strategy="timestamp", timestamp=TARGET, **kafka(lab)))
    places = [place["topic"] for place in tasks.of(result)["plan"]["offsets"][0]["topic_keys"]]
    assert places == [own, common]
    assert any(f"has an offset in {common} and none in {own}" in one for one in result["warnings"])
    written = [json.loads(one.value()) for one in lab.broker.messages(common) if one.key() == key_of(trial.name, PST)]
    assert unfinished(2, 0) in written, "the copy"
    await_delivered_again(trial, PST)
    assert offsets(lab, trial.name, common)[unread] == unfinished(1, 0)


def test_all_offsets_can_be_written_to_the_topic_and_rest_shows_them(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    create(trial, CAIRO, PST, **{"lab.partition.map": "hash"})
    for zone in (CAIRO, PST):
        trial.await_offset(zone, processed_in_round=True)
    options = {"strategy": "timestamp", "timestamp": TARGET, **kafka(lab)}
    auto = succeeded(tasks.reset(check_mode=True, **options))
    assert tasks.of(auto)["plan"]["write_to"] == "rest"
    trial.stop()
    done = tasks.previewed_reset(write_to="topic", **options)
    assert done["plan"]["write_to"] == "topic"
    assert tasks.offsets() == dict.fromkeys((CAIRO, PST), unfinished(2, 0))
    assert not succeeded(tasks.reset(write_to="topic", **options))["changed"]
    lab.connect.request("PUT", f"/connectors/{trial.name}/resume")
    await_delivered_again(trial, CAIRO)


@pytest.fixture
def other_topic(lab: Lab, connector_name: str) -> Iterator[str]:
    name = f"{connector_name}-other"
    admin = AdminClient({"bootstrap.servers": lab.bootstrap_servers, "log_level": 0})
    admin.create_topics([NewTopic(name, 3, 1, config={"cleanup.policy": "compact"})])[name].result()
    yield name
    admin.delete_topics([name])[name].result()


def test_a_topic_that_the_workers_do_not_read_is_noticed_and_as_it_was_before(
    lab: Lab, trial: Trial, tasks: Tasks, other_topic: str
) -> None:
    create(trial, PST, **{"lab.partition.map": "hash"})
    trial.await_offset(PST, processed_in_round=True)
    key = key_of(trial.name, PST, linked=False)
    write(lab, other_topic, key, FINISHED)
    options = {"strategy": "timestamp", "timestamp": TARGET, "write_to": "topic", **kafka(lab)}
    said = failed(tasks.reset(offsets_topic=other_topic, **options))["msg"]
    assert f"was written to {other_topic}, but Connect does not show it: set offsets_topic" in said
    values = [json.loads(one.value()) for one in lab.broker.messages(other_topic)]
    assert values == [FINISHED, unfinished(2, 0), FINISHED]
    assert tasks.offsets() == {PST: FINISHED}
    assert tasks.state() == "RUNNING"
    assert not tasks.journals


def test_a_user_without_the_right_to_write_is_told_from_one_who_has_it() -> None:
    with secured_broker() as (broker, security):
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
        admin.create_topics([NewTopic("offsets", 1, 1)])["offsets"].result()
        reader = KafkaOptions(
            (security.sasl_server,),
            "SASL_SSL",
            sasl_mechanism="PLAIN",
            sasl_username="reader",
            sasl_password=PASSWORDS["reader"],
            ca_path=str(security.ca_file),
        )
        topics = ConnectorTopics(reader, broker.cluster_id)
        allow(admin, "reader", ResourceType.TOPIC, "offsets", AclOperation.READ)
        with pytest.raises(AccessDenied, match='The user reader is not allowed to write to the topic "offsets"'):
            topics.refuse_unwritable(["offsets"])
        allow(admin, "reader", ResourceType.TOPIC, "offsets", AclOperation.WRITE)
        topics.refuse_unwritable(["offsets"])
        topics.write([NewRecord("offsets", b"key", b"value", 0)])
        assert [one.value() for one in broker.messages("offsets")] == [b"value"]


def allow(admin: AdminClient, user: str, kind: ResourceType, name: str, operation: AclOperation) -> None:
    rule = AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
    admin.create_acls([rule])[rule].result()


def test_without_access_to_kafka_it_is_refused_and_what_to_set_is_said(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    create(trial, PST)
    await_finished(lab, trial, lab.connect.offsets_topic)
    before = Written.now(lab)
    options = {"strategy": "timestamp", "timestamp": TARGET}
    for more in ({}, kafka(lab, write_to="rest")):
        assert "the variable connectops_kafka_bootstrap_servers" in failed(tasks.reset(**options, **more))["msg"]
    assert (
        "write_to is topic without kafka_bootstrap_servers" in failed(tasks.reset(write_to="topic", **options))["msg"]
    )
    nobody = {"kafka_bootstrap_servers": ["127.0.0.1:1"]}
    assert "No Kafka broker can be reached at 127.0.0.1:1" in failed(tasks.reset(**options, **nobody))["msg"]
    hidden = Producer({"bootstrap.servers": lab.bootstrap_servers, "transactional.id": trial.name, "log_level": 0})
    hidden.init_transactions(120)
    hidden.begin_transaction()
    hidden.produce(lab.connect.offsets_topic, key=b"another", value=b"{}")
    assert hidden.flush(120) == 0
    try:
        said = failed(tasks.reset(**options, **kafka(lab)))["msg"]
    finally:
        hidden.abort_transaction(120)
    assert f"An open transaction hides the last 1 positions of {lab.connect.offsets_topic}" in said
    assert Written.now(lab).settings_and_states == before.settings_and_states, "nothing was stopped"
    assert tasks.state() == "RUNNING"
