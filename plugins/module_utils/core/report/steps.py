# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads while a plan is carried out: one line for each step of one connector."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted


def backed_up(connector: str, offsets: int, backup_file: str) -> str:
    return f"{connector}: backed up {counted(offsets, 'offset')} to {backup_file}"


def if_killed(connector: str, final_state: str) -> str:
    """Shown before the connector is stopped, since nothing can be shown once the run is killed."""
    return f"{connector}: stopping; if this run is killed, run it again without a plan id: that ends in {final_state}"


def stopped(connector: str) -> str:
    return f"{connector}: STOPPED, its tasks have ended"


def written(connector: str, settings: int, offsets: int) -> str:
    changes = [counted(number, noun) for number, noun in ((settings, "setting"), (offsets, "offset")) if number]
    return f"{connector}: {' and '.join(changes)} written and read back"


def returned(connector: str, state: str) -> str:
    return f"{connector}: {state} again" if state != "STOPPED" else f"{connector}: left STOPPED"


def interrupted(cause: str) -> str:
    """Shown at the first signal; ``cause`` is its name."""
    return (
        f"Interrupted ({cause}): what is unfinished is undone, and each connector returns to its state. Please wait;"
        " the same signal again leaves them as they are."
    )
