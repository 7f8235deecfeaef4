# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which workers a group has; tests/integration asks the coordinator of real ones."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors, workers
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.workers import address_of, find_workers
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from confluent_kafka import KafkaError, KafkaException
from unit.kafka.fake import FakeConnection

OPTIONS = KafkaOptions(("kafka-1:9092",))
FIRST, SECOND, OTHER = "connect-1:8083", "connect-2:8083", "elsewhere:8083"


def told(address: str, scheme: str = "http") -> bytes:
    """What a worker tells its group: version, URL, how far it has read its config topic."""
    url = f"{scheme}://{address}/".encode()
    return struct.pack(">hh", 2, len(url)) + url + struct.pack(">qi", 17, -1)


def group(*metadata: bytes, protocol: str = "connect", error: Any = None) -> SimpleNamespace:
    return SimpleNamespace(
        protocol_type=protocol, error=error, members=[SimpleNamespace(metadata=one) for one in metadata]
    )


def found(monkeypatch: pytest.MonkeyPatch, groups: Any, known: set[str]) -> frozenset[str]:
    connection: Any = FakeConnection({})
    connection.metadata = lambda: None
    connection.close = lambda: None

    def list_groups(timeout: float) -> Any:
        if isinstance(groups, BaseException):
            raise groups
        return groups

    connection.admin.list_groups = list_groups
    monkeypatch.setattr(workers, "Connection", lambda _options: connection)
    return find_workers(OPTIONS, known)


def test_the_group_is_the_one_that_a_known_worker_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [group(told(OTHER)), group(told(FIRST), protocol="consumer"), group(told(FIRST), told(SECOND, "https"))]
    assert found(monkeypatch, groups, {FIRST}) == {FIRST, SECOND}
    assert found(monkeypatch, groups, {"balancer:80"}) == frozenset()


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [group(told(FIRST), b"")],
        [group(told(FIRST), error=KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))],
        KafkaException(KafkaError(KafkaError._TIMED_OUT)),
        errors.KafkaFailed("no broker can be reached"),
    ],
    ids=["no group", "rebalancing", "not allowed", "no answer", "no broker"],
)
def test_where_the_group_is_not_known_nobody_is(monkeypatch: pytest.MonkeyPatch, groups: Any) -> None:
    assert found(monkeypatch, groups, {FIRST}) == frozenset()


@pytest.mark.parametrize("metadata", [b"", b"\0\1", b"\0\1\0\5http", b"\0\1\xff\xff", b"\0\1\0\1x"])
def test_what_is_no_url_is_nobodys_address(metadata: bytes) -> None:
    assert address_of(metadata) is None
