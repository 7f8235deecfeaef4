# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the change of one connector adds to the result of its task, and what is said of one that was left unfinished."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import Preflight
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import Interruption
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome


def left_unfinished(plan: Plan, interruption: Interruption) -> RecoveryError | None:
    """The error of a change that was left unfinished; None while it is not."""
    if not interruption.is_final:
        return None
    return RecoveryError(
        f"The change of connector '{plan.connector}' was interrupted twice ({interruption.cause}) and left unfinished. It was"
        f" {plan.final_state} before; if it is STOPPED, run this task again: that finishes or undoes the change.",
        changed=True,
    )


def add_result(
    outcome: Outcome, planned: Planned, applied: Applied | None, preflight: Preflight, *, with_diff: bool
) -> None:
    """Add one connector to the result. Its diff takes a while, so it is made only ``with_diff``."""
    plan = planned.plan
    result = outcome.result
    result["changed"] = result["changed"] or not plan.is_empty
    result["preview"] += [*planned.preview, *preflight.lines(), ""]
    if not plan.is_empty:
        if with_diff:
            result["diff"].append(planned.diff)
        result["plan_ids"][plan.connector] = plan.id
    result["connectors"][plan.connector] = {
        "changed": not plan.is_empty,
        "plan": plan.as_data(),
        "profile": planned.profile,
        "forecast": planned.forecast,
        "preflight": preflight.as_data() if preflight.topics else None,
        "backup_file": None if applied is None else applied.backup_file,
        "evidence": None
        if applied is None
        else {
            **applied.evidence,
            "workers_asked": list(applied.proof.workers),
            "workers_not_reached": list(applied.proof.unreachable),
            "workers_may_be_missing": applied.proof.may_be_incomplete,
            "settled_seconds": applied.proof.settled_seconds,
        },
    }
    outcome.warnings.extend(planned.warnings)
