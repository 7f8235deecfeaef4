# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped objects of AWX fit the collection: playbooks exist, variables are read, answers have the right types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    PREFIXES,
    known_variables,
    variable_problems,
)
from unit.awx.objects import (
    AWX,
    PLAYBOOKS,
    Unsafe,
    objects,
    questions,
    templates,
    variables_of,
)

# These change nothing, so that AWX may end them after a while. Every other playbook must end on its own.
READERS = {"backups", "identify", "metrics", "support_bundle"}
TYPES = {"text": {"str", "list"}, "textarea": {"dict", "list"}, "integer": {"int"}, "float": {"float"}}


def problems(variables: Mapping[str, Any]) -> list[str]:
    return list(variable_problems(variables, PREFIXES, variables.__getitem__))


def test_every_playbook_has_a_job_template_and_a_playbook_in_the_project() -> None:
    used = {one["playbook"] for one in templates().values()}
    assert set(PLAYBOOKS) - used == set(), "add a job template to extensions/awx/objects.yml"
    assert used - set(PLAYBOOKS) == set()
    wrappers = {path.stem: path for path in (AWX / "project").glob("*.yml")}
    assert set(wrappers) == set(PLAYBOOKS), "extensions/awx/project"
    for name, path in wrappers.items():
        (play,) = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert play["import_playbook"] == f"connectops.recovery.{name}"


@pytest.mark.parametrize("name", templates())
def test_a_template_sets_only_variables_that_its_playbook_reads(name: str) -> None:
    template = templates()[name]
    known = variables_of(template["playbook"])
    extra = template.get("extra_vars", {})
    assert set(extra) - known == set()
    assert set(questions(template)) - known == set()
    assert problems(extra) == []
    # Who answers a question must not be able to turn a plan into a change.
    assert set(extra) & set(questions(template)) == set()


def test_a_playbook_does_not_seem_to_read_everything() -> None:
    assert "reset_strategy" not in variables_of("identify")
    assert "connectops_fix" not in variables_of("backups")
    assert {"connectops_mode", "connectops_plan_ids", "reset_strategy", "verify_timeout_seconds"} <= variables_of(
        "recover"
    )


@pytest.mark.parametrize("name", templates())
def test_a_question_takes_what_its_variable_takes_and_blank_is_no_answer(name: str) -> None:
    template = templates()[name]
    for variable, question in questions(template).items():
        spec = known_variables()[variable]
        if question["type"] == "multiplechoice":
            assert question["choices"] == spec.get("choices", ["false", "true"]), variable
            assert "choices" in spec or spec["type"] == "bool"
            assert question["default"] == str(spec["default"]).lower(), variable
        else:
            assert spec["type"] in TYPES[question["type"]], variable
            # It would replace what the inventory sets.
            assert "default" not in question
        # A launch through the API does not fill in the default of a required question.
        assert not question["required"] or "default" not in question
    required = {variable for variable, one in questions(template).items() if one["required"]}
    assert required == ({"connectops_connectors"} if template["playbook"] == "rollback" else set())


@pytest.mark.parametrize("name", templates())
def test_a_job_that_changes_something_has_no_time_limit(name: str) -> None:
    template = templates()[name]
    changes_nothing = template["playbook"] in READERS or template.get("extra_vars", {}).get("connectops_mode") == "plan"
    assert template["timeout"] == (3600 if changes_nothing else 0)


def test_only_one_template_of_recover_can_change_without_an_approval() -> None:
    modes = {
        name: one["extra_vars"]["connectops_mode"] for name, one in templates().items() if one["playbook"] == "recover"
    }
    assert modes == {
        "Connect: plan": "plan",
        "Connect: apply": "agreed",
        "Connect: recover without approval": "apply",
    }
    assert templates()["Connect: plan"]["extra_vars"]["connectops_set_stats"] is True
    assert "ask_variables_on_launch" not in (AWX / "configure.yml").read_text(encoding="utf-8")


def test_the_workflow_plans_asks_carries_out_and_looks() -> None:
    nodes = objects()["awx_workflow_nodes"]
    assert [one["identifier"] for one in nodes] == ["plan", "approve", "apply", "verify"]
    of = {one["identifier"]: templates()[one["template"]] for one in nodes if "template" in one}
    assert set(of) == {"plan", "apply", "verify"}
    modes = [of[name]["extra_vars"]["connectops_mode"] for name in ("plan", "apply")]
    assert modes == ["plan", "agreed"]
    # Otherwise the two would not ask for the same, and no plan would be carried out.
    asked = objects()["awx_workflow_questions"]
    assert asked == of["plan"]["questions"] == of["apply"]["questions"]
    # Exactly one node has no template: the approval.
    assert len(nodes) - len(of) == 1
    assert set(objects()["awx_approval"]) == {"name", "description", "timeout"}


def test_a_schedule_answers_questions_of_its_template() -> None:
    for one in objects()["awx_schedules"]:
        template = templates()[one["template"]]
        extra = one.get("extra_data", {})
        assert set(extra) <= set(questions(template))
        assert problems(extra) == []
        # The time of AWX is UTC, and the lookup that makes rules does not work everywhere.
        assert re.fullmatch(r"DTSTART;TZID=UTC:\d{8}T\d{6} RRULE:FREQ=(HOURLY|DAILY);INTERVAL=1", one["rrule"])
    by_template = {one["template"]: one.get("extra_data") for one in objects()["awx_schedules"]}
    assert by_template["Connect: identify"] == {"identify_fail_on": "stuck"}
    assert {"Connect: verify", "Connect: prevent"} < set(by_template)


def test_the_inventory_can_be_used_and_keeps_backups_where_they_outlive_a_job() -> None:
    shared = objects()["awx_inventory_variables"]
    assert shared["ansible_connection"] == "local"
    assert shared["ansible_python_interpreter"] == Unsafe("{{ ansible_playbook_python }}")
    assert shared["connectops_backup_topic"]
    for cluster in objects()["awx_clusters"]:
        variables = {**shared, **cluster["variables"]}
        assert problems(variables) == []
        # Without the brokers there is no topic.
        assert variables["connectops_connect_url"]
        assert variables["connectops_kafka_bootstrap_servers"]


# Secrets


def credential_types() -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in objects()["awx_credential_types"]}


@pytest.mark.parametrize("name", credential_types())
def test_a_type_of_credentials_sets_variables_that_exist_from_fields_that_it_has(name: str) -> None:
    one = credential_types()[name]
    fields = {field["id"]: field for field in one["inputs"]["fields"]}
    # An empty value would count as a file, and be refused.
    assert set(one["inputs"]["required"]) == set(fields)
    files = one["injectors"].get("file", {})
    sources = {f"tower.filename.{key.removeprefix('template.')}": value for key, value in files.items()}
    for variable, value in one["injectors"]["extra_vars"].items():
        assert isinstance(value, Unsafe), "Ansible would render it"
        spec = known_variables()[variable]
        source = name_in(value)
        assert (spec["type"] == "path") == (source in sources), variable
        field = fields[name_in(sources.pop(source)) if source in sources else source]
        is_secret = bool(spec.get("no_log")) or variable.endswith("client_key")
        assert bool(field.get("secret")) == is_secret, variable
        assert set(field.get("choices", [])) <= set(spec.get("choices", []))
    assert sources == {}


def name_in(template: str) -> str:
    found = re.fullmatch(r"{{ ([\w.]+) }}", template)
    assert found, template
    return found[1]


def test_every_kind_of_secret_has_a_type() -> None:
    injected = {name for one in credential_types().values() for name in one["injectors"]["extra_vars"]}
    secrets = {name for name, spec in known_variables().items() if spec.get("no_log")}
    assert secrets <= injected
    assert {"connectops_ca_path", "connectops_client_cert", "connectops_client_key"} <= injected


def test_a_credential_has_the_fields_of_its_type_and_no_secret_is_in_the_file() -> None:
    by_name = {one["name"]: one for one in objects()["awx_credentials"]}
    assert set(objects()["awx_used_credentials"]) <= set(by_name)
    for one in by_name.values():
        fields = {field["id"]: field for field in credential_types()[one["credential_type"]]["inputs"]["fields"]}
        assert set(one["inputs"]) == set(fields)
        for key, value in one["inputs"].items():
            if "choices" in fields[key]:
                assert value in fields[key]["choices"]
            else:
                assert re.fullmatch(r"{{ vault_\w+ \| default\(''\) }}", value), "only the name of a variable"
    # AWX gives a job one credential of each type, and Connect takes a login or a token.
    used = [by_name[name]["credential_type"] for name in objects()["awx_used_credentials"]]
    assert len(used) == len(set(used))
    assert not {"Kafka Connect login", "Kafka Connect token"} <= set(used)
    in_clear = [name for name, value in scalars(objects()) if re.search("password|token|secret", name) and value]
    assert [name for name in in_clear if name not in {"label", "name", "description"}] == []


def scalars(data: Any) -> Iterator[tuple[str, Any]]:
    """The key and value of every plain text that could be a secret."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(value, str) and not isinstance(value, Unsafe) and "{{" not in value:
                yield key, value
            yield from scalars(value)
    elif isinstance(data, list):
        for one in data:
            yield from scalars(one)
