# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connectors are compared with, besides the connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import CLUSTER_LABEL, cluster_label_of
from ansible_collections.connectops.recovery.plugins.module_utils.options.connectors import CONNECTORS_OR_ALL
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    field_for,
    option,
    options_of,
    values_of,
)


@dataclass(frozen=True)
class PolicyOptions:
    """``connectors``: empty for all of the cluster. ``planned``: what check mode takes for written, by connector."""

    connectors: tuple[str, ...] = field_for(CONNECTORS_OR_ALL)
    policy: Mapping[str, Any] = option(
        "policy",
        "dict",
        "Rules for the settings of each class of connectors. The class C(stripe_reporting) is built in.",
        "The rules that you give for a setting replace its built-in rules. All other settings of a built-in class keep theirs.",
        "The keys of a built-in class are C(settings), C(topics) and C(check). Those of a class of your own are"
        " C(connector_class), C(settings) and C(topics).",
        "The keys of a setting are C(minimum), C(recommended), C(maximum), C(allowed), C(required), C(pattern), C(absent),"
        " C(format), C(fix), C(severity) and C(check).",
        default={},
    )
    planned: Mapping[str, Any] = option(
        "planned",
        "dict",
        "Result of M(connectops.recovery.connect_config), as returned in"
        " RV(connectops.recovery.connect_config#module:connectors).",
        "In check mode its settings count as written, so this shows what would still deviate. Otherwise it is ignored.",
        default={},
    )
    cluster_label: str = field_for(CLUSTER_LABEL)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> PolicyOptions:
        """The options among a task's parameters, with a cluster label that is never empty."""
        return cls(**{**values_of(cls, params), "cluster_label": cluster_label_of(params)})


POLICY_SPEC = argument_spec(options_of(PolicyOptions))
