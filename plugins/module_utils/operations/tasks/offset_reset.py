# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resetting the offsets of connectors of one cluster, together with the settings that must change in the same window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import (
    Stores,
    check_folder,
    open_stores,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import kinds_from, secrets_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import (
    carry_out_lines,
    go_back_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import Agreed
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import (
    ConnectorTopics,
    OffsetsTopics,
    show_progress,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import (
    end_unfinished,
    find_unfinished,
    is_in_container,
    read_to_change,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import (
    OffsetAccess,
    RestOffsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.retention import delete_old_backups
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    StopWindow,
    known_workers,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.topic_offsets import TopicOffsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_with_topics,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    for_each_connector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions, KeepOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Reset every named connector, one after the other. After one that fails, the others still get their turn.

    Raises RecoveryError, after the last one, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return reset(client, params, context)


def reset(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    return carry_out(cluster, params, context, ResetOptions.read(params), Reset)


def carry_out(
    cluster: Cluster, params: Mapping[str, Any], context: TaskContext, options: ResetOptions, change: type[Reset]
) -> Outcome:
    """Plan and carry out one kind of change for every connector of the options. Raises as :func:`run` does."""
    backups = BackupOptions.read(params)
    check_folder(backups)
    kafka = KafkaOptions.read(params)
    root = cluster.root()
    write_to = _way(cluster, options.write_to, kafka, f"Kafka Connect {root.version} at {params['connect_url'][0]}")
    topics = None
    if kafka is not None and write_to != "rest":
        topics = ConnectorTopics(kafka, root.kafka_cluster_id, show_progress(context.progress))
    now, warnings = workers_now(cluster, context.now)
    if backups.is_default_dir and is_in_container():
        warnings = (*warnings, steps.in_container(backups.backup_dir))
        if not context.check_mode:
            # The warnings of a task are shown when it has ended.
            context.progress(warnings[-1])
    result = {"changed": False, "connectors": {}, "preview": [], "next_steps": [], "diff": [], "plan_ids": {}}
    with open_stores(backups, kafka, root.kafka_cluster_id, check_mode=context.check_mode) as stores:
        change_one = change(
            cluster,
            params,
            replace(options, write_to=write_to),
            replace(context, now=now),
            root.kafka_cluster_id,
            stores,
            backups,
            topics,
        )
        outcome = for_each_connector(options.connectors, change_one, result)
    outcome.warnings.extend([*warnings, *stores.notes])
    return outcome


def _way(cluster: Cluster, write_to: WriteTo, kafka: KafkaOptions | None, connect: str) -> WriteTo:
    """How this version of Connect lets offsets be written, as far as the user allows it. Raises RecoveryError."""
    if write_to == "topic" and kafka is None:
        raise InputError(
            "write_to is topic without kafka_bootstrap_servers: set kafka_bootstrap_servers (the variable"
            " connectops_kafka_bootstrap_servers)."
        )
    if cluster.supports("PATCH", "offsets"):
        return write_to
    if not cluster.supports("GET", "offsets"):
        raise RecoveryError(
            f"{connect} has no state STOPPED (it needs Kafka 3.5), so its offsets cannot be changed by a reset: upgrade it, or"
            " delete the connector, write its offsets to the offsets topic and create it again, as the page on the offsets topic"
            " describes."
        )
    if write_to == "rest" or kafka is None:
        raise RecoveryError(
            f"{connect} cannot change offsets over REST: it needs Kafka 3.6. Set kafka_bootstrap_servers (the variable"
            " connectops_kafka_bootstrap_servers) and leave write_to at auto, so that they are written to the offsets topic."
        )
    return "topic"


# From a connector as it was read, and the state before an unfinished earlier change, to the plan for it.
Planner = Callable[[Connector, "str | None"], Planned]


class Reset:
    """The reset of one connector after the other, all with the same options."""

    def __init__(
        self,
        cluster: Cluster,
        params: Mapping[str, Any],
        options: ResetOptions,
        context: TaskContext,
        cluster_id: str,
        stores: Stores,
        backups: BackupOptions,
        topics: OffsetsTopics | None,
    ) -> None:
        self._cluster = cluster
        self._urls = params["connect_url"]
        self._options = options
        self._agreed = options.agreed()
        self._params = params
        self._context = context
        self._cluster_id = cluster_id
        self._stores = stores
        self._keep = KeepOptions.read(params)
        self._kinds = kinds_from(params)
        cluster.hide(secrets_of(self._kinds))
        self._label = backups.cluster_label
        self._topics = topics
        self._clock_at_start = context.clock()

    def _clock(self) -> float:
        """Epoch seconds by the workers' clock."""
        return self._context.now + self._context.clock() - self._clock_at_start

    def __call__(self, name: str, outcome: Outcome) -> None:
        try:
            self._reset(name, outcome)
        except RecoveryError as error:
            # A person who reads the plans must see which one is missing.
            shown = error.facts.get("preview", [f"{self._label}  {name}"])
            outcome.result["preview"] += [*shown, *wrapped(error.sentence), ""]
            raise

    def _reset(self, name: str, outcome: Outcome) -> None:
        context = self._context
        options, agreed = self._agreed_options(name)
        store = self._stores.of(name)
        plan_for = self._planner(options, store, name)
        connector, warnings = read_to_change(self._cluster, name, context.sleep, lambda: self._read(name))
        outcome.warnings += warnings
        unfinished = find_unfinished(connector, store, self._clock())
        if unfinished.problem is not None:
            raise RecoveryError(unfinished.problem)
        begun_in = unfinished.begun_in

        def replan(read: Connector) -> Planned:
            return plan_for(read, begun_in)

        planned = plan_for(connector, begun_in)
        self._refuse_unwritable(planned.plan)
        if unfinished.remark is not None:
            outcome.warnings.append(unfinished.remark)
        if agreed is not None and (remark := agreed.check(planned.plan, begun_in)) is not None:
            planned = replace(planned, preview=(*planned.preview, *wrapped(remark)))
        if not planned.plan.is_empty:
            store.refuse_unfit(self._backup_of(connector, planned))
        applied = None
        if not planned.plan.is_empty and not context.check_mode:
            workers, may_be_incomplete = self._workers(connector)
            window = StopWindow(
                self._cluster,
                connector,
                options.settle_seconds,
                context.sleep,
                may_be_incomplete=may_be_incomplete,
                overrules=not unfinished.is_nothing,
            )
            applier = Applier(
                self._cluster,
                store,
                window,
                lambda: self._read(name)[0],
                replan,
                lambda plan: self._open_offsets(plan, connector),
                cluster_id=self._cluster_id,
                clock=self._clock,
                sleep=context.sleep,
                progress=context.progress,
                over=unfinished.over,
            )
            applied = applier.apply(connector, planned, workers, None if agreed is None else planned.plan.id)
            planned = applied.planned
            outcome.warnings += applied.warnings
            if planned.keeps_offsets_elsewhere:
                outcome.warnings += [
                    f"Kafka Connect says of connector '{name}': {remark}" for remark in applied.remarks
                ]
        elif not unfinished.is_nothing and not context.check_mode:
            outcome.warnings += end_unfinished(self._cluster, name, store, unfinished.over, context.sleep)
        _report(outcome, planned, applied)
        if applied is not None:
            outcome.warnings += delete_old_backups(store, name, self._keep, self._clock())
            outcome.result["next_steps"] += go_back_lines(planned.plan.as_data(), applied.backup_file, self._params)
        elif context.check_mode:
            outcome.result["next_steps"] += self._carry_out_lines(planned.plan)

    def _agreed_options(self, name: str) -> tuple[ResetOptions, Agreed | None]:
        """The options for one connector, and the plan of it that was agreed to, if one had to be."""
        if self._agreed is None:
            return self._options, None
        agreed = self._agreed.get(name)
        if agreed is None:
            raise InputError(
                f"Connector '{name}' has no agreed plan, so nothing of it was changed: plan it in check mode and agree to that."
            )
        return self._options if agreed.plan is None else self._options.asking(agreed.plan["request"]), agreed

    def _planner(self, options: ResetOptions, store: BackupStore, name: str) -> Planner:
        request = self._request(options, store)

        def plan(connector: Connector, begun_in: str | None) -> Planned:
            return make_plan(
                self._cluster, connector, request, self._kinds, self._cluster_id, begun_in, self._context.now
            )

        return plan

    def _backup_of(self, connector: Connector, planned: Planned) -> Backup:
        """As large as the backup that will be made."""
        change = Change.of(planned.plan, connector.state, planned.rolls_back)
        plan_id, secret_keys = planned.plan.id, planned.secret_keys
        return Backup.of(connector, self._cluster_id, plan_id, secret_keys, self._clock(), change=change)

    def _carry_out_lines(self, plan: Plan) -> list[str]:
        return carry_out_lines(plan.as_data(), {**self._params, **plan.request})

    def _read(self, name: str) -> tuple[Connector, tuple[str, ...]]:
        return read_with_topics(self._cluster, name, self._topics, self._options.write_to, self._context.sleep)

    def _open_offsets(self, plan: Plan, connector: Connector) -> OffsetAccess:
        rest = RestOffsets(self._cluster, plan.connector, self._context.sleep)
        if self._topics is None or plan.write_to == "rest":
            return rest
        return TopicOffsets(rest, self._topics, connector, self._context.sleep)

    def _refuse_unwritable(self, plan: Plan) -> None:
        """What the user may not write is refused before anything is stopped."""
        written = {place.topic for change in plan.offsets for place in change.topic_keys}
        if self._topics is not None and written:
            self._topics.refuse_unwritable(written)

    def _request(self, options: ResetOptions, store: BackupStore) -> ChangeRequest:
        backup = None if options.backup_file is None else store.read(options.backup_file)
        return ChangeRequest(
            reset=ResetRequest.read(
                options.strategy,
                options.partitions,
                options.timestamp,
                options.offset,
                None if backup is None else backup.offsets,
                options.allow_gap,
                options.offsets,
                is_edited=backup is not None and not backup.is_original,
            ),
            config=options.config,
            at_least=options.at_least,
            default_floors=options.default_floors,
            cluster=self._label,
            asked=options.request(),
            write_to=options.write_to,
            backed_up=() if backup is None else backup.topic_records,
        )

    def _workers(self, connector: Connector) -> tuple[frozenset[str], bool]:
        """Every worker that may still have a task, and whether there may be others, see ``known_workers``."""
        return known_workers((connector, *self._cluster.connectors().values()), self._urls)


def _report(outcome: Outcome, planned: Planned, applied: Applied | None) -> None:
    plan = planned.plan
    result = outcome.result
    result["changed"] = result["changed"] or not plan.is_empty
    result["preview"] += [*planned.preview, ""]
    if not plan.is_empty:
        result["diff"].append(planned.diff)
        result["plan_ids"][plan.connector] = plan.id
    result["connectors"][plan.connector] = {
        "changed": not plan.is_empty,
        "plan": plan.as_data(),
        "forecast": planned.forecast,
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
