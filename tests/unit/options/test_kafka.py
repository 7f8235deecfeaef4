# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kafka options: what is accepted, and what a person reads about what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KAFKA_SPEC, KafkaOptions

SERVER = "kafka-1:9092"
LOGIN = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "PLAIN",
    "kafka_sasl_username": "recovery",
    "kafka_sasl_password": "a-password",
}


def read(**params: Any) -> KafkaOptions:
    options = KafkaOptions.read({"kafka_bootstrap_servers": [SERVER], **params})
    assert options is not None
    return options


def refusal(**params: Any) -> str:
    with pytest.raises(InputError) as caught:
        KafkaOptions.read({"kafka_bootstrap_servers": [SERVER], **params})
    assert "a-password" not in caught.value.message
    return caught.value.message


def test_without_bootstrap_servers_kafka_is_not_read() -> None:
    assert KafkaOptions.read({}) is None
    assert KafkaOptions.read({"kafka_bootstrap_servers": ["", " "], **LOGIN}) is None


@pytest.mark.parametrize("option", ["offsets_topic", "config_topic"])
def test_a_topic_without_brokers_to_read_it_from_is_refused(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} is set without kafka_bootstrap_servers"):
        KafkaOptions.read({option: "connect-offsets"})


def test_what_is_not_given_has_the_documented_defaults() -> None:
    validated = ArgumentSpecValidator(KAFKA_SPEC).validate({"kafka_bootstrap_servers": [SERVER]})
    assert KafkaOptions.read(validated.validated_parameters) == KafkaOptions((SERVER,)) == read()
    assert read(kafka_sasl_username="", kafka_ca_path="", offsets_topic="") == KafkaOptions((SERVER,))


def test_servers_lose_blanks_and_doubles_and_keep_their_order() -> None:
    servers = [" b:1 ", "a.example.org:2", "b:1", "[::1]:9092"]
    assert read(kafka_bootstrap_servers=servers).bootstrap_servers == ("b:1", "a.example.org:2", "[::1]:9092")


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("kafka-1", "is not a host and a port"),
        (":9092", "is not a host and a port"),
        ("kafka-1:", "is not a host and a port"),
        ("kafka-1:port", "is not a host and a port"),
        ("kafka-1:0", "is not a host and a port"),
        ("kafka-1:65536", "is not a host and a port"),
        ("kafka 1:9092", "is not a host and a port"),
        ("a:1,b:2", "is not a host and a port"),
        ("SASL_SSL://kafka-1:9092", "is written as a URL: write it as kafka-1:9092 and set kafka_security_protocol"),
        ("user:a-password@kafka-1:9092", "contains a user name or password"),
    ],
)
def test_a_server_that_cannot_work_is_refused(server: str, words: str) -> None:
    assert words in refusal(kafka_bootstrap_servers=[server])


def test_a_login_is_complete() -> None:
    options = read(**LOGIN)
    assert (options.sasl_mechanism, options.sasl_username, options.sasl_password) == ("PLAIN", "recovery", "a-password")
    for option in ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password"):
        assert refusal(**{**LOGIN, option: None}) == (
            f"kafka_security_protocol is SASL_SSL without {option}: set {option}."
        )


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
@pytest.mark.parametrize("option", ["kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password"])
def test_a_login_that_would_not_be_sent_is_refused(protocol: str, option: str) -> None:
    message = refusal(kafka_security_protocol=protocol, **{option: LOGIN[option]})
    assert message.startswith(f"{option} is set, but kafka_security_protocol is {protocol}, which sends no login")


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("kafka_ca_path", "ca.pem"),
        ("kafka_client_cert", "cert.pem"),
        ("kafka_client_key", "key.pem"),
        ("kafka_validate_certs", False),
    ],
)
def test_tls_options_without_tls_are_refused(protocol: str, option: str, value: object) -> None:
    login = LOGIN if protocol == "SASL_PLAINTEXT" else {}
    message = refusal(**{**login, "kafka_security_protocol": protocol, option: value})
    assert message == (
        f"{option} is set, but kafka_security_protocol is {protocol}, which has no TLS: set it to SSL or SASL_SSL."
    )


def test_certificates_are_read_before_any_connection(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("client")
    ca, cert, key = (tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(str(ca))
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))
    tls = {"kafka_security_protocol": "SSL"}
    given = {"kafka_ca_path": str(ca), "kafka_client_cert": str(cert), "kafka_client_key": str(key)}
    options = read(**tls, **given)
    assert (options.ca_path, options.client_cert, options.client_key) == (str(ca), str(cert), str(key))
    assert "kafka_client_key is set without kafka_client_cert" in refusal(**tls, kafka_client_key=str(key))
    missing = str(tmp_path / "missing.pem")
    assert f"kafka_ca_path {missing} cannot be read" in refusal(**tls, kafka_ca_path=missing)
    assert "holds no certificate" in refusal(**tls, kafka_ca_path=str(key))
    assert "kafka_client_cert" in refusal(**tls, kafka_client_cert=str(ca), kafka_client_key=str(key))


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), 86_401])
def test_a_time_that_makes_no_sense_is_refused(value: float) -> None:
    assert "kafka_timeout is" in refusal(kafka_timeout=value)


def test_one_topic_cannot_be_both() -> None:
    assert 'offsets_topic and config_topic are both "connect"' in refusal(
        offsets_topic="connect", config_topic="connect"
    )


def test_the_password_is_in_no_text() -> None:
    assert "a-password" not in repr(read(**LOGIN))
    assert KAFKA_SPEC["kafka_sasl_password"]["no_log"]


def test_the_environment_gives_what_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOPS_KAFKA_BOOTSTRAP_SERVERS", "a:1,b:2")
    monkeypatch.setenv("CONNECTOPS_KAFKA_USERNAME", "recovery")
    monkeypatch.setenv("CONNECTOPS_KAFKA_PASSWORD", "a-password")
    given = {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512"}
    options = KafkaOptions.read(ArgumentSpecValidator(KAFKA_SPEC).validate(given).validated_parameters)
    assert options == KafkaOptions(
        ("a:1", "b:2"), "SASL_SSL", "SCRAM-SHA-512", sasl_username="recovery", sasl_password="a-password"
    )
