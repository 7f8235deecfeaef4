# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits at which a partition counts as stuck. Names and defaults are those of the core's Limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import Option, argument_spec

_DESCRIPTIONS = {
    "max_age_days": (
        "Maximum age in days of the newest delivered data before a partition that is behind its source counts as stuck.",
    ),
    "max_rounds_behind": (
        (
            "Number of newer rounds at which a partition counts as stuck, if the connector's round is also at least one day older"
            " than the current round."
        ),
    ),
    "max_commit_age_hours": (
        "Maximum age in hours of the newest commit before a partition that has work to do counts as stuck.",
        "Requires O(kafka_bootstrap_servers), since only the offsets topics show when an offset was committed.",
    ),
    "max_run_age_hours": (
        (
            "Maximum age in hours of an open run of the source, such as a report run, before its partition counts as"
            " stuck."
        ),
    ),
}

LIMITS = tuple(Option(one.name, "int", _DESCRIPTIONS[one.name], default=one.default) for one in fields(Limits))
LIMITS_SPEC = argument_spec(LIMITS)


def read_limits(params: Mapping[str, Any]) -> Limits:
    """The limits among a task's parameters. Raises InputError for one that is not above zero."""
    values = {one.name: one.value(params) for one in LIMITS}
    for name, value in values.items():
        if value < 1:
            raise InputError(f"{name} is {value}, at which every partition counts as stuck: set it to 1 or more.")
    return Limits(**values)
