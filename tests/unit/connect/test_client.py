# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client reads of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NoStatusYet,
    NotConnect,
    NotFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connect.clients import MakeClient
from unit.connect.http_server import Expect, FakeConnect
from unit.connect.recorded import CLUSTER, ROOT, failing, status_of


def test_the_root_shows_version_and_cluster(make: MakeClient) -> None:
    with FakeConnect(Expect("GET", "/", body=ROOT)) as worker:
        assert make(worker.url).root() == CLUSTER
    (call,) = worker.calls
    assert call.headers["Accept"] == "application/json"
    assert "Content-Type" not in call.headers


def test_a_url_with_a_path_is_kept_in_front(make: MakeClient) -> None:
    with FakeConnect(Expect("GET", "/gate/connect/", body=ROOT)) as worker:
        assert make(f"{worker.url}/gate/connect").root() == CLUSTER


@pytest.mark.parametrize(
    "body, found",
    [
        ({name: {"status": status_of(name)} for name in ("a", "b", "c")}, {"a", "b"}),
        ({"a": {"status": status_of("a")}, "b": {}}, {"a"}),
        (["a", "b"], set()),
    ],
    ids=["all", "one without a status", "a gateway that drops the parameter"],
)
def test_the_statuses_of_some_come_from_one_call(make: MakeClient, body: Any, found: set[str]) -> None:
    with FakeConnect(Expect("GET", "/connectors?expand=status", body=body)) as worker:
        assert make(worker.url).statuses({"a", "b"}) == {name: replies.status(status_of(name)) for name in found}


def test_configs_and_states_of_some_come_from_one_call(make: MakeClient) -> None:
    parts = {"info": {"type": "source", "config": {"k": "v"}}, "status": status_of("a")}
    body = {"a": parts, "b": {"info": parts["info"]}, "c": parts}
    with FakeConnect(Expect("GET", "/connectors?expand=info&expand=status", body=body)) as worker:
        found = make(worker.url).some_connectors({"a", "b"})
    assert found == {"a": Connector.of("a", "source", {"k": "v"}, replies.status(status_of("a")))}


TOPICS = ("GET", "/connectors/a%2Fb/topics")


@pytest.mark.parametrize(
    "answer, topics",
    [
        (Expect(*TOPICS, body={"a/b": {"topics": ["two", "one"]}}), ("one", "two")),
        (Expect(*TOPICS, body={"a/b": {"topics": []}}), ()),
        (failing(*TOPICS, 403, "Topic tracking is disabled."), None),
        (failing(*TOPICS, 404, "HTTP 404 Not Found"), None),
    ],
)
def test_the_topics_of_a_connector_are_told_where_the_workers_track_them(
    make: MakeClient, answer: Expect, topics: tuple[str, ...] | None
) -> None:
    with FakeConnect(answer) as worker:
        assert make(worker.url).active_topics("a/b") == topics


@pytest.mark.parametrize("body", [{"version": "1.0.2", "commit": "abc"}, {**ROOT, "kafka_cluster_id": None}])
def test_an_old_version_does_not_say_its_kafka_cluster(make: MakeClient, body: Any) -> None:
    with FakeConnect(Expect("GET", "/", body=body)) as worker:
        root = make(worker.url).root()
    assert (root.version, root.kafka_cluster_id) == (body["version"], "")


def test_names_are_percent_encoded(make: MakeClient) -> None:
    with FakeConnect(Expect("GET", "/connectors/a%2Fb%20%25%C3%A9%3F%23/config", body={"k": None})) as worker:
        assert make(worker.url).config("a/b %\u00e9?#") == {"k": None}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_names_that_would_address_something_else_are_refused(make: MakeClient, name: str) -> None:
    with FakeConnect() as worker, pytest.raises(InputError, match="name of a connector"):
        make(worker.url).stop(name)


# ---------------------------------------------------------------------------------------------------------------------
# JSON that is not Kafka Connect's


@pytest.mark.parametrize(
    ("ask", "path", "body"),
    [
        (lambda client: client.config("c"), "/connectors/c/config", ["s3cret"]),
        (lambda client: client.config("c"), "/connectors/c/config", {"k": {"s3cret": 1}}),
        (lambda client: client.status("c"), "/connectors/c/status", {"name": "s3cret"}),
        (lambda client: client.offsets("c"), "/connectors/c/offsets", {"offsets": [{"partition": "s3cret"}]}),
        (lambda client: client.offsets("c"), "/connectors/c/offsets", {}),
        (lambda client: client.names(), "/connectors", {"s3cret": 1, "x": 2}),
    ],
)
def test_json_of_an_unexpected_shape_is_reported_without_repeating_it(
    make: MakeClient, ask: Callable[[ConnectClient], Any], path: str, body: Any
) -> None:
    if path == "/connectors":
        body = [1, 2]
    with FakeConnect(Expect("GET", path, body=body)) as worker, pytest.raises(NotConnect) as caught:
        ask(make(worker.url))
    assert "unexpected shape" in caught.value.message
    assert "s3cret" not in caught.value.message


def test_json_of_another_server_is_reported(make: MakeClient) -> None:
    body = {"name": "node", "version": {"number": "8"}}
    with FakeConnect(Expect("GET", "/", body=body)) as worker, pytest.raises(NotConnect) as caught:
        make(worker.url).root()
    assert caught.value.message == (
        f"{worker.url} answers in JSON, but not like Kafka Connect "
        "(GET / has no version and commit): check connect_url."
    )


@pytest.mark.parametrize("body", [[], "x", 3, None])
def test_json_that_is_no_object_is_reported(make: MakeClient, body: Any) -> None:
    content = b"null" if body is None else body
    with FakeConnect(Expect("GET", "/", body=content)) as worker, pytest.raises(NotConnect):
        make(worker.url).root()


# ---------------------------------------------------------------------------------------------------------------------
# Connectors and calls that do not exist


def test_a_missing_connector_is_reported_with_similar_names(make: MakeClient) -> None:
    with (
        FakeConnect(
            failing("GET", "/connectors/strpe/config", 404, "Connector strpe not found"),
            Expect("GET", "/connectors", body=["debezium", "Stripe-eu", "Stripe"]),
        ) as worker,
        pytest.raises(NotFound) as caught,
    ):
        make(worker.url).config("strpe")
    assert caught.value.message == (
        f'connector "strpe" was not found in the cluster at {worker.url}: did you mean "Stripe" or "Stripe-eu"?'
    )
    assert caught.value.facts["nearest"] == ["Stripe", "Stripe-eu"]
    assert caught.value.facts["connector"] == "strpe"


@pytest.mark.parametrize(
    ("names", "expected"), [(["x", "y"], "none of its 2 connectors has a similar name."), ([], "it has no connectors.")]
)
def test_a_missing_connector_without_similar_names_is_reported(
    make: MakeClient, names: list[str], expected: str
) -> None:
    listing = [Expect("GET", "/connectors", body=names)]
    if not names:
        listing += [failing("GET", "/connectors/connectops.recovery", 404, "Connector not found"), *listing]
    with (
        FakeConnect(failing("PUT", "/connectors/stripe/stop", 404, "Unknown connector stripe"), *listing) as worker,
        pytest.raises(NotFound, match=expected),
    ):
        make(worker.url).stop("stripe")


def test_a_missing_connector_is_reported_even_if_the_others_cannot_be_listed(make: MakeClient) -> None:
    with (
        FakeConnect(
            failing("GET", "/connectors/c/config", 404, "Connector c not found"),
            failing("GET", "/connectors", 500, "broken"),
        ) as worker,
        pytest.raises(NotFound, match='has no connector "c": Connector c not found'),
    ):
        make(worker.url).config("c")


def test_a_connector_that_is_listed_after_all_is_asked_for_again(make: MakeClient) -> None:
    with FakeConnect(
        failing("GET", "/connectors/c/offsets", 404, "Connector c not found"),
        Expect("GET", "/connectors", body=["c"]),
        Expect("GET", "/connectors/c/offsets", body={"offsets": []}),
    ) as worker:
        assert make(worker.url).offsets("c") == ()


def test_a_missing_status_of_a_connector_that_exists_is_told_apart(make: MakeClient) -> None:
    no_status = failing("GET", "/connectors/c/status", 404, "No status found for connector c")
    with FakeConnect(
        no_status, Expect("GET", "/connectors", body=["c"]), no_status, Expect("GET", "/connectors", body=["d"])
    ) as worker:
        client = make(worker.url)
        with pytest.raises(NoStatusYet, match="has no status yet"):
            client.status("c")
        with pytest.raises(NotFound, match="was not found") as caught:
            client.status("c")
        assert not isinstance(caught.value, NoStatusYet)


def test_the_verbs_of_a_resource_are_asked_for_once(make: MakeClient) -> None:
    with FakeConnect(
        Expect("OPTIONS", "/connectors/any/offsets", headers={"Allow": "HEAD,DELETE,GET,OPTIONS,PATCH"}),
        Expect("OPTIONS", "/connectors/any/config", headers={"Allow": "HEAD, GET, PUT"}),
    ) as worker:
        client = make(worker.url)
        assert [client.supports(verb, "offsets") for verb in ("PATCH", "get", "PUT")] == [True, True, False]
        assert [client.supports(verb, "config") for verb in ("PATCH", "PUT")] == [False, True]


def test_a_resource_that_the_version_lacks_supports_nothing(make: MakeClient) -> None:
    with FakeConnect(failing("OPTIONS", "/connectors/any/offsets", 404, "HTTP 404 Not Found")) as worker:
        client = make(worker.url)
        assert not client.supports("GET", "offsets")
        assert not client.supports("PATCH", "offsets")


@pytest.mark.parametrize(
    "options",
    [
        Expect("OPTIONS", "/connectors/any/offsets", 403, b"<html></html>", "text/html"),
        Expect("OPTIONS", "/connectors/any/offsets", 204),
        Expect("OPTIONS", "/connectors/any/offsets", 405, b"", "text/plain"),
    ],
    ids=["forbidden", "answered by a gateway", "not let through"],
)
@pytest.mark.parametrize(
    "message, tells", [("Connector connectops.recovery not found", True), ("HTTP 404 Not Found", False)]
)
def test_where_a_gateway_answers_options_the_call_for_offsets_is_tried(
    make: MakeClient, options: Expect, message: str, tells: bool
) -> None:
    tried = failing("GET", "/connectors/connectops.recovery/offsets", 404, message)
    with FakeConnect(options, tried) as worker:
        assert make(worker.url).supports("GET", "offsets") is tells


def test_an_answer_without_the_verbs_is_reported(make: MakeClient) -> None:
    with (
        FakeConnect(Expect("OPTIONS", "/connectors/any/config", 204)) as worker,
        pytest.raises(NotConnect, match="let OPTIONS through"),
    ):
        make(worker.url).supports("PATCH", "config")


def test_hidden_values_and_own_credentials_are_masked_in_every_message(make: MakeClient) -> None:
    with FakeConnect(failing("GET", "/connectors/c/config", 500, "sk_live_1 and pw1 and pw1tail failed")) as worker:
        client = make(worker.url, url_username="u", url_password="pw1")
        client.hide(["sk_live_1", "", "pw1tail"])
        with pytest.raises(ConnectError, match=r": \*{8} and \*{8} and \*{8} failed$"):
            client.config("c")


DECLARED = [{"name": "a.key", "type": "PASSWORD"}, {"name": "b", "type": "STRING"}]


def test_the_secret_keys_of_a_class_are_asked_for_once(make: MakeClient) -> None:
    with FakeConnect(Expect("GET", "/connector-plugins/x.Some%24Class/config", body=DECLARED)) as worker:
        client = make(worker.url)
        assert client.secret_keys("x.Some$Class") == client.secret_keys("x.Some$Class") == {"a.key"}


@pytest.mark.parametrize(
    "answer",
    [
        failing("GET", "/connector-plugins/x.Gone/config", 404, "Unknown plugin x.Gone."),
        Expect("GET", "/connector-plugins/x.Gone/config", body=[{"name": "a"}]),
    ],
    ids=["unknown", "another shape"],
)
def test_a_class_that_cannot_be_asked_has_unknown_secret_keys_and_not_none_at_all(
    make: MakeClient, answer: Expect
) -> None:
    with FakeConnect(answer) as worker:
        client = make(worker.url)
        assert client.secret_keys("x.Gone") is None
        assert client.secret_keys("x.Gone") is None


def test_whole_traces_are_read_without_the_secrets_in_them(make: MakeClient) -> None:
    trace = "a.B: Invalid value abc for configuration n: no\n\tat x(Y.java:1)\nCaused by: t0psecret, password=other"
    status = {
        "connector": {"state": "RUNNING", "worker_id": "w:1"},
        "tasks": [{"id": 0, "state": "FAILED", "worker_id": "w:1", "trace": trace}],
    }
    with FakeConnect(Expect("GET", "/connectors/c/status", body=status)) as worker:
        client = make(worker.url)
        client.hide(["t0psecret"])
        assert client.traces("c").as_data() == {
            "connector": {"state": "RUNNING", "worker_id": "w:1", "trace": None},
            "tasks": {
                "0": {
                    "state": "FAILED",
                    "worker_id": "w:1",
                    "trace": (
                        "a.B: Invalid value ******** for configuration n: no\n\tat x(Y.java:1)\n"
                        "Caused by: ********, password=********"
                    ),
                }
            },
        }


def test_the_plugins_of_a_worker_are_listed(make: MakeClient) -> None:
    plugins = [{"class": "x.A", "type": "source", "version": "1.0"}, {"class": "x.B", "type": "sink", "version": None}]
    with FakeConnect(Expect("GET", "/connector-plugins", body=plugins)) as worker:
        found = make(worker.url).plugins()
    assert found == (replies.Plugin("x.A", "source", "1.0"), replies.Plugin("x.B", "sink", ""))
    assert found[0].as_data() == plugins[0]


def test_the_header_of_the_login_is_a_secret_as_well(make: MakeClient) -> None:
    quoted = "no Basic cmVjb3Zlcnk6czNjcmV0LXB3 from cmVjb3Zlcnk6czNjcmV0LXB3"
    with FakeConnect(failing("GET", "/connectors/c/config", 500, quoted)) as worker:
        client = make(worker.url, url_username="recovery", url_password="s3cret-pw")
        with pytest.raises(ConnectError) as caught:
            client.config("c")
    assert "cmVjb3Zlcnk6" not in str(caught.value)
