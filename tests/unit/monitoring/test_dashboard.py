# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries of the dashboard, asked of a real Prometheus that has scraped what the module writes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import cluster_families, look_families
from ansible_collections.connectops.recovery.plugins.module_utils.monitoring import registry_of, text_of
from unit.monitoring.facts import cluster_facts
from unit.monitoring.prometheus import DASHBOARD, as_grafana_asks, asked, scraping

QUERIES = [
    (f"{panel['title']} {target['refId']}", target["expr"])
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]
VARIABLES = [one["definition"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that has scraped the metrics of one good look at one cluster that fails since."""
    folder = tmp_path_factory.mktemp("prometheus")
    families = [
        *look_families("eu", time.time(), 1.5, has_succeeded=False),
        *cluster_families("eu", cluster_facts(), 10),
    ]
    metrics = folder / "metrics"
    metrics.write_bytes(text_of(registry_of(families)))
    with scraping(metrics, folder) as url:
        yield url


@pytest.mark.parametrize("query", [query for _name, query in QUERIES], ids=[name for name, _query in QUERIES])
def test_each_panel_finds_something(prometheus: str, query: str) -> None:
    assert asked(prometheus, as_grafana_asks(query))


@pytest.mark.parametrize("definition", VARIABLES)
def test_each_variable_has_values(prometheus: str, definition: str) -> None:
    match = re.fullmatch(r"label_values\((.*), (\w+)\)", definition)
    assert match is not None
    values = {one["metric"].get(match[2]) for one in asked(prometheus, as_grafana_asks(match[1]))}
    assert values
    assert None not in values


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: str(panel["title"]))
def test_each_line_of_a_panel_has_a_name_of_its_own(prometheus: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        wanted = re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))
        series = [one["metric"] for one in asked(prometheus, as_grafana_asks(target["expr"]))]
        names = [tuple(one[label] for label in wanted) for one in series]
        assert panel["type"] != "timeseries" or len(set(names)) == len(names)


def test_the_numbers_are_those_of_the_facts(prometheus: str) -> None:
    by_title = {panel["title"]: as_grafana_asks(panel["targets"][0]["expr"]) for panel in DASHBOARD["panels"]}
    shown = {
        title: asked(prometheus, by_title[title])[0]["value"][1]
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
