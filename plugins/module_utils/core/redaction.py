# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a connector's config may be shown. By key and by value; placeholders of config providers stay visible."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

HIDDEN = "********"

_SECRET_KEY = re.compile(
    r"""(?:^|[._-])(?:
        pass(?:word|wd|phrase|code)? | pwd | secrets? | tokens? | credentials? | jaas[._-]config | auth(?:orization)?
      | (?:api|access|account|shared|private|secret|encryption|signing|storage|auth|license)[._-]?keys?
      | keyfile | key[._-]?(?:json|pem|material|store[._-]key) | apikeys? | sas[._-]?url | connection[._-]?string
      | basic[._-]auth[._-]user[._-]info | user[._-]info | webhook
    )(?:$|[._-])""",
    re.VERBOSE | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\$\{[^}:]+:[^}]+\}")
# Up to the last "@" before the path, since a password may hold one; and the password parameter of JDBC URLs.
_URL_PASSWORD = re.compile(r"(?<=://)[^\s/]+(?=@)|(?<=[?&;]password=)(?!\$\{)[^\s&;]+", re.IGNORECASE)
_MASK = re.compile(r"\*{3,}|[\u2022\u25cf]{3,}|[\[<(](?:hidden|redacted|masked|secret|protected)[\])>]", re.IGNORECASE)
# Shorter literals are words of any text; hiding them would only garble messages.
SHORTEST_SECRET = 4
# A shorter secret may be a part of a name, such as that of a connector; it is hidden where it is a whole word.
_SHORTEST_UNMISTAKABLE = 8


def is_secret_key(key: str, secret_keys: Collection[str] = ()) -> bool:
    """Whether a config key holds a secret, by its name or since the connector declares it as PASSWORD."""
    return key in secret_keys or bool(_SECRET_KEY.search(key))


def is_placeholder(value: str) -> bool:
    """Whether the value is made of nothing but config provider placeholders such as ``${file:/run/s:key}``."""
    return bool(value) and not _PLACEHOLDER.sub("", value).strip(" ;,")


def looks_masked(value: str | None) -> bool:
    """Whether a value is a mask that a server put in a secret's place (``****``, bullets, ``[hidden]``)."""
    return value is not None and bool(_MASK.fullmatch(value.strip()))


def redacted_value(key: str, value: str | None, secret_keys: Collection[str] = ()) -> str | None:
    if value is None or value == "" or is_placeholder(value):
        return value
    if is_secret_key(key, secret_keys):
        return HIDDEN
    return _URL_PASSWORD.sub(HIDDEN, value)


def redacted(config: Mapping[str, str], secret_keys: Collection[str] = ()) -> dict[str, str | None]:
    """A copy of the config that may be shown."""
    return {key: redacted_value(key, value, secret_keys) for key, value in sorted(config.items())}


def secret_values(config: Mapping[str, str | None], secret_keys: Collection[str] = ()) -> frozenset[str]:
    """Every literal of the config that must not appear in any text, parts of composed values included."""
    found: set[str] = set()
    for key, value in config.items():
        if not value or is_placeholder(value):
            continue
        if is_secret_key(key, secret_keys):
            found.add(value)
            # "PST:sk_live_1;Africa/Cairo:sk_live_2": an error may quote one of the keys alone.
            literals = re.split(r"[;,]", _PLACEHOLDER.sub("", value))
            found.update(part.rpartition(":")[2].strip() for part in literals)
        for match in _URL_PASSWORD.finditer(value):
            found.update((match.group(), match.group().partition(":")[2]))
    return frozenset(value for value in found if len(value) >= SHORTEST_SECRET and not is_placeholder(value))


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text without the given literals; the longest go first, so that no part of a longer one is left.

    A secret of fewer than 8 characters is hidden only as a whole word: "orders" stays in "stripe-orders".
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_UNMISTAKABLE:
            text = text.replace(secret, HIDDEN)
        elif secret in text:
            text = _whole_word(secret).sub(HIDDEN, text)
    return text


def _whole_word(secret: str) -> re.Pattern[str]:
    """The secret where no name goes on before or after it; a full stop goes on only before another letter or digit."""
    before = r"(?<![\w-])(?<!\w\.)" if re.match(r"\w", secret[0]) else ""
    after = r"(?![\w-])(?!\.\w)" if re.match(r"\w", secret[-1]) else ""
    return re.compile(before + re.escape(secret) + after)


def without_secrets(value: Any, secrets: Collection[str]) -> Any:
    """JSON data without the given literals in any text. Names of fields and numbers stay."""
    if isinstance(value, str):
        if value in secrets:
            return HIDDEN
        return scrubbed(value, (secret for secret in secrets if len(secret) >= SHORTEST_SECRET))
    if isinstance(value, Mapping):
        return {key: without_secrets(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item, secrets) for item in value]
    return value
