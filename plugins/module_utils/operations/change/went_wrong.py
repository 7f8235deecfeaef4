# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages about a change that went wrong, one for each cause."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import NoStatusYet, NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


def is_deleted(error: BaseException) -> bool:
    """Whether the error says that the connector is gone."""
    return isinstance(error, NotFound) and not isinstance(error, NoStatusYet)


def was_deleted(connector: str, *, changed: bool) -> RecoveryError:
    """The error of a change whose connector is gone. ``changed``: something had already been written."""
    return RecoveryError(
        f"Connector '{connector}' was deleted while it was being changed: nothing more was done. Connect keeps its offsets for a"
        " connector that is created with the same name.",
        changed=changed,
    )


def not_returned(failure: RecoveryError, plan: Plan) -> RecoveryError:
    """The error of a connector that could not be returned to its state, with what a person can do."""
    verb = "resume" if plan.final_state == "RUNNING" else "pause"
    return RecoveryError(
        f"{failure.sentence} It was {plan.final_state} before; if it is still STOPPED, run this task again, or send"
        f" PUT /connectors/{plan.connector}/{verb}."
    )


def failed_after_return(error: RecoveryError, connector: str, failed: list[str]) -> RecoveryError:
    """The error of a connector that was returned after an error and then has ``failed`` parts."""
    return RecoveryError(
        f"{error.sentence} Connector '{connector}' was resumed, but {', '.join(failed)} FAILED: read the worker's log, remove the"
        " cause, then restart it.",
        **error.facts,
    )


def sentence_of(error: BaseException) -> str:
    """The sentence of an error, or of an interruption."""
    return error.sentence if isinstance(error, RecoveryError) else f"The task was interrupted ({type(error).__name__})."
