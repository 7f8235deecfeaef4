# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads while a plan is carried out: one line for each step of one connector."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State

_IF_KILLED = "; if this run is killed"


def backed_up(connector: str, offsets: int, backup_file: str) -> str:
    return f"{connector}: backed up {counted(offsets, 'offset')} to {backup_file}"


def if_killed(connector: str, final_state: State, until: int) -> str:
    """Shown before the connector is stopped, since nothing can be shown once the run is killed.

    ``until``: epoch seconds up to which runs of other machines leave the connector to this one.
    """
    return (
        f"{connector}: stopping{_IF_KILLED}, run it again without a plan id: that ends in {final_state} (on another"
        f" machine after {show_moment(until).partition(' ')[2]})"
    )


def as_step(connector: str, line: str) -> str:
    """What one of these lines says was done, once it is over: without the connector and without advice."""
    return line.removeprefix(f"{connector}: ").partition(_IF_KILLED)[0]


def stopped(connector: str) -> str:
    return f"{connector}: STOPPED, its tasks have ended"


def written(connector: str, settings: int, offsets: int) -> str:
    changes = [counted(number, noun) for number, noun in ((settings, "setting"), (offsets, "offset")) if number]
    return f"{connector}: {' and '.join(changes)} written and read back"


def returned(connector: str, state: State) -> str:
    return f"{connector}: {state} again" if state != "STOPPED" else f"{connector}: left STOPPED"


def left_as_chosen(connector: str, state: State, wanted: State) -> str:
    """A warning: the connector is not returned to its state, because another one was chosen."""
    return (
        f"The state {state} was chosen for connector '{connector}' while it was being changed, so it was left {state} and not"
        f" returned to {wanted}."
    )


def stop_may_come_later(connector: str, state: State) -> str:
    """A warning, after the connector was returned to its state."""
    return (
        f"The answer to the request to stop connector '{connector}' was lost, so a worker may still carry it out: if the"
        f" connector is STOPPED later, run this again, which returns it to {state}. The journal stays until then."
    )


def write_may_come_later(connector: str) -> str:
    """A warning, after a change that failed and was undone."""
    return (
        f"The answer to a write to connector '{connector}' was lost, and what it wrote was not seen, so a worker may still carry"
        " it out: look at the connector later, and run this again. The journal stays until then."
    )


def still_half_made(connector: str, backup_file: str) -> str:
    """A warning, after a change that failed and was undone, and that was to finish the one of this backup."""
    return (
        f"Of the change that a killed run has begun of connector '{connector}' (backup {backup_file}), one part is there and"
        " another is not: run this again, which finishes it, or roll it back. The journal stays until then."
    )


def in_container(backup_dir: str) -> str:
    """A warning before the first change."""
    return (
        f"This runs in a container, and backups and journal go to {backup_dir}, which may be gone with it: set"
        " connectops_backup_dir (option backup_dir) to a folder that outlives the container."
    )


def interrupted(cause: str) -> str:
    """Shown at the first signal; ``cause`` is its name."""
    return (
        f"Interrupted ({cause}): what is unfinished is undone, and each connector returns to its state. Please wait;"
        " the same signal again leaves them as they are."
    )
