# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab: one broker, one or more Connect clusters and a Stripe simulator, on free ports of 127.0.0.1."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.broker import Broker, decoded
from lab.connect import ConnectCluster, as_strings
from lab.days import calm_cron
from lab.jars import CACHE, Jars, build
from lab.processes import PortTaken, Processes, free_ports
from lab.rest_security import RestSecurity
from lab.stripe_ca import CA_FILE, StripeCa
from lab.stripe_simulator import StripeSimulator

START_TRIES = 3


class Lab:
    """Starts with ``with``. Ends, with all of its processes and files, when the block is left or this process dies.

    Attributes: ``bootstrap_servers``, ``stripe`` (a running StripeSimulator), ``clusters``, ``connect`` (the first
    cluster), ``rest_security`` (None without ``rest_tls``), ``kafka_version`` and ``logs`` (a folder). When the start or the
    block raises, the logs are kept under .cache/lab/logs and standard error says so; :meth:`keep_logs` does the same at any
    time.
    """

    clusters: list[ConnectCluster]
    stripe: StripeSimulator
    rest_security: RestSecurity | None

    def __init__(
        self,
        workers: int = 2,
        clusters: int = 1,
        kafka_version: str | None = None,
        worker_config: Mapping[str, Any] | None = None,
        *,
        stripe_tls: bool = False,
        rest_tls: bool = False,
    ) -> None:
        self._worker_count = workers
        self._cluster_count = clusters
        self._kafka_version = kafka_version
        self._worker_config = dict(worker_config or {})
        self._stripe_ca = StripeCa() if stripe_tls else None
        self._rest_tls = rest_tls

    def __enter__(self) -> Lab:
        jars = build(self._kafka_version)
        self.kafka_version = jars.kafka_version
        self.stripe = StripeSimulator(tls=self._stripe_ca.server_context() if self._stripe_ca else None)
        self.stripe.start()
        try:
            self._start(jars)
        except BaseException:
            self.stripe.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, Exception):
                self._keep_logs_and_say()
        finally:
            self._end()

    @property
    def connect(self) -> ConnectCluster:
        return self.clusters[0]

    @property
    def folder(self) -> Path:
        """For files that must disappear with the lab, even when this process is killed."""
        return self._processes.folder

    @property
    def logs(self) -> Path:
        return self._processes.logs

    @property
    def stripe_ca_file(self) -> Path:
        """The certificate of the CA that signed Stripe's, with ``stripe_tls``."""
        return self.folder / CA_FILE

    @property
    def bootstrap_servers(self) -> str:
        return self.broker.bootstrap_servers

    def keep_logs(self) -> Path:
        """Copy the logs to a folder that outlives the lab, and return it."""
        kept = CACHE / "logs" / f"{time.strftime('%Y%m%dT%H%M%S')}-{self._processes.folder.name}"
        shutil.copytree(self.logs, kept, dirs_exist_ok=True)
        return kept

    def topic_records(self, topic: str) -> list[tuple[Any, Any]]:
        """Key and value, decoded from JSON, of every committed record; in order within each topic partition."""
        return [(decoded(message.key()), decoded(message.value())) for message in self.broker.messages(topic)]

    def delivered_rows(self, topic: str) -> dict[str, Counter[str]]:
        """By timezone, how often each row (its ``row_id``) of the Stripe connector is in the topic; empty without a topic."""
        delivered: dict[str, Counter[str]] = {}
        for _key, value in self.topic_records(topic) if self.broker.has_topic(topic) else ():
            if value is not None:
                delivered.setdefault(value["timezone_aka_platform"], Counter())[value["row_id"]] += 1
        return delivered

    def offset_records(self, topic: str) -> dict[bytes | None, bytes | None]:
        """The last value per key as raw bytes, read from an offsets topic without Connect; None is a tombstone."""
        return {message.key(): message.value() for message in self.broker.messages(topic)}

    def stripe_config(
        self, api_keys: Mapping[str, str], report_types: Iterable[str], **overrides: object
    ) -> dict[str, str]:
        """The config of a connector that asks this lab's simulator, with short waits and no round in the next two days.

        ``api_keys`` is the key per timezone. Keys of overrides contain dots: ``**{"batch.size": 5}``.
        """
        return as_strings(
            {
                "connector.class": "org.connectops.lab.StripeSourceConnector",
                "tasks.max": 1,
                "stripe.api.keys": ";".join(f"{timezone}:{key}" for timezone, key in api_keys.items()),
                "stripe.report.types": ",".join(report_types),
                "poll.cron": calm_cron(),
                "stripe.report.max.wait.ms": 1500,
                "stripe.report.poll.interval.ms": 50,
                "in.progress.poll.interval.ms": 200,
                "lab.stripe.api.base": self.stripe.url,
                "topic.creation.default.partitions": 1,
                "topic.creation.default.replication.factor": 1,
                **overrides,
            }
        )

    def _start(self, jars: Jars) -> None:
        for tries_left in reversed(range(START_TRIES)):
            self._processes = Processes()
            try:
                self._start_once(jars)
                return
            except BaseException as error:
                again = isinstance(error, PortTaken) and tries_left
                if isinstance(error, Exception) and not again:
                    self._keep_logs_and_say()
                self._processes.close()
                if not again:
                    raise

    def _start_once(self, jars: Jars) -> None:
        self.clusters = []
        client_port, controller_port, *worker_ports = free_ports(2 + self._cluster_count * self._worker_count)
        self.broker = Broker(self._processes, jars, (client_port, controller_port))
        java_options = self._stripe_ca.trusted_by_java(self.folder) if self._stripe_ca else []
        self.rest_security = RestSecurity(self.folder) if self._rest_tls else None
        for number in range(self._cluster_count):
            ports = [worker_ports.pop() for _number in range(self._worker_count)]
            name = f"connect-{number + 1}"
            self.clusters.append(
                ConnectCluster(
                    self._processes,
                    jars,
                    name,
                    ports,
                    self.bootstrap_servers,
                    self._worker_config,
                    java_options,
                    self.rest_security,
                )
            )
        self.broker.await_ready()
        for cluster in self.clusters:
            for worker in cluster.workers:
                worker.await_ready()

    def _keep_logs_and_say(self) -> None:
        print(f"The lab's logs are kept in {self.keep_logs()}", file=sys.stderr)

    def _end(self) -> None:
        try:
            self.stripe.stop()
        finally:
            self._processes.close()
