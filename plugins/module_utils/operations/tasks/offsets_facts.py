# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about a cluster: its connectors, their offsets, a verdict on each partition, and what each remedy would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import write_document
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import check_folder, look_if_possible
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import (
    kinds_from,
    secrets_of,
    shown_settings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import Details, with_details
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import finding_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import with_own_writes
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import target_state_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import (
    HOW_TO_FINISH,
    Unfinished,
    hold_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    STUCK,
    VERDICTS,
    counts,
    worst,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import find_unfinished
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge, Judged
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.cluster import (
    ClusterViews,
    read_views,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.details import DetailOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import FactsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import read_limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import read_worker_logs

FACT = "connectops_offsets"


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Read the cluster and judge it. Changes nothing. Raises RecoveryError."""
    options = DetailOptions.read(params)
    with ConnectClient(ConnectOptions.read(params)) as client:
        outcome = read_facts(client, params, context, options.details)[1]
    facts = outcome.result["ansible_facts"]
    if options.report_file is not None:
        write_document(Path(options.report_file), facts[FACT], "report_file")
    facts[FACT] = with_details(facts[FACT], options.details)
    return outcome


def read_facts(
    client: Cluster, params: Mapping[str, Any], context: TaskContext, shown: Details = "all"
) -> tuple[ClusterViews, Outcome]:
    """What was read of the cluster, and :func:`run`'s outcome of it, with all details but in the lines for a person."""
    limits = read_limits(params)
    options = FactsOptions.read(params)
    backups = BackupOptions.read(params)
    cluster = backups.cluster_label
    kinds = kinds_from(params, context.shared)
    requests = _requests(options.timestamp)
    check_folder(backups)
    logs = read_worker_logs(WorkerLogOptions.read(params))
    kafka = KafkaOptions.read(params)
    client.hide(secrets_of(kinds))
    views = read_views(client, kafka, options.connectors, context.now, context.progress)
    judge = Judge(cluster, limits, kinds, requests)
    warnings = [*views.warnings, *logs.problems]
    with look_if_possible(backups, kafka, views.snapshot.cluster_id) as kept:
        stores = {one.name: kept.of(one.name) for one in views.snapshot.connectors}
    warnings += kept.notes
    connectors = [_marked(one, stores[one.name], warnings) for one in views.snapshot.connectors]
    now = views.snapshot.read_at
    judgements = judge.all(Read(one, now, logs.lines, views.sinks.get(one.name)) for one in connectors)
    warnings += [warning for judgement in judgements for warning in judgement.warnings]
    if len(connectors) == 1 and shown == "problems":
        # A run that reads a single connector shows all of it.
        shown = "all"
    blocks: list[tuple[str, list[str]]] = []
    unfinished: list[str] = []
    left_stopped: list[str] = []
    facts = {}
    for connector, judgement in zip(connectors, judgements, strict=True):
        try:
            journal = stores[connector.name].current()
            found = find_unfinished(connector, stores[connector.name], now)
        except RecoveryError as error:
            # One connector's damaged journal must not hide the others.
            journal, found = None, Unfinished()
            warnings.append(error.sentence)
        hold = hold_of(connector)
        facts[connector.name] = {
            **_facts(connector, judgement, views),
            "config": shown_settings(kinds, connector),
            "unfinished_plan": hold.plan_id if hold is not None else None if journal is None else journal.plan_id,
            "hold": None if hold is None else hold.as_data(),
        }
        lines = [*judgement.lines(shown), *target_state_lines(connector.target_state)]
        lines += finding_lines(views.findings.get(connector.name, ()))
        if found.problem is not None or found.begun_in is not None:
            unfinished.append(connector.name)
        if found.begun_in is not None and connector.state == "STOPPED":
            left_stopped.append(connector.name)
        if not found.is_nothing:
            plan_id = facts[connector.name]["unfinished_plan"]
            lines += wrapped(
                found.problem
                or (f"STOPPED by a run that was not finished ({hold}). " if hold and found.begun_in else "")
                + f"A change (plan {plan_id}) was begun but not finished: {HOW_TO_FINISH}."
            )
        blocks.append((judgement.facts["verdict"], lines))
    preview = _worst_first(blocks)
    connector_counts = counts(one["verdict"] for one in facts.values())
    partition_counts = counts(item["verdict"] for one in facts.values() for item in one["verdicts"])
    preview += _summary(cluster, connector_counts, partition_counts)
    recovers = {one.name: judgement.recovers for one, judgement in zip(connectors, judgements, strict=True)}
    stuck = sorted(name for name, one in facts.items() if one["verdict"] in STUCK)
    fact = {
        "cluster_id": views.snapshot.cluster_id,
        "version": views.snapshot.version,
        "read_at": views.snapshot.read_at,
        "sources": dict(views.sources),
        "verdict": worst(one["verdict"] for one in facts.values()),
        "counts": partition_counts,
        "connectors": facts,
        "stuck": stuck,
        "recoverable": [name for name in stuck if recovers[name]],
        "stuck_after_resume": sorted(
            name for name, one in facts.items() if recovers[name] and one.get("verdict_after_resume") in STUCK
        ),
        "unfinished": sorted(unfinished),
        "left_stopped": sorted(left_stopped),
        "preview": preview,
    }
    return views, Outcome({"changed": False, "ansible_facts": {FACT: fact}}, warnings)


def _worst_first(blocks: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """The lines of all connectors, an empty one after each that has several, and after those that have one."""
    lines: list[str] = []
    for _verdict, block in sorted(blocks, key=lambda one: -VERDICTS.index(one[0])):
        if len(block) > 1 and lines and lines[-1]:
            lines.append("")
        lines += [*block, *([""] if len(block) > 1 else [])]
    return [*lines, ""] if lines and lines[-1] else lines


def _marked(connector: Connector, store: BackupStore, warnings: list[str]) -> Connector:
    """The connector with those of its offsets marked that are still as a reset wrote them."""
    try:
        return replace(connector, offsets=with_own_writes(connector.offsets, store.own_writes()))
    except RecoveryError as error:
        warnings.append(error.sentence)
        return connector


def _requests(timestamp: str | None) -> tuple[ResetRequest, ...]:
    """What is compared beside the strategies that need no more than their name."""
    if timestamp is None:
        return ()
    return (ResetRequest.read("timestamp", (), timestamp, None, None, allow_gap=False),)


def _summary(cluster: str, connectors: Mapping[str, int], partitions: Mapping[str, int]) -> list[str]:
    """The cluster in a line: how many of each verdict there are."""

    def shown(found: Mapping[str, int]) -> str:
        return ", ".join(f"{number} {verdict}" for verdict, number in found.items()) or "none"

    return wrapped(f"{cluster}: connectors: {shown(connectors)}; partitions: {shown(partitions)}.", indent="")


def _facts(connector: Connector, judgement: Judged, views: ClusterViews) -> dict[str, Any]:
    return {
        "type": connector.type,
        "state": connector.state,
        "target_state": connector.target_state,
        "worker_id": connector.worker_id,
        "tasks": [{"id": task.id, "state": task.state, "worker_id": task.worker_id} for task in connector.tasks],
        "offsets": [
            {"partition": entry.partition.as_dict(), "offset": None if entry.offset is None else dict(entry.offset)}
            for entry in connector.offsets
        ],
        **judgement.facts,
        "counts": counts(verdict["verdict"] for verdict in judgement.facts["verdicts"]),
        "findings": [finding.as_data() for finding in views.findings.get(connector.name, ())],
        "records": [record.as_raw_data() for record in views.records.get(connector.name, ())],
    }
