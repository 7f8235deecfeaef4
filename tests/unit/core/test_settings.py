# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings must change: exact values, and values that may only be raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import (
    SettingChange,
    as_floor,
    as_setting,
    changed_config,
    decide_settings,
    masked_keys,
    show_setting_change,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

WAIT = "stripe.report.max.wait.ms"


def decided(
    current: Mapping[str, str],
    exact: Mapping[str, Any] | None = None,
    at_least: Mapping[str, Any] | None = None,
    defaults: Mapping[str, str | None] | None = None,
    secret_keys: frozenset[str] = frozenset(),
) -> dict[str, tuple[str | None, str | None]]:
    """The changes as key to (before, after)."""
    changes = decide_settings(
        current, exact or {}, at_least or {}, defaults=defaults or {}, secret_keys=secret_keys, name="c"
    )
    return {change.key: (change.before, change.after) for change in changes}


def refused(current: Mapping[str, str], **request: Any) -> str:
    with pytest.raises(InputError) as caught:
        decided(current, **request)
    return caught.value.message


# Values


@pytest.mark.parametrize(
    "value, stored",
    [
        (None, None),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (-1, "-1"),
        (2.5, "2.5"),
        ("", ""),
        ("True", "True"),
        (["a", "b"], "a,b"),
        ([1, 2], "1,2"),
        ([], ""),
    ],
)
def test_yaml_values_become_connects_strings(value: Any, stored: str | None) -> None:
    assert as_setting(value, "k") == stored


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], [{"a": 1}], [True], [None], object()])
def test_what_is_no_setting_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"^config\.k: a \w+ cannot be a setting of a connector"):
        as_setting(value, "k")


# Exact


@pytest.mark.parametrize(
    "stored, wanted", [("3", 3), ("3", "3"), ("true", True), ("a,b", ["a", "b"]), ("2.5", 2.5), ("", [])]
)
def test_what_is_there_already_is_no_change(stored: str, wanted: Any) -> None:
    assert decided({"k": stored}, {"k": wanted}) == {}


@pytest.mark.parametrize("stored, wanted", [("3", 4), ("3", "3 "), ("3.0", 3), ("True", True), ("b,a", ["a", "b"])])
def test_what_differs_as_a_string_is_a_change(stored: str, wanted: Any) -> None:
    assert list(decided({"k": stored}, {"k": wanted})) == ["k"]


def test_a_new_key_is_added_and_null_removes_one() -> None:
    assert decided({"old": "1"}, {"new": 2, "old": None}) == {"new": (None, "2"), "old": ("1", None)}
    assert decided({}, {"old": None}) == {}


def test_changes_come_in_key_order() -> None:
    assert list(decided({"c.ms": "0"}, {"b": 1, "a": 1}, {"c.ms": 1})) == ["a", "b", "c.ms"]


def test_a_setting_that_the_connector_does_not_have_is_not_raised() -> None:
    assert refused({}, at_least={"stripe.report.max.wait": 5}).startswith(
        "at_least.stripe.report.max.wait: connector 'c' has no such setting"
    )


@pytest.mark.parametrize("option", ["exact", "at_least"])
@pytest.mark.parametrize("key", ["", " ", "max.wait.ms ", "max\nwait", 5])
def test_what_cannot_be_the_name_of_a_setting_is_refused(option: str, key: Any) -> None:
    wanted: dict[str, Any] = {"exact": {}, "at_least": {}, option: {key: "5"}}
    with pytest.raises(InputError) as caught:
        decide_settings({}, **wanted, defaults={}, secret_keys=frozenset(), name="c")
    shown = "config" if option == "exact" else "at_least"
    assert caught.value.message == f"{shown}: {key!r} cannot be the name of a setting: correct it, or remove it."


def test_the_connector_cannot_be_renamed() -> None:
    assert refused({"name": "c"}, exact={"name": "d"}).startswith("config.name: a connector cannot be renamed")
    assert refused({"name": "c"}, exact={"name": None}).startswith("config.name: a connector cannot be renamed")
    assert decided({"name": "c"}, {"name": "c"}) == {}


@pytest.mark.parametrize("mask", ["********", "[hidden]", "\u2022\u2022\u2022"])
def test_a_mask_is_not_written_over_a_secret(mask: str) -> None:
    assert refused({"stripe.api.keys": "PST:sk_1"}, exact={"stripe.api.keys": mask}).startswith(
        "config.stripe.api.keys: the value is a mask, not a secret"
    )


def test_a_key_stands_in_one_of_both_wishes() -> None:
    assert refused({}, exact={WAIT: 1}, at_least={WAIT: 2}) == (
        f"{WAIT} is in both config and at_least: keep it in one of them."
    )


# At least


@pytest.mark.parametrize(
    "stored, default, floor, after",
    [
        ("300000", None, "60m", "3600000"),
        ("300000", None, 3600000, "3600000"),
        ("3600000", None, "60m", None),
        ("3600001", None, "60m", None),
        ("7200000", None, "60m", None),
        (" 7200000 ", None, "60m", None),
        ("+7200000", None, "60m", None),
        ("-1", None, "60m", "3600000"),
        ("0", None, "60m", "3600000"),
        (None, "300000", "60m", "3600000"),
        (None, "7200000", "60m", None),
        (None, None, "60m", "3600000"),
    ],
)
def test_a_setting_is_raised_and_never_lowered(
    stored: str | None, default: str | None, floor: Any, after: str | None
) -> None:
    current = {} if stored is None else {WAIT: stored}
    expected = {} if after is None else {WAIT: (stored, after)}
    assert decided(current, at_least={WAIT: floor}, defaults={WAIT: default}) == expected


@given(st.integers(-(10**9), 10**9), st.integers(1, 6 * 10**8))
def test_after_raising_the_floor_holds_and_nothing_was_lowered(stored: int, floor: int) -> None:
    current = {WAIT: str(stored)}
    changes = decide_settings(current, {}, {WAIT: floor}, defaults={}, secret_keys=frozenset(), name="c")
    raised = changed_config(current, changes)
    assert int(raised[WAIT]) == max(stored, floor)
    assert decided(raised, at_least={WAIT: floor}) == {}


@pytest.mark.parametrize(
    "key, floor, expected",
    [
        (WAIT, "60m", 3_600_000),
        (WAIT, "1h 30m", 5_400_000),
        (WAIT, "3600000", 3_600_000),
        (WAIT, " 60m ", 3_600_000),
        ("a.timeout.seconds", "60m", 3600),
        ("a_timeout_sec", "2m", 120),
        ("a.timeout.s", "2m", 120),
        ("flush-millis", "2s", 2000),
        ("lag.minutes", "2h", 120),
        ("keep.hours", "2d", 48),
        ("max.report.interval.days", "30d", 30),
        ("max.report.interval.days", 365, 365),
        ("tasks.max", 4, 4),
        ("batch.size", 10**12, 10**12),
    ],
)
def test_a_floor_is_counted_in_the_keys_own_unit(key: str, floor: Any, expected: int) -> None:
    assert as_floor(floor, key) == expected


@pytest.mark.parametrize(
    "key, floor, words",
    [
        (WAIT, 0, "0 is not above zero"),
        (WAIT, -1, "-1 is not above zero"),
        (WAIT, "0s", "0s is not above zero"),
        (WAIT, "-5m", "'-5m' is not a duration"),
        (WAIT, "soon", "'soon' is not a duration"),
        (WAIT, "", "'' is not a duration"),
        (WAIT, None, "None is neither a number nor a duration"),
        (WAIT, True, "True is neither a number nor a duration"),
        (WAIT, [1], "[1] is neither a number nor a duration"),
        (WAIT, {"a": 1}, "{'a': 1} is neither a number nor a duration"),
        (WAIT, 1.5, "'1.5' is not a duration"),
        (WAIT, "8d", "8d is 8 d, longer than the maximum of 7 d"),
        (WAIT, 3_600_000_000, "3600000000 is 1000 h, longer than the maximum of 7 d"),
        ("a.timeout.seconds", 3_600_000, "longer than the maximum of 7 d: the unit of a.timeout.seconds is 1 s"),
        ("a.timeout.seconds", "1500ms", "'1500ms' is not a whole number of the key's unit (1 s)"),
        ("max.report.interval.days", "36h", "'36h' is not a whole number of the key's unit (24 h)"),
        ("batch.size", "60m", "the unit of batch.size is not known"),
    ],
)
def test_a_floor_that_makes_no_sense_is_refused(key: str, floor: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        as_floor(floor, key)
    assert caught.value.message.startswith(f"at_least.{key}: ")
    assert words in caught.value.message


def test_a_stored_value_that_is_no_number_is_not_guessed_at() -> None:
    assert refused({WAIT: "${env:WAIT}"}, at_least={WAIT: "60m"}) == (
        f"at_least.{WAIT}: the connector's value '${{env:WAIT}}' is not a number: set it with config."
    )
    assert "sk_live_1" not in refused({"api.key.ms": "sk_live_1"}, at_least={"api.key.ms": "60m"})


# Showing


@pytest.mark.parametrize(
    "key, before, after, shown",
    [
        (WAIT, "300000", "3600000", "300000 (5 min) -> 3600000 (60 min)"),
        (WAIT, None, "3600000", "(not set) -> 3600000 (60 min)"),
        (WAIT, "-1", None, "-1 (-1 ms) -> (not set)"),
        (WAIT, "${env:WAIT}", "5000", "${env:WAIT} -> 5000 (5 s)"),
        ("topic.prefix", "a_", "b_", "a_ -> b_"),
        ("stripe.api.keys", "PST:sk_1", "PST:sk_2", f"{HIDDEN} -> {HIDDEN} (changed)"),
        ("stripe.api.keys", "${secrets:A}", "PST:sk_2", f"${{secrets:A}} -> {HIDDEN}"),
        ("stripe.api.keys", "${secrets:A}", "${secrets:B}", "${secrets:A} -> ${secrets:B}"),
        ("stripe.api.keys", "PST:sk_1", None, f"{HIDDEN} -> (not set)"),
        ("proxy.url", "http://u:p@h/", "http://u:q@h/", f"http://{HIDDEN}@h/ -> http://{HIDDEN}@h/ (changed)"),
    ],
)
def test_a_change_is_shown_with_its_length_and_without_its_secret(
    key: str, before: str | None, after: str | None, shown: str
) -> None:
    assert show_setting_change(key, *SettingChange(key, before, after, secret=False).shown()) == shown


def test_a_value_that_another_setting_calls_a_secret_is_hidden() -> None:
    key, naming = "transforms.h.value.literal", "transforms.h.header"
    for current, exact in (({key: "old", naming: "Cookie"}, {}), ({key: "old"}, {naming: "Cookie"})):
        changes = decide_settings(current, {**exact, key: "new"}, {}, defaults={}, secret_keys=frozenset(), name="c")
        assert [one.shown() for one in changes if one.key == key] == [(HIDDEN, f"{HIDDEN} (changed)")]


def test_a_key_that_is_declared_secret_is_hidden_whatever_its_name() -> None:
    changes = decide_settings({"odd": "old"}, {"odd": "new"}, {}, defaults={}, secret_keys=frozenset({"odd"}), name="c")
    assert [(change.secret, change.shown()) for change in changes] == [(True, (HIDDEN, f"{HIDDEN} (changed)"))]


def test_the_whole_config_after_the_changes() -> None:
    changes = (
        SettingChange("a", "1", "2", False),
        SettingChange("b", "1", None, False),
        SettingChange("c", None, "3", False),
    )
    current = {"a": "1", "b": "1", "kept": "x"}
    assert changed_config(current, changes) == {"a": "2", "c": "3", "kept": "x"}
    assert current == {"a": "1", "b": "1", "kept": "x"}


def test_masked_keys_are_named() -> None:
    assert masked_keys({"b.password": "****", "a.token": "[hidden]", "c": "x"}) == ["a.token", "b.password"]


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_of_which_nobody_can_reckon_is_none(digits: int) -> None:
    number = "9" * digits
    assert show_setting_change(WAIT, number, None) == f"{number} -> (not set)"
    with pytest.raises(InputError, match=f"^at_least.{WAIT}: the connector's value '9+' is not a number"):
        decide_settings({WAIT: number}, {}, {WAIT: 5}, defaults={}, secret_keys=frozenset(), name="c")
    with pytest.raises(InputError, match=f"^at_least.{WAIT}: '9+' is not a duration"):
        decide_settings({WAIT: "1"}, {}, {WAIT: number}, defaults={}, secret_keys=frozenset(), name="c")
