# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inverse of a change, and which rollback of it is in force: whatever was changed comes back, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, KeptSetting
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, offset_changes
from ansible_collections.connectops.recovery.plugins.module_utils.core.rollback import (
    Inverse,
    inverse_of,
    other_settings,
    rolled_back_by,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from hypothesis import given
from hypothesis import strategies as st

PARTITIONS = [Partition.of({"table": name}) for name in "abcd"]
offsets = st.fixed_dictionaries({"id": st.integers(0, 3) | st.floats(0, 3) | st.booleans() | st.none()})
stored_offsets = st.dictionaries(st.sampled_from(PARTITIONS), offsets)
configs = st.dictionaries(st.sampled_from(["batch.size", "max.wait.ms", "topic", "x"]), st.sampled_from(["", "1", "2"]))


def connector(config: dict[str, str], stored: dict[Partition, Offset]) -> Connector:
    entries = tuple(StoredOffset(*one) for one in stored.items())
    return Connector("c", "source", "RUNNING", "", (), config, entries)


def written(before: Connector, settings: dict[str, str | None], targets: dict[Partition, Offset | None]) -> Connector:
    config = {key: value for key, value in {**before.config, **settings}.items() if value is not None}
    stored = {one: value for one, value in {**before.stored, **targets}.items() if value is not None}
    return connector(config, stored)


def change_between(before: Connector, after: Connector) -> Change:
    keys = sorted({*before.config, *after.config})
    settings = [SettingChange(key, before.config.get(key), after.config.get(key), secret=False) for key in keys]
    targets = {**dict.fromkeys(before.stored), **after.stored}
    kept = tuple(KeptSetting.of(one) for one in settings if one.before != one.after)
    return Change("offset", "RUNNING", "RUNNING", kept, offset_changes(before.stored, targets))


def same(one: Connector, other: Connector) -> bool:
    return repr(sorted(one.config.items())) == repr(sorted(other.config.items())) and not offset_changes(
        one.stored, {**dict.fromkeys(one.stored), **other.stored}
    )


@given(configs, stored_offsets, configs, stored_offsets)
def test_to_change_and_to_take_it_back_is_to_do_nothing(
    config: dict[str, str], stored: dict[Partition, Offset], new: dict[str, str], moved: dict[Partition, Offset]
) -> None:
    before, after = connector(config, stored), connector(new, moved)
    change = change_between(before, after)
    inverse = inverse_of(change, after)
    assert (inverse.changed_settings, inverse.moved_offsets, inverse.secrets) == ((), (), ())
    back = written(after, inverse.settings, inverse.offsets)
    assert same(back, before)
    # A second time there is nothing to do.
    assert inverse_of(change, back) == Inverse()
    # A rollback is a change as well.
    again = inverse_of(change_between(after, back), back)
    assert same(written(back, again.settings, again.offsets), after)


@given(stored_offsets, stored_offsets, stored_offsets)
def test_what_has_moved_since_is_named_and_what_was_not_changed_is_left(
    stored: dict[Partition, Offset], moved: dict[Partition, Offset], later: dict[Partition, Offset]
) -> None:
    change = change_between(connector({}, stored), connector({}, moved))
    now = connector({}, later)
    inverse = inverse_of(change, now)
    of = {one.partition: one for one in change.offsets}
    assert set(inverse.offsets) <= set(of)
    for partition, one in of.items():
        is_back = not offset_changes(later, {partition: one.before})
        is_as_changed = not offset_changes(later, {partition: one.after})
        assert (partition in inverse.offsets) == (not is_back)
        assert (partition in inverse.moved_offsets) == (not is_back and not is_as_changed)


@given(configs, configs, st.sets(st.sampled_from(["batch.size", "max.wait.ms", "topic", "x"])))
def test_an_unfinished_change_and_the_one_that_finishes_it_are_taken_back_as_one(
    config: dict[str, str], wanted: dict[str, str], come_to: set[str]
) -> None:
    """``come_to``: the settings that the run had written when it was killed."""
    before, after = connector(config, {}), connector(wanted, {})
    unfinished = change_between(before, after)
    half = {**config, **{key: wanted.get(key) for key in come_to}}
    between = written(connector({}, {}), dict(half), {})
    change = change_between(between, after).continuing(unfinished, between)
    assert same(written(after, inverse_of(change, after).settings, {}), before)


def test_what_an_unfinished_change_has_stored_is_a_part_of_the_one_that_finishes_it() -> None:
    a, b, c, _d = PARTITIONS
    unfinished = Change(
        "offset",
        "RUNNING",
        "RUNNING",
        (KeptSetting("secret", None, None, is_secret=True),),
        (
            OffsetChange(a, {"id": 1}, {"id": 2}),
            OffsetChange(b, {"id": 1}, {"id": 2}),
            OffsetChange(c, None, {"id": 2}),
        ),
    )
    # Nobody knows whose the offset of b is.
    now = connector({}, {a: {"id": 2}, b: {"id": 5}, c: {"id": 2}})
    finishing = replace(unfinished, settings=(), offsets=(OffsetChange(c, {"id": 2}, {"id": 3}),))
    change = finishing.continuing(unfinished, now)
    assert {one.partition: (one.before, one.after) for one in change.offsets} == {
        a: ({"id": 1}, {"id": 2}),
        c: (None, {"id": 3}),
    }
    assert [one.key for one in change.settings] == ["secret"]


# What is kept of a setting


@pytest.mark.parametrize(
    "one, is_secret",
    [
        (SettingChange("batch.size", "1", "2", secret=False), False),
        (SettingChange("db.password", "abcdef", None, secret=True), True),
        (SettingChange("db.password", "${file:/s:a}", "${file:/s:b}", secret=True), False),
        (SettingChange("db.password", "${file:/s:a}", "abcdef", secret=True), True),
        (SettingChange("declared", "abcdef", "ghijkl", secret=True), True),
        (SettingChange("connection.url", "jdbc:x://u:s3cret@h/", "jdbc:x://h/", secret=False), True),
    ],
)
def test_a_secret_is_kept_by_its_name_alone(one: SettingChange, is_secret: bool) -> None:
    kept = KeptSetting.of(one)
    assert kept == KeptSetting(
        one.key, None if is_secret else one.before, None if is_secret else one.after, is_secret=is_secret
    )


# Whether it is the same connector


def backup(at: str, config: dict[str, str], rolls_back: str | None = None, *touched: str) -> Backup:
    settings = tuple(KeptSetting(key, "1", "2") for key in touched)
    change = Change("offset", "RUNNING", "RUNNING", settings, (), rolls_back)
    of = Backup.of(connector(config, {}), "kafka-1", "p", frozenset({"declared"}), 0.0, change=change)
    return replace(of, taken_at=at)


CONFIG = {
    "connector.class": "A",
    "topic": "t",
    "db.password": "abcdef",
    "declared": "ghijkl",
    "url": "http://u:pass@h/",
}


@pytest.mark.parametrize(
    "now, others",
    [
        ({}, []),
        ({"max.wait.ms": "3"}, []),
        ({"db.password": "other1", "declared": "other2", "url": "http://u:word@h/"}, []),
        ({"connector.class": "B"}, ["connector.class"]),
        ({"new": "1", "url": "http://other/"}, ["new", "url"]),
    ],
)
def test_settings_that_the_change_did_not_touch_tell_another_connector(now: dict[str, str], others: list[str]) -> None:
    kept = backup("1", CONFIG, None, "max.wait.ms")
    assert list(other_settings(kept, connector({**CONFIG, **now}, {}))) == others


def test_a_secret_that_is_gone_is_a_difference() -> None:
    now = {key: value for key, value in CONFIG.items() if key != "declared"}
    assert list(other_settings(backup("1", CONFIG), connector(now, {}))) == ["declared"]


def test_what_an_older_backup_has_not_hidden_is_no_difference() -> None:
    now = {**CONFIG, "options": '{"passwords": ["s3cret"], "mode": "bulk"}'}
    kept = backup("1", now)
    older = replace(kept, config={**kept.config, "options": now["options"]})
    assert list(other_settings(older, connector(now, {}))) == []
    assert list(other_settings(older, connector({**now, "options": '{"mode": "bulk"}'}, {}))) == ["options"]


# Which rollback is in force


def test_a_rollback_that_was_rolled_back_is_in_force_no_more() -> None:
    first, other = backup("1", {}), backup("2", {})
    back, again = backup("3", {}, "1"), backup("4", {}, "3")
    last = backup("5", {}, "4")
    assert rolled_back_by((), first) is None
    assert rolled_back_by((other,), first) is None
    assert rolled_back_by((back, other), first) is back
    assert rolled_back_by((again, back, other), first) is None
    assert rolled_back_by((again,), back) is again
    assert rolled_back_by((last, again, back, other), first) is back
