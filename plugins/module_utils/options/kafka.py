# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Kafka brokers behind a Connect cluster are reached: the options, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_tls_files, seconds

KAFKA_SPEC: dict[str, dict[str, Any]] = {
    "kafka_bootstrap_servers": {
        "type": "list",
        "elements": "str",
        "fallback": (env_fallback, ["CONNECTOPS_KAFKA_BOOTSTRAP_SERVERS"]),
    },
    "kafka_security_protocol": {
        "type": "str",
        "choices": ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        "default": "PLAINTEXT",
    },
    "kafka_sasl_mechanism": {"type": "str", "choices": ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]},
    "kafka_sasl_username": {"type": "str", "fallback": (env_fallback, ["CONNECTOPS_KAFKA_USERNAME"])},
    "kafka_sasl_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CONNECTOPS_KAFKA_PASSWORD"])},
    "kafka_ca_path": {"type": "path"},
    "kafka_client_cert": {"type": "path"},
    "kafka_client_key": {"type": "path", "no_log": False},
    "kafka_validate_certs": {"type": "bool", "default": True},
    "kafka_timeout": {"type": "float", "default": 60.0},
    "offsets_topic": {"type": "str"},
    "config_topic": {"type": "str"},
}


@dataclass(frozen=True)
class KafkaOptions:
    """The checked options; ``bootstrap_servers`` holds ``host:port``, each once."""

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    timeout_seconds: float = 60.0
    offsets_topic: str | None = None
    config_topic: str | None = None

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> KafkaOptions | None:
        """Check the Kafka options among a task's parameters; None where no bootstrap server is given.

        An empty string counts as not given. Raises :class:`InputError` for the first option that cannot work; no
        message repeats a secret.
        """
        servers = _servers(params.get("kafka_bootstrap_servers") or ())
        if not servers:
            _refuse_topic_without_servers(params)
            return None
        options = cls(
            bootstrap_servers=servers,
            security_protocol=params.get("kafka_security_protocol") or "PLAINTEXT",
            sasl_mechanism=params.get("kafka_sasl_mechanism") or None,
            sasl_username=params.get("kafka_sasl_username") or None,
            sasl_password=params.get("kafka_sasl_password") or None,
            ca_path=params.get("kafka_ca_path") or None,
            client_cert=params.get("kafka_client_cert") or None,
            client_key=params.get("kafka_client_key") or None,
            validate_certs=params.get("kafka_validate_certs", True),
            timeout_seconds=seconds("kafka_timeout", params.get("kafka_timeout", 60.0)),
            offsets_topic=params.get("offsets_topic") or None,
            config_topic=params.get("config_topic") or None,
        )
        _check_topics(options)
        _check_sasl(options)
        _check_tls(options)
        return options

    @property
    def uses_sasl(self) -> bool:
        return self.security_protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @property
    def brokers(self) -> str:
        """How texts for people call the brokers."""
        return ", ".join(self.bootstrap_servers)


def _servers(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_server(str(value).strip()) for value in values if str(value).strip()))


def _server(text: str) -> str:
    # Asked first, so that a password is never repeated.
    if "@" in text:
        raise InputError(
            "kafka_bootstrap_servers has a user name or password in it: take them out and set kafka_sasl_username "
            "and kafka_sasl_password."
        )
    if "://" in text:
        raise InputError(
            f'kafka_bootstrap_servers "{text}" is written as a URL: write it as kafka-1:9092 '
            "and set kafka_security_protocol."
        )
    host, _separator, port = text.rpartition(":")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) < 65_536
    if not host or not is_port or any(character.isspace() or character in ",/" for character in text):
        raise InputError(f"kafka_bootstrap_servers {text!r} is not a host and a port: write it as kafka-1:9092.")
    return text


def _refuse_topic_without_servers(params: Mapping[str, Any]) -> None:
    for option in ("offsets_topic", "config_topic"):
        if params.get(option):
            raise InputError(
                f"{option} is set without kafka_bootstrap_servers, so it cannot be read: set kafka_bootstrap_servers."
            )


def _check_topics(options: KafkaOptions) -> None:
    if options.offsets_topic and options.offsets_topic == options.config_topic:
        raise InputError(
            f'offsets_topic and config_topic are both "{options.offsets_topic}": set them to the worker\'s '
            "offset.storage.topic and config.storage.topic."
        )


def _check_sasl(options: KafkaOptions) -> None:
    given = {
        "kafka_sasl_mechanism": options.sasl_mechanism,
        "kafka_sasl_username": options.sasl_username,
        "kafka_sasl_password": options.sasl_password,
    }
    for option, value in given.items():
        if options.uses_sasl and not value:
            raise InputError(f"kafka_security_protocol is {options.security_protocol} without {option}: set {option}.")
        if value and not options.uses_sasl:
            raise InputError(
                f"{option} is set, but kafka_security_protocol is {options.security_protocol}, which sends no login: "
                "set it to SASL_SSL or SASL_PLAINTEXT, and look at the CONNECTOPS_KAFKA_ environment variables as well."
            )


def _check_tls(options: KafkaOptions) -> None:
    given = {
        "kafka_ca_path": options.ca_path,
        "kafka_client_cert": options.client_cert,
        "kafka_client_key": options.client_key,
        "kafka_validate_certs": not options.validate_certs,
    }
    for option, value in given.items():
        if value and not options.uses_tls:
            raise InputError(
                f"{option} is set, but kafka_security_protocol is {options.security_protocol}, which has no TLS: "
                "set it to SSL or SASL_SSL."
            )
    check_tls_files(options.ca_path, options.client_cert, options.client_key, prefix="kafka_")
