# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where agreed plans come from, and which run may carry them out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_document
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_file import ClusterPlans, PlanFile
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.plugin_utils.agreed_plans import (
    REQUEST,
    AgreedPlans,
    check_writable,
    from_file,
    from_variables,
    longest_age,
    request_problem,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import passed_on_as
from unit.core.reset.test_plan_file import MADE_AT, WRITTEN

ID, OTHER = "d9aa21c64d60", "0123456789ab"
DAY = 86_400_000
MAP = {"connect-1": {"a": ID}, "connect-2": {"b": OTHER}}


def read(**variables: Any) -> AgreedPlans | None:
    return from_variables(variables, variables.__getitem__, MADE_AT, DAY)


def given(**variables: Any) -> AgreedPlans:
    found = read(**variables)
    assert found is not None
    return found


def test_a_map_in_one_variable_and_a_variable_for_each_cluster_say_the_same() -> None:
    one = given(connectops_plan_ids=MAP)
    parts = {passed_on_as(label): {label: ids} for label, ids in MAP.items()}
    each = given(**parts)
    assert one.ids == each.ids == MAP
    assert (one.source, one.passed_on) == ("connectops_plan_ids", False)
    assert each.passed_on
    assert given(connectops_plan_ids={"connect-1": {"a": ID}}, **parts).ids == MAP
    assert given(connectops_plan_ids=json.dumps(MAP)).ids == MAP, "an answer of a survey"


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_variable_is_not_set(blank: str | None) -> None:
    assert read(connectops_plan_ids=blank, connectops_plan_ids_connect_1=blank, connectops_planned_at=blank) is None


def test_the_name_for_a_cluster_is_a_variable_and_belongs_to_no_other_cluster() -> None:
    labels = ["connect-1", "connect_1", "connect.1", "Connect-1", "接-1", "10.0.0.1", "a" * 80]
    names = [passed_on_as(label) for label in labels]
    assert len(set(names)) == len(labels)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert passed_on_as("connect_1") == "connectops_plan_ids_connect_1"


@pytest.mark.parametrize(
    "variables, words",
    [
        (
            {"connectops_plan_ids": "no json"},
            "connectops_plan_ids must have a map of connectors and ids for each cluster",
        ),
        ({"connectops_plan_ids": ["a"]}, "connectops_plan_ids must have a map"),
        ({"connectops_plan_ids": {"connect-1": ID}}, "connectops_plan_ids must have a map"),
        (
            {"connectops_plan_ids": {"connect-1": {"a": "abc"}}},
            "connectops_plan_ids.connect-1: \"abc\" of connector 'a' is not an id of a plan",
        ),
        (
            {"connectops_plan_ids": MAP, "connectops_plan_ids_x": {"connect-1": {"a": OTHER}}},
            "connectops_plan_ids_x and connectops_plan_ids have different plans for connector a of cluster connect-1:",
        ),
        (
            {
                "connectops_plan_ids": {"connect-2": {"b": ID}},
                "connectops_plan_ids_x": {"connect-1": {"a": ID}},
                "connectops_plan_ids_y": {"connect-1": {"a": OTHER}},
            },
            "connectops_plan_ids_y and connectops_plan_ids_x have different plans for connector a of cluster connect-1:",
        ),
        (
            {"connectops_plan_ids": MAP, "connectops_planned_at": "soon"},
            "connectops_planned_at: soon is not a moment",
        ),
        (
            {"connectops_plan_ids": MAP, "connectops_planned_at": "2026-11-20T00:00:00Z"},
            "What was planned (connectops_planned_at) has expired: it was made at 2026-11-20 00:00Z, more than 24 h ago",
        ),
    ],
)
def test_variables_that_cannot_be_meant_are_refused_by_name(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(**variables)
    assert caught.value.message.startswith(words)


# Which clusters

IN_INVENTORY = ["connect-1", "connect-2", "connect-3"]


def test_a_cluster_that_the_inventory_does_not_have_is_a_typo_unless_another_node_has_it() -> None:
    wrong = {"conect-1": {"a": ID}, "connect-2": {"b": OTHER}}
    with pytest.raises(InputError) as caught:
        given(connectops_plan_ids=wrong).check(IN_INVENTORY, IN_INVENTORY)
    assert caught.value.message.startswith(
        'connectops_plan_ids has plans of the cluster conect-1, which the inventory does not have: did you mean "connect-1"'
    )
    slices = given(connectops_plan_ids_x={"connect-9": {"a": ID}}, connectops_plan_ids_y={"connect-2": {"b": OTHER}})
    slices.check(["connect-2"], ["connect-2"])


def test_a_run_that_would_do_nothing_is_refused() -> None:
    nothing = "has no plan for any cluster of this run (connect-3), so there is nothing to do: check the inventory and --limit."
    with pytest.raises(InputError) as caught:
        given(connectops_plan_ids=MAP).check(["connect-3"], IN_INVENTORY)
    assert caught.value.message == f"connectops_plan_ids {nothing}"
    for variables in (
        {"connectops_plan_ids": {}},
        {"connectops_plan_ids": {"connect-3": {}}},
        {"connectops_plan_ids_x": MAP},
    ):
        with pytest.raises(InputError, match=r"there is nothing to do"):
            given(**variables).check(["connect-3"], IN_INVENTORY)
    # A part of a sliced job whose clusters were planned and need nothing.
    given(connectops_plan_ids_x={"connect-3": {}}).check(["connect-3"], IN_INVENTORY)


def test_what_is_left_out_on_either_side_is_named() -> None:
    assert given(connectops_plan_ids=MAP).lines(["connect-1", "connect-3"]) == [
        "  1 agreed plan for 1 cluster of this run (connectops_plan_ids).",
        "  The plans of connect-2 (1) are left out, because this cluster is not in this",
        "    run.",
        "  Clusters without an agreed plan, which are not changed: connect-3.",
        "",
    ]


def test_named_connectors_narrow_the_agreed_plans_and_a_typo_is_refused() -> None:
    agreed = given(connectops_plan_ids=MAP)
    assert agreed.narrowed({"connect-1": ["a"], "connect-2": ["a"]}).ids == {"connect-1": {"a": ID}, "connect-2": {}}
    assert agreed.narrowed({}).ids == MAP
    agreed.check_names(["a", "b"], IN_INVENTORY)
    with pytest.raises(InputError, match="connectops_connectors names aa, but connectops_plan_ids has no plan"):
        agreed.check_names(["aa"], IN_INVENTORY)
    with pytest.raises(InputError, match="connectops_connectors names b"):
        agreed.check_names(["b"], ["connect-1"])


# The file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plans.json"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def test_the_plans_of_a_file_are_those_of_all_clusters(file: Path) -> None:
    found = from_file(str(file), MADE_AT, DAY)
    plan = found.plans["connect-1"]["c"]
    assert found.ids == {"connect-1": {"c": plan["id"]}, "connect-2": {}}
    assert (found.source, found.passed_on, found.made_at) == ("connectops_plan_file", False, MADE_AT)


def test_a_file_that_cannot_be_used_is_refused_with_one_sentence(file: Path, tmp_path: Path) -> None:
    texts = {
        WRITTEN[:-20]: "cannot be read (not JSON)",
        "[" * 100_000: "cannot be read (nested too deeply)",
        "[]": "is not a plan file",
        json.dumps(
            PlanFile(MADE_AT, {"connect-1": ClusterPlans({}, {}, ())}).as_data()
        ): "has no plan that changes anything",
    }
    for text, words in texts.items():
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            from_file(str(file), MADE_AT, DAY)
        assert caught.value.message.startswith(f"connectops_plan_file {file} {words}")
    for path, words in ((tmp_path / "none.json", "does not exist"), (tmp_path, "cannot be read (Is a directory)")):
        with pytest.raises(InputError) as caught:
            from_file(str(path), MADE_AT, DAY)
        assert caught.value.message.startswith(f"connectops_plan_file {path} {words}")


def test_only_a_plan_file_is_ever_replaced(file: Path, tmp_path: Path) -> None:
    check_writable(str(file))
    check_writable(str(tmp_path / "new.json"))
    for text in ("{}", "all:\n  hosts: {}"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"exists and is not a plan file.*: name a new file"):
            check_writable(str(file))


def test_a_document_that_cannot_be_written_names_its_own_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RecoveryError) as caught:
        write_document(tmp_path / "file" / "plans.json", {}, "connectops_plan_file")
    assert caught.value.message.endswith("nothing was changed; set connectops_plan_file to a file that can be written.")


def test_a_request_that_contradicts_the_file_is_refused_and_one_that_does_not_is_fine(file: Path) -> None:
    plans = from_file(str(file), MADE_AT, DAY).plans["connect-1"]
    same = {
        "reset_strategy": "offset",
        "reset_partitions": '[{"table": "orders"}]',
        "reset_allow_gap": "true",
        "reset_timestamp": "",
        "connectops_at_least": {},
        "reset_show": "anything",
    }
    assert request_problem(plans, same, REQUEST["reset"]) is None
    for name, value in {
        "reset_strategy": "delete",
        "reset_partitions": [],
        "reset_offset": {"id": 2, "row": 1},
    }.items():
        assert request_problem(plans, {**same, name: value}, REQUEST["reset"]) == (
            f"{name} asks for something else than the plan file was made for: leave {name} out, or plan again."
        )


def test_the_longest_age_is_a_duration_and_a_day_by_default() -> None:
    assert longest_age(None) == longest_age("") == longest_age("1d") == DAY
    with pytest.raises(InputError, match=r"connectops_plan_max_age: '24' is not a duration"):
        longest_age(24)


def test_a_plan_file_is_carried_out_by_the_playbook_that_made_it() -> None:
    of_reset = AgreedPlans("connectops_plan_file", {"c-1": {"a": ID}}, {"c-1": {"a": {"strategy": "continue"}}})
    of_rollback = AgreedPlans("connectops_plan_file", {"c-1": {"a": ID}}, {"c-1": {"a": {"strategy": "rollback"}}})
    of_reset.check_role("reset")
    of_rollback.check_role("rollback")
    with pytest.raises(InputError, match="was made by the playbook recover, and this is rollback: run recover with it"):
        of_reset.check_role("rollback")
    with pytest.raises(InputError, match="was made by the playbook rollback, and this is recover: run rollback with"):
        of_rollback.check_role("reset")
