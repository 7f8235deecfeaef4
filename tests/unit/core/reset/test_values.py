# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of offsets: what is refused before a connector is stopped, what is only named, and what stays byte-true."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    Status,
    StoredOffset,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import offset_changes
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import changed_types
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

FILE = Partition.of({"filename": "/data/a"})


def connector(**offset: Any) -> Connector:
    made = Connector.of("c", "source", {"connector.class": "x.Y"}, Status("RUNNING"))
    return replace(made, offsets=(StoredOffset(FILE, offset),))


def refused(stored: dict[str, Any], wanted: dict[Any, Any]) -> str:
    with pytest.raises(InputError) as caught:
        generic_targets(connector(**stored), ResetRequest.read("offset", (), None, wanted, None, allow_gap=False))
    return caught.value.message


def accepted(stored: dict[str, Any], wanted: dict[str, Any]) -> bool:
    request = ResetRequest.read("offset", (), None, wanted, None, allow_gap=False)
    return generic_targets(connector(**stored), request) == {FILE: wanted}


OTHER_TYPES = {
    "a string for an integer": (
        {"pos": 411},
        {"pos": "7"},
        'offset.pos: the connector stores an integer there (411), and "7" is a string: write 7 without quotes.',
    ),
    "a string below zero": (
        {"pos": 411},
        {"pos": "-7"},
        'offset.pos: the connector stores an integer there (411), and "-7" is a string: write -7 without quotes.',
    ),
    "1e3 as YAML reads it": (
        {"pos": 411},
        {"pos": "1e3"},
        'offset.pos: the connector stores an integer there (411), and "1e3" is a string: write 1000 without quotes.',
    ),
    "1e3 as JSON reads it": (
        {"pos": 411},
        {"pos": 1e3},
        "offset.pos: the connector stores an integer there (411), and 1000.0 is a decimal: write 1000.",
    ),
    "words for an integer": (
        {"pos": 411},
        {"pos": "end"},
        'offset.pos: the connector stores an integer there (411), and "end" is a string: write an integer without quotes.',
    ),
    "a part of an integer": (
        {"pos": 411},
        {"pos": 7.5},
        "offset.pos: the connector stores an integer there (411), and 7.5 is a decimal: write an integer without quotes.",
    ),
    "a boolean for an integer": (
        {"pos": 411},
        {"pos": True},
        "offset.pos: the connector stores an integer there (411), and true is a boolean: write an integer without quotes.",
    ),
    "an integer for a string": (
        {"scn": "2868546"},
        {"scn": 2868547},
        'offset.scn: the connector stores a string there ("2868546"), and 2868547 is an integer: write "2868547" in quotes.',
    ),
    "an integer for a decimal": (
        {"at": 1.5},
        {"at": 2},
        "offset.at: the connector stores a decimal there (1.5), and 2 is an integer: write 2.0.",
    ),
    "a string for a decimal": (
        {"at": 1.5},
        {"at": "x"},
        'offset.at: the connector stores a decimal there (1.5), and "x" is a string: write a decimal without quotes.',
    ),
    "zero below zero": ({"at": 1.5}, {"at": -0.0}, "offset.at: Connect keeps -0.0 as 0.0: write 0.0."),
    "zero below zero in a new field": ({"at": 1.5}, {"x": -0.0}, "offset.x: Connect keeps -0.0 as 0.0: write 0.0."),
    "a string for a boolean": (
        {"snapshot": True},
        {"snapshot": "false"},
        (
            'offset.snapshot: the connector stores a boolean there (true), and "false" is a string: write true or false without'
            " quotes."
        ),
    ),
}


@pytest.mark.parametrize("stored, wanted, sentence", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_another_json_type_than_the_stored_one_is_refused(
    stored: dict[str, Any], wanted: dict[str, Any], sentence: str
) -> None:
    assert refused(stored, wanted) == sentence


def test_lost_fields_are_refused_by_name() -> None:
    assert refused({"file": "binlog.1", "pos": 411, "gtids": None}, {"positon": 7}) == (
        'offset: the stored offset of filename=/data/a also has file (string, "binlog.1"), pos (integer, 411), which the'
        " connector may need: write every field; null makes a field empty on purpose."
    )


def test_a_long_value_is_cut() -> None:
    assert refused({"gtids": "a" * 500}, {"x": 1}).count("a") < 100


ACCEPTED = {
    "the same types": ({"pos": 411}, {"pos": 7}),
    "a field made empty on purpose": ({"pos": 411, "tx": 1}, {"pos": 7, "tx": None}),
    "a stored null gets a value": ({"pos": None}, {"pos": 7}),
    "a stored null is left out": ({"pos": 411, "tx": None}, {"pos": 7}),
    "a further field": ({"pos": 411}, {"pos": 7, "row": 0}),
    "zero below zero, where a version keeps it": ({"at": -0.0}, {"at": -0.0}),
    "the largest integer": ({"pos": 411}, {"pos": 2**63 - 1}),
    "the smallest integer": ({"pos": 411}, {"pos": -(2**63)}),
}


@pytest.mark.parametrize("stored, wanted", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_connector_can_read_is_accepted(stored: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert accepted(stored, wanted)


IMPOSSIBLE = {
    "not a number": (math.nan, "nan is not a number in JSON: write a finite one"),
    "infinity": (math.inf, "inf is not a number in JSON: write a finite one"),
    "minus infinity": (-math.inf, "-inf is not a number in JSON: write a finite one"),
    "an integer too large": (
        2**63,
        (
            "9223372036854775808 does not fit into 64 bits, and Connect keeps no larger integer: write one up to"
            " 9223372036854775807"
        ),
    ),
    "an integer too small": (-(2**63) - 1, "-9223372036854775809 does not fit into 64 bits"),
    "a map": ({"a": 1}, "Connect keeps a flat map of plain values, and this is a map"),
    "a list": ([1], "Connect keeps a flat map of plain values, and this is a list"),
    "a date of YAML": (date(2026, 1, 2), "a date is not a value of JSON: write text in quotes"),
}


@pytest.mark.parametrize("value, words", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_connect_cannot_keep_is_refused_before_anything_is_read(value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        ResetRequest.read("offset", (), None, {"pos": value}, None, allow_gap=False)
    assert caught.value.message.startswith(f"offset.pos: {words}")


@pytest.mark.parametrize("value, words", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_so_it_is_in_a_backup(value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        ResetRequest.read("restore", (), None, None, {FILE: {"pos": value}}, allow_gap=False)
    assert caught.value.message.startswith(f"backup_file: the offset of filename=/data/a.pos: {words}")


def test_a_name_that_is_no_text_is_refused() -> None:
    assert refused({"7": 1}, {7: 1}) == "offset: the name of a field is text, and 7 is not: write it in quotes."


def test_a_backup_with_other_fields_or_types_is_restored_and_named() -> None:
    """It may be of an older version of the connector, and going back to it is what restore says."""
    backup = {FILE: {"pos": "7", "tx": None}}
    request = ResetRequest.read("restore", (), None, None, backup, allow_gap=False)
    of = connector(pos=411, row=2, tx=5)
    targets = generic_targets(of, request)
    assert targets == backup
    assert list(changed_types(of.stored, targets)) == [
        (
            'filename=/data/a: pos changes from an integer (411) to a string ("7"), row (integer, 2) goes: check that the'
            " connector still reads such an offset."
        )
    ]


def test_a_backup_that_was_edited_by_hand_is_checked_like_an_offset() -> None:
    other = Partition.of({"filename": "/data/b"})

    def message(backup: dict[Partition, Any]) -> str:
        request = ResetRequest.read("restore", (), None, None, backup, allow_gap=False, is_edited=True)
        with pytest.raises(InputError) as caught:
            generic_targets(connector(pos=411), request)
        return caught.value.message

    assert message({FILE: {"pos": "7"}}) == (
        "backup_file was edited by hand; the offset of filename=/data/a.pos: the connector stores an integer there (411), and"
        ' "7" is a string: write 7 without quotes.'
    )
    assert message({FILE: {"pos": 7}, other: {"pos": 1}}).endswith(
        "has no partition filename=/data/b: correct the file, or use another backup."
    )


def test_a_backup_of_the_same_shape_is_not_spoken_of() -> None:
    other = Partition.of({"filename": "/data/b"})
    targets = {FILE: {"pos": 7}, other: {"pos": "new here"}}
    assert list(changed_types(connector(pos=411).stored, targets)) == []
    assert list(changed_types(connector(pos=411).stored, {FILE: None})) == []


EXACT: tuple[Any, ...] = (-0.0, 0.0, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 1e22, 1.7976931348623157e308, 5e-324)


@pytest.mark.parametrize("value", EXACT, ids=repr)
def test_a_number_passes_a_backup_and_the_api_as_it_is(value: Any) -> None:
    """Both are JSON: what is written and read again must be the same text, and a change of its sign alone is a change."""
    text = json.dumps({"n": value})
    again = json.loads(text)
    assert json.dumps(again) == text
    assert same_offset({"n": value}, again)
    assert offset_changes({FILE: {"n": value}}, {FILE: again}) == ()


def test_zero_below_zero_is_another_value() -> None:
    (change,) = offset_changes({FILE: {"n": -0.0}}, {FILE: {"n": 0.0}})
    assert json.dumps([change.before, change.after]) == '[{"n": -0.0}, {"n": 0.0}]'


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(st.dictionaries(st.sampled_from("ab"), VALUES), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_whatever_is_accepted_reaches_connect_as_it_was_written(stored: dict[str, Any], wanted: dict[str, Any]) -> None:
    try:
        request = ResetRequest.read("offset", (), None, wanted, None, allow_gap=False)
        (target,) = generic_targets(connector(**stored), request).values()
    except InputError:
        return
    assert target is not None
    assert same_offset(json.loads(json.dumps(dict(target), allow_nan=False)), wanted)
    for name, value in stored.items():
        assert value is None or wanted[name] is None or type(wanted[name]) is type(value)
