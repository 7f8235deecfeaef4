# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real Pushgateway shows after a good look and after one that failed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from ansible_collections.connectops.recovery.plugins.module_utils.core.metrics import cluster_families, look_families
from ansible_collections.connectops.recovery.plugins.module_utils.monitoring import push_metrics, registry_of
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import MetricsOptions
from lab.waiting import LIMIT_SECONDS, await_condition
from prometheus_client.parser import text_string_to_metric_families
from unit.monitoring.facts import NOW, cluster_facts
from unit.monitoring.tools import free_port, tool


@pytest.fixture
def url() -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [tool("prometheus-pushgateway"), f"--web.listen-address={address}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def is_ready() -> bool:
        with suppress(requests.ConnectionError):
            return requests.get(f"http://{address}/-/ready", timeout=LIMIT_SECONDS).status_code == 200
        return False

    try:
        await_condition(is_ready, lambda: "the Pushgateway")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def shown(url: str, cluster: str) -> dict[str, float]:
    """The first value of each of our metrics of a cluster."""
    text = requests.get(f"{url}/metrics", timeout=LIMIT_SECONDS).text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("cluster") == cluster and sample.name.startswith("connectops_")
    }


def test_a_failed_look_leaves_what_was_known_and_another_cluster_alone(url: str) -> None:
    options = MetricsOptions(pushgateway_url=url)
    for cluster in ("eu/1", "us"):
        good = [*look_families(cluster, NOW, 1, has_succeeded=True), *cluster_families(cluster, cluster_facts(), 10)]
        push_metrics(options, cluster, registry_of(good), is_complete=True)
    before = shown(url, "us")
    failed = look_families("eu/1", NOW + 900, 1, has_succeeded=False)
    push_metrics(options, "eu/1", registry_of(failed), is_complete=False)
    after = shown(url, "eu/1")
    assert (after["connectops_look_success"], after["connectops_look_timestamp_seconds"]) == (0, NOW + 900)
    assert after["connectops_last_good_look_timestamp_seconds"] == NOW
    assert after["connectops_partition_behind_seconds"] > 0
    assert shown(url, "us") == before
