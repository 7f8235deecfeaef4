# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries of the dashboard, asked of a real Prometheus that has scraped what the module writes."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import pytest
import requests
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import cluster_families, look_families
from ansible_collections.connectops.recovery.plugins.module_utils.monitoring import registry_of, text_of
from lab import await_condition
from unit.monitoring.facts import cluster_facts
from unit.monitoring.tools import EXTENSIONS, free_port, tool

DASHBOARD = json.loads((EXTENSIONS / "grafana" / "connectops.json").read_text(encoding="utf-8"))
QUERIES = [
    (f"{panel['title']} {target['refId']}", target["expr"])
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]
VARIABLES = [one["definition"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {"": "text/plain; version=0.0.4"}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that has scraped the metrics of one good look at one cluster that fails since."""
    program = tool("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    now = time.time()
    families = [*look_families("eu", now, 1.5, has_succeeded=False), *cluster_families("eu", cluster_facts(), 10)]
    (folder / "metrics").write_bytes(text_of(registry_of(families)))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scraped = {"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{server.server_port}"]}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scraped]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    process = subprocess.Popen(
        [program, *arguments, f"--web.listen-address={url.removeprefix('http://')}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_condition(lambda: bool(_asked(url, "connectops_look_success")), lambda: "a scrape of the metrics")
        yield url
    finally:
        process.terminate()
        process.wait()
        server.shutdown()
        server.server_close()


def _asked(url: str, query: str) -> list[dict[str, Any]]:
    """The series that a query finds; none while Prometheus is not there yet."""
    with suppress(requests.ConnectionError):
        answer = requests.get(f"{url}/api/v1/query", params={"query": query}, timeout=10)
        # While it starts it answers with 503.
        if answer.status_code == 200:
            found: list[dict[str, Any]] = answer.json()["data"]["result"]
            return found
    return []


def _as_grafana_asks(query: str) -> str:
    """With all clusters and all connectors chosen."""
    return re.sub(r"\$(cluster|connector)\b", ".*", query)


@pytest.mark.parametrize("query", [query for _name, query in QUERIES], ids=[name for name, _query in QUERIES])
def test_each_panel_finds_something(prometheus: str, query: str) -> None:
    assert _asked(prometheus, _as_grafana_asks(query))


@pytest.mark.parametrize("definition", VARIABLES)
def test_each_variable_has_values(prometheus: str, definition: str) -> None:
    match = re.fullmatch(r"label_values\((.*), (\w+)\)", definition)
    assert match is not None
    values = {one["metric"].get(match[2]) for one in _asked(prometheus, _as_grafana_asks(match[1]))}
    assert values
    assert None not in values


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: str(panel["title"]))
def test_each_line_of_a_panel_has_a_name_of_its_own(prometheus: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        wanted = re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))
        series = [one["metric"] for one in _asked(prometheus, _as_grafana_asks(target["expr"]))]
        names = [tuple(one[label] for label in wanted) for one in series]
        assert panel["type"] != "timeseries" or len(set(names)) == len(names)


def test_the_numbers_are_those_of_the_facts(prometheus: str) -> None:
    by_title = {panel["title"]: _as_grafana_asks(panel["targets"][0]["expr"]) for panel in DASHBOARD["panels"]}
    shown = {
        title: _asked(prometheus, by_title[title])[0]["value"][1]
        for title in (
            "Stuck or blocked connectors",
            "Partitions more than a day behind",
            "Clusters that cannot be read",
        )
    }
    assert list(shown.values()) == ["1", "2", "1"]


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert {"title", "uid", "schemaVersion", "panels", "templating"} <= set(DASHBOARD)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    squares = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(squares)) == len(squares), "panels lie over each other"
    named = {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert {name for _title, query in QUERIES for name in re.findall(r"\$(\w+)", query)} <= named
