# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of a playbook has left in the variables of its hosts, for its report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted_data
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import SHORTEST_SECRET
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import (
    Found,
    is_without_change,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.in_process import plain
from ansible_collections.connectops.recovery.plugins.plugin_utils.play_vars import are_of_play, seen_by
from ansible_collections.connectops.recovery.plugins.plugin_utils.run_notes import kept_document, whole_result
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import (
    is_blank,
    known_variables,
    plain_value,
)

_OFFSETS = "connectops_offsets"
_BEGUN_AT = "connectops_begun_at"
# The registered results of the roles; the first one that is there counts.
_CHANGED, _PREVENTED = ("reset_result", "rollback_result"), ("prevent_result", "prevent_look")
_NOT_FIXED = "prevent_not_fixed"
_SELECTED = "connectops_selected"
_OF_BATCHES = (_SELECTED, "connectops_batch")
# What the report on a playbook is made from. A run may have several playbooks, and other results are those of another one.
_OWN_RESULTS = {
    "identify": {"identify_result"},
    "recover": {"identify_result", "reset_result", "verify_result", *_OF_BATCHES},
    "verify": {"verify_result", *_PREVENTED},
    "rollback": {"rollback_result", *_OF_BATCHES},
    "prevent": {*_PREVENTED, _NOT_FIXED, _SELECTED},
}

Variables = Mapping[str, Any]


def left_by(label: str, variables: Variables) -> Variables:
    """What the tasks of this playbook have registered for a host; ``variables`` are those of the task that asks.

    Nothing if the host failed in an earlier playbook of this run, and so has not begun this one. Unlike ``hostvars[label]`` it
    does not go through results in search of templates, which takes longer than a look.
    """
    found: Variables = variables["hostvars"].raw_get(label)
    begun_at = {found.get(_BEGUN_AT), variables.get(_BEGUN_AT)} - {None}
    return found if len(begun_at) < 2 else {}


def plain_variable(variables: Variables, *names: str) -> Any:
    """The value of the first variable that is there and not empty, without what Ansible wraps it in; else an empty dict."""
    name = next((one for one in names if variables.get(one)), None)
    return {} if name is None else plain(variables[name])


def selected_in(label: str, left: Variables) -> Variables:
    """What was selected to be changed in one cluster; empty if nothing was selected in this run.

    Only the part of this cluster is copied: the result is that of all clusters, and each of them has it.
    """
    clusters = left.get(_SELECTED, {}).get("clusters", {})
    selected: Variables = plain(clusters.get(label, {}))
    return selected


def rendered(label: str, variables: Variables, left: Variables, names: Collection[str]) -> Variables:
    """The variables of a host, rendered when they are read, if one of the names is ``left``, or set in the play; else none.

    They are asked for only then, since Ansible gathers all variables of the host once more.
    """
    is_there = any(name in left for name in names) or are_of_play(names)
    return seen_by(label, variables) if is_there else {}


def summary_of(left: Variables) -> Variables:
    """What connect_offsets_facts has found in this run, at least in short; empty if it has not."""
    summary: Variables = plain_variable(left, "identify_result").get("summary") or _facts_of(left)
    return summary


def _facts_of(left: Variables) -> Variables:
    """The same whole: from its file, or from the task's result. The facts of the host may be cached ones."""
    read = plain_variable(left, "identify_result")
    if "facts_file" in read:
        return kept_document(read["facts_file"])
    facts: Variables = (read.get("ansible_facts") or {}).get(_OFFSETS) or {}
    return facts


def found_in(
    label: str, left: Variables, variables: Variables, *, playbook: str, is_preview: bool, must_be_changed: bool = True
) -> Found:
    """What a playbook has left of one host, without its secrets.

    ``left``: as :func:`left_by` returns it. ``variables``: those of the task that asks. ``must_be_changed``: whether it is a
    problem that a verification knows of no change.
    """
    of_host = rendered(label, variables, left, _secret_names())
    left = {name: left[name] for name in (*_OWN_RESULTS[playbook], "connectops_failure") if name in left}
    secrets = frozenset(_secrets(of_host))

    def shown(*names: str) -> Any:
        return quoted_data(plain_variable(left, *names), secrets)

    def result(*names: str) -> Any:
        return quoted_data(whole_result(plain_variable(left, *names)), secrets)

    read, changed = shown("identify_result"), result(*_CHANGED)
    verified, prevented = result("verify_result"), shown(*_PREVENTED)
    failures = [one["msg"] for one in (read, changed, verified, prevented) if _has_failed(one)]
    if must_be_changed and is_without_change(verified):
        failures.append(verified["msg"])
    # Of a cluster that the run did not come to.
    selected = quoted_data(selected_in(label, left), secrets)
    not_begun = (shown("connectops_batch") or {}).get("message", "") or selected.get("refused", "")
    problem = shown("connectops_failure") or not_begun or " ".join(dict.fromkeys(failures))
    return Found(
        label,
        offsets=quoted_data(_facts_of(left), secrets),
        planned=changed if is_preview else {},
        changed={} if is_preview else changed,
        verified=verified,
        prevented=prevented,
        not_fixed=shown(_NOT_FIXED),
        problem=str(problem) if problem else None,
        stuck_after_resume=tuple(selected.get("stuck_after_resume", ())),
        # A rollback without agreed plans is refused where no connector is named. A host that has failed has a selection too.
        is_not_agreed=playbook == "rollback"
        and label in variables.get("ansible_play_hosts", ())
        and selected.get("connectors") == [],
    )


def _has_failed(result: Variables) -> bool:
    """Whether a task failed as a whole; one that failed for single connectors has results of its own for these."""
    return bool(result.get("failed") or result.get("unreachable")) and "connectors" not in result and "msg" in result


@cache
def _secret_names() -> tuple[str, ...]:
    return tuple(name for name, spec in known_variables().items() if spec.get("no_log"))


def _secrets(variables: Variables) -> Iterator[str]:
    """The secrets among the variables that the playbooks read."""
    for name in _secret_names():
        if name not in variables:
            continue
        try:
            value = plain(variables[name])
        except AnsibleError:
            # It refers to something undefined, so nothing could use it either.
            continue
        if is_blank(value):
            continue
        value = plain_value(name, value)
        values = value.values() if isinstance(value, Mapping) else [value]
        yield from (str(one) for one in values if len(str(one)) >= SHORTEST_SECRET)
