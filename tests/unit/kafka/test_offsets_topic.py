# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect's topics say, from their bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import (
    StoredConnector,
    connector_of_key,
    read_config_topic,
    read_offsets,
)
from unit.kafka.fake import FIRST_SECOND, FakeConnection


def key(connector: str, **partition: Any) -> bytes:
    return json.dumps([connector, partition], separators=(",", ":")).encode()


def test_offsets_are_decoded_with_their_position_and_time() -> None:
    orders = key("orders", table="a")
    connection = FakeConnection({"offsets": {3: [(orders, b'{"id":1}'), (orders, b'{"id":2}'), (key("other"), b"{}")]}})
    read = read_offsets(connection, "offsets", ["orders"])
    (record,) = read.records
    assert (record.offset, record.topic_partition, record.position) == ({"id": 2}, 3, 1)
    assert record.committed_at == FIRST_SECOND + 1
    assert (read.topic, read.scanned, read.malformed, read.hidden_by_transaction) == ("offsets", 3, 0, {})


@pytest.mark.parametrize("name", ["orders", 'a "name" with ünusual characters'])
def test_a_connector_is_found_whatever_its_name(name: str) -> None:
    records = [(key(one), b'{"id":1}') for one in ("orders", "orders-2", 'a "name" with ünusual characters')]
    connection = FakeConnection({"offsets": {0: records}})
    assert [record.connector for record in read_offsets(connection, "offsets", [name]).records] == [name]
    assert len(read_offsets(connection, "offsets").records) == 3
    assert read_offsets(connection, "offsets", []).records == ()


def test_records_that_connect_would_skip_are_counted() -> None:
    connection = FakeConnection({"offsets": {0: [(b"\xff", b"{}"), (key("orders"), b"{"), (None, b"{}")]}})
    read = read_offsets(connection, "offsets")
    assert (read.records, read.malformed) == ((), 3)


def test_positions_hidden_by_an_open_transaction_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(
        "ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading._TRANSACTION_SECONDS", 0.0
    )
    records = [(key("orders"), b'{"id":1}')] * 5
    connection = FakeConnection({"offsets": {0: records, 1: records}}, open_since={("offsets", 1): 2})
    assert read_offsets(connection, "offsets").hidden_by_transaction == {1: 3}


def test_the_config_topic_gives_configs_and_target_states() -> None:
    def config(value: str | None) -> bytes:
        return json.dumps({"properties": {"connector.class": value, "unset": None}}).encode()

    records = [
        (b"session-key", b'{"key":"a-secret"}'),
        (b"connector-b", config("Old")),
        (b"connector-b", config("B")),
        (b"connector-a", config("A")),
        (b"connector-c", config("C")),
        (b"connector-d", config("E")),
        (b"connector-deleted", config("D")),
        (b"target-state-a", b'{"state":"PAUSED","state.v2":"STOPPED"}'),
        (b"target-state-b", b'{"state":"PAUSED"}'),
        (b"target-state-d", b'{"state":"HALTED"}'),
        (b"target-state-deleted", b'{"state":"PAUSED"}'),
        (b"connector-deleted", None),
        (b"connector-unreadable", b"{"),
    ]
    assert read_config_topic(FakeConnection({"configs": {0: records}}), "configs") == {
        "a": StoredConnector({"connector.class": "A"}, "STOPPED"),
        "b": StoredConnector({"connector.class": "B"}, "PAUSED"),
        "c": StoredConnector({"connector.class": "C"}, "STARTED"),
        "d": StoredConnector({"connector.class": "E"}, None),
    }


def test_a_stored_connector_hides_its_config_and_knows_its_own_offsets_topic() -> None:
    stored = StoredConnector({"stripe.api.keys": "PST:a-secret-key", "offsets.storage.topic": "own"}, "STOPPED")
    assert "a-secret-key" not in repr(stored)
    assert stored.offsets_topic == "own"
    assert StoredConnector({"offsets.storage.topic": ""}).offsets_topic is None


def test_a_key_names_its_connector() -> None:
    assert connector_of_key(key("orders", table="a")) == "orders"
    assert connector_of_key(b"connector-orders") is None
