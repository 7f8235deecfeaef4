# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sentence for each cause: what is wrong, where, and what to do."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

OPTIONS = KafkaOptions(("kafka-1:9092", "kafka-2:9092"), sasl_username="reader", sasl_password="a-password")
AT = "Kafka at kafka-1:9092, kafka-2:9092"


@pytest.mark.parametrize(
    "error, kind, message",
    [
        (
            errors.unreachable(OPTIONS, ""),
            errors.Unreachable,
            (
                "No Kafka broker can be reached at kafka-1:9092, kafka-2:9092 (no usable answer): check "
                "kafka_bootstrap_servers and kafka_security_protocol, and whether brokers listen there."
            ),
        ),
        (
            errors.unreachable(OPTIONS, "kafka-1:9092: SSL handshake failed"),
            errors.TlsFailed,
            (
                f"TLS with {AT} failed (kafka-1:9092: SSL handshake failed): check kafka_security_protocol, and "
                "kafka_client_cert if the brokers require a client certificate."
            ),
        ),
        (
            errors.tls_failed(OPTIONS, "certificate verify failed"),
            errors.TlsFailed,
            (
                f"The certificate of {AT} is not trusted, or was made for another host: set kafka_ca_path to the certificate "
                "of the CA that signed it, and use the host names of the certificate in kafka_bootstrap_servers."
            ),
        ),
        (
            errors.login_refused(OPTIONS, "SASL authentication error"),
            errors.AccessDenied,
            (
                f"{AT} does not accept the login (SASL authentication error): check kafka_sasl_mechanism, "
                "kafka_sasl_username and kafka_sasl_password."
            ),
        ),
        (
            errors.topic_denied(OPTIONS, "the first records of topics", None),
            errors.AccessDenied,
            (
                f"The user reader is not allowed to read the first records of topics of {AT}: grant it Read and Describe "
                "on the topic, or use another user."
            ),
        ),
        (
            errors.group_denied(OPTIONS, "connect-orders"),
            errors.AccessDenied,
            (
                f'The user reader is not allowed to read the consumer group "connect-orders" of {AT}: grant it Describe on '
                "the group."
            ),
        ),
        (
            errors.no_such_topic(OPTIONS, "conect-offsets", ["connect-offsets", "data"]),
            errors.TopicNotFound,
            f'{AT} has no topic "conect-offsets": did you mean "connect-offsets"?',
        ),
        (
            errors.no_such_topic(OPTIONS, "conect-offsets", ["data"]),
            errors.TopicNotFound,
            f'{AT} has no topic "conect-offsets": check its name.',
        ),
        (
            errors.timed_out(OPTIONS, "the topic connect-offsets", "kafka-3:9092: refused"),
            errors.TimedOut,
            (
                f"{AT} did not return all of the topic connect-offsets within kafka_timeout (60 s) (kafka-3:9092: refused): "
                "raise kafka_timeout, and check that the addresses that the brokers advertise can be reached from here."
            ),
        ),
        (
            errors.failed(OPTIONS, "the list of topics", "Broker: Unknown server error", None),
            KafkaFailed,
            f"{AT} did not return the list of topics: Broker: Unknown server error.",
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_the_sentence_says_what_is_wrong_where_and_what_to_do(
    error: KafkaFailed, kind: type[KafkaFailed], message: str
) -> None:
    assert error.__class__ is kind
    assert error.message == message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "sasl_ssl://kafka-1:9092/bootstrap: SASL authentication error: no (after 11ms in state AUTH_REQ)",
            "kafka-1:9092: SASL authentication error: no",
        ),
        (
            "kafka-1:9092/3: Connect to ipv4#10.0.0.1 failed: refused (after 0ms in state CONNECT, 1 error(s) suppressed)",
            "kafka-1:9092: Connect to ipv4#10.0.0.1 failed: refused",
        ),
        ("Local: Broker\nnode update.", "Local: Broker node update"),
        ("it was a-password", "it was ********"),
    ],
)
def test_the_librarys_text_is_shown_without_its_internals_and_secrets(text: str, shown: str) -> None:
    assert errors.library_text(text, OPTIONS) == shown
