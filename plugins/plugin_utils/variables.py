# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that playbooks and roles read: their names, their types, and what is wrong with the values that are set.

The names follow from the modules' options (``connectops_timeout`` sets the option ``timeout``) and from the roles' argument
specs. A blank value (None, or a text of nothing but blanks) counts as not set.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import BOOLEANS_TRUE
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import folder_problem
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean, suggestion
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import MODULES
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import Spec
from ansible_collections.connectops.recovery.plugins.plugin_utils.misspelt import misspelt
from ansible_collections.connectops.recovery.plugins.plugin_utils.whole_run import value_problem

PREFIXES = (
    "connectops_",
    "identify_",
    "prevent_",
    "raise_timeout_",
    "reset_",
    "rollback_",
    "support_bundle_",
    "verify_",
)

# These say what one run does. The roles have variables of their own for them, with the prefix of the role.
OPTIONS_OF_A_RUN = frozenset(
    {
        "agreed_plans",
        "allow_changed_settings",
        "allow_gap",
        "allow_moved_offsets",
        "allow_other_cluster",
        "allow_other_connector",
        "at_least",
        "backup_file",
        "cluster_label",
        "config",
        "connectors",
        "default_floors",
        "from_backups",
        "in_short",
        "interval_seconds",
        "keep_samples",
        "log_lines",
        "offset",
        "offsets",
        "partitions",
        "plan_id",
        "plan_ids",
        "planned",
        "report_file",
        "set_facts",
        "show",
        "soak_hours",
        "strategy",
        "timeout_seconds",
        "timestamp",
    }
)

# When a plan run made what it passes on.
PLANNED_AT = "connectops_planned_at"

# What the playbooks themselves read.
_OF_PLAYBOOKS: Spec = {
    "connectops_hosts": {"type": "list", "elements": "str"},
    "connectops_serial": {"type": "list", "elements": "str"},
    "connectops_connectors": {"type": "list", "elements": "str"},
    "connectops_at_least": {"type": "dict"},
    "connectops_fix": {"type": "bool"},
    "connectops_max_changes": {"type": "int"},
    "connectops_max_fail_percentage": {"type": "int"},
    "connectops_stay_stopped": {"type": "list", "elements": "str"},
    "connectops_stop_on_failure": {"type": "bool"},
    "connectops_mode": {"type": "str", "choices": ["apply", "agreed", "plan"]},
    "connectops_plan_file": {"type": "str"},
    "connectops_plan_ids": {"type": "dict"},
    "connectops_plan_max_age": {"type": "str"},
    PLANNED_AT: {"type": "str"},
    "connectops_report_dir": {"type": "str"},
    "connectops_set_stats": {"type": "bool"},
}
# A plan run passes the ids of each cluster on under a name of its own: connectops_plan_ids_<cluster>.
IDS_OF_ONE_CLUSTER = "connectops_plan_ids_"
# A run passes its outcome for each cluster on in the same way. Another run of ours may get it, and does not read it.
OUTCOME_OF_ONE_CLUSTER = "connectops_outcome_"
# A run passes the names of its backups on to people; in a workflow they come back as variables, which no run reads.
BACKUPS_OF_ONE_CLUSTER = "connectops_made_backups_"

# Set by playbooks and roles, never by a user; a fact of an earlier run may still have its name.
_SET_BY_US = frozenset(
    {
        "connectops_agreed",
        "connectops_batch",
        "connectops_batches",
        "connectops_begun_at",
        "connectops_deviates",
        "connectops_failure",
        "connectops_given",
        "connectops_gone",
        "connectops_is_plan",
        "connectops_is_preview",
        "connectops_playbook",
        "connectops_stopped_advice",
        "connectops_stuck_after_resume",
        "connectops_looks",
        "connectops_matched",
        "connectops_offsets",
        "connectops_problems",
        "connectops_reported",
        "connectops_role",
        "connectops_selected",
        "connectops_sentences",
        "connectops_unmatched",
        "identify_at_least_as_bad",
        "identify_bad",
        "identify_bad_sentence",
        "identify_facts",
        "identify_left_sentence",
        "identify_result",
        "identify_sentences",
        "prevent_again",
        "prevent_at_least_as_bad",
        "prevent_bad",
        "prevent_changes",
        "prevent_failure",
        "prevent_look",
        "prevent_not_fixed",
        "prevent_not_written",
        "prevent_result",
        "prevent_sentence",
        "prevent_stuck",
        "prevent_stuck_advice",
        "prevent_written",
        "raise_timeout_result",
        "reset_failed",
        "reset_failure",
        "reset_left_stopped",
        "reset_of_connectors",
        "reset_stopped_advice",
        "reset_result",
        "rollback_failed",
        "rollback_failure",
        "rollback_result",
        "support_bundle_result",
        "verify_failure",
        "verify_of_all",
        "verify_result",
    }
)

# Files on the control node, whatever host the task runs on. Other relative paths are made absolute where the task runs.
_FILES_HERE = frozenset({"connectops_plan_file", "connectops_report_dir", "identify_report_file"})

# What an empty list must not widen or leave out, and what leaving the variable out means.
_NOT_EMPTY = {
    "connectops_connectors": "leave it out, and the playbook finds the connectors itself",
    # Ansible would take all clusters at once.
    "connectops_serial": "leave it out for the batches that the playbook makes itself",
    "prevent_connectors": "leave it out for all connectors of the policy's classes",
    "reset_partitions": "leave it out for all partitions",
    "reset_offsets": "leave it out, or name each partition with its offset",
    "connectops_plan_ids": "leave it out to carry out any plan",
    "reset_plan_ids": "leave it out to carry out any plan",
    "reset_agreed_plans": "leave it out to carry out any plan",
    "rollback_plan_ids": "leave it out to carry out any plan",
    "rollback_agreed_plans": "leave it out to carry out any plan",
}

# The playbooks set these for the roles themselves and would not read a user's value. What to set instead.
_LEAVE_OUT = "leave it out, because the playbook sets it"
_GIVEN_BY_PLAYBOOKS = {
    "raise_timeout_at_least": "set connectops_at_least",
    "raise_timeout_connectors": "set connectops_connectors",
    "reset_agreed_plans": "set connectops_plan_file",
    "reset_at_least": "set connectops_at_least",
    "reset_connectors": "set connectops_connectors",
    "reset_default_floors": "set connectops_at_least, to {} for none",
    "reset_plan_ids": "set connectops_plan_ids",
    "rollback_agreed_plans": "set connectops_plan_file",
    "rollback_connectors": "set connectops_connectors",
    "rollback_plan_ids": "set connectops_plan_ids",
    "verify_connectors": "set connectops_connectors",
    "verify_from_backups": _LEAVE_OUT,
    "verify_keep_samples": _LEAVE_OUT,
    "verify_look_in_check_mode": _LEAVE_OUT,
    "verify_planned": _LEAVE_OUT,
}


def _is_read_anyway(name: str, value: Any) -> bool:
    """What recover reads of these: not to verify what is known to be no recovery, and to raise the defaults beside others."""
    if name == "reset_default_floors":
        return str(value).strip().lower() in BOOLEANS_TRUE
    return name == "verify_connectors" and value == []


_UNDEFINED = re.compile(r"'\w+' is undefined")

# These are read before a role has read anything, so that nothing they refer to can still be missing.
_READ_FIRST = ("connectops_", "identify_")


def option_variables() -> Spec:
    """The variables that stand for an option of a module in every run, with the option's type."""
    return {
        f"connectops_{name}": {key: spec[key] for key in ("type", "elements", "choices", "no_log") if key in spec}
        for options in MODULES.values()
        for name, spec in options.items()
        if name not in OPTIONS_OF_A_RUN
    }


@cache
def variables_of_module(module: str) -> Mapping[str, tuple[str, ...]]:
    """The options of a module that have variables, with the names of these; the first one that is set counts.

    A limit of ``identify`` holds for all that judges, and the policy of ``prevent`` for all that compares.
    """
    known = known_variables()
    return {
        option: tuple(
            name for name in (f"identify_{option}", f"prevent_{option}", f"connectops_{option}") if name in known
        )
        for option in MODULES[module]
        if option not in OPTIONS_OF_A_RUN
    }


@cache
def known_variables() -> Spec:
    """The spec of every variable that a user may set."""
    found = {**option_variables(), **_OF_PLAYBOOKS}
    for path in (Path(__file__).parents[2] / "roles").glob("*/meta/argument_specs.yml"):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        found.update(specs["main"]["options"])
    return found


def spec_of(name: str) -> Mapping[str, Any] | None:
    """The spec of a variable; None for one that does not exist."""
    if name.startswith(IDS_OF_ONE_CLUSTER):
        return _OF_PLAYBOOKS["connectops_plan_ids"]
    return known_variables().get(name)


def is_blank(value: Any) -> bool:
    """Whether a value counts as not set."""
    return value is None or (isinstance(value, str) and not value.strip())


def plain_value(name: str, value: Any) -> Any:
    """A value that is not blank, as the variable's type has it: lists and dicts may be given as text.

    A list is JSON or separated by commas, a dict is JSON. A number is a list of one text, as it is a name without quotes. Blanks
    around a text are removed unless it is a secret. A file on the control node is relative to the folder where ansible-playbook
    was started.
    """
    spec = spec_of(name) or {}
    if isinstance(value, str) and not spec.get("no_log"):
        value = value.strip()
        if spec.get("type") in ("list", "dict") and value.startswith(("[", "{")):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):  # the latter for JSON that is nested too deeply
                return value
        elif spec.get("type") == "list":
            value = value.split(",")
    if name in _FILES_HERE and isinstance(value, str):
        return os.path.abspath(os.path.expanduser(value))
    if spec.get("elements") in ("str", "path") and isinstance(value, (list, int, float)):
        many = value if isinstance(value, list) else [value]
        return [str(one).strip() if isinstance(one, (str, int, float)) else one for one in many if not is_blank(one)]
    return value


def first_value(names: Iterable[str], variables: Mapping[str, Any], render: Callable[[Any], Any]) -> Any:
    """The value of the first variable that is set and not blank, as its type has it; None if none is.

    A value that a playbook gives to a role takes precedence: a user's blank value must not replace it.
    """
    given = variables.get("connectops_given", {})
    for name in names:
        if name in given or name in variables:
            value = render(given[name] if name in given else variables[name])
            if not is_blank(value):
                return plain_value(name, value)
    return None


def passed_on_as(label: str, prefix: str = IDS_OF_ONE_CLUSTER) -> str:
    """The name of the variable under which a run passes on what is about one cluster; no other cluster has the same."""
    name = re.sub(r"\W", "_", label, flags=re.ASCII)
    digest = "" if name == label else f"_{sha256(label.encode()).hexdigest()[:8]}"
    return f"{prefix}{name}{digest}"


def _is_passed_on(name: str) -> bool:
    return name.startswith((OUTCOME_OF_ONE_CLUSTER, BACKUPS_OF_ONE_CLUSTER))


def set_by_us(names: Iterable[str]) -> list[str]:
    """Those of the names that the playbooks and roles set themselves, in alphabetical order."""
    return sorted(_SET_BY_US.intersection(names))


def variable_problems(
    names: Mapping[str, Any],
    prefixes: tuple[str, ...],
    value_of: Callable[[str], Any],
    typed: Collection[str] = (),
) -> Iterator[str]:
    """One sentence for each variable with one of the prefixes that is unknown or has a value that cannot work.

    ``value_of`` renders the variable; where it refers to what is not there, it raises whatever the template does. ``typed``: the
    names that were given on the command line.
    """
    known = known_variables()
    for name, meant in misspelt(names, typed, known, prefixes):
        yield f"The variable {name} is not read by connectops.recovery: {suggestion(meant)}"
    ours = (one for one in names if one.startswith(prefixes) and one not in _SET_BY_US and not _is_passed_on(one))
    for name in sorted(ours):
        spec = spec_of(name)
        if spec is None:
            hint = did_you_mean(name, known, "remove it or rename it.", limit=1)
            yield f"The variable {name} does not exist in connectops.recovery: {hint}"
            continue
        try:
            value = value_of(name)
        except Exception as error:
            if name.startswith(_READ_FIRST):
                yield unreadable(name, error)
            continue
        if is_blank(value):
            continue
        value = plain_value(name, value)
        if name in _GIVEN_BY_PLAYBOOKS and "connectops_" in prefixes and not _is_read_anyway(name, value):
            yield f"The variable {name} is not read by the playbooks: {_GIVEN_BY_PLAYBOOKS[name]}."
        elif name in _NOT_EMPTY and value in ([], {}):
            yield f"The variable {name} is empty: {_NOT_EMPTY[name]}."
        elif name == "connectops_report_dir" and (problem := folder_problem(Path(str(value)))) is not None:
            yield f"{name}: {problem}"
        else:
            yield from _type_problem(name, spec, value)


def unreadable(name: str, error: Exception) -> str:
    """The sentence about a variable that cannot be rendered, with the innermost part of Ansible's message.

    For a secret it says only what is not defined: a password with braces is not a template, and a parser quotes it.
    """
    message = str(getattr(error, "message", error)).partition("Use -v")[0].strip().rstrip(".")
    if "decrypt" in message.lower():
        return (
            f"The variable {name} is encrypted and cannot be decrypted: give the run its vault password (--ask-vault-pass; in AWX"
            " a credential of the type Vault)."
        )
    reason = message.rpartition(". ")[2].rpartition(": ")[2]
    if (spec_of(name) or {}).get("no_log") and not _UNDEFINED.fullmatch(reason):
        return (
            f"The variable {name} cannot be read as a template: if the braces belong to the value, mark it as !unsafe."
        )
    return f"The variable {name} cannot be read ({reason}): correct what it refers to."


def _type_problem(name: str, spec: Mapping[str, Any], value: Any) -> Iterator[str]:
    facts = {key: spec[key] for key in ("type", "elements", "choices") if key in spec}
    checked = ArgumentSpecValidator({name: facts}).validate({name: value})
    if not checked.error_messages:
        if (problem := value_problem(name, checked.validated_parameters[name])) is not None:
            yield problem
        return
    if "choices" in spec:
        yield f"The variable {name} must be one of {', '.join(spec['choices'])}."
    else:
        elements = f" of {spec['elements']}" if "elements" in spec else ""
        yield f"The variable {name} must be of the type {spec['type']}{elements}."
