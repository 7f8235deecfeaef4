# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that several shapes share; each raises :class:`InputError` with one sentence."""

from __future__ import annotations

import math
import os
import ssl
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import MOST_AT_ONCE

LONGEST_TIMEOUT_SECONDS = 24 * 60 * 60.0


def seconds(option: str, value: Any) -> float:
    """The value of an option that is a length of time in seconds. Raises InputError for one that is not above 0 s or too long."""
    number = float(value)
    if not (math.isfinite(number) and 0 < number <= LONGEST_TIMEOUT_SECONDS):
        raise InputError(f"{option} is {number:g} s: set it to more than 0 s and at most 86400 s (24 h).")
    return number


def check_at_once(value: int) -> None:
    """Check how many connectors are changed at the same time. Raises InputError."""
    if not 1 <= value <= MOST_AT_ONCE:
        raise InputError(f"at_once is {value}: set it to 1 or more and at most {MOST_AT_ONCE}.")


def check_tls_files(ca_path: str | None, client_cert: str | None, client_key: str | None, prefix: str = "") -> None:
    """Check that the files can be read and hold what TLS needs; ``prefix`` begins the options' names."""
    if client_key and not client_cert:
        raise InputError(
            f"{prefix}client_key is set without {prefix}client_cert: set {prefix}client_cert to the certificate of that key."
        )
    for option, path in (("ca_path", ca_path), ("client_cert", client_cert), ("client_key", client_key)):
        if path:
            _check_readable(prefix + option, path, folder_allowed=option == "ca_path")
    if not ca_path and not client_cert:
        # OpenSSL's first context in a process takes as long as a request.
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_path and not os.path.isdir(ca_path):
        try:
            context.load_verify_locations(ca_path)
        except ssl.SSLError:
            raise InputError(
                f"{prefix}ca_path {ca_path} holds no certificate: set it to a file of CA certificates in PEM format."
            ) from None
    if client_cert:
        try:
            # Without a password function, OpenSSL would ask for the pass phrase on the terminal and wait.
            context.load_cert_chain(client_cert, client_key, password=lambda: b"")
        except (ssl.SSLError, ValueError):
            raise InputError(
                f"{prefix}client_cert {client_cert} and its key cannot be loaded: "
                "both must be in PEM format, belong together, and the key must have no pass phrase."
            ) from None


def _check_readable(option: str, path: str, *, folder_allowed: bool) -> None:
    try:
        if folder_allowed and os.path.isdir(path):
            os.listdir(path)
        else:
            with open(path, "rb"):
                pass
    except OSError as error:
        raise InputError(
            f"{option} {path} cannot be read ({error.strerror}): set it to a file that can be read "
            "on the host that runs the task."
        ) from None
