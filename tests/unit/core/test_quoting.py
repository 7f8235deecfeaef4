# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of others without secrets: errors, data, logs."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import (
    log_without_secrets,
    quoted,
    quoted_data,
    scrubbed,
    without_secrets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    secret_values,
)


def test_the_longest_literal_goes_first() -> None:
    assert scrubbed("key is abcdefgh", {"abcd", "abcdefgh"}) == f"key is {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    ["stripe-orders", "orders-eu", "my_orders", "orders2", "shop.orders", "orders.v1", "reorders", "Orders"],
)
def test_a_short_secret_does_not_garble_names(text: str) -> None:
    sentence = f"Connector '{text}' is RUNNING."
    assert scrubbed(sentence, {"orders"}) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "password orders.",
        "'orders'",
        "u:orders@host",
        "password=orders&x=1",
        "orders",
        '{"p": "orders"}',
        "orders, x",
        "/orders",
    ],
)
def test_a_short_secret_that_is_a_whole_word_is_hidden(text: str) -> None:
    assert scrubbed(text, {"orders"}) == text.replace("orders", HIDDEN)


@pytest.mark.parametrize("secret", ["!abc", "abc!", "$$$$", ".abc", "a.b"])
def test_a_short_secret_of_signs_is_hidden(secret: str) -> None:
    assert scrubbed(f"it is {secret} here: {secret}", {secret}) == f"it is {HIDDEN} here: {HIDDEN}"


def test_a_long_secret_is_hidden_wherever_it_is() -> None:
    assert scrubbed("xsk_live_1x", {"sk_live_1"}) == f"x{HIDDEN}x"


def test_data_has_no_secret_in_any_text() -> None:
    data = {"orders": [{"url": "u:orders@host", "name": "stripe-orders", "n": 7}], "no": ("no", "none"), "x": None}
    assert without_secrets(data, {"orders", "no", "7"}) == {
        "orders": [{"url": f"u:{HIDDEN}@host", "name": "stripe-orders", "n": 7}],
        "no": [HIDDEN, "none"],
        "x": None,
    }


def test_a_quoted_text_loses_known_secrets_and_what_looks_like_one() -> None:
    text = "Login of t0psecret failed: url https://u:p@h/x, password=abc, in orders"
    assert (
        quoted(text, {"t0psecret"})
        == f"Login of {HIDDEN} failed: url https://{HIDDEN}@h/x, password={HIDDEN} in orders"
    )


@pytest.mark.parametrize(
    "text",
    [
        "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: no such user",
        "io.example.InvalidTokenException: the API answered 401",
        "Task stripe-0 failed: interval_start=17944, partition={timezone=PST}",
        "at org.example.Session.open(Session.java:12)",
    ],
)
def test_a_quoted_text_keeps_what_is_no_secret(text: str) -> None:
    assert quoted(text) == text


def test_quoted_data_keeps_names_and_numbers() -> None:
    data = {"token": "t0psecret", "list": ["https://u:p@h", 7, None, True]}
    assert quoted_data(data, {"t0psecret"}) == {"token": HIDDEN, "list": [f"https://{HIDDEN}@h", 7, None, True]}


AT = "2026-11-12 00:00:00,000 ERROR "

KEY_LINES = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", "AgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4")

PEM = "\n".join(("-----BEGIN PRIVATE KEY-----", *KEY_LINES, "-----END PRIVATE KEY-----"))

OWN_FORM = "first-line-of-it\nsecond-line-of-it\nthird-line-of-it"


@pytest.mark.parametrize("head", [AT, "ERROR "])
@pytest.mark.parametrize("begins_with", range(4))
@pytest.mark.parametrize("most_lines", range(1, 7))
@pytest.mark.parametrize(
    "message, secrets",
    [
        (f"Invalid value {PEM} for configuration x: bad", frozenset()),
        (f"The key {PEM} is bad", frozenset()),
        (f"Login with {OWN_FORM} failed", secret_values({"a.password": OWN_FORM})),
    ],
)
def test_no_line_of_a_secret_is_left_wherever_a_log_is_cut(
    head: str, begins_with: int, most_lines: int, message: str, secrets: frozenset[str]
) -> None:
    lines = f"{head}first\n{head}{message}\n{head}last".split("\n")[begins_with:]
    shown = log_without_secrets(lines, secrets, most_lines)
    assert shown[-1] == f"{head}last"
    assert len(shown) <= most_lines
    assert not [one for one in (*KEY_LINES, *OWN_FORM.split("\n")) if one in "\n".join(shown)]


def test_the_end_of_a_value_is_hidden_that_began_before_the_log() -> None:
    lines = ["s3cret", "of it for configuration x: bad", f"{AT}last"]
    assert log_without_secrets(lines, (), 9) == [f"{HIDDEN} for configuration x: bad", f"{AT}last"]


def test_a_key_without_an_end_hides_nothing_of_the_next_entry() -> None:
    lines = [f"{AT}-----BEGIN PRIVATE KEY-----", KEY_LINES[0], f"{AT}last"]
    assert log_without_secrets(lines, (), 9) == [f"{AT}-----BEGIN PRIVATE KEY-----{HIDDEN}", f"{AT}last"]
    assert quoted("\n".join(log_without_secrets(lines, (), 9))).endswith(f"{AT}last")


def test_a_log_keeps_its_last_lines() -> None:
    lines = [f"{AT}a", "\tat b", f"{AT}c"]
    assert [log_without_secrets(lines, (), number) for number in (0, 1, 2, 9)] == [[], lines[2:], lines[1:], lines]
