# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of simulated Connect clusters: the REST API of one worker each, all in one process, each on a port of its own.

Use it for what a lab cannot have: hundreds of clusters. A connector stops, accepts offsets and resumes at once, without
slow tasks. ``tests/integration/lab/test_connect_servers.py`` compares the answers with those of a real worker.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

VERSION = "3.9.2"
ALLOWED = {"offsets": "HEAD,DELETE,GET,OPTIONS,PATCH", "config": "HEAD,GET,OPTIONS,PATCH,PUT"}
Answer = tuple[int, Any]


@dataclass
class SimulatedConnector:
    """One source connector. ``on_resume`` is called after each resume, and may change offsets and state: its task's work."""

    name: str
    config: dict[str, str]
    offsets: list[tuple[dict[str, Any], dict[str, Any]]]
    on_resume: Callable[[SimulatedConnector], None] = lambda _connector: None
    state: str = "RUNNING"
    task_state: str = "RUNNING"
    trace: str | None = None
    kept: dict[str, bytes] = field(default_factory=dict)

    def status(self, worker: str) -> dict[str, Any]:
        """What ``GET /connectors/<name>/status`` answers."""
        task = {"id": 0, "state": self.task_state, "worker_id": worker}
        if self.trace is not None:
            task["trace"] = self.trace
        return {
            "name": self.name,
            "connector": {"state": self.state, "worker_id": worker},
            "tasks": [] if self.state == "STOPPED" else [task],
            "type": "source",
        }

    def info(self) -> dict[str, Any]:
        """What ``GET /connectors/<name>`` answers."""
        tasks = [] if self.state == "STOPPED" else [{"connector": self.name, "task": 0}]
        return {"name": self.name, "config": self.config, "tasks": tasks, "type": "source"}


class SimulatedCluster:
    """The state of one cluster and its answers. ``delay_seconds`` passes before each answer.

    ``calls``: when (seconds from any moment), method and path of each.
    """

    def __init__(self, label: str, connectors: Sequence[SimulatedConnector], password_keys: Sequence[str] = ()) -> None:
        self.label = label
        self.connectors = {one.name: one for one in connectors}
        self.password_keys = tuple(password_keys)
        self.delay_seconds = 0.0
        self.calls: list[tuple[float, str, str]] = []
        self.url = ""
        self._kept: dict[str, bytes] = {}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and further headers."""
        self.calls.append((time.monotonic(), method, path))
        if method == "GET" and path in self._kept:
            return 200, self._kept[path], {}
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        if method == "OPTIONS":
            return 200, b"", {"Allow": ALLOWED[parts[-1]]}
        status, data = self._answer(method, parts, urlsplit(path).query, body)
        text = b"" if data is None else json.dumps(data).encode()
        if method == "GET" and status == 200:
            # Reuse what does not change, so that a large fleet costs this process little.
            self._kept[path] = text
        elif method != "GET":
            self._kept.clear()
        return status, text, {}

    def forget_answers(self) -> None:
        """For one who changes a connector beside the API."""
        self._kept.clear()

    def _answer(self, method: str, parts: list[str], query: str, body: bytes) -> Answer:
        worker = urlsplit(self.url).netloc
        if parts == [""]:
            return 200, {"version": VERSION, "commit": "0123456789abcdef", "kafka_cluster_id": f"kafka-of-{self.label}"}
        if parts[0] == "connector-plugins":
            return self._plugins(parts, body)
        if parts == ["connectors"] and query:
            return 200, {
                name: {"status": one.status(worker), "info": one.info()} for name, one in self.connectors.items()
            }
        if parts == ["connectors"]:
            return 200, list(self.connectors)
        connector = self.connectors.get(parts[1])
        if connector is None:
            said = (
                f"No status found for connector {parts[1]}"
                if parts[2:] == ["status"]
                else f"Connector {parts[1]} not found"
            )
            return 404, {"error_code": 404, "message": said}
        return self._about(connector, method, parts[2:], body, worker)

    def _plugins(self, parts: list[str], body: bytes) -> Answer:
        if parts[-1] == "validate":
            config = json.loads(body)
            values = [
                {"definition": None, "value": {"name": key, "value": value, "recommended_values": [], "errors": []}}
                for key, value in config.items()
            ]
            return 200, {"name": parts[1], "error_count": 0, "groups": [], "configs": values}
        if parts[-1] == "config":
            return 200, [{"name": key, "type": "PASSWORD"} for key in self.password_keys]
        classes = {one.config["connector.class"] for one in self.connectors.values()}
        return 200, [{"class": one, "type": "source", "version": "1.0.0"} for one in sorted(classes)]

    def _about(self, one: SimulatedConnector, method: str, rest: list[str], body: bytes, worker: str) -> Answer:
        what = rest[0] if rest else ""
        if method == "GET":
            offsets = [{"partition": where, "offset": offset} for where, offset in one.offsets]
            shown = {
                "": one.info(),
                "status": one.status(worker),
                "config": one.config,
                "offsets": {"offsets": offsets},
            }
            return 200, shown[what]
        if (method, what) == ("PATCH", "config"):
            one.config.update(json.loads(body))
            one.config = {key: value for key, value in one.config.items() if value is not None}
            return 200, one.info()
        if (method, what) == ("PATCH", "offsets"):
            return self._alter(one, json.loads(body)["offsets"])
        one.state = {"stop": "STOPPED", "pause": "PAUSED", "resume": "RUNNING"}[what]
        if what == "resume":
            one.on_resume(one)
        return (204 if what == "stop" else 202), None

    @staticmethod
    def _alter(one: SimulatedConnector, wanted: Sequence[Mapping[str, Any]]) -> Answer:
        if one.state != "STOPPED":
            said = (
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified"
                f" connector by issuing a 'PUT' request to the '/connectors/{one.name}/stop' endpoint"
            )
            return 400, {"error_code": 400, "message": said}
        changed = {json.dumps(entry["partition"], sort_keys=True): entry for entry in wanted}
        kept = []
        for where, offset in one.offsets:
            entry = changed.pop(json.dumps(where, sort_keys=True), None)
            new = offset if entry is None else entry["offset"]
            if new is not None:
                kept.append((where, new))
        kept += [(entry["partition"], entry["offset"]) for entry in changed.values() if entry["offset"] is not None]
        one.offsets = kept
        return 200, {"message": "The offsets for this connector have been altered successfully"}


class ConnectServers:
    """A context in which every cluster answers at its ``url``, served by one thread."""

    def __init__(self, clusters: Sequence[SimulatedCluster]) -> None:
        self.clusters = tuple(clusters)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> ConnectServers:
        self._thread.start()
        for cluster in self.clusters:
            asyncio.run_coroutine_threadsafe(self._listen(cluster), self._loop).result()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _listen(self, cluster: SimulatedCluster) -> None:
        server = await self._loop.create_server(lambda: _Connection(cluster), "127.0.0.1", 0)
        cluster.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class _Connection(asyncio.Protocol):
    """One keep-alive connection: whole requests, one after the other."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {key.lower(): value.strip() for key, _colon, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        method, path, _version = first.split(" ")
        loop = asyncio.get_running_loop()
        loop.call_later(self._cluster.delay_seconds, self._send, method, path, rest[:length])

    def _send(self, method: str, path: str, body: bytes) -> None:
        status, text, further = self._cluster.answer(method, path, body)
        headers = {"Date": formatdate(usegmt=True), "Content-Type": "application/json", **further}
        headers["Content-Length"] = str(len(text))
        head = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        reason = HTTPStatus(status).phrase
        self._transport.write(f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + text)
