# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of all connectors, where one call says everything and where it does not."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from unit.connect.clients import MakeClient
from unit.connect.http_server import Expect, FakeConnect
from unit.connect.recorded import failing, info, status_of


def test_connectors_come_from_one_expanded_call(make: MakeClient) -> None:
    expanded = {name: {"info": info(name, k="v"), "status": status_of(name)} for name in ("b", "a")}
    with FakeConnect(
        Expect("GET", "/connectors", body=["b", "a"]),
        Expect("GET", "/connectors?expand=info&expand=status", body=expanded),
    ) as worker:
        connectors = make(worker.url).connectors()
    assert list(connectors) == ["a", "b"]
    assert connectors["a"] == Connector.of("a", "source", {"name": "a", "k": "v"}, replies.status(status_of("a")))


EXPANDED = "/connectors?expand=info&expand=status"
NO_PLUGIN = "Failed to find any class that implements Connector and which name matches x.Gone"


def test_connectors_left_out_of_the_expanded_reply_are_fetched_one_by_one(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=["young", "old", "gone"]),
        Expect("GET", EXPANDED, body={"old": {"info": info("old"), "status": status_of("old")}}),
        failing("GET", "/connectors/gone", 404, "Connector gone not found"),
        Expect("GET", "/connectors/young", body=info("young")),
        failing("GET", "/connectors/young/status", 404, "No status found for connector young"),
    ) as worker:
        connectors = make(worker.url).connectors()
    assert {name: (one.type, one.state) for name, one in connectors.items()} == {
        "old": ("source", "RUNNING"),
        "young": ("source", "UNASSIGNED"),
    }


INCOMPLETE = {
    "a gateway that keeps the first of two equal parameters": Expect("GET", EXPANDED, body={"c": {"info": info("c")}}),
    "a gateway that keeps the last": Expect("GET", EXPANDED, body={"c": {"status": status_of("c")}}),
    "a gateway that keeps neither": Expect("GET", EXPANDED, body=["c"]),
    "Kafka before 2.3": Expect("GET", EXPANDED, body=["c"]),
    "a part that is null": Expect("GET", EXPANDED, body={"c": {"info": info("c"), "status": None}}),
    "a connector without its plugin, which makes the call fail for all": failing("GET", EXPANDED, 500, NO_PLUGIN),
    "a gateway without the parameters": failing("GET", EXPANDED, 400, "Unexpected query"),
}


@pytest.mark.parametrize("answer", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_the_expanded_reply_lacks_comes_from_single_calls(make: MakeClient, answer: Expect) -> None:
    """A connector that runs must not look as if it did not: a recovery would reset it."""
    with FakeConnect(
        Expect("GET", "/connectors", body=["c"]),
        answer,
        Expect("GET", "/connectors/c", body=info("c")),
        Expect("GET", "/connectors/c/status", body=status_of("c")),
    ) as worker:
        connectors = make(worker.url).connectors()
    assert connectors == {"c": replies.connector("c", info("c"), status_of("c"))}


def test_one_connector_that_connect_cannot_show_hides_no_other(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=["bad", "good"]),
        failing("GET", EXPANDED, 500, NO_PLUGIN),
        failing("GET", "/connectors/bad", 500, NO_PLUGIN),
        Expect("GET", "/connectors/bad/config", body={"connector.class": "x.Gone"}),
        failing("GET", "/connectors/bad/status", 500, NO_PLUGIN),
        Expect("GET", "/connectors/good", body=info("good")),
        Expect("GET", "/connectors/good/status", body=status_of("good")),
    ) as worker:
        connectors = make(worker.url).connectors()
    bad, good = connectors.values()
    assert (good.state, good.problem) == ("RUNNING", None)
    assert (bad.state, bad.type, bad.connector_class) == ("UNKNOWN", "unknown", "x.Gone")
    assert bad.problem is not None
    assert NO_PLUGIN in bad.problem


def test_a_connector_of_which_connect_says_nothing_is_still_listed(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=["bad"]),
        *(failing("GET", f"/connectors{path}", 500, "no") for path in ("?expand=info&expand=status", "/bad")),
        *(failing("GET", f"/connectors/bad/{part}", 500, "no") for part in ("config", "status")),
    ) as worker:
        (bad,) = make(worker.url).connectors().values()
    assert (dict(bad.config), bad.state) == ({}, "UNKNOWN")
    assert "GET /connectors/bad" in str(bad.problem)


def test_what_holds_for_the_whole_cluster_is_no_problem_of_one_connector(make: MakeClient) -> None:
    with (
        FakeConnect(
            Expect("GET", "/connectors", body=["c"]),
            Expect("GET", EXPANDED, 403, b"no", "text/plain"),
        ) as worker,
        pytest.raises(AccessDenied),
    ):
        make(worker.url).connectors()


def test_an_empty_list_is_believed_only_after_the_herder_has_answered(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/connectors", body=[]),
        failing("GET", "/connectors/connectops.recovery", 404, "Connector connectops.recovery not found"),
        Expect("GET", "/connectors", body=["b", "a"]),
    ) as worker:
        assert make(worker.url).names() == ["a", "b"]
