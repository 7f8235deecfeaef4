# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changes a connector: this process, and what is known about another process that has begun a change."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold, Holder, machine_id
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import Unfinished, judge_unfinished
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.mark import ConfigMark
from ansible_collections.connectops.recovery.plugins.module_utils.operations.who import user_name

_READ_TRIES = 10
_PAUSE_SECONDS = 0.1
# With two workers a rebalance takes up to 3 s.
_STOPPED_SECONDS = 4.0
_STOPPED_LOOKS = 16
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PROCESS_NAMESPACE = Path("/proc/self/ns/pid")
_CONTAINER_FILES = (Path("/run/.containerenv"), Path("/.dockerenv"))


def this_process() -> Holder:
    """The process that this runs in. AWX gives its jobs their id as JOB_ID."""
    return Holder(socket.gethostname(), os.getpid(), user_name(), os.environ.get("JOB_ID", ""), _this_machine())


def _this_machine() -> str:
    """See :func:`machine_id`; empty on a system other than Linux, or if the system does not show it."""
    try:
        return machine_id(_BOOT_ID.read_text(encoding="ascii"), _PROCESS_NAMESPACE.stat().st_ino)
    except (OSError, ValueError):
        return ""


def is_in_container() -> bool:
    """Whether the disk of this process is likely to be gone when the run has ended."""
    return bool(os.environ.get("AWX_PRIVATE_DATA_DIR")) or any(file.exists() for file in _CONTAINER_FILES)


def new_hold(plan_id: str, prior_state: LastingState, now: float, seconds: float) -> Hold:
    """The mark of a change that begins ``now`` (epoch seconds) and has ended after that many seconds, whatever happens."""
    return Hold(secrets.token_hex(6), plan_id, prior_state, this_process(), int(now), int(now + seconds))


def read_to_change(
    cluster: Cluster,
    name: str,
    sleep: Callable[[float], None],
    read: Callable[[], tuple[Connector, tuple[str, ...]]],
    read_settings: Callable[[], Connector],
) -> tuple[Connector, tuple[str, ...]]:
    """One connector with its offsets and a reliable state: if it is STOPPED, that is not the work of another run.

    Other runs write their mark right after the request to stop it, and remove it right before they let it run again. So the state
    is read before the mark, and one that is STOPPED without a mark must stay so for a while. ``read`` returns the connector, and
    warnings; ``read_settings`` the same one, of which only the config and the mark need be as they are by then. Raises
    RecoveryError.
    """
    for _try in range(_READ_TRIES):
        connector, warnings = read()
        if connector.state == "STOPPED" and not connector.hold_text and not _stays_stopped(cluster, name, sleep):
            continue
        marked = read_settings()
        if (marked.config, marked.hold_text) == (connector.config, connector.hold_text):
            return connector, warnings
        sleep(_PAUSE_SECONDS)
    raise RecoveryError(
        f"Connector '{name}' changes while it is read: each reading shows another config or state. Find out who changes it, then "
        "run again."
    )


def _stays_stopped(cluster: Cluster, name: str, sleep: Callable[[float], None]) -> bool:
    """Whether no other run has just ordered it to run: that order takes effect with the next rebalance."""
    for _look in range(_STOPPED_LOOKS):
        if cluster.status(name).state != "STOPPED":
            return False
        sleep(_STOPPED_SECONDS / _STOPPED_LOOKS)
    return True


def find_unfinished(connector: Connector, store: BackupStore, now: float) -> Unfinished:
    """What another run has begun and not ended; ``now`` is epoch seconds by the workers' clock. Raises RecoveryError."""
    journal = store.current()
    return judge_unfinished(connector, journal, now, holder_has_ended=_has_ended(connector.hold_text))


def demand_not_held(connector: Connector, now: float) -> None:
    """Raises RecoveryError while another run changes the connector; ``now`` is epoch seconds."""
    found = judge_unfinished(connector, None, now, holder_has_ended=False)
    if found.problem is not None and found.is_held:
        raise RecoveryError(found.problem)


def end_unfinished(
    cluster: Cluster, connector: str, store: BackupStore, over: Hold | None, sleep: Callable[[float], None]
) -> tuple[str, ...]:
    """Forget an unfinished change where nothing has to be changed: remove its mark, then its journal. Returns warnings."""
    warning = None if over is None else ConfigMark(cluster, connector, over, sleep).release()
    store.end()
    return () if warning is None else (warning,)


def _has_ended(hold_text: str | None) -> bool:
    """Whether the process that the mark names ran on this machine, and runs no more.

    A mark that names this very process counts too: the process has come back from that change, or another one had its number.
    False if the mark does not name its machine, because then it is not known.
    """
    try:
        holder = Hold.from_text(hold_text or "").holder
    except InputError:
        return False
    own = this_process()
    if not holder.machine or (holder.machine, holder.host) != (own.machine, own.host):
        return False
    if holder.process == own.process:
        return True
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        # The process exists and belongs to somebody else, or cannot be checked.
        pass
    return False
