# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles: what a user knows about a connector's offsets, as data, so that they can be judged without code."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import parse_duration
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import looks_masked
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import as_setting
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# How many of each unit make a second.
UNITS = {"seconds": 1, "milliseconds": 1000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
ISO = "iso8601"
# The lines of a log that a profile can name, as Delivery has them.
_LOG_KEYS = ("progress", "failure", "timeout")
# Characters of a regular expression that a usual name does not have; a dot usually stands for itself.
_PATTERN = re.compile(r"[\\*+?|()\[\]{}]|^\^|\$$")
# The name of a table as databases quote it, such as "public"."orders", which the partition does not have so.
_QUOTED_PART = r"""(?:"[^"]+"|`[^`]+`|\[[\w $]{2,}\])"""
_QUOTED = re.compile(rf"""(?=.*[\]"`])(?:\w+|{_QUOTED_PART})(?:\.(?:\w+|{_QUOTED_PART}))*""")


@dataclass(frozen=True)
class TimeField:
    """The field of an offset up to whose time the connector has delivered; ``unit`` is one of UNITS, or ISO."""

    field: str
    unit: str


@dataclass(frozen=True)
class OpenRun:
    """What an offset looks like while a run, such as a snapshot, is open: a field with one of these values.

    ``values`` is None where any value but null will do. The run has ended where one of the fields ``ended_by`` is true.
    """

    field: str
    values: tuple[JsonScalar, ...] | None
    ended_by: tuple[str, ...] = ()

    def is_in(self, offset: Offset) -> bool:
        if any(_text(offset.get(name)) == "true" for name in self.ended_by):
            return False
        value = offset.get(self.field)
        if self.values is None:
            return value is not None
        return _text(value) in map(_text, self.values)


@dataclass(frozen=True)
class Expected:
    """The setting that lists what the connector works on, and the field of a partition that holds one of the list.

    Each of the list is a name or a regular expression.
    """

    setting: str
    separator: str
    field: str

    def values(self, config: Mapping[str, str]) -> tuple[str, ...] | None:
        """What is expected; None where the config does not say, as with an empty list, or where Python cannot read it."""
        text = config.get(self.setting)
        if text is None or "${" in text or looks_masked(text):
            return None
        # A setting such as topics.regex is one expression, in which a comma is a part of it.
        items = [text] if self.setting.endswith(".regex") else re.split(rf"(?<!\\){re.escape(self.separator)}", text)
        found = tuple(dict.fromkeys(filter(None, (_as_name(item.strip()) for item in items))))
        try:
            for one in filter(is_pattern, found):
                re.compile(one)
        except re.error:
            return None
        return found or None

    def is_met(self, value: str, partition: Partition, *, is_older: bool = False) -> bool:
        """Whether the partition stands for the value. A config may leave out a table's schema, which the partition has.

        ``is_older``: the partition is of an older form, which may leave out the schema that the config has.
        """
        held = _text(partition.get(self.field))
        if held == value or held.endswith(f".{value}") or (is_older and value.endswith(f".{held}")):
            return True
        if not is_pattern(value):
            return False
        # An expression for whole names says nothing of a name without its schema.
        return is_older or any(re.fullmatch(value, tail, re.IGNORECASE) for tail in _tails(held))


@dataclass(frozen=True)
class Profile:
    """One profile, checked. ``partition`` is empty where all fields distinguish partitions; ages are seconds.

    ``older_partition``: the fields of a partition as an older version of the connector wrote it; may be empty.
    ``heartbeat``: the setting by which the connector stores offsets also while its source is quiet. ``delivery``: which
    lines of its log show progress, failed polls and timeouts; nothing else about it is known.
    """

    name: str
    connector_classes: tuple[str, ...]
    settings: Mapping[str, tuple[str, ...]]
    partition: tuple[str, ...] = ()
    older_partition: tuple[str, ...] = ()
    heartbeat: str | None = None
    time: TimeField | None = None
    open_run: OpenRun | None = None
    expected: Expected | None = None
    delivery: Delivery = field(default_factory=Delivery)
    max_age_seconds: int | None = None
    max_commit_age_seconds: int | None = None
    max_run_age_seconds: int | None = None

    @property
    def setting_names(self) -> frozenset[str]:
        """The settings on which the verdicts by this profile depend."""
        others = (self.heartbeat, None if self.expected is None else self.expected.setting)
        return frozenset((*self.settings, *filter(None, others)))

    def fits(self, connector: Connector) -> bool:
        if not any(connector.is_of_class(name) for name in self.connector_classes):
            return False
        return all(connector.config.get(key) in values for key, values in self.settings.items())

    def is_older(self, partition: Partition) -> bool:
        """Whether the partition is of the older form."""
        return bool(self.older_partition) and set(partition.as_dict()) == set(self.older_partition)

    def is_newer_form_of(self, newer: Partition, older: Partition) -> bool:
        """Whether ``newer`` took the place of ``older``: it has more fields, and may have names with their schema."""
        fields = newer.as_dict()
        return len(fields) > len(self.older_partition) and all(
            name in fields and (value == fields[name] or _text(fields[name]).endswith(f".{_text(value)}"))
            for name, value in older.fields
        )

    def may_be_quiet(self, config: Mapping[str, str]) -> bool:
        """Whether the connector stores nothing while its source is quiet, so that its silence says nothing."""
        if self.heartbeat is None:
            return False
        return re.fullmatch(r"\s*\+?0*[1-9]\d*\s*", config.get(self.heartbeat, "")) is None


# Only the times at which offsets were stored are known.
GENERIC = Profile("generic", (), {})


def choose_profile(profiles: Sequence[Profile], connector: Connector) -> Profile | None:
    """The first profile that fits the connector."""
    return next((profile for profile in profiles if profile.fits(connector)), None)


def read_profiles(data: Sequence[Any]) -> tuple[Profile, ...]:
    """The option ``profiles``. Raises InputError for the first mistake."""
    return tuple(read_profile(one, f"profiles[{number}]") for number, one in enumerate(data))


def read_profile(data: Any, where: str) -> Profile:
    """A profile from YAML. Raises InputError, which names ``where``, the profile and the key."""
    if isinstance(data, Mapping) and isinstance(data.get("name"), str) and data["name"]:
        where = f"{where} ({data['name']})"
    given = _Given(data, where, "")
    given.only(
        "name",
        "connector_class",
        "settings",
        "partition",
        "older_partition",
        "heartbeat",
        "time",
        "open_run",
        "expected",
        "log",
        "max_age",
        "max_commit_age",
        "max_run_age",
    )
    profile = Profile(
        name=given.text("name"),
        connector_classes=given.texts("connector_class"),
        settings=_settings(given),
        partition=given.texts("partition") if given.has("partition") else (),
        older_partition=given.texts("older_partition") if given.has("older_partition") else (),
        heartbeat=given.text("heartbeat") if given.has("heartbeat") else None,
        time=_time(given.map("time", "field", "unit")) if given.has("time") else None,
        open_run=_open_run(given.map("open_run", "field", "values", "present", "ended_by"))
        if given.has("open_run")
        else None,
        expected=_expected(given.map("expected", "setting", "separator", "field")) if given.has("expected") else None,
        delivery=_delivery(given.map("log", *_LOG_KEYS)) if given.has("log") else Delivery(),
        max_age_seconds=given.seconds("max_age"),
        max_commit_age_seconds=given.seconds("max_commit_age"),
        max_run_age_seconds=given.seconds("max_run_age"),
    )
    if profile.max_age_seconds is not None and profile.time is None:
        raise given.wrong("max_age", "requires the key time: add it")
    if profile.max_run_age_seconds is not None and profile.open_run is None:
        raise given.wrong("max_run_age", "requires the key open_run: add it")
    if profile.expected and profile.partition and profile.expected.field not in profile.partition:
        raise given.wrong("expected.field", f"'{profile.expected.field}' is not in partition: add it there")
    return profile


def _settings(given: _Given) -> dict[str, tuple[str, ...]]:
    if not given.has("settings"):
        return {}
    if not isinstance(given.data["settings"], Mapping):
        raise given.wrong("settings", "is not a map: write a setting and its value, such as mode: timestamp")
    wanted = {}
    for key, value in given.data["settings"].items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, (str, int, float)) for one in values):
            raise given.wrong(f"settings.{key}", "has no value: write a value, or a list of values")
        wanted[str(key)] = tuple(str(as_setting(one, str(key))) for one in values)
    return wanted


def _time(given: _Given) -> TimeField:
    return TimeField(given.text("field"), given.one_of("unit", (*UNITS, ISO)))


def _open_run(given: _Given) -> OpenRun:
    field = given.text("field")
    ended_by = given.texts("ended_by") if given.has("ended_by") else ()
    if given.has("values") == given.has("present"):
        raise given.wrong("", "needs one of values and present: true. Write exactly one of them")
    if given.has("present"):
        if given.data["present"] is not True:
            raise given.wrong("present", "must be true: for other values use the key values")
        return OpenRun(field, None, ended_by)
    values = given.data["values"]
    if not isinstance(values, list) or not values or any(isinstance(one, (list, dict)) for one in values):
        raise given.wrong("values", "is not a list of values: write one such as [true, INITIAL]")
    return OpenRun(field, tuple(values), ended_by)


def _expected(given: _Given) -> Expected:
    separator = given.text("separator") if given.has("separator") else ","
    return Expected(given.text("setting"), separator, given.text("field"))


def _delivery(given: _Given) -> Delivery:
    if not given.data:
        raise given.wrong("", "is empty: write at least one of progress, failure and timeout")
    progress, failure, timeout = (given.pattern(key) if given.has(key) else None for key in _LOG_KEYS)
    return Delivery(progress=progress, failure=failure, timeout=timeout)


@dataclass(frozen=True)
class _Given:
    """A map as the user wrote it. ``where`` says which profile it is of, ``under`` which of its keys, with a dot."""

    data: Mapping[str, Any]
    where: str
    under: str

    def wrong(self, key: str, what: str) -> InputError:
        place = f"{self.under}{key}".rstrip(".")
        return InputError(f"{self.where}: {place} {what}{'' if what.endswith('?') else '.'}")

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def only(self, *keys: str) -> None:
        if not isinstance(self.data, Mapping):
            what = self.under.rstrip(".") or "the profile"
            raise InputError(f"{self.where}: {what} is not a map: its keys are {', '.join(keys)}.")
        for key in self.data:
            if key not in keys:
                raise self.wrong(str(key), f"is not a key of a profile: {_nearest(str(key), keys)}")

    def map(self, key: str, *keys: str) -> _Given:
        inner = _Given(self.data[key], self.where, f"{key}.")
        inner.only(*keys)
        return inner

    def text(self, key: str) -> str:
        value = self.data.get(key)
        if value is None:
            raise self.wrong(key, "is missing: every profile needs it" if not self.under else "is missing: add it")
        if not isinstance(value, str) or not value:
            raise self.wrong(key, f"is {json.dumps(value, default=str)}, not a text: write one")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self.data.get(key)
        if not isinstance(value, list):
            return (self.text(key),)
        if not value or not all(isinstance(one, str) and one for one in value):
            raise self.wrong(key, "is not a list of texts: write at least one")
        return tuple(value)

    def pattern(self, key: str) -> str:
        value = self.text(key)
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            raise self.wrong(key, f"is not a regular expression ({error}): correct it") from None
        return value

    def one_of(self, key: str, choices: Collection[str]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"'{value}' is not known: {_nearest(value, choices)}")
        return value

    def seconds(self, key: str) -> int | None:
        if not self.has(key):
            return None
        milliseconds = parse_duration(str(self.data[key]), f"{self.where}: {key}")
        if milliseconds < 1000:
            raise self.wrong(key, f"{self.data[key]} is less than a second: write a longer one, such as 36h")
        return milliseconds // 1000


def _nearest(word: str, choices: Collection[str]) -> str:
    return did_you_mean(word, choices, f"there are {', '.join(choices)}", limit=1)


def is_pattern(value: str) -> bool:
    """Whether an expected value is a regular expression rather than a name."""
    return _PATTERN.search(value) is not None


def _as_name(item: str) -> str:
    """The name that an item of a list stands for, where it is an expression for one name alone; else the item itself."""
    if _QUOTED.fullmatch(item):
        return re.sub(r"[\[\]\"`]", "", item)
    bare = item[1:-1] if item.startswith("^") and item.endswith("$") else item
    name = bare.replace("\\.", ".")
    return item if is_pattern(name) else name


def _tails(name: str) -> Iterator[str]:
    """The name, and the same without its database and schema: ``a.b.c``, ``b.c``, ``c``."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _text(value: JsonScalar) -> str:
    """A value as text: ``true`` and ``"true"`` are the same, for a variable's value may pass a template."""
    return value if isinstance(value, str) else json.dumps(value)
