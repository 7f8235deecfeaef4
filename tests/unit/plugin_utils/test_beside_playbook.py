# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of variables beside a user's own playbook count as meant for ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.connectops.recovery.plugins.plugin_utils.beside_playbook import unread_file_problem

GROUPS = {"all": ["connect-1.example.org"], "eu": []}


def problem(folder: Path, file: str, text: str, typed: Mapping[str, Any] | None = None, **arguments: Any) -> str | None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    own = folder / "own.yml"
    own.touch()
    given = {"args": [str(own)], "inventory": [str(folder / "elsewhere" / "hosts.yml"), "a,b"], **arguments}
    return unread_file_problem(given, GROUPS, typed or {}, DataLoader().load_from_file)


@pytest.mark.parametrize(
    "file",
    [
        "group_vars/all",
        "group_vars/eu.yaml",
        "group_vars/all/some/clusters.yml",
        "host_vars/connect-1.example.org",
        "host_vars/connect-1.example.org.json",
    ],
)
@pytest.mark.parametrize("name", ["connectops_mode", "connectops_moode", "reset_strategy"])
def test_a_file_that_sets_a_variable_of_ours_is_named(tmp_path: Path, file: str, name: str) -> None:
    found = problem(tmp_path, file, f'{{"mine": 1, "{name}": "agreed"}}')
    assert found is not None
    kind = file.partition("/")[0]
    assert found.startswith(f"{tmp_path / file} sets {name}, but Ansible does not read {kind} beside a playbook")
    # With -e it would be set for all hosts.
    assert (f"-e @{tmp_path / file}" in found) == (file in ("group_vars/all", "group_vars/all/some/clusters.yml"))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("group_vars/all.yml", "verify_ssl: true"),
        ("group_vars/all.yml", "- connectops_mode"),
        ("group_vars/all.yml", "connectops_mode: {"),
        ("group_vars/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n00"),
        ("group_vars/all.yml.orig", "connectops_mode: agreed"),
        ("group_vars/all/.all.yml", "connectops_mode: agreed"),
        ("group_vars/us.yml", "connectops_mode: agreed"),
        ("vars/all.yml", "connectops_mode: agreed"),
    ],
)
def test_any_other_file_is_not(tmp_path: Path, file: str, text: str) -> None:
    assert problem(tmp_path, file, text) is None


def test_a_file_whose_variables_are_read_otherwise_is_not(tmp_path: Path) -> None:
    given = (tmp_path, "group_vars/all.yml", "connectops_mode: agreed")
    assert problem(*given) is not None
    assert problem(*given, typed={"connectops_mode": "agreed"}) is None
    (tmp_path / "hosts.yml").touch()
    assert problem(*given, inventory=[str(tmp_path / "hosts.yml")]) is None
    assert problem(*given, inventory=[str(tmp_path)]) is None
    assert problem(*given, args=["connectops.recovery.recover", "my.own.recover"]) is None
