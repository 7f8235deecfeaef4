# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys of a config hold a secret, as far as their names say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

# Where camelCase begins a word: "clientSecret", "DBPassword", "oauth2Token".
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Matched against the words of a key in lower case, joined by dots: "client.secret".
_SECRET_KEY = re.compile(
    r"""(?:^|\.)(?:
        [a-z0-9]*(?:passwords?|passwd|passwort|passphrase|passcode|pswd|pwd|secrets?|tokens?|credentials?|cookies?|apikeys?)
      | (?:db|user|key|store|my)?pass(?!\.(?:through|thru)) | pass\.?key | pw | psw | creds? | otp | totp
      | pin(?=$|\.code) | (?:access|security)\.?code | kennwort | pat(?=$)
      | auth(?:orization)? | bearer(?=$) | jwt | assertion(?=$) | jaas\.config | webhook | dsn | conn(?:ection)?\.?str(?:ing)?
      | sas(?=$|\.(?:ur[il]|string)) | sasur[il] | sig | signature | [a-z]*sess(?:ion)?\.?id | license(?=$)
      | (?:api|access|account|shared|private|secret|encryption|decryption|signing|storage|auth|license|session|master
          |subscription|service|client|admin|ssh|hmac|aes|rsa|pgp|gpg)\.?keys?
      | (?:app|application|connection|consumer|encrypt|cipher|crypto|data|sas|ssl|tls)\.?keys?(?=$) | keysets? | hmac(?=$)
      | salt(?=$) | seed(?=$) | mnemonic | kerberos\.ticket | keytab\.(?:base64|content) | service\.account\.(?:json|info)
      | keyfile | key\.?(?:json|material|store\.key) | pem | basic\.auth\.user\.info | user\.?info
    )(?:$|\.)""",
    re.VERBOSE,
)
# Keys that end like this describe a secret, or how it is obtained, but do not hold it: "auth.method", "token.refresh.ms".
_DESCRIPTION_KEY = re.compile(
    r"""(?:
        \.(?:class|type|mode|method|mechanism|algorithm|scheme|strategy|provider|source|enabled?|policy|name|version|format
          |columns?|fields?|property|path|location|count|limit|rate|size|length
          |(?:refresh|timeout|expiry|ttl|lifetime|interval)\.(?:ms|millis|seconds|minutes|hours|days)
          |per\.(?:second|minute|hour|day)|endpoint(?:\.ur[il])?|(?<=token\.)ur[il]|issuer|audience|realm|scope|host|hostname
          |port|(?<=auth\.)user(?:name)?|exception|error)
      | (?:^|\.)(?:(?:max|min)\.tokens|tokens\.(?:max|min))
    )$""",
    re.VERBOSE,
)
# Settings of transformations that put a constant into records, each with the setting that says what the constant is.
_NAME_OF_CONSTANT = {"value.literal": "header", "static.value": "static.field"}


def is_secret_key(key: str, secret_keys: Collection[str] = ()) -> bool:
    """Whether a config key holds a secret: the connector declares it as PASSWORD, or its words say so.

    Words are separated by anything but letters and digits, or by camelCase: ``db.password`` and ``dbPassword`` are equal.
    """
    return key in secret_keys or is_secret_by_name(key)


@lru_cache(maxsize=4096)
def is_secret_by_name(key: str) -> bool:
    """Whether the words of the key alone say that it holds a secret."""
    return bool(_SECRET_KEY.search(words_of(key)) and not describes_secret(key))


@lru_cache(maxsize=4096)
def describes_secret(key: str) -> bool:
    """Whether a key whose name contains a secret's name only describes that secret."""
    return bool(_DESCRIPTION_KEY.search(words_of(key)))


def words_of(key: str) -> str:
    """``clientSecret`` and ``client_secret`` as ``client.secret``."""
    return ".".join(re.findall(r"[a-z0-9]+", _WORD_START.sub(".", key).lower()))


def keys_named_by_others(config: Mapping[str, str | None]) -> frozenset[str]:
    """The keys whose secret is named by another key: ``transforms.h.value.literal``, where ``transforms.h.header`` is Cookie."""
    found = set()
    for key in config:
        for ending, naming in _NAME_OF_CONSTANT.items():
            name = config.get(f"{key.removesuffix(ending)}{naming}") if key.endswith(f".{ending}") else None
            if name and is_secret_by_name(name):
                found.add(key)
    return frozenset(found)
