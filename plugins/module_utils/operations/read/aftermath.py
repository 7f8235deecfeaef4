# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the traces of connectors outside of Connect since their changes: in logs, in their topics, as states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import Aftermath
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import read_activity
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import KnownChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import (
    StatusRecord,
    task_history,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed, other_cluster
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import WorkerLogs

_NO_CHANGE = "no backup describes its change"
_NO_ENDS = (
    "the ends of its topics were not noted before the change, because Kafka was not read then, or because the workers did not "
    "show which topics it delivers to (topic.tracking.enable)"
)
_NO_STATUS = "the status topic of this cluster was not found"


@dataclass(frozen=True)
class Changed:
    """A connector that is verified, and where it delivers. ``change``: None where no backup has it."""

    connector: Connector
    delivery: Delivery
    change: KnownChange | None


def read_aftermath(
    changed: Iterable[Changed], logs: WorkerLogs | None, kafka_options: KafkaOptions | None, cluster_id: str
) -> dict[str, Aftermath]:
    """By name of the connector; what cannot be read is reported, and does not fail the task. ``logs``: None where none are named.

    ``cluster_id``: of the Kafka cluster that the workers use.
    """
    found = {one.connector.name: (one, _of_log(one, logs)) for one in changed}
    if kafka_options is None:
        return {name: aftermath for name, (_one, aftermath) in found.items()}
    try:
        with KafkaClient(kafka_options) as kafka:
            if kafka.cluster_id != cluster_id:
                raise other_cluster(kafka_options, kafka.cluster_id, cluster_id)
            seen = {name: _with_arrivals(kafka, one, aftermath) for name, (one, aftermath) in found.items()}
            return _with_histories(kafka, {name: one for name, (one, _aftermath) in found.items()}, seen)
    except KafkaFailed as failure:
        why = failure.sentence.rstrip(".")
        return {
            name: replace(aftermath, data_problem=why, history_problem=why) for name, (_one, aftermath) in found.items()
        }


def _of_log(one: Changed, logs: WorkerLogs | None) -> Aftermath:
    if logs is None:
        return Aftermath()
    if not logs.lines:
        return Aftermath(log_problem=" ".join(logs.problems).rstrip(".") or "the logs that are named are empty")
    since = None if one.change is None else one.change.returned_at
    return Aftermath(log=read_activity(logs.lines, one.connector.name, one.delivery, since))


def _with_arrivals(kafka: KafkaClient, one: Changed, aftermath: Aftermath) -> Aftermath:
    if one.change is None:
        return replace(aftermath, data_problem=_NO_CHANGE)
    arrived = kafka.arrivals(one.change.target_ends, one.delivery.record_field)
    return replace(aftermath, arrivals=arrived, data_problem=_NO_ENDS)


def _with_histories(
    kafka: KafkaClient, changed: Mapping[str, Changed], seen: Mapping[str, Aftermath]
) -> dict[str, Aftermath]:
    """With the tasks' history from the status topic, which is read once for all."""
    try:
        records = kafka.statuses(changed)
    except KafkaFailed as failure:
        why = failure.sentence.rstrip(".")
        return {name: replace(aftermath, history_problem=why) for name, aftermath in seen.items()}
    return {name: _with_history(changed[name], records[name], aftermath) for name, aftermath in seen.items()}


def _with_history(one: Changed, records: list[StatusRecord], aftermath: Aftermath) -> Aftermath:
    if one.change is None:
        return replace(aftermath, history_problem=_NO_CHANGE)
    history = task_history(records, one.connector.status.worker_ids, one.change.returned_at)
    return replace(aftermath, history=history, history_problem=_NO_STATUS)
