# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification must find, read from the result of a reset."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import (
    Target,
    WrittenSetting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.spoilt import read_or_refused

ORDERS = Partition.of({"table": "orders"})
ITEMS = Partition.of({"table": "items"})


@pytest.mark.parametrize(
    ("written", "config", "found"),
    [
        (WrittenSetting("a", "1", "2"), {"a": "2"}, "as_written"),
        (WrittenSetting("a", "1", "2"), {"a": "3"}, "other_value"),
        (WrittenSetting("a", None, "2"), {}, "old_value"),
        (WrittenSetting("a", "1", None), {}, "as_written"),
        (WrittenSetting("key", "********", "******** (changed)"), {"key": "secret"}, "hidden"),
    ],
)
def test_a_written_setting_is_compared_with_what_is_there(
    written: WrittenSetting, config: dict[str, str], found: str
) -> None:
    assert written.seen_in(config).found == found
    assert (written.seen_in(config).problem is not None) == (found == "old_value")


def test_what_a_written_secret_is_now_is_not_shown() -> None:
    seen = WrittenSetting("login", "********", "******** (changed)").seen_in({"login": "s3cret-value"})
    assert (seen.value, seen.found) == ("********", "hidden")


def test_the_target_is_read_from_the_result_of_a_reset() -> None:
    plan = {
        "final_state": "RUNNING",
        "is_empty": False,
        "settings": [{"key": "max.wait", "before": "1", "after": "2"}],
        "offsets": [{"partition": ORDERS.as_dict(), "before": {"id": 1}, "after": {"id": 5}}],
    }
    read = Target.read({"plan": plan, "backup_file": "/b.json"}, "orders")
    stored = {ORDERS: {"id": 1}, ITEMS: {"id": 2}}
    assert read.baseline_from(stored) == {ORDERS: {"id": 5}, ITEMS: {"id": 2}}
    settings = (WrittenSetting("max.wait", "1", "2"),)
    assert read == Target("RUNNING", settings=settings, offsets={ORDERS: {"id": 5}}, backup_file="/b.json")
    assert Target.read({"failed": True, "msg": "refused"}, "orders").failure == "refused"
    deleted = Target(offsets={ORDERS: None})
    assert deleted.baseline_from(stored) == {ITEMS: {"id": 2}}


@pytest.mark.parametrize("data", ["plan", {"plan": None}, {"plan": {}}, {"changed": True}])
def test_anything_else_is_no_result_of_a_reset(data: Any) -> None:
    with pytest.raises(InputError, match=r"planned\.orders is not the result of a reset"):
        Target.read(data, "orders")


def test_a_result_of_which_any_part_is_of_another_type_is_read_or_refused() -> None:
    plan = {
        "final_state": "RUNNING",
        "is_empty": False,
        "settings": [{"key": "a", "before": "2", "after": "3"}],
        "offsets": [{"partition": {"a": 1}, "before": None, "after": {"b": 5}}],
    }
    planned = {"plan": plan, "backup_file": "b"}
    read, refused = read_or_refused(planned, lambda data: Target.read(data, "orders"), InputError)
    assert refused > 100
    assert read
    for one in read:
        assert [seen.seen_in({"a": "3"}).found for seen in one.settings] in ([], ["as_written"], ["other_value"])
