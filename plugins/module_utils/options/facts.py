# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read and how it is judged, besides the connections and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import CONNECTORS_OR_ALL, TIMESTAMP
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    Option,
    argument_spec,
    field_for,
    options_of,
    values_of,
)

PROFILES = Option(
    "profiles",
    "list",
    (
        "Profiles that describe the offsets of other source connectors. The first one that fits a connector is used.",
        (
            "The keys of a profile are C(name), C(connector_class), C(settings), C(partition), C(older_partition), C(heartbeat),"
            " C(time), C(open_run), C(expected), C(log), C(max_age), C(max_commit_age) and C(max_run_age)."
        ),
    ),
    elements="dict",
    default=[],
)


@dataclass(frozen=True)
class FactsOptions:
    """``connectors``: empty for all of the cluster."""

    connectors: tuple[str, ...] = field_for(CONNECTORS_OR_ALL)
    profiles: tuple[Mapping[str, Any], ...] = field_for(PROFILES)
    timestamp: str | None = field_for(TIMESTAMP)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> FactsOptions:
        """The options among a task's parameters."""
        return cls(**values_of(cls, params))


FACTS_SPEC = argument_spec(options_of(FactsOptions))
