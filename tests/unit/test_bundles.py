# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives as files: whole or not at all, for their owner only."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.bundles import (
    bundle_bytes,
    write_bundle,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


def test_an_archive_holds_its_texts_in_one_folder() -> None:
    content = bundle_bytes("made", {"a.txt": "\u00e9\n", "b.json": "{}"}, 1764151200.9)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = archive.getmembers()
        first = archive.extractfile(members[0])
        assert first is not None
        assert first.read() == "\u00e9\n".encode()
    assert [(one.name, one.mode, one.mtime, one.uname) for one in members] == [
        ("made/a.txt", 0o600, 1764151200, ""),
        ("made/b.json", 0o600, 1764151200, ""),
    ]


def test_only_its_owner_may_read_it_and_the_folder_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "bundles" / "a.tar.gz"
    write_bundle(path, b"x")
    assert path.read_bytes() == b"x"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_planted_symlink_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "a.tar.gz"
    target.write_text("mine", encoding="utf-8")
    path.symlink_to(target)
    write_bundle(path, b"x")
    assert target.read_text(encoding="utf-8") == "mine"
    assert not path.is_symlink()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecoveryError, match=r"a.tar.gz \(Not a directory|File exists\): set bundle_dir to a folder"):
        write_bundle(tmp_path / "file" / "a.tar.gz", b"x")


def test_a_crash_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecoveryError, match="No space left on device"):
        write_bundle(tmp_path / "a.tar.gz", b"x")
    assert list(tmp_path.iterdir()) == []
