# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a connector and its tasks run, as Kafka Connect itself says."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import JudgedReason, Reason


def has_failed(connector: Connector) -> bool:
    """Whether the connector or one of its tasks is FAILED: those do not recover alone."""
    return "FAILED" in (connector.state, *(task.state for task in connector.tasks))


def not_running_reason(connector: Connector) -> Reason | None:
    """Why the connector does no work, or not all of it: how many tasks are RUNNING (value) of how many (limit).

    With the first line of Connect's trace where one FAILED.

    None for one that runs, and where its state is not known since Connect could not be asked.
    """
    if connector.state == "UNKNOWN":
        return None
    words = [] if connector.state == "RUNNING" else [f"the connector is {connector.state}"]
    if connector.state == "RUNNING" and not connector.tasks:
        words.append("the connector has no tasks")
    # Tasks that share the connector's own state need no words of their own.
    for state in sorted({task.state for task in connector.tasks} - {"RUNNING", connector.state}):
        ids = [str(task.id) for task in connector.tasks if task.state == state]
        words.append(f"task {ids[0]} is {state}" if len(ids) == 1 else f"tasks {', '.join(ids)} are {state}")
    if not words:
        return None
    trace = connector.status.first_trace
    if trace is not None:
        words.append(scrubbed(trace, secret_values(connector.config)))
    running = sum(task.state == "RUNNING" for task in connector.tasks)
    return Reason("not_running", ", ".join(words), running, max(1, len(connector.tasks)))


def state_reasons(connector: Connector) -> tuple[JudgedReason, ...]:
    """The same with the verdict that it justifies: a pause or stop on purpose alone is not stuck."""
    reason = not_running_reason(connector)
    return () if reason is None else (("stuck" if has_failed(connector) else "ok", reason),)
