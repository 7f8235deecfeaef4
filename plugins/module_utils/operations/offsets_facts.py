# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about a cluster: its connectors, their offsets and, where a connector is understood, a verdict on each partition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backup_store import DEFAULT_BACKUP_DIR, BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.connect_client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connection_options import (
    CONNECTION_SPEC,
    cluster_label,
    from_params,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.preview import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import redacted
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.accounts import (
    expected_places,
    is_stripe_reporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.assess import Limits, assess
from ansible_collections.connectops.recovery.plugins.module_utils.core.stripe_reporting.preview import assessment_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts import worst
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.reading import read_snapshot
from ansible_collections.connectops.recovery.plugins.module_utils.operations.stripe_accounts import (
    STRIPE_SPEC,
    StripeOptions,
    read_accounts,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.task import Outcome, TaskContext

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **CONNECTION_SPEC,
    **STRIPE_SPEC,
    "connectors": {"type": "list", "elements": "str", "default": [], "aliases": ["connector"]},
    "max_age_days": {"type": "int", "default": Limits.max_age_days},
    "max_rounds_behind": {"type": "int", "default": Limits.max_rounds_behind},
    "backup_dir": {"type": "path", "default": DEFAULT_BACKUP_DIR},
    "cluster_label": {"type": "str"},
}

FACT = "connectops_offsets"


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Read the cluster and judge it. Changes nothing. Raises RecoveryError."""
    for option in ("max_age_days", "max_rounds_behind"):
        if params[option] < 1:
            raise InputError(f"{option}: {params[option]} is not above zero, so every partition would be stuck.")
    limits = Limits(params["max_age_days"], params["max_rounds_behind"])
    stripe = StripeOptions.read(params)
    cluster = cluster_label(params)
    with ConnectClient(from_params(params)) as client:
        client.hide(stripe.keys.values())
        snapshot = read_snapshot(client, params["connectors"], context.now)
    outcome = Outcome({"changed": False})
    preview: list[str] = []
    connectors = {}
    for connector in snapshot.connectors:
        facts, lines = _facts(connector, stripe, limits, cluster, context.now, outcome)
        connectors[connector.name] = facts
        journal = BackupStore(params["backup_dir"], cluster, snapshot.cluster_id, connector.name).journal()
        facts["unfinished_plan"] = None if journal is None else journal.plan_id
        if journal is not None:
            lines.append(
                f"  A change of it (plan {journal.plan_id}) was begun and not finished: reset it again to finish it."
            )
        preview += [*lines, ""]
    fact = {
        "cluster_id": snapshot.cluster_id,
        "version": snapshot.version,
        "connectors": connectors,
        "stuck": sorted(name for name, facts in connectors.items() if facts["verdict"] == "stuck"),
        "unfinished": sorted(name for name, facts in connectors.items() if facts["unfinished_plan"] is not None),
        "preview": preview,
    }
    outcome.result["ansible_facts"] = {FACT: fact}
    return outcome


def _facts(
    connector: Connector, stripe: StripeOptions, limits: Limits, cluster: str, now: float, outcome: Outcome
) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {
        "type": connector.type,
        "state": connector.state,
        "worker_id": connector.worker_id,
        "tasks": [{"id": task.id, "state": task.state, "worker_id": task.worker_id} for task in connector.tasks],
        "config": redacted(connector.config),
        "offsets": [
            {"partition": entry.partition.as_dict(), "offset": None if entry.offset is None else dict(entry.offset)}
            for entry in connector.offsets
        ],
        "profile": "generic",
        "verdict": "unknown",
        "verdicts": [],
    }
    if not is_stripe_reporting(connector.config):
        return facts, [headline(connector, cluster, f"{len(connector.offsets)} offsets, not understood")]
    facts["profile"] = "stripe_reporting"
    try:
        accounts = read_accounts(connector, stripe, now)
        places = expected_places(connector, stripe.timezones)
        assessment = assess(connector, places, accounts.by_place, limits, now)
    except RecoveryError as error:
        # One connector with a config that cannot be read must not hide the others.
        outcome.warnings.append(f"Connector '{connector.name}' cannot be judged: {error.message}")
        return facts, [headline(connector, cluster, error.message)]
    outcome.warnings.extend(accounts.problems)
    facts["verdicts"] = [verdict.as_data() for verdict in assessment.verdicts]
    facts["verdict"] = worst(verdict.verdict for verdict in assessment.verdicts)
    facts["worked_round"] = assessment.worked_round
    facts["current_round"] = assessment.current_round
    facts["rounds_behind"] = assessment.rounds_behind
    return facts, assessment_lines(connector, assessment, cluster)
