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
    tmp_path: Path, name: str, variables: dict[str, Any]
) -> None:
    # A path that somebody has put a secret into: Connect's client cannot know it.
    url = f"http://127.0.0.1:9/{CANARY}"
    hosts = tmp_path / "two.yml"
    login = {"connectops_url_username": "recovery", "connectops_url_password": CANARY}
    hosts.write_text(
        yaml.safe_dump({"all": {"hosts": {one: {"connectops_connect_url": [url], **login} for one in ("a", "b/c")}}}),
        encoding="utf-8",
    )
    given = {"connectops_report_dir": str(tmp_path / "new" / "reports"), "connectops_set_stats": True, **variables}
    status, output = play(playbook(name), tmp_path, given, str(hosts))
    assert status == 2
    (folder,) = (tmp_path / "new" / "reports").iterdir()
    assert folder.name.startswith(f"{name}-")
    assert f"Report: 2 clusters: 2 failed. {folder}/report.html" in output
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


def test_a_run_that_ends_early_is_reported_too(tmp_path: Path) -> None:
    given = {"connectops_report_dir": str(tmp_path / "reports"), "connectops_stop_on_failure": True}
    status, _output = play(playbook("recover"), tmp_path, given, None, "--check")
    assert status == 2
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
    assert f"connectops_report_dir: {file} is no folder: name another one." in output
    assert NOT_REACHED not in output
