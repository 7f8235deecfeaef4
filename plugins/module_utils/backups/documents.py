# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, journal and own writes of a connector as named JSON documents: the part that is the same for every place."""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupEntry, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import CHANGE_RESULTS, ChangeResult
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import OwnWrite, newest_writes
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.soak import Soak
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError

JOURNAL = "journal"
OWN_WRITES = "own_writes"
# What verifications of the last change have seen. It may be written while another change is under way.
SAMPLES = "samples"
# The ending of the name of the document that says what became of a backup's change.
RESULT = ".result"

_JOURNAL_FORMAT = 1
_OWN_WRITES_FORMAT = 1
_RESULT_FORMAT = 1
_BACKUP_NAME = re.compile(r"(?P<moment>\d{8}T\d{6}\.\d{6}Z)-(?P<plan_id>\w+)")
# File systems allow 255 bytes for one part of a path.
_LONGEST_PART = 200
_LISTED_BACKUPS = 5


class Unreadable(Exception):
    """A document exists but cannot be read. The text says why in a few words."""


class Damaged(RecoveryError):
    """The stored document differs from what was written, so reading it again will not help."""


class DocumentStore(ABC):
    """A :class:`~.store.BackupStore` of named documents; a subclass knows one kind of place where they are kept.

    ``cluster_id`` None: documents of any Kafka cluster may be read, and none may be written.
    """

    # Indentation of the JSON that is written; None for one line, which is ten times as fast to make.
    _indent: ClassVar[int | None] = None

    def __init__(self, cluster_id: str | None, connector: str) -> None:
        self._cluster_id = cluster_id
        self._connector = connector

    # -----------------------------------------------------------------------------------------------------------------
    # The place. Each of these may raise RecoveryError when something is wrong with the place itself.

    @property
    @abstractmethod
    def place(self) -> str:
        """See :attr:`~.store.BackupStore.place`."""

    @abstractmethod
    def shown(self, name: str) -> str:
        """What a person types for a document, and what messages show."""

    @abstractmethod
    def _names(self) -> Iterable[str]:
        """The names of all documents of the connector."""

    @abstractmethod
    def _read(self, name: str) -> str | None:
        """The text of a document, None where there is none. Raises Unreadable."""

    @property
    @abstractmethod
    def _where_missing(self) -> str:
        """Where the store looked for a document that does not exist; the text follows ``does not exist``."""

    @abstractmethod
    def _read_shown(self, shown: str) -> str | None:
        """The text of the document that a person named. Raises Unreadable and InputError."""

    @abstractmethod
    def _write(self, name: str, text: str) -> None:
        """Write a document, or replace it. A crash leaves the old one or the new one whole."""

    @abstractmethod
    def _check_size(self, size: int) -> None:
        """Raise RecoveryError where a document of this many bytes is too large for the place."""

    @abstractmethod
    def _delete(self, name: str) -> None:
        """Delete a document. It is not an error if there is none."""

    @abstractmethod
    def _how_to_delete(self, name: str) -> str:
        """What a person must do to delete a document, as a part of a sentence."""

    @abstractmethod
    def _cannot_write(self, name: str, why: str) -> RecoveryError:
        """The exception for a document that cannot be written; nothing was changed."""

    # -----------------------------------------------------------------------------------------------------------------
    # Backups

    def back_up(self, backup: Backup) -> str:
        """See :meth:`~.store.BackupStore.back_up`."""
        name = _name_of(backup)
        text = self._put(name, backup.as_data())
        try:
            is_there = self._read(name) == text
        except Unreadable:
            is_there = False
        if not is_there:
            raise RecoveryError(
                f"The backup {self.shown(name)} differs from what was written: nothing was changed; check the disk."
            )
        self._refuse_unreadable(text)
        return self.shown(name)

    def refuse_unfit(self, backup: Backup) -> None:
        """See :meth:`~.store.BackupStore.refuse_unfit`."""
        text = self._text(_name_of(backup), backup.as_data(), None)
        self._refuse_unreadable(text)
        self._check_size(len(text.encode()))

    def _refuse_unreadable(self, text: str) -> None:
        """A backup must not only exist: it must be usable for a restore."""
        try:
            Backup.from_data(_parsed(text), "it")
        except (InputError, Unreadable) as error:
            reason = str(error).partition(": ")[2].rstrip(".") or str(error)
            raise RecoveryError(
                f"The backup of connector '{self._connector}' cannot be used for a restore ({reason}), so nothing was changed:"
                " correct this value in Kafka Connect, then run again."
            ) from None

    def list(self) -> tuple[BackupEntry, ...]:
        """See :meth:`~.store.BackupStore.list`."""
        names = sorted(self._names(), reverse=True)
        return tuple(self._entry(match) for match in map(_BACKUP_NAME.fullmatch, names) if match)

    def _entry(self, match: re.Match[str]) -> BackupEntry:
        shown = self.shown(match.string)
        day, clock = match["moment"].split("T")
        taken_at = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:-1]}+00:00"
        try:
            offsets = len(self.read(shown, any_cluster=True).offsets)
        except InputError:
            return BackupEntry(shown, taken_at, match["plan_id"], None)
        return BackupEntry(shown, taken_at, match["plan_id"], offsets, self.result(shown))

    def read(self, name: str, *, any_cluster: bool = False) -> Backup:
        """See :meth:`~.store.BackupStore.read`; ``name`` is what :meth:`back_up` returned."""
        where = f"backup_file: {name}"
        try:
            text = self._read_shown(name)
            if text is None:
                raise InputError(f"{where} does not exist{self._where_missing}; {self._known_backups()}")
            data = _parsed(text)
        except Unreadable as error:
            raise InputError(f"{where} cannot be read ({error}).") from None
        backup = Backup.from_data(data, where)
        for what, found, wanted in (
            ("connector", backup.connector, self._connector),
            ("cluster", backup.cluster_id, backup.cluster_id if any_cluster else self._cluster_id),
        ):
            if found != wanted:
                raise InputError(f"{where} is a backup of {what} '{found}', not of '{wanted}'.")
        return backup

    def delete(self, name: str) -> None:
        """See :meth:`~.store.BackupStore.delete`."""
        for one in tuple(self._names()):
            if self.shown(one) == name and _BACKUP_NAME.fullmatch(one):
                self._delete(one)
                self._delete(f"{one}{RESULT}")

    def note_result(self, name: str, result: ChangeResult, returned_at: float | None = None) -> None:
        """See :meth:`~.store.BackupStore.note_result`."""
        own = name.rpartition("/")[2].removesuffix(".json")
        moment = {} if returned_at is None else {"returned_at": returned_at}
        self._put(f"{own}{RESULT}", {"format": _RESULT_FORMAT, "result": result, **moment})

    def result(self, name: str) -> ChangeResult | None:
        """See :meth:`~.store.BackupStore.result`."""
        found = self._result_of(name).get("result")
        return next((one for one in CHANGE_RESULTS if found == one), None)

    def returned_at(self, name: str) -> float | None:
        """See :meth:`~.store.BackupStore.returned_at`."""
        found = self._result_of(name).get("returned_at")
        return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None

    def _result_of(self, name: str) -> Mapping[str, Any]:
        """The document that says what became of the change; empty if there is no readable one."""
        try:
            content = _parsed(self._read_shown(f"{name.removesuffix('.json')}{RESULT}") or "null")
        except Unreadable:
            # The result is not known then; the current values show how much of the change was made.
            return {}
        return content if isinstance(content, Mapping) and content.get("format") == _RESULT_FORMAT else {}

    def _known_backups(self) -> str:
        entries = self.list()
        if not entries:
            return f"there are no backups of connector '{self._connector}' in {self.place}."
        shown = ", ".join(str(entry) for entry in entries[:_LISTED_BACKUPS])
        first = "the backups" if len(entries) <= _LISTED_BACKUPS else f"the newest {_LISTED_BACKUPS} backups"
        return f"{first} of connector '{self._connector}' are: {shown}."

    def contents(self, most_backups: int) -> dict[str, Any]:
        """See :meth:`~.store.BackupStore.contents`."""
        names = sorted(self._names(), reverse=True)
        backups = [name for name in names if _BACKUP_NAME.fullmatch(name)]
        too_old = {name for backup in backups[most_backups:] for name in (backup, f"{backup}{RESULT}")}
        found: dict[str, Any] = {}
        for name in (name for name in names if name not in too_old):
            try:
                found[name] = _parsed(self._read(name) or "null")
            except Unreadable as error:
                found[name] = {"problem": f"cannot be read ({error})"}
        return found

    # -----------------------------------------------------------------------------------------------------------------
    # Own writes

    def note_writes(self, writes: Sequence[OwnWrite]) -> None:
        """See :meth:`~.store.BackupStore.note_writes`."""
        try:
            older = self.own_writes()
        except Damaged:
            # An unreadable document is useless, so it may be replaced.
            older = ()
        data = [write.as_data() for write in newest_writes(older, writes)]
        self._put(OWN_WRITES, {"format": _OWN_WRITES_FORMAT, **self._about, "writes": data})

    def own_writes(self) -> tuple[OwnWrite, ...]:
        """See :meth:`~.store.BackupStore.own_writes`."""
        try:
            text = self._read(OWN_WRITES)
            if text is None:
                return ()
            content = _parsed(text)
            if content["format"] != _OWN_WRITES_FORMAT:
                raise Unreadable("another format")
            if any(content[name] != value for name, value in self._about.items()):
                # Of a cluster that had the same label.
                return ()
            return tuple(map(OwnWrite.from_data, content["writes"]))
        except (Unreadable, ValueError, KeyError, TypeError):
            raise Damaged(
                f"{self.shown(OWN_WRITES)} cannot be read, so an offset that a reset wrote may be taken for progress of connector"
                f" '{self._connector}': {self._how_to_delete(OWN_WRITES)}."
            ) from None

    # -----------------------------------------------------------------------------------------------------------------
    # Samples

    def note_samples(self, soak: Soak) -> None:
        """See :meth:`~.store.BackupStore.note_samples`."""
        self._put(SAMPLES, {**self._about, **soak.as_data()})

    def samples(self) -> Soak | None:
        """See :meth:`~.store.BackupStore.samples`."""
        try:
            text = self._read(SAMPLES)
            return None if text is None else Soak.from_data(_parsed(text))
        except (Unreadable, ValueError):
            raise Damaged(
                f"{self.shown(SAMPLES)} cannot be read, so its samples are lost: the soak begins again with the next sample."
            ) from None

    # -----------------------------------------------------------------------------------------------------------------
    # The journal

    def begin(self, journal: Journal) -> None:
        """See :meth:`~.store.BackupStore.begin`."""
        self._put(JOURNAL, {"format": _JOURNAL_FORMAT, **self._about, **journal.as_data()})

    def current(self) -> Journal | None:
        """See :meth:`~.store.BackupStore.current`."""
        try:
            text = self._read(JOURNAL)
            if text is None:
                return None
            content = _parsed(text)
        except Unreadable as error:
            raise self._damaged_journal(f"cannot be read ({error})") from None
        if not isinstance(content, Mapping) or content.get("format") != _JOURNAL_FORMAT:
            raise self._damaged_journal("is damaged")
        if any(content.get(name) != value for name, value in self._about.items()):
            raise self._damaged_journal(
                f"belongs to connector '{content.get('connector')}' of cluster '{content.get('cluster_id')}'"
            )
        try:
            return Journal.from_data(content)
        except ValueError:
            raise self._damaged_journal("is damaged") from None

    def _damaged_journal(self, what: str) -> Damaged:
        return Damaged(
            f"The journal {self.shown(JOURNAL)} {what}, so it is not known whether a change of connector '{self._connector}' is"
            f" unfinished: check the connector's state, then {self._how_to_delete(JOURNAL)}."
        )

    def end(self) -> None:
        """See :meth:`~.store.BackupStore.end`."""
        self._delete(JOURNAL)

    # -----------------------------------------------------------------------------------------------------------------

    @property
    def _about(self) -> dict[str, str]:
        """The part of a journal and of own writes that says which connector and cluster they belong to."""
        whose = {"cluster_id": self._cluster_id, "connector": self._connector}
        return {name: value for name, value in whose.items() if value is not None}

    def _put(self, name: str, content: Mapping[str, Any]) -> str:
        """Write a document. Returns its text."""
        if self._cluster_id is None:
            raise ValueError("a store of no cluster is for reading only")
        text = self._text(name, content, self._indent)
        self._write(name, text)
        return text

    def _text(self, name: str, content: Mapping[str, Any], indent: int | None) -> str:
        try:
            return json.dumps(content, indent=indent, allow_nan=False)
        except ValueError as error:
            raise self._cannot_write(name, str(error)) from None


def _name_of(backup: Backup) -> str:
    moment = re.sub(r"[-:]|[+]00:00$", "", backup.taken_at)
    return f"{moment}Z-{backup.plan_id}"


def part_of_path(name: str) -> str:
    """A label or a name as one part of a path. ``.`` and ``..`` do not lead elsewhere; a long name ends in its hash."""
    quoted = quote(name, safe="")
    if not quoted.strip("."):
        return quoted.replace(".", "%2E")
    if len(quoted) <= _LONGEST_PART:
        return quoted
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{re.sub(r'%.?$', '', quoted[: _LONGEST_PART - 17])}-{digest}"


def connector_of(part: str, texts: Iterable[str]) -> str:
    """The connector whose folder has this name: from its documents, since long names are cut, or from the folder's
    name.
    """
    for text in texts:
        try:
            content = _parsed(text)
        except Unreadable:
            continue
        found = content.get("connector") if isinstance(content, Mapping) else None
        if isinstance(found, str) and part_of_path(found) == part:
            return found
    return unquote(part)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Unreadable("not JSON") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
