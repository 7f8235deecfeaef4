# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes into the topics of a connector, by the timezone that a record names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals, TopicEnd

ZONE = "timezone_aka_platform"


def taken(*values: bytes | None, field: str | None = ZONE) -> Arrivals:
    found = Arrivals("t")
    for value in values:
        found.take(value, field)
    return found


def test_records_are_counted_by_their_field_and_markers_apart() -> None:
    plain, enveloped = {ZONE: "PST"}, {"schema": None, "payload": {ZONE: "Africa/Cairo"}}
    in_text = json.dumps(json.dumps(plain)).encode()
    assert dict(taken(in_text).groups) == {"PST": 1}
    found = taken(json.dumps(plain).encode(), json.dumps(enveloped).encode(), json.dumps(plain).encode(), None)
    assert (found.groups, found.markers, found.others, found.records) == ({"PST": 2, "Africa/Cairo": 1}, 1, 0, 3)


@pytest.mark.parametrize("value", [b"\x00avro", b"[]", b"7", b"{}", b'{"timezone_aka_platform": 7}', b"[" * 100_000])
def test_a_record_that_does_not_name_its_timezone_is_one_all_the_same(value: bytes) -> None:
    found = taken(value)
    assert (dict(found.groups), found.others, found.records) == ({}, 1, 1)


def test_without_a_field_every_record_is_one() -> None:
    assert taken(b'{"timezone_aka_platform": "PST"}', field=None).others == 1


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"topic": "t", "topic_partition": "0", "end": 1},
        {"topic": "t", "topic_partition": 0, "end": -1},
        {"topic": 1, "topic_partition": 0, "end": 1},
        {"topic": "t", "topic_partition": 0, "end": True},
    ],
)
def test_an_end_that_is_damaged_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        TopicEnd.from_data(data)


def test_an_end_comes_back_as_it_was() -> None:
    end = TopicEnd("t", 3, 17)
    assert TopicEnd.from_data(json.loads(json.dumps(end.as_data()))) == end
