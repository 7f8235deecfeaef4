# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resetting the offsets of connectors of one cluster, together with the settings that must change in the same window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import check_folder, open_stores
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import carry_out_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import (
    ConnectorTopics,
    show_progress,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.target_topics import BrokerTopics
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import workers_now
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.changes import Changes, Planner
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    warnings_about_folder,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Reset every named connector, several at the same time. One that fails holds none of the others down.

    Raises RecoveryError, after all have ended, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return reset(client, params, context)


def reset(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    return carry_out(cluster, params, context, ResetOptions.read(params), _Resets)


def carry_out(
    cluster: Cluster, params: Mapping[str, Any], context: TaskContext, options: ResetOptions, changes: type[Changes]
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
    warnings = (*warnings, *warnings_about_folder(backups, context))
    with open_stores(backups, kafka, root.kafka_cluster_id, check_mode=context.check_mode) as stores:
        outcome = changes(
            cluster,
            params,
            replace(options, write_to=write_to),
            replace(context, now=now),
            root.kafka_cluster_id,
            stores,
            backups,
            topics,
            None if kafka is None else BrokerTopics(kafka, root.kafka_cluster_id),
        ).all()
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


class _Resets(Changes):
    def _planner(self, options: ResetOptions, store: BackupStore, name: str) -> Planner:
        request = self._request(options, store)

        def plan(cluster: Cluster, connector: Connector, begun_in: LastingState | None) -> Planned:
            return make_plan(cluster, connector, request, self._kinds, self._cluster_id, begun_in, self._clock())

        return plan

    def _carry_out_lines(self, plan: Plan) -> list[str]:
        return carry_out_lines(plan.as_data(), {**self._params, **plan.request})

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
