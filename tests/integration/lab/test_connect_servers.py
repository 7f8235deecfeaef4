# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated servers answer as a real worker does: the same calls to both, the same status and the same form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from lab.connect_servers import ConnectServers, SimulatedCluster, SimulatedConnector
from lab.lab import Lab
from lab.waiting import await_condition

NAME = "a-file"
PARTITION = {"filename": "lines.txt"}
CLASS = "org.apache.kafka.connect.file.FileStreamSourceConnector"
# Of these only the form is compared, since their values are those of one cluster.
OWN = {"commit", "kafka_cluster_id", "version", "worker_id", "position", "filename", "offsets"}


def form(data: Any) -> Any:
    """The data with its own values replaced by the names of their types."""
    if isinstance(data, Mapping):
        return {
            key: type(value).__name__ if key in OWN and not isinstance(value, list) else form(value)
            for key, value in data.items()
        }
    return [form(one) for one in data] if isinstance(data, list) else data


def conversation(url: str) -> list[Any]:
    """What the collection asks of a worker in a look and a change, with the status and the form of each answer."""
    said = []

    def call(method: str, path: str, body: Any = None) -> Any:
        reply = requests.request(method, url + path, json=body, timeout=30)
        data = reply.json() if reply.content and method != "OPTIONS" else None
        said.append((method, path, reply.status_code, form(data), reply.headers.get("Allow") is not None))
        return data

    def states() -> tuple[str, int]:
        status = requests.get(f"{url}/connectors/{NAME}/status", timeout=30).json()
        return status["connector"]["state"], len(status["tasks"])

    call("GET", "/")
    call("GET", "/connectors")
    call("GET", "/connectors?expand=info&expand=status")
    call("OPTIONS", "/connectors/any/offsets")
    call("GET", f"/connectors/{NAME}/offsets")
    call("GET", "/connectors/none/status")
    call("PATCH", f"/connectors/{NAME}/offsets", {"offsets": [{"partition": PARTITION, "offset": {"position": 0}}]})
    call("PUT", f"/connectors/{NAME}/stop")
    await_condition(lambda: states() == ("STOPPED", 0), "the connector to be STOPPED without tasks")
    call("GET", f"/connectors/{NAME}")
    call("GET", f"/connectors/{NAME}/status")
    call("PATCH", f"/connectors/{NAME}/config", {"a.mark": "x"})
    call("PATCH", f"/connectors/{NAME}/config", {"a.mark": None})
    call("PATCH", f"/connectors/{NAME}/offsets", {"offsets": [{"partition": PARTITION, "offset": {"position": 2}}]})
    call("GET", f"/connectors/{NAME}/offsets")
    call("PUT", f"/connectors/{NAME}/resume")
    await_condition(lambda: states() == ("RUNNING", 1), "the connector to run")
    call("GET", f"/connectors/{NAME}/config")
    return said


def test_a_simulated_server_answers_as_a_real_worker_does(lab: Lab, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("one\ntwo\n", encoding="utf-8")
    config = {
        "name": NAME,
        "connector.class": CLASS,
        "tasks.max": "1",
        "file": str(lines),
        "topic": "of-a-file",
        "topic.creation.default.partitions": "1",
        "topic.creation.default.replication.factor": "1",
    }
    PARTITION["filename"] = str(lines)
    lab.connect.create(NAME, {key: value for key, value in config.items() if key != "name"})
    try:
        await_condition(lambda: lab.connect.offsets(NAME), "its first offset")
        await_condition(lambda: lab.connect.status(NAME)["tasks"], "its task")
        real = conversation(lab.connect.urls[0])
    finally:
        lab.connect.delete(NAME)
    one = SimulatedConnector(NAME, dict(config), [(dict(PARTITION), {"position": 8})])
    cluster = SimulatedCluster("simulated", [one])
    with ConnectServers([cluster]):
        simulated = conversation(cluster.url)
    assert [(one, other) for one, other in zip(simulated, real, strict=True) if one != other] == []
