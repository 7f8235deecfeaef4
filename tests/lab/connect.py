# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect clusters of real distributed workers, and the calls to their REST API that tests need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests

from lab.jars import Jars
from lab.processes import LabProcess, Processes
from lab.rest_security import RestSecurity
from lab.waiting import await_condition

# Connect gives up a request after 90 seconds; tests must see its answer to that.
REQUEST_TIMEOUT_SECONDS = 100.0


class ConnectRequestError(requests.HTTPError):
    """Connect answered with an error; the message contains its body, ``response`` is the whole answer."""


class Worker:
    """One distributed worker process."""

    def __init__(
        self,
        processes: Processes,
        jars: Jars,
        name: str,
        port: int,
        settings: Mapping[str, str],
        java_options: Sequence[str] = (),
        security: RestSecurity | None = None,
    ) -> None:
        self.url = f"{'http' if security is None else 'https'}://127.0.0.1:{port}"
        self.request_options = {} if security is None else security.request_options
        self.worker_id = f"127.0.0.1:{port}"
        self._processes = processes
        self._name = name
        properties = processes.folder / f"{name}.properties"
        lines = {
            **settings,
            "listeners": self.url,
            "rest.advertised.host.name": "127.0.0.1",
            "rest.advertised.port": str(port),
            **({} if security is None else security.worker_settings),
        }
        properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        self._command = jars.java(
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(properties),
            options=[*java_options, *([] if security is None else security.java_options)],
        )
        self.process = self._launch()

    @property
    def alive(self) -> bool:
        return self.process.alive

    def log_text(self) -> str:
        return self.process.log_text()

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        self.process.kill()

    def suspend(self) -> None:
        """SIGSTOP; returns when the process has stopped."""
        self.process.suspend()

    def resume(self) -> None:
        """SIGCONT."""
        self.process.resume()

    def restart(self) -> None:
        """Start again after :meth:`kill`, at the same address and with the same log file; wait until it is ready."""
        self.process = self._launch()
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until the worker answers and has joined its group.

        Raises PortTaken, RuntimeError (the worker ended) or TimeoutError.
        """
        await_condition(self._is_ready, f"the worker at {self.url}")

    def _launch(self) -> LabProcess:
        return self._processes.launch(self._name, self._command)

    def _is_ready(self) -> bool:
        self.process.demand_alive()
        try:
            listing = requests.get(f"{self.url}/connectors", timeout=5, **self.request_options)
            # The herder answers this call, unlike the listing, and only when the worker is a member of its group.
            probe = requests.get(f"{self.url}/connectors/lab-readiness-probe", timeout=5, **self.request_options)
        except requests.RequestException:
            return False
        return listing.status_code == 200 and probe.status_code == 404 and "lab-readiness-probe" in probe.text


class ConnectCluster:
    """Workers that share a group and three topics."""

    def __init__(
        self,
        processes: Processes,
        jars: Jars,
        name: str,
        ports: Sequence[int],
        bootstrap_servers: str,
        worker_config: Mapping[str, Any],
        java_options: Sequence[str] = (),
        security: RestSecurity | None = None,
    ) -> None:
        self.name = name
        self.group_id = name
        self.config_topic = f"{name}-configs"
        self.offsets_topic = f"{name}-offsets"
        self.status_topic = f"{name}-status"
        self._has_initial_state = jars.version_numbers >= (3, 7)
        settings = {
            "bootstrap.servers": bootstrap_servers,
            "group.id": self.group_id,
            "config.storage.topic": self.config_topic,
            "config.storage.replication.factor": "1",
            "offset.storage.topic": self.offsets_topic,
            "offset.storage.replication.factor": "1",
            "offset.storage.partitions": "5",
            "status.storage.topic": self.status_topic,
            "status.storage.replication.factor": "1",
            "status.storage.partitions": "2",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "key.converter.schemas.enable": "false",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "false",
            "offset.flush.interval.ms": "1000",
            "scheduled.rebalance.max.delay.ms": "0",
            "reconnect.backoff.max.ms": "200",
            "plugin.path": str(jars.plugin_path),
        }
        if jars.version_numbers >= (3, 6):
            settings["plugin.discovery"] = "service_load"
        settings.update(as_strings(worker_config))
        self.workers = [
            Worker(processes, jars, f"{name}-worker-{index}", port, settings, java_options, security)
            for index, port in enumerate(ports)
        ]

    @property
    def urls(self) -> list[str]:
        return [worker.url for worker in self.workers]

    def request(self, method: str, path: str, json: Any = None, *, worker: Worker | None = None) -> requests.Response:
        """Ask a worker, by default the first that is alive. Raises ConnectRequestError at a status of 400 or more."""
        asked = worker or next(worker for worker in self.workers if worker.alive)
        response = requests.request(
            method, asked.url + path, json=json, timeout=REQUEST_TIMEOUT_SECONDS, **asked.request_options
        )
        if response.status_code >= 400:
            raise ConnectRequestError(
                f"{method} {path} answered {response.status_code}: {response.text}", response=response
            )
        return response

    def create(
        self,
        name: str,
        config: Mapping[str, Any],
        offsets: Sequence[Mapping[str, Any]] | None = None,
        state: str = "RUNNING",
    ) -> None:
        """Create a connector in the given state; its offsets are written before any task can read them.

        Does not wait for the state. A PAUSED connector has no tasks: a task that starts before it is paused would read and
        move the offsets. A version of Connect that cannot create a connector STOPPED accepts offsets, or a state other
        than RUNNING, only for the lab's own connector.
        """
        strings = as_strings(config)
        if state == "RUNNING" and not offsets:
            self._settled("POST", "/connectors", {"name": name, "config": strings})
            return
        if self._has_initial_state:
            self._settled("POST", "/connectors", {"name": name, "config": strings, "initial_state": "STOPPED"})
        else:
            self._create_stopped(name, strings)
        if offsets:
            self._settled("PATCH", f"{_path(name)}/offsets", {"offsets": list(offsets)})
        if state == "RUNNING":
            self._settled("PUT", f"{_path(name)}/resume")
        elif state == "PAUSED":
            self._settled("PUT", f"{_path(name)}/pause")

    def status(self, name: str) -> dict[str, Any]:
        return self._object(f"{_path(name)}/status")

    def config(self, name: str) -> dict[str, str]:
        return self._object(f"{_path(name)}/config")

    def offsets(self, name: str) -> list[dict[str, Any]]:
        """A list of ``{"partition": …, "offset": …}``."""
        offsets: list[dict[str, Any]] = self._object(f"{_path(name)}/offsets")["offsets"]
        return offsets

    def delete(self, name: str) -> None:
        """Delete the connector; Connect keeps its offsets."""
        self._settled("DELETE", _path(name))

    def await_state(self, name: str, state: str, tasks: int | None = None) -> None:
        """Wait until the connector is in the state and, if given, has that many tasks, all of them in it as well."""
        seen: dict[str, Any] = {}

        def reached() -> bool:
            try:
                seen.update(status=self.status(name))
            except ConnectRequestError as error:
                seen.update(status=str(error))
                return False
            states = [task["state"] for task in seen["status"]["tasks"]]
            return seen["status"]["connector"]["state"] == state and (tasks is None or states == [state] * tasks)

        number = "" if tasks is None else f" with {tasks} tasks"
        await_condition(reached, lambda: f"{name} to be {state}{number}; last seen: {json.dumps(seen['status'])}")

    def _create_stopped(self, name: str, config: Mapping[str, str]) -> None:
        self._settled("POST", "/connectors", {"name": name, "config": {**config, "lab.start": "fail_connector"}})
        self.await_state(name, "FAILED", tasks=0)
        self._settled("PUT", f"{_path(name)}/stop")
        self.await_state(name, "STOPPED", tasks=0)
        self._settled("PUT", f"{_path(name)}/config", dict(config))

    def _object(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.request("GET", path).json()
        return answer

    def _settled(self, method: str, path: str, json: Any = None) -> requests.Response:
        """Like :meth:`request`, repeated while the group rebalances."""
        answers: list[requests.Response] = []

        def answered() -> bool:
            try:
                answers.append(self.request(method, path, json))
            except ConnectRequestError as error:
                if error.response.status_code == 409 and "already exists" not in str(error):
                    return False
                raise
            return True

        await_condition(answered, f"{method} {path}: Connect goes on rebalancing")
        return answers[0]


def as_strings(config: Mapping[str, Any]) -> dict[str, str]:
    """The values as Connect and Java write them."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in config.items()}


def _path(connector: str) -> str:
    return f"/connectors/{quote(connector, safe='')}"
