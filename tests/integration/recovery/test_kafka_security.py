# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brokers that ask who comes: logins, certificates and missing rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    AccessDenied,
    TlsFailed,
    TopicNotFound,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import OffsetsTopic
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from integration.recovery.kafka_logins import login
from integration.recovery.raw_topics import (
    KEY,
    RawTopic,
    positions,
)
from lab import await_condition
from lab.broker import secured_broker
from lab.kafka_security import PASSWORDS, KafkaSecurity


@pytest.fixture(scope="module")
def secured() -> Iterator[tuple[KafkaSecurity, RawTopic]]:
    """A broker that checks rights, with a topic that the reader and the owner of the certificate may read."""
    with secured_broker() as (broker, security):
        topic = RawTopic(broker.bootstrap_servers, "offsets", 1)
        topic.write((KEY, {"n": 1}))
        for user in ("reader", "lab-client", "scram-reader"):
            allow(topic.admin, user, ResourceType.TOPIC, "offsets", AclOperation.READ)
            allow(topic.admin, user, ResourceType.TOPIC, "offsets", AclOperation.DESCRIBE)
        # librdkafka 2.16.1 crashes when it reads a group's offsets while the broker still loads its groups.
        await_condition(lambda: _knows_groups(topic.admin), "the broker to have loaded its groups")
        yield security, topic


def _knows_groups(admin: AdminClient) -> bool:
    try:
        admin.describe_consumer_groups(["a-group"])["a-group"].result()
    except KafkaException:
        return False
    return True


def allow(admin: AdminClient, user: str, kind: ResourceType, name: str, operation: AclOperation) -> None:
    rule = AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
    admin.create_acls([rule])[rule].result()


def by_certificate(security: KafkaSecurity, **changed: Any) -> KafkaOptions:
    right = KafkaOptions(
        (security.tls_server,),
        "SSL",
        ca_path=str(security.ca_file),
        client_cert=str(security.client_cert_file),
        timeout_seconds=60,
    )
    return replace(right, **changed)


def read(options: KafkaOptions, topic: str = "offsets") -> OffsetsTopic:
    with KafkaClient(options) as kafka:
        return kafka.read_offsets(topic)


def refusal(options: KafkaOptions, topic: str = "offsets") -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        read(options, topic)
    message = caught.value.message
    assert message.count(". ") == 0, "one sentence"
    assert message.endswith(".")
    assert not any(password in message for password in [*PASSWORDS.values(), "a-wrong-one"])
    return caught.value


@pytest.mark.parametrize("mechanism", [ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512])
def test_a_login_by_scram_is_enough(secured: tuple[KafkaSecurity, RawTopic], mechanism: ScramMechanism) -> None:
    security, topic = secured
    user = UserScramCredentialUpsertion("scram-reader", ScramCredentialInfo(mechanism, 4096), b"a-scram-password")
    topic.admin.alter_user_scram_credentials([user])["scram-reader"].result()
    options = login(
        security,
        sasl_mechanism=mechanism.name.replace("_", "-"),
        sasl_username="scram-reader",
        sasl_password="a-scram-password",
    )
    await_condition(lambda: _accepted(options), "the broker to know the new user")


def _accepted(options: KafkaOptions) -> bool:
    try:
        return positions(read(options)) == [(0, 0, {"n": 1})]
    except AccessDenied:
        return False


def test_a_login_by_password_or_by_certificate_over_tls_is_enough(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert positions(read(login(security))) == [(0, 0, {"n": 1})]
    assert positions(read(by_certificate(security))) == [(0, 0, {"n": 1})]


def test_an_unchecked_certificate_is_an_unchecked_one(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert read(login(security, ca_path=None, validate_certs=False)).records


def test_one_server_that_is_down_does_not_matter(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, _topic = secured
    assert read(login(security, bootstrap_servers=("127.0.0.1:1", security.sasl_server))).records


def test_what_is_wrong_with_the_login_or_the_connection_is_one_sentence_and_nothing_on_standard_error(
    secured: tuple[KafkaSecurity, RawTopic], capfd: pytest.CaptureFixture[str]
) -> None:
    security, topic = secured
    at = security.sasl_server
    port = at.rpartition(":")[2]
    plain = topic.admin.list_topics(timeout=120).brokers[1]
    cases: list[tuple[KafkaOptions, Any, str]] = [
        (login(security, sasl_password="a-wrong-one"), AccessDenied, f"Kafka at {at} does not accept the login"),
        (login(security, sasl_mechanism="SCRAM-SHA-512"), AccessDenied, "check kafka_sasl_mechanism"),
        (login(security, ca_path=str(security.client_cert_file)), TlsFailed, "set kafka_ca_path"),
        (login(security, bootstrap_servers=(f"localhost:{port}",)), TlsFailed, "made for another host"),
        (by_certificate(security, client_cert=None), TlsFailed, "kafka_client_cert"),
        # Some versions of the library know that TLS is missing.
        (KafkaOptions((at,)), (Unreachable, TlsFailed), "kafka_security_protocol"),
        (login(security, bootstrap_servers=(f"{plain.host}:{plain.port}",)), TlsFailed, "kafka_security_protocol"),
        (KafkaOptions(("127.0.0.1:1",)), Unreachable, "No Kafka broker can be reached at 127.0.0.1:1"),
        (KafkaOptions(("host.invalid:9092",)), Unreachable, "host.invalid"),
    ]
    capfd.readouterr()
    for wrong, kind, words in cases:
        error = refusal(wrong)
        assert isinstance(error, kind), error.message
        assert words in error.message
    assert capfd.readouterr() == ("", "")


def test_missing_rights_are_named(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, topic = secured
    stranger = login(security, "stranger")
    denied = refusal(stranger)
    assert isinstance(denied, AccessDenied)
    assert 'The user stranger is not allowed to read the topic "offsets"' in denied.message
    allow(topic.admin, "stranger", ResourceType.TOPIC, "offsets", AclOperation.DESCRIBE)
    assert isinstance(refusal(stranger), AccessDenied), "to describe is not to read"
    with KafkaClient(stranger) as kafka:
        with pytest.raises(AccessDenied, match="DescribeConfigs on the topics"):
            kafka.find_offsets_topic(["orders"])
        with pytest.raises(AccessDenied, match="Describe on the group"):
            kafka.group_positions("a-group")


def test_what_may_not_be_read_is_left_out_where_it_is_not_needed(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    security, topic = secured
    secret = RawTopic(topic.bootstrap_servers, "secret-data", 1)
    secret.write((b"k", {"n": 1}))
    for name in ("offsets", "secret-data"):
        allow(topic.admin, "reader", ResourceType.TOPIC, name, AclOperation.DESCRIBE_CONFIGS)
    allow(topic.admin, "reader", ResourceType.TOPIC, "secret-data", AclOperation.DESCRIBE)
    allow(topic.admin, "reader", ResourceType.GROUP, "a-group", AclOperation.DESCRIBE)
    with KafkaClient(login(security)) as kafka:
        assert kafka.find_offsets_topic(["orders"]) == "offsets"
        [progress] = kafka.group_positions("a-group", ["secret-data"])
    assert (progress.end, progress.waiting_since) == (1, None)
    secret.delete()


def test_asking_for_a_topic_does_not_create_it(secured: tuple[KafkaSecurity, RawTopic]) -> None:
    _security, topic = secured
    with KafkaClient(KafkaOptions((topic.bootstrap_servers,))) as kafka:
        for _again in range(2):
            with pytest.raises(TopicNotFound):
                kafka.read_offsets("no-such-topic")
        kafka.group_positions("a-group", ["no-such-topic"])
    assert "no-such-topic" not in topic.admin.list_topics(timeout=120).topics
