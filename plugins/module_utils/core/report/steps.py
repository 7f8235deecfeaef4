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
        f"{connector}: stopping{_IF_KILLED}, run it again without a plan id: that returns the connector to "
        f"{final_state} (from another machine only after {show_moment(until).partition(' ')[2]})"
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
        f"Somebody set connector '{connector}' to {state} while it was being changed, so it was left {state} and not"
        f" returned to {wanted}."
    )


def stop_may_come_later(connector: str, state: State) -> str:
    """A warning, after the connector was returned to its state."""
    return (
        f"The answer to the request to stop connector '{connector}' was lost, so a worker may still stop it: if the "
        f"connector is STOPPED later, run this again to return it to {state}. The journal stays until then."
    )


def write_may_come_later(connector: str) -> str:
    """A warning, after a change that failed and was undone."""
    return (
        f"The answer to a write to connector '{connector}' was lost, and the new value was not seen, so a worker may still write "
        "it: look at the connector later, then run this again. The journal stays until then."
    )


def still_half_made(connector: str, backup_file: str) -> str:
    """A warning, after a change that failed and was undone, and that was to finish the one of this backup."""
    return (
        f"A killed run has made only a part of its change of connector '{connector}' (backup {backup_file}): run this again "
        "to finish the change, or roll it back. The journal stays until then."
    )


def in_container(backup_dir: str) -> str:
    """A warning before the first change."""
    return (
        f"This run is in a container and keeps backups and journal in {backup_dir}, which may be deleted with the container: set"
        " connectops_backup_dir (option backup_dir) to a folder that outlives the container."
    )


def interrupted(cause: str) -> str:
    """Shown at the first signal; ``cause`` is its name."""
    return (
        f"Interrupted ({cause}): unfinished changes are being undone, and each connector returns to its previous "
        "state. Please wait. The same signal again stops this at once and leaves the connectors as they are."
    )
