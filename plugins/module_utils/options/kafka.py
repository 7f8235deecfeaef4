# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Kafka brokers behind a Connect cluster are reached: the options, and their checked form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_tls_files, seconds
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    option,
    options_of,
    values_of,
)


@dataclass(frozen=True)
class KafkaOptions:
    """The checked options; ``bootstrap_servers`` holds ``host:port``, each once."""

    bootstrap_servers: tuple[str, ...] = option(
        "kafka_bootstrap_servers",
        "list",
        "Kafka brokers behind the Connect cluster, as host and port, for example V(kafka-1:9092).",
        "When set, the offsets topics are read as well. They show when each offset was committed, also while no worker answers."
        " Reading them writes nothing to Kafka.",
        "Without this option, Kafka is not read.",
        elements="str",
        env="CONNECTOPS_KAFKA_BOOTSTRAP_SERVERS",
    )
    security_protocol: str = option(
        "kafka_security_protocol",
        "str",
        "Protocol for the connection to the brokers, as in Kafka's own setting C(security.protocol).",
        choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        default="PLAINTEXT",
    )
    sasl_mechanism: str | None = option(
        "kafka_sasl_mechanism",
        "str",
        "SASL mechanism of the login.",
        "This option, O(kafka_sasl_username) and O(kafka_sasl_password) are required if O(kafka_security_protocol) is"
        " V(SASL_SSL) or V(SASL_PLAINTEXT), and refused otherwise.",
        choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    )
    sasl_username: str | None = option(
        "kafka_sasl_username", "str", "User name of the login.", env="CONNECTOPS_KAFKA_USERNAME"
    )
    sasl_password: str | None = option(
        "kafka_sasl_password", "str", "Password of the login.", env="CONNECTOPS_KAFKA_PASSWORD", no_log=True
    )
    ca_path: str | None = option(
        "kafka_ca_path",
        "path",
        "File of CA certificates in PEM format, or a folder of them prepared by C(openssl rehash). The brokers' certificates"
        " are checked against them.",
        "Without it, the certificates of the operating system are used.",
    )
    client_cert: str | None = option(
        "kafka_client_cert",
        "path",
        "File of the client certificate in PEM format, for brokers that require one. It may contain the key as well.",
    )
    client_key: str | None = option(
        "kafka_client_key",
        "path",
        "File of the key of O(kafka_client_cert), in PEM format and without a pass phrase.",
        no_log=False,
    )
    validate_certs: bool = option(
        "kafka_validate_certs",
        "bool",
        "Whether to check the brokers' certificates.",
        "With V(false), an attacker on the network can read the login and the offsets.",
        default=True,
    )
    timeout_seconds: float = option(
        "kafka_timeout",
        "float",
        "Maximum time in seconds for everything that this task reads from Kafka. A reset has this time for each of its readings"
        " and each of its writes.",
        "Brokers that have not answered at all are given up after a few seconds.",
        default=60.0,
    )
    offsets_topic: str | None = option(
        "offsets_topic",
        "str",
        "Topic in which the workers store offsets, their C(offset.storage.topic).",
        "Without it, the topic is detected from its contents; ambiguity is an error. A connector's own"
        " C(offsets.storage.topic) is taken from its config.",
        "Refused without O(kafka_bootstrap_servers).",
    )
    config_topic: str | None = option(
        "config_topic",
        "str",
        "Topic in which the workers store configs, their C(config.storage.topic). It is read when no worker answers.",
        "Without it, the topic is detected from its contents; ambiguity is an error.",
        "Refused without O(kafka_bootstrap_servers).",
    )

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> KafkaOptions | None:
        """Check the Kafka options among a task's parameters; None where no bootstrap server is given.

        An empty string counts as not given. Raises :class:`InputError` for the first option that cannot work; no
        message repeats a secret.
        """
        values = values_of(cls, params)
        values["bootstrap_servers"] = _servers(values["bootstrap_servers"])
        if not values["bootstrap_servers"]:
            _refuse_topic_without_servers(params)
            return None
        options = cls(**values)
        seconds("kafka_timeout", options.timeout_seconds)
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
        """The brokers as messages name them."""
        return ", ".join(self.bootstrap_servers)


KAFKA_SPEC = argument_spec(options_of(KafkaOptions))
# Those of the connection alone, for a task that does not look at Connect's topics.
BROKER_OPTIONS = tuple(one for one in options_of(KafkaOptions) if one.name.startswith("kafka_"))
BROKER_SPEC = argument_spec(BROKER_OPTIONS)


def _servers(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_server(str(value).strip()) for value in values if str(value).strip()))


def _server(text: str) -> str:
    # Checked first, so that a password is never repeated.
    if "@" in text:
        raise InputError(
            "kafka_bootstrap_servers contains a user name or password: remove them and set kafka_sasl_username "
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
    for name in ("offsets_topic", "config_topic"):
        if params.get(name):
            raise InputError(
                f"{name} is set without kafka_bootstrap_servers, so it cannot be read: set kafka_bootstrap_servers."
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
    for name, value in given.items():
        if options.uses_sasl and not value:
            raise InputError(f"kafka_security_protocol is {options.security_protocol} without {name}: set {name}.")
        if value and not options.uses_sasl:
            raise InputError(
                f"{name} is set, but kafka_security_protocol is {options.security_protocol}, which sends no login: "
                "set it to SASL_SSL or SASL_PLAINTEXT, and check the environment variables that begin with CONNECTOPS_KAFKA_."
            )


def _check_tls(options: KafkaOptions) -> None:
    given = {
        "kafka_ca_path": options.ca_path,
        "kafka_client_cert": options.client_cert,
        "kafka_client_key": options.client_key,
        "kafka_validate_certs": not options.validate_certs,
    }
    for name, value in given.items():
        if value and not options.uses_tls:
            raise InputError(
                f"{name} is set, but kafka_security_protocol is {options.security_protocol}, which has no TLS: "
                "set it to SSL or SASL_SSL."
            )
    check_tls_files(options.ca_path, options.client_cert, options.client_key, prefix="kafka_")
