# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a connector's config may be shown. By key and by value; placeholders of config providers stay visible."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.json_leaves import (
    ESCAPED_STRING,
    is_json,
    leaves_of,
    places_in,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.secret_keys import (
    is_secret_by_name,
    is_secret_key,
    keys_named_by_others,
    words_of,
)

HIDDEN = "********"

_PLACEHOLDER = re.compile(r"\$\{[^}:]+:[^}]+\}")
# Secrets within a value (the group, if there is one), each with the text without which it is not looked for, in lower case.
_BARE = (
    # The user of a URL, up to the last "@" before the path, since a password may contain one.
    ("//", re.compile(r"(?<=//)[^\s/]+(?=@)")),
    # A password with a "/" in it, which no number of a port is.
    (
        "//",
        re.compile(
            r"""(?<=//)[^\s/:@"'<>]*:(?!\d*[/?#])[^\s/@"'<>]{0,2000}/[^\s@"'<>]{0,2000}(?:@[^\s@/,;?&"'<>]*){0,9}(?=@)"""
        ),
    ),
    # Oracle's "jdbc:oracle:thin:user/password@host".
    ("jdbc:oracle", re.compile(r"(?<=thin:|:oci:)[^\s/@]+/[^\s@]+(?=@)")),
    # Anyone who knows the path may post.
    ("hooks.slack.com/", re.compile(r"(?<=hooks\.slack\.com/)\S+")),
    ("bearer", re.compile(r"(?<=bearer\s)\s*[\w.~+/=-]{6,}", re.IGNORECASE)),
    # Base64 of a user and a password; words such as "basic authentication" are none.
    ("basic", re.compile(r"(?<=(?i:basic)\s)\s*(?=\S*[A-Z0-9=])[\w+/=-]{6,}")),
    # What is hidden already may stand in a text without its end: what follows it is no part of it.
    (
        "-----begin",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?!\s*\*{8})(.+?)(?=-----END|\Z)", re.DOTALL),
    ),
    # Keys with a known form: of Stripe, AWS, GitHub, GitLab, Slack and Google, and JSON Web Tokens.
    (
        "",
        re.compile(
            r"""(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_\w+|whsec_\w{8,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{20,}
            |github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|AIza[\w-]{30,}|eyJ[\w-]{8,}(?:\.[\w-]{8,}){2})""",
            re.VERBOSE,
        ),
    ),
)
_KEY_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY")
# What is before that, from its end to its beginning: lines of base64, of which only the last one is short.
_KEY_REVERSED = re.compile(r"(?:\s|[nr]\\)*[\w+/=]*(?:(?:\s|[nr]\\)+[A-Za-z0-9+/=]{16,})*")
_LONGEST_KEY = 20_000
# Start and end of a secret in a text, and what it says.
_Secret = tuple[int, int, str]
# From a text and the name in it to the secrets behind that name, and where they end.
_Finder = Callable[[str, re.Match[str]], tuple[list[_Secret], int]]


def _like(pattern: str) -> _Finder:
    """Finds the one secret of this form."""
    compiled = re.compile(pattern)

    def find(value: str, name: re.Match[str]) -> tuple[list[_Secret], int]:
        match = compiled.match(value, name.end())
        return ([], 0) if match is None else ([(*match.span(), _bare_secret(match.group()))], match.end())

    return find


_QUOTED = r"""\{[^}]*(?:\}\}[^}]*)*\}|\[[^\]]*\]|"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"|'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"""
# A blank is a part of it where a semicolon ends it.
_assigned = _like(rf"""{_QUOTED}|(?:(?i:bearer|basic)\s+)?[^\s&;]+(?:(?:[ \t]+[^\s&;=]+){{1,20}}(?=[ \t]*;))?""")
_assigned_in_dsn = _like(rf"""{_QUOTED}|[^\s;]+(?:[ \t]+[^\s;"',=]+){{0,20}}""")
_json_string = _like(rf"""{ESCAPED_STRING}|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,{{}}\[\]]+""")


def _after_equals(value: str, name: re.Match[str]) -> tuple[list[_Secret], int]:
    is_in_dsn = value[name.start() - 1 : name.start()] == ";"
    return (_assigned_in_dsn if is_in_dsn else _assigned)(value, name)


def _in_json(value: str, name: re.Match[str]) -> tuple[list[_Secret], int]:
    if value[name.end() : name.end() + 1] not in ("{", "["):
        return _json_string(value, name)
    leaves, end = leaves_of(value, name.end(), name.group(1))
    return [(leaf.start, leaf.end, leaf.text) for leaf in leaves if leaf.is_secret], end


def _in_xml(value: str, name: re.Match[str]) -> tuple[list[_Secret], int]:
    """All up to the end of the element, elements in it included."""
    start, end = name.end(), value.find(f"</{name.group(1)}", name.end())
    if end < 0:
        return _unended(value, name)
    inside = re.sub(r"<!\[CDATA\[|\]\]>", "", value[start:end])
    texts = [text.strip() for text in re.split(r"<[^<>]*>", inside)]
    return [(start, end, text) for text in texts if text], end


_unended = _like(r"[^\s<]+")
# From the name of a field of JSON to its value.
_NEXT = r"""\\*["']\s*:\s*"""
# A name within a value, which decides whether the text behind it is a secret; and what finds that text.
_NAMED: tuple[tuple[str, re.Pattern[str], _Finder], ...] = (
    # "pwd=...", as in JDBC URLs, DSNs and the queries of URLs.
    ("=", re.compile(r"(?<![\w.-])([\w.-]+)\s*=(?!=)\s*"), _after_equals),
    # JSON, also such that is a string of other JSON.
    (":", re.compile(r"""["']([\w.-]+)\\*["']\s*:\s*"""), _in_json),
    # {"name": "password", "value": "..."}, in any order.
    (
        ":",
        re.compile(rf"""["'](?:name|key|header){_NEXT}\\*["']([\w.-]+)\\*["']\s*,\s*\\*["']value{_NEXT}"""),
        _in_json,
    ),
    (
        ":",
        re.compile(
            rf"""["']value{_NEXT}(?=\\*["'][^"'\\]*\\*["']\s*,\s*\\*["'](?:name|key|header){_NEXT}\\*["']([\w.-]+)\\*["'])"""
        ),
        _in_json,
    ),
    # XML.
    ("<", re.compile(r"<([\w.:-]+)(?:\s[^<>]*)?(?<!/)>"), _in_xml),
    ("<", re.compile(r"<(?:name|key)>\s*([\w.-]+)\s*</(?:name|key)>\s*<value>"), _unended),
    # "X-Api-Key: ...". Without the blank it may be a pair of names, such as "password:hash" to rename a field.
    (":", re.compile(r"(?<![\w.-])([\w.-]+):\s+"), _like(r"[^\r\n|,]+")),
)
# Under a key for HTTP headers no blank is needed.
_HEADERS = (*_NAMED, (":", re.compile(r"(?<![\w.-])([\w.-]+)\s*:\s*"), _like(r"[^\r\n|,]+")))
_HEADERS_KEY = re.compile(r"(?:^|\.)headers?(?:$|\.)")
_SCHEME = re.compile(r"^(?:bearer|basic|token|digest|apikey)\s+", re.IGNORECASE)
_MASK = re.compile(r"\*{3,}|[\u2022\u25cf]{3,}|[\[<(](?:hidden|redacted|masked|secret|protected)[\])>]", re.IGNORECASE)
# Also as it is written within JSON.
_LINE_END = re.compile(r"[\r\n]+|(?:\\[rn])+")
# Most texts within JSON are such words and numbers, which no pattern finds a secret in.
_HARMLESS = re.compile(r"[A-Za-z.-]{0,14}|-?[\d.]+")
# How many strings that are JSON may be within each other to be read as such.
_DEEPEST = 8
# Shorter literals are words of any text; hiding them would only garble messages.
SHORTEST_SECRET = 4
# A shorter secret may be a part of a name, such as that of a connector; it is hidden where it is a whole word.
SHORTEST_UNMISTAKABLE = 8


def _merged(found: Iterable[_Secret]) -> list[tuple[int, int]]:
    """Start and end of each secret, in order, without overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for start, end, _text in found):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _found(key: str, value: str, depth: int = 0) -> Iterator[_Secret]:
    """Each secret in the value with what it says; placeholders are none."""
    found = _found_in_json(key, value, depth) if depth < _DEEPEST and is_json(value) else _found_in_text(key, value)
    return (one for one in found if not is_placeholder(one[2]))


def _found_in_json(key: str, value: str, depth: int) -> Iterator[_Secret]:
    for leaf in leaves_of(value)[0]:
        if leaf.is_secret:
            yield leaf.start, leaf.end, leaf.text
        if leaf.is_secret or _HARMLESS.fullmatch(leaf.text):
            continue
        places: list[int] = []
        for start, end, text in _found(f"{key}.{leaf.name}", leaf.text, depth + 1):
            places = places or places_in(value[leaf.start : leaf.end])
            yield leaf.start + places[start], leaf.start + places[end], text


def _found_in_text(key: str, value: str) -> Iterator[_Secret]:
    lower = value.lower()
    for sign, pattern in _BARE:
        if sign in lower:
            for match in pattern.finditer(value):
                group = match.lastindex or 0
                yield *match.span(group), _bare_secret(match.group(group))
    for match in _KEY_END.finditer(value):
        # A log may begin within a key.
        before = _KEY_REVERSED.match(value[max(0, match.start() - _LONGEST_KEY) : match.start()][::-1])
        start = match.start() - (before.end() if before else 0)
        if (text := value[start : match.start()].strip()) and HIDDEN not in text:
            yield start, match.start(), text
    for sign, name, find in _HEADERS if ":" in value and _HEADERS_KEY.search(words_of(key)) else _NAMED:
        end = 0
        for match in name.finditer(value) if sign in value else ():
            # A name within a secret is a part of it.
            if match.start() >= end and is_secret_by_name(match.group(1)):
                secrets, end = find(value, match)
                yield from secrets


def _bare_secret(text: str) -> str:
    """``abc`` of ``"abc"``, ``{abc}`` and ``Bearer abc``; placeholders keep their braces."""
    text = text.strip()
    if len(text) > 1 and text[0] + text[-1] in ('""', "''", "{}"):
        text = text[1:-1]
    return _SCHEME.sub("", text)


def is_placeholder(value: str) -> bool:
    """Whether the value is made of nothing but config provider placeholders such as ``${file:/run/s:key}``."""
    return bool(value) and not without_placeholders(value).strip(" ;,")


def without_placeholders(value: str) -> str:
    """What a value shows beside its placeholders."""
    return _PLACEHOLDER.sub("", value)


def hides_something(value: str) -> bool:
    """Whether a placeholder or a mask stands for the value, or for a part of it."""
    return without_placeholders(value) != value or looks_masked(value)


def looks_masked(value: str | None) -> bool:
    """Whether a value is a mask that a server put in a secret's place (``****``, bullets, ``[hidden]``)."""
    return value is not None and bool(_MASK.fullmatch(value.strip()))


def redacted_value(key: str, value: str | None, secret_keys: Collection[str] = ()) -> str | None:
    """The value as it may be shown: all of it hidden for a secret key, else the secrets within it."""
    if value is None or value == "" or is_placeholder(value):
        return value
    if is_secret_key(key, secret_keys):
        return HIDDEN
    return without_what_looks_secret(value, key)


def without_what_looks_secret(text: str, key: str = "") -> str:
    """The text without the secrets within it. ``key``: of which it is the value."""
    shown, done = "", 0
    for start, end in _merged(_found(key, text)):
        shown, done = shown + text[done:start] + HIDDEN, end
    return shown + text[done:]


def redacted(config: Mapping[str, str], secret_keys: Collection[str] = ()) -> dict[str, str | None]:
    """A copy of the config that may be shown."""
    secret_keys = {*secret_keys, *keys_named_by_others(config)}
    return {key: redacted_value(key, value, secret_keys) for key, value in sorted(config.items())}


def shown_options(options: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """A task's options as they may be shown. Of the maps ``hidden`` only the keys, of others no value of a secret key."""
    return {
        name: dict.fromkeys(value, HIDDEN) if name in hidden and isinstance(value, Mapping) else _shown(value, "")
        for name, value in options.items()
    }


def _shown(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _shown(item, str(name)) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(item, key) for item in value]
    # A number or a boolean may be a secret as well.
    text = None if value is None else str(value)
    shown = redacted_value(key, text)
    return value if shown == text else shown


def secret_values(config: Mapping[str, str | None], secret_keys: Collection[str] = ()) -> frozenset[str]:
    """Every literal of the config that must not appear in any text, parts of composed values included."""
    found: set[str] = set()
    secret_keys = {*secret_keys, *keys_named_by_others(config)}
    for key, value in config.items():
        if not value or is_placeholder(value):
            continue
        if is_secret_key(key, secret_keys):
            found.add(value)
            # "PST:sk_live_1;Africa/Cairo:sk_live_2": an error may quote one of the keys alone.
            literals = re.split(r"[;,]", _PLACEHOLDER.sub("", value))
            found.update(part.rpartition(":")[2].strip() for part in literals)
        within = list(_found(key, value))
        for start, end in _merged(within):
            secret = _bare_secret(value[start:end])
            # "user:password" of a URL
            found.update((secret, secret.partition(":")[2]))
        # What a string of JSON says may be written in another way in it.
        found.update(secret for _start, _end, secret in within)
    found |= lines_of_secrets(found)
    return frozenset(value for value in found if len(value) >= SHORTEST_SECRET and not is_placeholder(value))


def lines_of_secrets(secrets: Iterable[str]) -> frozenset[str]:
    """Each line of those secrets that have more than one: a log may begin or end within one."""
    lines = (line.strip() for secret in secrets for line in _LINE_END.split(secret) if line != secret)
    # The first and the last line of a key are no secret, and show what is one.
    return frozenset(line for line in lines if len(line) >= SHORTEST_UNMISTAKABLE and not line.startswith("-----"))
