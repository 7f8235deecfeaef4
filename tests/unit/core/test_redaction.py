# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a config may be shown, and which literals may appear in no text."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import (
    quoted,
    scrubbed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    HIDDEN,
    is_placeholder,
    looks_masked,
    redacted,
    redacted_value,
    secret_values,
    shown_options,
)
from hypothesis import given
from hypothesis import strategies as st


def test_a_key_that_the_connector_declares_as_password_holds_a_secret() -> None:
    assert redacted({"odd": "x1", "plain": "y"}, {"odd"}) == {"odd": HIDDEN, "plain": "y"}


def test_keys_come_out_sorted_and_the_config_is_not_touched() -> None:
    config = {"b.token": "t0ken", "a": "1"}
    assert list(redacted(config).items()) == [("a", "1"), ("b.token", HIDDEN)]
    assert config == {"b.token": "t0ken", "a": "1"}


@pytest.mark.parametrize(
    "value",
    ["${secrets:STRIPE_API_KEYS}", "${file:/run/s.properties:key}", "${env:A}${env:B}", "${env:A};${env:B}", "", None],
)
def test_placeholders_and_what_is_empty_stay_visible(value: str | None) -> None:
    assert redacted_value("stripe.api.keys", value) == value
    assert secret_values({"stripe.api.keys": value}) == frozenset()


@pytest.mark.parametrize("value", ["${X}", "${env:A}x", "PST:${env:A};UTC:sk_live_1", "$secret", "{env:A}"])
def test_what_is_not_all_placeholder_is_hidden(value: str) -> None:
    assert not is_placeholder(value)
    assert redacted_value("stripe.api.keys", value) == HIDDEN


@pytest.mark.parametrize(
    "value, shown",
    [
        ("https://user:s3cret@host/x", f"https://{HIDDEN}@host/x"),
        ("https://token@host/x", f"https://{HIDDEN}@host/x"),
        ("mongodb://u:p@a:1,b:2/db", f"mongodb://{HIDDEN}@a:1,b:2/db"),
        ("http://user:p@ss:w@host/x", f"http://{HIDDEN}@host/x"),
        ("jdbc:mysql://h/db?user=u&password=s3cret&ssl=true", f"jdbc:mysql://h/db?user=u&password={HIDDEN}&ssl=true"),
        ("jdbc:sqlserver://h;user=u;Password=s3cret;x=y", f"jdbc:sqlserver://h;user=u;Password={HIDDEN};x=y"),
        ("jdbc:mysql://h/db?password=${file:/run/s:pw}", "jdbc:mysql://h/db?password=${file:/run/s:pw}"),
        ("https://host:8083/path", "https://host:8083/path"),
        ("jdbc:oracle:thin:scott/t1ger@//host:1521/svc", f"jdbc:oracle:thin:{HIDDEN}@//host:1521/svc"),
        ("jdbc:oracle:oci:scott/t1ger@svc", f"jdbc:oracle:oci:{HIDDEN}@svc"),
        ("//u:p@h/db", f"//{HIDDEN}@h/db"),
        ("https://hooks.slack.com/services/T00/B00/XX", f"https://hooks.slack.com/{HIDDEN}"),
        ("https://host/path;jsessionid=1A2B", f"https://host/path;jsessionid={HIDDEN}"),
        ("me@example.org", "me@example.org"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_passwords_in_urls_are_hidden_under_any_key(value: str, shown: str) -> None:
    assert redacted_value("connection.url", value) == shown


IN_VALUES = [
    # (key, value, as it is shown, what no message may contain)
    ("http.headers", "Authorization: Bearer eyJh.bG-ci", f"Authorization: {HIDDEN}", "eyJh.bG-ci"),
    ("http.headers", "Authorization:Bearer eyJhbGci", f"Authorization:{HIDDEN}", "eyJhbGci"),
    ("http.headers", "Accept:text/xml,X-Api-Key:k1-2345", f"Accept:text/xml,X-Api-Key:{HIDDEN}", "k1-2345"),
    ("http.headers", "Cookie: sid=12345; b=6789|Accept: */*", f"Cookie: {HIDDEN}|Accept: */*", "sid=12345; b=6789"),
    ("any", "Authorization: x=1; token=abcd; rest", f"Authorization: {HIDDEN}", "rest"),
    ("requestHeaders", "X-Auth-Token:k1-2345", f"X-Auth-Token:{HIDDEN}", "k1-2345"),
    ("any", "Accept: text/xml|X-Api-Key: k1-2345", f"Accept: text/xml|X-Api-Key: {HIDDEN}", "k1-2345"),
    ("any", "bearer eyJhbGci.x", f"bearer {HIDDEN}", "eyJhbGci.x"),
    ("any", "with Basic dXNlcjpwYXNz==, then", f"with Basic {HIDDEN}, then", "dXNlcjpwYXNz=="),
    ("any", "Authorization=Bearer eyJhbGci", f"Authorization={HIDDEN}", "eyJhbGci"),
    ("any", "Server=h;uid=u;pwd=s3cret;x=y", f"Server=h;uid=u;pwd={HIDDEN};x=y", "s3cret"),
    ("any", "PWD = s3cret", f"PWD = {HIDDEN}", "s3cret"),
    ("any", "Driver=x;PWD={s3;cret};x=y", f"Driver=x;PWD={HIDDEN};x=y", "s3;cret"),
    ("any", "host=h password='s3 cret' user=u", f"host=h password={HIDDEN} user=u", "s3 cret"),
    (
        "any",
        'Login required username="u" password="s3 cret";',
        f'Login required username="u" password={HIDDEN};',
        "s3 cret",
    ),
    ("any", "opts=a,password=s3cret", f"opts=a,password={HIDDEN}", "s3cret"),
    ("any", "https://h/p?sv=1&sig=a%2Fb3&se=2", f"https://h/p?sv=1&sig={HIDDEN}&se=2", "a%2Fb3"),
    ("any", "https://h/p?access_token=t0ken", f"https://h/p?access_token={HIDDEN}", "t0ken"),
    ("any", '{"user": "u", "password": "s3\\"cret"}', f'{{"user": "u", "password": {HIDDEN}}}', '"cret'),
    ("any", '{"a": {"clientSecret":"s3cret"}}', f'{{"a": {{"clientSecret":{HIDDEN}}}}}', "s3cret"),
    (
        "any",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADAN\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----{HIDDEN}-----END RSA PRIVATE KEY-----",
        "MIIEvQIBADAN",
    ),
    (
        "any",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----{HIDDEN}-----END PGP PRIVATE KEY BLOCK-----",
        "lQOYBF",
    ),
    ("any", "PST:sk_live_51Habcdef", f"PST:{HIDDEN}", "sk_live_51Habcdef"),
    ("any", "-----BEGIN PRIVATE KEY-----MIIEvQIBADAN", f"-----BEGIN PRIVATE KEY-----{HIDDEN}", "MIIEvQIBADAN"),
    ("any", '{"passwords": ["s3cret", "s4"]}', f'{{"passwords": [{HIDDEN}, {HIDDEN}]}}', "s3cret"),
    ("any", '[{"apiKeys": {"a": {"b": [123456]}}}]', f'[{{"apiKeys": {{"a": {{"b": [{HIDDEN}]}}}}}}]', "123456"),
    (
        "any",
        '{"n":1e3, "credentials": {"key": "s3cret", "type":"basic"}, "user":"u"}',
        f'{{"n":1e3, "credentials": {{"key": {HIDDEN}, "type":"basic"}}, "user":"u"}}',
        "s3cret",
    ),
    ("any", '{"password": {"value": "s3cret"}}', f'{{"password": {{"value": {HIDDEN}}}}}', "s3cret"),
    ("any", r'{"a": "{\"password\": \"s3cret\"}"}', rf'{{"a": "{{\"password\": {HIDDEN}}}"}}', "s3cret"),
    (
        "any",
        r'{"a": "{\"b\":\"{\\\"tokens\\\":[\\\"s3cret\\\"]}\"}"}',
        rf'{{"a": "{{\"b\":\"{{\\\"tokens\\\":[{HIDDEN}]}}\"}}"}}',
        "s3cret",
    ),
    ("any", r'{"a": "\ud83d\ude00\n//u:s3cret@h"}', rf'{{"a": "\ud83d\ude00\n//{HIDDEN}@h"}}', "s3cret"),
    ("any", '{"url": "h?pwd=s3cret", "table": "t"}', f'{{"url": "h?pwd={HIDDEN}", "table": "t"}}', "s3cret"),
    ("any", '{"name": "password", "value": "s3cret"}', f'{{"name": "password", "value": {HIDDEN}}}', "s3cret"),
    ("any", '{"value": "s3cret", "name": "password"}', f'{{"value": {HIDDEN}, "name": "password"}}', "s3cret"),
    ("any", '{"tokens": ["s3cret", "t', f'{{"tokens": [{HIDDEN}, {HIDDEN}', "s3cret"),
    ("any", 'h;password="ab\\"s3cret"; x=1', f"h;password={HIDDEN}; x=1", "s3cret"),
    ("any", "password='ab''s3cret'; x=1", f"password={HIDDEN}; x=1", "s3cret"),
    ("any", "user=a;password=ab s3cret;x=1", f"user=a;password={HIDDEN};x=1", "ab s3cret"),
    ("any", "password=ab s3cret; x=1", f"password={HIDDEN}; x=1", "ab s3cret"),
    (
        "any",
        "<a><user>u</user><password>s3cret</password></a>",
        f"<a><user>u</user><password>{HIDDEN}</password></a>",
        "s3cret",
    ),
    ("any", "<credentials><key>s3cret</key></credentials>", f"<credentials>{HIDDEN}</credentials>", "s3cret"),
    ("any", "<name>password</name><value>s3cret</value>", f"<name>password</name><value>{HIDDEN}</value>", "s3cret"),
    ("any", "mongodb://u:pa/s3cret@host/db", f"mongodb://{HIDDEN}@host/db", "pa/s3cret"),
    ("any", "mongodb://u:pa/b@s3cret@host/db?a=b@c", f"mongodb://{HIDDEN}@host/db?a=b@c", "s3cret"),
]


@pytest.mark.parametrize("key, value, shown, secret", IN_VALUES)
def test_secrets_within_a_value_are_hidden_in_it_and_in_every_message(
    key: str, value: str, shown: str, secret: str
) -> None:
    assert secret in value
    assert redacted_value(key, value) == shown
    assert secret not in scrubbed(f"error: {value} is bad", secret_values({key: value}))


@pytest.mark.parametrize("secret, value", [(secret, value) for key, value, _shown, secret in IN_VALUES if key == "any"])
def test_such_a_value_is_quoted_without_its_secret_also_within_other_text(secret: str, value: str) -> None:
    assert secret not in quoted(value)
    assert secret not in quoted(f"The value {value} is bad.")


@pytest.mark.parametrize(
    "value",
    [
        "[" * 20_000,
        '{"password":' * 5_000,
        '{"passwords": [' + "[" * 20_000 + "1" + "]" * 20_000 + ', "s3cret"]}',
        '{"n": ' + "9" * 5000 + ', "password": "s3cret"}',
        '{"a": "\\ud83d", "passwords": ["s3cret"]}',
    ],
    ids=len,
)
def test_json_of_any_size_is_redacted(value: str) -> None:
    assert "s3cret" not in str(redacted_value("any", value))
    assert "s3cret" not in quoted(value)


@given(
    st.text("{}[]\"':,\\ \npw1=;<>/@u", max_size=40),
    st.sampled_from(["{}", '{{"password":{}', "<pwd>{}", '{{"a":"{}"}}']),
)
def test_no_text_is_too_odd_to_be_redacted(text: str, around: str) -> None:
    value = around.format(text)
    assert redacted_value("any", value) is not None
    assert secret_values({"any": value}) is not None
    assert quoted(value) is not None


@pytest.mark.parametrize(
    "key, value",
    [
        ("http.headers", "Accept:text/xml|Content-Type:application/json"),
        ("http.headers", "Authorization: Bearer ${file:/run/s:token}"),
        ("http.headers", "Authorization: ${file:/run/s:header}"),
        ("any", "Server=h;uid=u;pwd=${env:PWD};x=y"),
        ("any", '{"password": "${env:PWD}"}'),
        ("transforms.r.renames", "password:hash,token:t"),
        ("any", "password,token"),
        ("any", "basic auth, bearer auth, basic authentication"),
        ("any", "token == 'x'"),
        ("any", '[{"name":"password","type":"string"}]'),
        ("any", '{"token":{"type":"string"}}'),
        ("any", '{"tables": ["a", "b"],\n "max":  1e3, "password": null, "note": "caf\\u00e9 \\"x\\""}'),
        ("any", '{"user": "admin", "password": "${file:/run/s:key}"}'),
        ("any", '[{"name": "mode", "value": "bulk"}, {"name": "password", "fields": ["a"]}]'),
        ("any", "[a-z]+, {name}"),
        ("any", "http://host:8080/a@b"),
        ("any", "Optional<Secret> is missing"),
        ("any", "<password></password><token type='x'/>"),
        ("any", "auth.method=plain;tokenizer=x;passthrough=y"),
        ("any", "-----BEGIN CERTIFICATE-----MIIEvQIBADAN-----END CERTIFICATE-----"),
    ],
)
def test_values_without_a_secret_stay_as_they_are(key: str, value: str) -> None:
    assert redacted_value(key, value) == value
    assert secret_values({key: value}) == frozenset()


@pytest.mark.parametrize(
    "token",
    [
        "sk_live_51Habcdefghijklmnop",
        "rk_live_51Habcdefghijkl",
        "sk_test_abc123",
        "whsec_abcdefghijklm123",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "glpat-abcdefghijklmnopqrst",
        "xoxb-123456789012-abcdefghijkl",
        "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    ],
)
def test_keys_that_say_of_themselves_what_they_are_are_hidden_in_any_text(token: str) -> None:
    assert redacted_value("any", token) == HIDDEN
    assert quoted(f"error: {token}, again '{token}'.") == f"error: {HIDDEN}, again '{HIDDEN}'."


@pytest.mark.parametrize("value", ["frr_130ac22d3000000000004", "risk_test_1", "task_live_1", "eyJ.a.b", "AKIAshort"])
def test_what_only_begins_like_such_a_key_stays(value: str) -> None:
    assert redacted_value("any", value) == value


def test_a_constant_is_a_secret_where_another_setting_names_it_as_one() -> None:
    config = {
        "transforms.h.header": "X-Api-Key",
        "transforms.h.value.literal": "k1-2345",
        "transforms.i.header": "X-Source",
        "transforms.i.value.literal": "orders",
        "transforms.f.static.field": "password",
        "transforms.f.static.value": "s3cret",
        "transforms.g.static.value": "eu",
    }
    hidden = {"transforms.h.value.literal": HIDDEN, "transforms.f.static.value": HIDDEN}
    assert redacted(config) == {**config, **hidden}
    assert secret_values(dict(config)) == {"k1-2345", "s3cret"}


@pytest.mark.parametrize("value", ["***", "********", " ***** ", "\u2022\u2022\u2022\u2022", "[hidden]", "<REDACTED>"])
def test_masks_are_recognised(value: str) -> None:
    assert looks_masked(value)


@pytest.mark.parametrize("value", [None, "", "**", "a***", "* * *", "hidden", "[other]", "${env:X}", "0 0 0 * * ?"])
def test_what_is_no_mask(value: str | None) -> None:
    assert not looks_masked(value)


# Literals


def test_every_part_of_a_composed_secret_is_a_secret() -> None:
    composed = "PST:sk_live_1;Africa/Cairo: sk_live_2 ;UTC:${secrets:UTC_KEY}"
    assert secret_values({"stripe.api.keys": composed}) == {composed, "sk_live_1", "sk_live_2"}


def test_a_placeholder_within_a_composed_secret_is_none() -> None:
    config: dict[str, str | None] = {"stripe.api.keys": "PST:${secrets:STRIPE_API_KEYS};UTC:sk_live_1"}
    text = scrubbed("${secrets:STRIPE_API_KEYS} and sk_live_1", secret_values(config))
    assert text == f"${{secrets:STRIPE_API_KEYS}} and {HIDDEN}"


def test_a_url_password_is_a_secret_together_with_its_user_and_alone() -> None:
    assert secret_values({"connection.url": "https://user:s3cret@host"}) == {"user:s3cret", "s3cret"}
    assert secret_values({"connection.url": "jdbc:x://h?password=s3cret"}) == {"s3cret"}


def test_short_values_are_no_literals_since_they_are_words_of_any_text() -> None:
    assert secret_values({"a.token": "abc", "b.token": "abcd", "c.token": "a;b;true"}) == {"abcd", "true", "a;b;true"}


def test_plain_values_are_no_secrets() -> None:
    assert secret_values({"topic.prefix": "stripe_", "x": None}) == frozenset()
    assert secret_values({"odd": "value"}, {"odd"}) == {"value"}


# Options


def test_options_are_shown_without_the_values_of_secret_keys_and_of_hidden_maps() -> None:
    options = {
        "config": {"batch.size": "s3cret", "db.password": 1234},
        "at_least": {},
        "connect_url": ["http://u:s3cret@h:1"],
        "profiles": [{"name": "a", "settings": {"db.pin": 1234, "mode": "bulk"}}],
        "client_key": "/etc/client.key",
        "timeout": 120.0,
        "url_username": None,
    }
    assert shown_options(options, {"config", "at_least"}) == {
        **options,
        "config": {"batch.size": HIDDEN, "db.password": HIDDEN},
        "connect_url": [f"http://{HIDDEN}@h:1"],
        "profiles": [{"name": "a", "settings": {"db.pin": HIDDEN, "mode": "bulk"}}],
    }
    assert shown_options({"config": "db.password=s3cret"}, {"config"}) == {"config": f"db.password={HIDDEN}"}


@given(
    st.dictionaries(
        st.sampled_from(["stripe.api.keys", "db.password", "a.token"]),
        st.lists(st.text("abcdefgh0123456789_", min_size=8, max_size=20), min_size=1, max_size=3),
        min_size=1,
    )
)
def test_no_secret_survives_redaction_or_scrubbing(keys: dict[str, list[str]]) -> None:
    config = {
        name: ";".join(f"zone{number}:{value}" for number, value in enumerate(values)) for name, values in keys.items()
    }
    text = " ".join(f"error: {value} is bad" for values in keys.values() for value in values)
    shown = f"{redacted(config)} {scrubbed(text, secret_values(dict(config)))}"
    assert not [value for values in keys.values() for value in values if value in shown]
