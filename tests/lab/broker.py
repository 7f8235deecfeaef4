# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kafka broker that is its own KRaft controller, and independent readers of its topics."""

from __future__ import annotations

import json
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from lab.jars import Jars, build
from lab.kafka_security import KafkaSecurity
from lab.processes import Processes, free_ports
from lab.waiting import await_condition

READ_TIMEOUT_SECONDS = 120.0


class Broker:
    """Starts a broker at once; it is ready after :meth:`await_ready`."""

    def __init__(
        self, processes: Processes, jars: Jars, ports: tuple[int, int], security: KafkaSecurity | None = None
    ) -> None:
        client_port, controller_port = ports
        self.bootstrap_servers = f"127.0.0.1:{client_port}"
        self.cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        home = processes.folder / "broker"
        home.mkdir()
        properties = home / "server.properties"
        settings = _settings(home / "data", client_port, controller_port)
        if security:
            settings = security.applied_to(settings, home)
        properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        _format(jars, properties, self.cluster_id)
        self.process = processes.launch("broker", jars.java("kafka.Kafka", str(properties)))

    def await_ready(self) -> None:
        """Raises PortTaken, RuntimeError (the broker ended) or TimeoutError."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        await_condition(lambda: self._answers(admin), f"the broker at {self.bootstrap_servers}")

    def has_topic(self, topic: str) -> bool:
        """Whether there is such a topic."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        return topic in admin.list_topics(timeout=READ_TIMEOUT_SECONDS).topics

    def messages(self, topic: str) -> list[Message]:
        """All committed messages of a topic up to its end, in order within each topic partition.

        Raises KafkaException, for instance if there is no such topic, and TimeoutError.
        """
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "group.id": "lab-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "allow.auto.create.topics": False,
                # The end of a partition is known from a fetch that found nothing, which waits as long as this.
                "fetch.wait.max.ms": 10,
            }
        )
        try:
            found = consumer.list_topics(topic, timeout=READ_TIMEOUT_SECONDS).topics[topic]
            if found.error is not None:
                raise KafkaException(found.error)
            consumer.assign([TopicPartition(topic, partition, 0) for partition in found.partitions])
            return _read_to_end(consumer, len(found.partitions))
        finally:
            consumer.close()

    def _answers(self, admin: AdminClient) -> bool:
        self.process.demand_alive()
        try:
            return bool(admin.list_topics(timeout=1).cluster_id == self.cluster_id)
        except KafkaException:
            return False


@contextmanager
def secured_broker() -> Iterator[tuple[Broker, KafkaSecurity]]:
    """A broker without Connect that checks who connects; leaving the block ends it and removes its files."""
    processes = Processes()
    try:
        client_port, controller_port, sasl_port, tls_port = free_ports(4)
        security = KafkaSecurity(processes.folder, (sasl_port, tls_port))
        broker = Broker(processes, build(), (client_port, controller_port), security)
        broker.await_ready()
        yield broker, security
    finally:
        processes.close()


def decoded(data: bytes | None) -> Any:
    """A key or value as the JSON it holds; None stays None."""
    return None if data is None else json.loads(data)


def _read_to_end(consumer: Consumer, partitions: int) -> list[Message]:
    messages: list[Message] = []
    ends = 0
    while ends < partitions:
        message = consumer.poll(READ_TIMEOUT_SECONDS)
        if message is None:
            raise TimeoutError(f"the broker sent neither a message nor an end within {READ_TIMEOUT_SECONDS:g} seconds")
        error = message.error()
        if error is None:
            messages.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            ends += 1
        else:
            raise KafkaException(error)
    return messages


def _format(jars: Jars, properties: Path, cluster_id: str) -> None:
    tool = subprocess.run(
        jars.java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", f"--config={properties}"),
        capture_output=True,
        text=True,
        check=False,
    )
    if tool.returncode != 0:
        raise RuntimeError(f"The broker's folder could not be formatted:\n{tool.stdout}{tool.stderr}")


def _settings(data: Path, client_port: int, controller_port: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        # A static quorum, for it is formatted in the same way by every version.
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{client_port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(data),
        # A worker that outlives its broker would create the offsets topic with the wrong cleanup policy.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "3",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "3",
        "group.initial.rebalance.delay.ms": "0",
        "controlled.shutdown.enable": "false",
        # Otherwise the controller writes a record twice a second, also with nothing to do.
        "metadata.max.idle.interval.ms": "0",
    }
