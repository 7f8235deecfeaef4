# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of Kafka Connect as they were recorded on real workers."""

from __future__ import annotations

from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import ClusterInfo
from unit.connect.http_server import Expect

ROOT = {"version": "3.9.1", "commit": "f745dfdc", "kafka_cluster_id": "abc"}
CLUSTER = ClusterInfo("3.9.1", "abc")
OFFSETS = [{"partition": {"timezone": "PST"}, "offset": {"round_id": 1}}]

# The answers of Connect's web server while a worker starts: the last one to a client that accepts JSON.
STARTING = [
    Expect("GET", "/", 404, b"<html>Not Found</html>", "text/html"),
    Expect("GET", "/", 404),
    Expect("GET", "/", 404, {"url": "/", "status": "404", "message": "Not Found"}),
]
LOGIN_PAGE = Expect("GET", "/", 200, b"<html>Log in</html>", "text/html; charset=utf-8")
REBALANCE = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"
IO_ERROR = "IO Error trying to forward REST request: java.net.ConnectException: Connection refused"


def error(code: int, message: str) -> dict[str, Any]:
    return {"error_code": code, "message": message}


def failing(method: str, path: str, code: int, message: str, **more: Any) -> Expect:
    return Expect(method, path, code, error(code, message), **more)


def info(name: str, **config: str) -> dict[str, Any]:
    return {
        "name": name,
        "config": {"name": name, **config},
        "tasks": [{"connector": name, "task": 0}],
        "type": "source",
    }


def status_of(name: str, state: str = "RUNNING") -> dict[str, Any]:
    return {"name": name, "connector": {"state": state, "worker_id": "w:1"}, "tasks": [], "type": "source"}
