# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listeners of a broker that require a login or a certificate, and access rights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

# Users of the mechanism PLAIN. The broker keeps those of SCRAM; tests create them at run time.
PASSWORDS = {"reader": "not-a-secret-of-the-reader", "stranger": "not-a-secret-of-the-stranger"}
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class KafkaSecurity:
    """A SASL_SSL listener and an SSL listener that requires a client certificate, in addition to the plain one.

    A client of the plain listener may do everything. Any other client may do what the access control lists allow; a
    client with the client certificate is ``User:lab-client``. The broker's certificate is for 127.0.0.1.
    """

    def __init__(self, folder: Path, ports: tuple[int, int]) -> None:
        self.sasl_server, self.tls_server = (f"127.0.0.1:{port}" for port in ports)
        self._ca = trustme.CA()
        self.ca_file = folder / "kafka-ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        self.client_cert_file = folder / "kafka-client.pem"
        self._ca.issue_cert("lab-client", common_name="lab-client").private_key_and_cert_chain_pem.write_to_path(
            str(self.client_cert_file)
        )

    def applied_to(self, settings: Mapping[str, str], folder: Path) -> dict[str, str]:
        """The broker's settings with these listeners added; its key is written into ``folder``."""
        store = folder / "broker.pem"
        store.write_bytes(self._key_and_certificate())
        secured = {
            **settings,
            "listeners": f"{settings['listeners']},SASL_SSL://{self.sasl_server},SSL://{self.tls_server}",
            "advertised.listeners": (
                f"{settings['advertised.listeners']},SASL_SSL://{self.sasl_server},SSL://{self.tls_server}"
            ),
            "listener.security.protocol.map": (
                f"{settings['listener.security.protocol.map']},SASL_SSL:SASL_SSL,SSL:SSL"
            ),
            "inter.broker.listener.name": "PLAINTEXT",
            # Tests must see that reading creates no topic.
            "auto.create.topics.enable": "true",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
            "listener.name.ssl.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
            "sasl.enabled.mechanisms": ",".join(_MECHANISMS),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        users = " ".join(f'user_{name}="{password}"' for name, password in PASSWORDS.items())
        for mechanism in _MECHANISMS:
            plain = mechanism == "PLAIN"
            kind = "plain.PlainLoginModule" if plain else "scram.ScramLoginModule"
            module = f"org.apache.kafka.common.security.{kind} required {users if plain else ''}".rstrip()
            secured[f"listener.name.sasl_ssl.{mechanism.lower()}.sasl.jaas.config"] = f"{module};"
        return secured

    def _key_and_certificate(self) -> bytes:
        """For 127.0.0.1, with the key in the one format that Java takes."""
        issued = self._ca.issue_cert("127.0.0.1")
        key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
        chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + chain
