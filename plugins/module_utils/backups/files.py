# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a folder of the host that the task runs on. The only module that writes files.

``<folder>/<cluster label>/<connector>/`` holds one backup for each change, ``journal.json`` while a change is under way, and
``own_writes.json``: the offsets that resets wrote last.
Files are readable by their owner only.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import (
    OwnWrite,
    newest_writes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError

_JOURNAL_FORMAT = 1
_OWN_WRITES_FORMAT = 1
_BACKUP_NAME = re.compile(r"(?P<moment>\d{8}T\d{6}\.\d{6}Z)-(?P<plan_id>\w+)\.json")
# File systems allow 255 bytes for one part of a path.
_LONGEST_FOLDER_NAME = 200
_LISTED_BACKUPS = 5


def backup_folder(path: str) -> Path:
    """The folder that the option ``backup_dir`` names. Raises InputError for a path that cannot be one."""
    if not path.strip():
        raise InputError("backup_dir is empty: name a folder, or leave the option out.")
    return _expanded(path, "backup_dir")


class FolderStore:
    """The backups and the journal of one connector of one cluster, in a folder of their own. A :class:`BackupStore`."""

    def __init__(self, folder: Path, cluster: str, cluster_id: str, connector: str) -> None:
        # By label, because several Connect clusters may share one Kafka cluster and so one id.
        self.folder = folder / _folder_name(cluster) / _folder_name(connector)
        self._cluster_id = cluster_id
        self._connector = connector

    def back_up(self, backup: Backup) -> str:
        moment = re.sub(r"[-:]|[+]00:00$", "", backup.taken_at)
        path = self.folder / f"{moment}Z-{backup.plan_id}.json"
        text = _write(path, backup.as_data())
        if _read_text(path) != text:
            raise RecoveryError(
                f"The backup {path} does not read back as written: nothing was changed; check the disk."
            )
        return str(path)

    def list(self) -> tuple[BackupEntry, ...]:
        try:
            names = sorted((path.name for path in self.folder.iterdir()), reverse=True)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            raise RecoveryError(
                f"The folder {self.folder} cannot be read ({_reason(error)}): check its rights."
            ) from None
        return tuple(self._entry(match) for match in map(_BACKUP_NAME.fullmatch, names) if match)

    def _entry(self, match: re.Match[str]) -> BackupEntry:
        path = str(self.folder / match.string)
        day, clock = match["moment"].split("T")
        taken_at = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:-1]}+00:00"
        try:
            offsets = len(self.read(path).offsets)
        except RecoveryError:
            return BackupEntry(path, taken_at, match["plan_id"], None)
        return BackupEntry(path, taken_at, match["plan_id"], offsets)

    def read(self, name: str) -> Backup:
        """``name`` is a path, as :meth:`back_up` returned it."""
        where = f"backup_file: {name}"
        path = _expanded(name, "backup_file")
        try:
            data = _read(path)
        except FileNotFoundError:
            raise InputError(f"{where} does not exist on the host the task runs on; {self._known_backups()}") from None
        except _UNREADABLE as error:
            raise InputError(f"{where} cannot be read ({_reason(error)}).") from None
        backup = Backup.from_data(data, where)
        for what, found, wanted in (
            ("connector", backup.connector, self._connector),
            ("cluster", backup.cluster_id, self._cluster_id),
        ):
            if found != wanted:
                raise InputError(f"{where} is a backup of {what} '{found}', not of '{wanted}'.")
        return backup

    def _known_backups(self) -> str:
        entries = self.list()
        if not entries:
            return f"there are no backups of connector '{self._connector}' in {self.folder}."
        shown = ", ".join(str(entry) for entry in entries[:_LISTED_BACKUPS])
        first = "the backups" if len(entries) <= _LISTED_BACKUPS else f"the newest {_LISTED_BACKUPS} backups"
        return f"{first} of connector '{self._connector}' are: {shown}."

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        try:
            older = self.own_writes()
        except RecoveryError:
            # What cannot be read is of no use to anyone.
            older = ()
        content = {
            "format": _OWN_WRITES_FORMAT,
            "cluster_id": self._cluster_id,
            "connector": self._connector,
            "writes": [write.as_data() for write in newest_writes(older, writes)],
        }
        _write(self._own_writes_path, content)

    def own_writes(self) -> tuple[OwnWrite, ...]:
        path = self._own_writes_path
        try:
            content = _read(path)
            if content["format"] != _OWN_WRITES_FORMAT:
                raise ValueError("another format")
            if (content["cluster_id"], content["connector"]) != (self._cluster_id, self._connector):
                # Of a cluster that had the same label.
                return ()
            return tuple(map(OwnWrite.from_data, content["writes"]))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (*_UNREADABLE, KeyError, TypeError):
            raise RecoveryError(
                f"{path} cannot be read, so an offset that a reset wrote may be taken for progress of connector"
                f" '{self._connector}': delete the file."
            ) from None

    def begin(self, journal: Journal) -> None:
        content = {
            "format": _JOURNAL_FORMAT,
            "cluster_id": self._cluster_id,
            "connector": self._connector,
            **journal.as_data(),
        }
        _write(self._journal_path, content)

    def current(self) -> Journal | None:
        path = self._journal_path
        try:
            content = _read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except _UNREADABLE as error:
            raise self._damaged(f"cannot be read ({_reason(error)})") from None
        if not isinstance(content, Mapping) or content.get("format") != _JOURNAL_FORMAT:
            raise self._damaged("is damaged")
        if (content.get("cluster_id"), content.get("connector")) != (self._cluster_id, self._connector):
            raise self._damaged(
                f"belongs to connector '{content.get('connector')}' of cluster '{content.get('cluster_id')}'"
            )
        try:
            return Journal.from_data(content)
        except ValueError:
            raise self._damaged("is damaged") from None

    def _damaged(self, what: str) -> RecoveryError:
        return RecoveryError(
            f"The journal {self._journal_path} {what}, so it is not known whether a change of connector '{self._connector}' is"
            " unfinished: check the connector's state, then delete the file."
        )

    def end(self) -> None:
        try:
            self._journal_path.unlink(missing_ok=True)
            # A run that was killed while it wrote may have left these.
            for partial in self.folder.glob("*.partial"):
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise RecoveryError(
                f"The journal {self._journal_path} cannot be deleted ({error.strerror}), although the change of connector"
                f" '{self._connector}' has ended: delete the file."
            ) from None

    @property
    def _own_writes_path(self) -> Path:
        return self.folder / "own_writes.json"

    @property
    def _journal_path(self) -> Path:
        return self.folder / "journal.json"


def _expanded(path: str, option: str) -> Path:
    """The path with ``~`` and ``~user`` replaced. Raises InputError for a user that does not exist."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise InputError(
            f"{option}: {path} cannot be used, because {user} has no home folder on the host the task runs on."
        ) from None


def _folder_name(name: str) -> str:
    """The name as one part of a path; ``.`` and ``..`` lead nowhere else, and a long name ends in its hash."""
    quoted = quote(name, safe="")
    if not quoted.strip("."):
        return quoted.replace(".", "%2E")
    if len(quoted) <= _LONGEST_FOLDER_NAME:
        return quoted
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{re.sub(r'%.?$', '', quoted[: _LONGEST_FOLDER_NAME - 17])}-{digest}"


# RecursionError: JSON that is nested too deeply.
_UNREADABLE = (OSError, ValueError, RecursionError)


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "nested too deeply" if isinstance(error, RecursionError) else "not JSON"


def _write(path: Path, content: Mapping[str, Any]) -> str:
    """Write a file so that a crash leaves the old one or the new one, never half of one. Returns its text."""
    partial = ""
    try:
        text = json.dumps(content, indent=1, allow_nan=False)
        _make_folder(path.parent)
        # A new name, created exclusively: a symlink or a file that somebody put there is never written to.
        descriptor, partial = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".partial", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        _sync(path.parent)
    except (OSError, ValueError) as error:
        if partial:
            Path(partial).unlink(missing_ok=True)
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RecoveryError(
            f"{re.sub(r'[.]json$', '', path.name)} cannot be written to {path.parent} ({why}): nothing was changed; set"
            " backup_dir to a folder that can be written."
        ) from None
    return text


def _make_folder(folder: Path) -> None:
    """Create the folder and those above it, all for their owner only."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)
        _sync(part.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Any:
    return json.loads(_read_text(path))


def _read_text(path: Path) -> str:
    # Not blocking: what should be a file may be a pipe.
    with open(path, encoding="utf-8", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read()
