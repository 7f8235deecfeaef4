# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: what it refuses before it starts anything, and where it puts its files."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lab import cli


@pytest.mark.parametrize("command", ["demo", "up"])
@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("3.5.2", "Kafka Connect 3.5.2 cannot change offsets over REST: set KAFKA_VERSION to 3.6.0 or newer."),
        ("newest", "KAFKA_VERSION 'newest' is not a version of Kafka: set it to one such as 3.9.2."),
    ],
)
def test_a_version_that_cannot_be_recovered_ends_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, version: str, sentence: str
) -> None:
    def started(**_options: Any) -> Any:
        raise AssertionError("something was started")

    monkeypatch.setenv("KAFKA_VERSION", version)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "demo", started)
    monkeypatch.setattr(cli, "Lab", started)
    assert cli.main([command]) == 1
    assert capsys.readouterr().err == f"{sentence}\n"


class StartedLab:
    """A lab as the command line sees it, without any process."""

    kafka_version = "3.9.2"
    bootstrap_servers = "127.0.0.1:1"
    stripe = SimpleNamespace(url="http://127.0.0.1:2")
    clusters = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"

    def __enter__(self) -> StartedLab:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing to end."""


def test_a_new_folder_for_the_inventory_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> Any:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAFKA_VERSION", raising=False)
    monkeypatch.setattr(cli, "Lab", lambda **_: StartedLab(tmp_path))
    monkeypatch.setattr(cli, "signal", SimpleNamespace(**{**vars(signal), "signal": print, "pause": interrupted}))
    assert cli.main(["up", "--workers", "2", "--clusters", "2", "--folder", "new/lab-files"]) == 0
    assert (tmp_path / "new" / "lab-files" / "inventory.json").is_file()
    # The printed commands work in whatever folder they are typed.
    assert f"-i {tmp_path}/new/lab-files/inventory.json" in capsys.readouterr().out
