# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of playbooks whose clusters cannot be reached, and what is refused about it before anything is read."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.playbooks.test_options import NOT_REACHED, ROOT, Unsafe, play

CANARY = "c4n4ry-of-the-login"


def playbook(name: str) -> str:
    return str(ROOT / "playbooks" / f"{name}.yml")


@pytest.mark.core_matrix
@pytest.mark.parametrize(
    "name, variables",
    [("identify", {}), ("recover", {}), ("rollback", {"connectops_connectors": "orders"})],
)
def test_a_cluster_that_cannot_be_reached_is_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, variables: dict[str, Any]
) -> None:
    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "1")
    # A path that somebody has put a secret into: Connect's client cannot know it.
    hosts = tmp_path / "two.yml"
    urls = {"a": f"http://127.0.0.1:9/{CANARY}", "b/c": f"http://127.0.0.1:99/{CANARY}"}
    login = {"connectops_url_username": "recovery", "connectops_url_password": CANARY}
    hosts.write_text(
        yaml.safe_dump(
            {"all": {"hosts": {one: {"connectops_connect_url": [url], **login} for one, url in urls.items()}}}
        ),
        encoding="utf-8",
    )
    given = {"connectops_report_dir": str(tmp_path / "new" / "reports"), "connectops_set_stats": True, **variables}
    status, output = play(playbook(name), tmp_path, given, str(hosts))
    assert status == 2
    (folder,) = (tmp_path / "new" / "reports").iterdir()
    assert folder.name.startswith(f"{name}-")
    assert f"Report: 2 clusters: 2 failed. {folder}/report.html" in output
    # What a workflow of AWX gets.
    stats = output.partition("CUSTOM STATS:")[2]
    assert "connectops_outcome_a" in stats
    assert "connectops_outcome_b_c_" in stats
    names = {file.name for file in folder.iterdir()}
    assert names == {
        "report.html",
        "report.md",
        "report.json",
        "cluster-a.html",
        "cluster-a.md",
        "cluster-b%2Fc.html",
        "cluster-b%2Fc.md",
    }
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir()]
    assert not [text for text in texts if CANARY in text]
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (data["playbook"], data["is_preview"], data["outcome"]) == (name, False, "failed")
    assert [one["problem"].startswith(NOT_REACHED) for one in data["clusters"]] == [True, True]


@pytest.mark.core_matrix
def test_a_cluster_whose_variables_were_refused_is_in_the_report(tmp_path: Path) -> None:
    hosts = tmp_path / "two.yml"
    reached = {"connectops_connect_url": ["http://127.0.0.1:9"]}
    refused = {**reached, "connectops_url_username": "a", "connectops_url_password": "{{ vault_of_nobody }}"}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": {"a": reached, "b": refused}}}), encoding="utf-8")
    status, output = play(
        playbook("recover"), tmp_path, {"connectops_report_dir": str(tmp_path / "reports")}, str(hosts)
    )
    assert status == 2
    assert "Report: 2 clusters: 2 failed." in output
    (data,) = (json.loads(file.read_text(encoding="utf-8")) for file in tmp_path.glob("reports/*/report.json"))
    problems = {one["label"]: one["problem"] for one in data["clusters"]}
    assert problems["a"].startswith(NOT_REACHED)
    assert problems["b"] == "The run did not process this cluster: see its error in the output of the run."


@pytest.mark.parametrize(
    "name, variables, words",
    [
        ("recover", {"connectops_stop_on_failure": True}, NOT_REACHED),
        ("rollback", {"connectops_connectors": "a", "connectops_max_changes": 0}, "connectops_max_changes allows 0"),
    ],
)
def test_a_run_that_ends_early_is_reported_too(
    tmp_path: Path, name: str, variables: dict[str, Any], words: str
) -> None:
    given = {"connectops_report_dir": str(tmp_path / "reports"), **variables}
    status, output = play(playbook(name), tmp_path, given, None, "--check")
    assert status == 2
    assert words in output
    (folder,) = (tmp_path / "reports").iterdir()
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (data["is_preview"], data["outcome"]) == (True, "failed")


@pytest.mark.parametrize("value", [None, Unsafe(""), "  "])
def test_nothing_is_written_where_no_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = play(playbook("identify"), tmp_path, {"connectops_report_dir": value})
    assert status == 2
    assert "Report:" not in output
    assert not list(tmp_path.rglob("report*"))


def test_a_folder_that_cannot_be_one_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    status, output = play(playbook("recover"), tmp_path, {"connectops_report_dir": str(file / "below")})
    assert status == 2
    assert f"connectops_report_dir: {file} is not a folder: name another one." in output
    assert NOT_REACHED not in output
