# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the offsets of one connector are read and written in its STOPPED window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotStoppedYet,
    is_surely_not_made,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset, Partition, same_offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome

_WRITE_TRIES = 10
# Connect shows new and deleted partitions late, by half a second at the worst seen; each try waits for one second.
_READ_TRIES = 10
_PAUSE_SECONDS = 0.1
# Part of Connect's answer for a connector that cannot alter its offsets itself.
_EXTERNAL = "manages offsets externally"


class OffsetAccess(Protocol):
    """The offsets of one connector. Every method may raise RecoveryError.

    ``remarks`` are what Connect said about the writes so far besides that they are done, one text each. ``may_come_later``: the
    answer to a write was lost and the new value was not seen, so it may still be carried out.
    """

    @property
    def remarks(self) -> tuple[str, ...]: ...

    @property
    def may_come_later(self) -> bool: ...

    def stored(self) -> Mapping[Partition, Offset]:
        """The partitions that have an offset now."""

    def write(self, changes: Sequence[OffsetChange]) -> None:
        """Write the changes and read them back, twice alike. Raises RecoveryError when they are not there afterwards."""

    def undo(self) -> None:
        """Undo what :meth:`write` has sent. An offset that somebody else has written since is left and named."""


class RestOffsets:
    """An :class:`OffsetAccess` through Connect's REST API."""

    def __init__(self, cluster: Cluster, connector: str, sleep: Callable[[float], None]) -> None:
        self._cluster = cluster
        self._connector = connector
        self._sleep = sleep
        self._sent: tuple[OffsetChange, ...] = ()
        self.may_come_later = False
        self.remarks: tuple[str, ...] = ()

    def stored(self) -> dict[Partition, Offset]:
        entries = self._cluster.offsets(self._connector)
        return {entry.partition: entry.offset for entry in entries if entry.offset is not None}

    def write(self, changes: Sequence[OffsetChange]) -> None:
        waiting = tuple(changes)
        refusal: RecoveryError | None = None
        for _try in range(_WRITE_TRIES):
            refusal = self._send(waiting)
            waiting = self.missing(changes)
            if not waiting:
                self.may_come_later = False
                return
        partitions = ", ".join(str(one.partition) for one in waiting)
        raise refusal or RecoveryError(
            f"Connect accepted the offsets of connector '{self._connector}', but {partitions} did not change: REST probably"
            " cannot address the stored key. Set kafka_bootstrap_servers, so that the offset is written to the offsets topic;"
            " if it is set already, compare the stored key with that in the topic."
        )

    def undo(self) -> None:
        back = tuple(OffsetChange(one.partition, one.after, one.before) for one in self._sent)
        # A connector that refuses to have its offsets altered refuses this as well, so only what changed is undone.
        missing = self.missing(back) if back else ()
        stored = self.stored() if missing else {}
        ours = tuple(one for one in missing if same_offset(stored.get(one.partition), one.before))
        if ours:
            self.write(ours)
        foreign = [str(one.partition) for one in missing if one not in ours]
        if foreign:
            raise RecoveryError(
                f"The offset of {', '.join(foreign)} of connector '{self._connector}' is neither the one before nor the one"
                " that was written: the connector has moved on, or somebody else changed it, so it stays as it is."
            )

    def _send(self, changes: tuple[OffsetChange, ...]) -> RecoveryError | None:
        """Send the changes once. Returns why Connect did not take them yet; None when it did, or its answer was lost."""
        offsets = [
            {"partition": one.partition.as_dict(), "offset": None if one.after is None else dict(one.after)}
            for one in changes
        ]
        sent_before = self._sent
        self._sent = sent_before or changes
        try:
            said = self._cluster.alter_offsets(self._connector, offsets)
        except UnknownOutcome:
            self.may_come_later = True  # what is read next decides
        except NotStoppedYet as error:
            # Status and this check have different sources, so one may run ahead of the other.
            self._sent = sent_before
            return error
        except ConnectError as error:
            if is_surely_not_made(error):
                # If a partition has the new offset now, somebody else wrote it.
                self._sent = sent_before
            raise
        else:
            # The connector does not confirm the change: it may keep offsets elsewhere as well.
            if _EXTERNAL in said and said not in self.remarks:
                self.remarks = (*self.remarks, said)
        return None

    def missing(self, changes: Sequence[OffsetChange]) -> tuple[OffsetChange, ...]:
        """The changes that cannot be read back within a second; what is there must be read twice alike."""
        seen_before = False
        missing = tuple(changes)
        for _try in range(_READ_TRIES):
            stored = self.stored()
            missing = tuple(one for one in changes if not same_offset(stored.get(one.partition), one.after))
            if not missing and seen_before:
                return ()
            seen_before = not missing
            self._sleep(_PAUSE_SECONDS)
        return missing
