# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows that a change is there and works: what was read after it, and the checkpoints of the verification."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import (
    CHECKPOINT_STATUSES,
    CheckpointStatus,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import (
    SETTINGS_FOUND,
    SettingFound,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import NO_DATA, Data
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of

# The checkpoints of a change; those of a verification have names of their own.
STOP, READ_BACK = "stop", "read back"
_FOUND: dict[SettingFound, tuple[CheckpointStatus, str]] = {
    "as_written": ("passed", "is as it was written"),
    "hidden": ("not_looked_at", "is a secret, which is not compared"),
    "old_value": (
        "failed",
        "has its old value again: change it also in the tool that manages the connector, such as an operator or Terraform",
    ),
    "other_value": (
        "failed",
        "has another value now: change it also in the tool that manages the connector, such as an operator or Terraform",
    ),
}


def evidence_of(change: Data, recovery: Data) -> tuple[Evidence, ...]:
    """In the order of the recovery; each of the two may be empty."""
    found = [*_of_the_stop(change), *_of_what_was_written(change)]
    checkpoints = recovery.get("checkpoints") or ()
    for one in checkpoints:
        status = word_of(CHECKPOINT_STATUSES, one["status"])
        found.append(Evidence(str(one["checkpoint"]), status, str(one["message"])))
    if recovery and not checkpoints:
        found += [*_of_settings(recovery), *_of_offsets(recovery)]
    return tuple(found)


def _of_the_stop(change: Data) -> Iterator[Evidence]:
    read = change.get("evidence") or NO_DATA
    asked, missed = read.get("workers_asked") or (), read.get("workers_not_reached") or ()
    if asked:
        words = f"{counted(len(asked), 'worker')} confirmed that no task was left: {', '.join(asked)}"
        yield Evidence(STOP, "passed", words)
    if missed:
        words = (
            f"could not be asked: {', '.join(missed)}; the reset waited {read.get('settled_seconds', 0):.0f} s instead"
        )
        yield Evidence(STOP, "open", words)


def _of_what_was_written(change: Data) -> Iterator[Evidence]:
    read, plan = change.get("evidence"), change.get("plan") or NO_DATA
    if not read:
        return
    if plan.get("settings"):
        kept, wanted = read["settings_kept"], len(plan["settings"])
        status: CheckpointStatus = "passed" if kept == wanted else "failed"
        yield Evidence(READ_BACK, status, f"{kept} of {counted(wanted, 'setting')} as written, after the return")
    if plan.get("offsets"):
        kept, wanted = read["offsets_kept"], len(plan["offsets"])
        moved, read_to_end = read["offsets_moved_on"], read["offsets_read_to_end"]
        status = "passed" if kept + moved + read_to_end == wanted else "failed"
        found = ((kept, "as written"), (moved, "moved on since"), (read_to_end, "read to the end again"))
        words = ", ".join(f"{number} {what}" for number, what in found if number)
        yield Evidence(READ_BACK, status, f"{counted(wanted, 'offset')}: {words or 'none as written'}")


def _of_settings(recovery: Data) -> Iterator[Evidence]:
    for one in recovery.get("settings") or ():
        status, words = _FOUND[word_of(SETTINGS_FOUND, one["found"])]
        yield Evidence("settings", status, f"{one['key']} {words}")


def _of_offsets(recovery: Data) -> Iterator[Evidence]:
    partitions = recovery.get("partitions") or ()
    if not partitions:
        return
    moved = sum(bool(one["moved"]) for one in partitions)
    good = sum(one["outcome"] == "recovered" for one in partitions)
    status: CheckpointStatus = "passed" if good == len(partitions) else "open"
    words = f"of {counted(len(partitions), 'partition')} {moved} stored progress since the change, {good} recovered"
    yield Evidence("offsets", status, words)
