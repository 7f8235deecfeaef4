# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection where no broker is needed: how it fails; tests/integration has the rest."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import TimedOut, Unreachable
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from lab.waiting import LIMIT_SECONDS


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that accepts connections and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield silent


def address(bound: socket.socket) -> str:
    return f"127.0.0.1:{bound.getsockname()[1]}"


def test_a_refused_connection_is_reported_before_a_silent_one_would_be_and_not_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_REACH_SECONDS", 2 * LIMIT_SECONDS)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        server = address(reserved)
        began = time.monotonic()
        options = KafkaOptions((server,), timeout_seconds=2 * LIMIT_SECONDS)
        with KafkaClient(options) as kafka, pytest.raises(Unreachable) as caught:
            kafka.read_offsets("connect-offsets")
    assert time.monotonic() - began < LIMIT_SECONDS
    assert caught.value.message.startswith(f"No Kafka broker can be reached at {server} ({server}: Connect to")
    assert caught.value.message.endswith(
        "Connection refused): check kafka_bootstrap_servers and kafka_security_protocol, and whether brokers listen there."
    )
    assert capfd.readouterr() == ("", "")


def test_a_server_that_never_answers_is_given_up(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_REACH_SECONDS", 0.5)
    with KafkaClient(KafkaOptions((address(listener),))) as kafka, pytest.raises(Unreachable) as caught:
        kafka.find_offsets_topic(["orders"])
    assert "(no usable answer)" in caught.value.message


def test_the_time_limit_covers_the_whole_task(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_REACH_SECONDS", 2 * LIMIT_SECONDS)
    began = time.monotonic()
    options = KafkaOptions((address(listener),), timeout_seconds=0.5)
    with KafkaClient(options) as kafka, pytest.raises(TimedOut) as caught:
        kafka.group_positions("connect-orders")
    assert time.monotonic() - began < LIMIT_SECONDS
    assert "within kafka_timeout (0.5 s)" in caught.value.message


def test_without_the_library_the_file_loads_and_the_client_names_what_is_missing() -> None:
    """In a process of its own, since here the library is loaded already."""
    code = (
        "import sys; sys.modules['confluent_kafka'] = None\n"
        f"from {KafkaClient.__module__} import KafkaClient\n"
        f"from {KafkaOptions.__module__} import KafkaOptions\n"
        "try:\n    KafkaClient(KafkaOptions(('kafka-1:9092',)))\n"
        "except ImportError as error:\n    print(error.name)\n"
    )
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split(".")[0].strip() == "confluent_kafka"
