# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka Connect's JSON as core types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import ClusterInfo, ValidationError
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Partition,
    Status,
    StoredOffset,
    Task,
)
from unit.connect.clients import MakeClient
from unit.connect.http_server import Expect, FakeConnect
from unit.connect.recorded import info, status_of


def test_numbers_of_offsets_keep_their_kind(make: MakeClient) -> None:
    text = (
        b'{"offsets":[{"partition":{"p":1},"offset":{"i":9007199254740993,"f":1.0,"b":true,"n":null}},'
        b'{"partition":{"p":"1"},"offset":null}]}'
    )
    with FakeConnect(Expect("GET", "/connectors/c/offsets", body=text)) as worker:
        first, second = make(worker.url).offsets("c")
    assert first.offset is not None
    assert [type(value) for value in first.offset.values()] == [int, float, bool, type(None)]
    assert first.offset["i"] == 9007199254740993
    assert second == StoredOffset(Partition.of({"p": "1"}), None)


def validated(name: str, value: Any, *errors: str, kind: str = "STRING", default: Any = None) -> dict[str, Any]:
    return {
        "definition": {"name": name, "type": kind, "default_value": default},
        "value": {"name": name, "value": value, "errors": list(errors)},
    }


def test_validation_lists_errors_by_key_without_values_even_those_only_the_worker_knows(
    make: MakeClient,
) -> None:
    config = {"connector.class": "a.B", "token": "${file:/x:token}", "wait": "300000"}
    reply = {
        "name": "a.B",
        "error_count": 2,
        "configs": [
            validated("token", "resolved1", "resolved1 is no token", "Invalid value resolved1 for configuration token"),
            validated("wait", "300000", kind="LONG", default="5000"),
            validated("mode", "none", "must be one of none, all", default="none"),
            validated("key", "[hidden]", kind="PASSWORD", default="[hidden]"),
            {"definition": None, "value": {"name": "unknown", "value": None, "errors": []}},
        ],
    }
    with FakeConnect(Expect("PUT", "/connector-plugins/a.B/config/validate", body=reply, request=config)) as worker:
        said = make(worker.url).validate("a.B", config)
    assert said.errors == (
        ValidationError("token", ("******** is no token", "Invalid value ******** for configuration token")),
        ValidationError("mode", ("must be one of none, all",)),
    )
    assert said.secret_keys == {"key"}
    assert said.defaults == {"token": None, "wait": "5000", "mode": "none"}


def test_a_status_is_read_from_connects_own_json() -> None:
    trace = "x.BadThing: Invalid value ******** for configuration port"
    read = replies.status(
        {
            "connector": {"state": "RUNNING", "worker_id": "a:1"},
            "type": "source",
            "tasks": [
                {
                    "id": 0,
                    "state": "FAILED",
                    "worker_id": "b:1",
                    "trace": "x.BadThing: Invalid value hunter2 for configuration port\n\tat x.Y",
                },
                {"id": 1, "state": "RUNNING"},
            ],
        }
    )
    assert read == Status("RUNNING", "a:1", (Task(0, "FAILED", "b:1", trace), Task(1, "RUNNING", "")), "source")
    assert read.worker_ids == {"a:1", "b:1"}


def test_a_status_without_a_type_is_of_unknown_type() -> None:
    assert replies.status({"connector": {"state": "RUNNING"}, "tasks": []}) == Status("RUNNING")


def test_offsets_are_read_from_connects_own_json() -> None:
    entries = [{"partition": {"p": 1}, "offset": {"pos": 2}}, {"partition": {"p": 2}, "offset": None}]
    assert replies.offsets(entries) == (
        StoredOffset(Partition.of({"p": 1}), {"pos": 2}),
        StoredOffset(Partition.of({"p": 2}), None),
    )


def test_a_root_without_one_of_its_keys_is_not_connects() -> None:
    root = {"version": "3.9.1", "commit": "f745dfdc", "kafka_cluster_id": "abc"}
    assert replies.cluster_info(root) == ClusterInfo("3.9.1", "abc")
    wrong = [{**root, key: 1} for key in root]
    wrong += [{other: root[other] for other in root if other != key} for key in ("version", "commit")]
    for changed in wrong:
        with pytest.raises(replies.WRONG_SHAPE):
            replies.cluster_info(changed)


def test_connectors_that_lack_a_part_are_left_out() -> None:
    data = {
        "both": {"info": info("both"), "status": status_of("both")},
        "no status": {"info": info("no status")},
        "no info": {"status": status_of("no info")},
    }
    found = replies.connectors(data)
    assert found == {"both": replies.connector("both", info("both"), status_of("both"))}


def test_a_type_that_is_not_told_with_the_config_is_that_of_the_status() -> None:
    its_info = {**info("c", k="v"), "type": None}
    assert replies.info(its_info) == ("unknown", {"name": "c", "k": "v"})
    assert replies.connector("c", its_info, status_of("c")).type == "source"
    assert replies.connector("c", its_info, {**status_of("c"), "type": None}).type == "unknown"


def test_names_alone_say_nothing_of_a_connector() -> None:
    assert replies.connectors(["c"]) == {}


def test_the_tasks_a_worker_knows_are_numbers() -> None:
    assert replies.task_numbers({"tasks": [{"connector": "c", "task": 1}, {"connector": "c", "task": 0}]}) == (1, 0)


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (replies.names, [1]),
        (replies.names, None),
        (replies.config, ["k"]),
        (replies.config, {"k": 1}),
        (replies.status, {}),
        (replies.status, {"connector": {"state": "RUNNING"}, "tasks": [{"id": "x", "state": "RUNNING"}]}),
        (replies.status, {"connector": {"state": "SLEEPING"}, "tasks": []}),
        (replies.status, {"connector": {"state": "RUNNING"}, "tasks": [{"id": 0, "state": "SLEEPING"}]}),
        (replies.offsets, [{"partition": {}}]),
        (replies.offsets, [{"partition": "p", "offset": None}]),
        (replies.connectors, "c"),
        (replies.connectors, {"c": {"info": {}, "status": status_of("c")}}),
        (replies.task_numbers, {"tasks": [{}]}),
        (lambda data: replies.validation(data, {}, frozenset()), {"configs": [{}]}),
    ],
)
def test_json_of_another_shape_is_refused(read: Callable[[Any], Any], data: Any) -> None:
    with pytest.raises(replies.WRONG_SHAPE):
        read(data)
