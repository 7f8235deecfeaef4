# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a folder of the host that the task runs on. The one place that writes files.

``<folder>/<cluster label>/<connector>/`` holds a backup for each change and one ``journal.json`` while a change is under way.
A backup holds no secret: config values that are secret are left out, placeholders stay.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError

DEFAULT_BACKUP_DIR = "~/.connectops/backups"
_FORMAT = 1


@dataclass(frozen=True)
class Journal:
    """What was begun: the state the connector had before, the plan, and the backup that goes with it."""

    plan_id: str
    prior_state: str
    backup_file: str


class BackupStore:
    """The backups and the journal of one connector of one cluster."""

    def __init__(self, folder: str, cluster: str, cluster_id: str, connector: str) -> None:
        # Several Connect clusters on one Kafka cluster may have connectors of one name, and share the id.
        self.folder = Path(folder).expanduser() / _folder_name(cluster) / _folder_name(connector)
        self._cluster_id = cluster_id
        self._connector = connector

    def back_up(self, connector: Connector, plan_id: str, secret_keys: frozenset[str], now: float) -> str:
        """Write a backup, read it back and compare; ``now`` is epoch seconds. Returns its path. Raises RecoveryError."""
        moment = datetime.fromtimestamp(now, timezone.utc)
        path = self.folder / f"{moment:%Y%m%dT%H%M%S.%fZ}-{plan_id}.json"
        content = {
            "format": _FORMAT,
            "cluster_id": self._cluster_id,
            "connector": self._connector,
            "taken_at": moment.isoformat(),
            "plan_id": plan_id,
            "state": connector.state,
            "config": redacted(connector.config, secret_keys),
            "offsets": [
                {"partition": partition.as_dict(), "offset": dict(offset)}
                for partition, offset in connector.stored.items()
            ],
        }
        _write(path, content)
        if _read(path) != content:
            raise RecoveryError(
                f"The backup {path} does not read back as it was written: nothing was changed; check the disk."
            )
        return str(path)

    def journal(self) -> Journal | None:
        """The journal of a change that was begun and not ended, if there is one."""
        path = self._journal_path
        if not path.exists():
            return None
        content = _read(path)
        try:
            return Journal(content["plan_id"], content["prior_state"], content["backup_file"])
        except (KeyError, TypeError):
            raise RecoveryError(
                f"The journal {path} is damaged: see to the connector's state, then delete the file."
            ) from None

    def begin(self, journal: Journal) -> None:
        _write(
            self._journal_path,
            {"plan_id": journal.plan_id, "prior_state": journal.prior_state, "backup_file": journal.backup_file},
        )

    def end(self) -> None:
        self._journal_path.unlink(missing_ok=True)

    @property
    def _journal_path(self) -> Path:
        return self.folder / "journal.json"


def read_backup(path: str, connector: str, cluster_id: str) -> dict[Partition, Offset]:
    """The offsets of a backup of this very connector. Raises InputError for a file that is none, or of another."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"backup_file: there is no file {path} on the host the task runs on.")
    content = _read(file)
    if not isinstance(content, Mapping) or content.get("format") != _FORMAT or "offsets" not in content:
        raise InputError(f"backup_file: {path} is no backup of this collection (format {_FORMAT}).")
    for name, wanted in (("connector", connector), ("cluster_id", cluster_id)):
        if content.get(name) != wanted:
            raise InputError(
                f"backup_file: {path} is a backup of {name.replace('_id', '')} '{content.get(name)}', not of '{wanted}'."
            )
    try:
        return {Partition.of(entry["partition"]): dict(entry["offset"]) for entry in content["offsets"]}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            f"backup_file: {path} is damaged: its offsets are not pairs of partition and offset."
        ) from None


def _folder_name(name: str) -> str:
    """The name as one part of a path, ``.`` and ``..`` among them."""
    quoted = quote(name, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a half; only its owner may read it."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise RecoveryError(
            f"{re.sub(r'[.]json$', '', path.name)} cannot be written to {path.parent} ({error.strerror}): nothing was changed;"
            " set backup_dir to a folder that can be written."
        ) from None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecoveryError(f"{path} cannot be read ({error}).") from None
