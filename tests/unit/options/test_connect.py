# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: what is accepted, and what a person reads about what is not."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import (
    CONNECT_SPEC,
    ConnectOptions,
)
from cryptography.hazmat.primitives import serialization

URL = "http://connect-1:8083"


def refusal(**params: Any) -> str:
    with pytest.raises(InputError) as caught:
        ConnectOptions.read({"connect_url": [URL], **params})
    return caught.value.message


def test_urls_lose_blanks_and_trailing_slashes_and_doubles_and_keep_their_order() -> None:
    options = ConnectOptions.read({"connect_url": [" http://b:1/ ", "https://a/connect/", "http://b:1", ""]})
    assert options.connect_url == ("http://b:1", "https://a/connect")


def test_what_is_not_given_has_the_documented_defaults() -> None:
    assert ConnectOptions.read({"connect_url": [URL]}) == ConnectOptions((URL,))
    assert ConnectOptions.read({"connect_url": [URL], "url_username": "", "bearer_token": None}) == ConnectOptions(
        (URL,)
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("connect-1:8083", "does not begin with http:// or https://"),
        ("ftp://connect-1", "does not begin with http:// or https://"),
        ("//connect-1", "does not begin with http:// or https://"),
        ("http://", "has no host"),
        ("http://:8083", "has no host"),
        ("http://a:port", "is not a URL"),
        ("http://a:99999", "is not a URL"),
        ("http://[::1", "is not a URL"),
        ("http://a b", "blank"),
        ("http://a\nb", "blank"),
        ("http://a?x=1", "query or a fragment"),
        ("http://a/#x", "query or a fragment"),
    ],
)
def test_a_url_that_cannot_work_is_refused(url: str, words: str) -> None:
    message = refusal(connect_url=[url])
    assert message.startswith("connect_url ")
    assert words in message


@pytest.mark.parametrize(
    "url", ["http://user:s3cret@a:1", "user:s3cret@a:1", "http://user:s3/cret@a", "ftp://s3cret@a", "http://a/x@s3cret"]
)
def test_a_url_with_a_login_is_refused_without_repeating_it(url: str) -> None:
    message = refusal(connect_url=[url])
    assert "url_username" in message
    assert "s3" not in message
    assert "cret" not in message


@pytest.mark.parametrize("urls", [[], None, [""], ["  "]])
def test_no_url_at_all_is_refused(urls: Any) -> None:
    assert "connect_url is empty" in refusal(connect_url=urls)


@pytest.mark.parametrize("option", ["request_timeout", "timeout"])
@pytest.mark.parametrize("seconds", [0, -1, 86401, float("nan"), float("inf")])
def test_times_that_are_not_positive_or_absurd_are_refused(option: str, seconds: float) -> None:
    assert refusal(**{option: seconds}).startswith(f"{option} is ")


@pytest.mark.parametrize("seconds", [0.001, 86400])
def test_the_shortest_and_the_longest_time_are_accepted(seconds: float) -> None:
    options = ConnectOptions.read({"connect_url": [URL], "request_timeout": seconds, "timeout": seconds})
    assert (options.request_timeout_seconds, options.timeout_seconds) == (seconds, seconds)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url_username": "u", "url_password": "s3cret", "bearer_token": "t0ken"}, "one or the other"),
        ({"url_password": "s3cret", "bearer_token": "t0ken"}, "one or the other"),
        ({"url_username": "u"}, "without url_password"),
        ({"url_username": "u", "url_password": ""}, "without url_password"),
        ({"url_password": "s3cret"}, "without url_username"),
        ({"url_username": "a:b", "url_password": "s3cret"}, "colon"),
        ({"bearer_token": "t0ken\n"}, "line break"),
        ({"bearer_token": "t0ken x"}, "blank"),
        ({"bearer_token": "t0k\u00e9n"}, "non-ASCII"),
    ],
)
def test_credentials_that_cannot_work_are_refused_without_repeating_them(params: dict[str, str], words: str) -> None:
    message = refusal(**params)
    assert words in message
    assert "s3cret" not in message
    assert "t0k" not in message


def test_secrets_are_not_in_the_repr() -> None:
    options = ConnectOptions.read({"connect_url": [URL], "url_username": "u", "url_password": "s3cret"})
    assert options.url_password == "s3cret"
    assert "s3cret" not in repr(options)
    assert "t0ken" not in repr(ConnectOptions.read({"connect_url": [URL], "bearer_token": "t0ken"}))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("client", "other"):
        leaf = authority.issue_cert(name)
        leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        leaf.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.both.pem")
    key = serialization.load_pem_private_key((folder / "client.key").read_bytes(), password=None)
    (folder / "client.locked.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )
    (folder / "text.pem").write_text("no certificate")
    return folder


def test_certificate_files_that_can_be_read_are_accepted(files: Path) -> None:
    options = ConnectOptions.read(
        {
            "connect_url": [URL],
            "ca_path": str(files / "ca.pem"),
            "client_cert": str(files / "client.pem"),
            "client_key": str(files / "client.key"),
        }
    )
    assert options.client_key == str(files / "client.key")
    ConnectOptions.read({"connect_url": [URL], "ca_path": str(files), "client_cert": str(files / "client.both.pem")})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ca_path": "absent.pem"}, "ca_path"),
        ({"client_cert": "absent.pem"}, "client_cert"),
        ({"client_cert": "client.pem", "client_key": "absent.key"}, "client_key"),
        ({"client_cert": "."}, "cannot be read"),
        ({"ca_path": "text.pem"}, "holds no certificate"),
        ({"client_cert": "text.pem"}, "cannot be loaded"),
        ({"client_cert": "client.pem"}, "cannot be loaded"),
        ({"client_cert": "client.pem", "client_key": "other.key"}, "belong together"),
        ({"client_cert": "client.pem", "client_key": "client.locked.key"}, "pass phrase"),
        ({"client_key": "client.key"}, "without client_cert"),
    ],
)
def test_certificate_files_that_cannot_work_are_refused(files: Path, given: dict[str, str], words: str) -> None:
    assert words in refusal(**{option: str(files / name) for option, name in given.items()})


def test_without_such_files_openssl_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(ssl, "SSLContext", started.append)
    ConnectOptions.read({"connect_url": ["https://connect-1:8083"]})
    assert started == []


def validated(monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], **environment: str) -> ConnectOptions:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = ArgumentSpecValidator(CONNECT_SPEC).validate(params)
    assert not result.error_messages
    return ConnectOptions.read(result.validated_parameters)


def test_the_environment_stands_in_for_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    options = validated(
        monkeypatch,
        {"timeout": "60"},
        CONNECTOPS_CONNECT_URL="http://a:8083, http://b:8083",
        CONNECTOPS_USERNAME="u",
        CONNECTOPS_PASSWORD="s3cret",
    )
    assert options == ConnectOptions(
        ("http://a:8083", "http://b:8083"), url_username="u", url_password="s3cret", timeout_seconds=60.0
    )


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    options = validated(
        monkeypatch,
        {"connect_url": URL, "bearer_token": "mine"},
        CONNECTOPS_CONNECT_URL="http://other",
        CONNECTOPS_BEARER_TOKEN="theirs",
    )
    assert (options.connect_url, options.bearer_token) == ((URL,), "mine")
