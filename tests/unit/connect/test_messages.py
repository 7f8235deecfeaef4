# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about Kafka Connect, and its own texts made fit to be quoted."""

from __future__ import annotations

import ssl

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import (
    Login,
    access_denied,
    clean,
    combined,
    maskable,
    not_found,
    tls_failed,
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (
            "Invalid value s3cret for configuration x: Not a number of type INT",
            "Invalid value ******** for configuration x: Not a number of type INT",
        ),
        (
            "Invalid value s3cret for configuration x: Class s3cret could not be found.",
            "Invalid value ******** for configuration x: Class ******** could not be found.",
        ),
        ("Invalid value s3 for configuration a for configuration x", "Invalid value ******** for configuration x"),
        ("Invalid value s3\ncret\nfor configuration x", "Invalid value ********"),
        (
            "Invalid value a Invalid value s3 for configuration x",
            "Invalid value ********Invalid value ******** for configuration x",
        ),
        ("Invalid value s3cret", "Invalid value ********"),
        (
            "Invalid value null for configuration x: must be non-null",
            "Invalid value null for configuration x: must be non-null",
        ),
        (
            "2 errors:\nInvalid value a1b2 for configuration x\nInvalid value c3d4 for configuration y: no\nSee",
            "2 errors: Invalid value ******** for configuration x Invalid value ******** for configuration y: no See",
        ),
        (
            "BadRequest: Connector config {name=v, pw=s3}cret, x=\ny} contains no connector type",
            "BadRequest: Connector config ******** contains no connector type",
        ),
        ("a token t0ken2 and t0ken", "a token ******** and ********"),
        ("x" * 700, "x" * 600 + " ..."),
    ],
)
def test_texts_of_connect_lose_values_line_breaks_and_length(text: str, cleaned: str) -> None:
    assert clean(text, ["t0ken", "t0ken2"]) == cleaned


def test_the_values_of_a_config_that_may_be_secret_are_masked() -> None:
    config = {
        "name": "connector-1",
        "connector.class": "a.Class",
        "token": "s3cret",
        "mixed": "PST:${file:/x:y}",
        "placeholder": "${file:/x:y}",
        "flag": "true",
        "short": "abc",
        "none": None,
    }
    assert maskable(config) == {"s3cret", "PST:${file:/x:y}"}


@pytest.mark.parametrize(
    ("status", "login", "sentence"),
    [
        (
            401,
            "none",
            "Kafka Connect at u asks for a login (status 401): set url_username and url_password, or bearer_token.",
        ),
        (
            401,
            "password",
            "Kafka Connect at u does not accept the login (status 401): check url_username and url_password.",
        ),
        (
            401,
            "token",
            "Kafka Connect at u does not accept the token (status 401): check bearer_token; it may have expired.",
        ),
        (
            403,
            "token",
            "Kafka Connect at u forbids GET / (status 403): grant this permission to the user or token of the task.",
        ),
        (
            407,
            "token",
            (
                "the proxy in front of u asks for its own login (status 407): add it to the proxy's URL in HTTP_PROXY or "
                "HTTPS_PROXY."
            ),
        ),
    ],
)
def test_denied_access_is_reported_with_what_to_set(status: int, login: Login, sentence: str) -> None:
    assert access_denied("u", "GET /", status, login) == sentence


@pytest.mark.parametrize(
    ("code", "reason", "start"),
    [
        (
            62,
            "Hostname mismatch",
            "the certificate of u was made for another host (Hostname mismatch): use a host name",
        ),
        (64, "IP address mismatch", "the certificate of u was made for another host (IP address mismatch): use a host"),
        (10, "certificate has expired", "the certificate of u has expired (certificate has expired): renew it."),
        (
            20,
            "unable to get it",
            "the certificate of u is not trusted (unable to get it): set ca_path to the certificate",
        ),
    ],
)
def test_a_certificate_that_does_not_fit_is_reported_by_its_defect(code: int, reason: str, start: str) -> None:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, reason
    assert tls_failed("u", error).startswith(start)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "u rejected the TLS handshake (tlsv13 alert certificate required): if it",
        ),
        (
            "WRONG_VERSION_NUMBER",
            "u does not speak TLS as expected (wrong version number): if it speaks plain HTTP, use",
        ),
        (None, "u does not speak TLS as expected (tls error): "),
    ],
)
def test_a_failed_handshake_is_reported(reason: str | None, sentence: str) -> None:
    error = ssl.SSLError(1, "failed")
    error.reason = reason  # type: ignore[assignment]
    assert tls_failed("u", error).startswith(sentence)


def test_a_missing_connector_is_reported_with_what_there_is() -> None:
    start = 'connector "strpe" was not found in the cluster at a, b: '
    assert not_found("strpe", "a, b", ["other", "stripe"]) == f'{start}did you mean "stripe"?'
    assert not_found("strpe", "a, b", ["other"]) == f"{start}none of its 1 connectors has a similar name."
    assert not_found("strpe", "a, b", []) == f"{start}it has no connectors."


def test_reasons_are_combined_and_the_urls_named_if_they_differ() -> None:
    assert combined({}) == ""
    assert combined({"a": "x", "b": "x"}) == "x"
    assert combined({"a": "x", "b": "y"}) == "a: x, b: y"
