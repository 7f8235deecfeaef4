# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a Kafka Connect cluster is reached: the options of every module, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_tls_files, seconds
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    Option,
    argument_spec,
    option,
    options_of,
    values_of,
)

# The environment variable that stands in for connect_url.
CONNECT_URL_ENV = "CONNECTOPS_CONNECT_URL"
CLUSTER_LABEL = Option(
    "cluster_label",
    "str",
    ("Name of the cluster in output for people.", "Without it, the host and port of the first URL are used."),
)


@dataclass(frozen=True)
class ConnectOptions:
    """The checked connection options; ``connect_url`` holds URLs without a trailing slash, each once."""

    connect_url: tuple[str, ...] = option(
        "connect_url",
        "list",
        "URLs of the REST API of the workers of one Kafka Connect cluster, for example V(http://connect-1:8083).",
        "They are tried in this order. The first one that answers is used until it stops answering; then the next one is used.",
        "A URL with a user name or a password is refused. Use O(url_username) and O(url_password).",
        elements="str",
        required=True,
        env=CONNECT_URL_ENV,
    )
    url_username: str | None = option(
        "url_username",
        "str",
        "User name for HTTP basic authentication.",
        "Cannot be combined with O(bearer_token).",
        env="CONNECTOPS_USERNAME",
    )
    url_password: str | None = option(
        "url_password", "str", "Password for HTTP basic authentication.", env="CONNECTOPS_PASSWORD", no_log=True
    )
    bearer_token: str | None = option(
        "bearer_token", "str", "Token for HTTP bearer authentication.", env="CONNECTOPS_BEARER_TOKEN", no_log=True
    )
    ca_path: str | None = option(
        "ca_path",
        "path",
        "File of CA certificates in PEM format, or a folder of them prepared by C(openssl rehash). The workers' certificates"
        " are checked against them.",
        "Without it, the file in the environment variable E(REQUESTS_CA_BUNDLE) is used, or else the certificates of the"
        " Python library C(requests).",
        env="CONNECTOPS_CA_PATH",
    )
    client_cert: str | None = option(
        "client_cert",
        "path",
        "File of the client certificate in PEM format, for workers that require one. It may contain the key as well.",
        env="CONNECTOPS_CLIENT_CERT",
    )
    client_key: str | None = option(
        "client_key",
        "path",
        "File of the key of O(client_cert), in PEM format and without a pass phrase.",
        env="CONNECTOPS_CLIENT_KEY",
        no_log=False,
    )
    validate_certs: bool = option(
        "validate_certs",
        "bool",
        "Whether to check the workers' certificates.",
        "With V(false), an attacker on the network can read the credentials and configurations.",
        default=True,
    )
    request_timeout_seconds: float = option(
        "request_timeout",
        "float",
        "Maximum time in seconds for one HTTP request.",
        "A change that is not answered in this time has an unknown outcome. It is not sent again.",
        default=30.0,
    )
    timeout_seconds: float = option(
        "timeout",
        "float",
        "Maximum time in seconds for all requests of this task to the cluster, including repeated ones.",
        "A module that changes connectors has this time for the plan of each connector, and once more for its change.",
        "A cluster that has not answered at all is given up after a few seconds.",
        default=120.0,
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> ConnectOptions:
        """Check the connection options among a task's parameters; an empty string counts as not given.

        Raises :class:`InputError` for the first option that cannot work; no message repeats a secret.
        """
        values = values_of(cls, params)
        values["connect_url"] = _urls(values["connect_url"])
        options = cls(**values)
        seconds("request_timeout", options.request_timeout_seconds)
        seconds("timeout", options.timeout_seconds)
        _check_credentials(options)
        check_tls_files(options.ca_path, options.client_cert, options.client_key)
        return options


def cluster_label_of(params: Mapping[str, Any]) -> str:
    """The name of the cluster; without one, the parameter ``connect_url`` must not be empty."""
    return str(CLUSTER_LABEL.value(params) or urlsplit(params["connect_url"][0]).netloc)


CONNECT_SPEC = argument_spec(options_of(ConnectOptions))


def _urls(values: Any) -> tuple[str, ...]:
    urls = tuple(dict.fromkeys(_url(str(value).strip()) for value in values if str(value).strip()))
    if not urls:
        raise InputError("connect_url is empty: name at least one worker, for example http://connect-1:8083.")
    return urls


def _url(text: str) -> str:
    # Checked first, and in the whole text: a URL that a parser misreads must not be repeated with its password.
    if "@" in text:
        raise InputError(
            "connect_url contains a user name or password: remove them and set url_username and url_password."
        )
    if any(character.isspace() or not character.isprintable() for character in text):
        raise InputError(f"connect_url {text!r} contains a blank or a line break: remove it.")
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
        raise InputError(f'connect_url "{text}" has no host: write it as http://connect-1:8083.')
    if parts.query or parts.fragment:
        raise InputError("connect_url contains a query or a fragment: end it after the port or the path.")
    return text.rstrip("/")


def _check_credentials(options: ConnectOptions) -> None:
    if options.bearer_token and (options.url_username or options.url_password):
        raise InputError(
            "bearer_token is set together with url_username or url_password: set one or the other, "
            "and check the environment variables that begin with CONNECTOPS_."
        )
    if options.url_username and not options.url_password:
        raise InputError("url_username is set without url_password: set both.")
    if options.url_password and not options.url_username:
        raise InputError("url_password is set without url_username: set both.")
    if options.url_username and ":" in options.url_username:
        raise InputError("url_username contains a colon, which basic authentication does not allow: correct it.")
    if options.bearer_token and not all("!" <= character <= "~" for character in options.bearer_token):
        raise InputError("bearer_token contains a blank, a line break or a non-ASCII character: remove it.")
