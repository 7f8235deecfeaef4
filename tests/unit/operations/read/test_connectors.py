# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors of a cluster as they are read over REST alone."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_snapshot
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from unit.connect.http_server import Expect, FakeConnect
from unit.connect.recorded import OFFSETS, ROOT, failing, info, status_of

NO_PLUGIN = "Failed to find any class that implements Connector and which name matches x.Gone"


def test_a_running_connector_runs_whatever_a_gateway_leaves_of_the_call_for_all() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body={**ROOT, "kafka_cluster_id": None}),
            Expect("GET", "/connectors", body=["c"]),
            Expect("GET", "/connectors?expand=info&expand=status", body={"c": {"info": info("c")}}),
            Expect("GET", "/connectors/c", body=info("c")),
            Expect("GET", "/connectors/c/status", body=status_of("c")),
            Expect("GET", "/connectors/c/offsets", body={"offsets": OFFSETS}),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        snapshot = read_snapshot(client, (), 0.0)
    (connector,) = snapshot.connectors
    assert (snapshot.cluster_id, connector.state, len(connector.offsets)) == ("", "RUNNING", 1)


def test_the_offsets_of_a_connector_that_connect_cannot_show_are_not_asked_for() -> None:
    with (
        FakeConnect(
            Expect("GET", "/", body=ROOT),
            Expect("GET", "/connectors", body=["bad"]),
            failing("GET", "/connectors?expand=info&expand=status", 500, NO_PLUGIN),
            failing("GET", "/connectors/bad", 500, NO_PLUGIN),
            Expect("GET", "/connectors/bad/config", body={"connector.class": "x.Gone"}),
            Expect("GET", "/connectors/bad/status", body=status_of("bad", "FAILED")),
        ) as worker,
        ConnectClient(ConnectOptions((worker.url,))) as client,
    ):
        (bad,) = read_snapshot(client, (), 0.0).connectors
    assert bad.offsets == ()
    assert NO_PLUGIN in str(bad.problem)
    assert bad.state == "FAILED"
