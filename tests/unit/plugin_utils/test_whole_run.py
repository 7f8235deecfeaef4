# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for a run as a whole: its hosts, its steps, what may not differ between its clusters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import (
    command_line_problem,
    difference_problems,
    inventory_problems,
    note_head,
    pattern_problem,
    shared_url_problem,
)

RECOVER = "connectops.recovery.recover"
KNOWN = {"all", "eu", "connect-1", "connect-2"}


def load(file: str) -> Any:
    return DataLoader().load_from_file(file)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tags": ["x", "y"]}, "--tags x,y leaves out every step of connectops.recovery.recover"),
        ({"tags": ["tagged"]}, "--tags tagged leaves out every step"),
        ({"skip_tags": ["untagged"]}, "--skip-tags untagged leaves out every step"),
        ({"skip_tags": ["all"]}, "--skip-tags all leaves out every step"),
        ({"start_at_task": "Report"}, "--start-at-task Report leaves out steps"),
    ],
)
def test_a_command_line_that_leaves_out_steps_is_refused(tmp_path: Path, given: Mapping[str, Any], words: str) -> None:
    by_path = str(Path(__file__).parents[3] / "playbooks" / "recover.yml")
    thin = tmp_path / "site.yml"
    thin.write_text(
        f"[{{import_playbook: {RECOVER}}}, {{ansible.builtin.import_playbook: {by_path}}}]", encoding="utf-8"
    )
    upper = tmp_path / "upper.yml"
    upper.write_text("[{import_playbook: site.yml}]", encoding="utf-8")
    for playbook in (RECOVER, by_path, str(thin), str(upper)):
        problem = command_line_problem({"args": [playbook], **given}, load)
        assert problem is not None
        assert problem.startswith(words.replace(RECOVER, playbook))
    # A playbook that imports ours may give it tags, and have others.
    own = (f"import_playbook: {RECOVER}, tags: [x]", "hosts: all", "import_playbook: other.yml", "1: 2")
    for text in ("", *(f"[{{import_playbook: {RECOVER}}}, {{{one}}}]" for one in own)):
        thin.write_text(text, encoding="utf-8")
        assert command_line_problem({"args": [str(thin), "no.such.playbook"], **given}, load) is None


@pytest.mark.parametrize("given", [{}, {"tags": ["all"]}, {"tags": ["x", "untagged"]}, {"skip_tags": ["x"]}])
def test_a_command_line_that_leaves_out_nothing_is_not(given: Mapping[str, Any]) -> None:
    assert command_line_problem({"args": [RECOVER], **given}, load) is None


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("connect-1,conect-2", "conect-2"), ("all:!conect-2", "conect-2"), ("ue:&all", "ue"), ("en[0]", "en")],
)
def test_a_name_in_a_pattern_that_the_inventory_does_not_have_is_refused(pattern: str, name: str) -> None:
    problem = pattern_problem("--limit", pattern, KNOWN)
    assert problem is not None
    assert problem.startswith(f"--limit has {name}, which the inventory does not have: ")


@pytest.mark.parametrize("pattern", ["all", "connect-*:!eu[0]", "~conn.*", "@hosts.txt", " connect-1 , eu ", "all:&eu"])
def test_a_pattern_of_known_names_is_not(pattern: str) -> None:
    assert pattern_problem("--limit", pattern, KNOWN) is None


def test_hosts_and_batches_that_only_the_inventory_sets_are_refused() -> None:
    note_head({"connectops_serial", "other"})
    assert list(inventory_problems({"connectops_hosts", "connectops_serial"})) == [
        "The variable connectops_hosts is set in the inventory, where a play does not read it: set it with -e."
    ]
    note_head({"connectops_hosts"})
    assert list(inventory_problems({"connectops_hosts"})) == []


def test_what_one_host_reads_for_all_may_not_differ() -> None:
    (problem,) = difference_problems("connect-1", lambda name: name == "connectops_mode")
    assert problem.startswith(
        "The variable connectops_mode must be the same for the whole run, but differs from that of connect-1:"
    )


@pytest.mark.parametrize(
    "url",
    ["http://a:8083", "HTTP://A:8083/", " http://a.:8083", "https://b/connect/", "https://b:443/connect"],
)
def test_two_hosts_with_a_worker_in_common_are_one_cluster(url: str) -> None:
    problem = shared_url_problem({"one": ["http://a:8083", "https://b/connect"], "two": ["http://c:8083", url]})
    assert problem is not None
    assert problem.startswith("one and two are the same Connect cluster: both have one worker")


def test_urls_that_differ_are_of_different_clusters() -> None:
    urls = {
        "one": ["http://a:8083", "http://a:8083/"],
        "two": ["http://a:8084"],
        "three": ["http://a:8083/x"],
        "four": [],
    }
    assert shared_url_problem({**urls, "five": ["http://[broken"]}) is None
