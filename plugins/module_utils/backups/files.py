# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a folder of the host that the task runs on. Other modules write their files through this one, except
``shared_answers``, which writes its own.

``<folder>/<cluster label>/<connector>/`` holds one backup for each change, beside it a ``.result`` that says what became of the
change, ``journal.json`` while a change is under way, and ``own_writes.json``: the offsets that resets wrote last.
Files are readable by their owner only.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.documents import (
    JOURNAL,
    RESULT,
    DocumentStore,
    Unreadable,
    connector_of,
    part_of_path,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.paths import IN_TOPIC

_SUFFIX = ".json"
# A file that is still being written is never this much older than a journal.
_STALE_SECONDS = 3600.0


def backup_folder(path: str) -> Path:
    """The folder that the option ``backup_dir`` names. Raises InputError for a path that cannot be one."""
    if not path.strip():
        raise InputError("backup_dir is empty: name a folder, or leave the option out.")
    return _expanded(path, "backup_dir")


def write_document(path: Path, content: Mapping[str, Any], option: str) -> None:
    """Write a document for a user in the same way as a backup: whole or not at all, readable by its owner only.

    Raises RecoveryError, which names the ``option`` with the path.
    """
    try:
        _write_text(path, json.dumps(content, indent=1, allow_nan=False))
    except (OSError, ValueError) as error:
        raise RecoveryError(
            f"{path.name} cannot be written to {path.parent} ({_reason(error)}): nothing was changed; set {option} to a file that"
            " can be written."
        ) from None


def folder_problem(path: Path) -> str | None:
    """Why no file can be written below the path, which may not exist yet; None if one can be written."""
    try:
        there = next((one for one in (path, *path.parents) if one.exists()), path)
        if not there.is_dir():
            return f"{there} is not a folder: name another one."
    except (OSError, ValueError) as error:
        return f"{path} cannot be used ({_why(error)}): name another folder."
    if not os.access(there, os.W_OK | os.X_OK):
        return f"nothing can be written to {there}: name another folder, or correct its permissions."
    return None


def new_folder(parent: Path, name: str, option: str) -> Path:
    """Create a new folder with this name, or with this name and a number, for its owner only.

    Raises RecoveryError, which names the ``option`` with the path of ``parent``.
    """
    try:
        _make_folder(parent)
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        return next(folder for one in names if _is_made(folder := parent / one))
    except (OSError, ValueError) as error:
        raise _not_written(parent, error, option) from None


def _is_made(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    return True


def write_texts(folder: Path, texts: Mapping[str, str], option: str) -> None:
    """Write these files in this order, each whole or not at all, for its owner only. Raises RecoveryError."""
    for name, text in texts.items():
        try:
            _write_text(folder / name, text)
        except (OSError, ValueError) as error:
            raise _not_written(folder, error, option) from None


def _not_written(folder: Path, error: OSError | ValueError, option: str) -> RecoveryError:
    return RecoveryError(
        f"Nothing can be written to {folder} ({_why(error)}): set {option} to a folder that can be written."
    )


def read_document(path: Path) -> Any:
    """The JSON data of a file. Raises FileNotFoundError, and ValueError with the reason why it cannot be read."""
    try:
        return json.loads(_read_text(path))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ValueError(_reason(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


class FolderStore(DocumentStore):
    """The backups and the journal of one connector of one cluster, in a separate folder. A :class:`BackupStore`."""

    # A person reads them.
    _indent = 1

    def __init__(self, folder: Path, cluster: str, cluster_id: str | None, connector: str) -> None:
        super().__init__(cluster_id, connector)
        # By label, because several Connect clusters may share one Kafka cluster and so one id.
        self.folder = folder / part_of_path(cluster) / part_of_path(connector)
        # Known texts of the journal. Any other text belongs to a run that has begun since, and stays.
        self._seen_journal: str | None = None
        self._own_journals: set[str] = set()

    @property
    def place(self) -> str:
        return str(self.folder)

    def shown(self, name: str) -> str:
        # The path must work from any working directory.
        return str(self._path(name).absolute())

    def _names(self) -> list[str]:
        names = [path.name for path in _children(self.folder)]
        return [name.removesuffix(_SUFFIX) for name in names if name.endswith((_SUFFIX, RESULT))]

    def _read(self, name: str) -> str | None:
        try:
            text = _text_of(self._path(name))
            if name == JOURNAL:
                self._seen_journal = text
            return text
        except Unreadable:
            if not self.folder.parent.is_dir():
                # Nothing was ever written there; writing the first document will report the problem.
                return None
            raise

    def _read_shown(self, shown: str) -> str | None:
        """``shown`` is a path, of this folder or of any other."""
        if shown.startswith(IN_TOPIC):
            topic = shown.removeprefix(IN_TOPIC).partition("/")[0]
            raise InputError(f"backup_file: {shown} is in a topic: set backup_topic to {topic}.")
        return _text_of(_expanded(shown, "backup_file"))

    @property
    def _where_missing(self) -> str:
        return " on the host the task runs on"

    def _write(self, name: str, text: str) -> None:
        if name == JOURNAL:
            # The journal may exist from now on, even if the write fails.
            self._own_journals.add(text)
        try:
            _write_text(self._path(name), text)
        except (OSError, ValueError) as error:
            raise self._cannot_write(name, _why(error)) from None

    def _cannot_write(self, name: str, why: str) -> RecoveryError:
        return RecoveryError(
            f"{name} cannot be written to {self.folder} ({why}): nothing was changed; set backup_dir to a folder that can be"
            " written."
        )

    def refuse_unfit(self, backup: Backup) -> None:
        super().refuse_unfit(backup)
        if (problem := folder_problem(self.folder)) is not None:
            raise self._cannot_write("A backup", problem.partition(": ")[0])

    def _check_size(self, size: int) -> None:
        """A file may be of any size."""

    def _delete(self, name: str) -> None:
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise RecoveryError(
                f"{path} cannot be deleted ({error.strerror}): check the permissions of its folder, then delete the file."
            ) from None

    def _how_to_delete(self, name: str) -> str:
        return "delete the file"

    def end(self) -> None:
        path = self._path(JOURNAL)
        try:
            text = _text_of(path)
            is_own = text in self._own_journals if self._own_journals else text == self._seen_journal
            if text is None or not is_own:
                return
            written_at = path.stat().st_mtime
            path.unlink()
            # A run that was killed while writing may have left these; another run may be writing a new one.
            for partial in self.folder.glob("*.partial"):
                if partial.stat().st_mtime < written_at - _STALE_SECONDS:
                    partial.unlink(missing_ok=True)
        except FileNotFoundError:
            # Another run has removed it at the same moment.
            return
        except (OSError, Unreadable) as error:
            why = str(error) if isinstance(error, Unreadable) else error.strerror
            raise RecoveryError(
                f"The journal {path} cannot be deleted ({why}), although the change of connector '{self._connector}' has ended:"
                " delete the file."
            ) from None

    def contents(self, most_backups: int) -> dict[str, Any]:
        """The names are those of the files."""
        return {self._path(name).name: data for name, data in super().contents(most_backups).items()}

    def _path(self, name: str) -> Path:
        return self.folder / (name if name.endswith(RESULT) else f"{name}{_SUFFIX}")


def connectors_in(folder: Path, cluster: str) -> list[str]:
    """The connectors of a cluster that have a folder in the folder of all backups. Raises RecoveryError."""
    folders = [path for path in _children(folder / part_of_path(cluster)) if path.is_dir()]
    return sorted(connector_of(path.name, _texts_in(path)) for path in folders)


def _texts_in(folder: Path) -> Iterator[str]:
    """The texts that can be read; a folder that cannot be read must not hide the others."""
    paths = []
    with suppress(RecoveryError):
        paths = _children(folder)
    for path in paths:
        with suppress(Unreadable):
            yield _text_of(path) or ""


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise RecoveryError(f"The folder {folder} cannot be read ({_reason(error)}): check its permissions.") from None


def _expanded(path: str, option: str) -> Path:
    """The path with ``~`` and ``~user`` replaced. Raises InputError for a user that does not exist."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise InputError(
            f"{option}: {path} cannot be used, because {user} has no home folder on the host the task runs on."
        ) from None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else "not JSON"


def _write_text(path: Path, text: str) -> None:
    """:func:`write_whole`; raises ValueError as well, for a text that is not UTF-8."""
    write_whole(path, text.encode("utf-8"))


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that a crash leaves the old file or the new file, never a part of one. Raises OSError.

    ``mode``: who may read it, by default its owner only.
    """
    partial = ""
    try:
        _make_folder(path.parent)
        # Create a new name exclusively: never write to a symlink or a file that somebody has put there.
        descriptor, partial = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".partial", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(partial, path)
        _sync(path.parent)
    except (OSError, ValueError):  # the latter for a path that no file can have
        if partial:
            # Report the first failure; the rest of the file is removed with the next journal.
            with suppress(OSError):
                Path(partial).unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    """Create the folder and those above it, all for their owner only."""
    if folder.exists():
        return
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


def _text_of(path: Path) -> str | None:
    """The text of a file, None where there is none. Raises Unreadable."""
    try:
        return _read_text(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unreadable(_reason(error)) from None


def _read_text(path: Path) -> str:
    # Do not block: the path may be a pipe instead of a file.
    with open(path, encoding="utf-8", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read()
