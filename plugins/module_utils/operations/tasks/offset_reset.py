# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resetting the offsets of connectors of one cluster, together with the settings that must change in the same window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Union
from urllib.parse import urlsplit

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import FolderStore, backup_folder
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore, Journal
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import kinds_from, secrets_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import (
    carry_out_lines,
    go_back_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import StopWindow
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import (
    Interrupted,
    Interruption,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import (
    ChangeRequest,
    Planned,
    make_plan,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_connector,
    read_offsets,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.meeting import Meeting
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import Say, side_by_side
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    each_once,
    for_each_connector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions

# Each may ask the accounts of its connector.
_MOST_PLANS_AT_ONCE = 8


def run(params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """Reset every named connector, several at the same time. One that fails holds none of the others down.

    Raises RecoveryError, after all have ended, when any failed; its facts carry what was done for the others.
    """
    with ConnectClient(ConnectOptions.read(params)) as client:
        return reset(client, params, context)


def reset(cluster: Cluster, params: Mapping[str, Any], context: TaskContext) -> Outcome:
    """:func:`run` on a cluster that is open already."""
    options, backups = ResetOptions.read(params), BackupOptions.read(params)
    folder = backup_folder(backups.backup_dir)
    root = cluster.root()
    if not cluster.supports("PATCH", "offsets"):
        raise RecoveryError(
            f"Kafka Connect {root.version} at {params['connect_url'][0]} cannot change offsets over REST: it needs Kafka 3.6."
        )
    now, warnings = workers_now(cluster, context.now)
    resets = _Resets(
        cluster, params, options, replace(context, now=now), root.kafka_cluster_id, folder, backups.cluster_label
    )
    outcome = resets.all()
    outcome.warnings.extend(warnings)
    return outcome


@dataclass(frozen=True)
class _Prepared:
    """One connector as it was read, and its plan; nothing is changed so far.

    ``begun_in``: the state to return it to after an unfinished earlier change, of which the ``journal`` tells.
    """

    connector: Connector
    store: BackupStore
    journal: Journal | None
    begun_in: str | None
    request: ChangeRequest
    planned: Planned


@dataclass(frozen=True)
class _NothingToDo:
    """Of a connector whose unfinished change has left nothing to do, so its journal was ended."""


_Ended = Union[Applied, _NothingToDo, RecoveryError]


class _Resets:
    """The resets of one task, all with the same options: all plans first, then the changes, then what came of them."""

    def __init__(
        self,
        cluster: Cluster,
        params: Mapping[str, Any],
        options: ResetOptions,
        context: TaskContext,
        cluster_id: str,
        folder: Path,
        label: str,
    ) -> None:
        self._cluster = cluster
        self._urls = params["connect_url"]
        self._options = options
        self._params = params
        self._context = context
        self._cluster_id = cluster_id
        self._folder = folder
        self._kinds = kinds_from(params)
        cluster.hide(secrets_of(self._kinds))
        self._label = label
        self._clock_at_start = context.clock()
        self._connectors: Mapping[str, Connector] = {}
        self._meeting = Meeting()

    def all(self) -> Outcome:
        names = each_once(self._options.connectors)
        # Once for all: their states and configs, and every worker that may have a task.
        self._connectors = self._cluster.connectors()
        prepared = side_by_side(names, self._prepare, at_once=min(self._options.at_once, _MOST_PLANS_AT_ONCE))
        applied = {} if self._context.check_mode else self._carry_out(prepared)

        def report(name: str, outcome: Outcome) -> None:
            try:
                self._report(prepared[name], applied.get(name), outcome)
            except RecoveryError as error:
                # A person who reads the plans must see which one is missing.
                outcome.result["preview"] += [f"{self._label}  {name}", *wrapped(error.sentence), ""]
                raise

        result = {"changed": False, "connectors": {}, "preview": [], "next_steps": [], "diff": []}
        return for_each_connector(names, report, result)

    # The plans

    def _prepare(self, name: str, _say: Say) -> _Prepared:
        cluster = self._cluster.within(self._deadline())
        store = FolderStore(self._folder, self._label, self._cluster_id, name)
        request = self._request(store)
        journal = store.current()
        connector = self._read(cluster, name)
        begun_in = None if journal is None else journal.state_to_return_to(connector.state)
        planned = make_plan(cluster, connector, request, self._kinds, self._cluster_id, begun_in, self._context.now)
        plan_id = self._options.plan_id
        if plan_id is not None and planned.plan.id != plan_id:
            raise RecoveryError(
                f"The plan {plan_id} does not fit what is there now; nothing was changed: look at the new plan"
                f" {planned.plan.id} and agree to it.",
                plan=planned.plan.as_data(),
                preview=list(planned.preview),
            )
        return _Prepared(connector, store, journal, begun_in, request, planned)

    def _read(self, cluster: Cluster, name: str) -> Connector:
        """The connector with its offsets; what was read of all connectors is not read again."""
        known = self._connectors.get(name)
        if known is None or known.problem is not None:
            return read_connector(cluster, name, with_offsets=True, sleep=self._context.sleep)
        cluster.hide(secret_values(known.config))
        return replace(known, offsets=read_offsets(cluster, name, self._context.sleep))

    def _deadline(self, interrupt: Callable[[bool], None] | None = None) -> Deadline:
        """The option ``timeout``, from now on."""
        return Deadline(self._params["timeout"], self._context.clock, self._context.sleep, interrupt)

    def _request(self, store: BackupStore) -> ChangeRequest:
        options = self._options
        backup = None
        if options.backup_file is not None:
            backup = store.read(options.backup_file).offsets
        return ChangeRequest(
            reset=ResetRequest.read(
                options.strategy,
                options.partitions,
                options.timestamp,
                options.offset,
                backup,
                options.allow_gap,
            ),
            config=options.config,
            at_least=options.at_least,
            default_floors=options.default_floors,
            cluster=self._label,
        )

    # The changes

    def _carry_out(self, prepared: Mapping[str, _Prepared | RecoveryError]) -> dict[str, _Ended]:
        """What became of each connector that has something to change or to end."""
        plans = {name: one for name, one in prepared.items() if isinstance(one, _Prepared)}
        with Interruption(self._context.alert) as interruption:
            applied = side_by_side(
                [name for name, one in plans.items() if not one.planned.plan.is_empty or one.journal is not None],
                lambda name, say: self._apply(plans[name], interruption, say),
                at_once=self._options.at_once,
                progress=self._context.progress,
                left=lambda name: _left(plans[name].planned.plan, interruption),
            )
            if interruption.cause:
                for ended in applied.values():
                    if isinstance(ended, RecoveryError):
                        self._context.alert(ended.sentence)
        return applied

    def _apply(self, one: _Prepared, interruption: Interruption, say: Say) -> Applied | _NothingToDo:
        name = one.connector.name
        interruption.begin(name)
        if one.planned.plan.is_empty:
            one.store.end()
            return _NothingToDo()
        deadline = self._deadline(interruption.of(name))
        cluster = self._cluster.within(deadline)

        def replan(read: Connector) -> Planned:
            state = one.begun_in or one.connector.state
            return make_plan(cluster, read, one.request, self._kinds, self._cluster_id, state, self._context.now)

        applier = Applier(
            cluster,
            one.store,
            StopWindow(
                cluster,
                one.connector,
                self._options.settle_seconds,
                deadline.sleep,
                before_return=lambda: self._meeting.wait(name, deadline.check),
            ),
            replan,
            cluster_id=self._cluster_id,
            clock=self._clock,
            sleep=deadline.sleep,
            progress=say,
        )
        try:
            with self._meeting.expects(name):
                return applier.apply(one.connector, one.planned, self._worker_ids(one.connector), self._options.plan_id)
        except Interrupted as error:
            # Whatever could not be undone would have raised another error.
            raise RecoveryError(
                f"{error.sentence} It was undone: settings and offsets of '{name}' are as before, and it is"
                f" {one.planned.plan.final_state}.",
                **error.facts,
            ) from None

    def _clock(self) -> float:
        """Epoch seconds by the workers' clock."""
        return self._context.now + self._context.clock() - self._clock_at_start

    def _worker_ids(self, connector: Connector) -> frozenset[str]:
        """Every worker that may still have a task: those of the connector, those of all others, those of the options."""
        known = set(connector.status.worker_ids)
        for other in self._connectors.values():
            known.update(other.status.worker_ids)
        known.update(urlsplit(url).netloc for url in self._urls if urlsplit(url).port)
        return frozenset(known)

    # What came of them

    def _report(self, prepared: _Prepared | RecoveryError, ended: _Ended | None, outcome: Outcome) -> None:
        if isinstance(prepared, RecoveryError):
            raise prepared
        planned = prepared.planned
        if prepared.journal is not None:
            outcome.warnings.append(_unfinished(prepared, prepared.journal))
        if isinstance(ended, RecoveryError):
            raise ended
        applied = ended if isinstance(ended, Applied) else None
        if applied is not None:
            planned = applied.planned
            if planned.keeps_offsets_elsewhere:
                name = planned.plan.connector
                outcome.warnings += [f"Kafka Connect says of connector '{name}': {text}" for text in applied.remarks]
        _report(outcome, planned, applied)
        if applied is not None:
            # The command must find it from any folder.
            backup_file = str(Path(applied.backup_file).absolute())
            outcome.result["next_steps"] += go_back_lines(planned.plan.as_data(), backup_file, self._params)
        elif self._context.check_mode:
            outcome.result["next_steps"] += carry_out_lines(planned.plan.as_data(), self._params)


def _unfinished(prepared: _Prepared, journal: Journal) -> str:
    """The warning about an earlier change."""
    connector = prepared.connector
    return (
        f"Connector '{connector.name}' has an unfinished change (plan {journal.plan_id}, backup {journal.backup_file}):"
        + (
            f" it is {connector.state} by now, and stays so."
            if prepared.begun_in is None
            else f" it will be returned to {prepared.planned.plan.final_state}."
        )
    )


def _left(plan: Plan, interruption: Interruption) -> RecoveryError | None:
    """The error of a change that was left unfinished; None while it is not."""
    if not interruption.is_final:
        return None
    return RecoveryError(
        f"The change of connector '{plan.connector}' was interrupted twice ({interruption.cause}) and left unfinished. It was"
        f" {plan.final_state} before; if it is STOPPED, run this task again: that finishes or undoes the change.",
        changed=True,
    )


def _report(outcome: Outcome, planned: Planned, applied: Applied | None) -> None:
    plan = planned.plan
    result = outcome.result
    result["changed"] = result["changed"] or not plan.is_empty
    result["preview"] += [*planned.preview, ""]
    if not plan.is_empty:
        result["diff"].append(planned.diff)
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
            "settled_seconds": applied.proof.settled_seconds,
        },
    }
    outcome.warnings.extend(planned.warnings)
