# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Support bundles as files: an archive that only its owner may read, and what resets have kept."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_whole
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

# The newest backups of each connector are enough to show the values before the last changes.
MOST_BACKUPS = 10


def bundle_bytes(folder: str, files: Mapping[str, str], made_at: float) -> bytes:
    """A compressed archive with these texts in one folder; ``made_at`` is epoch seconds."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, text in files.items():
            content = text.encode("utf-8", errors="replace")
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mtime, member.mode = len(content), int(made_at), 0o600
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def write_bundle(path: Path, content: bytes) -> None:
    """Write the archive whole or not at all. Raises RecoveryError."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise RecoveryError(
            f"The support bundle cannot be written to {path} ({error.strerror}): set bundle_dir to a folder that can be"
            " written."
        ) from None


def kept_files(folder: Path) -> dict[str, dict[str, Any]]:
    """What resets have kept below the folder of a cluster: by folder of the connector and file, its JSON data.

    This is, for each connector, the newest backups, the journal and the own writes. An unreadable file has the reason
    instead. Raises OSError where the folder itself cannot be read.
    """
    found: dict[str, dict[str, Any]] = {}
    for connector in sorted(one for one in folder.iterdir() if one.is_dir()):
        backups = sorted((one for one in connector.glob("[0-9]*.json")), reverse=True)[:MOST_BACKUPS]
        others = [one for one in connector.glob("*.json") if not one.name[0].isdigit()]
        found[connector.name] = {one.name: _content(one) for one in (*backups, *others)}
    return found


def _content(file: Path) -> Any:
    try:
        # Do not block: the path may be a pipe instead of a file.
        with open(file, encoding="utf-8", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as opened:
            return json.load(opened)
    except (OSError, ValueError, RecursionError) as error:
        return {"problem": f"cannot be read ({type(error).__name__})"}
