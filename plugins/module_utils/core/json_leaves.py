# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings and numbers of a JSON text with the places where they stand, and which of them are secrets by a name above them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.core.secret_keys import (
    describes_secret,
    is_secret_by_name,
)

# A string of JSON that is itself within a string, whose quotes have backslashes before them.
ESCAPED_STRING = r"""(?P<escaped>\\+["'])(?:(?!(?<!\\)(?P=escaped)).)*(?:(?P=escaped)|\Z)"""
_TOKEN = re.compile(
    rf"""\s*(?:(?P<string>{ESCAPED_STRING}|"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|'[^'\\]*(?:\\.[^'\\]*)*(?:'|\\?\Z))"""
    r"""|(?P<sign>[{}\[\],:])|(?P<word>[^\s"'{}\[\],:]+))""",
    re.DOTALL,
)
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
_NUMBER = re.compile(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?")
_CONSTANTS = ("true", "false", "null", "None", "True", "False")
# {"name": "password", "value": "..."}
_NAMES_OF_PAIRS = ("name", "key", "header")
_VALUE_OF_PAIRS = "value"


@dataclass
class Leaf:
    """A string, a number or a name; ``text`` is what it says, ``name`` that of its field. ``end`` is after its last character."""

    start: int
    end: int
    text: str
    name: str
    is_secret: bool


@dataclass
class _Open:
    """An object or a list that is read. ``secret``: the name that makes all in it a secret, empty without one."""

    is_object: bool
    secret: str
    name: str = ""
    wants_name: bool = True
    names_secret: bool = False
    # From and to which leaf the values of a pair go.
    values: list[tuple[int, int]] = field(default_factory=list)
    value_from: int | None = None

    def end_field(self, leaves: int) -> None:
        if self.value_from is not None:
            self.values.append((self.value_from, leaves))
        self.value_from, self.wants_name, self.name = None, True, ""

    def holds_secret(self) -> bool:
        """Whether the field that is read, other than an object or a list, is a secret."""
        if is_secret_by_name(self.name):
            return True
        return bool(self.secret) and not (self.name and describes_secret(f"{self.secret}.{self.name}"))


def is_json(text: str) -> bool:
    """Whether a text is an object or a list in JSON, as far as this can be found out."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        # A number of thousands of digits cannot be turned into one.
        json.loads(text, strict=False, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def leaves_of(text: str, start: int = 0, secret: str = "") -> tuple[list[Leaf], int]:
    """The leaves of the object or the list that begins at ``start``, and where it ends. The text may be cut, or no true JSON.

    ``secret``: the name of the field that it is the value of, where that is one of secrets.
    """
    leaves: list[Leaf] = []
    opened: list[_Open] = []
    end = start
    while (token := _TOKEN.match(text, end)) is not None:
        kind = token.lastgroup if token.lastgroup != "escaped" else "string"
        first, found = token.start(kind or 0), token.group(kind or 0)
        if kind == "word" and not _is_plain(found) and "\n" in text[token.start() : first]:
            # The text was cut, and something else follows.
            break
        end = token.end()
        if kind == "sign":
            _read_sign(found, opened, leaves, secret)
            if not opened:
                break
        elif opened:
            one = opened[-1]
            is_leaf = kind == "string" or found not in _CONSTANTS
            said = decoded(found) if kind == "string" else found
            leaves.append(Leaf(first, end, said, one.name, is_leaf and one.holds_secret()))
            if one.name.lower() in _NAMES_OF_PAIRS and is_secret_by_name(said):
                one.names_secret = True
    while opened:
        _close(opened, leaves)
    return leaves, end


def _read_sign(sign: str, opened: list[_Open], leaves: list[Leaf], secret: str) -> None:
    one = opened[-1] if opened else None
    if sign in "{[":
        if one is not None:
            secret = one.name if is_secret_by_name(one.name) else one.secret
        opened.append(_Open(sign == "{", secret))
    elif one is None:
        return
    elif sign in "}]":
        _close(opened, leaves)
    elif sign == ",":
        one.end_field(len(leaves))
    elif one.is_object and one.wants_name and leaves:
        one.name, leaves[-1].is_secret, one.wants_name = leaves[-1].text, False, False
        if one.name.lower() == _VALUE_OF_PAIRS:
            one.value_from = len(leaves)


def _close(opened: list[_Open], leaves: list[Leaf]) -> None:
    one = opened.pop()
    one.end_field(len(leaves))
    for first, last in one.values if one.names_secret else ():
        for leaf in leaves[first:last]:
            leaf.is_secret = leaf.text not in _CONSTANTS


def _is_plain(word: str) -> bool:
    return word in _CONSTANTS or _NUMBER.fullmatch(word) is not None


def decoded(string: str) -> str:
    """What a string of JSON says, its quotes included in ``string``; without its quotes where it is none."""
    if string.startswith('"') and string.endswith('"'):
        try:
            return str(json.loads(string, strict=False))
        except (ValueError, RecursionError):
            pass
    return string.lstrip("\\")[1:].rstrip("\"'").rstrip("\\")


def places_in(string: str) -> list[int]:
    """Where each character of what a string of JSON says begins in it, and where the last one ends."""
    if "\\" not in string:
        return list(range(1, len(string)))
    return [1 + match.start() for match in _CHARACTER.finditer(string[1:-1])] + [len(string) - 1]
