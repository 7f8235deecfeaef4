# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a Kafka Connect cluster is reached: the options of every module, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import env_fallback
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_tls_files, seconds

CONNECT_SPEC: dict[str, dict[str, Any]] = {
    "connect_url": {
        "type": "list",
        "elements": "str",
        "required": True,
        "fallback": (env_fallback, ["CONNECTOPS_CONNECT_URL"]),
    },
    "url_username": {"type": "str", "fallback": (env_fallback, ["CONNECTOPS_USERNAME"])},
    "url_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CONNECTOPS_PASSWORD"])},
    "bearer_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CONNECTOPS_BEARER_TOKEN"])},
    "ca_path": {"type": "path", "fallback": (env_fallback, ["CONNECTOPS_CA_PATH"])},
    "client_cert": {"type": "path", "fallback": (env_fallback, ["CONNECTOPS_CLIENT_CERT"])},
    "client_key": {"type": "path", "no_log": False, "fallback": (env_fallback, ["CONNECTOPS_CLIENT_KEY"])},
    "validate_certs": {"type": "bool", "default": True},
    "request_timeout": {"type": "float", "default": 30.0},
    "timeout": {"type": "float", "default": 120.0},
}


@dataclass(frozen=True)
class ConnectOptions:
    """The checked connection options; ``connect_url`` holds URLs without a trailing slash, each once."""

    connect_url: tuple[str, ...]
    url_username: str | None = None
    url_password: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    request_timeout_seconds: float = 30.0
    timeout_seconds: float = 120.0

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> ConnectOptions:
        """Check the connection options among a task's parameters; an empty string counts as not given.

        Raises :class:`InputError` for the first option that cannot work; no message repeats a secret.
        """
        options = cls(
            connect_url=_urls(params.get("connect_url") or ()),
            url_username=params.get("url_username") or None,
            url_password=params.get("url_password") or None,
            bearer_token=params.get("bearer_token") or None,
            ca_path=params.get("ca_path") or None,
            client_cert=params.get("client_cert") or None,
            client_key=params.get("client_key") or None,
            validate_certs=params.get("validate_certs", True),
            request_timeout_seconds=seconds("request_timeout", params.get("request_timeout", 30.0)),
            timeout_seconds=seconds("timeout", params.get("timeout", 120.0)),
        )
        _check_credentials(options)
        check_tls_files(options.ca_path, options.client_cert, options.client_key)
        return options


def cluster_label(params: Mapping[str, Any]) -> str:
    """What the cluster is called in texts for people and in the folder of its backups: host and port if nothing else."""
    return str(params["cluster_label"] or urlsplit(params["connect_url"][0]).netloc)


def _urls(values: Any) -> tuple[str, ...]:
    urls = tuple(dict.fromkeys(_url(str(value).strip()) for value in values if str(value).strip()))
    if not urls:
        raise InputError("connect_url is empty: name at least one worker, for example http://connect-1:8083.")
    return urls


def _url(text: str) -> str:
    # Asked first, and of the whole text: a URL that a parser would misread must not be repeated with its password.
    if "@" in text:
        raise InputError(
            "connect_url has a user name or password in it: take them out and set url_username and url_password."
        )
    if any(character.isspace() or not character.isprintable() for character in text):
        raise InputError(f"connect_url {text!r} has a blank or a line break in it: take it out.")
    scheme, separator, _rest = text.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise InputError(
            f'connect_url "{text}" does not begin with http:// or https://: write it as http://connect-1:8083.'
        )
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f'connect_url "{text}" is not a URL ({error}): write it as http://connect-1:8083.') from None
    if not host:
        raise InputError(f'connect_url "{text}" has no host in it: write it as http://connect-1:8083.')
    if parts.query or parts.fragment:
        raise InputError("connect_url has a query or a fragment in it: end it after the port or the path.")
    return text.rstrip("/")


def _check_credentials(options: ConnectOptions) -> None:
    if options.bearer_token and (options.url_username or options.url_password):
        raise InputError(
            "bearer_token is set together with url_username or url_password: set one or the other, "
            "and look at the CONNECTOPS_ environment variables as well."
        )
    if options.url_username and not options.url_password:
        raise InputError("url_username is set without url_password: set both.")
    if options.url_password and not options.url_username:
        raise InputError("url_password is set without url_username: set both.")
    if options.url_username and ":" in options.url_username:
        raise InputError("url_username has a colon in it, which basic authentication cannot carry: check it.")
    if options.bearer_token and not all("!" <= character <= "~" for character in options.bearer_token):
        raise InputError("bearer_token has a blank, a line break or a non-ASCII character in it: take it out.")
