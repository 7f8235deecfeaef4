# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key bytes that Connect's REST API builds; all of it was seen at real workers (tests/integration/lab)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import (
    difference,
    is_addressable,
    rest_key,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from hypothesis import given
from hypothesis import strategies as st

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
partitions = st.dictionaries(st.text(), scalars, max_size=14)

# What java.util.HashMap makes of names put in one after the other.
ORDERS = {
    # name: (names as they are put, names as they come out)
    "of this connector": (("report_type", "timezone"), ("timezone", "report_type")),
    "by the lowest bits of the hash code": (("q", "a", "p", "b"), ("p", "q", "a", "b")),
    "one bucket keeps the order": (("BB", "Aa"), ("BB", "Aa")),
    "twelve names fit into sixteen buckets": (
        ("p", "o", "n", "m", "l", "k", "j", "i", "h", "g", "f", "A"),
        ("p", "A", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o"),
    ),
    "the thirteenth doubles them": (
        ("p", "o", "n", "m", "l", "k", "j", "i", "h", "g", "f", "A", "e"),
        ("A", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"),
    ),
}

# A value as JSON, and what REST writes for it.
VALUES = {
    "0": "0",
    "-0": "0",
    "9223372036854775807": "9223372036854775807",
    "9223372036854775808": "-9223372036854775808",
    "12345678901234567890": "-6101065172474983726",
    "true": "true",
    "null": "null",
    "0.0": "0.0",
    "-0.0": "0.0",
    "1.00": "1.0",
    "-2.5": "-2.5",
    "1e2": "100.0",
    "0.001": "0.001",
    "0.00099": "9.9E-4",
    "9999999.0": "9999999.0",
    "10000000.0": "1.0E7",
    "1e10": "1.0E10",
    "-123456789.5": "-1.234567895E8",
    "1.7976931348623157e308": "1.7976931348623157E308",
    "1e400": '"Infinity"',
    "-1e400": '"-Infinity"',
    '"0"': '"0"',
    '"a/b"': '"a/b"',
    '"a\\/b"': '"a/b"',
    '"\\u00e9"': '"é"',
    '"\\u007f\\u2028"': '"\x7f\u2028"',
    '"\\"\\\\\\b\\t\\n\\f\\r"': '"\\"\\\\\\b\\t\\n\\f\\r"',
    '"\\u0000\\u001f"': '"\\u0000\\u001F"',
    '"😀"': '"\\uD83D\\uDE00"',
    '"\\ud83d"': '"\\uD83D"',
}


def stored(key: str) -> OffsetRecord:
    record = decode("connect-offsets", 0, 0, 0.0, key.encode(), b"{}")
    assert record is not None
    return record


def order_of(names: tuple[str, ...]) -> tuple[str, ...]:
    fields = json.loads(rest_key("c", Partition.of(dict.fromkeys(names))))[1]
    return tuple(fields)


@pytest.mark.parametrize("put, listed", ORDERS.values(), ids=ORDERS)
def test_fields_come_in_the_order_of_a_hash_map(put: tuple[str, ...], listed: tuple[str, ...]) -> None:
    assert order_of(put) == listed


def test_names_of_one_hash_code_keep_the_order_of_the_request() -> None:
    names = tuple("".join(pairs) for pairs in itertools.product(("Aa", "BB"), repeat=3))
    assert order_of(names) == names
    assert order_of(names[::-1]) == names[::-1]


@pytest.mark.parametrize("value, written", VALUES.items(), ids=ascii)
def test_values_are_written_as_java_and_jackson_write_them(value: str, written: str) -> None:
    partition = Partition.of({"a": json.loads(value)})
    assert rest_key("c", partition) == f'["c",{{"a":{written}}}]'.encode()


def test_names_of_connectors_and_fields_are_escaped_like_values() -> None:
    assert rest_key('ä"😀', Partition.of({"\n": 1})) == '["ä\\"\\uD83D\\uDE00",{"\\n":1}]'.encode()


@pytest.mark.parametrize(
    "key, how",
    [
        ('["c",{}]', None),
        ('["c",{"timezone":"PST","report_type":"t"}]', None),
        ('["c",{"report_type":"t","timezone":"PST"}]', "order"),
        ('["c",{"BB":1,"Aa":2}]', None),
        ('["c",{"Aa":2,"BB":1}]', None),
        ('["c", {"a":1}]', "text"),
        ('["c",{"a":1.00}]', "text"),
        ('["c",{"a":1e10}]', "text"),
        ('["c",{"a":12345678901234567890}]', "text"),
        ('["c",{"a":1,"a":2}]', "text"),
        ('["\\u0063",{"a":1}]', "text"),
        ('["c",{"report_type":1.00,"timezone":"PST"}]', "text"),
    ],
)
def test_a_record_is_addressable_if_rest_builds_its_very_bytes(key: str, how: str | None) -> None:
    assert difference(stored(key)) == how
    assert is_addressable(stored(key)) == (how is None)


@given(partitions)
def test_a_key_that_rest_wrote_is_the_one_it_builds_from_what_it_lists(fields: dict[str, Any]) -> None:
    key = rest_key("c", Partition.of(fields))
    name, listed = json.loads(key)
    assert name == "c"
    assert rest_key("c", Partition.of(listed)) == key


@given(partitions)
def test_no_field_is_lost_and_every_value_is_read_back_as_it_was(fields: dict[str, Any]) -> None:
    written = json.loads(rest_key("c", Partition.of(fields)))[1]
    finite = {name: value for name, value in fields.items() if value not in (float("inf"), float("-inf"))}
    assert written.keys() == fields.keys()
    assert {name: written[name] for name in finite} == finite
