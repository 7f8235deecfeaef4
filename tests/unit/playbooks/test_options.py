# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks make of their variables, under whichever ansible-core the tests run. No cluster is needed for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_METRICS,
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
    CONNECT_RECOVERY_INFO,
    CONNECT_ROLLBACK,
    CONNECT_SUPPORT_BUNDLE,
    MODULES,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    OPTIONS_OF_A_RUN,
    known_variables,
    option_variables,
    variables_of_module,
)

pytestmark = pytest.mark.slow_file
ROOT = Path(__file__).parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))

# The discard port: nothing listens there.
UNREACHABLE = "http://127.0.0.1:9"
NOT_REACHED = "Kafka Connect cannot be reached at http://127.0.0.1:9"


def play(
    playbook: str, folder: Path, variables: Mapping[str, Any], inventory: str | None = None, *arguments: str
) -> tuple[int, str]:
    """Run a playbook of the collection, or a file, on one cluster that cannot be reached; its status and its output."""
    hosts = folder / "hosts.yml"
    host = {"connectops_connect_url": [UNREACHABLE]}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": {"connect-1": host}}}), encoding="utf-8")
    given = folder / "variables.yml"
    given.write_text(yaml.dump(dict(variables), Dumper=UnsafeDumper), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", playbook, "-e", f"@{given}"]
    done = subprocess.run(
        [*command, "-i", str(hosts) if inventory is None else inventory, *arguments],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOPS_")},
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_NOCOLOR": "1",
        },
        text=True,
        capture_output=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).replace("\\n", " ").split())


class Unsafe(str):
    """A text as AWX passes an answer of a survey."""


class UnsafeDumper(yaml.SafeDumper):
    pass


UnsafeDumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="'"))


@pytest.mark.parametrize("module", MODULES)
def test_every_option_of_every_run_has_its_variable(module: str) -> None:
    found = variables_of_module(module)
    assert set(found) == set(MODULES[module]) - OPTIONS_OF_A_RUN
    known = known_variables()
    for option, names in found.items():
        assert names[-1] == f"connectops_{option}"
        # A role's own variable comes first.
        assert set(names[:-1]) == {f"identify_{option}", f"prevent_{option}"} & set(known)


def test_the_variables_reach_the_verification_as_they_reach_the_look() -> None:
    times = {"timeout_seconds", "interval_seconds", "soak_hours"}
    own = {"connectors", "from_backups", "planned", "keep_samples", *times}
    looked = set(CONNECT_OFFSETS_FACTS) - {"connectors", "timestamp", "details", "report_file", "set_facts", "show"}
    assert set(CONNECT_RECOVERY_INFO) - own - {"show", "in_short"} == looked
    assert set(CONNECT_SUPPORT_BUNDLE) - {"connectors", "bundle_dir", "log_lines", "show"} == looked
    of_metrics = {name for name in CONNECT_METRICS if name.startswith(("metrics_", "pushgateway_"))}
    assert set(CONNECT_METRICS) - {"connectors"} - of_metrics == looked


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_passes_the_variables_to_each_module_that_it_uses(playbook: Path) -> None:
    for one in yaml.safe_load(playbook.read_text(encoding="utf-8")):
        assert one["vars_files"][0] == "vars/run.yml"
        used = {name for name in re.findall(r"connectops\.recovery\.(\w+)", _with_roles(one)) if name in MODULES}
        given = {
            name: re.sub(r", (set_facts=false|in_short=true)", "", text).strip()
            for name, text in one.get("module_defaults", {}).items()
        }
        assert given == {
            f"connectops.recovery.{name}": f"{{{{ lookup('connectops.recovery.options', '{name}') }}}}" for name in used
        }


def _with_roles(play: Mapping[str, Any]) -> str:
    """The text of a play's tasks, and of the task files that it takes from roles."""
    text = json.dumps(play["tasks"])
    for role, file in re.findall(r'"connectops\.recovery\.(\w+)", (?:"tasks_from": "(\w+)")?', text):
        text += (ROOT / "roles" / role / "tasks" / f"{file or 'main'}.yml").read_text(encoding="utf-8")
    return text


@pytest.mark.core_matrix
def test_a_task_of_a_playbook_names_the_variables_that_the_user_has_typed(tmp_path: Path) -> None:
    status, output = play("connectops.recovery.metrics", tmp_path, {"connectops_metrics_dir": "/no/such/folder"})
    assert status == 2
    assert "connectops_metrics_dir /no/such/folder is not a folder: set it to the folder" in output


def test_the_variables_reach_a_rollback_as_they_reach_a_reset() -> None:
    assert set(CONNECT_ROLLBACK) - OPTIONS_OF_A_RUN == set(CONNECT_OFFSET_RESET) - OPTIONS_OF_A_RUN


@pytest.mark.core_matrix
@pytest.mark.core_smoke
def test_every_variable_reaches_its_option(tmp_path: Path) -> None:
    sample = {"bool": True, "float": 7.0, "int": 8, "dict": {"PST": "a"}, "list": ["a", "b"], "path": "p", "str": "s"}
    variables = {name: sample[spec["type"]] for name, spec in option_variables().items()}
    playbook = tmp_path / "play.yml"
    copied = {"content": "{{ rendered | to_json }}", "dest": str(tmp_path / "rendered.json"), "mode": "0600"}
    lookups = ", ".join(f"lookup('connectops.recovery.options', '{name}')" for name in MODULES)
    tasks = [{"ansible.builtin.copy": copied, "vars": {"rendered": f"{{{{ [{lookups}] }}}}"}}]
    head = {"hosts": "all", "connection": "local", "gather_facts": False}
    playbook.write_text(json.dumps([{**head, "tasks": tasks}]), encoding="utf-8")
    status, output = play(str(playbook), tmp_path, variables)
    assert status == 0, output
    rendered = json.loads((tmp_path / "rendered.json").read_text(encoding="utf-8"))
    for module, found in zip(MODULES, rendered, strict=True):
        assert found == {name: variables[f"connectops_{name}"] for name in set(MODULES[module]) - OPTIONS_OF_A_RUN}


@pytest.mark.core_matrix
@pytest.mark.core_smoke
@pytest.mark.parametrize("first", [0, 1])
def test_a_blank_in_every_variable_changes_nothing(tmp_path: Path, first: int) -> None:
    blanks = ("", Unsafe(""), None, Unsafe(" "))
    names = sorted(known_variables())
    variables = {name: blanks[(first + number) % len(blanks)] for number, name in enumerate(names)}
    status, output = play("connectops.recovery.recover", tmp_path, {**variables, "connectops_connect_url": UNREACHABLE})
    assert status == 2, output
    assert NOT_REACHED in output


@pytest.mark.core_matrix
def test_a_blank_in_every_variable_of_a_role_changes_nothing_where_ansible_leaves_the_check_to_the_role(
    tmp_path: Path,
) -> None:
    names = sorted(name for name in known_variables() if name.startswith(("identify_", "reset_", "verify_")))
    variables = {name: (Unsafe(""), None)[number % 2] for number, name in enumerate(names)}
    roles = [
        {"ansible.builtin.include_role": {"name": f"connectops.recovery.{role}", "rolespec_validate": False}}
        for role in ("reset", "verify", "identify")
    ]
    head = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": roles}
    module_defaults = {"group/connectops.recovery.all": {"connect_url": UNREACHABLE}}
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{**head, "module_defaults": module_defaults}]), encoding="utf-8")
    status, output = play(str(playbook), tmp_path, variables)
    assert status == 2, output
    assert NOT_REACHED in output


@pytest.mark.core_matrix
@pytest.mark.core_smoke
@pytest.mark.parametrize(
    "playbook", ["recover", "identify", "metrics", "prevent", "rollback", "support_bundle", "verify"]
)
def test_a_variable_that_cannot_work_stops_the_run_before_anything_is_read(tmp_path: Path, playbook: str) -> None:
    variables = {
        "reset_partition": [{"timezone": "PST"}],
        "connectops_connectors": "{{ my_conectors }}",
        "connectops_timeout": "soon",
    }
    status, output = play(f"connectops.recovery.{playbook}", tmp_path, variables)
    assert status == 2, output
    assert "The variable reset_partition does not exist" in output
    assert re.search("The variable connectops_connectors cannot be read .*my_conectors", output)
    assert "The variable connectops_timeout must be of the type float." in output
    assert "failed=1" in output
    assert output.count("fatal: ") == 1
    assert "Kafka Connect" not in output


@pytest.mark.core_matrix
@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("identify", "identify_max_age_days"),
        ("support_bundle", "connectops_max_age_days"),
        ("verify", "identify_max_age_days"),
    ],
)
def test_both_roles_that_judge_have_the_same_limits(tmp_path: Path, role: str, name: str) -> None:
    playbook = tmp_path / "play.yml"
    variables = {"verify_connectors": ["any"], "verify_timeout_seconds": 1, "verify_interval_seconds": 1}
    tasks = [{"ansible.builtin.include_role": {"name": f"connectops.recovery.{role}"}, "vars": variables}]
    head = {"hosts": "all", "connection": "local", "gather_facts": False}
    module_defaults = {"group/connectops.recovery.all": {"connect_url": UNREACHABLE}}
    playbook.write_text(json.dumps([{**head, "module_defaults": module_defaults, "tasks": tasks}]), encoding="utf-8")
    status, output = play(str(playbook), tmp_path, {name: 0})
    assert status == 2, output
    assert "max_age_days is 0, at which every partition counts as stuck" in output


@pytest.mark.core_matrix
@pytest.mark.parametrize(
    ("playbook", "inventory", "variables", "words"),
    [
        (
            "recover",
            None,
            {"connectops_hosts": "conect-1"},
            'connectops_hosts has conect-1, which the inventory does not have: did you mean "connect-1"?',
        ),
        ("identify", os.devnull, {}, "The inventory has no hosts"),
    ],
    ids=["mistyped", "empty"],
)
def test_no_cluster_to_work_on_is_a_failure(
    tmp_path: Path, playbook: str, inventory: str | None, variables: Mapping[str, Any], words: str
) -> None:
    status, output = play(f"connectops.recovery.{playbook}", tmp_path, variables, inventory)
    assert status != 0, output
    assert words in output


@pytest.mark.core_matrix
@pytest.mark.parametrize("playbook", ["recover", "identify", "rollback", "verify"])
def test_a_limit_that_leaves_no_cluster_is_a_failure(tmp_path: Path, playbook: str) -> None:
    inventory = tmp_path / "two.yml"
    hosts = {"connect-1": {"connectops_connect_url": [UNREACHABLE]}, "web-1": {}}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    name = f"connectops.recovery.{playbook}"
    variables = {"connectops_hosts": "connect-1", "connectops_connectors": "any"}
    status, output = play(name, tmp_path, variables, str(inventory), "--limit", "web-1")
    assert status != 0, output
    assert "--limit web-1 excludes every host that matches connectops_hosts (connect-1)" in output
    status, output = play(name, tmp_path, variables, str(inventory), "--limit", "all:!web-1")
    assert NOT_REACHED in output


@pytest.mark.core_matrix
@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        ({}, ["--tags", "x"], "--tags x leaves out every step of "),
        (
            {"connectops_is_plan": False},
            ["--check"],
            "The variable connectops_is_plan is set by the playbooks themselves",
        ),
        ({"connectops_hosts": "all:!conect-1"}, [], "connectops_hosts has conect-1, which the inventory does not have"),
        # Without the check the run would be for all hosts.
        ({"awx_job_id": 7}, ["--limit", "all:!conect-1"], "--limit has conect-1, which the inventory does not have"),
        (
            {"connectops_hosts": "{{ my_hosts }}"},
            [],
            "The variable connectops_hosts cannot be read ('my_hosts' is undefined)",
        ),
    ],
    ids=["tags", "own", "mistyped", "mistyped limit in AWX", "undefined"],
)
def test_what_would_leave_out_steps_or_hosts_stops_the_run_before_its_first_task(
    tmp_path: Path, variables: Mapping[str, Any], arguments: list[str], words: str
) -> None:
    status, output = play("connectops.recovery.recover", tmp_path, variables, None, *arguments)
    assert status != 0, output
    assert words in output
    assert "TASK [" not in output


@pytest.mark.core_matrix
@pytest.mark.parametrize("argument", ["--tags", "--start-at-task"])
def test_a_playbook_that_only_imports_ours_cannot_leave_out_steps_either(tmp_path: Path, argument: str) -> None:
    own = ROOT / "extensions" / "awx" / "project" / "recover.yml"
    status, output = play(str(own), tmp_path, {}, None, argument, "Report")
    assert status != 0, output
    assert f"{argument} Report leaves out " in output
    assert "TASK [" not in output


@pytest.mark.core_matrix
def test_what_the_inventory_sets_where_a_run_does_not_read_it_stops_the_run(tmp_path: Path) -> None:
    inventory = tmp_path / "two.yml"
    hosts: dict[str, dict[str, Any]] = {
        "connect-1": {"connectops_connect_url": [UNREACHABLE], "connectops_hosts": "connect-1"},
        "connect-2": {"connectops_connect_url": ["http://127.0.0.1:10"], "connectops_max_changes": 0},
    }
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    status, output = play("connectops.recovery.recover", tmp_path, {"recover_connectors": "a"}, str(inventory))
    assert status == 2, output
    assert "The variable connectops_hosts is set in the inventory, where a play does not read it" in output
    assert (
        "The variable connectops_max_changes must be the same for the whole run, but differs from that of connect-1"
        in output
    )
    assert output.count("The variable recover_connectors is not read by connectops.recovery") >= 2
    assert "Kafka Connect" not in output


@pytest.mark.core_matrix
def test_variables_beside_a_playbook_of_the_users_own_are_refused_where_ansible_does_not_read_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own" / "group_vars" / "all.yml"
    file.parent.mkdir(parents=True)
    file.write_text("connectops_mode: agreed\nmine: 1\n", encoding="utf-8")
    own = tmp_path / "own" / "own.yml"
    own.write_text("- import_playbook: connectops.recovery.recover\n", encoding="utf-8")
    status, output = play(str(own), tmp_path, {})
    assert status != 0, output
    assert (
        f"{file} sets connectops_mode, but Ansible does not read group_vars beside a playbook for one that it imports: put"
        f" group_vars beside the inventory, or pass it with -e @{file}." in output
    )
    assert "TASK [" not in output
    # Both of these have it read.
    beside = tmp_path / "own" / "hosts.yml"
    beside.write_text((tmp_path / "hosts.yml").read_text(encoding="utf-8"), encoding="utf-8")
    for inventory, arguments in ((str(beside), ()), (None, ("-e", f"@{file}"))):
        _status, output = play(str(own), tmp_path, {}, inventory, *arguments)
        assert "connectops_mode is agreed, but no agreed plan is given" in output
    # A play of the user's own may use the same hosts, and has the variables.
    head = {"hosts": "{{ lookup('connectops.recovery.clusters') }}", "connection": "local", "gather_facts": False}
    own.write_text(json.dumps([{**head, "tasks": [{"ansible.builtin.debug": {"var": "connectops_mode"}}]}]))
    status, output = play(str(own), tmp_path, {})
    assert status == 0, output
    assert "agreed" in output


@pytest.mark.core_matrix
def test_one_cluster_under_two_names_is_not_recovered_twice(tmp_path: Path) -> None:
    inventory = tmp_path / "two.yml"
    hosts = {name: {"connectops_connect_url": [UNREACHABLE]} for name in ("connect-1", "connect-2")}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    status, output = play("connectops.recovery.recover", tmp_path, {}, str(inventory))
    assert status == 2, output
    assert (
        "connect-1 and connect-2 are the same Connect cluster: both have one worker in connectops_connect_url" in output
    )
    assert NOT_REACHED not in output


@pytest.mark.core_matrix
@pytest.mark.parametrize("chosen", [[], None], ids=repr)
def test_a_rollback_of_no_connector_is_refused(tmp_path: Path, chosen: Any) -> None:
    variables = {"chosen": chosen, "connectops_connectors": "{{ chosen }}"} if chosen is not None else {}
    status, output = play("connectops.recovery.rollback", tmp_path, variables)
    assert status == 2, output
    words = "connectops_connectors is not set or empty: name the connectors whose last change is to be taken back."
    assert words in output
    assert "Kafka Connect" not in output


@pytest.mark.core_matrix
def test_an_empty_list_stops_the_run_where_it_would_select_all(tmp_path: Path) -> None:
    variables = {
        "chosen": [],
        **dict.fromkeys(("connectops_connectors", "reset_partitions", "reset_offsets"), "{{ chosen }}"),
    }
    status, output = play("connectops.recovery.recover", tmp_path, variables)
    assert status == 2, output
    assert (
        "The variable connectops_connectors is empty: leave it out, and the playbook finds the connectors itself."
        in output
    )
    assert "The variable reset_partitions is empty: leave it out for all partitions." in output
    assert "The variable reset_offsets is empty: leave it out, or name each partition with its offset." in output
    assert "Kafka Connect" not in output
