# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus that scrapes a folder of metrics, and what it answers to the queries of the dashboard."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import requests
import yaml
from lab.waiting import LIMIT_SECONDS, await_condition
from unit.monitoring.tools import EXTENSIONS, free_port, tool

DASHBOARD = json.loads((EXTENSIONS / "grafana" / "connectops.json").read_text(encoding="utf-8"))
RULES = EXTENSIONS / "prometheus" / "connectops.rules.yml"


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {"": "text/plain; version=0.0.4"}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def scraping(metrics: Path, folder: Path) -> Iterator[str]:
    """The URL of a Prometheus with the alert rules that has scraped the file ``metrics``; it keeps its own in ``folder``."""
    program = tool("prometheus")
    handler = partial(_Handler, directory=str(metrics.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scraped = {
        "job_name": "node",
        "metrics_path": f"/{metrics.name}",
        "static_configs": [{"targets": [f"127.0.0.1:{server.server_port}"]}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [scraped],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    process = subprocess.Popen(
        [program, *arguments, f"--web.listen-address={url.removeprefix('http://')}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_condition(lambda: bool(asked(url, "connectops_look_success")), lambda: "a scrape of the metrics")
        yield url
    finally:
        process.terminate()
        process.wait()
        server.shutdown()
        server.server_close()


def asked(url: str, query: str) -> list[dict[str, Any]]:
    """The series that a query finds; none while Prometheus is not there yet."""
    with suppress(requests.ConnectionError):
        answer = requests.get(f"{url}/api/v1/query", params={"query": query}, timeout=LIMIT_SECONDS)
        # While it starts it answers with 503.
        if answer.status_code == 200:
            found: list[dict[str, Any]] = answer.json()["data"]["result"]
            return found
    return []


def as_grafana_asks(query: str) -> str:
    """With all clusters and all connectors chosen."""
    return re.sub(r"\$(cluster|connector)\b", ".*", query)
