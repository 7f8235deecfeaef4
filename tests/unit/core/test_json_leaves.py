# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which strings and numbers of JSON data are secrets, also where the text was cut or is no true JSON."""

from __future__ import annotations

from itertools import pairwise

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.json_leaves import (
    decoded,
    is_json,
    leaves_of,
    places_in,
)


def secrets(text: str, of: str = "") -> list[str]:
    return [leaf.text for leaf in leaves_of(text, 0, of)[0] if leaf.is_secret]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"password": "p", "user": "u"}', ["p"]),
        ('{"password": 4711, "on": true, "none": null}', ["4711"]),
        ('{"password": true}', []),
        ('{"a": {"api.key": ["k", {"x": "y"}]}, "b": "c"}', ["k", "y"]),
        # Of a pair the name decides, wherever it stands.
        ('{"name": "password", "value": "p"}', ["p"]),
        ('{"value": ["p", 1, true], "key": "password"}', ["p", "1"]),
        ('[{"name": "password", "value": "p"}, {"name": "user", "value": "u"}]', ["p"]),
        # As Python and JavaScript show it.
        ("{'password': 'p', 'user': None}", ["p"]),
        ("{password: p, user: u}", ["p"]),
        # A string within a string.
        ('{\\"password\\": \\"p\\"}', ["p"]),
        # Cut.
        ('{"password": "p', ["p"]),
        ('{"a": [{"password": "p", ', ["p"]),
        ('{"name": "password", "value": "p', ["p"]),
        ('{"password": "\\ud83d\\ude00\\n"}', ["\U0001f600\n"]),
    ],
)
def test_what_is_a_secret(text: str, found: list[str]) -> None:
    assert secrets(text) == found


def test_all_below_a_name_of_secrets_is_one_but_for_what_describes_it() -> None:
    assert secrets('{"x": "y", "length": 3}', of="password") == ["y"]
    assert secrets('["y", "z"]', of="password") == ["y", "z"]
    assert secrets('["y", "z"]') == []


@pytest.mark.parametrize(
    ("text", "rest"),
    [('{"a": 1} and more', " and more"), ("[[1], 2]]", "]"), ('{"a": \nnext line', " \nnext line"), ("{", "")],
)
def test_it_ends_where_the_data_ends(text: str, rest: str) -> None:
    assert text[leaves_of(text)[1] :] == rest


def test_a_leaf_is_where_it_stands_with_its_quotes() -> None:
    text = 'said {"a": ["x", 2]}'
    leaves, _end = leaves_of(text, 5)
    assert [(text[leaf.start : leaf.end], leaf.name) for leaf in leaves] == [('"a"', ""), ('"x"', ""), ("2", "")]


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ('{"a": 1}', True),
        (' [1, "x"]', True),
        ('[1, "a\tb"]', True),
        (f"[{'9' * 5000}]", True),
        ('"text"', False),
        ("7", False),
        ("{'a': 1}", False),
        ('{"a": 1', False),
        ("[" * 100_000, False),
    ],
)
def test_which_texts_are_objects_or_lists_in_json(text: str, *, is_so: bool) -> None:
    assert is_json(text) is is_so


@pytest.mark.parametrize("string", ['"abc"', '"a\\"b"', '"\\u00e9\\n"', '"\\ud83d\\ude00x"', '""'])
def test_each_character_of_a_string_has_its_place(string: str) -> None:
    said, places = decoded(string), places_in(string)
    assert len(places) == len(said) + 1
    assert (places[0], places[-1]) == (1, len(string) - 1)
    assert [decoded(f'"{string[a:b]}"') for a, b in pairwise(places)] == list(said)
