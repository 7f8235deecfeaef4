# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers whose REST API takes only TLS with a client's certificate, and a login."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

_STORE_PASSWORD = "not-a-secret"
_LOGIN_MODULE = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule"


class RestSecurity:
    """A CA, a certificate for the workers and one for their clients, and a login; all of it is files in ``folder``."""

    username = "operator"
    password = "correct-horse-battery"

    def __init__(self, folder: Path) -> None:
        self.ca_path = folder / "rest-ca.pem"
        self.client_cert = folder / "rest-client.pem"
        self._keys = folder / "rest-worker.p12"
        self._trusted = folder / "rest-trusted.p12"
        self._jaas = folder / "rest-login.conf"
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(self.ca_path))
        ca.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(self.client_cert))
        self._keys.write_bytes(_as_pkcs12(ca.issue_cert("127.0.0.1")))
        command = ["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", str(self.ca_path)]
        command += ["-keystore", str(self._trusted), "-storetype", "PKCS12", "-storepass", _STORE_PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        users = folder / "rest-users.properties"
        users.write_text(f"{self.username}: {self.password}\n")
        self._jaas.write_text(f'KafkaConnect {{ {_LOGIN_MODULE} required file="{users}"; }};\n')

    @property
    def worker_settings(self) -> dict[str, str]:
        return {
            "rest.advertised.listener": "https",
            "listeners.https.ssl.client.auth": "required",
            "listeners.https.ssl.keystore.location": str(self._keys),
            "listeners.https.ssl.keystore.type": "PKCS12",
            "listeners.https.ssl.keystore.password": _STORE_PASSWORD,
            "listeners.https.ssl.key.password": _STORE_PASSWORD,
            "listeners.https.ssl.truststore.location": str(self._trusted),
            "listeners.https.ssl.truststore.type": "PKCS12",
            "listeners.https.ssl.truststore.password": _STORE_PASSWORD,
            "rest.extension.classes": "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
        }

    @property
    def java_options(self) -> list[str]:
        return [f"-Djava.security.auth.login.config={self._jaas}"]

    @property
    def request_options(self) -> dict[str, Any]:
        """For a call with requests."""
        return {
            "verify": str(self.ca_path),
            "cert": str(self.client_cert),
            "auth": (self.username, self.password),
        }

    @property
    def module_options(self) -> dict[str, Any]:
        """For a module of the collection."""
        return {
            "ca_path": str(self.ca_path),
            "client_cert": str(self.client_cert),
            "url_username": self.username,
            "url_password": self.password,
        }


def _as_pkcs12(leaf: trustme.LeafCert) -> bytes:
    first, *others = (x509.load_pem_x509_certificate(pem.bytes()) for pem in leaf.cert_chain_pems)
    key = load_pem_private_key(leaf.private_key_pem.bytes(), password=None)
    encryption = BestAvailableEncryption(_STORE_PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"worker", key, first, others, encryption)  # type: ignore[arg-type]
