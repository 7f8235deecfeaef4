# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan file: whole, unaltered, not expired; and its schema says the same as the code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import digest, plan_id
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_data import checked_plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_file import (
    ClusterPlans,
    PlanFile,
    check_age,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from unit.core.reset.test_agreement import PASSWORD, PLAN, WAIT

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "plan-file.schema.json").read_text(encoding="utf-8"))
REQUEST = {
    "strategy": "offset",
    "partitions": [{"table": "orders"}],
    "timestamp": None,
    "offset": {"id": 1, "row": 1},
    "backup_file": None,
    "allow_gap": True,
    "at_least": {},
    "default_floors": False,
    "offsets": [],
    "write_to": "auto",
    "config": ["db.password", "max.wait.ms"],
}
WHOLE = replace(PLAN, request=REQUEST, settings=(PASSWORD, WAIT))
MADE_AT = 1_795_413_600
HOUR = 3_600_000


def written() -> str:
    planned = {
        "c": {"plan": WHOLE.as_data()},
        "quiet": {"plan": replace(WHOLE, connector="quiet", settings=(), offsets=()).as_data()},
        "sink": {"failed": True, "msg": "It is a sink."},
    }
    clusters = {
        "connect-1": ClusterPlans.of(planned, ["connect-1  c", "  Plan"], None),
        "connect-2": ClusterPlans.of({}, [], "It cannot be reached."),
    }
    return json.dumps(PlanFile(MADE_AT, clusters).as_data(), indent=1)


# A plan with a hidden value takes a while.
WRITTEN = written()


def document() -> dict[str, Any]:
    """As it comes back from a file."""
    found: dict[str, Any] = json.loads(WRITTEN)
    return found


def test_what_was_written_is_read_again_and_fits_the_schema() -> None:
    jsonschema.validate(document(), SCHEMA)
    read = PlanFile.from_data(document(), "plans.json")
    assert (read.made_at, read.count) == (MADE_AT, 1)
    assert read.clusters["connect-1"].plans == {"c": WHOLE.as_data()}
    assert read.clusters["connect-1"].not_planned == {"sink": "It is a sink."}
    assert read.clusters["connect-2"].problem == "It cannot be reached."
    assert read.as_data() == document()


def test_no_secret_is_in_it() -> None:
    assert "secret-" not in json.dumps(document())


def the_plan(data: dict[str, Any]) -> dict[str, Any]:
    plan: dict[str, Any] = data["clusters"]["connect-1"]["plans"]["c"]
    return plan


def with_fitting_digest(data: dict[str, Any]) -> None:
    data["content"] = digest(data["clusters"])


def renamed(data: dict[str, Any]) -> None:
    plans = data["clusters"]["connect-1"]["plans"]
    plans["d"] = plans.pop("c")
    with_fitting_digest(data)


def target_changed(data: dict[str, Any]) -> None:
    the_plan(data)["offsets"][0]["after"]["id"] = 2
    with_fitting_digest(data)


ALTERED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no plan file": (lambda data: data.pop("made_by"), "plans.json is not a plan file"),
    "another version": (
        lambda data: data.update(format=2),
        "plans.json is of format 2, and this version reads format 1",
    ),
    "a format that is true": (lambda data: data.update(format=True), "plans.json is of format True"),
    "no moment": (lambda data: data.update(made_at="soon"), "plans.json is damaged (made_at is not a moment)"),
    "no clusters": (lambda data: data.update(clusters=[]), "plans.json is damaged (clusters is not a map)"),
    "no plans": (lambda data: data["clusters"]["connect-1"].pop("plans"), "plans.json: cluster connect-1 is damaged"),
    "a preview": (
        lambda data: data["clusters"]["connect-1"]["preview"].append("Skipped: nothing."),
        "plans.json was altered after it was written",
    ),
    "a target": (target_changed, f"plans.json: cluster connect-1: the plan of c was altered: its id {WHOLE.id}"),
    "a plan under another name": (renamed, "plans.json: cluster connect-1 was altered: under d is the plan of c"),
    "no target": (
        lambda data: the_plan(data)["offsets"][0].pop("after"),
        "plans.json: cluster connect-1: the plan of c is damaged",
    ),
    "a partition of the request that is no map": (
        lambda data: the_plan(data)["request"].update(partitions=["orders"]),
        "plans.json: cluster connect-1: the plan of c is damaged (request.partitions has an entry that is not a map)",
    ),
    "a nested offset": (
        lambda data: the_plan(data)["presumed"][0].update(offset={"id": {}}),
        "plans.json: cluster connect-1: the plan of c is damaged (presumed, entry 1",
    ),
}


@pytest.mark.parametrize("alter, words", ALTERED.values(), ids=ALTERED)
def test_a_file_that_was_damaged_or_altered_is_refused(alter: Callable[[dict[str, Any]], Any], words: str) -> None:
    data = document()
    alter(data)
    with pytest.raises(InputError) as caught:
        PlanFile.from_data(data, "plans.json")
    assert caught.value.message.startswith(words)


def _leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    yield path
    for key, one in children:
        yield from _leaves(one, (*path, key))


LEAVES = [path for path in _leaves(document()) if path and path[0] not in ("made_at",)]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(max_size=3), one, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(LEAVES), JUNK)
def test_any_other_value_at_any_place_is_refused_with_one_sentence(path: tuple[Any, ...], value: Any) -> None:
    data = document()
    above = data
    for key in path[:-1]:
        above = above[key]
    if json.dumps(above[path[-1]], sort_keys=True) == json.dumps(value, sort_keys=True):
        return
    above[path[-1]] = deepcopy(value)
    with pytest.raises(InputError, match=r"^plans\.json"):
        PlanFile.from_data(data, "plans.json")


@given(JUNK)
def test_what_is_no_plan_at_all_is_refused_with_one_sentence(value: Any) -> None:
    with pytest.raises(InputError, match=r"^here is "):
        checked_plan(value, "here")


@given(JUNK, st.sampled_from(sorted(WHOLE.as_data())))
def test_a_plan_whose_id_was_made_anew_for_junk_is_still_checked(value: Any, key: str) -> None:
    """The code refuses what the schema does not allow, however carefully it was forged."""
    data = {**document()["clusters"]["connect-1"]["plans"]["c"], key: value}
    try:
        data["id"] = plan_id(data)
    except (TypeError, ValueError, AttributeError):
        return
    try:
        checked_plan(data, "here")
    except InputError:
        return
    schema = {**SCHEMA["$defs"]["plan"], "$defs": SCHEMA["$defs"]}
    schema["properties"] = {**schema["properties"], "is_empty": {"type": "boolean"}}
    jsonschema.validate(data, schema)


@pytest.mark.parametrize(
    "hours, words",
    [
        (0.5, None),
        (-0.05, None),
        (
            1.1,
            "plans.json has expired: it was made at 2026-11-23 06:00Z, more than 60 min ago (connectops_plan_max_age)",
        ),
        (-1, "plans.json was made at 2026-11-23 06:00Z, which is in the future: check the clocks."),
    ],
)
def test_plans_expire(hours: float, words: str | None) -> None:
    if words is None:
        check_age(MADE_AT, MADE_AT + hours * 3600, HOUR, "plans.json")
        return
    with pytest.raises(InputError) as caught:
        check_age(MADE_AT, MADE_AT + hours * 3600, HOUR, "plans.json")
    assert caught.value.message.startswith(words)
