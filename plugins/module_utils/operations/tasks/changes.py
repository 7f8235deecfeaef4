# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing connectors of one cluster: all plans first, then the changes side by side, then what came of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.stores import Stores
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import (
    kind_of,
    kinds_from,
    secrets_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import go_back_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.steps import as_step
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import Agreed
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.cost import costs_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import Plan
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import Preflight, preflight_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import Unfinished
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import (
    OTHER_CLUSTER,
    OffsetsTopics,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.target_topics import TargetTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.workers import find_workers
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.applier import Applied, Applier
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.holding import (
    end_unfinished,
    find_unfinished,
    read_to_change,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import (
    OffsetAccess,
    RestOffsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.retention import delete_old_backups
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.shared_reads import SharedReads
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_proof import known_workers
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.stop_window import (
    StopWindow,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.topic_offsets import TopicOffsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.interruption import (
    Interrupted,
    Interruption,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.plan import Planned
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_with_topics
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.change_results import (
    add_result,
    left_unfinished,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.meeting import Meetings
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.side_by_side import Say, side_by_side
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import (
    Outcome,
    TaskContext,
    each_once,
    for_each_connector,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions, KeepOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions

# Each may ask services outside Connect; how fast they are asked is limited elsewhere.
_MOST_PLANS_AT_ONCE = 20

# From a cluster, a connector as it was read there, and the state before an unfinished earlier change, to the plan.
Planner = Callable[[Cluster, Connector, Union[LastingState, None]], Planned]


@dataclass(frozen=True)
class _Prepared:
    """One connector as it was read, and its plan; nothing is changed so far. ``agreed``: no other plan may be carried out."""

    connector: Connector
    store: BackupStore
    unfinished: Unfinished
    plan_for: Planner
    planned: Planned
    agreed: bool
    warnings: tuple[str, ...]
    preflight: Preflight = field(default_factory=Preflight)


@dataclass(frozen=True)
class _NothingToDo:
    """For a connector whose unfinished change has left nothing to do, so its journal was ended."""

    warnings: tuple[str, ...]


_Ended = Union[Applied, _NothingToDo, RecoveryError]


class Changes:
    """The changes of one task, all with the same options. A subclass says what is planned.

    ``topics`` None: offsets are read and written through REST only. ``targets`` None: the topics that connectors deliver to
    cannot be looked at.
    """

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
        targets: TargetTopics | None = None,
    ) -> None:
        self._cluster = cluster
        self._options = options
        self._agreed = options.agreed()
        self._params = params
        self._context = context
        self._cluster_id = cluster_id
        self._stores = stores
        self._keep = KeepOptions.read(params)
        self._kinds = kinds_from(params, context.shared)
        cluster.hide(secrets_of(self._kinds))
        self._label = backups.cluster_label
        self._topics = topics
        self._targets = targets
        self._kafka = KafkaOptions.read(params)
        self._clock_at_start = context.clock()
        self._connectors: Mapping[str, Connector] = {}
        self._placed: Collection[Connector] = ()
        self._members: frozenset[str] = frozenset()
        self._meetings = Meetings()
        self._steps: dict[str, list[dict[str, Any]]] = {}

    def all(self) -> Outcome:
        """Plan and change every connector. Raises RecoveryError, after all have ended, when any failed."""
        names = each_once(self._options.connectors)
        # Once for all: every worker that may have a task.
        self._connectors = self._cluster.connectors()
        # One for each set of workers: each change looks at all of these.
        self._placed = {one.status.worker_ids: one for one in self._connectors.values()}.values()
        self._members = self._members_of_group()
        self._reads = SharedReads(min(len(names), self._options.at_once), len(self._connectors))
        prepared = side_by_side(names, self._prepare, at_once=min(self._options.at_once, _MOST_PLANS_AT_ONCE))
        ended: Mapping[str, _Ended] = {}
        if not self._context.check_mode:
            # A person who watches can still stop the run.
            self._context.show([line for name in names for line in self._preview(name, prepared[name])])
            ended = self._carry_out(prepared)

        def report(name: str, outcome: Outcome) -> None:
            try:
                self._report(prepared[name], ended.get(name), outcome)
                outcome.result["connectors"][name]["steps"] = self._steps.get(name, [])
            except RecoveryError as error:
                error.facts = {**error.facts, "steps": self._steps.get(name, [])}
                outcome.result["preview"] += self._preview(name, error)
                raise

        result = {"changed": False, "connectors": {}, "preview": [], "next_steps": [], "diff": [], "plan_ids": {}}
        return for_each_connector(names, report, result)

    def _preview(self, name: str, prepared: _Prepared | RecoveryError) -> list[str]:
        """The plan of a connector for a person; or why there is none, since a person must see which one is missing."""
        if isinstance(prepared, RecoveryError):
            shown = prepared.facts.get("preview", [f"{self._label}  {name}"])
            return [*shown, *wrapped(prepared.sentence), ""]
        warnings = [line for warning in prepared.warnings for line in wrapped(warning)]
        return [*prepared.planned.preview, *prepared.preflight.lines(), *warnings, ""]

    def _members_of_group(self) -> frozenset[str]:
        """The workers as the group's coordinator has them; empty where Kafka cannot be asked."""
        if self._kafka is None or self._context.check_mode:
            return frozenset()
        known, _may_be_incomplete = known_workers(self._connectors.values(), self._params["connect_url"])
        return find_workers(self._kafka, known)

    # What a subclass says

    def _planner(self, options: ResetOptions, store: BackupStore, name: str) -> Planner:
        raise NotImplementedError

    def _carry_out_lines(self, plan: Plan) -> list[str]:
        raise NotImplementedError

    # The plans

    def _prepare(self, name: str, _say: Say) -> _Prepared:
        cluster = self._cluster.within(self._deadline())
        options, agreed = self._agreed_options(name)
        store = self._stores.of(name)
        plan_for = self._planner(options, store, name)
        connector, warnings = read_to_change(
            cluster,
            name,
            self._context.sleep,
            lambda: self._read(cluster, name, self._context.sleep),
            lambda: self._reads.settings(cluster, name, self._context.sleep),
        )
        unfinished = find_unfinished(connector, store, self._clock())
        if unfinished.problem is not None:
            raise RecoveryError(unfinished.problem)
        planned = plan_for(cluster, connector, unfinished.begun_in)
        self._refuse_unwritable(planned.plan)
        if agreed is not None and (remark := agreed.check(planned.plan, unfinished.begun_in)) is not None:
            planned = replace(planned, preview=(*planned.preview, *wrapped(remark)))
        if not planned.plan.is_empty:
            preflight, problems = self._preflight(cluster, connector, planned)
            warnings = (*warnings, *problems)
            store.refuse_unfit(self._backup_of(connector, planned, preflight))
        else:
            preflight = Preflight()
        if unfinished.remark is not None:
            warnings = (*warnings, unfinished.remark)
        return _Prepared(connector, store, unfinished, plan_for, planned, agreed is not None, warnings, preflight)

    def _preflight(self, cluster: Cluster, connector: Connector, planned: Planned) -> tuple[Preflight, tuple[str, ...]]:
        """The topics that the connector delivers to; a warning where they cannot be looked at, since it can be changed anyway."""
        if self._targets is None or connector.config.get(OTHER_CLUSTER):
            return Preflight(), ()
        delivery = kind_of(self._kinds, connector).delivery(connector)
        topics = delivery.topic_names or cluster.active_topics(connector.name) or ()
        if not topics:
            return Preflight(), ()
        try:
            looked = self._targets.look(topics)
            return preflight_of(looked, costs_of(planned.forecast), needs_keyless=delivery.needs_keyless), ()
        except KafkaFailed as failure:
            return Preflight(), (
                f"The topics that connector '{connector.name}' delivers to were not looked at: {failure.sentence}",
            )

    def _agreed_options(self, name: str) -> tuple[ResetOptions, Agreed | None]:
        """The options for one connector, and the plan of it that was agreed to, if one had to be."""
        if self._agreed is None:
            return self._options, None
        agreed = self._agreed.get(name)
        if agreed is None:
            raise InputError(
                f"Connector '{name}' has no agreed plan, so it was not changed: plan it in check mode, and agree to that plan."
            )
        return self._options if agreed.plan is None else self._options.asking(agreed.plan["request"]), agreed

    def _read(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> tuple[Connector, tuple[str, ...]]:
        connector = self._reads.connector(cluster, name, sleep)
        return read_with_topics(cluster, connector, self._topics, self._options.write_to, sleep)

    def _refuse_unwritable(self, plan: Plan) -> None:
        """Refuse before anything is stopped if the user may not write to a topic."""
        written = {place.topic for change in plan.offsets for place in change.topic_keys}
        if self._topics is not None and written:
            self._topics.refuse_unwritable(written)

    def _backup_of(self, connector: Connector, planned: Planned, preflight: Preflight) -> Backup:
        """As large as the backup that will be made."""
        change = Change.of(planned.plan, connector.state, planned.rolls_back)
        plan_id, secret_keys = planned.plan.id, planned.secret_keys
        ends = preflight.ends
        return Backup.of(
            connector, self._cluster_id, plan_id, secret_keys, self._clock(), change=change, target_ends=ends
        )

    def _deadline(self, interrupt: Callable[[bool], None] | None = None) -> Deadline:
        """The option ``timeout``, from now on."""
        return Deadline(self._params["timeout"], self._context.clock, self._context.sleep, interrupt)

    def _clock(self) -> float:
        """Epoch seconds by the workers' clock."""
        return self._context.now + self._context.clock() - self._clock_at_start

    # The changes

    def _carry_out(self, prepared: Mapping[str, _Prepared | RecoveryError]) -> dict[str, _Ended]:
        """What became of each connector that has something to change or to end."""
        plans = {name: one for name, one in prepared.items() if isinstance(one, _Prepared)}
        names = [name for name, one in plans.items() if not one.planned.plan.is_empty or not one.unfinished.is_nothing]
        with Interruption(self._context.alert) as interruption:
            ended = side_by_side(
                names,
                lambda name, say: self._apply(plans[name], interruption, say),
                at_once=self._options.at_once,
                progress=self._context.progress,
                left=lambda name: left_unfinished(plans[name].planned.plan, interruption),
            )
            if interruption.cause:
                for one in ended.values():
                    if isinstance(one, RecoveryError):
                        self._context.alert(one.sentence)
        return ended

    def _apply(self, one: _Prepared, interruption: Interruption, say: Say) -> Applied | _NothingToDo:
        name = one.connector.name
        steps = self._steps.setdefault(name, [])

        def note(line: str) -> None:
            steps.append({"at": int(self._clock()), "message": as_step(name, line)})
            say(line)

        interruption.begin(name)
        deadline = self._deadline(interruption.of(name))
        cluster = self._cluster.within(deadline)
        if one.planned.plan.is_empty:
            return _NothingToDo(end_unfinished(cluster, name, one.store, one.unfinished.over, deadline.sleep))
        workers, may_be_incomplete = known_workers(
            (one.connector, *self._placed), self._params["connect_url"], self._members
        )
        applier = Applier(
            cluster,
            one.store,
            StopWindow(
                cluster,
                one.connector,
                self._options.settle_seconds,
                deadline.sleep,
                may_be_incomplete=may_be_incomplete,
                overrules=not one.unfinished.is_nothing,
                awaited_status=lambda: self._reads.status(cluster, name, deadline.sleep),
                before_unmark=lambda: self._meetings.before_unmark(name, deadline.check),
                before_return=lambda: self._meetings.before_return(name, deadline.check),
            ),
            lambda: self._read(cluster, name, deadline.sleep)[0],
            lambda read: one.plan_for(cluster, read, one.unfinished.begun_in),
            lambda plan: self._open_offsets(cluster, plan, one.connector, deadline.sleep),
            cluster_id=self._cluster_id,
            clock=self._clock,
            sleep=deadline.sleep,
            progress=note,
            over=one.unfinished.over,
            target_ends=one.preflight.ends,
            before_look=lambda: self._meetings.before_look(name, deadline.check),
            before_stop=lambda: self._meetings.before_stop(name, deadline.check),
        )
        try:
            with self._meetings.expect(name):
                return applier.apply(one.connector, one.planned, workers, one.planned.plan.id if one.agreed else None)
        except Interrupted as error:
            if error.facts.get("changed"):
                raise
            # Whatever could not be undone would have raised another error.
            raise RecoveryError(
                f"{error.sentence} It was undone: settings and offsets of '{name}' are as before, and it is"
                f" {one.planned.plan.final_state}.",
                **error.facts,
            ) from None

    def _open_offsets(
        self, cluster: Cluster, plan: Plan, connector: Connector, sleep: Callable[[float], None]
    ) -> OffsetAccess:
        rest = RestOffsets(cluster, plan.connector, sleep)
        if self._topics is None or plan.write_to == "rest":
            return rest
        return TopicOffsets(rest, self._topics, connector, sleep)

    # What came of them

    def _report(self, prepared: _Prepared | RecoveryError, ended: _Ended | None, outcome: Outcome) -> None:
        if isinstance(prepared, RecoveryError):
            raise prepared
        outcome.warnings += prepared.warnings
        if isinstance(ended, RecoveryError):
            raise ended
        if ended is not None:
            outcome.warnings += ended.warnings
        if not isinstance(ended, Applied):
            add_result(outcome, prepared.planned, None, prepared.preflight, with_diff=self._context.with_diff)
            if self._context.check_mode:
                outcome.result["next_steps"] += self._carry_out_lines(prepared.planned.plan)
            return
        plan = ended.planned.plan
        if ended.planned.keeps_offsets_elsewhere:
            outcome.warnings += [
                f"Kafka Connect says of connector '{plan.connector}': {text}" for text in ended.remarks
            ]
        add_result(outcome, ended.planned, ended, prepared.preflight, with_diff=self._context.with_diff)
        outcome.warnings += delete_old_backups(prepared.store, plan.connector, self._keep, self._clock())
        outcome.result["next_steps"] += go_back_lines(plan.as_data(), ended.backup_file, self._params)
