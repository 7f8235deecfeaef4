# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to Kafka where no broker is needed: how it fails; tests/integration has the rest."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import client as kafka_client
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import (
    KafkaClient,
    StoredConnector,
    TimedOut,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield silent


def address(bound: socket.socket) -> str:
    return f"127.0.0.1:{bound.getsockname()[1]}"


def test_nobody_at_the_address_is_told_within_seconds_and_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        server = address(reserved)
        began = time.monotonic()
        with KafkaClient(KafkaOptions((server,))) as kafka, pytest.raises(Unreachable) as caught:
            kafka.read_offsets("connect-offsets")
    assert time.monotonic() - began < 5
    assert caught.value.message.startswith(f"No Kafka broker can be reached at {server} ({server}: Connect to")
    assert caught.value.message.endswith(
        "Connection refused): check kafka_bootstrap_servers and kafka_security_protocol, and whether brokers listen there."
    )
    assert capfd.readouterr() == ("", "")


def test_a_server_that_never_answers_is_given_up(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "_REACH_SECONDS", 0.5)
    with KafkaClient(KafkaOptions((address(listener),))) as kafka, pytest.raises(Unreachable) as caught:
        kafka.find_offsets_topic(["orders"])
    assert "(no usable answer)" in caught.value.message


def test_the_time_of_the_task_is_the_limit(listener: socket.socket) -> None:
    began = time.monotonic()
    options = KafkaOptions((address(listener),), timeout_seconds=0.5)
    with KafkaClient(options) as kafka, pytest.raises(TimedOut) as caught:
        kafka.group_positions("connect-orders")
    assert time.monotonic() - began < 3
    assert "within kafka_timeout (0.5 s)" in caught.value.message


def test_without_the_library_the_file_loads_and_the_client_says_what_is_missing() -> None:
    """In a process of its own, since here the library is loaded already."""
    code = (
        "import sys; sys.modules['confluent_kafka'] = None\n"
        f"from {kafka_client.__name__} import KafkaClient\n"
        f"from {KafkaOptions.__module__} import KafkaOptions\n"
        "try:\n    KafkaClient(KafkaOptions(('kafka-1:9092',)))\n"
        "except ImportError as error:\n    print(error.name)\n"
    )
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split(".")[0].strip() == "confluent_kafka"


def test_a_stored_connector_hides_its_config_and_knows_its_own_offsets_topic() -> None:
    stored = StoredConnector({"stripe.api.keys": "PST:a-secret-key", "offsets.storage.topic": "own"}, "STOPPED")
    assert "a-secret-key" not in repr(stored)
    assert stored.offsets_topic == "own"
    assert StoredConnector({"offsets.storage.topic": ""}).offsets_topic is None


@pytest.mark.parametrize(
    ("text", "code"),
    # Java's own values, made positive; that of the third has no positive one.
    [("", 0), ("hello", 99162322), ("polygenelubricants", 0), ("connect-orders", 436250328), ("\U0001f600", 1772899)],
)
def test_groups_are_hashed_as_java_does(text: str, code: int) -> None:
    assert kafka_client._hash_of_group(text) == code


@pytest.mark.parametrize(
    ("words", "told"),
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
def test_the_librarys_words_lose_its_internals_and_secrets(words: str, told: str) -> None:
    from confluent_kafka import KafkaError

    options = KafkaOptions(("kafka-1:9092",), sasl_password="a-password")
    with KafkaClient(options) as kafka:
        assert kafka._library_words(KafkaError(KafkaError._TRANSPORT, words)) == told
