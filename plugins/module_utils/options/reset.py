# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset does to which partitions, and the settings that change with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import Agreed, agreed_by_id
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import (
    ROLLBACK,
    STRATEGIES,
    WRITE_TO,
    PlanStrategy,
    WriteTo,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_data import checked_plan
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.checks import check_at_once
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import (
    AT_ONCE,
    CONNECTORS,
    TIMESTAMP,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    Option,
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import AT_LEAST, CONFIG

LONGEST_SETTLE_SECONDS = 600.0
PLAN_ID = Option(
    "plan_id",
    "str",
    (
        (
            "Id of the agreed plan, as returned by a run in check mode. Any other plan is refused with an error that names"
            " what has changed since."
        ),
        "Works with one connector only.",
    ),
)
PLAN_IDS = Option(
    "plan_ids",
    "dict",
    (
        "Id of the agreed plan of each connector, as the run in check mode returns them in RV(plan_ids).",
        (
            "Every other plan is refused, and so is a connector without an id. If nothing is left to change for the same"
            " request, the task says so and changes nothing."
        ),
    ),
)
WAY = Option(
    "write_to",
    "str",
    (
        "How offsets are written.",
        (
            "V(auto) uses Connect's REST API where it reaches the stored key. Where it does not, the offset is written to the"
            " offsets topic, under the bytes of its key. Kafka Connect 3.5 cannot change offsets over REST, so all are written"
            " there. This requires O(kafka_bootstrap_servers); without it such a change is refused."
        ),
        "V(rest) never uses the topic, neither to read nor to write.",
        "V(topic) writes all offsets to the topic. The connector itself is not asked whether it accepts them.",
    ),
    choices=WRITE_TO,
    default="auto",
)
SETTLE_SECONDS = Option(
    "settle_seconds",
    "float",
    (
        "Seconds to wait after the stop when a worker cannot be asked whether its tasks have ended.",
        "Set it higher than the workers' C(task.shutdown.graceful.timeout.ms).",
    ),
    default=10.0,
)


@dataclass(frozen=True)
class ResetOptions:
    """``partitions``: empty for all; ``offsets``: empty if not given. ``config`` may hold secrets.

    ``agreed``: None carries out any plan.
    """

    connectors: tuple[str, ...] = field_for(CONNECTORS)
    strategy: PlanStrategy = option(
        "strategy",
        "str",
        "Which offset each partition gets.",
        "V(continue) loses no data and makes the smallest change that recovers the connector. It changes no offset if a restart"
        " with a longer wait is enough. Behind the current round, it moves all partitions to that round together; each continues"
        " at the end of its delivered data, so missed rounds are not loaded one after the other.",
        "V(current) continues at the start of the current day (UTC). The data before it is skipped.",
        "V(available_end) continues where Stripe's data ends now, separately for each timezone. The data before it is skipped.",
        "V(timestamp) continues at O(timestamp).",
        "V(offset) writes O(offset) unchanged.",
        "V(delete) deletes the offset, so the connector starts over. Offsets of other partitions stay.",
        "V(restore) restores the offsets of O(backup_file). It deletes offsets that were added since. Settings and state are not"
        " restored.",
        "V(current), V(available_end) and V(timestamp) exist for the Stripe reporting connector only. V(continue) changes no"
        " offset of other connectors.",
        choices=STRATEGIES,
        default="continue",
    )
    partitions: tuple[Mapping[str, Any], ...] = option(
        "partitions",
        "list",
        "Source partitions to reset. Each entry is a whole partition, or some of its fields, and selects all partitions that"
        " have these fields.",
        "Only partitions that Connect lists can be selected. An entry that selects none is an error that names the closest"
        " partition.",
        "Without it, all partitions are reset. An empty list is refused.",
        elements="dict",
    )
    timestamp: str | None = field_for(TIMESTAMP)
    offset: Mapping[str, Any] | None = option(
        "offset",
        "dict",
        "Offset to write with O(strategy=offset). JSON types are kept.",
        "For a connector with several partitions, O(partitions) must name those that get it.",
    )
    offsets: tuple[Mapping[str, Any], ...] = option(
        "offsets",
        "list",
        "Offsets to write with O(strategy=offset), if partitions get different ones. Each entry is a map of C(partition), whose"
        " fields select one partition, and C(offset). Other partitions keep their offsets.",
        "Use either O(offset) or O(offsets).",
        elements="dict",
    )
    backup_file: str | None = option(
        "backup_file", "path", "Backup to restore with O(strategy=restore), on the host that runs the task."
    )
    allow_gap: bool = option(
        "allow_gap",
        "bool",
        "Allow a change that skips data, such as periods of time, rows of a report, or all future data of a partition.",
        "Not required for V(current), V(available_end) and V(restore), which skip data by definition.",
        default=False,
    )
    config: Mapping[str, Any] = field_for(CONFIG)
    at_least: Mapping[str, Any] = field_for(AT_LEAST)
    default_floors: bool = option(
        "default_floors",
        "bool",
        "Also raise the settings that the collection recommends for the class of the connector, in the same stop.",
        "For the Stripe reporting connector, C(stripe.report.max.wait.ms) is raised to the suggested wait: twice what its report"
        " runs took, and at least 60 minutes. No other class has such a setting. A value in O(at_least) or O(config) takes"
        " precedence.",
        default=False,
    )
    write_to: WriteTo = field_for(WAY)
    plan_id: str | None = field_for(PLAN_ID)
    plan_ids: Mapping[str, Any] | None = field_for(PLAN_IDS)
    agreed_plans: Mapping[str, Any] | None = option(
        "agreed_plans",
        "dict",
        "The agreed plan of each connector, whole, as the run in check mode returns it in RV(connectors.plan).",
        "Like O(plan_ids), but the request comes from the plan as well, so O(strategy) and similar options are not used. If a"
        " plan is refused, the error names each value that has moved, before and now.",
    )
    settle_seconds: float = field_for(SETTLE_SECONDS)
    at_once: int = field_for(AT_ONCE)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> ResetOptions:
        """The options among a task's parameters. Raises InputError."""
        options = cls(**values_of(cls, params))
        for name, instead in (("partitions", " for all partitions"), ("offsets", "")):
            if params.get(name) is not None and not params[name]:
                raise InputError(f"{name} is an empty list, which selects nothing: leave it out{instead}.")
        options.check()
        return options

    def check(self) -> None:
        """Raise InputError for options that do not go together, or cannot work."""
        self.agreed()
        if not 0 <= self.settle_seconds <= LONGEST_SETTLE_SECONDS:
            raise InputError(f"settle_seconds is {self.settle_seconds:g} s: set it to 0 s or more and at most 600 s.")
        check_at_once(self.at_once)

    def agreed(self) -> Mapping[str, Agreed] | None:
        """The agreed plans by connector; None carries out any plan. Raises InputError."""
        given = [name for name in ("plan_id", "plan_ids", "agreed_plans") if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} are both set: set one of them.")
        if self.plan_id is not None:
            if len(set(self.connectors)) > 1:
                raise InputError("plan_id belongs to one connector, but connectors names several: use plan_ids.")
            return agreed_by_id(dict.fromkeys(self.connectors, self.plan_id), "plan_id")
        found = None
        if self.plan_ids is not None:
            found = agreed_by_id(self.plan_ids, "plan_ids")
        elif self.agreed_plans is not None:
            plans = {name: checked_plan(plan, f"agreed_plans.{name}") for name, plan in self.agreed_plans.items()}
            found = {name: Agreed(plan["id"], plan) for name, plan in plans.items()}
            self._refuse_other_changes(plans)
        others = sorted(set(found or ()) - set(self.connectors))
        if others:
            raise InputError(
                f"{given[0]} names {', '.join(others)}, and connectors does not: check the name, or add it to connectors."
            )
        return found

    def _refuse_other_changes(self, plans: Mapping[str, Mapping[str, Any]]) -> None:
        """A rollback carries out no plan of a reset, and the reverse."""
        for name, plan in plans.items():
            is_rollback = plan["strategy"] == ROLLBACK
            if is_rollback != (self.strategy == ROLLBACK):
                kind = (
                    "rollback: give it to connect_rollback" if is_rollback else "reset: give it to connect_offset_reset"
                )
                raise InputError(f"agreed_plans.{name} is a plan of a {kind}.")

    def request(self) -> dict[str, Any]:
        """What is asked for, as JSON data without secrets: it is a part of the plan."""
        asked = {name: getattr(self, name) for name in REQUEST_OPTIONS}
        lists = {name: [dict(one) for one in asked[name]] for name in ("partitions", "offsets")}
        return {**asked, **lists, "config": sorted(self.config)}

    def asking(self, request: Mapping[str, Any]) -> ResetOptions:
        """These options with what a plan's request asks for; the values of ``config`` are in no plan, and stay."""
        asked = {name: request[name] for name in REQUEST_OPTIONS}
        lists = {name: tuple(request[name]) for name in ("partitions", "offsets")}
        return replace(self, **{**asked, **lists})


# The options that a plan's request holds as they are.
REQUEST_OPTIONS = (
    "strategy",
    "partitions",
    "timestamp",
    "offset",
    "offsets",
    "backup_file",
    "allow_gap",
    "at_least",
    "default_floors",
    "write_to",
)

RESET_SPEC = argument_spec(options_of(ResetOptions))
