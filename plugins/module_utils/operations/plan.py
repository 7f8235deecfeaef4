# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one connector as it was read to its plan, and to the text about the plan for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Decision, Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import Kinds, kind_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    RETURNING,
    ROLLBACK,
    Plan,
    WriteTo,
    final_state_of,
    offset_changes,
    show_changes,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.route import (
    misplaced,
    refuse_unreachable,
    routed,
    unread,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import changed_types
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange, changed_config
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import LastingState
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import has_failed
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import decide_with_server


@dataclass(frozen=True)
class ChangeRequest:
    """All that the user asks for one connector: a reset of its offsets, and settings, exact ones or floors.

    ``default_floors``: besides ``at_least``, raise what the connector's kind raises by default. ``remarks``: sentences that
    stand above the plan. ``backed_up``: the raw records of the backup that is restored, empty where it has none.
    """

    reset: ResetRequest
    config: Mapping[str, Any] = field(repr=False)
    at_least: Mapping[str, Any]
    cluster: str
    default_floors: bool = False
    # The same as data without secrets.
    asked: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    write_to: WriteTo = "auto"
    backed_up: tuple[OffsetRecord, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A plan, and what is said of it. ``forecast`` is data for machines, ``preview`` lines for a person.

    ``profile``: what the connector is judged by. ``epoch_fields``: the fields of its offsets that are epoch seconds.
    ``rolls_back``: the moment of the backup whose change it takes back, if it does. ``holds_until``: see
    :class:`~.kind.Decision`.
    """

    plan: Plan
    preview: tuple[str, ...]
    forecast: Mapping[str, Any] | None
    profile: str
    secret_keys: frozenset[str]
    warnings: tuple[str, ...] = ()
    epoch_fields: frozenset[str] = frozenset()
    # The connector may keep offsets outside of Kafka Connect, so what Connect says about that is shown.
    keeps_offsets_elsewhere: bool = False
    rolls_back: str | None = None
    holds_until: float | None = None

    @property
    def diff(self) -> dict[str, str]:
        return {
            "before_header": f"{self.plan.connector} (now)",
            "after_header": f"{self.plan.connector} (plan {self.plan.id})",
            "before": show_changes(self.plan, "before", self.epoch_fields),
            "after": show_changes(self.plan, "after", self.epoch_fields),
        }


def make_plan(
    client: Cluster,
    connector: Connector,
    request: ChangeRequest,
    kinds: Kinds,
    cluster_id: str,
    begun_in: LastingState | None,
    now: float,
) -> Planned:
    """Decide the plan, from reads only. ``begun_in`` is the state before an unfinished earlier change, if there was one."""
    if not connector.is_source and not _leaves_offsets_alone(request.reset):
        raise InputError(
            f"Connector '{connector.name}' is a {connector.type} connector, not a source connector: its offsets belong to a"
            " consumer group, which a reset here does not change."
        )
    refuse_unreachable(connector)
    floors = _floors(request, kind_of(kinds, connector).default_floors)
    settings, secret_keys = decide_with_server(client, connector, request.config, floors)
    # The offsets are decided for the config that the connector will start with.
    configured = replace(connector, config=changed_config(connector.config, settings))
    kind = kind_of(kinds, configured)
    situation = kind.read_outside(Read(configured, now))
    if (needed := _floors(request, kind.floors(situation))) != floors:
        settings, secret_keys = decide_with_server(client, connector, request.config, needed)
        configured = replace(connector, config=changed_config(connector.config, settings))
        situation = kind.read_outside(Read(configured, now))
    decision = kind.decide(situation, request.reset)
    plan = _plan(connector, request, cluster_id, settings, decision, begun_in)
    forecast = decision.forecast
    task_states = [task.state for task in connector.tasks]
    preview = (
        *headline(request.cluster, connector.name, connector.state, task_states, decision.remark),
        *(line for one in request.remarks for line in ("", *wrapped(one))),
        "",
        *kind.plan_lines(plan.as_data(), forecast, connector.config),
    )
    warnings = decision.warnings
    if plan.strategy in RETURNING:
        # A backup may come from an older version of the connector, so the user must judge this.
        warnings = (*warnings, *changed_types(connector.stored, decision.targets))
    if connector.in_topics is not None:
        warnings = (*warnings, *misplaced(plan.offsets, connector.in_topics.topics), *unread(connector.in_topics))
    return Planned(
        plan,
        preview,
        forecast,
        kind.profile_of(configured),
        secret_keys,
        warnings,
        epoch_fields=decision.epoch_fields,
        keeps_offsets_elsewhere=not kind.recovers,
        holds_until=decision.holds_until,
    )


def _floors(request: ChangeRequest, default: Mapping[str, str]) -> dict[str, Any]:
    """What is raised: ``default`` where that is wanted and nothing else is asked for, and what the user names."""
    wanted = default if request.default_floors else {}
    return {key: value for key, value in wanted.items() if key not in request.config} | dict(request.at_least)


def _leaves_offsets_alone(request: ResetRequest) -> bool:
    """Whether it takes back a change that had no offsets: all that can be asked of a sink connector."""
    return request.strategy == ROLLBACK and not request.backup


def _plan(
    connector: Connector,
    request: ChangeRequest,
    cluster_id: str,
    settings: tuple[SettingChange, ...],
    decision: Decision,
    begun_in: LastingState | None,
) -> Plan:
    changes = offset_changes(connector.stored, decision.targets)
    changes = routed(changes, connector, request.write_to, request.backed_up)
    final_state = final_state_of(connector, begun_in)
    # One whose connector or task has failed does not recover alone: a restart may be all that it needs.
    is_dead = has_failed(connector)
    changes_state = is_dead or (begun_in is not None and connector.state == "STOPPED")
    restart = decision.needs_restart and final_state == "RUNNING"
    return Plan(
        cluster=request.cluster,
        cluster_id=cluster_id,
        connector=connector.name,
        strategy=request.reset.strategy,
        state="FAILED" if is_dead else connector.state,
        final_state=final_state if settings or changes or changes_state or restart else connector.state,
        settings=settings,
        offsets=changes,
        presumed=connector.stored,
        restart=restart,
        request=request.asked,
    )
