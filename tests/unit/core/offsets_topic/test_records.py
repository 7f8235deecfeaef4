# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record of an offsets topic, from its bytes."""

from __future__ import annotations

import json

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode

KEY = b'["orders",{"timezone":"PST","report_type":"a.1"}]'
VALUE = b'{"interval_end":1700000000,"processed_in_round":false,"last_committed_row":null}'


def decoded(key: bytes | None = KEY, value: bytes | None = VALUE) -> OffsetRecord | None:
    return decode("connect-offsets", 3, 17, 1700000000.5, key, value)


def test_a_record_has_its_bytes_and_its_meaning_and_where_it_lies() -> None:
    partition = Partition.of({"timezone": "PST", "report_type": "a.1"})
    offset = {"interval_end": 1700000000, "processed_in_round": False, "last_committed_row": None}
    assert decoded() == OffsetRecord(
        "orders", partition, offset, KEY, VALUE, "connect-offsets", 3, 17, committed_at=1700000000.5
    )


def test_the_order_of_the_keys_fields_is_kept() -> None:
    record = decoded(b'["orders",{"z":1,"a":2}]')
    assert record is not None
    assert record.partition.fields == (("z", 1), ("a", 2))


@pytest.mark.parametrize("number", ["1", "1.0", "9007199254740993", "true", '"1"'])
def test_numbers_keep_their_json_type(number: str) -> None:
    record = decoded(f'["orders",{{"n":{number}}}]'.encode(), f'{{"n":{number}}}'.encode())
    assert record is not None
    assert record.offset is not None
    assert json.dumps(record.offset["n"]) == json.dumps(record.partition.get("n")) == number


@pytest.mark.parametrize("value", [None, b"null", b" null\n"])
def test_no_value_is_no_offset(value: bytes | None) -> None:
    record = decoded(value=value)
    assert record is not None
    assert (record.offset, record.value) == (None, value)


def test_other_writers_blanks_and_escapes_are_understood() -> None:
    record = decoded(b'[ "\\u00fcber", { "p" : "\\u00fc" } ]')
    assert record is not None
    assert (record.connector, record.partition) == ("über", Partition.of({"p": "ü"}))


@pytest.mark.parametrize(
    "key",
    [
        None,
        b"",
        b"orders",
        b"\xff\xfe",
        b"{}",
        b'"orders"',
        b"[]",
        b'["orders"]',
        b'["orders",{"p":1},2]',
        b'[1,{"p":1}]',
        b'[null,{"p":1}]',
        b'["orders",null]',
        b'["orders","p"]',
        b'["orders",[1]]',
        b'["orders",{"p":{"nested":1}}]',
        b'["orders",{"p":[1]}]',
        b"connector-orders",
        b"[" * 100_000,
    ],
)
def test_a_key_that_connect_would_skip_is_no_record(key: bytes | None) -> None:
    assert decoded(key) is None
    assert decoded(key, None) is None


@pytest.mark.parametrize("value", [b"", b"1", b"[]", b'"null"', b"{", b'{"n":{"nested":1}}', b"\xff"])
def test_a_value_that_is_no_offset_is_no_record(value: bytes) -> None:
    assert decoded(value=value) is None
