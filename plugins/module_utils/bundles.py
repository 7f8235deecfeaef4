# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Support bundles as files: an archive that only its owner may read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_whole
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


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
