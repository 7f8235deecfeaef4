# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look shows after the connector was returned to its state: what has FAILED, and what is still as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    Status,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import changed_config
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_proof import Proof
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    failed_parts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned


@dataclass(frozen=True)
class Failure:
    """What FAILED after the return. ``shown``: ``task 0 FAILED (the first line of its trace)``; ``is_old``: as before."""

    shown: str
    is_old: bool


def failure_of(before: Connector, planned: Planned, after: Status | None) -> Failure | None:
    """None when nothing has FAILED, or the connector was not resumed."""
    failed = [] if after is None else failed_parts(after)
    if after is None or not failed:
        return None
    trace = after.first_trace
    configs = (before.config, changed_config(before.config, planned.plan.settings))
    secrets = frozenset[str]().union(*(secret_values(config, planned.secret_keys) for config in configs))
    reason = "" if trace is None else f" ({scrubbed(trace, secrets)})"
    is_old = bool(failed_parts(before.status)) and before.status.first_trace == trace
    return Failure(f"{', '.join(failed)} FAILED{reason}", is_old)


def evidence_of(
    plan: Plan,
    config: Mapping[str, str | None],
    stored: Mapping[Partition, Offset],
    *,
    proof: Proof,
    runs: bool,
) -> dict[str, Any]:
    """What is still as it was written. Raises RecoveryError for what is not, and is not progress of the connector either.

    ``runs``: the connector was resumed, so its offsets may have moved on.
    """
    # They were read before, so a worker that lags behind shows no old value now.
    put_back = [one.key for one in plan.settings if config.get(one.key) != one.after]
    if put_back:
        it, has = ("it", "has") if len(put_back) == 1 else ("them", "have")
        raise RecoveryError(
            f"{', '.join(put_back)} of connector '{plan.connector}' no longer {has} the value that was written: a tool that"
            f" manages the connector, such as the Strimzi operator or Terraform, or a person has changed {it} since. Change"
            f" {it} there, then run again.",
            changed=True,
        )
    back = [one for one in plan.offsets if same_offset(stored.get(one.partition), one.before)]
    # No task was left that could have overwritten it, and the connector works: it has read all that there is again.
    has_read_to_end = proof.is_complete and runs
    lost = [one for one in back if one.before is None or not has_read_to_end]
    if not runs:
        # A connector that does not run moves no offset, so whatever is not as it was written was overwritten.
        lost = [one for one in plan.offsets if not same_offset(stored.get(one.partition), one.after)]
    if lost:
        partitions = ", ".join(str(one.partition) for one in lost)
        raise RecoveryError(
            f"The offsets of {partitions} of connector '{plan.connector}' were overwritten by a task that had not ended:"
            " restart the worker it ran on, then run again.",
            changed=True,
        )
    kept = sum(same_offset(stored.get(one.partition), one.after) for one in plan.offsets)
    return {
        "settings_kept": len(plan.settings),
        "offsets_kept": kept,
        "offsets_moved_on": len(plan.offsets) - kept - len(back),
        "offsets_read_to_end": len(back),
    }
