# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans that a run of ``recover`` may carry out: from a plan file, or as ids in variables; with all that is said of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import read_document
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    iso_seconds,
    parse_duration,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, listed, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import agreed_by_id
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import ROLLBACK
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_file import (
    PlanFile,
    check_age,
    is_plan_file,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.rollback import CONSENTS
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    IDS_OF_ONE_CLUSTER,
    PLANNED_AT,
    is_blank,
    plain_value,
)

IDS, FILE, MAX_AGE = "connectops_plan_ids", "connectops_plan_file", "connectops_plan_max_age"
_LONGEST_AGE = "24h"
_listed = partial(listed, most=10)
# The playbook of each role that carries out plans.
PLAYBOOK_OF = {"reset": "recover", "rollback": "rollback"}
# For each role the variables that set what a plan file holds itself, each with its name in a plan's request.
REQUEST: Mapping[str, Mapping[str, str]] = {
    "reset": {
        "reset_strategy": "strategy",
        "reset_partitions": "partitions",
        "reset_timestamp": "timestamp",
        "reset_offset": "offset",
        "reset_offsets": "offsets",
        "reset_allow_gap": "allow_gap",
        "reset_default_floors": "default_floors",
        "connectops_at_least": "at_least",
    },
    "rollback": {f"rollback_{name}": name for name in ("backup_file", *CONSENTS)},
}


@dataclass(frozen=True)
class AgreedPlans:
    """The agreed plans of all clusters. ``ids``: cluster, connector, id. ``plans``: the same with whole plans, from a file.

    ``source``: the variable they come from. ``passed_on``: they come from an earlier node of a workflow, and so may name
    clusters that other nodes have. ``made_at``: epoch seconds, if known.
    """

    source: str
    ids: Mapping[str, Mapping[str, str]]
    plans: Mapping[str, Mapping[str, Mapping[str, Any]]]
    passed_on: bool = False
    made_at: int | None = None

    def check(self, in_run: Iterable[str], in_inventory: Iterable[str]) -> None:
        """Raises InputError for a cluster that no inventory has, and when the run would do nothing."""
        unknown = sorted(set(self.ids) - set(in_inventory))
        if unknown and not self.passed_on:
            hint = did_you_mean(unknown[0], in_inventory, "name a host of the inventory.")
            raise InputError(
                f"{self.source} has plans of the cluster {unknown[0]}, which the inventory does not have: {hint}"
            )
        known = [label for label in in_run if label in self.ids]
        if not known or not (self.passed_on or any(self.ids[label] for label in known)):
            raise InputError(
                f"{self.source} has no plan for any cluster of this run ({_listed(sorted(in_run))}), so there is nothing to"
                " do: check the inventory and --limit."
            )

    def check_role(self, role: str) -> None:
        """Raises InputError for whole plans that another role has made; ids do not show this before they are compared."""
        for plans in self.plans.values():
            for plan in plans.values():
                own = "rollback" if plan["strategy"] == ROLLBACK else "reset"
                if own != role:
                    raise InputError(
                        f"{self.source} was made by the playbook {PLAYBOOK_OF[own]}, and this is {PLAYBOOK_OF[role]}: run"
                        f" {PLAYBOOK_OF[own]} with it."
                    )

    def lines(self, in_run: Iterable[str], named: Iterable[str] = ()) -> list[str]:
        """What a person reads of the whole run before anything is done. ``named``: the connectors that the user has named."""
        of_run = {label: self.ids[label] for label in sorted(in_run) if self.ids.get(label)}
        made = "" if self.made_at is None else f", made at {show_moment(self.made_at)}"
        count = sum(map(len, of_run.values()))
        lines = wrapped(
            f"{counted(count, 'agreed plan')} for {counted(len(of_run), 'cluster')} of this run{made} ({self.source})."
        )
        left_out = [f"{one} ({len(ids)})" for one, ids in sorted(self.ids.items()) if ids and one not in in_run]
        if left_out:
            where = "this cluster is" if len(left_out) == 1 else "these clusters are"
            lines += wrapped(f"The plans of {_listed(left_out)} are left out, because {where} not in this run.")
        without = sorted(set(in_run) - set(of_run))
        if without:
            lines += wrapped(f"Clusters without an agreed plan, which are not changed: {_listed(without)}.")
        if unplanned := self._without_plan(named, in_run):
            lines += wrapped(f"Named connectors without an agreed plan, which are not changed: {_listed(unplanned)}.")
        return [*lines, ""]

    def check_names(self, names: Iterable[str], in_run: Iterable[str]) -> None:
        """Raises InputError for a name in connectops_connectors for which no cluster of the run has a plan.

        Plans that were passed on come from a run with the same names, so a connector without a plan needed none.
        """
        if not self.passed_on and (unplanned := self._without_plan(names, in_run)):
            planned = {name for label in in_run for name in self.ids.get(label, ())}
            hint = did_you_mean(unplanned[0], planned, "plan it with --check first.")
            raise InputError(
                f"connectops_connectors names {unplanned[0]}, but {self.source} has no plan for it in this run: {hint}"
            )

    def _without_plan(self, names: Iterable[str], in_run: Iterable[str]) -> list[str]:
        planned = {name for label in in_run for name in self.ids.get(label, ())}
        return [name for name in names if name not in planned]

    def check_left(self, named_by: str, in_run: Iterable[str]) -> None:
        """Raises InputError when the names in a variable leave none of the plans.

        If the ids were passed on by an earlier node, there may be none, and nothing is raised.
        """
        if not self.passed_on and not any(self.ids.get(label) for label in in_run):
            raise InputError(
                f"{self.source} has no plan for any connector that {named_by} names, so there is nothing to do: leave {named_by}"
                " out, or name a connector that has a plan."
            )

    def narrowed(self, names: Mapping[str, Collection[str]]) -> AgreedPlans:
        """Only the plans of the connectors that are named for their cluster; all of those of a cluster without names."""

        def kept(clusters: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
            return {
                label: {name: one for name, one in found.items() if not names.get(label) or name in names[label]}
                for label, found in clusters.items()
            }

        return replace(self, ids=kept(self.ids), plans=kept(self.plans))


def longest_age(value: Any) -> int:
    """The value of connectops_plan_max_age in milliseconds. Raises InputError."""
    return parse_duration(_LONGEST_AGE if is_blank(value) else str(value), MAX_AGE)


def from_file(path: str, now: float, max_age: int) -> AgreedPlans:
    """The plans of a file; ``now`` in epoch seconds, ``max_age`` in milliseconds. Raises InputError."""
    where = f"{FILE} {path}"
    try:
        data = read_document(Path(path))
    except FileNotFoundError:
        raise InputError(f"{where} does not exist: make it with --check, or correct the path.") from None
    except ValueError as error:
        raise InputError(f"{where} cannot be read ({error}): make it again with --check.") from None
    found = PlanFile.from_data(data, where)
    found.check_age(now, max_age, where)
    if not found.count:
        raise InputError(f"{where} has no plan that changes anything, so there is nothing to do.")
    plans = {label: one.plans for label, one in found.clusters.items()}
    ids = {label: {name: plan["id"] for name, plan in one.items()} for label, one in plans.items()}
    return AgreedPlans(FILE, ids, plans, made_at=found.made_at)


def check_writable(path: str) -> None:
    """Raises InputError if a plan file would replace a file that is not a plan file."""
    advice = "name a new file"
    try:
        data = read_document(Path(path))
    except FileNotFoundError:
        return
    except ValueError as error:
        raise InputError(f"{FILE} {path} exists and is not a plan file ({error}): {advice}.") from None
    if not is_plan_file(data):
        raise InputError(f"{FILE} {path} exists and is not a plan file: {advice}.")


def from_variables(
    variables: Iterable[str], value_of: Callable[[str], Any], now: float, max_age: int
) -> AgreedPlans | None:
    """The plans of connectops_plan_ids and of the variables that a plan run has passed on; None if none is set.

    ``value_of`` renders a variable; ``now`` in epoch seconds, ``max_age`` in milliseconds. Raises InputError.
    """
    names = sorted(one for one in variables if one == IDS or one.startswith(IDS_OF_ONE_CLUSTER))
    found = {name: value for name in names if not is_blank(value := value_of(name))}
    if not found:
        return None
    ids: dict[str, dict[str, str]] = {}
    given_by: dict[tuple[str, str], str] = {}
    for name, value in found.items():
        for label, connector, one in _entries(name, plain_value(name, value)):
            known = ids.setdefault(label, {})
            if connector is None:
                continue
            first = given_by.setdefault((label, connector), name)
            if known.setdefault(connector, one) != one:
                raise InputError(
                    f"{name} and {first} have different plans for connector {connector} of cluster {label}: set one of them."
                )
    made_at = value_of(PLANNED_AT) if PLANNED_AT in variables else None
    moment = None if is_blank(made_at) else iso_seconds(str(made_at))
    if moment is not None:
        check_age(moment, now, max_age, f"What was planned ({PLANNED_AT})")
    elif not is_blank(made_at):
        raise InputError(f"{PLANNED_AT}: {made_at} is not a moment: use the value that the plan run passed on.")
    passed_on = IDS not in found
    source = IDS if IDS in found else f"{IDS_OF_ONE_CLUSTER}*"
    return AgreedPlans(source, ids, {}, passed_on, None if moment is None else int(moment))


def _entries(name: str, value: Any) -> Iterator[tuple[str, str | None, str]]:
    """Cluster, connector and id of each plan; connector None once for each cluster."""
    example = '{"connect-1": {"orders": "d9aa21c64d60"}}'
    for label, of_cluster in value.items() if isinstance(value, Mapping) else [("", None)]:
        if not isinstance(of_cluster, Mapping):
            raise InputError(f"{name} must have a map of connectors and ids for each cluster, such as {example}.")
        yield label, None, ""
        for connector, agreed in agreed_by_id(of_cluster, f"{name}.{label}").items():
            yield label, connector, agreed.id


def request_problem(
    plans: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
    request: Mapping[str, str],
) -> str | None:
    """A sentence about a variable that asks for something else than the plans of a file do; None if there is none.

    ``variables`` are the rendered values of those that are set; ``request``: the name of each in a plan's request.
    """
    for name, key in request.items():
        if is_blank(variables.get(name)):
            continue
        value = plain_value(name, variables[name])
        for plan in plans.values():
            wanted = plan["request"][key]
            if value != wanted and str(value).lower() != str(wanted).lower() and (value or wanted):
                return (
                    f"{name} asks for something else than the plan file was made for: leave {name} out, or plan again."
                )
    return None
