# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CA of the lab's simulated Stripe; only the workers' Java trusts it."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import trustme

CA_FILE = "stripe-ca.pem"
_STORE_PASSWORD = "not-a-secret"


class StripeCa:
    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server_context(self) -> ssl.SSLContext:
        """With a certificate for 127.0.0.1."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("127.0.0.1").configure_cert(context)
        return context

    def trusted_by_java(self, folder: Path) -> list[str]:
        """Write the CA into ``folder``, as PEM and as Java's trust store; return the options with which Java trusts only it."""
        pem, store = folder / CA_FILE, folder / "stripe-ca.p12"
        self._ca.cert_pem.write_to_path(str(pem))
        command = ["keytool", "-importcert", "-noprompt", "-alias", "stripe", "-file", str(pem)]
        command += ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", _STORE_PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        return [f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={_STORE_PASSWORD}"]
