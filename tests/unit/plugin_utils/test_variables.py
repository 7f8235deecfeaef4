# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of playbooks and roles: which exist, and what is wrong with a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    PREFIXES,
    is_blank,
    known_variables,
    option_variables,
    plain_value,
    set_by_us,
    variable_problems,
)


class Undefined(Exception):
    """Stands in for Ansible's exception."""


def problems(
    variables: Mapping[str, Any], prefixes: tuple[str, ...] = PREFIXES, typed: Collection[str] = ()
) -> list[str]:
    def value_of(name: str) -> Any:
        if isinstance(variables[name], Exception):
            raise variables[name]
        return variables[name]

    return list(variable_problems(variables, prefixes, value_of, typed))


def test_options_of_a_single_run_are_no_variables_of_every_run() -> None:
    names = option_variables()
    assert {"connectops_connect_url", "connectops_kafka_timeout", "connectops_settle_seconds"} <= set(names)
    assert not {"connectops_strategy", "connectops_cluster_label", "connectops_plan_id"} & set(names)


def test_every_known_variable_has_a_prefix_of_the_collection() -> None:
    assert [name for name in known_variables() if not name.startswith(PREFIXES)] == []


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_a_blank_is_not_set(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, [], {}, "0"])
def test_a_value_that_says_no_is_set(value: Any) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("connectops_connectors", "a", ["a"]),
        ("connectops_connectors", " a, b ,,", ["a", "b"]),
        ("connectops_connectors", '["a", " b "]', ["a", "b"]),
        ("connectops_connectors", ["a", "", None, " b"], ["a", "b"]),
        ("connectops_connectors", 2024, ["2024"]),
        ("connectops_connectors", [7, "a"], ["7", "a"]),
        ("connectops_serial", '[1, "100%"]', ["1", "100%"]),
        ("connectops_serial", " 1, 50% ", ["1", "50%"]),
        ("connectops_serial", 5, ["5"]),
        ("connectops_at_least", '{"batch.size": 1}', {"batch.size": 1}),
        ("reset_partitions", '[{"timezone": "PST"}]', [{"timezone": "PST"}]),
        ("reset_partitions", "[broken", "[broken"),
        ("connectops_ca_path", " ca.pem ", "ca.pem"),
        ("connectops_url_password", " kept ", " kept "),
        ("connectops_url_password", "[kept]", "[kept]"),
        ("connectops_stripe_timezones", "PST, Africa/Cairo", ["PST", "Africa/Cairo"]),
    ],
)
def test_text_becomes_what_the_variable_needs(name: str, text: Any, value: Any) -> None:
    assert plain_value(name, text) == value


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("reset_partition", 'did you mean "reset_partitions"?'),
        ("connectops_connector", 'did you mean "connectops_connectors"?'),
        ("connectops_conect_url", 'did you mean "connectops_connect_url"?'),
        ("reset_stratgy", 'did you mean "reset_strategy"?'),
        ("verify_0123456789", "remove it or rename it."),
    ],
)
def test_an_unknown_variable_is_named_with_the_closest_one(name: str, end: str) -> None:
    assert problems({name: 1}) == [f"The variable {name} does not exist in connectops.recovery: {end}"]


def test_other_variables_and_our_own_results_are_nobodys_business() -> None:
    assert problems({"reset": 1, "my_reset_partition": 1, "reset_result": {}, "connectops_offsets": {}}) == []
    assert problems({"reset_partition": 1}, ("verify_",)) == []


def test_blanks_are_fine_for_every_variable() -> None:
    for blank in (None, "", "  "):
        assert problems(dict.fromkeys(known_variables(), blank)) == []


def test_a_variable_that_refers_to_an_undefined_one_is_named() -> None:
    error = Undefined("{{ my_conectors }}: 'my_conectors' is undefined. 'my_conectors' is undefined")
    assert problems({"connectops_connectors": error}) == [
        "The variable connectops_connectors cannot be read ('my_conectors' is undefined): correct what it refers to."
    ]
    # It may refer to what an earlier role has found.
    assert problems({"reset_partitions": error}) == []


@pytest.mark.parametrize("name", ["connectops_url_password", "connectops_connectors"])
@pytest.mark.parametrize(
    "said", ["Attempting to decrypt but no vault secrets found", "Decryption failed (no vault secrets"]
)
def test_what_cannot_be_decrypted_needs_a_vault_password_and_no_other_spelling(name: str, said: str) -> None:
    (problem,) = problems({name: Undefined(said)})
    assert problem.startswith(
        f"The variable {name} is encrypted and cannot be decrypted: give the run its vault password"
    )


def test_a_secret_that_is_no_template_is_not_quoted() -> None:
    error = Undefined("Syntax error in template: expected token 'end of print statement', got 's3cret'")
    (problem,) = problems({"connectops_url_password": error})
    assert "s3cret" not in problem
    assert problem.endswith("if the braces belong to the value, mark it as !unsafe.")
    assert (
        "'vault_password' is undefined"
        in problems({"connectops_url_password": Undefined("'vault_password' is undefined")})[0]
    )


@pytest.mark.parametrize(
    ("name", "value", "end"),
    [
        ("connectops_timeout", "soon", "be of the type float."),
        ("connectops_validate_certs", "maybe", "be of the type bool."),
        ("reset_partitions", "PST", "be of the type list of dict."),
        ("reset_partitions", "[broken", "be of the type list of dict."),
        ("reset_strategy", "delet", "be one of continue, current, available_end, timestamp, offset, delete, restore."),
        ("connectops_kafka_security_protocol", "TLS", "be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL."),
        ("verify_timeout_seconds", "1.5", "be of the type int."),
        ("connectops_mode", "agree", "be one of apply, agreed, plan."),
        ("connectops_plan_ids", "orders", "be of the type dict."),
        ("connectops_plan_ids_connect_1", "[]", "be of the type dict."),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_the_name_that_was_typed(name: str, value: Any, end: str) -> None:
    assert problems({name: value}) == [f"The variable {name} must {end}"]


@pytest.mark.parametrize("empty", [[], "[]", ",", " , ", ["", None], [" "]])
def test_an_empty_list_of_connectors_is_not_taken_for_all(empty: Any) -> None:
    assert problems({"connectops_connectors": empty}) == [
        "The variable connectops_connectors is empty: leave it out, and the playbook finds the connectors itself."
    ]


@pytest.mark.parametrize("name", ["connectops_plan_ids", "reset_plan_ids", "reset_agreed_plans"])
def test_an_empty_map_of_agreed_plans_is_not_taken_for_any_plan(name: str) -> None:
    prefixes = (f"{name.partition('_')[0]}_",)
    for empty in ({}, "{}"):
        assert problems({name: empty}, prefixes) == [
            f"The variable {name} is empty: leave it out to carry out any plan."
        ]


def test_a_file_on_the_control_node_begins_where_the_playbook_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert plain_value("identify_report_file", "reports/a.json") == "/reports/a.json"
    assert plain_value("identify_report_file", "~/a.json") == "/home/somebody/a.json"
    assert plain_value("identify_report_file", "/a.json") == "/a.json"
    # The task may run elsewhere.
    assert plain_value("connectops_ca_path", "ca.pem") == "ca.pem"
    assert plain_value("identify_worker_logs", "a.log") == ["a.log"]


def test_values_as_they_come_from_the_command_line_are_accepted() -> None:
    assert (
        problems({"verify_timeout_seconds": "20", "identify_show": "no", "connectops_stripe_api_keys": {"PST": "k"}})
        == []
    )


def test_what_an_earlier_node_of_a_workflow_hands_on_is_no_mistake() -> None:
    assert problems({"connectops_outcome_eu_1": {"outcome": "recovered"}}) == []
    assert len(problems({"connectops_outcom_eu_1": "recovered"})) == 1


def test_names_of_backups_that_a_workflow_hands_on_are_no_typing_errors() -> None:
    passed_on = {"connectops_made_backups_connect_1_0123abcd": {"connect-1": {"orders": "topic:backups/1"}}}
    assert problems(passed_on) == []
    assert len(problems({"connectops_backups_dir": "/backups"})) == 1


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("reset_connectors", "set connectops_connectors"),
        ("reset_plan_ids", "set connectops_plan_ids"),
        ("raise_timeout_at_least", "set connectops_at_least"),
        ("verify_connectors", "set connectops_connectors"),
        ("verify_from_backups", "leave it out, because the playbook sets it"),
    ],
)
def test_what_a_playbook_gives_to_a_role_is_not_taken_from_the_user(name: str, instead: str) -> None:
    value: Any = {"a": "b"} if "ids" in name or "at_least" in name else ["a"]
    assert problems({name: value}) == [f"The variable {name} is not read by the playbooks: {instead}."]
    # A role on its own reads it; a blank is not set; and a recovery may go without its verification.
    assert problems({name: value} if name != "verify_from_backups" else {name: True}, (name.rpartition("_")[0],)) == []
    assert problems({name: " ", "verify_connectors": "[]"}) == []


def test_a_role_s_choice_about_default_floors_that_recover_would_not_follow_is_refused() -> None:
    for value in (False, "no", "maybe"):
        assert problems({"reset_default_floors": value}) == [
            "The variable reset_default_floors is not read by the playbooks: set connectops_at_least, to {} for none."
        ]
    assert problems({"reset_default_floors": False}, ("reset_",)) == []
    # The command of a plan says so beside connectops_at_least.
    for value in (True, "true", " yes "):
        assert problems({"reset_default_floors": value}) == []


@pytest.mark.parametrize("value", [0, "0", -1, "abc", "1, x%", [1, "0%"], "200%", True, 1.5, "\u0661", "1 %"])
def test_batches_that_ansible_would_misread_are_refused(value: Any) -> None:
    (problem,) = problems({"connectops_serial": value})
    assert problem.startswith("The variable connectops_serial has ")


@pytest.mark.parametrize("value", [[], [""], [None, " "], "[]", " , "])
def test_no_batch_at_all_is_refused(value: Any) -> None:
    (problem,) = problems({"connectops_serial": value})
    assert (
        problem
        == "The variable connectops_serial is empty: leave it out for the batches that the playbook makes itself."
    )


@pytest.mark.parametrize("value", [1, "3", " 1 ", "1, 50%", [1, "10%", "100%"], '[1, "100%"]', ["2", ""]])
def test_batches_are_numbers_and_shares_of_the_clusters(value: Any) -> None:
    assert problems({"connectops_serial": value}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connectops_max_changes", -1),
        ("connectops_max_fail_percentage", 101),
        ("connectops_max_fail_percentage", "-1"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(name: str, value: Any) -> None:
    (problem,) = problems({name: value})
    assert problem.startswith(f"The variable {name} is {value}: set it to 0 or more")
    assert problems({name: 0}) == []


def test_what_a_run_sets_itself_is_known_by_its_name() -> None:
    assert set_by_us({"connectops_is_plan": 1, "connectops_mode": 1, "reset_result": 1}) == [
        "connectops_is_plan",
        "reset_result",
    ]
