# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about Kafka Connect for people, and Connect's own texts prepared for quoting in them."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted, without_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import SHORTEST_SECRET, is_placeholder
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean

LONGEST_QUOTED_TEXT = 600

# How the task logs in to Connect.
Login = Literal["none", "password", "token"]


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Quote an error text of Connect: on one line, at most about 600 characters, without values of a config.

    Values are hidden wherever Connect is known to repeat them; each of ``secrets`` is hidden wherever it
    appears, and so is what looks like a secret.
    """
    text = " ".join(quoted(without_values(text), secrets).split())
    return text if len(text) <= LONGEST_QUOTED_TEXT else text[:LONGEST_QUOTED_TEXT] + " ..."


def maskable(config: Mapping[str, str | None]) -> frozenset[str]:
    """The values of a config to hide in answers to a call that sent it: every literal that is not obviously harmless."""
    return frozenset(
        str(value)
        for key, value in config.items()
        if value is not None
        and key not in ("name", "connector.class")
        and len(str(value)) >= SHORTEST_SECRET
        and str(value) not in ("true", "false")
        and not is_placeholder(str(value))
    )


def access_denied(url: str, call: object, status: int, login: Login) -> str:
    """The sentence for an answer of status 401, 403 or 407."""
    where = f"Kafka Connect at {url}"
    if status == 407:
        return (
            f"the proxy in front of {url} asks for its own login (status 407): "
            "add it to the proxy's URL in HTTP_PROXY or HTTPS_PROXY."
        )
    if status == 403:
        return f"{where} forbids {call} (status 403): grant this permission to the user or token of the task."
    if login == "token":
        return f"{where} does not accept the token (status 401): check bearer_token; it may have expired."
    if login == "password":
        return f"{where} does not accept the login (status 401): check url_username and url_password."
    return f"{where} asks for a login (status 401): set url_username and url_password, or bearer_token."


def tls_failed(url: str, error: ssl.SSLError) -> str:
    """The sentence for a TLS handshake that failed with this error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message
        if error.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
            return f"the certificate of {url} was made for another host ({reason}): use a host name that is in it."
        if error.verify_code == 10:  # X509_V_ERR_CERT_HAS_EXPIRED
            return f"the certificate of {url} has expired ({reason}): renew it."
        return f"the certificate of {url} is not trusted ({reason}): set ca_path to the certificate of the CA that signed it."
    reason = (error.reason or "TLS error").replace("_", " ").lower()
    if "alert" in reason:
        return f"{url} rejected the TLS handshake ({reason}): if it requires a client certificate, set client_cert."
    return f"{url} does not speak TLS as expected ({reason}): if it speaks plain HTTP, use http:// in connect_url."


def not_found(name: str, where: str, names: Collection[str]) -> str:
    """The sentence for a connector that is not among ``names``, the connectors of the cluster at ``where``."""
    otherwise = f"none of its {len(names)} connectors has a similar name." if names else "it has no connectors."
    hint = did_you_mean(name, names, otherwise)
    return f'connector "{name}" was not found in the cluster at {where}: {hint}'


def combined(reasons: Mapping[str, str]) -> str:
    """The reasons for which the workers at these URLs failed, as one: with the URLs only if the reasons differ."""
    if len(set(reasons.values())) <= 1:
        return next(iter(reasons.values()), "")
    return ", ".join(f"{url}: {reason}" for url, reason in reasons.items())
